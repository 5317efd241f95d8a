//! The tour of the first start, what explains panels, the page of shortcuts, and the keyboard's way
//! through the window.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, Rect, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::learning::Page;
use zscape::app::tools::directions::Directions;
use zscape::app::{Action, Command, LearningAction, Overlay, Tool, TourStep};
use zscape::learn::Bank;
use zscape::ui::WindowOptions;

const F6: (Modifiers, Key) = (Modifiers::NONE, Key::F6);

impl Window {
    fn begin_tour(&mut self) {
        self.ask(Action::Run(Command::TakeTour));
        self.harness.run_steps(3);
        self.settle();
    }

    /// The name of the control that has the keyboard.
    fn focused(&self) -> Option<String> {
        let nodes = self.harness.query_all_by(|node| node.is_focused());
        let mut labels = nodes.filter_map(|node| node.accesskit_node().label());
        labels.next()
    }

    #[track_caller]
    fn is_at(&self, step: TourStep) {
        assert_eq!(self.app().tour().step(), Some(step));
    }

    /// The bubble, which is on the window, beside the control at `control`.
    #[track_caller]
    fn bubble_is_beside(&self, control: Rect) {
        let step = self.app().tour().step().expect("a tour is under way");
        let name = format!("Tour, step {} of 5", step.number());
        let status = self.harness.get_all_by_role(Role::Status);
        let is_bubble = |label: Option<String>| label.is_some_and(|it| it.starts_with(&name));
        let bubbles: Vec<Rect> = status
            .filter(|node| is_bubble(node.accesskit_node().label()))
            .map(|node| node.rect())
            .collect();
        assert_eq!(bubbles.len(), 1, "{name}");
        let window = self.harness.ctx.content_rect();
        assert!(
            window.expand(0.5).contains_rect(bubbles[0]),
            "{step:?}: {:?} in {window:?}",
            bubbles[0]
        );
        let shared = bubbles[0].intersect(control.shrink(1.0));
        assert!(
            !shared.is_positive(),
            "{step:?}: {:?} over {control:?}",
            bubbles[0]
        );
        assert!(window.intersects(control), "{step:?}: {control:?}");
    }
}

/// The slider that a newcomer is told to move.
fn to_try(window: &Window) -> String {
    let directions = window.app().tool::<Directions>();
    directions.to_try().expect("the model has directions")
}

#[test]
fn each_step_is_done_by_doing_it() {
    let mut window = Window::first_start();
    assert_eq!(
        window.app().tour().step(),
        None,
        "nothing remembers it here"
    );
    window.begin_tour();
    window.is_at(TourStep::Drag);
    let picture = window.find(Role::Image, "Picture").rect();
    window.bubble_is_beside(picture);

    // Another control does not do it.
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.is_at(TourStep::Drag);
    let from = picture.center();
    window.harness.drag_at(from);
    window.harness.run_steps(2);
    window.harness.hover_at(from + vec2(60.0, 30.0));
    window.harness.run_steps(2);
    window.is_at(TourStep::Drag);
    window.harness.drop_at(from + vec2(60.0, 30.0));
    window.settle();

    window.is_at(TourStep::Slider);
    let name = to_try(&window);
    let slider = window.find(Role::Slider, &name).rect();
    window.bubble_is_beside(slider);
    let words = format!("Move the slider “{name}”");
    window.harness.get_by_label(&words);
    window.find(Role::Slider, &name).increment_accesskit();
    window.settle();

    window.is_at(TourStep::Seed);
    let next = window.find(Role::Button, "Next seed").rect();
    window.bubble_is_beside(next);
    window.click("Next seed");

    window.is_at(TourStep::Keep);
    let keep = window.find(Role::Button, "Bookmark this…").rect();
    window.bubble_is_beside(keep);
    window.bookmark("liked", "");
    window.settle();

    window.is_at(TourStep::Question);
    let questions = window.find(Role::Button, "Show questions").rect();
    window.bubble_is_beside(questions);
    window.click("Show questions");
    window.wait("the questions", |app| app.learning().bank().is_some());
    window.settle();
    window.is_at(TourStep::Question);
    let bank = std::sync::Arc::clone(window.app().learning().bank().expect("read"));
    let in_list = |window: &Window| {
        let buttons = window.harness.get_all_by_role(Role::Button);
        let wordings: Vec<&str> = bank.questions().iter().map(|it| &*it.question).collect();
        let labels = buttons.filter_map(|node| node.accesskit_node().label());
        let first = labels
            .into_iter()
            .find(|it| wordings.contains(&it.as_str()));
        first.expect("the list has questions")
    };
    let first = in_list(&window);
    let row = window.find(Role::Button, &first).rect();
    window.bubble_is_beside(row);
    window.click(&first);
    assert_eq!(window.app().tour().step(), None);
    assert_eq!(window.app().learning().page(), Page::Question);
    assert!(
        window
            .messages()
            .iter()
            .any(|it| it.contains("That was the tour"))
    );
    assert!(window.app().view().has_seen_tour);
}

