//! `render --from`: files make themselves again.

use crate::support::{Folder, GAN, VAE, inspected, model_bytes, read_png, run};
use std::io::Cursor;
use zscape::document::embedded::recipe_in;

/// Runs a command that writes `name`, draws it again from there, and asserts the same bytes.
fn replays(folder: &Folder, name: &str, command: &[&str]) {
    let (out, again) = (folder.file(name), folder.file(&format!("again-{name}")));
    run(&[command, &["-o", &out, "--device", "cpu"]].concat()).succeeded();
    run(&["render", "--from", &out, "-o", &again, "--device", "cpu"]).succeeded();
    let same = folder.read(name) == folder.read(&format!("again-{name}"));
    assert!(same, "{command:?}");
}

#[test]
fn every_still_replays_bit_for_bit() {
    let folder = Folder::new();
    let strip = ["strip", VAE, "seed(1)", "[1, 2]", "--count", "9"];
    let sheet = ["sheet", VAE, "seed(1)", "seed(2)", "seed(3)", "seed(4)"];
    let size = ["--rows", "3", "--columns", "5", "--smooth", "--scale", "3"];
    let gaps = ["--gap", "4", "--background", "204060"];
    let sheet = [&sheet[..], &size[..], &gaps[..]].concat();
    let grid = ["grid", GAN, "--seeds", "0-70,99"];
    for (name, command) in [
        (
            "plain.png",
            &["render", GAN, "slerp(seed(3), seed(9), 0.4)"][..],
        ),
        (
            "scaled.png",
            &["render", GAN, "seed(3)", "--scale", "5", "--smooth"],
        ),
        (
            "sized.png",
            &["render", VAE, "-1.5*seed(3)", "--size", "101"],
        ),
        ("grid.png", &[&grid[..], &["--truncation", "0.7"]].concat()),
        (
            "gaps.png",
            &[&grid[..], &["--gap", "2", "--scale", "2"]].concat(),
        ),
        ("strip.png", &[&strip[..], &["--gap", "1"]].concat()),
        ("sheet.png", &sheet),
    ] {
        replays(&folder, name, command);
        let out = folder.file(name);
        let compared = run(&["render", "--from", &out, "--device", "cpu"]).succeeded();
        let said = compared.stdout;
        assert!(said.contains("the same picture"), "{name}: {said}");
    }
}

#[test]
fn every_animation_replays_bit_for_bit() {
    let folder = Folder::new();
    let walk = [
        "animate", VAE, "seed(1)", "[1, 2]", "seed(3)", "--frames", "70",
    ];
    let eased = ["--loop", "--even", "--easing", "smooth"];
    for (name, more) in [
        ("a.gif", &eased[..]),
        ("b.png", &["--method", "lerp", "--once", "--fps", "29.97"]),
        ("c.webp", &["--even", "--scale", "3", "--smooth"]),
    ] {
        replays(&folder, name, &[&walk[..], more].concat());
    }
    // Any frame of a sequence has the recipe of all, and any file may become another format.
    let (frames, gif) = (folder.file("walk"), folder.file("walk.gif"));
    let rest = ["-o", &frames, "--device", "cpu"];
    run(&[&walk[..], &eased[..], &rest[..]].concat()).succeeded();
    let frame = folder.file("walk/0007.png");
    run(&["render", "--from", &frame, "-o", &gif, "--device", "cpu"]).succeeded();
    assert!(folder.read("a.gif") == folder.read("walk.gif"));
    run(&["render", "--from", &frame]).refused("-o");
}

#[test]
fn named_codes_go_along_in_the_recipe() {
    let folder = Folder::new();
    let npz = folder.file("codes.npz");
    let codes = ["codes", GAN, "seed(1)", "2*seed(5)", "seed(6)"];
    run(&[&codes[..], &["--names", "me,you,other", "-o", &npz]].concat()).succeeded();
    let still = ["render", GAN, "lerp(@me, @you, 0.3)", "--codes", &npz];
    replays(&folder, "a.png", &still);
    let walk = ["animate", GAN, "@me", "@you", "--codes", &npz];
    replays(&folder, "b.gif", &[&walk[..], &["--frames", "5"]].concat());
    let recipe = inspected(&folder.file("a.png"));
    let codes = recipe["codes"].as_object().expect("codes");
    assert!(codes.keys().eq(["me", "you"]), "only those that are used");
}

/// A PNG like `original`, with its recipe changed.
fn with_recipe(original: &[u8], change: impl Fn(&str) -> String) -> Vec<u8> {
    let (size, pixels) = read_png(original);
    let recipe = recipe_in(original).expect("a recipe");
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size[0], size[1]);
    encoder.set_color(png::ColorType::Grayscale);
    let text = change(&recipe.to_json());
    encoder
        .add_itxt_chunk("zscape".to_owned(), text)
        .expect("a text");
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

/// A picture of seed 3 and its bytes.
fn seed_3(folder: &Folder) -> Vec<u8> {
    let made = folder.file("a.png");
    run(&["render", GAN, "seed(3)", "-o", &made, "--device", "cpu"]).succeeded();
    folder.read("a.png")
}

