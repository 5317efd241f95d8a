//! What a learner answers, and how the measured numbers judge it.

use super::evidence::{Here, Measurements, Wanted, shown, with_unit};
use super::measure::Quantity;
use super::question::{Question, Spot};
use super::task::{Order, Pane, Side, Task, TaskKind};
use super::verdict::{CounterExample, Reading, Verdict};
use serde::{Deserialize, Serialize};

/// The share of points that makes a free answer a right one.
pub const POINTS_TO_PASS: f64 = 0.7;

/// An answer to a task.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// Options by their place in the file; all right ones where several are.
    Choose {
        chosen: Vec<usize>,
    },
    Predict {
        value: f64,
    },
    Compare {
        said: Larger,
    },
    /// Where the learner stands: the expression of the picture on the window, or what the toy is
    /// set to.
    Set {
        expression: String,
    },
    Which {
        side: Side,
    },
    /// Things by their place in the file, in the learner's order.
    Order {
        order: Vec<usize>,
    },
    /// What was written, and which points of the task the learner found in it.
    Explain {
        text: String,
        ticked: Vec<bool>,
    },
}

/// Which of two numbers is larger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Larger {
    Left,
    Right,
    Equal,
}

/// A question's model, which its tasks are checked with.
struct CheckContext<'a> {
    model: Option<&'a str>,
    measurements: &'a Measurements,
}

impl Task {
    /// What has to be examined before an answer can be checked.
    ///
    /// # Errors
    /// When the answer is to another kind of task, or holds an expression that is none.
    pub fn wanted(&self, question: &Question, answer: &Answer) -> Result<Vec<Wanted>, String> {
        let here = match answer {
            Answer::Set { expression } => Some(question.here_of(expression)?),
            _ => None,
        };
        self.wanted_at(question, here.as_ref())
    }

    /// What has to be examined to know [`Self::right_answer`].
    ///
    /// # Errors
    /// When the question has no model for its measures.
    pub fn wanted_to_solve(&self, question: &Question) -> Result<Vec<Wanted>, String> {
        match &self.kind {
            TaskKind::Set { solution, .. } => self.wanted_at(question, Some(&solution.here())),
            _ => self.wanted_at(question, None),
        }
    }

    fn wanted_at(&self, question: &Question, here: Option<&Here>) -> Result<Vec<Wanted>, String> {
        let mut wanted = Vec::new();
        let mut want = |quantity: &Quantity, here: Option<&Here>| -> Result<(), String> {
            if quantity.measure.toy().is_some() {
                // A toy is asked when the answer is judged.
                return Ok(());
            }
            let model = question.model().ok_or_else(no_model)?;
            wanted.extend(
                quantity
                    .depictions(here)?
                    .into_iter()
                    .map(|depiction| Wanted {
                        model: model.to_owned(),
                        depiction,
                    }),
            );
            Ok(())
        };
        match &self.kind {
            TaskKind::Predict { quantity, .. } => want(quantity, None)?,
            TaskKind::Compare { left, right, .. } => {
                want(left, None)?;
                want(right, None)?;
            }
            TaskKind::Set { goals, .. } => {
                for goal in goals {
                    want(&goal.quantity, here)?;
                }
            }
            TaskKind::Order {
                order: Order::Measured { expressions, by },
                ..
            } => {
                for formula in expressions {
                    want(by, Some(&Here::Picture(formula.depiction())))?;
                }
            }
            TaskKind::Choose { .. }
            | TaskKind::Which { .. }
            | TaskKind::Order { .. }
            | TaskKind::Explain { .. } => {}
        }
        Ok(wanted)
    }

    /// Judges an answer by what was measured.
    ///
    /// # Errors
    /// A sentence when the answer does not fit the task, or something was not or cannot be
    /// measured. An answer that is wrong is no error.
    pub fn check(
        &self,
        question: &Question,
        answer: &Answer,
        measurements: &Measurements,
    ) -> Result<Verdict, String> {
        let site = CheckContext {
            model: question.model(),
            measurements,
        };
        match (&self.kind, answer) {
            (TaskKind::Choose { options }, Answer::Choose { chosen }) => {
                site.choose(options, chosen)
            }
            (
                TaskKind::Predict {
                    quantity,
                    unit,
                    within,
                    because,
                },
                Answer::Predict { value },
            ) => site.predict(quantity, (unit, *within), because, *value),
            (
                TaskKind::Compare {
                    left,
                    right,
                    equal_within,
                    because,
                },
                Answer::Compare { said },
            ) => site.compare([left, right], *equal_within, because, *said),
            (TaskKind::Set { goals, because, .. }, Answer::Set { expression }) => {
                site.set(goals, because, &question.here_of(expression)?)
            }
            (
                TaskKind::Which {
                    left,
                    right,
                    answer,
                    because,
                },
                Answer::Which { side },
            ) => Ok(which([left, right], *answer, because, *side)),
            (TaskKind::Order { order, because }, Answer::Order { order: given }) => {
                site.order(order, because, given)
            }
            (TaskKind::Explain { .. }, Answer::Explain { ticked, .. }) => {
                explain(self.points(question).len(), ticked)
            }
            _ => Err(format!(
                "this is no answer to a task of kind {:?}",
                self.kind_name()
            )),
        }
    }

