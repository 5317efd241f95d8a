//! Bookmarks as slides: they bring back how a picture stood on the window.

use crate::document::session;
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use zscape::app::tools::compare::Compare;
use zscape::app::{Action, SessionAction, Tool};
use zscape::document::{Bookmark, Change, Framing, session_file};
use zscape::latent::{Code, Sampler, Space};

#[test]
fn a_bookmark_brings_back_tool_panes_and_zoom_in_one_step() {
    let mut window = Window::open_named("digits-vae2");
    // A slide: two panes beside each other, the picture enlarged.
    window.open_tool("Compare");
    let picture = window.find(Role::Image, "Pane 1").rect();
    window.harness.hover_at(picture.center());
    window.harness.event(eframe::egui::Event::Zoom(3.0));
    window.harness.run_steps(2);
    let framing = window.app().workspace().framing();
    assert!(framing.zoom > 2.0, "{framing:?}");
    let panes = |window: &Window| window.app().tools().settings().compare.panes();
    assert_eq!(panes(&window), 2);
    window.bookmark("slide", "");

    // Something else everywhere.
    window.open_tool("Explore");
    window.press(Modifiers::NONE, Key::F);
    window.ask(Action::edit_tool::<Compare>(|settings| {
        settings.set_panes(4);
    }));
    window.next_seed();
    assert_eq!(panes(&window), 4);
    assert_eq!(window.app().workspace().framing(), Framing::default());
    let (expression, steps) = (window.expression(), window.steps());

    window.ask(Action::Session(SessionAction::GoToBookmark(
        "slide".to_owned(),
    )));
    window.wait_for_steps(steps + 1);
    window.harness.run_steps(3);
    assert_eq!(window.app().tools().open(), Tool::Compare);
    assert_eq!(panes(&window), 2);
    let back = window.app().workspace().framing();
    assert!((back.zoom - framing.zoom).abs() < 1e-3, "{back:?}");
    assert!(
        (back.middle[0] - framing.middle[0]).abs() < 0.02,
        "{back:?}"
    );

    // One undo goes back to all of it.
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(window.expression(), expression);
    assert_eq!(window.app().tools().open(), Tool::Explore);
    assert_eq!(panes(&window), 4);
}

#[test]
fn a_bookmark_of_an_earlier_version_leaves_the_tools_alone() {
    let mut earlier = session(1);
    let bookmark = Bookmark {
        name: "old".to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expression: "seed(5)".to_owned(),
        sampler: Sampler::default(),
        model: earlier
            .history()
            .current_state()
            .map(|it| (*it.model).clone())
            .expect("a step"),
        created_secs: 1,
        code: Code::vector(Space::Z, vec![0.5, 0.25]),
        staging: None,
        is_deleted: false,
    };
    let add = Change::AddBookmark(Box::new(bookmark));
    earlier.apply(&add).expect("it is sound");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.zscape");
    session_file::write(&path, &earlier).expect("it can be written");
    let text = std::fs::read_to_string(&path).expect("it was written");
    assert!(!text.contains("staging"), "as an earlier version wrote it");

    let mut window = Window::open();
    window.ask(Action::Session(SessionAction::Open(path)));
    window.wait("the session", |app| {
        app.session().document().bookmarks().get("old").is_some()
    });
    window.settle();
    window.open_tool("Map");
    window.ask(Action::Session(SessionAction::GoToBookmark(
        "old".to_owned(),
    )));
    window.settle();
    assert_eq!(window.expression(), "seed(5)");
    assert_eq!(window.app().tools().open(), Tool::Map);
}
