//! Curves and bars.

use exmex::{Express as _, FlatEx};
use serde::Deserialize;

/// Points of a curve that is given by a formula.
const SAMPLES: usize = 120;
/// The longest formula, in letters: what is read recursively stays shallow.
const MAX_FORMULA: usize = 200;
/// Most points of a series, and most series and bars of a chart.
const MAX_POINTS: usize = 1000;
const MAX_SERIES: usize = 6;
const MAX_BARS: usize = 40;

/// A chart: what it is drawn with, and its axes.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    pub marks: Marks,
    pub x: Axis,
    pub y: Axis,
}

/// What is drawn.
#[derive(Clone, PartialEq, Debug)]
pub enum Marks {
    Lines(Lines),
    Bars(Bars),
}

/// Curves over one axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Lines {
    pub series: Vec<Series>,
    /// Whether the points stand alone, without a line through them.
    pub is_scattered: bool,
}

/// A curve with its name.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    pub name: String,
    /// x and y, in the order in which they are joined.
    pub points: Vec<[f64; 2]>,
}

/// Bars with their names, one below the other.
#[derive(Clone, PartialEq, Debug)]
pub struct Bars {
    pub bars: Vec<(String, f64)>,
}

/// One axis of a chart.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// The least and the largest value that is shown.
    pub range: [f64; 2],
    pub is_log: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLines {
    #[serde(default)]
    x: String,
    #[serde(default)]
    y: String,
    from: Option<f64>,
    to: Option<f64>,
    #[serde(default)]
    log_x: bool,
    #[serde(default)]
    log_y: bool,
    /// The least and the largest value of y; by default what the curves reach.
    y_range: Option<[f64; 2]>,
    #[serde(default)]
    points_only: bool,
    series: Vec<RawSeries>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSeries {
    name: String,
    formula: Option<String>,
    points: Option<Vec<[f64; 2]>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBars {
    #[serde(default)]
    y: String,
    values: Vec<(String, f64)>,
}

impl Chart {
    pub(super) fn of_lines(raw: RawLines) -> Result<Self, String> {
        if !(1..=MAX_SERIES).contains(&raw.series.len()) {
            let count = raw.series.len();
            return Err(format!("it has {count} series, not 1 to {MAX_SERIES}"));
        }
        let over = raw.from.zip(raw.to).map(|(from, to)| [from, to]);
        if over.is_some_and(|[from, to]| !(from < to && (to - from).is_finite())) {
            return Err("from has to be less than to".to_owned());
        }
        let series = raw.series.into_iter().map(|it| it.read(over, raw.log_x));
        let series = series.collect::<Result<Vec<_>, _>>()?;
        let all = || series.iter().flat_map(|series| &series.points);
        let x = over.unwrap_or_else(|| bounds(all().map(|point| point[0])));
        let y = raw
            .y_range
            .unwrap_or_else(|| bounds(all().map(|point| point[1])));
        let axes = [(raw.x, x, raw.log_x, "x"), (raw.y, y, raw.log_y, "y")];
        let axes = axes.map(|(label, range, is_log, name)| {
            Axis {
                label,
                range,
                is_log,
            }
            .checked(name)
        });
        let [x, y] = axes;
        Ok(Self {
            marks: Marks::Lines(Lines {
                series,
                is_scattered: raw.points_only,
            }),
            x: x?,
            y: y?,
        })
    }

    pub(super) fn of_bars(raw: RawBars) -> Result<Self, String> {
        let count = raw.values.len();
        if !(1..=MAX_BARS).contains(&count) {
            return Err(format!("it has {count} bars, not 1 to {MAX_BARS}"));
        }
        if let Some((name, value)) = raw.values.iter().find(|(_, value)| !value.is_finite()) {
            return Err(format!("the bar {name:?} is {value}, which is no length"));
        }
        let [least, most] = bounds(raw.values.iter().map(|(_, value)| *value));
        let y = Axis {
            label: raw.y,
            // Bars begin at zero.
            range: [least.min(0.0), most.max(0.0)],
            is_log: false,
        };
        Ok(Self {
            marks: Marks::Bars(Bars { bars: raw.values }),
            x: Axis {
                label: String::new(),
                range: [0.0, count as f64],
                is_log: false,
            },
            y,
        })
    }

    /// What can be said of it without seeing it.
    pub(super) fn described(&self) -> String {
        match &self.marks {
            Marks::Lines(lines) => {
                let of = |series: &Series| {
                    let ends = (series.points.first(), series.points.last());
                    let (Some(first), Some(last)) = ends else {
                        return series.name.clone();
                    };
                    format!(
                        "{} goes from {} at {} to {} at {}",
                        series.name,
                        shown(first[1]),
                        shown(first[0]),
                        shown(last[1]),
                        shown(last[0])
                    )
                };
                let of_all: Vec<String> = lines.series.iter().map(of).collect();
                format!(
                    "A chart of {} over {}: {}",
                    self.y.label,
                    self.x.label,
                    of_all.join("; ")
                )
            }
            Marks::Bars(bars) => {
                let bars = bars.bars.iter();
                let bars: Vec<String> = bars
                    .map(|(name, value)| format!("{name} {}", shown(*value)))
                    .collect();
                format!("Bars of {}: {}", self.y.label, bars.join(", "))
            }
        }
    }
}

impl Bars {
    /// A length as it stands beside its bar.
    pub fn shown(value: f64) -> String {
        shown(value)
    }
}

impl RawSeries {
    fn read(self, over: Option<[f64; 2]>, is_log: bool) -> Result<Series, String> {
        let name = self.name;
        let points = match (self.formula, self.points) {
            (Some(formula), None) => {
                let over = over.ok_or("a formula needs from and to")?;
                sampled(&formula, over, is_log)
                    .map_err(|fault| format!("the formula {formula:?} {fault}"))?
            }
            (None, Some(points)) => points,
            _ => {
                return Err(format!(
                    "the series {name:?} needs a formula or points, not both"
                ));
            }
        };
        if !(1..=MAX_POINTS).contains(&points.len()) {
            return Err(format!(
                "the series {name:?} needs 1 to {MAX_POINTS} points"
            ));
        }
        if points.iter().flatten().any(|number| !number.is_finite()) {
            return Err(format!("the series {name:?} leaves the finite numbers"));
        }
        Ok(Series { name, points })
    }
}

/// A formula of `x` over a range, evenly, or evenly in its logarithm.
fn sampled(formula: &str, [from, to]: [f64; 2], is_log: bool) -> Result<Vec<[f64; 2]>, String> {
    if formula.len() > MAX_FORMULA {
        return Err(format!("is longer than {MAX_FORMULA} letters"));
    }
    let parsed = FlatEx::<f64>::parse(formula).map_err(|error| format!("is wrong: {error}"))?;
    let names = parsed.var_names();
    if let Some(other) = names.iter().find(|name| *name != "x") {
        return Err(format!("has {other:?}, and only x is known"));
    }
    let variables = names.len();
    (0..=SAMPLES)
        .map(|index| {
            let t = index as f64 / SAMPLES as f64;
            let x = if is_log {
                from * (to / from).powf(t)
            } else {
                from + (to - from) * t
            };
            let y = parsed.eval(&[x][..variables]);
            Ok([
                x,
                y.map_err(|error| format!("has no value at {x}: {error}"))?,
            ])
        })
        .collect()
}

/// The least and the largest of some numbers, a little apart where they are equal.
fn bounds(numbers: impl Iterator<Item = f64>) -> [f64; 2] {
    let [least, most] = numbers.fold(
        [f64::INFINITY, f64::NEG_INFINITY],
        |[least, most], number| [least.min(number), most.max(number)],
    );
    if least < most {
        [least, most]
    } else {
        [least - 0.5, least + 0.5]
    }
}

impl Axis {
    fn checked(self, name: &str) -> Result<Self, String> {
        let [least, most] = self.range;
        if !(least < most && (most - least).is_finite()) {
            return Err(format!("the range of {name} is empty"));
        }
        if self.is_log && least <= 0.0 {
            return Err(format!("a logarithmic {name} needs values above zero"));
        }
        Ok(self)
    }

    /// Where a value lies, from 0 at the least to 1 at the largest.
    pub fn place(&self, value: f64) -> f64 {
        let [least, most] = self.range;
        if self.is_log {
            // Curves may leave a range that was asked for.
            let value = value.max(f64::MIN_POSITIVE);
            (value / least).ln() / (most / least).ln()
        } else {
            (value - least) / (most - least)
        }
    }

    /// Values to write beside it, with their texts: about `count`, round ones.
    pub fn ticks(&self, count: usize) -> Vec<(f64, String)> {
        let values = if self.is_log {
            log_ticks(self.range, count)
        } else {
            ticks(self.range, count)
        };
        values
            .into_iter()
            .map(|value| (value, shown(value)))
            .collect()
    }
}

/// Round values within a range, about `count` of them: multiples of 1, 2 or 5 times a power of ten.
pub fn ticks([least, most]: [f64; 2], count: usize) -> Vec<f64> {
    let rough = (most - least) / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = power
        * match rough / power {
            ..1.5 => 1.0,
            1.5..3.5 => 2.0,
            3.5..7.5 => 5.0,
            _ => 10.0,
        };
    if !(step.is_finite() && step > 0.0) {
        return Vec::new();
    }
    let first = (least / step - 1e-9).ceil();
    (0..=2 * count.max(1))
        // A sum with 0.0 makes no zero negative.
        .map(|index| (first + index as f64) * step + 0.0)
        .take_while(|value| *value <= most + step * 1e-9)
        .collect()
}

/// Powers of ten within a range, every so many that about `count` are left.
fn log_ticks([least, most]: [f64; 2], count: usize) -> Vec<f64> {
    let first = (least.log10() - 1e-9).ceil() as i32;
    let last = (most.log10() + 1e-9).floor() as i32;
    let powers = (last - first + 1).max(0) as usize;
    let every = powers.div_ceil(count.max(1)).max(1);
    (first..=last)
        .step_by(every)
        .map(|power| 10f64.powi(power))
        .collect()
}

/// A number in three significant digits, without zeros at its end.
pub(super) fn shown(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let size = value.abs();
    if !(1e-4..1e6).contains(&size) {
        return format!("{value:.0e}");
    }
    let decimals = (2 - size.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Chart, String> {
        let raw = toml::from_str(text).map_err(|error| error.to_string())?;
        Chart::of_lines(raw)
    }

    #[test]
    fn a_formula_becomes_points() {
        let chart = lines(
            "x = \"t\"\nfrom = 0\nto = 2\n[[series]]\nname = \"a\"\nformula = \"1 - x^2 / 4\"\n\
             [[series]]\nname = \"b\"\npoints = [[0, 0], [2, 3]]",
        )
        .expect("it is sound");
        let Marks::Lines(found) = &chart.marks else {
            panic!("{chart:?}");
        };
        let points = &found.series[0].points;
        assert_eq!(
            (points.len(), points[0], points[60]),
            (121, [0.0, 1.0], [1.0, 0.75])
        );
        assert_eq!((chart.x.range, chart.y.range), ([0.0, 2.0], [0.0, 3.0]));
        assert_eq!(
            chart.described(),
            "A chart of  over t: a goes from 1 at 0 to 0 at 2; b goes from 0 at 0 to 3 at 2"
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let series = "[[series]]\nname = \"a\"\n";
        for (text, part) in [
            (format!("{series}formula = \"x\""), "needs from and to"),
            (
                format!("from = 1\nto = 1\n{series}formula = \"x\""),
                "less than",
            ),
            (
                format!("from = 0\nto = 1\n{series}formula = \"x +\""),
                "is wrong",
            ),
            (
                format!("from = 0\nto = 1\n{series}formula = \"y\""),
                "only x is known",
            ),
            (
                format!("from = 0\nto = 1\n{series}formula = \"1/x\""),
                "finite",
            ),
            (
                format!("from = 0\nto = 1\nlog_x = true\n{series}points = [[1, 1]]"),
                "above zero",
            ),
            (format!("{series}points = []"), "1 to 1000 points"),
            (format!("{series}points = [[0, nan]]"), "finite"),
            (
                format!(
                    "from = 0\nto = 1\n{series}formula = \"{}\"",
                    "(".repeat(300)
                ),
                "longer",
            ),
            ("series = []".to_owned(), "0 series"),
        ] {
            let fault = lines(&text).expect_err(&text);
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }

    #[test]
    fn ticks_are_round() {
        assert_eq!(
            ticks([0.0, 1.0], 5),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(ticks([-3.2, 3.2], 3), [-2.0, 0.0, 2.0]);
        let log = Axis {
            label: String::new(),
            range: [1e-3, 1e3],
            is_log: true,
        };
        let texts: Vec<String> = log.ticks(4).into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["0.001", "0.1", "10", "1000"]);
        assert_eq!(
            (log.place(1e-3), log.place(1.0), log.place(1e3)),
            (0.0, 0.5, 1.0)
        );
    }

    #[test]
    fn numbers_are_short() {
        for (value, text) in [
            (0.0, "0"),
            (0.6000000000000001, "0.6"),
            (1234.5, "1234"),
            (-0.05, "-0.05"),
            (2e-7, "2e-7"),
            (2.71528, "2.72"),
        ] {
            assert_eq!(shown(value), text);
        }
    }
}
