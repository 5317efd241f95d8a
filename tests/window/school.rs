//! A folder of a teacher's questions whose right answers are known.

use crate::support::{Window, options};
use eframe::egui::accesskit::Role;
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use std::path::Path;
use zscape::app::learning::Page;
use zscape::app::{Action, LearningAction};
use zscape::engine::ModelSource;
use zscape::files::save::save;
use zscape::ui::WindowOptions;

pub const CTRL: Modifiers = Modifiers::COMMAND;

/// Four kinds of task with a scene; the answers are known.
const FIRST: &str = r#"+++
id = "norms"
question = "How long is a code of this test?"
level = "beginner"
topic = "school"
tools = ["map"]
models = ["digits-vae2"]
related = ["pictures", "kl-term"]
covers = ["Norms are lengths."]

[scene]
model = "digits-vae2"
expression = '[0.5, -0.5] with "noise random:3"'
tool = "map"
settings = { axes = [0, 1] }
locked = ["model", "seed", "sampler"]
caption = "A map to walk on."
nearest = "Shows one plane only."

[[task]]
kind = "choose"
ask = "Which is longer?"
options = [
  { text = "The double one", right = true, because = "Twice as long." },
  { text = "The half one", because = "Half is shorter.", show = "[0.1, 0.1]" },
]
criteria = ["understanding"]

[[task]]
kind = "predict"
ask = "What is the norm of 3 and 4?"
measure = "norm([3, 4])"
unit = "norm"
within = 0.1
because = "Pythagoras."
criteria = ["understanding"]

[[task]]
kind = "compare"
ask = "Which norm is larger?"
left = "norm([0.1, 0])"
right = "norm([2, 0])"
because = "Two is more."
criteria = ["understanding"]

[[task]]
kind = "set"
ask = "Go near the middle."
start = "[2, 2]"
goal = ["norm(here) < 0.5"]
hint = "Drag."
because = "The middle is at 0."
solution = "[0.1, 0]"
criteria = ["problem-solving"]
+++

Short: a [link](question:pictures) and [a picture](show:[1, 1]).

## Deeper

A norm is a length.
"#;

pub const SECOND: &str = r#"+++
id = "pictures"
question = "Which picture of this test is which?"
level = "expert"
topic = "school"
models = ["digits-vae2"]
related = ["norms", "kl-term"]
covers = ["The first point.", "The second point.", "The third point."]

[scene]
model = "digits-vae2"
expression = "@digit-3"
tool = "explore"
caption = "A three."

[[task]]
kind = "which"
ask = "Which one is the zero?"
left = { model = "digits-vae2", expression = "@digit-1" }
right = { model = "digits-vae2", expression = "@digit-0" }
answer = "right"
because = "It is round."
criteria = ["understanding"]

[[task]]
kind = "order"
ask = "Order the norms."
expressions = ["[2, 0]", "[0.1, 0]", "[1, 0]"]
by = "norm(here)"
because = "By length."
criteria = ["understanding"]

[[task]]
kind = "explain"
ask = "Explain it."
criteria = ["communication"]
+++

Short answer of the second.

## Deeper

More of it.
"#;

/// What a scene watches, conditions that hold at once, two right options, steps in any order, and
/// a free answer with points of its own.
const THIRD: &str = r#"+++
id = "numbers"
question = "Which numbers does this test watch?"
level = "intermediate"
topic = "school"
models = ["digits-vae2"]
related = ["norms", "kl-term"]
covers = ["The whole question."]
as_of = "2026-11"

[scene]
model = "digits-vae2"
expression = "[0.3, 0.4]"
tool = "explore"
watch = ["norm(here)", "distance(here, [0.3, 1.4])", "digit(here)"]
caption = "Numbers stand under the picture."

[[task]]
kind = "set"
ask = "Go where both hold."
goal = ["norm(here) > 1", "coordinate(here, 0) < 0"]
hint = "To the left."
because = "It is left of the middle."
solution = "[-2, 0]"
criteria = ["problem-solving"]

[[task]]
kind = "choose"
ask = "Which are measured?"
options = [
  { text = "The norm", right = true, because = "It is watched." },
  { text = "The digit", right = true, because = "The judge says it." },
  { text = "The colour", because = "There is none." },
]
criteria = ["understanding"]

[[task]]
kind = "order"
ask = "Order the steps."
items = ["begin", ["left", "right"], "end"]
because = "Either side comes first."
criteria = ["understanding"]

[[task]]
kind = "explain"
ask = "Explain the numbers."
points = ["A point of this task."]
criteria = ["communication"]
+++

Short answer of the third.

## Deeper

More of it.
"#;

/// Writes the folder.
pub fn school(folder: &Path) {
    let place = folder.join("school");
    std::fs::create_dir_all(&place).expect("a folder");
    save(&place.join("norms.md"), FIRST.as_bytes()).expect("a file");
    save(&place.join("pictures.md"), SECOND.as_bytes()).expect("a file");
    save(&place.join("numbers.md"), THIRD.as_bytes()).expect("a file");
}

impl Window {
    /// A window with known questions beside the built-in ones, and the panel open.
    pub fn open_school(folder: &Path) -> Self {
        school(&folder.join("questions"));
        let mut window = Self::open_options(WindowOptions {
            model: Some(ModelSource::Catalogue("digits-vae2".to_owned())),
            questions: Some(folder.join("questions")),
            progress: Some(folder.join("progress.json")),
            ..options()
        });
        window.press(CTRL, Key::G);
        window.wait("the questions", |app| app.learning().bank().is_some());
        window
    }

    /// Presses something of the panel, wherever it is scrolled to.
    #[track_caller]
    pub fn push(&mut self, role: Role, name: &str) {
        self.find(role, name).click_accesskit();
        self.settle();
    }

    #[track_caller]
    pub fn push_button(&mut self, name: &str) {
        self.push(Role::Button, name);
    }

    /// Types into a field of several lines.
    #[track_caller]
    pub fn write_into(&mut self, field: &str, text: &str) {
        self.find(Role::MultilineTextInput, field).focus();
        self.harness.run_steps(1);
        self.find(Role::MultilineTextInput, field).type_text(text);
        self.harness.run_steps(2);
    }

    /// Finds a question by its words and reads it.
    #[track_caller]
    pub fn read(&mut self, words: &str) {
        self.push_button("All questions");
        self.type_into("Search questions", words);
        self.push_button(words);
        assert_eq!(self.app().learning().page(), Page::Question);
    }

    /// Waits for the verdict; gives whether it is passed, and its reason.
    #[track_caller]
    pub fn verdict(&mut self) -> (bool, String) {
        self.wait("the verdict", |app| {
            app.learning()
                .open_question()
                .is_some_and(|(_, open)| open.judged.is_some())
        });
        let (_, open) = self.app().learning().open_question().expect("a question");
        let (_, verdict) = open.judged.as_ref().expect("it was judged");
        let verdict = verdict.as_ref().expect("it could be judged");
        (verdict.passed, verdict.reason.clone())
    }

    #[track_caller]
    pub fn check(&mut self) -> (bool, String) {
        self.push_button("Check now");
        self.verdict()
    }

    pub fn learn(&mut self, action: LearningAction) {
        self.harness.state_mut().ask(Action::Learn(action));
        self.settle();
    }

    pub fn shows(&self, text: &str) -> bool {
        let mut found = self.harness.query_all_by_label_contains(text);
        found.next().is_some()
    }
}
