//! Toys on the pages of questions: they are played with, measured by tasks, and hidden
//! while a number is to be predicted.

use crate::school::CTRL;
use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers, vec2};
use egui_kittest::kittest::NodeT as _;
use std::path::Path;
use zscape::app::{Action, LearningAction, ParamId};
use zscape::engine::ModelSource;
use zscape::files::save::save;
use zscape::learn::toy::flow::{Data, Flow};
use zscape::ui::WindowOptions;

const QUESTION: &str = r#"+++
id = "toys"
question = "What does the toy of this test say next?"
level = "beginner"
topic = "school"
related = ["kl-term", "beta-vae"]
covers = ["A word."]

[toy]
kind = "next-word"
text = "the latent"
caption = "A toy to play with."

[[task]]
kind = "set"
ask = "Cool it down."
goal = ["likeliest(here) > 90", "choices(here) > 1"]
because = "It is cold."
solution = '"the latent" with "temperature 0.2"'
criteria = ["understanding"]

[[task]]
kind = "predict"
ask = "How many are left?"
measure = 'choices("the latent" with "top_k 7")'
unit = "words"
within = 0
because = "It is k."
criteria = ["understanding"]
+++

Short.

## Deeper

Long.
"#;

fn open(folder: &Path, id: &str) -> Window {
    let questions = folder.join("questions");
    std::fs::create_dir_all(&questions).expect("a folder");
    save(&questions.join("toys.md"), QUESTION.as_bytes()).expect("it can be written");
    let mut window = Window::open_options(WindowOptions {
        model: Some(ModelSource::Catalogue("digits-vae2".to_owned())),
        questions: Some(questions),
        progress: Some(folder.join("progress.json")),
        ..options()
    });
    window.press(CTRL, Key::G);
    window.wait("the questions", |app| app.learning().bank().is_some());
    window.read_toy(id);
    window
}

impl Window {
    /// Opens a question and waits until its toy has learned.
    #[track_caller]
    fn read_toy(&mut self, id: &str) {
        self.learn(LearningAction::Read(id.to_owned()));
        self.wait("the toy", |app| {
            app.learning().toy().is_some_and(|toy| toy.is_ready())
        });
        self.settle();
    }

    fn set_toy(&mut self, key: &'static str, value: f32) {
        self.ask(Action::Set(ParamId::Toy(key), value));
        self.settle();
    }

    /// The names of everything that is called so.
    fn named(&self, part: &str) -> Vec<String> {
        use egui_kittest::kittest::Queryable as _;
        let found = self.harness.query_all_by_label_contains(part);
        found
            .filter_map(|node| {
                node.accesskit_node()
                    .label()
                    .or(node.accesskit_node().value())
            })
            .collect()
    }
}

#[test]
fn the_next_word_is_drawn_taken_back_and_chosen() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "toys");
    assert!(window.shows("A toy to play with."));
    let bars = window.named("space: ");
    assert_eq!(bars.len(), 1, "{bars:?}");
    // The slider is moved by keys, and the bars follow.
    window.find(Role::Slider, "Temperature").focus();
    window.harness.run_steps(1);
    for _ in 0..5 {
        window.press(Modifiers::NONE, Key::ArrowLeft);
    }
    window.settle();
    let toy = |window: &Window| window.app().learning().toy().expect("a toy").play().clone();
    assert!(toy(&window).get("temperature") < Some(1.0));
    assert_ne!(window.named("space: "), bars);

    window.push_button("Write 20 words");
    assert_eq!(window.app().learning().toy().expect("a toy").written(), 20);
    assert!(window.shows("Drawn, seed 1") && window.shows("Greedy, from the same text"));
    assert!(window.shows("bits per word"));
    window.push_button("Take back");
    window.push_button("Next word");
    window.push_button("Take back");
    assert_eq!(window.app().learning().toy().expect("a toy").written(), 19);

    window.push_button("Start over");
    assert_eq!(toy(&window).to_string(), "\"the latent\"");
    assert_eq!(window.named("space: "), bars);
    window.push_button(&bars[0]);
    assert_eq!(toy(&window).text(), "the latent space");
    // What nobody has written cannot be taken back.
    assert!(
        window
            .find(Role::Button, "Take back")
            .accesskit_node()
            .is_disabled()
    );

    window.push_button("Start over");
    window.write_into("Text of the toy", " xyzzy");
    assert!(
        window.shows("do not have “xyzzy”"),
        "{}",
        toy(&window).text()
    );
}

