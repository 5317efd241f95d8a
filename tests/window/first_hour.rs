//! What surprised people in their first hour with the program, one test for each kind.

use crate::school::CTRL;
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::fs;
use zscape::app::export::{ContactSource, Kind, Settings};
use zscape::app::tools::compare::{Compare, Mode};
use zscape::app::tools::directions::Directions;
use zscape::app::tools::interpolate::Interpolate;
use zscape::app::{Action, Command, Edit, LearningAction, SessionAction, Tool};
use zscape::document::{Subject, png};
use zscape::engine::ModelSource;
use zscape::latent::expr::{Expr, parse};

#[test]
fn a_scene_shows_what_its_caption_says_whatever_was_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let blink = |settings: &mut <Compare as zscape::app::tools::Listed>::Settings| {
        settings.mode = Mode::Blink;
    };
    window.ask(Action::edit_tool::<Compare>(blink));
    window.settle();
    window.learn(LearningAction::EnterScene("norms".to_owned()));
    window.wait("the scene", |app| app.navigation().scene().is_some());
    window.settle();
    let mode = |window: &Window| window.app().tools().settings().compare.mode;
    assert_eq!(mode(&window), Mode::default());
    window.press(Modifiers::NONE, Key::Escape);
    window.settle();
    assert_eq!(mode(&window), Mode::Blink, "it comes back");
}

#[test]
fn what_was_done_in_a_scene_is_undone_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.learn(LearningAction::EnterScene("norms".to_owned()));
    window.wait("the scene", |app| app.navigation().scene().is_some());
    window.settle();
    let steps = window.app().session().document().history().len();
    let vector = |x: f32| Action::Edit(Edit::Vector(vec![x, 0.5]));
    for x in [1.0, 1.5] {
        window.ask(vector(x));
        window.wait("a resting hand", |app| {
            app.availability(Command::Undo).is_ok()
        });
        window.settle();
    }
    window.press(CTRL, Key::Z);
    assert_ne!(window.expression(), "[1.5, 0.5]");
    while window.app().availability(Command::Undo).is_ok() {
        window.press(CTRL, Key::Z);
    }
    assert_eq!(window.expression(), "[0.5, -0.5]");
    assert!(window.app().navigation().scene().is_some());
    assert_eq!(window.app().session().document().history().len(), steps);
}

#[test]
fn a_new_session_is_empty_in_every_tool() {
    let mut window = Window::open();
    window.ask(Action::edit_tool::<Interpolate>(|settings| {
        settings.insert(0, Expr::Named("digit-3".to_owned()));
    }));
    window.settle();
    window.ask(Action::Run(Command::NewSession));
    window.settle();
    let settings = &window.app().tools().settings().interpolate;
    assert_eq!(**settings, Default::default());
}

#[test]
fn undo_brings_back_the_bookmark_that_was_just_deleted() {
    let mut window = Window::open();
    window.bookmark("liked", "");
    window.next_seed();
    let place = window.expression();
    let delete = SessionAction::DeleteBookmark("liked".to_owned());
    window.ask(Action::Session(delete));
    window.settle();
    let is_there = |window: &Window| {
        let bookmarks = window.app().session().document().bookmarks();
        bookmarks.get("liked").is_some()
    };
    assert!(!is_there(&window));
    window.press(CTRL, Key::Z);
    assert!(is_there(&window));
    assert_eq!(window.expression(), place, "nothing else was taken back");
    window.press(CTRL, Key::Z);
    assert_ne!(window.expression(), place, "the next undo goes on");
}

#[test]
fn the_seed_field_says_what_is_shown_and_reset_leads_back() {
    let mut window = Window::open();
    let seed = |window: &Window| window.find(Role::SpinButton, "Seed").value();
    assert_eq!(seed(&window).as_deref(), Some("42"));
    window.ask(Action::Edit(Edit::Vector(vec![0.25, -1.0])));
    window.settle();
    assert_eq!(seed(&window).as_deref(), Some("was 42"));
    window.ask(Action::Run(Command::ResetAll));
    window.settle();
    assert_eq!(window.expression(), "seed(42)");
    assert!(window.app().availability(Command::ResetAll).is_err());
    window.ask(Action::Run(Command::Play));
    window.harness.run_steps(3);
    let goal = window.app().player().expect("it plays").to_seed();
    assert_eq!(seed(&window), Some(format!("to {goal}")));
}

#[test]
fn a_typed_number_stays_where_a_model_has_learned_something() {
    let mut window = Window::first_start();
    let slider = window.app().tool::<Directions>().to_try();
    let slider = slider.expect("the model has directions");
    let name = &format!("{slider} value");
    window.find(Role::SpinButton, name).click();
    window.harness.run_steps(2);
    window.press(CTRL, Key::A);
    window.harness.get_by_label(name).type_text("99");
    window.harness.run_steps(2);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.app().position().step(&slider), 9.0);
}

#[test]
fn tab_through_numbers_changes_nothing() {
    let mut window = Window::open();
    let before = window.expression();
    window.find(Role::Slider, "z0").focus();
    for _ in 0..8 {
        window.press(Modifiers::NONE, Key::Tab);
    }
    assert_eq!(window.expression(), before);
    assert_eq!(window.app().session().document().history().len(), 1);
}

#[test]
fn the_map_shows_the_picture_of_the_point_and_no_zoom_of_another_tool() {
    let mut window = Window::open();
    window.harness.get_by_label_contains("28×28 shown at");
    window.open_tool("Map");
    window.wait("the map", |app| app.tools().map().plane().is_some());
    window.harness.run_steps(3);
    let map = window.find(Role::Canvas, "Map of the latent plane").rect();
    let inset = window.find(Role::Image, "Picture of the point").rect();
    assert!(
        map.contains_rect(inset) && inset.width() >= 72.0,
        "{inset:?}"
    );
    let zoom = window.harness.query_by_label_contains("28×28 shown at");
    assert!(zoom.is_none());
}