#[test]
fn it_can_be_left_at_any_step_and_by_the_keyboard_alone() {
    let mut window = Window::first_start();
    window.begin_tour();
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().tour().step(), None);
    window
        .harness
        .get_by_label_contains(&format!("Move the slider “{}”, drag", to_try(&window)));

    window.begin_tour();
    window.click("Skip the tour");
    assert_eq!(window.app().tour().step(), None);

    window.begin_tour();
    for step in TourStep::ALL {
        window.is_at(step);
        // The bubble is the first part that F6 comes to.
        window.press(F6.0, F6.1);
        window.harness.run_steps(2);
        assert_eq!(window.focused().as_deref(), Some("Next step of the tour"));
        window.press(Modifiers::NONE, Key::Enter);
    }
    assert_eq!(window.app().tour().step(), None);
}

#[test]
fn the_arrow_keys_drag_the_picture_that_has_the_keyboard() {
    let mut window = Window::first_start();
    window.begin_tour();
    let before = window.picture();
    window.find(Role::Image, "Picture").focus();
    window.harness.run_steps(2);
    for _ in 0..5 {
        window.press(Modifiers::NONE, Key::ArrowRight);
    }
    assert_eq!(window.app().position().seed(), Some(42), "no other seed");
    assert_ne!(window.expression(), "seed(42)");
    assert_ne!(window.picture(), before);
    window.settle();
    window.is_at(TourStep::Slider);
}

#[test]
fn what_a_step_is_about_comes_back_on_the_window() {
    let mut window = Window::first_start();
    window.begin_tour();
    window.open_tool("Map");
    window
        .harness
        .get_by_label_contains("is not on the window now");
    window.click("Show what the step is about");
    assert_eq!(window.app().tools().open(), Tool::Explore);
    let picture = window.find(Role::Image, "Picture").rect();
    window.bubble_is_beside(picture);
    // An overlay comes first, and Esc leaves that alone.
    window.press(Modifiers::NONE, Key::F1);
    assert!(window.harness.query_by_label("Skip the tour").is_none());
    window.press(Modifiers::NONE, Key::Escape);
    window.is_at(TourStep::Drag);
}

#[test]
fn the_bubble_covers_no_control_on_small_screens_with_large_text() {
    let mut window = Window::first_start();
    window.harness.set_size(vec2(1024.0, 640.0));
    window.settle();
    loop {
        window.begin_tour();
        for step in TourStep::ALL {
            window.is_at(step);
            window.harness.run_steps(4);
            let control = match step {
                TourStep::Drag => window.find(Role::Image, "Picture").rect(),
                TourStep::Slider => window.find(Role::Slider, &to_try(&window)).rect(),
                TourStep::Seed => window.find(Role::Button, "Next seed").rect(),
                TourStep::Keep => window.find(Role::Button, "Bookmark this…").rect(),
                TourStep::Question => window.find(Role::Button, "Show questions").rect(),
            };
            window.bubble_is_beside(control);
            window.click("Next step of the tour");
        }
        if window.app().availability(Command::LargerText).is_err() {
            break;
        }
        window.ask(Action::Run(Command::LargerText));
        window.settle();
    }
}