#[test]
fn tasks_measure_the_toy_and_hide_it_while_a_number_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "toys");
    let goal = "likeliest(here) > 90, now ";
    window.wait_until("a live number", |window| window.shows(goal));
    assert!(!window.check().0);
    assert!(!window.shows("All conditions hold now"));
    window.set_toy("temperature", 0.0);
    assert!(window.shows("choices(here) > 1, now 1") && !window.shows("All conditions hold now"));
    window.set_toy("temperature", 0.2);
    assert!(window.shows("All conditions hold now"));
    window.push_button("Check again");
    assert!(window.verdict().0);

    window.push_button("Next task");
    assert!(window.shows("Hidden until you have answered") && !window.shows("space: "));
    window.type_into("Your prediction", "7");
    assert!(window.check().0);
    assert!(window.shows("space: ") && !window.shows("Hidden until"));
    // Giving up on the first task shows its solution.
    window.push_button("Task 1, passed");
    window.set_toy("temperature", 1.0);
    assert!(!window.check().0);
    window.push_button("Show a solution");
    let toy = window.app().learning().toy().expect("a toy");
    assert_eq!(toy.play().get("temperature"), Some(0.2));
    // Nonsense of a script changes nothing.
    window.set_toy("temperature", f32::NAN);
    window.set_toy("head", 2.0);
    let toy = window.app().learning().toy().expect("a toy");
    assert_eq!(
        toy.play().to_string(),
        "\"the latent\" with \"temperature 0.2\""
    );
}

#[test]
fn weights_and_pieces_are_looked_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "attention-in-generative-models");
    window.push_button("Query 3, maps");
    assert!(window.shows("“maps”, word 3, attends to"));
    let of_later = |window: &Window| window.named("5 picture: ");
    assert!(of_later(&window).is_empty(), "the mask hides it");
    window.push_button("Word before");
    assert_eq!(window.named("2 encoder: ").len(), 1);
    let unmasked = window.named("2 encoder: ");
    window.push(Role::CheckBox, "Causal mask");
    window.push_button("Like words");
    assert_ne!(window.named("2 encoder: "), unmasked);
    window.read_toy("tokenization");
    window.set_toy("joins", 0.0);
    let words = window.named(" pieces for ");
    window.set_toy("joins", 2000.0);
    assert_ne!(window.named(" pieces for "), words);
    // It is left as it was set.
    window.push_button("Back");
    assert!(window.shows("“maps”, word 3, attends to"));
}

#[test]
fn a_flow_is_bent_and_its_code_is_dragged_in_both_planes() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "normalizing-flows");
    let flow = |window: &Window| window.app().learning().toy().expect("a toy").play().flow();
    assert_eq!(flow(&window).z, [0.0, 0.0]);
    let drag = |window: &mut Window, plane: &str, to: [f32; 2]| {
        let rect = window.find(Role::Image, plane).rect();
        let to = rect.min + rect.size() * vec2(to[0], to[1]);
        window.harness.hover_at(rect.center());
        window.harness.drag_at(rect.center());
        window.harness.hover_at(to);
        window.harness.run_steps(2);
        window.harness.drop_at(to);
        window.settle();
    };
    // Right and up: the planes have their origin in the middle.
    drag(&mut window, "Noise z", [0.75, 0.25]);
    let [z1, z2] = flow(&window).z;
    assert!(
        (z1 - 1.5).abs() < 0.1 && (z2 - 1.5).abs() < 0.1,
        "{z1} {z2}"
    );
    // Where the upper moon is highest, its code is one of those that samples have.
    drag(&mut window, "Data x", [0.39, 0.26]);
    let toy = flow(&window);
    let x = Flow::of(toy).made.point;
    assert!(
        (x[0] + 0.66).abs() < 0.1 && (x[1] - 1.44).abs() < 0.1,
        "{x:?}"
    );
    assert!(toy.z.iter().all(|it| it.abs() < 2.5), "{:?}", toy.z);

    // The keys move it, too: right and up.
    window.find(Role::Image, "Noise z").focus();
    window.harness.run_steps(2);
    let before = flow(&window).z;
    window.press(Modifiers::NONE, Key::ArrowRight);
    window.press(Modifiers::NONE, Key::ArrowUp);
    let after = flow(&window).z;
    assert!((0..2).all(|axis| (after[axis] - before[axis] - 0.1).abs() < 1e-3));

    let density = window.named("log p(x) = ");
    window.push_button("Two islands");
    assert_ne!(window.named("log p(x) = "), density);
    // Without a layer nothing is stretched.
    window.set_toy("layers", 0.0);
    assert!(window.shows("The area of the square: × 1.00"));
    window.push_button("Start over");
    assert!(!window.shows("× 1.00") && flow(&window).data == Data::Moons);
}

