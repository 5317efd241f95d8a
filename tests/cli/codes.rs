//! `codes`, and codes of files in expressions.

use crate::support::{Folder, GAN, VAE, inspected, read_npy, read_png, run};
use std::io::{Cursor, Read as _};
use zscape::latent::seed::seed_code;

/// An array of an archive.
fn array(bytes: &[u8], name: &str) -> (Vec<u64>, Vec<f32>) {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut member = archive.by_name(name).expect(name);
    let mut bytes = Vec::new();
    member.read_to_end(&mut bytes).expect("it is whole");
    read_npy(&bytes)
}

#[test]
fn codes_are_arrays_by_space_or_by_name() {
    let folder = Folder::new();
    let (npz, npy, named) = (
        folder.file("a.npz"),
        folder.file("a.npy"),
        folder.file("b.npz"),
    );
    let wanted = [seed_code(42, 64), seed_code(7, 64)].concat();
    run(&["codes", GAN, "seed(42)", "seed(7)", "-o", &npz]).succeeded();
    let written = array(&folder.read("a.npz"), "z.npy");
    assert_eq!(written, (vec![2, 64], wanted.clone()));
    let codes = ["codes", GAN, "seed(42)", "seed(7)"];
    run(&[&codes[..], &["--space", "z", "-o", &npy]].concat()).succeeded();
    assert_eq!(read_npy(&folder.read("a.npy")), (vec![2, 64], wanted));
    let names = ["--names", "me,Größe", "-o", &named];
    run(&[&["codes", GAN, "seed(42)", "-seed(7)"], &names[..]].concat()).succeeded();
    let bytes = folder.read("b.npz");
    assert_eq!(array(&bytes, "me.npy"), (vec![1, 64], seed_code(42, 64)));
    let minus: Vec<f32> = seed_code(7, 64).iter().map(|value| -value).collect();
    assert_eq!(array(&bytes, "Größe.npy"), (vec![1, 64], minus));
}

#[test]
fn codes_come_back_by_name() {
    let folder = Folder::new();
    let (npz, npy) = (folder.file("a.npz"), folder.file("walk.npy"));
    let named = ["--names", "me,you", "-o", &npz];
    run(&[&["codes", VAE, "seed(1)", "seed(2)"], &named[..]].concat()).succeeded();
    run(&["codes", VAE, "seed(3)", "seed(4)", "-o", &npy]).succeeded();
    let (a, b) = (folder.file("a.png"), folder.file("b.png"));
    let files = ["--codes", &npz, "--codes", &npy, "--device", "cpu"];
    let same = || {
        assert_eq!(
            read_png(&folder.read("a.png")),
            read_png(&folder.read("b.png"))
        )
    };
    for (named, seeded) in [
        ("slerp(@me, @you, 0.25)", "slerp(seed(1), seed(2), 0.25)"),
        ("@walk_1 - @walk_0 + @me", "seed(4) - seed(3) + seed(1)"),
    ] {
        run(&[&["render", VAE, named, "-o", &a], &files[..]].concat()).succeeded();
        run(&["render", VAE, seeded, "-o", &b, "--device", "cpu"]).succeeded();
        same();
    }
    run(&["render", VAE, "@me", "-o", &a]).refused("@me");
    let near = ["render", VAE, "@mee", "--codes", &npz, "-o", &a];
    run(&near).refused("did you mean @me?");
    run(&[&["grid", VAE, "-o", &a], &files[..]].concat()).succeeded();
    let grid = ["grid", VAE, "--seeds", "1-4", "-o", &b, "--device", "cpu"];
    run(&grid).succeeded();
    same();
    let recipe = inspected(&a);
    let names = serde_json::json!(["@me", "@you", "@walk_0", "@walk_1"]);
    assert_eq!(recipe["sheet"]["expressions"], names);
    let count = recipe["codes"].as_object().map(serde_json::Map::len);
    assert_eq!(count, Some(4));
}

#[test]
fn wrong_codes_are_one_line() {
    let folder = Folder::new();
    let (npz, npy, out) = (
        folder.file("a.npz"),
        folder.file("a.npy"),
        folder.file("a.png"),
    );
    for (arguments, part) in [
        (vec!["seed(1)"], "--output"),
        (vec!["seed(1)", "-o", &out], ".npz and .npy"),
        (vec!["seed(1)", "-o", &npz, "--space", "w"], "no w space"),
        (vec!["seed(1)", "-o", &npz, "--space", "w+"], "no w+ space"),
        (vec!["seed(1)", "-o", &npz, "--space", "v"], "v"),
        (vec!["seed(1)", "-o", &npz, "--names", "a,b"], "2 names"),
        (
            vec!["seed(1)", "seed(2)", "-o", &npz, "--names", "a,a"],
            "two codes",
        ),
        (
            vec!["seed(1)", "seed(2)", "-o", &npz, "--names", "a,"],
            "cannot name",
        ),
        (vec!["seed(1)", "-o", &npy, "--names", "a"], "hold names"),
        (vec!["seed(1)", "seed(", "-o", &npz], "expression 2"),
        (vec!["seed(1)", "@nobody", "-o", &npz], "@nobody"),
    ] {
        run(&[&["codes", GAN], &arguments[..]].concat()).refused(part);
    }
    let text = folder.write("text.npz", "hello");
    let absent = folder.file("absent.npz");
    for (file, part) in [
        (&text, "text.npz"),
        (&absent, "absent.npz"),
        (&out, "a.png"),
    ] {
        run(&["render", GAN, "seed(1)", "--codes", file, "-o", &out]).refused(part);
    }
    run(&["codes", VAE, "seed(1)", "-o", &npz]).succeeded();
    let twice = ["--codes", &npz, "--codes", &npz];
    run(&[&["render", VAE, "@z", "-o", &out], &twice[..]].concat()).refused("another file");
    // Codes of another model's length are refused where they are used.
    run(&["render", GAN, "@z", "--codes", &npz, "-o", &out]).refused("2 numbers");
    assert_eq!(folder.names(), ["a.npz", "text.npz"]);
}

#[test]
fn photos_of_every_kind_can_be_encoded() {
    let folder = Folder::new();
    let npz = folder.file("a.npz");
    let grey = image::GrayImage::from_fn(90, 60, |x, y| {
        let is_ring = (15..25).contains(&(x.abs_diff(45) + y.abs_diff(30)));
        image::Luma([if is_ring { 255 } else { 0 }])
    });
    let picture = image::DynamicImage::from(image::DynamicImage::from(grey).into_rgb8());
    let mut found = Vec::new();
    for (name, format) in [
        ("a.png", image::ImageFormat::Png),
        ("a.jpg", image::ImageFormat::Jpeg),
        ("a.webp", image::ImageFormat::WebP),
        ("a.bmp", image::ImageFormat::Bmp),
        ("a.gif", image::ImageFormat::Gif),
    ] {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).expect("it holds it");
        let path = folder.write(name, bytes.into_inner());
        let text = format!("encode({path:?})");
        run(&["codes", VAE, &text, "-o", &npz, "--device", "cpu"]).succeeded();
        found.push(array(&folder.read("a.npz"), "z.npy").1);
    }
    for code in &found[1..] {
        let pairs = code.iter().zip(&found[0]);
        let distance: f32 = pairs.map(|(a, b)| (a - b).abs()).sum();
        assert!(distance < 0.2, "{found:?}");
    }
    let text = folder.write("text.png", "hello");
    let text = format!("encode({text:?})");
    run(&["codes", VAE, &text, "-o", &npz]).refused("neither PNG");
}
