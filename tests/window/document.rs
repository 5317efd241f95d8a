//! The document: history as a tree, bookmarks, and session files.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, PointerButton};
use egui_kittest::kittest::NodeT as _;
use egui_kittest::kittest::Queryable as _;
use std::time::{Duration, Instant};
use zscape::app::{Action, Command, SessionAction};
use zscape::document::bookmarks::name_from_text;
use zscape::document::{Change, ModelLink, ModelOrigin, NodeId, Session, session_file};
use zscape::latent::Code;
use zscape::ui::WindowOptions;

const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

impl Window {
    pub fn steps(&self) -> usize {
        self.app().session().document().history().len()
    }

    /// Steps until the hand rests and the step is there.
    #[track_caller]
    pub fn wait_for_steps(&mut self, count: usize) {
        self.wait("the step", |app| {
            app.session().document().history().len() == count
        });
    }

    #[track_caller]
    pub fn next_seed(&mut self) {
        let steps = self.steps();
        self.ask(Action::Run(Command::NextSeed));
        self.wait_for_steps(steps + 1);
    }

    pub fn code(&self) -> Code {
        let frame = self.app().preview().frame();
        frame.expect("a picture is shown").code.clone()
    }

    #[track_caller]
    pub fn bookmark(&mut self, name: &str, tags: &str) {
        self.press(CTRL, Key::D);
        self.type_into("Name of the bookmark", name);
        if !tags.is_empty() {
            self.type_into("Tags of the bookmark", tags);
        }
        self.find(Role::Button, "Add bookmark").click();
        let name = name_from_text(name);
        self.wait("the bookmark", |app| {
            app.session().document().bookmarks().get(&name).is_some()
        });
    }

    pub fn apply_expression(&mut self, text: &str) {
        self.type_expression(text);
        self.press(Modifiers::NONE, Key::Enter);
    }
}

#[test]
fn history_is_a_tree_and_every_still_is_a_way_back() {
    let mut window = Window::open();
    let first = window.picture();
    window.next_seed();
    window.next_seed();
    window.find(Role::Button, "History 3: seed(44), current");
    window.click("History 1: seed(42)");
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.picture(), first);
    assert_eq!(window.steps(), 3, "a jump is no step");
    assert!(window.app().availability(Command::Undo).is_err());
    // The row stays, so redo goes on along it.
    window.press(CTRL_SHIFT, Key::Z);
    assert_eq!(window.expression(), "seed(43)");

    // A change after going back is a branch; the old one stays.
    window.apply_expression("seed(7)");
    window.wait_for_steps(4);
    window.find(Role::Button, "History 4: seed(7), current");
    assert!(
        window
            .harness
            .query_by_label("History 3: seed(44)")
            .is_none()
    );
    window
        .find(Role::Button, "1 other way beside history 4")
        .click();
    window.settle();
    window.click("History 3: seed(44)");
    assert_eq!(window.expression(), "seed(44)");
    window.find(Role::Button, "1 other way beside history 3");
    window.press(CTRL, Key::Z);
    assert_eq!(window.expression(), "seed(43)");
}

#[test]
fn a_still_has_a_picture_a_menu_and_can_be_dragged_into_a_tool() {
    let mut window = Window::open_named("digits-gan");
    window.next_seed();
    window.wait_for_stills();
    window
        .find(Role::Button, "History 1: seed(42)")
        .click_button(PointerButton::Secondary);
    window.settle();
    window.click("Go there");
    assert_eq!(window.expression(), "seed(42)");
    window
        .find(Role::Button, "History 2: seed(43)")
        .click_button(PointerButton::Secondary);
    window.settle();
    window.click("Bookmark this step…");
    window.type_into("Name of the bookmark", "other");
    window.find(Role::Button, "Add bookmark").click();
    window.wait("the bookmark", |app| {
        app.names().codes.contains_key("other")
    });
    let bookmarks = window.app().session().document().bookmarks();
    assert_eq!(bookmarks.get("other").expect("made").expression, "seed(43)");
    assert_eq!(
        window.expression(),
        "seed(42)",
        "naming another goes nowhere"
    );

    window.open_tool("Arithmetic");
    window.drag("History 2: seed(43)", "Well A");
    let settings = window.app().tools().settings();
    assert_eq!(settings.arithmetic.plus[0].to_string(), "seed(43)");
}

