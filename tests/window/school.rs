//! A folder of a teacher's questions whose right answers are known.

use std::path::Path;
use zscape::files::save::save;

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
expression = "[0.5, -0.5]"
noise = "random:3"
tool = "map"
settings = { axes = [0, 1] }
locked = ["model", "seed"]
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

/// Writes the folder.
pub fn school(folder: &Path) {
    let place = folder.join("school");
    std::fs::create_dir_all(&place).expect("a folder");
    save(&place.join("norms.md"), FIRST.as_bytes()).expect("a file");
    save(&place.join("pictures.md"), SECOND.as_bytes()).expect("a file");
}
