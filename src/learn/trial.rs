//! Trying the tasks of a question with real pictures, before a learner does: the right answer
//! has to pass, a wrong one has to fail, and pictures have to show something.

use super::Fault;
use super::answer::{Answer, Larger};
use super::evidence::{Here, Measurements, Measurer, Wanted, shown};
use super::named;
use super::question::{Formula, Question};
use super::task::{Order, Side, Task, TaskKind};
use super::verdict::Verdict;
use crate::model::measurement::Measurement;

/// The smallest root mean square difference of the two pictures of `which`, in percent.
const VISIBLE_PERCENT: f64 = 2.0;

/// The smallest spread of a picture's numbers, 0..1, that is not blank.
const VISIBLE_SPREAD: f32 = 0.05;

impl Task {
    /// An answer that has to be wrong, by what was examined for [`Task::wanted_to_solve`]: the
    /// other option, the start of the control, the order turned round. `None` where every answer
    /// is right.
    ///
    /// # Errors
    /// As for [`Task::check`].
    pub fn wrong_answer(
        &self,
        question: &Question,
        measurements: &Measurements,
    ) -> Result<Option<Answer>, String> {
        let right = self.right_answer(question, measurements)?;
        Ok(match (&self.kind, right) {
            (TaskKind::Choose { options }, _) => options
                .iter()
                .position(|option| !option.is_right)
                .map(|wrong| Answer::Choose {
                    chosen: vec![wrong],
                }),
            (TaskKind::Predict { within, .. }, Answer::Predict { value }) => {
                Some(Answer::Predict {
                    value: value + 2.0 * within + 1e-6 * value.abs().max(1.0),
                })
            }
            (_, Answer::Compare { said }) => Some(Answer::Compare {
                said: match said {
                    Larger::Left => Larger::Right,
                    Larger::Right | Larger::Equal => Larger::Left,
                },
            }),
            (TaskKind::Set { .. }, _) => self.start(question).map(|start| Answer::Set {
                expression: start.to_string(),
            }),
            (_, Answer::Which { side }) => Some(Answer::Which {
                side: match side {
                    Side::Left => Side::Right,
                    Side::Right => Side::Left,
                },
            }),
            (_, Answer::Order { mut order }) => {
                order.reverse();
                Some(Answer::Order { order })
            }
            (_, Answer::Explain { ticked, .. }) => Some(Answer::Explain {
                text: String::new(),
                ticked: vec![false; ticked.len()],
            }),
            _ => None,
        })
    }
}

/// A question that is tried, with what was measured for it.
pub struct Trial<'q> {
    question: &'q Question,
    measurements: Measurements,
}

impl<'q> Trial<'q> {
    pub fn of(question: &'q Question) -> Self {
        Self {
            question,
            measurements: Measurements::drawn_with(question.sampler()),
        }
    }

    /// What was measured so far.
    pub fn measurements(&self) -> &Measurements {
        &self.measurements
    }

    /// Tries the scene and all tasks, compares named codes with the judge and measures the claims.
    ///
    /// # Errors
    /// Why the measurer could not examine something, as a sentence; what is wrong with the
    /// question is a fault.
    pub fn faults(
        &mut self,
        measurer: &mut (impl Measurer + ?Sized),
    ) -> Result<Vec<Fault>, String> {
        let question = self.question;
        let mut faults = Vec::new();
        let mut fault = |line: usize, reason: String| {
            faults.push(Fault::new(&question.file, line, reason));
        };
        let measurements = &mut self.measurements;
        if let Some(scene) = &question.scene {
            let wanted = [wanted(&scene.model, &scene.expression)];
            measurements.gather(&wanted, measurer)?;
            if let Some(found) = measurements.get(&scene.model, &scene.expression.depiction())
                && is_blank(found)
            {
                fault(scene.line, "the scene's picture is blank".to_owned());
            }
        }
        for task in &question.tasks {
            for reason in task_faults(task, question, measurements, measurer)? {
                fault(task.line, reason);
            }
        }
        for (line, reason) in named::misread(question, measurements, measurer)? {
            fault(line, reason);
        }
        for claim in &question.claims {
            if let Some(reason) = claim.fault(question, measurer)? {
                fault(claim.line, reason);
            }
        }
        Ok(faults)
    }
}