    /// The right answer, by what was measured; of `explain` one that ticks all points.
    ///
    /// # Errors
    /// As for [`Self::check`].
    pub fn right_answer(
        &self,
        question: &Question,
        measurements: &Measurements,
    ) -> Result<Answer, String> {
        let site = CheckContext {
            model: question.model(),
            measurements,
        };
        Ok(match &self.kind {
            TaskKind::Choose { options } => Answer::Choose {
                chosen: (0..options.len())
                    .filter(|&i| options[i].is_right)
                    .collect(),
            },
            TaskKind::Predict { quantity, .. } => Answer::Predict {
                value: site.value(quantity, None)?,
            },
            TaskKind::Compare {
                left,
                right,
                equal_within,
                ..
            } => Answer::Compare {
                said: larger(
                    site.value(left, None)?,
                    site.value(right, None)?,
                    *equal_within,
                ),
            },
            TaskKind::Set { solution, .. } => Answer::Set {
                expression: solution.to_string(),
            },
            TaskKind::Which { answer, .. } => Answer::Which { side: *answer },
            TaskKind::Order { order, .. } => Answer::Order {
                order: site.right_order(order)?.0,
            },
            TaskKind::Explain { .. } => Answer::Explain {
                text: String::new(),
                ticked: vec![true; self.points(question).len()],
            },
        })
    }

    /// Where a task begins: at its own start, else where the scene opens, or else the toy.
    pub fn start(&self, question: &Question) -> Option<Spot> {
        match &self.kind {
            TaskKind::Set {
                start: Some(start), ..
            } => Some(start.clone()),
            // Its goals are of one of the two.
            TaskKind::Set {
                solution: Spot::Toy(_),
                ..
            } => question
                .toy
                .as_ref()
                .map(|toy| Spot::Toy(toy.start.clone())),
            _ => {
                let scene = question.scene.as_ref();
                scene.map(|scene| Spot::Picture(scene.expression.clone()))
            }
        }
    }
}

