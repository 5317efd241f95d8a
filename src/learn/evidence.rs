//! What was measured on pictures, and the numbers in it.

use super::measure::{Detail, Measure, Quantity, put_here, speaks_of_here};
use super::question::{Depiction, Formula};
use super::toy::Play;
use crate::latent::expr::Expr;
use crate::latent::{Sampler, Space, geometry, prior};
use crate::model::measurement::{Judgement, Measurement};
use std::collections::BTreeMap;

/// What is on the window: what measures call `here`.
#[derive(Clone, PartialEq, Debug)]
pub enum Here {
    Picture(Depiction),
    Toy(Play),
}

impl Here {
    fn picture(&self) -> Option<&Depiction> {
        match self {
            Self::Picture(depiction) => Some(depiction),
            Self::Toy(_) => None,
        }
    }

    fn toy(&self) -> Option<&Play> {
        match self {
            Self::Toy(play) => Some(play),
            Self::Picture(_) => None,
        }
    }
}

/// A picture that has to be examined.
#[derive(Clone, PartialEq, Debug)]
pub struct Wanted {
    /// A model by name.
    pub model: String,
    pub depiction: Depiction,
}

/// Somebody who can examine pictures at once: a test, or the command line with its own engine.
/// The window asks the engine and comes back with the answer.
pub trait Measurer {
    /// Examines expressions of one model, in order.
    ///
    /// # Errors
    /// Why it cannot, as a sentence.
    fn examine(
        &mut self,
        model: &str,
        sampler: Sampler,
        expressions: &[Expr],
    ) -> Result<Vec<Measurement>, String>;
}

/// What was examined for one question, by model and by what the picture is drawn of.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Measurements {
    sampler: Sampler,
    found: BTreeMap<Key, Measurement>,
}

/// A model, an expression and settings, as texts.
type Key = [String; 3];

fn key(model: &str, depiction: &Depiction) -> Key {
    let Depiction {
        expression,
        settings,
    } = depiction;
    [
        model.to_owned(),
        expression.to_string(),
        settings.to_string(),
    ]
}

impl Measurements {
    /// Of pictures that are drawn with these settings.
    pub fn drawn_with(sampler: Sampler) -> Self {
        Self {
            sampler,
            found: BTreeMap::new(),
        }
    }

    /// The settings of the sampler for a picture.
    pub fn sampler_of(&self, depiction: &Depiction) -> Sampler {
        depiction.settings.on(self.sampler)
    }

    /// Examines what is wanted and not here yet.
    ///
    /// # Errors
    /// Why something could not be examined.
    pub fn gather(
        &mut self,
        wanted: &[Wanted],
        measurer: &mut (impl Measurer + ?Sized),
    ) -> Result<(), String> {
        // Pictures of one model and sampler are drawn together.
        let mut groups: BTreeMap<[String; 2], (&str, Vec<&Depiction>)> = BTreeMap::new();
        for Wanted { model, depiction } in self.missing(wanted) {
            let [model_key, _, settings] = key(model, depiction);
            let group = groups.entry([model_key, settings]);
            let (_, depictions) = group.or_insert_with(|| (model, Vec::new()));
            if !depictions.contains(&depiction) {
                depictions.push(depiction);
            }
        }
        for (model, depictions) in groups.into_values() {
            let expressions: Vec<Expr> =
                depictions.iter().map(|it| it.expression.clone()).collect();
            let sampler = depictions
                .first()
                .map_or(self.sampler, |it| self.sampler_of(it));
            let found = measurer.examine(model, sampler, &expressions)?;
            for (depiction, measurement) in depictions.into_iter().zip(found) {
                self.insert(model, depiction, measurement);
            }
        }
        Ok(())
    }

    /// Keeps what was found.
    pub fn insert(&mut self, model: &str, depiction: &Depiction, measurement: Measurement) {
        self.found.insert(key(model, depiction), measurement);
    }

    /// What was found.
    pub fn get(&self, model: &str, depiction: &Depiction) -> Option<&Measurement> {
        self.found.get(&key(model, depiction))
    }

