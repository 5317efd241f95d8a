//! What was entered and not handed in yet.

use crate::app::AppState;
use crate::learn::answer::Larger;
use crate::learn::{Answer, Question, Side, Task, TaskKind};

/// What the learner has entered for the open task.
#[derive(Default)]
pub struct Draft {
    /// The question and the task that it belongs to.
    of: Option<(String, usize)>,
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
    /// Begins empty when the open task is another one.
    pub fn follow(&mut self, app: &AppState, question: &Question, task: usize) {
        let is_same = |(id, known): &(String, usize)| *id == question.id && *known == task;
        if self.of.as_ref().is_some_and(is_same) {
            return;
        }
        let attempts = app.learning().progress().attempts_at(&question.id, task);
        let seed = u32::try_from(attempts.count()).unwrap_or(0);
        let found = question.tasks.get(task);
        let order = found.map(|found| found.shown_order(seed));
        let points = found.map_or(0, |found| found.points(question).len());
        *self = Self {
            of: Some((question.id.clone(), task)),
            order: order.unwrap_or_default(),
            ticked: vec![false; points],
            ..Self::default()
        };
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

/// Whether the picture on the window is one that a question's tasks can measure.
pub fn is_measured_here(app: &AppState, question: &Question) -> bool {
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
