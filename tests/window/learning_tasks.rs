//! What the window shows while a task is worked on: live numbers, marks, and the way on.

use crate::school::CTRL;
use crate::support::Window;
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use zscape::app::{Action, Edit};
use zscape::learn::progress::QuestionStatus;

const NUMBERS: &str = "Which numbers does this test watch?";
const NORMS: &str = "How long is a code of this test?";

impl Window {
    /// Steps until something is called so.
    #[track_caller]
    fn wait_to_show(&mut self, text: &str) {
        self.wait_until(text, |window| window.shows(text));
    }

    #[track_caller]
    fn go_to(&mut self, code: [f32; 2]) {
        self.ask(Action::Edit(Edit::Vector(code.to_vec())));
        self.settle();
    }

    /// Opens the scene of the open question.
    #[track_caller]
    fn open_scene(&mut self) {
        self.push_button("Open the scene");
        self.wait("the scene", |app| {
            app.navigation().scene().is_some() && app.models().loading().is_none()
        });
        self.settle();
    }
}

#[test]
fn what_a_scene_watches_follows_the_picture() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    assert!(window.shows("As of November 2026"));
    window.open_scene();
    window.wait_to_show("Norm: 0.500");
    window.wait_to_show("Distance to [0.3, 1.4]: 1");
    assert!(window.shows("Judge sees: "));
    window.go_to([3.0, 4.0]);
    window.wait_to_show("Norm: 5");
    // The numbers stand under the picture.
    let number = window.find(Role::Status, "Norm: 5").rect();
    let picture = window.find(Role::Image, "Picture").rect();
    assert!(
        number.top() >= picture.bottom(),
        "{number:?} in {picture:?}"
    );
    window.push_button("Leave the scene");
    assert!(!window.shows("Norm: "));
}

#[test]
fn a_scene_in_a_narrow_window_leaves_the_picture_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    window.open_scene();
    window.wait_to_show("Norm: 0.500");
    for size in [[1024.0, 640.0], [1280.0, 800.0]] {
        window.harness.set_size(size.into());
        window.settle();
        let picture = window.find(Role::Image, "Picture").rect();
        assert!(
            picture.width().min(picture.height()) > 90.0,
            "{picture:?} in {size:?}"
        );
        // No number runs under the questions, which are at least this wide.
        for name in ["Norm: ", "Judge sees: ", "Distance to "] {
            let numbers = window.harness.query_all_by_label_contains(name);
            let right = numbers.map(|it| it.rect().right()).fold(0.0, f32::max);
            assert!(
                right > 0.0 && right < size[0] - 280.0,
                "{name} ends at {right} in {size:?}"
            );
        }
    }
}

#[test]
fn numbers_are_hidden_while_one_is_to_be_predicted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    window.open_scene();
    window.wait_to_show("Norm: 0.500");
    assert!(window.shows("|z| 0.5 of"));
    window.read(NORMS);
    // The first task is a choice, which no number answers.
    assert!(window.shows("Norm: 0.500") && window.shows("|z| 0.5 of"));
    for (task, answer) in [("Task 2", None), ("Task 3", Some("Right is larger"))] {
        window.push_button(task);
        assert!(!window.shows("Norm: "), "{task} asks for a number");
        assert!(window.shows("hidden until you have answered"));
        assert!(!window.shows("|z| 0.5 of") && window.shows("|z| hidden"));
        match answer {
            None => window.type_into("Your prediction", "5"),
            Some(name) => window.push(Role::RadioButton, name),
        }
        assert!(window.check().0);
        assert!(window.shows("Norm: 0.500") && window.shows("|z| 0.5 of"));
    }
    // A closed panel waits for nothing.
    window.push_button("Try again");
    assert!(!window.shows("|z| 0.5 of"));
    window.press(CTRL, Key::G);
    assert!(window.shows("Norm: 0.500") && window.shows("|z| 0.5 of"));
}

