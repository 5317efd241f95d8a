//! `strip`, `sheet` and the looks of pictures.

use crate::support::{Folder, GAN, VAE, inspected, read_npy, read_png, run};

#[test]
fn a_strip_is_the_way_between_its_keyframes() {
    let folder = Folder::new();
    let (out, npy) = (folder.file("a.png"), folder.file("a.npy"));
    let strip = [
        "strip", GAN, "seed(1)", "seed(2)", "seed(3)", "--count", "5",
    ];
    let rest = ["-o", &out, "--npy", &npy, "--device", "cpu"];
    run(&[&strip[..], &rest[..]].concat()).succeeded();
    let (size, pixels) = read_png(&folder.read("a.png"));
    assert_eq!(size, [5 * 28, 28]);
    let (shape, values) = read_npy(&folder.read("a.npy"));
    assert_eq!(shape, [5, 1, 28, 28]);
    for (index, value) in values.iter().enumerate() {
        let (picture, x, y) = (index / 784, index % 28, index / 28 % 28);
        let pixel = pixels[y * 140 + picture * 28 + x];
        assert_eq!((value * 255.0).round(), f32::from(pixel));
    }
    let recipe = inspected(&out);
    let expected = serde_json::json!([
        "seed(1)",
        "slerp(seed(1), seed(2), 0.5)",
        "seed(2)",
        "slerp(seed(2), seed(3), 0.5)",
        "seed(3)"
    ]);
    assert_eq!(recipe["sheet"]["expressions"], expected);
    assert_eq!(recipe["sheet"]["columns"], 5);
}

#[test]
fn a_sheet_lies_between_four_corners_with_gaps() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    let corners = ["sheet", VAE, "[2, 2]", "[-2, 2]", "[2, -2]", "[-2, -2]"];
    let size = ["--columns", "4", "--rows", "3", "--scale", "2"];
    let gaps = ["--gap", "3", "--background", "ffffff", "--method", "lerp"];
    let rest = ["-o", &out, "--device", "cpu"];
    run(&[&corners[..], &size[..], &gaps[..], &rest[..]].concat()).succeeded();
    let (size, pixels) = read_png(&folder.read("a.png"));
    assert_eq!(size, [4 * 56 + 3 * 3, 3 * 56 + 2 * 3]);
    let at = |x: usize, y: usize| pixels[y * size[0] as usize + x];
    let in_gaps = [at(56, 0), at(58, 100), at(0, 56), at(230, 58)];
    assert_eq!(in_gaps, [255; 4]);
    let still = folder.file("b.png");
    let corner = ["render", VAE, "[-2, 2]", "--scale", "2", "-o", &still];
    run(&[&corner[..], &["--device", "cpu"]].concat()).succeeded();
    let (_, still) = read_png(&folder.read("b.png"));
    for (index, pixel) in still.iter().enumerate() {
        let (x, y) = (index % 56, index / 56);
        assert!(at(3 * 59 + x, y).abs_diff(*pixel) <= 1, "at {x}, {y}");
    }
    let recipe = inspected(&out);
    assert_eq!(recipe["sheet"]["gap"], 3);
    let count = recipe["sheet"]["expressions"].as_array().map(Vec::len);
    assert_eq!(count, Some(12));
}

#[test]
fn scale_makes_squares_and_smooth_does_not() {
    let folder = Folder::new();
    let render = |name: &str, arguments: &[&str]| {
        let out = folder.file(name);
        let command = ["render", VAE, "seed(5)", "-o", &out, "--device", "cpu"];
        run(&[&command[..], arguments].concat()).succeeded();
        read_png(&folder.read(name))
    };
    let (_, native) = render("a.png", &[]);
    let (size, squares) = render("b.png", &["--scale", "3"]);
    assert_eq!(size, [84, 84]);
    for (index, pixel) in squares.iter().enumerate() {
        assert_eq!(*pixel, native[index / 84 / 3 * 28 + index % 84 / 3]);
    }
    let (size, smooth) = render("c.png", &["--scale", "3", "--smooth"]);
    assert_eq!(size, [84, 84]);
    let roughness = |pixels: &[u8]| -> u32 {
        let steps = pixels.windows(2).map(|pair| pair[0].abs_diff(pair[1]));
        steps.map(|step| u32::from(step).pow(2)).sum()
    };
    assert!(roughness(&smooth) < roughness(&squares) / 2, "no steps");
    let mean = |pixels: &[u8]| {
        let sum: f64 = pixels.iter().map(|value| f64::from(*value)).sum();
        sum / pixels.len() as f64
    };
    assert!((mean(&smooth) - mean(&native)).abs() < 2.0, "as light");
    let (size, _) = render("d.png", &["--size", "100", "--smooth"]);
    assert_eq!(size, [100, 100]);
    assert_eq!(inspected(&folder.file("d.png"))["smooth"], true);
}

#[test]
fn wrong_sheets_are_one_line() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    let output = ["-o", out.as_str(), "--device", "cpu"];
    let refused = |arguments: &[&str], part: &str| {
        run(&[arguments, &output[..]].concat()).refused(part);
    };
    refused(&["strip", VAE, "seed(1)", "--count", "3"], "two keyframes");
    refused(&["strip", VAE, "seed(1)", "seed(2)", "--count", "0"], "0");
    refused(&["strip", VAE, "seed(1)", "seed(2)"], "--count");
    refused(
        &["strip", VAE, "seed(1)", "x", "--count", "3"],
        "expression 2",
    );
    let corners = ["sheet", VAE, "seed(1)", "seed(2)", "seed(3)", "seed(4)"];
    refused(&corners[..5], "EXPR");
    for (option, value) in [
        ("--rows", "0"),
        ("--columns", "1001"),
        ("--gap", "1025"),
        ("--background", "red"),
        ("--scale", "x"),
    ] {
        refused(&[&corners[..], &[option, value]].concat(), value);
    }
    let large = ["--rows", "1000", "--columns", "1000", "--scale", "16"];
    refused(&[&corners[..], &large[..]].concat(), "--npy");
    let both = ["render", VAE, "seed(1)", "--size", "9", "--scale", "2"];
    refused(&both, "--scale");
    for name in ["a.gif", "a.JPG", "a.webp"] {
        let out = folder.file(name);
        run(&["render", VAE, "seed(1)", "-o", &out]).refused("written as PNG");
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}