    /// Those of the wanted that are not here yet.
    pub fn missing<'w>(&self, wanted: &'w [Wanted]) -> Vec<&'w Wanted> {
        let is_missing = |wanted: &&Wanted| self.get(&wanted.model, &wanted.depiction).is_none();
        wanted.iter().filter(is_missing).collect()
    }
}

impl Quantity {
    /// The pictures that it measures, with `here` in its places; none of a toy. What is drawn of
    /// `here` has its settings, too.
    ///
    /// # Errors
    /// When it speaks of `here` and there is none.
    pub fn depictions(&self, here: Option<&Here>) -> Result<Vec<Depiction>, String> {
        let here = here.and_then(Here::picture);
        let depiction = |argument: &Formula| {
            let of_here = here.filter(|_| speaks_of_here(&argument.expr));
            let settings = of_here.map_or(argument.settings, |here| {
                here.settings.then(argument.settings)
            });
            Ok(Depiction {
                expression: put_here(&argument.expr, here.map(|it| &it.expression))?,
                settings,
            })
        };
        self.arguments.iter().map(depiction).collect()
    }

    /// The number, in the units of its measure.
    ///
    /// Formulas: norm, distance and angle are those of [`geometry`]; the log density is that of
    /// the standard normal distribution; change is `100 * sqrt(mean((a - b)^2))` over all numbers
    /// of the pictures; sharpness is the mean of the mean absolute differences of horizontal and
    /// of vertical neighbours.
    ///
    /// # Errors
    /// A sentence when something was not examined, or the model cannot give the number.
    pub fn value(
        &self,
        model: &str,
        here: Option<&Here>,
        measurements: &Measurements,
    ) -> Result<f64, String> {
        if self.measure.toy().is_some() {
            return self.of_toy(here.and_then(Here::toy));
        }
        let depictions = self.depictions(here)?;
        let found = depictions
            .iter()
            .map(|depiction| {
                measurements
                    .get(model, depiction)
                    .ok_or_else(|| format!("{} was not measured yet", self.text))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let value = match *found.as_slice() {
            [a] => self.of_one(model, a),
            [a, b] => self.of_two(a, b),
            _ => Err(format!("{} has no arguments", self.text)),
        }?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(format!("{} is not finite", self.text))
        }
    }

    fn of_one(&self, model: &str, a: &Measurement) -> Result<f64, String> {
        let lacks = |what: &str| format!("{} cannot be measured: {model} has no {what}", self.text);
        match self.measure {
            Measure::Norm => Ok(geometry::norm(a.code.values.reals())),
            Measure::LogDensity if a.code.space == Space::Z => {
                Ok(prior::log_density(a.code.values.reals()))
            }
            Measure::LogDensity => Err(format!("{}: only z has a known density", self.text)),
            Measure::Coordinate => {
                let index = match self.detail {
                    Detail::Coordinate(index) => index,
                    _ => 0,
                };
                let value = a.code.values.reals().get(index);
                value
                    .map(|&value| f64::from(value))
                    .ok_or_else(|| lacks(&format!("number {index} in its codes")))
            }
            Measure::Brightness => Ok(mean(a.picture.iter().map(|&v| f64::from(v)))),
            Measure::Sharpness => Ok(sharpness(a)),
            Measure::Ink => {
                let is_ink = |v: &f32| f64::from(u8::from(*v > 0.5));
                Ok(100.0 * mean(a.picture.iter().map(is_ink)))
            }
            Measure::Digit | Measure::Confidence => {
                let class = a.judged.as_ref().and_then(Judgement::class);
                let (class, probability) = class.ok_or_else(|| lacks("judge of classes"))?;
                Ok(match self.measure {
                    Measure::Digit => class as f64,
                    _ => 100.0 * f64::from(probability),
                })
            }
            Measure::Probability => {
                let label = match &self.detail {
                    Detail::Label(label) => label.as_str(),
                    _ => "",
                };
                let judged = a
                    .judged
                    .as_ref()
                    .and_then(|judged| judged.probability(label));
                let probability = judged.ok_or_else(|| lacks(&format!("judge of {label}")))?;
                Ok(100.0 * f64::from(probability))
            }
            Measure::ReconstructionError => a
                .reconstruction_mse
                .map(f64::from)
                .ok_or_else(|| lacks("encoder")),
            Measure::BitsPerDim => a
                .bits_per_dimension
                .map(f64::from)
                .ok_or_else(|| lacks("density of pictures")),
            Measure::Nearest => a
                .nearest
                .map(f64::from)
                .ok_or_else(|| lacks("encoded data")),
            _ => Err(format!("{} needs two pictures", self.text)),
        }
    }

    fn of_two(&self, a: &Measurement, b: &Measurement) -> Result<f64, String> {
        let of_codes = matches!(self.measure, Measure::Distance | Measure::Angle);
        if of_codes && (a.code.space, a.code.shape) != (b.code.space, b.code.shape) {
            let (a, b) = (a.code.space, b.code.space);
            return Err(format!(
                "{} compares a code in {a} with one in {b}",
                self.text
            ));
        }
        match self.measure {
            Measure::Distance => Ok(geometry::distance(
                a.code.values.reals(),
                b.code.values.reals(),
            )),
            Measure::Angle => {
                Ok(geometry::angle(a.code.values.reals(), b.code.values.reals()).to_degrees())
            }
            Measure::Change if a.image == b.image => {
                let pairs = a.picture.iter().zip(&b.picture);
                let squares = pairs.map(|(&a, &b)| (f64::from(a) - f64::from(b)).powi(2));
                Ok(100.0 * mean(squares).sqrt())
            }
            Measure::Change => Err(format!("{} compares pictures of two sizes", self.text)),
            _ => Err(format!("{} takes one picture", self.text)),
        }
    }
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}

fn sharpness(measurement: &Measurement) -> f64 {
    let image = measurement.image;
    let (width, height) = (image.width.max(1), image.height.max(1));
    let (mut across, mut down) = (Mean::default(), Mean::default());
    for plane in measurement.picture.chunks_exact(width * height) {
        for (row, values) in plane.chunks_exact(width).enumerate() {
            for pair in values.windows(2) {
                across.add(f64::from((pair[0] - pair[1]).abs()));
            }
            let below = plane.get((row + 1) * width..).unwrap_or_default();
            for (above, below) in values.iter().zip(below) {
                down.add(f64::from((above - below).abs()));
            }
        }
    }
    (across.value() + down.value()) / 2.0
}

#[derive(Default)]
struct Mean {
    sum: f64,
    count: usize,
}

impl Mean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1;
    }

    fn value(&self) -> f64 {
        self.sum / self.count.max(1) as f64
    }
}

