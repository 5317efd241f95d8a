//! What was entered and not handed in yet.

use crate::app::AppState;
use crate::learn::answer::Larger;
use crate::learn::{Answer, Goal, Question, Side, Spot, Task, TaskKind};
use std::collections::BTreeMap;

/// What the learner has entered for each task, by the id of its question and its number.
#[derive(Default)]
pub struct Drafts {
    open: Option<(String, usize)>,
    all: BTreeMap<(String, usize), Draft>,
}

impl Drafts {
    /// What was entered for a task. It stays while other tasks and questions are looked at, and
    /// begins empty again where it was handed in before.
    pub fn of(&mut self, app: &AppState, question: &Question, task: usize) -> &mut Draft {
        let is_open = |(id, known): &(String, usize)| *id == question.id && *known == task;
        let key = (question.id.clone(), task);
        let attempts = app.learning().progress().attempts_at(&question.id, task);
        let attempts = attempts.count();
        if !self.open.as_ref().is_some_and(is_open) {
            let is_handed_in = |draft: &Draft| draft.attempts != attempts;
            if self.all.get(&key).is_some_and(is_handed_in) {
                self.all.remove(&key);
            }
            self.open = Some(key.clone());
        }
        let empty = || Draft::new(question, task, attempts);
        self.all.entry(key).or_insert_with(empty)
    }
}

/// What the learner has entered for a task.
#[derive(Default)]
pub struct Draft {
    /// How often the task was answered before.
    attempts: usize,
    /// The order in which options and items stand.
    pub order: Vec<usize>,
    pub chosen: Vec<usize>,
    pub number: String,
    pub said: Option<Larger>,
    pub side: Option<Side>,
    pub text: String,
    pub ticked: Vec<bool>,
    /// Whether the text stands beside the points.
    pub is_comparing: bool,
}

impl Draft {
    fn new(question: &Question, task: usize, attempts: usize) -> Self {
        let seed = u32::try_from(attempts).unwrap_or(0);
        let found = question.tasks.get(task);
        let order = found.map(|found| found.shown_order(seed));
        let points = found.map_or(0, |found| found.points(question).len());
        Self {
            attempts,
            order: order.unwrap_or_default(),
            ticked: vec![false; points],
            ..Self::default()
        }
    }

    /// What was entered stays, but for the points, which are ticked after writing.
    pub fn try_again(&mut self) {
        self.is_comparing = false;
        self.ticked.fill(false);
    }

    /// The answer as far as it can be handed in, or what is missing.
    pub fn answer(
        &self,
        app: &AppState,
        question: &Question,
        task: &Task,
    ) -> Result<Answer, String> {
        match &task.kind {
            TaskKind::Choose { .. } if self.chosen.is_empty() => Err("Choose first".to_owned()),
            TaskKind::Choose { .. } => Ok(Answer::Choose {
                chosen: self.chosen.clone(),
            }),
            TaskKind::Predict { .. } => match number(&self.number) {
                Some(value) => Ok(Answer::Predict { value }),
                None if self.number.trim().is_empty() => Err("Type a number first".to_owned()),
                None => Err(format!("“{}” is not a number", self.number.trim())),
            },
            TaskKind::Compare { .. } => self
                .said
                .map(|said| Answer::Compare { said })
                .ok_or_else(|| "Choose first".to_owned()),
            TaskKind::Which { .. } => self
                .side
                .map(|side| Answer::Which { side })
                .ok_or_else(|| "Choose a picture first".to_owned()),
            TaskKind::Order { .. } => Ok(Answer::Order {
                order: self.order.clone(),
            }),
            TaskKind::Set {
                solution: Spot::Toy(_),
                ..
            } => match app.learning().toy().filter(|toy| toy.is_ready()) {
                Some(toy) => Ok(Answer::Set {
                    expression: toy.here().to_string(),
                }),
                None => Err("Wait until the toy is ready".to_owned()),
            },
            TaskKind::Set { .. } if !is_measured_here(app, question) => {
                Err("Go to the start first: it is measured in the scene".to_owned())
            }
            TaskKind::Set { .. } => Ok(Answer::Set {
                expression: app.position().expression().to_string(),
            }),
            TaskKind::Explain { .. } if self.text.trim().is_empty() => {
                Err("Write first".to_owned())
            }
            TaskKind::Explain { .. } => Ok(Answer::Explain {
                text: self.text.trim().to_owned(),
                ticked: self.ticked.clone(),
            }),
        }
    }
}

/// Whether what is on the window is what a condition of a question measures.
pub fn measures_here(app: &AppState, question: &Question, goal: &Goal) -> bool {
    match goal.quantity.measure.toy() {
        Some(_) => app.learning().toy().is_some(),
        None => is_measured_here(app, question),
    }
}

/// Whether the picture on the window is one that a question's tasks can measure.
fn is_measured_here(app: &AppState, question: &Question) -> bool {
    app.navigation().scene().is_some()
        && app.models().loading().is_none()
        && app.model().map(|model| model.id.name.as_str()) == question.model()
}

/// Reads a number with a decimal point or comma and any kind of minus sign.
fn number(text: &str) -> Option<f64> {
    let text = text.trim().replace(',', ".").replace('−', "-");
    text.parse::<f64>().ok().filter(|value| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        assert_eq!(number(" 5,6 "), Some(5.6));
        assert_eq!(number("−2"), Some(-2.0));
        for nonsense in ["", "nan", "inf", "five"] {
            assert_eq!(number(nonsense), None, "{nonsense}");
        }
    }
}
