//! The tasks of a head.

use super::Reader;
use super::raw::RawTask;
use crate::learn::measure::{HERE, Quantity, parse_goal, parse_quantity};
use crate::learn::question::{Formula, Spot};
use crate::learn::rubric::Criterion;
use crate::learn::task::{Choice, Item, Order, Pane, Side, Task, TaskKind};
use crate::learn::toy::Play;
use toml::{Spanned, Value};

/// The most points of a free answer.
const MAX_POINTS: usize = 8;

/// Keys that belong to kinds of task.
const KEYS: [(&str, &[&str]); 16] = [
    ("because", &["predict", "compare", "set", "which", "order"]),
    ("options", &["choose"]),
    ("measure", &["predict"]),
    ("unit", &["predict"]),
    ("within", &["predict"]),
    ("left", &["compare", "which"]),
    ("right", &["compare", "which"]),
    ("equal_within", &["compare"]),
    ("start", &["set"]),
    ("goal", &["set"]),
    ("hint", &["set"]),
    ("solution", &["set"]),
    ("answer", &["which"]),
    ("items", &["order"]),
    ("expressions", &["order"]),
    ("points", &["explain"]),
];

impl Reader<'_> {
    pub(super) fn task(&mut self, found: &Spanned<RawTask>) -> Option<Task> {
        let raw = found.get_ref();
        let line = self.line_of(&raw.kind);
        let ask = self.words(&raw.ask, "what the task asks");
        let criteria = self.criteria(&raw.criteria);
        let kind = raw.kind.get_ref().as_str();
        for (key, kinds) in KEYS {
            if is_given(raw, key) && !kinds.contains(&kind) {
                self.fault(line, format!("a task of kind {kind:?} has no {key}"));
            }
        }
        if raw.by.is_some() && kind != "order" {
            self.fault(line, format!("a task of kind {kind:?} has no by"));
        }
        let kind = match kind {
            "choose" => self.choose(raw, line),
            "predict" => self.predict(raw, line),
            "compare" => self.compare(raw, line),
            "set" => self.set(raw, line),
            "which" => self.which(raw, line),
            "order" => self.order(raw, line),
            "explain" => Some(self.explain(raw)),
            other => {
                let known = "choose, predict, compare, set, which, order, explain";
                self.fault(line, format!("the kind {other:?} is not one of {known}"));
                None
            }
        };
        Some(Task {
            ask,
            criteria,
            kind: kind?,
            line,
        })
    }

    fn criteria(&mut self, found: &Spanned<Vec<String>>) -> Vec<Criterion> {
        let line = self.line_of(found);
        let mut criteria = Vec::new();
        for word in found.get_ref() {
            match Criterion::of_key(word) {
                Some(criterion) if criteria.contains(&criterion) => {
                    self.fault(line, format!("criteria names {word} twice"));
                }
                Some(criterion) => criteria.push(criterion),
                None => {
                    let known = super::keys(&Criterion::ALL, |criterion| criterion.key());
                    self.fault(
                        line,
                        format!("the criterion {word:?} is not one of {known}"),
                    );
                }
            }
        }
        let count = found.get_ref().len();
        if !(1..=2).contains(&count) {
            self.fault(
                line,
                format!("a task feeds one or two criteria, not {count}"),
            );
        }
        criteria
    }

    /// Notes that a key is missing.
    fn needed<'r, T>(&mut self, found: &'r Option<T>, key: &str, line: usize) -> Option<&'r T> {
        if found.is_none() {
            self.fault(line, format!("this task lacks {key}"));
        }
        found.as_ref()
    }

    fn because(&mut self, raw: &RawTask, line: usize) -> Option<String> {
        let found = self.needed(&raw.because, "because", line)?;
        Some(self.words(found, "because"))
    }

    fn choose(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let found = self.needed(&raw.options, "options", line)?;
        if !(2..=5).contains(&found.len()) {
            let count = found.len();
            self.fault(line, format!("a choice has 2 to 5 options, not {count}"));
        }
        let mut options = Vec::new();
        for option in found {
            let raw = option.get_ref();
            let show = raw.show.as_ref().and_then(|text| self.formula(text));
            if raw.right && show.is_some() {
                let line = self.line_of(option);
                self.fault(line, "a right option shows a counter-example");
            }
            let text = self.words(&raw.text, "the text of an option");
            if options.iter().any(|other: &Choice| other.text == text) {
                let line = self.line_of(option);
                self.fault(line, format!("the option {text:?} stands there twice"));
            }
            options.push(Choice {
                text,
                is_right: raw.right,
                because: self.words(&raw.because, "because of an option"),
                show,
            });
        }
        let right = options.iter().filter(|option| option.is_right).count();
        if right == 0 {
            self.fault(line, "no option is right");
        } else if right == options.len() {
            self.fault(line, "every option is right");
        }
        Some(TaskKind::Choose { options })
    }

    fn predict(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let quantity = self.needed(&raw.measure, "measure", line);
        let quantity = quantity.and_then(|text| self.quantity(text, false));
        let within = self.needed(&raw.within, "within", line);
        let within = within.and_then(|within| self.tolerance(within, "within"));
        let because = self.because(raw, line);
        let quantity = quantity?;
        Some(TaskKind::Predict {
            unit: raw
                .unit
                .clone()
                .unwrap_or_else(|| quantity.measure.unit().to_owned()),
            quantity,
            within: within?,
            because: because?,
        })
    }

    fn compare(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let left = self.needed(&raw.left, "left", line);
        let left = left.and_then(|value| self.side_quantity(value));
        let right = self.needed(&raw.right, "right", line);
        let right = right.and_then(|value| self.side_quantity(value));
        let equal_within = match &raw.equal_within {
            None => Some(0.0),
            Some(within) => self.tolerance(within, "equal_within"),
        };
        let because = self.because(raw, line);
        Some(TaskKind::Compare {
            left: left?,
            right: right?,
            equal_within: equal_within?,
            because: because?,
        })
    }

    fn set(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let start = raw.start.as_ref().map(|text| self.spot(text));
        let mut goals = Vec::new();
        for text in self.needed(&raw.goal, "goal", line).into_iter().flatten() {
            let line = self.line_of(text);
            match parse_goal(text.get_ref(), line) {
                Ok(goal) => {
                    if !goal.quantity.is_of_here() {
                        let reason = format!("the goal {:?} does not depend on here", goal.text);
                        self.fault(line, reason);
                    }
                    goals.push(goal);
                }
                Err(reason) => self.fault(line, reason),
            }
        }
        if raw
            .goal
            .as_ref()
            .is_some_and(|goals| !(1..=6).contains(&goals.len()))
        {
            self.fault(line, "a set task has 1 to 6 goals");
        }
        let solution = self.needed(&raw.solution, "solution", line);
        let solution = solution.and_then(|text| self.spot(text));
        let because = self.because(raw, line);
        Some(TaskKind::Set {
            // A start that is no expression has been named, and is not the scene's.
            start: start.map_or(Some(None), |start| start.map(Some))?,
            goals,
            hint: raw.hint.clone().filter(|hint| !hint.trim().is_empty()),
            because: because?,
            solution: solution?,
        })
    }

    fn which(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let left = self.needed(&raw.left, "left", line);
        let left = left.and_then(|value| self.pane(value));
        let right = self.needed(&raw.right, "right", line);
        let right = right.and_then(|value| self.pane(value));
        let answer = self.needed(&raw.answer, "answer", line);
        let answer = answer.and_then(|word| {
            let of_key = |key: &str| match key {
                "left" => Some(Side::Left),
                "right" => Some(Side::Right),
                _ => None,
            };
            self.word(word, "the answer", of_key, "left, right")
        });
        let because = self.because(raw, line);
        Some(TaskKind::Which {
            left: left?,
            right: right?,
            answer: answer?,
            because: because?,
        })
    }

    fn order(&mut self, raw: &RawTask, line: usize) -> Option<TaskKind> {
        let because = self.because(raw, line);
        let order = match (&raw.items, &raw.expressions) {
            (Some(items), None) => {
                if raw.by.is_some() {
                    self.fault(line, "by orders expressions, not items");
                }
                Order::Items(self.items(items))
            }
            (None, Some(expressions)) => {
                self.check_order_len(expressions.len(), line);
                let found = self.formulas(expressions);
                let by = self.needed(&raw.by, "by", line);
                let by = by.and_then(|text| self.quantity(text, true));
                if let Some(by) = by.as_ref().filter(|it| it.measure.toy().is_some()) {
                    self.fault(
                        line,
                        format!("by orders pictures, and {:?} is of none", by.text),
                    );
                }
                Order::Measured {
                    expressions: found,
                    by: by?,
                }
            }
            _ => {
                self.fault(line, "an order task has either items or expressions");
                return None;
            }
        };
        Some(TaskKind::Order {
            order,
            because: because?,
        })
    }

    /// The things of an order: each text is a step, and so is each list of texts.
    fn items(&mut self, found: &Spanned<Vec<Value>>) -> Vec<Item> {
        let line = self.line_of(found);
        let mut items = Vec::new();
        for (step, value) in found.get_ref().iter().enumerate() {
            let texts = match value {
                Value::Array(inner) => {
                    if inner.len() < 2 {
                        self.fault(line, "an inner list of items has at least 2 of them");
                    }
                    inner.as_slice()
                }
                value => std::slice::from_ref(value),
            };
            for text in texts {
                match text.as_str().map(str::trim) {
                    Some("") => self.fault(line, "an item is empty"),
                    Some(text) => items.push(Item {
                        text: text.to_owned(),
                        step,
                    }),
                    None => self.fault(line, format!("an item is a text, not {text}")),
                }
            }
        }
        self.check_order_len(items.len(), line);
        if found.get_ref().len() == 1 {
            self.fault(
                line,
                "all items stand in one inner list, so every order is right",
            );
        }
        let texts: Vec<String> = items.iter().map(|item| item.text.clone()).collect();
        if let Some(twice) = super::first_twice(&texts) {
            self.fault(line, format!("the item {twice:?} stands there twice"));
        }
        items
    }

    fn explain(&mut self, raw: &RawTask) -> TaskKind {
        let mut points = Vec::new();
        if let Some(found) = &raw.points {
            let line = self.line_of(found);
            points.clone_from(found.get_ref());
            self.check_points("points", &points, MAX_POINTS, line);
        }
        TaskKind::Explain { points }
    }

    fn check_order_len(&mut self, len: usize, line: usize) {
        if !(3..=7).contains(&len) {
            self.fault(line, format!("3 to 7 things are put in order, not {len}"));
        }
    }

    fn tolerance(&mut self, found: &Spanned<f64>, key: &str) -> Option<f64> {
        let value = *found.get_ref();
        if value.is_finite() && value >= 0.0 {
            return Some(value);
        }
        let line = self.line_of(found);
        self.fault(line, format!("{key} is {value}, which is no tolerance"));
        None
    }

    /// A measure that speaks of the picture on the window or does not.
    pub(super) fn quantity(&mut self, text: &Spanned<String>, of_here: bool) -> Option<Quantity> {
        let line = self.line_of(text);
        self.quantity_at(text.get_ref(), line, of_here)
    }

    fn quantity_at(&mut self, text: &str, line: usize, of_here: bool) -> Option<Quantity> {
        let quantity = match parse_quantity(text, line) {
            Ok(quantity) => quantity,
            Err(reason) => {
                self.fault(line, reason);
                return None;
            }
        };
        if quantity.is_of_here() == of_here {
            return Some(quantity);
        }
        let reason = if of_here {
            format!("{text:?} does not measure {HERE}")
        } else {
            format!("{text:?} measures {HERE}, which this kind of task does not have")
        };
        self.fault(line, reason);
        None
    }

    fn side_quantity(&mut self, found: &Spanned<Value>) -> Option<Quantity> {
        let line = self.line_of(found);
        match found.get_ref() {
            Value::String(text) => self.quantity_at(text, line, false),
            _ => {
                self.fault(line, "a side of a comparison is a measure in quotes");
                None
            }
        }
    }

    /// An expression, or what the toy is set to: that begins with a quotation mark.
    fn spot(&mut self, text: &Spanned<String>) -> Option<Spot> {
        let kind = self
            .toy
            .filter(|_| text.get_ref().trim_start().starts_with('"'));
        let Some(kind) = kind else {
            return self.formula(text).map(Spot::Picture);
        };
        match Play::read(kind, text.get_ref()) {
            Ok(play) => Some(Spot::Toy(play)),
            Err(reason) => {
                let line = self.line_of(text);
                self.fault(line, reason);
                None
            }
        }
    }

    fn pane(&mut self, found: &Spanned<Value>) -> Option<Pane> {
        let line = self.line_of(found);
        let table = found.get_ref().as_table();
        let text = |key: &str| table?.get(key)?.as_str().map(str::to_owned);
        let (Some(model), Some(source), Some(2)) = (
            text("model"),
            text("expression"),
            table.map(toml::Table::len),
        ) else {
            let form = "{ model = \"…\", expression = \"…\" }";
            self.fault(line, format!("a picture is written {form}"));
            return None;
        };
        match Formula::read(&source, line) {
            Ok(expression) => Some(Pane { model, expression }),
            Err(error) => {
                self.fault(line, format!("the expression {source:?} {error}"));
                None
            }
        }
    }
}

fn is_given(raw: &RawTask, key: &str) -> bool {
    match key {
        "because" => raw.because.is_some(),
        "options" => raw.options.is_some(),
        "measure" => raw.measure.is_some(),
        "unit" => raw.unit.is_some(),
        "within" => raw.within.is_some(),
        "left" => raw.left.is_some(),
        "right" => raw.right.is_some(),
        "equal_within" => raw.equal_within.is_some(),
        "start" => raw.start.is_some(),
        "goal" => raw.goal.is_some(),
        "hint" => raw.hint.is_some(),
        "solution" => raw.solution.is_some(),
        "answer" => raw.answer.is_some(),
        "items" => raw.items.is_some(),
        "expressions" => raw.expressions.is_some(),
        "points" => raw.points.is_some(),
        _ => false,
    }
}
