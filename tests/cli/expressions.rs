//! Expressions that are wrong, or that the model cannot follow.

use crate::support::{AUTOENCODER, Folder, GAN, VAE, run};

#[test]
fn a_text_that_is_no_expression_is_refused_with_its_column() {
    for text in [
        "",
        "seed",
        "seed(",
        "seed(1))",
        "seed(-1)",
        "seed(4294967296)",
        "seed(1.5)",
        "goose(1)",
        "seed(1) seed(2)",
        "slerp(seed(1), seed(2))",
        "1e999*seed(1)",
        "\u{1f986}",
        "dir(\"glasses",
    ] {
        run(&["code", AUTOENCODER, text, "--npz", "never.npz"]).refused("column");
    }
}

#[test]
fn names_spaces_and_sizes_that_the_model_lacks_are_refused() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    for (model, text, part) in [
        (AUTOENCODER, "@nobody", "nobody"),
        (AUTOENCODER, "dir(\"nowhere\")", "nowhere"),
        (AUTOENCODER, "dir(\"z9\")", "z9"),
        (AUTOENCODER, "[1, 2, 3]", "3"),
        (AUTOENCODER, "w(seed(1))", "w"),
        (VAE, "mix(seed(1), seed(2), layers 0..1)", "mix"),
        (GAN, "encode(\"a.png\")", "encode"),
        (GAN, "seed(1) + [1]", "1"),
        (VAE, "encode(\"/absent/a.png\")", "/absent/a.png"),
    ] {
        run(&["render", model, text, "-o", &out]).refused(part);
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn absurd_nesting_and_length_are_refused() {
    let parentheses = format!("{}seed(1){}", "(".repeat(50_000), ")".repeat(50_000));
    let minuses = format!("{}seed(1)", "-".repeat(50_000));
    let calls = format!("{}seed(1){}", "w(".repeat(30_000), ")".repeat(30_000));
    let sum = vec!["seed(1)"; 12_000].join("+");
    for text in [parentheses, minuses, calls, sum] {
        run(&["code", AUTOENCODER, &text, "--npz", "never.npz"]).refused("zscape: ");
    }
}

#[test]
fn a_picture_that_cannot_be_encoded_is_refused() {
    let folder = Folder::new();
    let broken = folder.write("broken.png", b"\x89PNG\r\n\x1a\nno more");
    let text = format!("encode({broken:?})");
    let out = folder.file("out.npz");
    run(&["code", VAE, &text, "--npz", &out]).refused("broken.png");
    assert_eq!(folder.names(), ["broken.png"]);
}

/// Words that exclude each other in the data are drawn, and a line says so.
#[test]
fn words_that_never_go_together_are_drawn_with_a_note() {
    let folder = Folder::new();
    let out = folder.file("a.png");
    let draw = |words: &[&str]| {
        let settings = [
            "render",
            "faces-ldm",
            "seed(1)",
            "--steps",
            "2",
            "-o",
            out.as_str(),
        ];
        let drawn = run(&[&settings[..], words].concat());
        assert_eq!(drawn.code, Some(0), "{}", drawn.stderr);
        drawn.stderr
    };
    assert_eq!(
        draw(&["--prompt", "smile, glasses", "--negative", "hat"]),
        ""
    );
    let said = draw(&["--prompt", "smile, frown"]);
    assert!(
        said.contains("note: “smile” and “frown” never go together"),
        "{said}"
    );
    for contradiction in [
        &["--prompt", "smile", "--negative", "smile"][..],
        &["--prompt", "smile, glasses, not smile"],
        &["--negative", "smile, not smile"],
        &["--prompt", "smile, not smile", "--negative", "smile"],
    ] {
        let said = draw(contradiction);
        let note = "note: “smile” is asked for and asked against";
        assert_eq!(said.matches(note).count(), 1, "{contradiction:?}: {said}");
    }
}