#[test]
fn conditions_are_measured_while_the_picture_moves() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    // Without the scene nothing is measured, and the button says what to do.
    window.find(Role::Status, "norm(here) > 1");
    assert!(window.shows("Go to the start first"));
    window.push_button("Go to the start");
    window.wait_to_show("norm(here) > 1, now 0.500");
    window.wait_to_show("coordinate(here, 0) < 0, now 0.300");
    window.go_to([3.0, 4.0]);
    window.wait_to_show("norm(here) > 1, now 5, holds");
    assert!(!window.shows("coordinate(here, 0) < 0, now 3, holds"));
    let (passed, _) = window.check();
    assert!(!passed && window.shows("1 of 2 conditions hold"));
    // Numbers and help are there after a wrong answer, too.
    window.go_to([-2.0, 0.5]);
    window.wait_to_show("coordinate(here, 0) < 0, now -2, holds");
    window.push(Role::DisclosureTriangle, "Hint");
    window.wait_to_show("To the left.");
    let start = window.find(Role::Button, "Go to the start");
    assert!(!start.accesskit_node().is_disabled());
    window.push_button("Go to the start");
    window.settle();
    assert_eq!(window.expression(), "[0.3, 0.4]");
    window.go_to([-3.0, 4.0]);
    window.wait_to_show("coordinate(here, 0) < 0, now -3, holds");
    let (passed, reason) = window.check();
    assert!(passed && reason == "It is left of the middle.");
}

#[test]
fn each_chosen_option_is_marked_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    window.push_button("Task 2");
    window.push(Role::CheckBox, "The norm");
    window.push(Role::CheckBox, "The colour");
    assert!(!window.check().0);
    assert!(window.shows("Right. It is watched."));
    assert!(window.shows("Not right. There is none."));
    assert!(!window.shows("The judge says it."), "it was not chosen");
    window.push_button("Try again");
    window.push(Role::CheckBox, "The colour");
    assert!(!window.check().0);
    assert!(window.shows("This is right, but not all that is right."));
    window.push_button("Try again");
    window.push(Role::CheckBox, "The digit");
    assert!(window.check().0);
}

#[test]
fn enter_hands_a_number_in_and_what_is_missing_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NORMS);
    assert!(window.shows("Choose first"));
    window.push_button("Task 2");
    assert!(window.shows("Type a number first"));
    window.type_into("Your prediction", "abc");
    assert!(window.shows("“abc” is not a number"));
    window.press(Modifiers::NONE, Key::Enter);
    let (_, open) = window.app().learning().open_question().expect("one");
    assert!(open.judged.is_none() && !open.is_checking());
    window.type_into("Your prediction", "5");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.verdict().0);
}

#[test]
fn steps_in_any_order_and_points_of_the_task_are_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    window.push_button("Task 3");
    for item in ["end", "left", "right", "begin"] {
        for _ in 0..3 {
            let up = format!("Move {item} up");
            let button = window.find(Role::Button, &up);
            if button.accesskit_node().is_disabled() {
                break;
            }
            window.push_button(&up);
        }
    }
    // Now begin, right, left, end: another order of the two than the file's.
    assert!(window.check().0);
    window.push_button("Next task");
    window.write_into("Your explanation", "they are measured");
    window.push_button("Compare with the points");
    window.push(Role::CheckBox, "A point of this task.");
    let (passed, reason) = window.check();
    assert!(
        passed && reason == "Your answer has 1 of 1 points.",
        "{reason}"
    );
}

#[test]
fn the_way_leads_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    let ids: Vec<String> = {
        let path = window.app().learning().path();
        path.ids().map(str::to_owned).collect()
    };
    let open = |window: &Window| {
        let (question, _) = window.app().learning().open_question().expect("one");
        question.id.clone()
    };
    window.push_button("Study path");
    window.push_button("Go on in week 1");
    assert_eq!(open(&window), ids[0]);
    window.push_button("Show the answer");
    window.push_button("Good");
    // A question that was rated has its time to come back.
    window.push_button("Next question");
    assert_eq!(open(&window), ids[1]);
    window.push_button("Study path");
    window.push_button("Go on in week 1");
    assert_eq!(open(&window), ids[1]);
    window.press(Modifiers::NONE, Key::PageDown);
    assert_eq!(open(&window), ids[2]);
    let bank = window.app().learning().bank().expect("read");
    let first = bank.get(&ids[0]).expect("it is there");
    let status = window.app().learning().progress().status(first);
    assert_eq!(status, QuestionStatus::Begun, "its tasks are still open");
    window.push_button("Study path");
    assert!(window.shows(" questions done, 1 begun"));
}

#[test]
fn after_the_last_task_comes_the_next_question() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = Window::open_school(folder.path());
    window.read(NUMBERS);
    window.push_button("Task 3");
    window.check();
    window.find(Role::Button, "Next task");
    window.push_button("Task 4");
    window.write_into("Your explanation", "they are measured");
    window.push_button("Compare with the points");
    window.check();
    window.push_button("Next question");
    let (question, _) = window.app().learning().open_question().expect("one");
    assert_ne!(question.id, "numbers");
}
