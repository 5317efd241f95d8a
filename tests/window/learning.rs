//! Questions in the window: the panel, scenes and the way back, every kind of task, progress.

use crate::school::{CTRL, SECOND};
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{FontId, Key, Modifiers};
use egui_kittest::kittest::NodeT as _;
use std::path::Path;
use std::sync::Arc;
use zscape::app::learning::{name_of, why_no_scene};
use zscape::app::tools::sample::Mode;
use zscape::app::tools::variations::STEP;
use zscape::app::{
    Action, AppState, Axis, Command, Edit, LearningAction, LearningFile, SessionAction, Tool,
};
use zscape::document::NodeId;
use zscape::engine::ModelSource;
use zscape::files::save::save;
use zscape::latent::expr::parse;
use zscape::latent::{NoiseMode, Sampler, Space};
use zscape::learn::progress::QuestionStatus;
use zscape::learn::{Operations, ToolName};

/// Everything of the state that a scene may touch.
fn state(app: &AppState) -> (String, String, Tool, String, usize, Option<NodeId>, u32) {
    let history = app.session().document().history();
    (
        format!("{:?}", app.model().map(|model| &model.id)),
        format!("{:?}", app.position().composition()),
        app.tools().open(),
        format!("{:?}", app.tools().settings()),
        history.len(),
        history.current(),
        app.position().last_seed(),
    )
}

#[test]
fn questions_are_listed_searched_and_ordered_as_a_path() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    // What fits stands first, and another tool brings others.
    let built_in = window.app().learning().bank().expect("read").questions();
    assert!(built_in.len() > 50, "{}", built_in.len());
    window.push(Role::Tab, "Map");
    let operations = Operations::of(window.app().position().expression());
    let bank = Arc::clone(window.app().learning().bank().expect("read"));
    let fitting = bank.fitting(ToolName::Map, "digits-vae2", &operations);
    window.find(Role::Button, &fitting[0].question);
    window.read("Which picture of this test is which?");
    assert!(window.shows("Expert · school"));
    window.push_button("Back");
    window.type_into("Search questions", "zzzz");
    assert!(window.shows("No matches"));

    window.push_button("Study path");
    assert!(window.shows("Week 1: "));
    window.push_button("Go on in week 1");
    let (question, _) = window.app().learning().open_question().expect("one");
    let first = window.app().learning().path().ids().next();
    assert_eq!(Some(question.id.as_str()), first);
    window.push_button("Due for review");
    assert!(window.shows("Nothing is due"));

    // Escape and the command close nothing by accident.
    window.press(CTRL, Key::G);
    assert!(!window.app().view().learning);
}

#[test]
fn the_panel_keeps_its_width_on_every_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let mut widths = Vec::new();
    for page in [
        "Study path",
        "All questions",
        "Progress",
        "Interview",
        "Fits here",
    ] {
        window.push_button(page);
        window.harness.run_steps(20);
        let picture_ends = window.find(Role::TextInput, "Expression").rect().right();
        widths.push((page, picture_ends));
    }
    window.read("Which picture of this test is which?");
    window.harness.run_steps(20);
    let picture_ends = window.find(Role::TextInput, "Expression").rect().right();
    widths.push(("a question", picture_ends));
    for (page, ends) in &widths {
        assert_eq!(*ends, widths[0].1, "{page} widens the panel: {widths:?}");
    }
}

#[test]
fn every_scene_opens_as_it_is_written_and_leaves_no_trace() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let before = state(window.app());
    let bank = Arc::clone(window.app().learning().bank().expect("read"));
    let mut count = 0;
    for question in bank.questions() {
        let Some(scene) = &question.scene else {
            continue;
        };
        if why_no_scene(question).is_some() {
            continue;
        }
        count += 1;
        window.learn(LearningAction::EnterScene(question.id.clone()));
        window.wait("the scene's model", |app| {
            let name = app.model().map(|model| model.id.name.as_str());
            name == Some(scene.model.as_str()) && app.models().loading().is_none()
        });
        let open = window.app().navigation().scene();
        let open = open.unwrap_or_else(|| panic!("{} does not open", question.id));
        assert!(open.is_of(&question.id));
        assert_eq!(
            name_of(window.app().tools().open()),
            scene.tool,
            "{}",
            question.id
        );
        // What is redrawn opens where the mask is painted.
        if scene.tool == ToolName::Sample {
            let is_redrawn = window.app().position().edited().is_some();
            let mode = window.app().tools().settings().sample.mode;
            assert_eq!(mode == Mode::Edit, is_redrawn, "{}", question.id);
        }
        window.learn(LearningAction::LeaveScene);
        window.wait("the way back", |app| {
            app.navigation().scene().is_none() && app.models().loading().is_none()
        });
        assert_eq!(state(window.app()), before, "{}", question.id);
    }
    assert!(count >= 90, "{count} scenes");
}

