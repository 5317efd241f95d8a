//! What packages install beside the program.

use crate::support::run;
use std::path::Path;

/// The commands that the help lists.
fn commands() -> Vec<String> {
    let help = run(&["--help"]).succeeded().stdout;
    let (_, listed) = help.split_once("Commands:").expect("they are listed");
    let listed = listed.lines().skip(1).map_while(|line| {
        let name = line.split_whitespace().next()?;
        Some(name.to_owned())
    });
    listed.filter(|name| name != "help").collect()
}

#[test]
fn shells_complete_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).succeeded().stdout;
        for name in commands() {
            assert!(script.contains(&name), "{shell} does not know {name}");
        }
        assert!(script.contains("truncation"), "{shell} knows no options");
    }
    run(&["completions", "cmd"]).refused("cmd");
}

#[test]
fn every_command_has_a_page() {
    let program = run(&["man"]).succeeded().stdout;
    assert!(program.contains(".TH zscape 1"), "{program}");
    for name in commands() {
        assert!(program.contains(&format!("zscape\\-{name}(1)")), "{name}");
        let page = run(&["man", &name]).succeeded().stdout;
        assert!(
            page.contains(&format!(".TH zscape-{name} 1"))
                || page.contains(&format!(".TH zscape\\-{name} 1")),
            "{page}"
        );
        assert!(page.contains("SYNOPSIS"), "{page}");
    }
    run(&["man", "rendr"]).refused("did you mean render?");
}

#[test]
fn the_desktop_knows_the_program_and_its_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).expect("a text");
    let (entry, types) = (read("zscape.desktop"), read("zscape.xml"));
    assert!(entry.contains("Exec=zscape %f"), "{entry}");
    // The window gives its name to the desktop, which then shows the icon.
    assert!(entry.contains("StartupWMClass=zscape"), "{entry}");
    for (kind, ending) in [
        ("x-zscape-session", "zscape"),
        ("x-safetensors", "safetensors"),
    ] {
        assert!(entry.contains(&format!("application/{kind};")), "{entry}");
        assert!(
            types.contains(&format!("type=\"application/{kind}\"")),
            "{types}"
        );
        assert!(
            types.contains(&format!("glob pattern=\"*.{ending}\"")),
            "{types}"
        );
    }
    // The beginning that is said of sessions is theirs.
    let session = zscape::document::Session::default();
    let bytes = zscape::document::session_file::to_bytes(&session).expect("it can be written");
    let place = bytes
        .windows(16)
        .position(|part| part == b"\"zscape_session\"");
    assert!(place.is_some_and(|place| place <= 16), "{place:?}");
}