fn task_faults(
    task: &Task,
    question: &Question,
    measurements: &mut Measurements,
    measurer: &mut (impl Measurer + ?Sized),
) -> Result<Vec<String>, String> {
    let mut faults = Vec::new();
    measurements.gather(&task.wanted_to_solve(question)?, measurer)?;
    // What cannot be measured is the question's fault.
    let right = match task.right_answer(question, measurements) {
        Ok(right) => right,
        Err(reason) => return Ok(vec![reason]),
    };
    match judged(task, question, &right, measurements, measurer)? {
        Ok(verdict) if verdict.passed => {}
        Ok(verdict) => {
            let reason = verdict.reason;
            faults.push(format!("the right answer does not pass: {reason}"));
        }
        Err(reason) => return Ok(vec![reason]),
    }
    match task.wrong_answer(question, measurements) {
        Ok(None) => faults.push("every answer passes".to_owned()),
        Ok(Some(wrong)) => match judged(task, question, &wrong, measurements, measurer)? {
            Ok(verdict) if !verdict.passed => {}
            Ok(_) => faults.push(match &task.kind {
                TaskKind::Set { .. } => "the start fulfils the goal already".to_owned(),
                _ => "a wrong answer passes".to_owned(),
            }),
            Err(reason) => faults.push(reason),
        },
        Err(reason) => faults.push(reason),
    }
    match &task.kind {
        TaskKind::Which { left, right, .. } => {
            let panes = [left, right].map(|pane| wanted(&pane.model, &pane.expression));
            measurements.gather(&panes, measurer)?;
            let [a, b] = panes.map(|pane| measurements.get(&pane.model, &pane.depiction).cloned());
            if let (Some(a), Some(b)) = (a, b) {
                let percent = difference_percent(&a, &b);
                if percent < VISIBLE_PERCENT {
                    let percent = shown(percent);
                    faults.push(format!("left and right differ by {percent} % only"));
                }
            }
        }
        TaskKind::Compare {
            left,
            right,
            equal_within,
            ..
        } if *equal_within == 0.0 => {
            let model = question.model().unwrap_or_default();
            let values = [left, right].map(|side| side.value(model, None, measurements));
            if let [Ok(a), Ok(b)] = values {
                let scale = a.abs().max(b.abs());
                if (a - b).abs() <= 1e-4 * scale {
                    let (a, b) = (shown(a), shown(b));
                    faults.push(format!(
                        "left is {a}, right is {b}: this needs equal_within"
                    ));
                }
            }
        }
        TaskKind::Order {
            order: Order::Measured { expressions, by },
            ..
        } => {
            let model = question.model().unwrap_or_default();
            let mut values: Vec<f64> = expressions
                .iter()
                .filter_map(|formula| {
                    let here = Here::Picture(formula.depiction());
                    by.value(model, Some(&here), measurements).ok()
                })
                .collect();
            values.sort_by(f64::total_cmp);
            let is_near = |pair: &[f64]| (pair[1] - pair[0]).abs() <= 1e-4 * pair[1].abs();
            if let Some(pair) = values.windows(2).find(|pair| is_near(pair)) {
                let value = shown(pair[0]);
                faults.push(format!(
                    "two things to be ordered have the same number, {value}"
                ));
            }
        }
        _ => {}
    }
    Ok(faults)
}

/// The verdict on an answer, with what it needs examined first.
fn judged(
    task: &Task,
    question: &Question,
    answer: &Answer,
    measurements: &mut Measurements,
    measurer: &mut (impl Measurer + ?Sized),
) -> Result<Result<Verdict, String>, String> {
    match task.wanted(question, answer) {
        Ok(wanted) => measurements.gather(&wanted, measurer)?,
        Err(reason) => return Ok(Err(reason)),
    }
    Ok(task.check(question, answer, measurements))
}

fn wanted(model: &str, formula: &Formula) -> Wanted {
    Wanted {
        model: model.to_owned(),
        depiction: formula.depiction(),
    }
}

fn is_blank(found: &Measurement) -> bool {
    let all = found.picture.iter().copied();
    let (low, high) = all.fold((f32::MAX, f32::MIN), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    // A picture without numbers, or with some that are none, is blank too.
    let spread = high - low;
    spread.is_nan() || spread < VISIBLE_SPREAD
}

/// The root mean square difference in percent; 100 for pictures of different sizes.
fn difference_percent(a: &Measurement, b: &Measurement) -> f64 {
    if a.image != b.image {
        return 100.0;
    }
    let pairs = a.picture.iter().zip(&b.picture);
    let sum: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    100.0 * (sum / a.picture.len().max(1) as f64).sqrt()
}
