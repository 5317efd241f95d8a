//! Presenting, and scenes as files for others.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::path::{Path, PathBuf};
use zscape::app::tools::encode::{Encode, Source};
use zscape::app::{Action, SceneOrigin, SessionAction, Tool};
use zscape::document::scene_file::{self, SceneText};
use zscape::files::save;
use zscape::ui::WindowOptions;

#[test]
fn a_room_sees_large_text_and_no_small_print() {
    let mut window = Window::open();
    let height = |window: &Window| {
        let picture = window.find(Role::Image, "Picture").rect();
        picture.height() * window.harness.ctx.pixels_per_point()
    };
    let before = height(&window);
    let words = |window: &Window| {
        let has = |role, name| window.harness.query_by_role_and_label(role, name).is_some();
        let menu = has(Role::Button, "File");
        [menu, has(Role::TextInput, "Expression")]
    };
    assert_eq!(words(&window), [true, true]);
    let usual = window.app().text_scale();
    window.press(Modifiers::NONE, Key::F5);
    assert!(window.app().modes().presents);
    assert_eq!(words(&window), [false, false]);
    assert!(window.app().text_scale() > usual);
    let large = height(&window);
    assert!(large > 1.2 * before, "{large} and {before} pixels");
    // The tools and their sliders are what is presented.
    window.find(Role::Tab, "Map");
    window.find(Role::Slider, "z0");
    assert!(window.messages().iter().any(|it| it.contains("Press Esc")));

    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.app().modes().presents);
    assert_eq!(words(&window), [true, true]);
    assert_eq!(window.app().text_scale(), usual);
    assert!((height(&window) - before).abs() < 1.0);
    window.find(Role::Button, "View").click();
    window.harness.run_steps(2);
    window.find(Role::Button, "Present").click();
    window.settle();
    assert!(window.app().modes().presents, "it is in a menu, too");
}

#[test]
fn a_clicker_steps_through_the_bookmarks() {
    let mut window = Window::open();
    for (seed, name) in [(5, "last"), (6, "first")] {
        window.apply_expression(&format!("seed({seed})"));
        window.bookmark(name, "");
    }
    window.apply_expression("seed(7)");
    window.press(Modifiers::NONE, Key::PageDown);
    assert_eq!(window.expression(), "seed(7)", "nobody presents");
    window.press(Modifiers::NONE, Key::F5);
    for (key, expected) in [
        (Key::PageDown, "seed(6)"),
        (Key::PageDown, "seed(5)"),
        (Key::PageDown, "seed(5)"),
        (Key::PageUp, "seed(6)"),
        (Key::PageUp, "seed(6)"),
    ] {
        window.press(Modifiers::NONE, key);
        assert_eq!(window.expression(), expected, "{key:?}");
    }
}