#[test]
fn a_bookmark_is_a_name_in_the_equation_bar() {
    let mut window = Window::open();
    window.press(CTRL_SHIFT, Key::D);
    window.apply_expression("truncate(seed(7), 0.8)");
    let picture = window.picture();
    window.bookmark("me", "faces, mine");
    window.apply_expression("seed(1)");
    assert_ne!(window.picture(), picture);
    window.apply_expression("@me");
    assert_eq!(window.picture(), picture, "the name is the code");
    let code = window.code();

    // A new name is written into what is shown and into the history.
    window.click("More for @me");
    window.click("Rename and tag");
    window.type_into("Bookmark's name", "you");
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.equation(), "@you");
    assert_eq!(window.picture(), picture);
    let steps = window.steps();
    let history = window.app().session().document().history();
    assert_eq!(
        &*history.current_state().expect("a step").expression,
        "@you"
    );

    // Deleting takes it off the list, and undo brings it back; the step means what it meant.
    window.click("More for @you");
    window.click("Delete");
    assert!(window.harness.query_by_label("Go to @you").is_none());
    assert_eq!(window.code(), code);
    assert_eq!(window.steps(), steps);
    window.click("Undo the deletion");
    window.find(Role::Button, "Go to @you").click();
    window.settle();
    assert_eq!(window.expression(), "truncate(seed(7), 0.8)");
}

#[test]
fn bookmarks_are_found_by_name_and_tag() {
    let mut window = Window::open();
    window.press(CTRL_SHIFT, Key::D);
    window.harness.get_by_label("No bookmarks yet");
    window.bookmark("alpha", "round");
    window.next_seed();
    window.bookmark("beta", "");
    window.wait_for_stills();
    window.type_into("Search bookmarks", "ROUND");
    window.find(Role::Button, "Go to @alpha");
    assert!(window.harness.query_by_label("Go to @beta").is_none());
    window.type_into("Search bookmarks", "nothing");
    window.harness.get_by_label("No matches");
}

