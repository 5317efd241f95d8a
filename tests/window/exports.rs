//! Files written from the window: the same bytes that the command line writes from their recipe.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use std::path::Path;
use std::process::Command;
use zscape::app::{Action, Overlay};
use zscape::document::codes::read_codes;
use zscape::document::embedded::recipe_in_file;
use zscape::document::{Subject, photo};

/// Opens the card and chooses a kind of file.
fn choose(window: &mut Window, kind: &str) {
    window.press(Modifiers::COMMAND, Key::E);
    assert_eq!(window.app().overlay(), Overlay::Export);
    window.click(kind);
}

/// Writes what is set up, as if the file had been chosen in the dialog.
fn write(window: &mut Window, path: &Path) {
    window
        .harness
        .state_mut()
        .ask(Action::Export(path.to_owned()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
    window.harness.run_steps(1);
    let message = window.messages().pop().expect("a message");
    assert!(message.starts_with("Saved"), "{message}");
    assert_eq!(window.app().overlay(), Overlay::None);
}

/// Makes a file again from its recipe by the command line.
fn made_again(path: &Path) -> Vec<u8> {
    let again = path.with_file_name(format!(
        "again-{}",
        path.file_name().expect("a name").to_string_lossy()
    ));
    let output = Command::new(env!("CARGO_BIN_EXE_zscape"))
        .args(["render", "--device", "cpu", "--from"])
        .arg(path)
        .arg("-o")
        .arg(&again)
        .output()
        .expect("zscape runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    std::fs::read(again).expect("it is there")
}

#[test]
fn an_even_closed_animation_is_what_its_recipe_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-vae2");
    window.open_tool("Interpolate");
    window.harness.get_by_label("Closed loop").click();
    window.harness.get_by_label("Constant speed").click();
    window.settle();
    for (format, name) in [
        ("GIF", "walk.gif"),
        ("WebP", "walk.webp"),
        ("APNG", "walk.apng"),
    ] {
        choose(&mut window, "Animation");
        window.click(format);
        let path = folder.path().join(name);
        write(&mut window, &path);
        let recipe = recipe_in_file(&path).expect("a recipe");
        let Subject::Animation(animation) = &recipe.subject else {
            panic!("{name} is an animation: {recipe:?}");
        };
        assert!(animation.even && animation.closed);
        assert_eq!(animation.frames, 100, "25 a second for four seconds");
        assert_eq!(recipe.size, [28 * 8, 28 * 8]);
        assert!(
            std::fs::read(&path).expect("it is there") == made_again(&path),
            "{name} is the same when it is made again"
        );
    }
}

#[test]
fn stills_strips_and_grids_carry_what_makes_them_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    for (kind, size) in [
        ("Picture", [224, 224]),
        ("Strip", [16 * 224, 224]),
        ("Grid", [8 * 224, 8 * 224]),
    ] {
        choose(&mut window, kind);
        let path = folder.path().join(format!("{kind}.png"));
        write(&mut window, &path);
        assert_eq!(
            photo::read(&path).expect("a picture").size(),
            size,
            "{kind}"
        );
        assert!(
            std::fs::read(&path).expect("it is there") == made_again(&path),
            "the {kind} is the same when it is made again"
        );
    }
    // A sheet needs four corners; the card says so and writes nothing.
    choose(&mut window, "Sheet");
    let why = "A sheet needs four keyframes in Interpolate: its corners";
    window.harness.get_by_label(why).click();
    window.settle();
    let button = window.find(Role::Button, "Choose a file…");
    assert!(button.accesskit_node().is_disabled());
    assert_eq!(
        window.app().overlay(),
        Overlay::Export,
        "a word is no backdrop"
    );
}

#[test]
fn codes_go_out_and_come_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("codes.npz");
    let mut window = Window::open_named("digits-vae2");
    choose(&mut window, "Codes");
    write(&mut window, &path);
    let model = window.app().model().expect("a model");
    let back = read_codes(&path, &model.manifest.spaces).expect("codes");
    let shown = window.app().preview().frame().expect("a picture");
    assert_eq!(back, [("z".to_owned(), shown.code.clone())]);
    choose(&mut window, "Codes");
    window.click("All bookmarks");
    window
        .harness
        .get_by_label("No bookmark was made with this model");
}

#[test]
fn a_cancelled_export_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("digits-gan");
    choose(&mut window, "Grid");
    let mut settings = window.app().export().settings().clone();
    settings.seeds = 10_000;
    settings.scale = 4;
    window.harness.state_mut().ask(Action::SetExport(settings));
    window.harness.run_steps(2);
    let path = folder.path().join("many.png");
    window.harness.state_mut().ask(Action::Export(path));
    window.harness.run_steps(3);
    window.find(Role::Button, "Cancel the export").click();
    window.harness.run_steps(3);
    assert!(window.app().export().runs().is_empty());
    let message = window.messages().pop().expect("a message");
    assert!(message.contains("many.png was cancelled"), "{message}");
    // The thread needs a moment to put its things away.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    let left = || {
        std::fs::read_dir(folder.path())
            .expect("it can be listed")
            .count()
    };
    while left() > 0 && std::time::Instant::now() < deadline {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(left(), 0, "nothing is left");
}
