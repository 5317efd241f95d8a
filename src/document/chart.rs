//! Charts of lines as SVG, for documents.

use crate::document::markup::escaped;
use std::fmt::Write as _;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 440.0;
/// Room at the left, top, right and bottom of the lines.
const MARGINS: [f64; 4] = [72.0, 48.0, 24.0, 56.0];
/// Colours that are told apart with any kind of sight (Okabe and Ito 2008).
const COLOURS: [&str; 4] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"];

/// A chart.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    pub title: String,
    /// What goes along, and what stands up.
    pub axes: [String; 2],
    /// Whether equal distances along are equal factors; values from 0 down are left out then.
    pub is_logarithmic: bool,
    pub lines: Vec<ChartLine>,
}

/// A line of a chart.
#[derive(Clone, PartialEq, Debug)]
pub struct ChartLine {
    pub name: String,
    /// In order along; those that are not finite are left out.
    pub points: Vec<[f64; 2]>,
    /// Lines of one number have one colour.
    pub colour: usize,
    pub is_dashed: bool,
}

impl Chart {
    /// The chart as the text of an SVG file.
    pub fn svg(&self) -> String {
        let along = |x: f64| if self.is_logarithmic { x.log10() } else { x };
        let lines: Vec<(&ChartLine, Vec<[f64; 2]>)> = self
            .lines
            .iter()
            .map(|line| {
                let points = line.points.iter().map(|&[x, y]| [along(x), y]);
                let finite = points.filter(|point| point.iter().all(|value| value.is_finite()));
                (line, finite.collect())
            })
            .collect();
        let all = || lines.iter().flat_map(|(_, points)| points);
        let [x_ends, y_ends] = [0, 1].map(|axis| ends(all().map(move |point| point[axis])));
        // What stands up begins at 0: half as high is half as much.
        let y_ends = [y_ends[0].min(0.0), y_ends[1]];
        let [left, top, right, bottom] = MARGINS;
        let place = |[x, y]: [f64; 2]| {
            let share = |value: f64, [from, to]: [f64; 2]| (value - from) / (to - from);
            let width = WIDTH - left - right;
            let height = HEIGHT - top - bottom;
            [
                left + width * share(x, x_ends),
                top + height * (1.0 - share(y, y_ends)),
            ]
        };
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             font-family=\"sans-serif\" font-size=\"13\">\n\
             <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#ffffff\"/>\n"
        );
        let mut put = |part: std::fmt::Arguments<'_>| {
            // Writing into a string cannot fail.
            let _ = text.write_fmt(part);
            text.push('\n');
        };
        put(format_args!(
            "<text x=\"{left}\" y=\"26\" font-size=\"16\" fill=\"#202020\">{}</text>",
            escaped(&self.title)
        ));
        for mark in marks(y_ends) {
            let [x, y] = place([x_ends[0], mark]);
            put(format_args!(
                "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" stroke=\"#d8d8d8\"/>",
                WIDTH - right
            ));
            put(format_args!(
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#505050\">{}</text>",
                x - 8.0,
                y + 4.0,
                short(mark)
            ));
        }
        // Where something was measured.
        let mut known: Vec<f64> = all().map(|point| point[0]).collect();
        known.sort_by(f64::total_cmp);
        known.dedup();
        for mark in known {
            let [x, y] = place([mark, y_ends[0]]);
            let value = if self.is_logarithmic {
                10_f64.powf(mark)
            } else {
                mark
            };
            put(format_args!(
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#505050\">{}</text>",
                y + 20.0,
                short(value)
            ));
        }
        let [along, up] = &self.axes;
        put(format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#202020\">{}</text>",
            f64::midpoint(left, WIDTH - right),
            HEIGHT - 12.0,
            escaped(along)
        ));
        let middle = f64::midpoint(top, HEIGHT - bottom);
        put(format_args!(
            "<text x=\"18\" y=\"{middle:.1}\" text-anchor=\"middle\" fill=\"#202020\" \
             transform=\"rotate(-90 18 {middle:.1})\">{}</text>",
            escaped(up)
        ));
        for (number, (line, points)) in lines.iter().enumerate() {
            let colour = COLOURS[line.colour % COLOURS.len()];
            let dash = match line.is_dashed {
                true => " stroke-dasharray=\"6 4\"",
                false => "",
            };
            let corners: Vec<String> = points
                .iter()
                .map(|&point| place(point))
                .map(|[x, y]| format!("{x:.1},{y:.1}"))
                .collect();
            put(format_args!(
                "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
                corners.join(" ")
            ));
            for [x, y] in points.iter().map(|&point| place(point)) {
                put(format_args!(
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>"
                ));
            }
            let y = top + 4.0 + 18.0 * number as f64;
            let x = WIDTH - right - 8.0;
            put(format_args!(
                "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"end\" fill=\"{colour}\">{}</text>",
                escaped(&line.name)
            ));
        }
        text.push_str("</svg>\n");
        text
    }
}

/// The least and the largest value, never the same.
fn ends(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let [least, most] = values.fold(
        [f64::INFINITY, f64::NEG_INFINITY],
        |[least, most], value| [least.min(value), most.max(value)],
    );
    match least.is_finite() && most > least {
        true => [least, most],
        false if least.is_finite() => [least - 0.5, least + 0.5],
        false => [0.0, 1.0],
    }
}

/// Round numbers in a range, about five.
fn marks([from, to]: [f64; 2]) -> Vec<f64> {
    let rough = (to - from) / 5.0;
    let power = 10_f64.powf(rough.log10().floor());
    let factors = [1.0, 2.0, 5.0, 10.0];
    let factor = factors.into_iter().find(|factor| factor * power >= rough);
    let step = factor.unwrap_or(10.0) * power;
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last).map(|index| index as f64 * step).collect()
}

/// A number with no more digits than it needs.
fn short(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    // No minus before a zero.
    (rounded + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(points: Vec<[f64; 2]>) -> Chart {
        Chart {
            title: "a < b & c".to_owned(),
            axes: ["steps".to_owned(), "distance".to_owned()],
            is_logarithmic: true,
            lines: vec![ChartLine {
                name: "DDIM".to_owned(),
                points,
                colour: 0,
                is_dashed: true,
            }],
        }
    }

    #[test]
    fn a_chart_has_its_lines_its_points_and_its_words() {
        let svg = chart(vec![[1.0, 30.0], [10.0, 5.0], [100.0, 4.0]]).svg();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        assert!(svg.contains("a &lt; b &amp; c"), "{svg}");
        assert_eq!(svg.matches("<circle").count(), 3);
        // The point in the middle lies in the middle of a logarithmic axis.
        assert!(svg.contains("<circle cx=\"384.0\""), "{svg}");
        for part in [">1<", ">10<", ">100<", ">DDIM<", "stroke-dasharray"] {
            assert!(svg.contains(part), "{part}: {svg}");
        }
    }

    #[test]
    fn nothing_and_broken_numbers_make_a_chart() {
        for points in [
            Vec::new(),
            vec![[3.0, 2.0]],
            vec![[0.0, 1.0], [-1.0, 2.0], [f64::NAN, f64::INFINITY]],
        ] {
            let svg = chart(points).svg();
            assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        }
    }

    #[test]
    fn marks_are_round() {
        assert_eq!(marks([0.0, 30.0]), [0.0, 10.0, 20.0, 30.0]);
        assert_eq!(marks([0.0, 0.9]), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8]);
    }
}