/// A measured number as people read it: three significant digits, whole numbers as they are.
pub fn shown(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < 1e6 {
        return format!("{value:.0}");
    }
    let digits = value.abs().log10().floor();
    if !(-5.0..6.0).contains(&digits) {
        return format!("{value:.2e}");
    }
    let decimals = (2.0 - digits).clamp(0.0, 7.0) as usize;
    format!("{value:.decimals$}")
}

/// A measured number with its unit, as people read it.
pub fn with_unit(value: f64, unit: &str) -> String {
    joined(&shown(value), unit)
}

/// As [`with_unit`] for a number that changes while it is read: below 1 it has three decimals, so that
/// it keeps its width.
pub fn live_with_unit(value: f64, unit: &str) -> String {
    let number = match value {
        value if value == 0.0 || value.abs() >= 1.0 => shown(value),
        value if value.abs() >= 0.001 => format!("{value:.3}"),
        value if value > 0.0 => "< 0.001".to_owned(),
        value if value < 0.0 => "> -0.001".to_owned(),
        value => shown(value),
    };
    joined(&number, unit)
}

fn joined(number: &str, unit: &str) -> String {
    match unit {
        "" => number.to_owned(),
        "%" => format!("{number} %"),
        "°" => format!("{number}°"),
        unit => format!("{number} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::Code;
    use crate::latent::expr::parse;
    use crate::learn::measure::parse_quantity;
    use crate::model::manifest::{ImageSpec, LabelKind};
    use crate::model::measurement::Judgement;

    fn measurement(code: &[f32], picture: [f32; 4]) -> Measurement {
        Measurement {
            code: Code::vector(Space::Z, code.to_vec()),
            image: ImageSpec {
                channels: 1,
                height: 2,
                width: 2,
            },
            picture: picture.to_vec(),
            judged: Some(Judgement {
                kind: LabelKind::Classes,
                labels: ["hat", "0", "glasses"].map(str::to_owned).into(),
                probabilities: vec![0.125, 0.1, 0.25],
            }),
            reconstruction_mse: Some(0.5),
            bits_per_dimension: None,
            nearest: None,
        }
    }

    #[test]
    fn live_numbers_have_three_decimals_at_most() {
        assert_eq!(live_with_unit(0.000_012_3, ""), "< 0.001");
        assert_eq!(live_with_unit(-0.000_012_3, "nats"), "> -0.001 nats");
        assert_eq!(live_with_unit(0.0, "%"), "0 %");
        assert_eq!(live_with_unit(12.345, "%"), "12.3 %");
        assert_eq!(live_with_unit(0.012_345, ""), "0.012");
    }

    #[test]
    fn numbers_are_those_of_the_formulas() {
        let mut measurements = Measurements::default();
        let here = Depiction::from(parse("seed(1)").unwrap());
        measurements.insert("m", &here, measurement(&[3.0, 4.0], [0.0, 1.0, 0.25, 0.75]));
        measurements.insert(
            "m",
            &parse("seed(2)").unwrap().into(),
            measurement(&[3.0, 0.0], [0.5; 4]),
        );
        let value = |text: &str| {
            let quantity = parse_quantity(text, 1).expect(text);
            quantity.value("m", Some(&Here::Picture(here.clone())), &measurements)
        };
        for (text, expected) in [
            ("norm(here)", 5.0),
            ("distance(here, seed(2))", 4.0),
            ("angle(here, seed(2))", (3.0_f64 / 5.0).acos().to_degrees()),
            (
                "log_density(here)",
                -12.5 - (2.0 * std::f64::consts::PI).ln(),
            ),
            ("coordinate(here, 1)", 4.0),
            ("change(here, seed(2))", 100.0 * (0.625_f64 / 4.0).sqrt()),
            ("brightness(here)", 0.5),
            ("sharpness(here)", (0.75 + 0.25) / 2.0),
            ("ink(here)", 50.0),
            ("digit(here)", 2.0),
            ("confidence(here)", 25.0),
            ("probability(here, \"hat\")", 12.5),
            ("reconstruction_error(here)", 0.5),
        ] {
            let found = value(text).expect(text);
            assert!(
                (found - expected).abs() < 1e-6,
                "{text}: {found}, not {expected}"
            );
        }
        for (text, part) in [
            ("nearest(here)", "no encoded data"),
            ("bits_per_dim(here)", "no density"),
            ("coordinate(here, 2)", "number 2"),
            ("probability(here, \"beard\")", "no judge of beard"),
            ("norm(seed(3))", "not measured"),
        ] {
            let fault = value(text).expect_err(text);
            assert!(fault.contains(part), "{fault}");
        }
        // A picture with any number of labels is of no class.
        let mut flagged = measurement(&[3.0, 4.0], [0.0; 4]);
        if let Some(judged) = &mut flagged.judged {
            judged.kind = LabelKind::Flags;
        }
        measurements.insert("m", &here, flagged);
        let value = |text: &str| {
            let quantity = parse_quantity(text, 1).expect(text);
            quantity.value("m", Some(&Here::Picture(here.clone())), &measurements)
        };
        assert!(value("digit(here)").is_err_and(|fault| fault.contains("judge of classes")));
        assert_eq!(value("probability(here, \"glasses\")"), Ok(25.0));
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (7.0, "7"),
            (-12.0, "-12"),
            (2.34567, "2.35"),
            (0.012345, "0.0123"),
            (123.456, "123"),
            (1e-9, "1.00e-9"),
            (1.5e9, "1.50e9"),
        ] {
            assert_eq!(shown(value), text);
        }
    }
}