#[test]
fn every_sign_of_the_questions_has_a_glyph() {
    let folder = tempfile::tempdir().expect("a folder");
    let window = Window::open_school(folder.path());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/questions");
    let mut missing = Vec::new();
    for question in window.app().learning().bank().expect("read").questions() {
        if !question.is_built_in {
            continue;
        }
        let path = root
            .join(&question.topic)
            .join(format!("{}.md", question.id));
        let text = std::fs::read_to_string(&path).expect("a built-in file");
        for sign in text.chars().filter(|sign| !sign.is_control()) {
            for font in [FontId::proportional(14.0), FontId::monospace(14.0)] {
                let ctx = &window.harness.ctx;
                if !ctx.fonts_mut(|fonts| fonts.has_glyph(&font, sign)) {
                    missing.push((sign, question.id.clone()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_answer_waits_for_a_prediction() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read("How long is a code of this test?");
    assert!(!window.shows("Deeper"), "the answer is hidden");
    let compare = window.find(Role::Button, "Compare with the answer");
    assert!(compare.accesskit_node().is_disabled());
    window.write_into("Your answer", "as long as a norm");
    window.push_button("Compare with the answer");
    assert!(window.shows("as long as a norm"));
    assert!(window.shows("are lengths."));
    window.find(Role::Link, "a picture");
    // Links lead to other questions and back.
    window.push(Role::Link, "link");
    let (question, open) = window.app().learning().open_question().expect("one");
    assert_eq!(question.id, "pictures");
    assert!(!open.is_revealed);
    window.push_button("Back");
    let (question, open) = window.app().learning().open_question().expect("one");
    assert_eq!(question.id, "norms");
    assert!(open.is_revealed, "it is as it was left");

    // A rating says when it comes again, and another one takes its place.
    let memory = |window: &Window| {
        *window
            .app()
            .learning()
            .progress()
            .memory("norms")
            .expect("one")
    };
    window.push_button("Easy");
    assert!(window.shows("Next due on 20"));
    let easy = memory(&window);
    window.push_button("Again");
    let again = memory(&window);
    assert!(again.due < easy.due, "{again:?}");
    assert_eq!(
        (again.reviews, again.lapses),
        (1, 0),
        "as if it was the first"
    );
    window.push_button("Easy");
    assert_eq!(memory(&window).stability, easy.stability);
    // One of before the question was opened stays.
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let mut next = Window::open_school(folder.path());
    next.wait("the progress", |app| !app.learning().progress().is_empty());
    assert_eq!(memory(&next).reviews, 1);
}

#[test]
fn a_scene_opens_and_leaving_puts_everything_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let other = ModelSource::Catalogue("digits-gan".to_owned());
    window.harness.state_mut().ask(Action::LoadModel(other));
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-gan")
    });
    window.settle();
    window.harness.state_mut().ask(Action::Edit(Edit::Seed(9)));
    window.wait("two steps", |app| {
        app.session().document().history().len() == 3
    });
    window.settle();
    let own_picture = window.picture();
    let before = state(window.app());

    window.read("How long is a code of this test?");
    window.push_button("Open the scene");
    window.wait("the scene's model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
    window.settle();
    assert_eq!(window.expression(), "[0.5, -0.5]");
    let noise = window.app().position().sampler().noise;
    assert_eq!(noise, NoiseMode::Random { seed: 3 });
    assert_eq!(window.app().tools().open(), Tool::Map);
    assert!(window.shows("A map to walk on.") && window.shows("Shows one plane only."));
    // Nothing in a scene is a step, and what is locked stays.
    window.harness.state_mut().ask(Action::Edit(Edit::Psi(0.5)));
    window.settle();
    let moved = window.expression();
    assert_ne!(moved, "[0.5, -0.5]");
    window.harness.state_mut().ask(Action::Edit(Edit::Seed(77)));
    window.settle();
    assert_eq!(window.expression(), moved);
    assert!(window.app().availability(Command::RandomSeed).is_err());
    let other = Edit::Sampler(Sampler::default());
    window.harness.state_mut().ask(Action::Edit(other));
    window.settle();
    assert_eq!(window.app().position().sampler().noise, noise);
    // What was done in it is taken back in it.
    window.press(CTRL, Key::Z);
    assert_eq!(window.expression(), "[0.5, -0.5]");
    assert!(window.app().availability(Command::Undo).is_err());
    window.press(CTRL.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.expression(), moved);
    std::thread::sleep(std::time::Duration::from_millis(400));
    window.harness.run_steps(60);
    assert_eq!(window.app().session().document().history().len(), 3);
    // The tool is that of the scene; the picture of Explore shows that it is not blank.
    window.push(Role::Tab, "Explore");
    let pixels = window.picture();
    assert!(pixels.0.iter().any(|pixel| *pixel != pixels.0[0]));

    window.press(Modifiers::NONE, Key::Escape);
    window.wait("the way back", |app| {
        app.navigation().scene().is_none() && app.models().loading().is_none()
    });
    window.settle();
    assert_eq!(state(window.app()), before);
    assert_eq!(window.picture(), own_picture);
    window.press(CTRL, Key::Z);
    assert_eq!(window.app().session().document().history().len(), 3);
    assert_ne!(window.expression(), "seed(9)");
    window.press(CTRL.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(window.expression(), "seed(9)");
}

#[test]
fn a_bookmark_that_is_renamed_in_a_scene_is_renamed_below_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.bookmark("me", "");
    window.apply_expression("@me");
    window.read("How long is a code of this test?");
    window.push_button("Open the scene");
    window.wait("the scene", |app| {
        app.position().expression().to_string() == "[0.5, -0.5]"
    });
    window.ask(Action::Session(SessionAction::RenameBookmark {
        from: "me".to_owned(),
        to: "you".to_owned(),
    }));
    window.settle();
    window.press(Modifiers::NONE, Key::Escape);
    window.settle();
    assert!(window.app().navigation().scene().is_none());
    assert_eq!(window.expression(), "@you");
    assert!(window.app().workspace().read("@you").is_ok());
}

#[test]
fn random_states_survive_a_scene() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.learn(LearningAction::Read("norms".to_owned()));
    // A linear congruential generator (Numerical Recipes): the same states at every run.
    let mut state_of_dice = 2026_u32;
    let mut die = |sides: u32| {
        state_of_dice = state_of_dice
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        (state_of_dice >> 16) % sides
    };
    for round in 0..12 {
        for _ in 0..=die(4) {
            let action = match die(6) {
                0 => Action::Edit(Edit::Seed(die(1000))),
                1 => Action::Edit(Edit::Psi(die(15) as f32 / 10.0)),
                2 => Action::Edit(Edit::Axis {
                    axis: Axis {
                        space: Space::Z,
                        index: die(2) as usize,
                    },
                    step: die(5) as f32 - 2.0,
                }),
                3 => Action::Run(Tool::ALL[die(10) as usize].command()),
                4 => Action::Set(STEP.into(), die(9) as f32 / 10.0 + 0.1),
                _ => Action::Run(Command::Undo),
            };
            window.harness.state_mut().ask(action);
            window.settle();
        }
        if die(3) == 0 {
            let name = ["digits-vae2", "digits-ae2"][die(2) as usize].to_owned();
            let source = ModelSource::Catalogue(name);
            window.harness.state_mut().ask(Action::LoadModel(source));
            window.wait("the model", |app| app.models().loading().is_none());
        }
        window.wait("a resting hand", |app| {
            app.availability(Command::Undo).is_ok()
                || !app.session().document().history().is_empty()
        });
        std::thread::sleep(std::time::Duration::from_millis(300));
        window.harness.run_steps(40);
        window.settle();
        let before = state(window.app());
        window.learn(LearningAction::EnterScene("norms".to_owned()));
        window.wait("the scene", |app| {
            app.navigation().scene().is_some() && app.models().loading().is_none()
        });
        window
            .harness
            .state_mut()
            .ask(Action::Edit(Edit::Vector(vec![1.0, 0.5])));
        window
            .harness
            .state_mut()
            .ask(Action::Run(Command::Open(Tool::Variations)));
        window.ask(Action::Set(STEP.into(), 2.0));
        window.settle();
        assert_eq!(window.expression(), "[1, 0.5]");
        window.learn(LearningAction::LeaveScene);
        window.wait("the way back", |app| app.models().loading().is_none());
        window.settle();
        assert_eq!(state(window.app()), before, "round {round}");
    }
}

#[test]
fn every_kind_of_task_can_be_passed_and_failed() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read("How long is a code of this test?");

    // Choose: a wrong answer shows a counter-example that can be put on the window.
    let check = window.find(Role::Button, "Check now");
    assert!(check.accesskit_node().is_disabled());
    window.push(Role::RadioButton, "The half one");
    let (passed, reason) = window.check();
    assert!(!passed && reason.contains("Half is shorter."), "{reason}");
    window.push_button("Show it");
    window.settle();
    assert_eq!(window.expression(), "[0.1, 0.1]");
    window.push_button("Leave the scene");
    assert_eq!(window.expression(), "seed(42)");
    window.push_button("Try again");
    window.push(Role::RadioButton, "The double one");
    assert!(window.check().0);

    window.push_button("Next task");
    window.type_into("Your prediction", "4,2");
    let (passed, reason) = window.check();
    assert!(!passed && reason.contains("Pythagoras."), "{reason}");
    window.push_button("Try again");
    window.type_into("Your prediction", "5.05");
    assert!(window.check().0);

    window.push_button("Next task");
    window.push(Role::RadioButton, "Left is larger");
    assert!(!window.check().0);
    window.push_button("Try again");
    window.push(Role::RadioButton, "Right is larger");
    assert!(window.check().0);

    window.push_button("Next task");
    let check = window.find(Role::Button, "Check now");
    assert!(check.accesskit_node().is_disabled(), "no scene is open");
    window.push_button("Go to the start");
    assert_eq!(window.expression(), "[2, 2]");
    assert!(!window.check().0, "it starts where the goal does not hold");
    window.push_button("Show a solution");
    assert_eq!(window.expression(), "[0.1, 0]");
    window.push_button("Try again");
    let here = Edit::Expression(parse("[0.2, -0.1]").expect("an expression"));
    window.harness.state_mut().ask(Action::Edit(here));
    window.settle();
    assert!(window.check().0);
    window.push_button("Leave the scene");

    window.read("Which picture of this test is which?");
    window.wait("both pictures", |app| app.pictures().is_settled());
    window.push(Role::RadioButton, "Left picture");
    assert!(!window.check().0);
    window.push_button("Try again");
    window.push(Role::RadioButton, "Right picture");
    assert!(window.check().0);

    // Ascending is 0.1, 1, 2.
    window.push_button("Next task");
    order(&mut window, ["[2, 0]", "[0.1, 0]", "[1, 0]"]);
    assert!(!window.check().0);
    window.push_button("Try again");
    order(&mut window, ["[0.1, 0]", "[1, 0]", "[2, 0]"]);
    assert!(window.check().0);

    window.push_button("Next task");
    window.write_into("Your explanation", "something");
    window.push_button("Compare with the points");
    window.push(Role::CheckBox, "The first point.");
    assert!(!window.check().0);
    window.push_button("Try again");
    window.write_into("Your explanation", "everything");
    window.push_button("Compare with the points");
    for point in ["The first point.", "The second point.", "The third point."] {
        window.push(Role::CheckBox, point);
    }
    assert!(window.check().0);

    window.push_button("Good");

    // All of it is in the progress, and still is after a restart.
    let learning = window.app().learning();
    assert_eq!(learning.progress().attempts().len(), 14);
    let bank = learning.bank().expect("read");
    for id in ["norms", "pictures"] {
        let question = bank.get(id).expect("it is there");
        assert_eq!(
            learning.progress().status(question),
            QuestionStatus::Done,
            "{id}"
        );
    }
    window.push_button("Progress");
    assert!(window.shows("100 %, "));
    assert!(window.shows("14 answers"));
    let page = folder.path().join("progress.md");
    let file = LearningFile::ProgressMarkdown;
    window.learn(LearningAction::Export(file, page.clone()));
    window.wait("the export", |_| page.exists());
    let before = window.app().learning().progress().clone();
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let mut next = Window::open_school(folder.path());
    next.wait("the progress", |app| !app.learning().progress().is_empty());
    assert_eq!(*next.app().learning().progress(), before);
}

#[test]
fn somebody_who_comes_back_goes_on_with_what_was_begun() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    assert!(
        window.app().learning().welcome().is_none(),
        "nothing was begun"
    );
    window.read("How long is a code of this test?");
    window.push(Role::RadioButton, "The double one");
    assert!(window.check().0);
    eframe::App::on_exit(window.harness.state_mut());
    drop(window);
    let mut next = Window::open_school(folder.path());
    next.wait("the progress", |app| !app.learning().progress().is_empty());
    next.harness.run_steps(2);
    assert!(next.shows("Welcome back: 1 question begun, 0 due"));
    next.push_button("Go on with the questions");
    let (question, _) = next.app().learning().open_question().expect("one is read");
    assert_eq!(question.id, "norms");
}

/// Moves things until they stand in this order.
fn order(window: &mut Window, wanted: [&str; 3]) {
    for (place, item) in wanted.into_iter().enumerate() {
        for _ in 0..3 {
            let top = |name: &str| window.find(Role::Button, name).rect().top();
            let mut above: Vec<&str> = wanted.to_vec();
            let up = |name: &str| format!("Move {name} up");
            above.sort_by(|a, b| top(&up(a)).total_cmp(&top(&up(b))));
            if above.iter().position(|known| *known == item) == Some(place) {
                break;
            }
            let up = up(item);
            window.push_button(&up);
        }
    }
}

#[test]
fn a_timed_set_ends_with_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let options = zscape::learn::interview::Options {
        topics: vec!["school".to_owned()],
        size: 1,
        levels: vec![zscape::learn::Level::Beginner],
        ..Default::default()
    };
    window.learn(LearningAction::BeginInterview(options));
    assert!(window.shows("0 of 4 tasks"));
    window.push(Role::RadioButton, "The double one");
    window.push_button("Check now");
    window.verdict();
    assert!(!window.shows("Twice as long."), "the report tells");
    // Another question in between does not count.
    window.read("Which picture of this test is which?");
    window.push_button("Interview");
    window.type_into("Your prediction", "1");
    window.push_button("Check now");
    window.verdict();
    window.push_button("End and report");
    assert!(window.app().learning().interview().is_none());
    let report = window
        .app()
        .learning()
        .report()
        .expect("a report")
        .to_owned();
    assert!(
        report.contains("How long is a code of this test?"),
        "{report}"
    );
    assert!(report.contains("no answer"), "{report}");
    let attempts = window.app().learning().progress().attempts();
    assert_eq!(attempts.len(), 2);
    assert!(attempts.iter().all(|attempt| attempt.timed));
    let path = folder.path().join("report.md");
    window.learn(LearningAction::Export(
        LearningFile::InterviewReport,
        path.clone(),
    ));
    window.wait("the file", |_| path.exists());
    let written = std::fs::read_to_string(path).expect("it can be read");
    assert_eq!(written, &*report);
}

#[test]
fn dropped_questions_are_added_and_faults_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("pictures.md");
    let text = SECOND.replace("\"norms\", ", "\"what-is-a-vae\", ");
    save(&good, text.as_bytes()).expect("a file");
    let bad = folder.path().join("broken.md");
    save(&bad, b"+++\nid = \"broken\"\nlevel = \"none\"\n+++\nText\n").expect("a file");
    let mut window = Window::open_named("digits-vae2");
    window.drop_file(&bad);
    window.wait("the faults", |app| {
        app.learning()
            .bank()
            .is_some_and(|bank| !bank.faults().is_empty())
    });
    window.settle();
    let faults = window.app().learning().bank().expect("read").faults();
    let fault = faults[0].to_string();
    assert!(fault.contains("broken.md"), "{fault}");
    assert!(window.shows("faults in question files") || window.shows("1 fault"));
    assert!(window.shows("broken.md"));
    window.drop_file(&good);
    window.wait("the question", |app| {
        app.learning()
            .bank()
            .is_some_and(|bank| bank.get("pictures").is_some())
    });
}
