//! What README.md promises, followed word by word from an empty home, for each kind of user.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, ViewportCommand};
use egui_kittest::kittest::Queryable as _;
use zscape::app::{Action, Overlay, Tool};
use zscape::document::scene_file::SceneText;
use zscape::ui::WindowOptions;

const README: &str = include_str!("../../README.md");

/// The tools as the text lists them: `**Explore** (1)`.
fn tools() -> Vec<(&'static str, Key)> {
    let heads = README.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("**")?.split_once("** (")?;
        let digit = rest.split_once(')')?.0;
        Some((name, Key::from_name(digit).filter(|_| digit.len() == 1)?))
    });
    heads.collect()
}

/// A presenter: every tool is a key away, and Esc, pressed as often as one likes, ends nothing.
#[test]
fn the_keys_open_the_tools_that_the_text_names() {
    let tools = tools();
    assert_eq!(tools.len(), Tool::ALL.len());
    let mut window = Window::first_start();
    for ((name, key), tool) in tools.iter().zip(Tool::ALL) {
        window.press(Modifiers::NONE, *key);
        assert_eq!(window.app().tools().open(), *tool, "{name}");
        window.find(Role::Tab, name);
        for _ in 0..3 {
            window.press(Modifiers::NONE, Key::Escape);
        }
        assert!(
            !window.commands().contains(&ViewportCommand::Close),
            "{name}"
        );
        assert_eq!(window.app().tools().open(), *tool, "Esc left {name}");
    }
}

/// An artist: what was liked is kept, and an exported file leads back to exactly that picture, on
/// another machine too.
#[test]
fn a_picture_that_was_liked_is_kept_and_can_be_made_again() {
    let [home, elsewhere] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let mut window = Window::open_keeping_in(home.path());
    window.next_seed();
    window.bookmark("liked", "good");
    let (expression, code) = (window.expression(), window.code());
    let path = elsewhere.path().join("liked.png");
    window.press(Modifiers::COMMAND, Key::E);
    assert_eq!(window.app().overlay(), Overlay::Export);
    window.ask(Action::Export(path.clone()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
    assert!(path.is_file());
    window.next_seed();
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);

    // "the next start brings back what was there"
    let mut again = Window::open_keeping_in(home.path());
    again.wait("the session", |app| {
        app.session().document().history().len() == 3
    });
    assert!(
        again
            .app()
            .session()
            .document()
            .bookmarks()
            .get("liked")
            .is_some()
    );
    again.apply_expression("@liked");
    assert_eq!(again.code(), code, "bit for bit the same");

    // "start `zscape a.png`, and you are back where it was made"
    let mut other = Window::open_options(WindowOptions {
        file: Some(path),
        ..options()
    });
    other.wait("the place", |app| {
        app.position().expression().to_string() == expression
    });
    other.settle();
    assert_eq!(other.code(), code, "bit for bit the same");
}

/// A learner: the first start says what to try; questions stand beside the picture, fit what is
/// open, and their scenes leave no trace.
#[test]
fn questions_stand_beside_the_picture_and_leave_no_trace() {
    let mut window = Window::first_start();
    window.harness.get_by_label_contains("Move the slider");
    let (before, steps) = (window.expression(), window.steps());
    window.press(Modifiers::COMMAND, Key::G);
    assert!(window.app().view().learning, "Ctrl+G shows the questions");
    window.wait("the questions", |app| app.learning().bank().is_some());
    let bank = window.app().learning().bank().expect("they are there");
    let count = bank.questions().len();
    let promised = README.split_whitespace().collect::<Vec<_>>();
    let promised = promised
        .windows(2)
        .find(|pair| pair[1] == "questions")
        .and_then(|pair| pair[0].parse::<usize>().ok());
    assert_eq!(promised, Some(count), "the text counts them");
    window.press(Modifiers::COMMAND, Key::G);
    assert_eq!((window.expression(), window.steps()), (before, steps));
}

/// A newcomer: "F1 lists all shortcuts, F6 goes from panel to panel, and the question mark on a panel
/// opens the question that explains it".
#[test]
fn help_is_where_the_text_says() {
    assert!(README.contains("F1 lists all\nshortcuts, F6 goes from panel to panel"));
    let mut window = Window::first_start();
    window.press(Modifiers::NONE, Key::F1);
    assert_eq!(window.app().overlay(), Overlay::Shortcuts);
    window.press(Modifiers::NONE, Key::Escape);
    let focused = |window: &Window| window.harness.ctx.memory(|memory| memory.focused());
    let mut visited = std::collections::BTreeSet::new();
    for _ in 0..4 {
        window.press(Modifiers::NONE, Key::F6);
        visited.insert(focused(&window).map(|id| format!("{id:?}")));
    }
    assert!(visited.len() >= 4, "{visited:?}");
    window.press(Modifiers::NONE, Key::Escape);
    window.click("What is this? Explore");
    window.wait("the question", |app| {
        app.learning().open_question().is_some()
    });
}

/// A presenter: "Present (F5) ... Page Down and Page Up go through the bookmarks, each with the tool ...
/// Esc leaves it", and a colleague: "Save as scene ... a colleague opens it ... Esc leads back".
#[test]
fn a_room_is_shown_slides_and_a_colleague_gets_one() {
    let key = README.split("**Present** (").nth(1).expect("it is there");
    let key = key.split(')').next().and_then(Key::from_name);
    let key = key.expect("the text names a key");
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_keeping_in(folder.path());
    window.next_seed();
    window.open_tool("Map");
    window.bookmark("on-the-map", "");
    window.open_tool("Explore");
    window.next_seed();
    window.settle();
    let (picture, code) = (window.expression(), window.code());
    window.press(Modifiers::NONE, key);
    assert!(window.app().modes().presents);
    window.press(Modifiers::NONE, Key::PageDown);
    assert_eq!(window.app().tools().open(), Tool::Map);
    assert_ne!(window.expression(), picture);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.app().modes().presents);

    window.apply_expression(&picture);
    let path = folder.path().join("for-you.zscape");
    window.ask(Action::SetScene(SceneText {
        title: "Look".to_owned(),
        caption: "Move the slider".to_owned(),
    }));
    window.ask(Action::SaveScene(path.clone()));
    window.harness.run_steps(2);
    window.wait("the file", |app| app.export().runs().is_empty());
    let mut other = Window::open_options(WindowOptions {
        file: Some(path),
        ..options()
    });
    other.wait("the scene", |app| app.navigation().scene().is_some());
    other.settle();
    assert_eq!(other.code(), code, "bit for bit the same");
    other.harness.get_by_label("Move the slider");
    other.press(Modifiers::NONE, Key::Escape);
    assert!(other.app().navigation().scene().is_none());
}