#[test]
fn bookmarks_stand_in_the_order_that_they_are_put_in() {
    let mut window = Window::open();
    window.press(CTRL_SHIFT, Key::D);
    window.bookmark("first slide", "");
    window.next_seed();
    window.bookmark("second", "");
    let order = |window: &Window| {
        let bookmarks = window.app().session().document().bookmarks();
        let names = bookmarks.iter().map(|it| it.name.clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(order(&window), ["first-slide", "second"]);
    // The newest stands at the top.
    window.click("More for @second");
    window.click("Move down");
    assert_eq!(order(&window), ["second", "first-slide"]);
    window.find(Role::Button, "Go to @second").focus();
    window.harness.run();
    window.press(Modifiers::ALT, Key::ArrowUp);
    assert_eq!(order(&window), ["first-slide", "second"]);
    // At the end already.
    window.press(Modifiers::ALT, Key::ArrowUp);
    assert_eq!(order(&window), ["first-slide", "second"]);
}

#[test]
fn a_name_that_cannot_be_given_is_said_at_once() {
    let mut window = Window::open();
    window.bookmark("me", "");
    for (name, part) in [("me", "already"), ("1st", "1st"), ("", "Give it a name")] {
        window.press(CTRL, Key::D);
        window.type_into("Name of the bookmark", name);
        assert!(
            window
                .app()
                .desk()
                .check_bookmark_name(name)
                .is_err_and(|it| it.contains(part))
        );
        let add = window.find(Role::Button, "Add bookmark");
        assert!(
            add.accesskit_node().is_disabled(),
            "{name:?} cannot be added"
        );
        window.press(Modifiers::NONE, Key::Escape);
        window.press(Modifiers::NONE, Key::Escape);
    }
}

#[test]
fn a_bookmark_of_another_size_is_refused_in_a_sentence() {
    let mut window = Window::open();
    window.bookmark("flat", "");
    window.drop_model("digits-gan");
    let error = window
        .app()
        .workspace()
        .read("@flat")
        .expect_err("64 numbers are not 2");
    assert!(
        error.message.contains("flat") && error.message.contains("64"),
        "{}",
        error.message
    );
}

impl Window {
    fn drop_model(&mut self, name: &str) {
        self.press(CTRL, Key::K);
        self.find(Role::TextInput, "Search").type_text("GAN, 64");
        self.harness.run_steps(2);
        self.press(Modifiers::NONE, Key::Enter);
        self.wait("the other model", |app| {
            app.model().is_some_and(|model| model.id.name == name)
        });
        self.settle();
    }
}

#[test]
fn undo_goes_back_over_a_change_of_the_model() {
    let mut window = Window::open();
    let before = window.picture();
    window.drop_model("digits-gan");
    window.wait_for_steps(2);
    window.press(CTRL, Key::Z);
    window.wait("the model before", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
    window.settle();
    assert_eq!(window.picture(), before);
    assert_eq!(window.steps(), 2, "going back is no step");
    window.press(CTRL_SHIFT, Key::Z);
    window.wait("the model after", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-gan")
    });
}

/// A session of this many steps with the built-in model.
pub fn session(steps: u64) -> Session {
    let model = ModelLink {
        name: "digits-vae2".to_owned(),
        hash: hash_of("digits-vae2"),
        origin: ModelOrigin::Catalogue("digits-vae2".to_owned()),
    };
    let mut session = Session::default();
    for seed in 0..steps {
        let step = Change::Step {
            model: model.clone(),
            expression: format!("seed({seed})"),
            sampler: Default::default(),
            at_secs: 1_700_000_000 + seed,
            amends: false,
        };
        session.apply(&step).expect("it makes sense");
        // Every hundredth step is left for a branch beside it.
        if seed % 100 == 99 {
            let back = Change::GoTo(NodeId::new(seed - 1));
            session.apply(&back).expect("it is there");
        }
    }
    session
}

fn hash_of(name: &str) -> String {
    let window = Window::open_named(name);
    window.app().model().expect("it is loaded").id.hash.clone()
}

#[test]
fn a_session_is_saved_and_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("work.zscape");
    session_file::write(&path, &session(3)).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("the session", |app| app.session().file().is_some());
    window.settle();
    assert_eq!(window.expression(), "seed(2)");
    assert_eq!(
        window.app().session().window_title(),
        "work.zscape – zscape"
    );
    let picture = window.picture();

    window.next_seed();
    assert_eq!(
        window.app().session().window_title(),
        "work.zscape* – zscape"
    );
    window.bookmark("third", "one, two");
    window.open_tool("Arithmetic");
    window.apply_expression("seed(9) - seed(8) + seed(7)");
    window.wait_for_steps(5);
    let last = window.picture();
    window.press(CTRL_SHIFT, Key::S);
    window.wait("the file", |app| !app.session().has_unsaved_changes());
    let written = session_file::read(&path).expect("it was just written");
    assert_eq!(&written, window.app().session().document());

    let mut other = Window::open_options(WindowOptions {
        session: Some(path.clone()),
        ..options()
    });
    other.wait("the session", |app| app.session().file() == Some(&path));
    // The file is there before the model of its place is.
    other.wait("the place of the session", |app| {
        app.position().expression().to_string() == "seed(9) - seed(8) + seed(7)"
    });
    other.settle();
    assert_eq!(other.app().tools().open(), zscape::app::Tool::Arithmetic);
    assert_eq!(
        other.app().tools().settings().arithmetic.plus[0].to_string(),
        "seed(9)"
    );
    assert_eq!(other.picture(), last);
    other.press(CTRL, Key::Z);
    other.press(CTRL, Key::Z);
    assert_eq!(other.expression(), "seed(2)");
    other.find(Role::Tab, "Explore").click();
    other.settle();
    assert_eq!(other.picture(), picture);
}

#[test]
fn a_file_that_is_saved_late_is_not_that_of_the_next_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("first.zscape");
    let mut window = Window::open();
    window.next_seed();
    let steps = window.steps();
    let state = window.harness.state_mut();
    state.ask(Action::Session(SessionAction::Save(path.clone())));
    state.ask(Action::Run(Command::NewSession));
    window.wait("the file", |app| {
        app.notices()
            .all()
            .iter()
            .any(|it| it.text.contains("first.zscape"))
    });
    window.settle();
    assert_eq!(window.app().session().file(), None);
    let first = session_file::read(&path).expect("it was written");
    assert_eq!(first.history().len(), steps);
    assert_eq!(window.steps(), 1);
}