#[test]
fn a_wave_is_dragged_over_its_grid_and_filtered() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "anti-aliasing");
    let toy = |window: &Window| {
        let bench = window.app().learning().toy().expect("a toy");
        bench.play().aliasing()
    };
    assert_eq!((toy(&window).frequency, toy(&window).shift), (5, 0.5));
    assert!(window.shows("EQ-T 21.0 dB") && window.shows("EQ-T 43.1 dB"));
    // The second harmonic of 5 cycles folds back to 6, on the left only.
    let alias = "at 6 (alias)";
    let waves = window.named(alias);
    assert!(waves.len() == 1 && waves[0].starts_with("On the grid: waves "));
    // A step to the right.
    let rect = window.find(Role::Image, "The wave and its samples").rect();
    let to = rect.center() + vec2(rect.width() / 16.0, 0.0);
    window.harness.hover_at(rect.center());
    window.harness.drag_at(rect.center());
    window.harness.run_steps(2);
    window.harness.hover_at(to);
    window.harness.run_steps(2);
    window.harness.drop_at(to);
    window.settle();
    let shift = toy(&window).shift;
    assert!((shift - 1.5).abs() < 0.15, "{shift}");
    // A walk is a row for every shift; its last is that by four steps.
    window.find(Role::Image, "Filtered: walk").scroll_to_me();
    window.settle();
    let walk = window.find(Role::Image, "Filtered: walk").rect();
    let last = walk.center_bottom() - vec2(0.0, 2.0);
    window.harness.hover_at(last);
    window.harness.drag_at(last);
    window.harness.run_steps(2);
    window.harness.drop_at(last);
    window.settle();
    assert!(toy(&window).shift > 3.9, "{}", toy(&window).shift);
    // The keys move it, too.
    window.find(Role::Image, "The wave and its samples").focus();
    window.harness.run_steps(2);
    let before = toy(&window).shift;
    for _ in 0..4 {
        window.press(Modifiers::NONE, Key::ArrowLeft);
    }
    window.settle();
    let moved = before - toy(&window).shift;
    assert!((moved - 0.2).abs() < 0.01, "{moved}");

    window.push_button("Square");
    window.set_toy("frequency", 6.0);
    assert_eq!(window.named("0.50 at 4 (alias)").len(), 1);
    window.set_toy("filter", 0.0);
    assert_eq!(window.named("0.50 at 4 (alias)").len(), 2);
    window.push_button("Linear");
    assert_eq!(window.named("EQ-T over 119 dB").len(), 2);
    window.push_button("Start over");
    assert!(window.shows("EQ-T 43.1 dB"));

    // What is compared is not shown before the answer; the sliders stay.
    window.push_button("Task 2");
    assert!(window.shows("Hidden until you have answered") && !window.shows("EQ-T 43.1 dB"));
    assert!(window.shows("Upsampling"));
}

#[test]
fn a_toy_fits_into_the_smallest_window() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = open(folder.path(), "attention-in-generative-models");
    window.harness.set_size([1024.0, 640.0].into());
    for id in [
        "attention-in-generative-models",
        "tokenization",
        "toys",
        "normalizing-flows",
        "anti-aliasing",
    ] {
        window.read_toy(id);
        window.harness.run_steps(10);
        let field = match id {
            "normalizing-flows" => window.find(Role::Image, "Data x").rect(),
            "anti-aliasing" => window.find(Role::Image, "Filtered: walk").rect(),
            _ => window
                .find(Role::MultilineTextInput, "Text of the toy")
                .rect(),
        };
        assert!(
            field.right() < 1024.0 && field.left() > 600.0,
            "{id}: {field:?}"
        );
        let picture = window.find(Role::Image, "Picture").rect();
        assert!(picture.width() > 90.0, "{id}: {picture:?}");
    }
}