impl CheckContext<'_> {
    fn model(&self) -> Result<&str, String> {
        self.model.ok_or_else(no_model)
    }

    fn value(&self, quantity: &Quantity, here: Option<&Here>) -> Result<f64, String> {
        let model = match quantity.measure.toy() {
            Some(_) => "",
            None => self.model()?,
        };
        quantity.value(model, here, self.measurements)
    }

    /// The pictures that a quantity measures.
    fn pictures(&self, quantity: &Quantity) -> Result<Vec<CounterExample>, String> {
        if quantity.arguments.is_empty() {
            return Ok(Vec::new());
        }
        let model = self.model()?;
        Ok(quantity
            .arguments
            .iter()
            .map(|argument| CounterExample {
                model: model.to_owned(),
                depiction: argument.depiction(),
                caption: argument.text.clone(),
            })
            .collect())
    }

    fn choose(&self, options: &[super::task::Choice], chosen: &[usize]) -> Result<Verdict, String> {
        let mut chosen = chosen.to_vec();
        chosen.sort_unstable();
        chosen.dedup();
        let chosen_options = chosen
            .iter()
            .map(|&index| options.get(index).ok_or("there is no such option"))
            .collect::<Result<Vec<_>, _>>()?;
        if chosen_options.is_empty() {
            return Err("nothing is chosen".to_owned());
        }
        let wrong: Vec<_> = chosen_options.iter().filter(|o| !o.is_right).collect();
        let right = options.iter().filter(|option| option.is_right).count();
        let hits = chosen_options.len() - wrong.len();
        let passed = wrong.is_empty() && hits == right;
        let told: Vec<&str> = if wrong.is_empty() {
            chosen_options.iter().map(|o| o.because.as_str()).collect()
        } else {
            wrong.iter().map(|o| o.because.as_str()).collect()
        };
        let mut reason = told.join(" ");
        if wrong.is_empty() && !passed {
            reason.push_str(" But that is not all that is right.");
        }
        let mut counter_examples = Vec::new();
        for show in wrong.iter().filter_map(|option| option.show.as_ref()) {
            counter_examples.push(CounterExample {
                model: self.model()?.to_owned(),
                depiction: show.depiction(),
                caption: format!("A counter-example: {}", show.text),
            });
        }
        // A wrong choice takes a right one away, so that choosing everything gains nothing.
        let score = (hits as f64 - wrong.len() as f64).max(0.0) / right.max(1) as f64;
        Ok(Verdict {
            passed,
            score,
            reason,
            readings: Vec::new(),
            counter_examples,
        })
    }

    fn predict(
        &self,
        quantity: &Quantity,
        (unit, within): (&str, f64),
        because: &str,
        value: f64,
    ) -> Result<Verdict, String> {
        if !value.is_finite() {
            return Err("a prediction is a number".to_owned());
        }
        let measured = self.value(quantity, None)?;
        let off = (measured - value).abs();
        // What is written with few digits has to count as within.
        let passed = off <= within * (1.0 + 1e-9) + f64::EPSILON;
        let unit = unit.trim();
        let judged = if passed {
            "which is close enough".to_owned()
        } else {
            format!("off by {}", shown(off))
        };
        Ok(Verdict {
            passed,
            score: f64::from(u8::from(passed)),
            reason: format!(
                "Measured: {}. You said {}, {judged}. {because}",
                with_unit(measured, unit),
                with_unit(value, unit),
            ),
            readings: vec![Reading {
                label: quantity.text.clone(),
                value: measured,
                unit: unit.to_owned(),
                holds: None,
            }],
            counter_examples: if passed {
                Vec::new()
            } else {
                self.pictures(quantity)?
            },
        })
    }

    fn compare(
        &self,
        [left, right]: [&Quantity; 2],
        equal_within: f64,
        because: &str,
        said: Larger,
    ) -> Result<Verdict, String> {
        let (a, b) = (self.value(left, None)?, self.value(right, None)?);
        let passed = larger(a, b, equal_within) == said;
        let mut counter_examples = Vec::new();
        if !passed {
            counter_examples = self.pictures(left)?;
            counter_examples.extend(self.pictures(right)?);
            counter_examples.dedup();
        }
        let reading = |quantity: &Quantity, value| Reading {
            label: quantity.text.clone(),
            value,
            unit: quantity.measure.unit().to_owned(),
            holds: None,
        };
        Ok(Verdict {
            passed,
            score: f64::from(u8::from(passed)),
            reason: format!(
                "Measured: left {}, right {}. {because}",
                with_unit(a, left.measure.unit()),
                with_unit(b, right.measure.unit()),
            ),
            readings: vec![reading(left, a), reading(right, b)],
            counter_examples,
        })
    }

    fn set(&self, goals: &[super::Goal], because: &str, here: &Here) -> Result<Verdict, String> {
        let mut readings = Vec::new();
        for goal in goals {
            let value = self.value(&goal.quantity, Some(here))?;
            readings.push(Reading {
                label: goal.text.clone(),
                value,
                unit: goal.quantity.measure.unit().to_owned(),
                holds: Some(goal.holds(value)),
            });
        }
        let missed: Vec<String> = readings
            .iter()
            .filter(|reading| reading.holds == Some(false))
            .map(|reading| {
                let measured = with_unit(reading.value, &reading.unit);
                format!("{} does not hold: it is {measured}.", reading.label)
            })
            .collect();
        let passed = missed.is_empty();
        let held = goals.len() - missed.len();
        Ok(Verdict {
            passed,
            score: if passed {
                1.0
            } else {
                // Goals that hold at the start show nothing.
                0.5 * held as f64 / goals.len().max(1) as f64
            },
            reason: if passed {
                because.to_owned()
            } else {
                missed.join(" ")
            },
            readings,
            counter_examples: match here {
                Here::Picture(depiction) if !passed => vec![CounterExample {
                    model: self.model()?.to_owned(),
                    depiction: depiction.clone(),
                    caption: "What you have set".to_owned(),
                }],
                Here::Picture(_) | Here::Toy(_) => Vec::new(),
            },
        })
    }

    /// A right order, and the number of each thing in the file's order by which it is one: its
    /// step, or what was measured.
    fn right_order(&self, order: &Order) -> Result<(Vec<usize>, Vec<f64>), String> {
        let mut right: Vec<usize> = (0..order.len()).collect();
        let values = match order {
            Order::Items(items) => items.iter().map(|item| item.step as f64).collect(),
            Order::Measured { expressions, by } => expressions
                .iter()
                .map(|formula| self.value(by, Some(&Here::Picture(formula.depiction()))))
                .collect::<Result<Vec<f64>, String>>()?,
        };
        right.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        Ok((right, values))
    }

    fn order(&self, order: &Order, because: &str, given: &[usize]) -> Result<Verdict, String> {
        let mut sorted = given.to_vec();
        sorted.sort_unstable();
        if !sorted.iter().copied().eq(0..order.len()) {
            return Err("an order names each thing once".to_owned());
        }
        let (right, values) = self.right_order(order)?;
        // Things of the same number stand in either order.
        let is_before = |a: usize, b: usize| values[a] <= values[b];
        let (mut pairs, mut kept) = (0_usize, 0_usize);
        for (index, &a) in given.iter().enumerate() {
            for &b in &given[index + 1..] {
                pairs += 1;
                kept += usize::from(is_before(a, b));
            }
        }
        let passed = kept == pairs;
        let first_wrong = given
            .windows(2)
            .find(|pair| !is_before(pair[0], pair[1]))
            .map(|pair| (pair[1], pair[0]));
        let told = match first_wrong {
            Some((earlier, later)) => format!(
                "{} comes before {}. ",
                quoted(order.label(earlier)),
                quoted(order.label(later))
            ),
            None => String::new(),
        };
        let mut readings = Vec::new();
        let mut counter_examples = Vec::new();
        if let Order::Measured { expressions, by } = order {
            for &thing in &right {
                readings.push(Reading {
                    label: order.label(thing).to_owned(),
                    value: values.get(thing).copied().unwrap_or_default(),
                    unit: by.measure.unit().to_owned(),
                    holds: None,
                });
            }
            if let Some((earlier, later)) = first_wrong {
                for thing in [earlier, later] {
                    if let Some(formula) = expressions.get(thing) {
                        counter_examples.push(CounterExample {
                            model: self.model()?.to_owned(),
                            depiction: formula.depiction(),
                            caption: formula.text.clone(),
                        });
                    }
                }
            }
        }
        Ok(Verdict {
            passed,
            score: kept as f64 / pairs.max(1) as f64,
            reason: format!("{told}{because}"),
            readings,
            counter_examples,
        })
    }
}

