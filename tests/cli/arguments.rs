//! Usage: what clap refuses, help, and output paths.

use crate::support::{AUTOENCODER, Folder, GAN, run};

#[test]
fn help_and_version_are_no_errors() {
    let help = run(&["--help"]).succeeded();
    for command in [
        "models",
        "inspect",
        "render",
        "code",
        "codes",
        "grid",
        "strip",
        "sheet",
        "animate",
        "train",
        "eval",
        "decoder",
        "bench",
        "questions",
        "question",
        "progress",
    ] {
        assert!(
            help.stdout.contains(command),
            "{command} is not in {}",
            help.stdout
        );
    }
    let version = run(&["--version"]).succeeded();
    assert_eq!(
        version.stdout.trim(),
        concat!("zscape ", env!("CARGO_PKG_VERSION"))
    );
    run(&["render", "--help"]).succeeded();
}

#[test]
fn wrong_usage_is_one_line() {
    for (arguments, part) in [
        (vec!["render"], "<MODEL>"),
        (vec!["render", AUTOENCODER], "<EXPR>"),
        (vec!["render", AUTOENCODER, "seed(1)"], "--output"),
        (
            vec![
                "render",
                AUTOENCODER,
                "seed(1)",
                "-o",
                "a.png",
                "--size",
                "0",
            ],
            "0",
        ),
        (
            vec![
                "render",
                AUTOENCODER,
                "seed(1)",
                "-o",
                "a.png",
                "--size",
                "99999",
            ],
            "99999",
        ),
        (
            vec![
                "render",
                AUTOENCODER,
                "seed(1)",
                "-o",
                "a.png",
                "--device",
                "tpu",
            ],
            "tpu",
        ),
        (
            vec!["render", AUTOENCODER, "seed(1)", "-o", "a", "--npy", "a"],
            "two outputs",
        ),
        (vec!["grid", AUTOENCODER, "-o", "a.png"], "--seeds"),
        (
            vec!["grid", AUTOENCODER, "--seeds", "9-3", "-o", "a.png"],
            "backwards",
        ),
        (
            vec!["grid", AUTOENCODER, "--seeds", "x", "-o", "a.png"],
            "no seed",
        ),
        (
            vec![
                "grid",
                AUTOENCODER,
                "--seeds",
                "0-4294967295",
                "-o",
                "a.png",
            ],
            "seeds at once",
        ),
        (vec!["code", AUTOENCODER, "seed(1)"], "--npz"),
        (vec!["models", "--frobnicate"], "--frobnicate"),
        (vec!["rendr", AUTOENCODER, "seed(1)"], "render?"),
        (vec!["frobnicate", "x"], "no command"),
    ] {
        run(&arguments).refused(part);
    }
}

#[test]
fn an_unknown_model_is_named_with_those_that_are_known() {
    for command in [
        vec!["render", "digits-goose", "seed(1)", "-o", "a.png"],
        vec!["grid", "digits-goose", "--seeds", "1", "-o", "a.png"],
        vec!["code", "digits-goose", "seed(1)", "--npz", "a.npz"],
        vec!["bench", "digits-goose"],
        vec!["eval", "digits-goose", "--data", "."],
        vec!["digits-goose"],
    ] {
        let run = run(&command).refused("digits-goose");
        assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
        assert!(run.stderr.contains(AUTOENCODER), "{}", run.stderr);
    }
}

#[test]
fn a_mistyped_model_is_guessed() {
    run(&["bench", "digit-gan"]).refused("; did you mean digits-gan?");
    run(&["face-vae"]).refused("; did you mean faces-vae?");
    run(&["heroes-vae"]).refused("built into earlier versions of the program");
}

#[test]
fn a_still_with_an_ending_of_no_known_kind_is_noted() {
    let folder = Folder::new();
    for (name, ending) in [("a.xyz", Some(".xyz")), ("a.PNG", None), ("plain", None)] {
        let out = folder.file(name);
        let run = run(&["render", GAN, "seed(1)", "-o", &out]);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        match ending {
            Some(ending) => {
                assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
                let part = format!("note: {out}: it will be a PNG, not a {ending}");
                assert!(run.stderr.contains(&part), "{}", run.stderr);
            }
            None => assert_eq!(run.stderr, ""),
        }
        assert_eq!(&folder.read(name)[1..4], b"PNG");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let absent = folder.file("absent/out");
    let taken = folder.path().display().to_string();
    for path in [absent.as_str(), taken.as_str()] {
        for arguments in [
            vec!["render", AUTOENCODER, "seed(1)", "-o", path],
            vec!["render", AUTOENCODER, "seed(1)", "--npy", path],
            vec!["grid", AUTOENCODER, "--seeds", "0-3", "-o", path],
            vec!["grid", AUTOENCODER, "--seeds", "0-3", "--npy", path],
            vec!["code", AUTOENCODER, "seed(1)", "--npz", path],
        ] {
            run(&arguments).refused(path);
        }
    }
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn one_bad_output_of_two_leaves_neither() {
    let folder = Folder::new();
    let good = folder.file("a.png");
    let bad = folder.file("absent/a.npy");
    run(&["render", AUTOENCODER, "seed(1)", "-o", &good, "--npy", &bad]).refused(&bad);
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let mut child = crate::support::program()
        .args(["models", "--json"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("the program ends");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