#[test]
fn every_panel_has_a_question_that_explains_it() {
    let bank = Bank::built_in();
    let ids = Tool::ALL.iter().map(|tool| tool.info().explained_by);
    for id in ids.chain(zscape::ui::EXPLAINED_PANELS) {
        assert!(bank.get(id).is_some(), "{id}");
    }

    let mut window = Window::open_named("faces-stylegan");
    for tool in Tool::ALL {
        window.ask(Action::Run(tool.command()));
        window.settle();
        window.find(Role::Button, &format!("What is this? {}", tool.info().name));
    }
    window.open_tool("Variations");
    let (before, history) = {
        let app = window.app();
        (
            window.expression(),
            app.session().document().history().len(),
        )
    };
    window.click("What is this? Variations");
    window.wait("the question", |app| {
        app.learning().open_question().is_some()
    });
    window.settle();
    let app = window.app();
    let (question, _) = app.learning().open_question().expect("open");
    assert_eq!(question.id, Tool::Variations.info().explained_by);
    assert!(app.view().learning && app.navigation().scene().is_none());
    assert_eq!(app.tools().open(), Tool::Variations);
    assert_eq!(window.expression(), before);
    assert_eq!(app.session().document().history().len(), history);
}

#[test]
fn an_explanation_leaves_a_half_done_question_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read("How long is a code of this test?");
    window.learn(LearningAction::GoToTask(1));
    window.type_into("Your prediction", "4.5");
    window.write_into("Your answer", "It is a length");
    window.click("What is this? Explore");
    window.wait("the explanation", |app| {
        app.learning()
            .open_question()
            .is_some_and(|(question, _)| question.id != "norms")
    });
    window.settle();
    window.press(Modifiers::NONE, Key::PageUp);
    window.settle();
    let (question, open) = window.app().learning().open_question().expect("open");
    assert_eq!((question.id.as_str(), open.task), ("norms", 1));
    let value = |name: &str| window.find(Role::TextInput, name).value();
    assert_eq!(value("Your prediction").as_deref(), Some("4.5"));
    assert_eq!(
        window
            .find(Role::MultilineTextInput, "Your answer")
            .value()
            .as_deref(),
        Some("It is a length")
    );
}

#[test]
fn the_page_of_shortcuts_is_searched() {
    let mut window = Window::open();
    window.press(Modifiers::NONE, Key::F1);
    assert_eq!(window.app().overlay(), Overlay::Shortcuts);
    window.find(Role::Label, "Undo");
    window
        .find(Role::TextInput, "Search shortcuts")
        .type_text("zoom");
    window.harness.run_steps(2);
    window.harness.get_by_label("Zoom the picture");
    let undo = window.harness.query_by_role_and_label(Role::Label, "Undo");
    assert!(undo.is_none());
    // One Esc, though the field has the keyboard.
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.app().overlay(), Overlay::None);
    window.press(Modifiers::NONE, Key::F1);
    window.find(Role::Label, "Undo");
}

#[test]
fn f6_goes_round_the_parts_of_the_window() {
    let mut window = Window::open_options(WindowOptions { ..options() });
    let expected = ["File", "Explore", "What is this? Explore"];
    for name in expected {
        window.press(F6.0, F6.1);
        window.harness.run_steps(2);
        assert_eq!(window.focused().as_deref(), Some(name));
    }
    window.press(Modifiers::SHIFT, Key::F6);
    window.harness.run_steps(2);
    assert_eq!(window.focused().as_deref(), Some("Explore"));
}

#[test]
fn what_tab_reaches_is_scrolled_into_sight() {
    let mut window = Window::open_named("faces-stylegan");
    window.harness.set_size(vec2(1024.0, 640.0));
    window.settle();
    window.find(Role::Slider, "Truncation psi").focus();
    window.harness.run_steps(30);
    let slider = window.find(Role::Slider, "Truncation psi").rect();
    let window = window.harness.ctx.content_rect();
    assert!(slider.bottom() < window.bottom() - 28.0, "{slider:?}");
}