#[test]
fn a_keyframe_that_the_model_cannot_draw_says_so() {
    let mut window = Window::open();
    window.ask(Action::edit_tool::<Interpolate>(|settings| {
        settings.insert(0, Expr::Named("digit-3".to_owned()));
    }));
    window.ask(Action::LoadModel(ModelSource::Catalogue(
        "faces-vae".to_owned(),
    )));
    window.wait("the model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "faces-vae")
    });
    let named = Expr::Named("digit-3".to_owned());
    let fault = window
        .app()
        .workspace()
        .fault_of(&named)
        .expect("it has no such code");
    assert!(fault.contains("digit-3"), "{fault}");
    window.open_tool("Interpolate");
    window.harness.get_by(|node| {
        let description = node.description();
        description.is_some_and(|text| text.contains(&format!("No picture: {fault}")))
    });
}

#[test]
fn the_palette_knows_other_words_and_the_questions() {
    let mut window = Window::open();
    let best = |window: &mut Window, query: &str| {
        window.press(CTRL, Key::K);
        window.find(Role::TextInput, "Search").type_text(query);
        window.harness.run_steps(2);
    };
    for (query, name) in [
        ("gif", "Export…"),
        ("contact sheet", "Export…"),
        ("present", "Picture only"),
        ("help", "Take the tour"),
        ("share", "Save session as…"),
    ] {
        best(&mut window, query);
        window.find(Role::Button, name);
        window.press(Modifiers::NONE, Key::Escape);
    }
    // It has had them read by now, though the panel of questions was never opened.
    window.wait("the questions", |app| app.learning().bank().is_some());
    best(&mut window, "mode collapse");
    let bank = window.app().learning().bank().expect("read");
    let hit = &bank.search("mode collapse", &Default::default())[0];
    let wording = hit.question.question.clone();
    window.find(Role::Button, &wording).click();
    window.settle();
    let (question, _) = window.app().learning().open_question().expect("open");
    assert_eq!(question.question, wording);
}

#[test]
fn a_contact_sheet_of_bookmarks_is_as_wide_as_the_paper() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_named("faces-vae");
    for (seed, name) in [(1, "one"), (2, "two"), (3, "three")] {
        window.ask(Action::Edit(Edit::Seed(seed)));
        window.settle();
        window.bookmark(name, "");
    }
    let mut settings = Settings {
        kind: Kind::Contact,
        ..Settings::default()
    };
    settings.contact.source = ContactSource::Bookmarks;
    settings.contact.columns = 2;
    settings.contact.gap = 10;
    settings.contact.width_cm = 10.0;
    settings.contact.dpi = 300;
    window.ask(Action::SetExport(settings));
    window.ask(Action::Run(Command::Export));
    window.settle();
    window.click("Fit the width of the print");
    // 10 cm at 300 dpi are 1181 dots: twice 9 × 64 and a gap.
    let width = 2 * 9 * 64 + 10;
    let height = width;
    window
        .harness
        .get_by_label_contains(&format!("{width}×{height} pixels"));
    let path = folder.path().join("sheet.png");
    window.ask(Action::Export(path.clone()));
    window.wait("the file", |app| {
        app.notices()
            .all()
            .iter()
            .any(|it| it.text.starts_with("Saved "))
    });
    let bytes = fs::read(&path).expect("it was written");
    let recipe = png::read_recipe(&bytes).expect("it carries its recipe");
    assert_eq!(recipe.size, [width, height]);
    assert_eq!(recipe.dpi, Some(300));
    let Subject::Sheet {
        expressions,
        columns,
        background,
        ..
    } = &recipe.subject
    else {
        panic!("it is a sheet");
    };
    assert_eq!(expressions, &["@one", "@two", "@three"]);
    assert_eq!((*columns, *background), (2, [255; 3]));
    // 300 dots an inch are 11811 a metre.
    let per_metre = 11_811_u32.to_be_bytes();
    let physical = [b"pHYs", &per_metre[..], &per_metre[..], &[1]].concat();
    assert!(bytes.windows(physical.len()).any(|part| part == physical));
}

#[test]
fn questions_that_were_added_are_there_at_the_next_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let window = Window::open_school(folder.path());
    assert!(
        window.app().learning().added().is_empty(),
        "that of the command line is not one"
    );
    let mut window = Window::open();
    let path = folder.path().join("questions");
    window.learn(LearningAction::AddQuestions(path.clone()));
    window.wait("the questions", |app| {
        app.learning()
            .bank()
            .is_some_and(|bank| bank.get("norms").is_some())
    });
    assert_eq!(window.app().learning().added(), [path]);
}

#[test]
fn the_words_on_bringing_panels_back_go_with_them() {
    let mut window = Window::open();
    window.press(Modifiers::NONE, Key::F10);
    assert_eq!(window.app().notices().visible().count(), 1);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().notices().visible().count(), 0);
}

#[test]
fn named_codes_of_another_kind_of_model_are_not_offered() {
    let mut window = Window::open();
    window.bookmark("mine", "");
    window.ask(Action::LoadModel(ModelSource::Catalogue(
        "faces-vae".to_owned(),
    )));
    window.wait("the model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "faces-vae")
    });
    window.ask(Action::Run(Tool::Arithmetic.command()));
    window.settle();
    assert!(window.harness.query_by_label("@mine").is_none());
    let expression = parse("@mine").expect("sound");
    assert!(window.app().workspace().fault_of(&expression).is_some());
}
