//! `render --input`, `grid --input` and `invert`.

use crate::support::{Folder, GAN, inspected, read_png, run};

const MODEL: &str = "digits-ddpm";
/// Few steps: what is tested holds for any number.
const FEW: [&str; 4] = ["--steps", "3", "--device", "cpu"];

/// A grey PNG of these sides.
fn png([width, height]: [u32; 2], pixel: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let pixels: Vec<u8> = places.map(|(x, y)| pixel(x, y)).collect();
    let mut writer = encoder.write_header().expect("a head");
    writer.write_image_data(&pixels).expect("pixels");
    writer.finish().expect("an end");
    bytes
}

/// A bar across the middle, and the mask of its right half.
fn files(folder: &Folder) -> [String; 2] {
    let bar = png([28, 28], |_, y| if (10..18).contains(&y) { 255 } else { 0 });
    let right = png([28, 28], |x, _| if x >= 14 { 255 } else { 0 });
    [
        folder.write("bar.png", bar),
        folder.write("right.png", right),
    ]
}

fn render(out: &str, more: &[&str]) -> crate::support::Run {
    let call = ["render", MODEL, "seed(7)", "-o", out];
    run(&[&call[..], more, &FEW].concat())
}

#[test]
fn a_picture_is_redrawn_by_strength_and_mask_and_again_from_its_recipe() {
    let folder = Folder::new();
    let [bar, right] = files(&folder);
    let picture = |name: &str, more: &[&str]| {
        let input = ["--input", &bar];
        render(&folder.file(name), &[&input[..], more].concat()).succeeded();
        read_png(&folder.read(name)).1
    };
    let original = read_png(&folder.read("bar.png")).1;
    assert!(picture("still.png", &["--strength", "0"]) == original);
    let half = picture("half.png", &["--strength", "0.5"]);
    assert!(half != original);
    let filled = picture("filled.png", &["--mask", &right]);
    let pairs = filled.iter().zip(&original).enumerate();
    for (index, (found, held)) in pairs.filter(|(index, _)| index % 28 < 14) {
        assert_eq!(found, held, "pixel {index} lies outside of the mask");
    }
    assert!(filled != original);
    let recipe = inspected(&folder.file("filled.png"));
    let about = recipe["expression"].as_str().expect("a text");
    assert!(about.contains("edit(seed(7), encode("), "{about}");
    assert!(about.contains("cells [14..28, 42..56"), "{about}");
    // The recipe holds the picture, so the files need not be there any more.
    std::fs::remove_file(&bar).expect("it is there");
    std::fs::remove_file(&right).expect("it is there");
    let again = folder.file("again.png");
    let file = folder.file("filled.png");
    run(&["render", "--from", &file, "-o", &again, "--device", "cpu"]).succeeded();
    assert!(read_png(&folder.read("again.png")).1 == filled);
}

#[test]
fn a_grid_has_several_fillings() {
    let folder = Folder::new();
    let [bar, right] = files(&folder);
    let out = folder.file("fillings.png");
    let call = ["grid", MODEL, "--seeds", "0-3", "--class", "3", "-o", &out];
    let input = ["--input", &bar, "--mask", &right];
    run(&[&call[..], &input, &FEW].concat()).succeeded();
    let ([width, height], pixels) = read_png(&folder.read("fillings.png"));
    assert_eq!([width, height], [56, 56]);
    let at = |x: u32, y: u32| pixels[(y * width + x) as usize];
    for y in 0..28 {
        let wanted = if (10..18).contains(&y) { 255 } else { 0 };
        for (x, y) in [(3, y), (31, y), (3, y + 28), (31, y + 28)] {
            assert_eq!(at(x, y), wanted, "{x}, {y}");
        }
    }
    let tile = |left: u32| -> Vec<u8> { (0..28 * 28).map(|i| at(left + i % 28, i / 28)).collect() };
    assert!(tile(0) != tile(28), "every seed fills it in its own way");
}

#[test]
fn what_cannot_be_redrawn_is_one_line() {
    let folder = Folder::new();
    let [bar, right] = files(&folder);
    let small = folder.write("small.png", png([9, 28], |_, _| 255));
    let black = folder.write("black.png", png([28, 28], |_, _| 0));
    let missing = folder.file("missing.png");
    let out = folder.file("out.png");
    for (more, part) in [
        (&["--strength", "0.5"][..], "--input"),
        (
            &["--input", &bar, "--strength", "NaN"],
            "strength is a number from 0",
        ),
        (
            &["--input", &bar, "--strength", "1.5"],
            "strength is a number from 0",
        ),
        (&["--input", &missing], "missing.png"),
        (&["--input", &bar, "--mask", &missing], "missing.png"),
        (
            &["--input", &bar, "--mask", &small],
            "the mask has 9x28 pixels, but pictures of the model have 28x28",
        ),
        (&["--input", &bar, "--mask", &black], "nothing white"),
    ] {
        render(&out, more).refused(part);
    }
    let twice = ["render", MODEL, "edit(seed(1), seed(2), 0.5)", "-o", &out];
    let input = ["--input", &bar];
    run(&[&twice[..], &input, &FEW].concat()).refused("redraws a picture itself");
    let gan = ["render", GAN, "seed(1)", "-o", &out, "--device", "cpu"];
    run(&[&gan[..], &input].concat()).refused("in one step");
    // Neither input may be the output.
    render(&bar, &["--input", &bar]).refused("bar.png");
    render(&right, &["--input", &bar, "--mask", &right]).refused("right.png");
    assert!(!folder.names().contains(&"out.png".to_owned()));
}

#[test]
fn the_noise_of_a_picture_is_a_code_that_draws_it_again() {
    let folder = Folder::new();
    let (made, code) = (folder.file("made.png"), folder.file("code.npz"));
    let three = ["render", MODEL, "seed(3)", "--class", "3", "-o", &made];
    run(&[&three[..], &["--device", "cpu"]].concat()).succeeded();
    let call = [
        "invert", MODEL, &made, "-o", &code, "--name", "three", "--json",
    ];
    let steps = ["--steps", "20", "--device", "cpu"];
    let found = run(&[&call[..], &steps].concat()).succeeded().stdout;
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    let mse = found["mse"].as_f64().expect("a number");
    assert!(mse < 0.005, "{found}");
    let expression = found["expression"].as_str().expect("a text");
    assert_eq!(
        expression, "given(@three, \"3\")",
        "the judge sees what it is"
    );
    let again = folder.file("again.png");
    let call = ["render", MODEL, expression, "--codes", &code, "-o", &again];
    let by = [
        "--method",
        "ddim",
        "--steps",
        "20",
        "--guidance",
        "1",
        "--device",
        "cpu",
    ];
    run(&[&call[..], &by].concat()).succeeded();
    let [a, b] = ["made.png", "again.png"].map(|name| read_png(&folder.read(name)).1);
    let squares = a
        .iter()
        .zip(&b)
        .map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
    let apart = squares.sum::<f64>() / (255.0 * 255.0 * a.len() as f64);
    assert!((apart - mse).abs() < 1e-4, "{apart} and {mse}");
    for (steps, part) in [("0", "0 steps"), ("10000000", "10000000 steps")] {
        let call = ["invert", MODEL, &made, "-o", &code, "--steps", steps];
        let refused = run(&[&call[..], &["--device", "cpu"]].concat());
        assert_ne!(refused.code, Some(0));
        refused.complained(part);
    }
    let text = folder.file("code.txt");
    run(&["invert", MODEL, &made, "-o", &text]).refused(".npz");
    run(&["invert", MODEL, &folder.file("no.png"), "-o", &code]).refused("no.png");
}
