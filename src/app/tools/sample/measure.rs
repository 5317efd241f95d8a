//! What is read off the points of a curve, and the curves as a chart for documents.

use super::quality::{Along, Curve};
use crate::app::sampling::{judge_in_words, method_in_words, steps_in_words};
use crate::document::chart::{Chart, ChartLine};
use crate::latent::SamplerPart;
use crate::latent::likeness::Likeness;

/// What stands up in the plot.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Measure {
    #[default]
    Frechet,
    /// Precision and recall.
    Coverage,
    /// The judge's confidence, how many show what was asked for, and what is clipped.
    Saturation,
}

/// One line of a curve: what it is, and its value.
pub type Reading = (&'static str, fn(&Likeness) -> Option<f64>);

impl Measure {
    pub const ALL: [Self; 3] = [Self::Frechet, Self::Coverage, Self::Saturation];

    /// A word for a button.
    pub fn word(self) -> &'static str {
        match self {
            Self::Frechet => "Distance",
            Self::Coverage => "Coverage",
            Self::Saturation => "Saturation",
        }
    }

    /// What it is called, and what it means.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Frechet => (
                "Fréchet distance",
                "Of the features of the judge to those of real pictures: 0 is alike. It depends on the number \
                 of pictures, so compare only curves of one number",
            ),
            Self::Coverage => (
                "Precision and recall",
                "Precision: how many pictures lie among real ones. Recall, dashed: how many real ones lie \
                 among the pictures",
            ),
            Self::Saturation => (
                "What was asked and clipping",
                "How sure the judge is; dashed, how many show what was asked for; dotted, how many \
                 numbers are plain black or white",
            ),
        }
    }

    /// The first line is drawn through, the second dashed, the third dotted.
    pub fn readings(self) -> &'static [Reading] {
        match self {
            Self::Frechet => &[("Fréchet distance", |it| Some(it.frechet))],
            Self::Coverage => &[
                ("precision", |it| Some(it.precision)),
                ("recall", |it| Some(it.recall)),
            ],
            Self::Saturation => &[
                ("confidence", |it| it.confidence),
                ("as asked", |it| it.obeyed),
                ("clipped", |it| Some(it.clipped)),
            ],
        }
    }
}

impl Along {
    /// What a curve is called that goes along it, what stands at its axis, and what it is.
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Steps => ("Against steps", "steps", "Pictures of 1 to 100 steps"),
            Self::Guidance => (
                "Against guidance",
                "guidance scale",
                "Pictures of guidance 0 to 10: what is asked for shows more, and variety falls",
            ),
            Self::Judge => (
                "Against the judge",
                "guidance by the judge",
                "Pictures that the judge's gradient leads, 0 to 10 times: at guidance 0 by nothing else",
            ),
            Self::Temperature => (
                "Against temperature",
                "temperature",
                "Pictures that are written at temperatures of 0 to 1.2: the colder, the likelier and the less varied",
            ),
        }
    }
}

impl Curve {
    /// What stays the same along it.
    pub fn name(&self) -> String {
        let SamplerPart {
            guidance,
            temperature,
            ..
        } = self.base;
        if !self.denoises {
            let kept = match self.along {
                Along::Temperature => format!("guidance {guidance}"),
                _ => format!("temperature {temperature}"),
            };
            return format!("{kept} · {} pictures", self.count);
        }
        let method = method_in_words(&self.base);
        let judge = judge_in_words(&self.base);
        let steps = steps_in_words(self.base.steps);
        let kept = match self.along {
            Along::Steps if guidance != 1.0 => format!("{method} · guidance {guidance}{judge}"),
            Along::Steps => method + &judge,
            Along::Guidance | Along::Temperature => format!("{method} · {steps}{judge}"),
            Along::Judge => format!("{method} · {steps} · guidance {guidance}"),
        };
        format!("{kept} · {} pictures", self.count)
    }

    /// The points of a reading, in order along the curve.
    pub fn line(&self, reading: &Reading) -> Vec<[f64; 2]> {
        let found = self.points.iter();
        found
            .filter_map(|(at, likeness)| Some([f64::from(*at), (reading.1)(likeness)?]))
            .collect()
    }
}

/// The curves that go along the same as a chart of one measure.
pub fn chart(curves: &[Curve], along: Along, measure: Measure) -> Chart {
    let (_, axis, _) = along.words();
    let readings = measure.readings();
    let lines = curves.iter().enumerate();
    let lines = lines.filter(|(_, curve)| curve.along == along);
    let lines = lines.flat_map(|(colour, curve)| {
        readings
            .iter()
            .enumerate()
            .map(move |(place, reading)| ChartLine {
                name: match readings.len() {
                    1 => curve.name(),
                    _ => format!("{}, {}", reading.0, curve.name()),
                },
                points: curve.line(reading),
                colour,
                is_dashed: place > 0,
            })
    });
    Chart {
        title: format!("{} against {axis}", measure.words().0),
        axes: [axis.to_owned(), measure.words().0.to_owned()],
        is_logarithmic: along == Along::Steps,
        lines: lines.collect(),
    }
}
