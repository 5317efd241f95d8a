//! Questions, their files, their tasks, and what is remembered of them.

mod bank;
mod files;
mod progress;
mod sets;
mod statistics;
mod tasks;
mod toys;
mod trying;

use std::fmt::Write as _;
use zscape::learn::{Fault, Question, read};

/// A question file with every kind of task, for the model digits-vae2.
pub const WHOLE: &str = r#"+++
id = "whole"
question = "What does a whole question look like?"
level = "intermediate"
topic = "own"
tools = ["interpolate", "explore"]
models = ["digits-vae2"]
related = ["kl-term", "beta-vae"]
covers = ["The first point.", "The second point.", "The third point."]

[scene]
model = "digits-vae2"
expression = "seed(3)"
tool = "interpolate"
settings = { keyframes = ["seed(1)", "@digit-3"], method = "slerp", closed = true }
locked = ["model", "psi"]
caption = "Move the slider."
nearest = "It shows something near."

[[task]]
kind = "choose"
ask = "Which one?"
options = [
  { text = "This", right = true, because = "It is." },
  { text = "That", because = "It is not.", show = "seed(4)" },
  { text = "Neither", because = "One of them is." },
]
criteria = ["understanding"]

[[task]]
kind = "predict"
ask = "How long is it?"
measure = "norm([3, 4])"
unit = "units"
within = 0.5
because = "Pythagoras."
criteria = ["understanding", "implementation"]

[[task]]
kind = "set"
ask = "Make it short."
start = "[3, 4]"
goal = ["norm(here) < 1", "digit(here) = 7"]
hint = "Go to the middle."
because = "The middle is short."
solution = "[0.5, 0]"
criteria = ["problem-solving"]

[[task]]
kind = "explain"
ask = "Explain it."
criteria = ["communication"]
+++

The short answer. See [the term](question:kl-term).

## Deeper

The longer one, with `code` and [a picture](show:slerp(seed(1), seed(2), 0.5)).

```
z = μ + σ ⊙ ε
```
"#;

/// Reads a file as it lies in a teacher's folder.
pub fn read_file(text: &str) -> Result<Question, Vec<Fault>> {
    read::question("own/whole.md", "own/whole.md", text.as_bytes())
}

/// A sound file of another id with these tasks instead.
pub fn file_with(id: &str, level: &str, topic: &str, tasks: &str) -> String {
    let end = WHOLE.find("[[task]]").expect("there are tasks");
    let body = WHOLE.rfind("+++").expect("there is a body");
    let mut text = WHOLE[..end].to_owned();
    // Writing into a string cannot fail.
    let _ = write!(text, "{tasks}\n{}", &WHOLE[body..]);
    text.replace("id = \"whole\"", &format!("id = \"{id}\""))
        .replace("level = \"intermediate\"", &format!("level = \"{level}\""))
        .replace("topic = \"own\"", &format!("topic = \"{topic}\""))
}

/// The question of such a file.
#[track_caller]
pub fn question_with(tasks: &str) -> Question {
    let text = file_with("whole", "intermediate", "own", tasks);
    read_file(&text).unwrap_or_else(|faults| panic!("{faults:?}"))
}