/// Judges a free answer by which of its points were ticked.
fn explain(points: usize, ticked: &[bool]) -> Result<Verdict, String> {
    if ticked.len() != points {
        let found = ticked.len();
        return Err(format!("{found} points are ticked or not, of {points}"));
    }
    let hits = ticked.iter().filter(|&&is_ticked| is_ticked).count();
    let score = hits as f64 / ticked.len().max(1) as f64;
    Ok(Verdict {
        passed: score >= POINTS_TO_PASS,
        score,
        reason: format!("Your answer has {hits} of {} points.", ticked.len()),
        readings: Vec::new(),
        counter_examples: Vec::new(),
    })
}

fn which([left, right]: [&Pane; 2], answer: Side, because: &str, said: Side) -> Verdict {
    let passed = answer == said;
    let counter_examples = if passed {
        Vec::new()
    } else {
        [left, right]
            .map(|pane| CounterExample {
                model: pane.model.clone(),
                depiction: pane.expression.depiction(),
                caption: format!("{} of {}", pane.expression.text, pane.model),
            })
            .to_vec()
    };
    let side = match answer {
        Side::Left => "left",
        Side::Right => "right",
    };
    Verdict {
        passed,
        score: f64::from(u8::from(passed)),
        reason: format!("It is the {side} one. {because}"),
        readings: Vec::new(),
        counter_examples,
    }
}

/// Which of two numbers is larger, where a small difference counts as none.
fn larger(left: f64, right: f64, equal_within: f64) -> Larger {
    if (left - right).abs() <= equal_within {
        Larger::Equal
    } else if left > right {
        Larger::Left
    } else {
        Larger::Right
    }
}

fn quoted(text: &str) -> String {
    format!("“{}”", text.trim().trim_end_matches('.'))
}

fn no_model() -> String {
    "this question names no model to measure with".to_owned()
}