/// Writes what is on the window as a scene.
fn save_scene(window: &mut Window, path: &Path) {
    window.ask(Action::SetScene(SceneText {
        title: " Between two threes ".to_owned(),
        caption: "Drag the dot to the left".to_owned(),
    }));
    window.ask(Action::SaveScene(path.to_owned()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
}

/// A window of somebody else, who opens this file.
fn colleague(file: PathBuf) -> Window {
    Window::open_options(WindowOptions {
        file: Some(file),
        ..options()
    })
}

fn wait_for_scene(window: &mut Window) {
    window.wait("the scene", |app| {
        app.navigation().scene().is_some() && app.models().loading().is_none()
    });
    window.settle();
}

#[test]
fn a_scene_goes_to_a_colleague_and_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("threes.zscape");
    let mut window = Window::open();
    window.apply_expression("seed(5)");
    window.bookmark("me", "");
    window.ask(Action::edit_tool::<Encode>(|settings| {
        settings.open_file("/home/somebody/private.png".into());
    }));
    window.open_tool("Map");
    window.apply_expression("@me + 0.5*seed(3)");
    let code = window.code();
    save_scene(&mut window, &path);
    let text = std::fs::read_to_string(&path).expect("it was written");
    for private in ["history", "private.png", "seed(5)\","] {
        assert!(!text.contains(private), "{private} in {text}");
    }

    let mut other = colleague(path.clone());
    wait_for_scene(&mut other);
    assert_eq!(other.expression(), "@me + 0.5*seed(3)");
    assert_eq!(other.code(), code, "bit for bit the same");
    assert_eq!(other.app().tools().open(), Tool::Map);
    assert_eq!(other.app().tools().settings().encode.source, Source::None);
    other.harness.get_by_label("Between two threes");
    other.harness.get_by_label("Drag the dot to the left");
    let document = other.app().session().document();
    assert_eq!(
        document.history().len(),
        1,
        "the first picture of the start"
    );
    assert!(document.bookmarks().all().is_empty());

    // Something else, and back to the start of the scene.
    other.next_seed_in_scene();
    other.click("Start the scene again");
    other.wait("the start", |app| {
        app.position().expression().to_string() == "@me + 0.5*seed(3)"
    });
    other.settle();
    assert_eq!(other.code(), code);
    // A bookmark of it has the code, for the name goes.
    other.bookmark("kept", "");
    other.press(Modifiers::NONE, Key::Escape);
    other.wait("the way back", |app| {
        app.navigation().scene().is_none() && app.models().loading().is_none()
    });
    other.settle();
    assert!(!other.app().names().codes.contains_key("me"));
    assert_eq!(other.expression(), "seed(42)");
    let kept = SessionAction::GoToBookmark("kept".to_owned());
    other.ask(Action::Session(kept));
    other.wait("the bookmark", |app| {
        app.position().expression().to_string() == "@kept" && app.models().loading().is_none()
    });
    other.settle();
    assert_eq!(other.code().values, code.values);
}

impl Window {
    /// The next seed where nothing becomes a step.
    fn next_seed_in_scene(&mut self) {
        let before = self.expression();
        self.press(Modifiers::NONE, Key::ArrowRight);
        assert_ne!(self.expression(), before);
    }
}

#[test]
fn a_name_of_ones_own_means_what_it_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("threes.zscape");
    let mut window = Window::open();
    window.apply_expression("seed(5)");
    window.bookmark("me", "");
    window.apply_expression("@me");
    let code = window.code();
    save_scene(&mut window, &path);

    let mut other = Window::open();
    other.apply_expression("seed(9)");
    other.bookmark("me", "");
    let own = other.app().names().codes["me"].clone();
    other.drop_file(&path);
    wait_for_scene(&mut other);
    assert_eq!(other.expression(), "@me-2");
    assert_eq!(other.code(), code);
    assert_eq!(other.app().names().codes["me"], own);
    let scene = other.app().navigation().scene().expect("it is open");
    assert_eq!(scene.origin, SceneOrigin::File(path));
}

#[test]
fn a_scene_that_cannot_be_opened_is_one_sentence_and_nothing_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let sound = folder.path().join("sound.zscape");
    let mut window = Window::open();
    save_scene(&mut window, &sound);
    let scene = scene_file::read(&sound).expect("it was just written");
    let mut strange = scene.clone();
    strange.recipe.model.name = "no-such-model".to_owned();
    strange.recipe.model.hash = "0".repeat(64);
    let strange = strange.to_json().expect("it is short");
    let cut = std::fs::read(&sound).expect("it was written");
    for (name, bytes, words) in [
        (
            "strange.zscape",
            strange.as_bytes(),
            "no-such-model is not here",
        ),
        ("cut.zscape", &cut[..cut.len() / 2], "not a zscape scene"),
    ] {
        let path = folder.path().join(name);
        save::save(&path, bytes).expect("it can be written");
        let (expression, count) = (window.expression(), window.messages().len());
        window.drop_file(&path);
        window.wait("the sentence", |app| app.notices().all().len() > count);
        window.settle();
        let messages = window.messages();
        let said: Vec<_> = messages.iter().filter(|it| it.contains(name)).collect();
        assert_eq!(said.len(), 1, "{messages:?}");
        assert!(said[0].contains(words), "{said:?}");
        assert!(window.app().navigation().scene().is_none());
        assert_eq!(window.expression(), expression);
    }
}

#[test]
fn the_form_asks_for_a_title_first() {
    let mut window = Window::open();
    window.ask(Action::Run(zscape::app::Command::SaveScene));
    window.harness.run_steps(3);
    let save = window.find(Role::Button, "Save the scene");
    assert!(egui_kittest::kittest::NodeT::accesskit_node(&save).is_disabled());
    window.type_into("Title of the scene", "Threes");
    let save = window.find(Role::Button, "Save the scene");
    assert!(!egui_kittest::kittest::NodeT::accesskit_node(&save).is_disabled());
}