#[test]
fn a_session_with_a_missing_model_says_so_and_stays_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("old.zscape");
    let mut session = Session::default();
    for expression in ["seed(5)", "seed(6) + 1.5*dir(\"beard\")"] {
        let step = Change::Step {
            model: ModelLink {
                name: "faces".to_owned(),
                hash: "ab".repeat(32),
                origin: ModelOrigin::File("/nowhere/faces.safetensors".to_owned()),
            },
            expression: expression.to_owned(),
            sampler: Default::default(),
            at_secs: 1,
            amends: false,
        };
        session.apply(&step).expect("it makes sense");
    }
    session_file::write(&path, &session).expect("it can be written");
    let mut window = Window::open();
    window.drop_file(&path);
    window.wait("a message", |app| {
        app.notices()
            .all()
            .iter()
            .any(|it| it.text.contains("faces.safetensors"))
    });
    window.settle();
    let messages = window.messages();
    assert_eq!(messages.len(), 1, "one sentence: {messages:?}");
    assert!(messages[0].contains("shown meanwhile"), "{messages:?}");
    window.find(Role::Button, "Find the model…");
    assert_eq!(window.expression(), "seed(42)", "what can be shown");
    assert_eq!(window.app().session().document(), &session);
    // A step that the model at hand understands is shown with it.
    window.press(CTRL, Key::Z);
    window.wait("the step before", |app| {
        app.position().expression().to_string() == "seed(5)"
    });
    window.settle();
    let history = window.app().session().document().history();
    assert_eq!(
        (history.len(), history.current()),
        (2, Some(NodeId::new(0)))
    );
    // And it can be saved again as it was.
    window.press(CTRL_SHIFT, Key::Z);
    window.wait("the step after", |app| {
        let history = app.session().document().history();
        history.current() == Some(NodeId::new(1)) && app.models().loading().is_none()
    });
    window.press(CTRL_SHIFT, Key::S);
    window.wait("the file", |app| {
        app.notices()
            .all()
            .iter()
            .any(|it| it.text.contains("Saved"))
    });
    let written = session_file::read(&path).expect("it was just written");
    assert_eq!(written, *window.app().session().document());
    let texts: Vec<&str> = written
        .history()
        .iter()
        .map(|(_, it)| &*it.state.expression)
        .collect();
    assert_eq!(texts, ["seed(5)", "seed(6) + 1.5*dir(\"beard\")"]);
}

#[test]
fn a_broken_session_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken.zscape");
    zscape::files::save::save(&path, b"{\"zscape_session\": 1, ").expect("it can be written");
    let mut window = Window::open();
    window.next_seed();
    window.drop_file(&path);
    window.wait("a message", |app| !app.notices().all().is_empty());
    let messages = window.messages();
    assert!(
        messages[0].contains("broken.zscape") && messages[0].contains("damaged"),
        "{messages:?}"
    );
    assert_eq!(
        (window.steps(), window.expression().as_str()),
        (2, "seed(43)")
    );
}

/// Memory that this process has in use, in bytes; on systems that tell.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

#[test]
fn ten_thousand_steps_are_light_and_the_window_stays_smooth() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long.zscape");
    session_file::write(&path, &session(10_000)).expect("it can be written");
    let mut window = Window::open();
    let frame = |window: &mut Window| {
        let mut times: Vec<Duration> = (0..30)
            .map(|_| {
                let started = Instant::now();
                window.harness.step();
                started.elapsed()
            })
            .collect();
        times.sort();
        times[times.len() / 2]
    };
    let short = frame(&mut window);
    let before = resident_bytes();
    window.drop_file(&path);
    window.wait("the session", |app| app.session().file().is_some());
    window.settle();
    window.wait_for_stills();
    assert_eq!(window.steps(), 10_000);
    let long = frame(&mut window);
    // All over the history, so that thumbnails of every part are decoded.
    for number in (0..10_000).step_by(97) {
        let wanted = format!("seed({number})");
        let session = window.app().session().document().history();
        let id = session
            .iter()
            .find(|(_, it)| *it.state.expression == *wanted)
            .expect("it is there")
            .0;
        window.harness.state_mut().ask(zscape::app::Action::Session(
            zscape::app::SessionAction::GoTo(id),
        ));
        window.wait_for_stills();
    }
    let jumped = frame(&mut window);
    let grown = resident_bytes()
        .zip(before)
        .map(|(now, before)| now.saturating_sub(before));
    println!(
        "frame {short:?} with one step, {long:?} with 10,000, {jumped:?} after the jumps; {grown:?} bytes more"
    );
    // 33 ms are 30 frames a second, on a machine that compiles other things meanwhile.
    assert!(
        long.max(jumped) < Duration::from_millis(33),
        "{long:?} {jumped:?}"
    );
    assert!(grown.is_none_or(|grown| grown < 200 << 20), "{grown:?}");
    assert!(window.app().session().thumbnails().bytes() <= 32 << 20);
}