#[test]
fn another_model_is_refused_unless_any_will_do() {
    let folder = Folder::new();
    let original = seed_3(&folder);
    let out = folder.file("out.png");
    let recipe = recipe_in(&original).expect("a recipe");
    let hash = recipe.model.hash.as_str();

    let other = with_recipe(&original, |json| json.replace(hash, &"ab".repeat(32)));
    let other = folder.write("other.png", other);
    let refused = run(&["render", "--from", &other, "-o", &out]).refused("--any-model");
    assert!(
        refused.stderr.contains("abababababab…"),
        "{}",
        refused.stderr
    );
    let any = ["--any-model", "-o", &out, "--device", "cpu"];
    run(&[&["render", "--from", &other], &any[..]].concat()).succeeded();
    assert_eq!(read_png(&folder.read("out.png")), read_png(&original));

    let unknown = with_recipe(&original, |json| json.replace(GAN, "goose-gan"));
    let unknown = folder.write("unknown.png", unknown);
    run(&["render", "--from", &unknown, "-o", &out]).refused("goose-gan");
    // The same weights in a file of any name.
    let model = folder.write("goose.safetensors", model_bytes(GAN));
    let from = ["--from", &unknown, "-o", &out, "--device", "cpu"];
    run(&[&["render", &model], &from[..]].concat()).succeeded();
    run(&[&["render", VAE], &from[..]].concat()).refused(VAE);
    run(&[&["render", VAE, "--any-model"], &from[..]].concat()).refused(VAE);
}

#[test]
fn a_picture_that_was_changed_is_told_from_its_recipe() {
    let folder = Folder::new();
    let other = with_recipe(&seed_3(&folder), |json| json.replace("seed(3)", "seed(4)"));
    let other = folder.write("b.png", other);
    let run = run(&["render", "--from", &other, "--device", "cpu"]).complained("pixels differ");
    assert_eq!(run.code, Some(1));
}

#[test]
fn recipes_that_lie_are_sentences() {
    let folder = Folder::new();
    let original = seed_3(&folder);
    let expression = r#""expression":"seed(3)""#;
    let sheet = |seeds: &str, rest: &str| format!(r#""sheet":{{"expressions":[{seeds}],{rest}}}"#);
    let two = r#""seed(1)","seed(2)""#;
    let animation = |frames: &str| {
        format!(r#""animation":{{"keyframes":[{two}],"frames":{frames},"duration_us":1000000}}"#)
    };
    for (subject, output, part) in [
        (r#""expression":"sed(3)""#.to_owned(), "o.png", "sed"),
        (r#""expression":"@nobody""#.to_owned(), "o.png", "@nobody"),
        (r#""goose":1"#.to_owned(), "o.png", "recipe"),
        (sheet("", r#""columns":3"#), "o.png", "1 to"),
        (sheet(two, r#""columns":0"#), "o.png", "no size"),
        (
            sheet(two, r#""columns":2,"gap":4294967295"#),
            "o.png",
            "gaps",
        ),
        (sheet(two, r#""columns":2"#), "o.png", "56x28"),
        (
            r#""grid":{"seeds":"0-","columns":2}"#.to_owned(),
            "o.png",
            "seeds",
        ),
        (
            r#""grid":{"seeds":"0-3","columns":0}"#.to_owned(),
            "o.png",
            "no size",
        ),
        (animation("18446744073709551615"), "o.gif", "frames"),
        (animation("0"), "o.gif", "frames"),
        (animation("5"), "o.avi", "o.avi"),
    ] {
        let file = with_recipe(&original, |json| json.replace(expression, &subject));
        let file = folder.write("lie.png", file);
        let out = folder.file(output);
        run(&["render", "--from", &file, "-o", &out, "--device", "cpu"]).refused(part);
    }
    let huge = with_recipe(&original, |json| {
        json.replace("[28,28]", "[4294967295,4294967295]")
    });
    let huge = folder.write("lie.png", huge);
    let out = folder.file("o.png");
    run(&["render", "--from", &huge, "-o", &out]).refused("lie.png");
    assert_eq!(folder.names(), ["a.png", "lie.png"]);
}

#[test]
fn a_picture_is_not_drawn_over_itself() {
    let folder = Folder::new();
    let bytes = seed_3(&folder);
    let file = folder.write("a.png", &bytes);
    let again = folder.path().join("./a.png").display().to_string();
    run(&["render", "--from", &file, "-o", &again]).refused("it is the input");
    assert_eq!(folder.read("a.png"), bytes);
}

#[test]
fn what_has_no_recipe_cannot_be_replayed() {
    let folder = Folder::new();
    let out = folder.file("out.png");
    let mut plain = Cursor::new(Vec::new());
    image::GrayImage::new(3, 3)
        .write_to(&mut plain, image::ImageFormat::Png)
        .expect("a picture");
    let plain = folder.write("plain.png", plain.into_inner());
    let text = folder.write("text.png", "hello");
    let absent = folder.file("absent.png");
    let place = folder.path().display().to_string();
    for (file, part) in [
        (&plain, "no recipe"),
        (&text, "neither"),
        (&absent, "absent.png"),
        (&place, "not an ordinary file"),
    ] {
        run(&["render", "--from", file, "-o", &out]).refused(part);
    }
    for (arguments, part) in [
        (
            vec!["render", "--from", &plain, "--scale", "2", "-o", &out],
            "--scale",
        ),
        (vec!["render", GAN, "seed(1)", "--from", &plain], "--from"),
        (
            vec!["render", GAN, "seed(1)", "--any-model", "-o", &out],
            "--from",
        ),
    ] {
        run(&arguments).refused(part);
    }
    assert_eq!(folder.names(), ["plain.png", "text.png"]);
}
