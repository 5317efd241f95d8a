//! What the flow of two dimensions shows.

use super::chain::{Chain, log_normal};
use super::data::{Data, Point};
use super::training::Trained;
use crate::latent::seed::NormalStream;

/// Both planes show this far either way.
pub const REACH: f64 = 3.0;

/// Lines of the grid, either way.
const LINES: usize = 13;
/// Places of a line.
const PLACES: usize = 61;
const SAMPLES: usize = 250;
const SHOWN_DATA: usize = 400;
/// The side of the marked square in z.
const PATCH: f64 = 0.4;
/// Places of each of its sides.
const PATCH_PLACES: usize = 8;
/// The width and the height of a density in characters.
const TERMINAL: [usize; 2] = [48, 22];

/// What a flow is set to.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Settings {
    pub data: Data,
    /// How much of the training it has had.
    pub percent: usize,
    /// How many layers are applied to z.
    pub layers: usize,
    /// The standard deviation of the noise of samples.
    pub temperature: f64,
    /// The marked code.
    pub z: Point,
}

/// What a plane shows.
#[derive(Debug)]
pub struct Plane {
    pub grid: Vec<Vec<Point>>,
    pub samples: Vec<Point>,
    pub point: Point,
    /// The outline of a small square around the point.
    pub patch: Vec<Point>,
}

/// A flow as it is set.
#[derive(Debug)]
pub struct Flow {
    pub settings: Settings,
    pub noise: Plane,
    pub made: Plane,
    /// Some of the data.
    pub data: Vec<Point>,
    /// `log p(z)` of the marked code, in nats.
    pub log_prior: f64,
    /// `log |det ∂x/∂z|` there: the logarithm of how many times larger a small area becomes.
    pub log_det: f64,
    /// The mean of `-log p(x)` over held-out points, in nats.
    pub loss: f64,
}

impl Settings {
    fn chain(&self) -> &'static Chain {
        Trained::built_in(self.data).after(self.percent)
    }

    /// `log p(z)` and `log |det ∂x/∂z|` of the marked code, in nats. Their difference is the
    /// logarithm of the density at its x.
    pub fn log_parts(&self) -> [f64; 2] {
        let (_, log_det) = self.chain().forward(self.z, self.layers);
        [log_normal(self.z), log_det]
    }

    /// The mean of `-log p(x)` over held-out points, in nats.
    pub fn loss(&self) -> f64 {
        Trained::built_in(self.data).loss(self.percent, self.layers)
    }

    /// The code of a place among the data.
    pub fn code_of(&self, x: Point) -> Point {
        self.chain().inverse(x, self.layers).0
    }

    /// How dense samples are, as characters: rows from above.
    pub fn density_lines(&self) -> Vec<String> {
        let [columns, rows] = TERMINAL;
        let place =
            |index: usize, count: usize| (2.0 * (index as f64 + 0.5) / count as f64 - 1.0) * REACH;
        let shade = |density: f64| match density {
            d if d > 0.3 => '█',
            d if d > 0.1 => '▓',
            d if d > 0.03 => '▒',
            d if d > 0.005 => '░',
            _ => ' ',
        };
        let chain = self.chain();
        let line = |row: usize| {
            let y = -place(row, rows);
            let at = |column| {
                chain
                    .log_density([place(column, columns), y], self.layers)
                    .exp()
            };
            let line: String = (0..columns).map(|column| shade(at(column))).collect();
            line.trim_end().to_owned()
        };
        (0..rows).map(line).collect()
    }
}

impl Flow {
    pub fn of(settings: Settings) -> Self {
        let noise = Plane::of_noise(&settings);
        let chain = settings.chain();
        let push = |&z: &Point| chain.forward(z, settings.layers).0;
        let all = |points: &[Point]| points.iter().map(push).collect::<Vec<_>>();
        let [log_prior, log_det] = settings.log_parts();
        let trained = Trained::built_in(settings.data);
        Self {
            made: Plane {
                grid: noise.grid.iter().map(|line| all(line)).collect(),
                samples: all(&noise.samples),
                point: push(&noise.point),
                patch: all(&noise.patch),
            },
            noise,
            data: trained
                .held_out()
                .iter()
                .copied()
                .take(SHOWN_DATA)
                .collect(),
            log_prior,
            log_det,
            loss: settings.loss(),
            settings,
        }
    }
}

impl Flow {
    /// What becomes of the marked code, in words.
    pub fn lines(&self) -> [String; 4] {
        let [z, x] = [self.noise.point, self.made.point].map(|it| it.map(digits).join(", "));
        let (log_prior, log_det) = (self.log_prior, self.log_det);
        let subtracted = match digits(log_det) {
            negative if negative.starts_with('−') => format!("({negative})"),
            positive => positive,
        };
        [
            format!("The marked code z = [{z}] becomes x = [{x}]"),
            format!(
                "log p(x) = log p(z) − log |det| = {} − {subtracted} = {} nats",
                digits(log_prior),
                digits(log_prior - log_det)
            ),
            format!("The area of the square: × {:.2}", log_det.exp()),
            format!(
                "Mean −log p(x) of held-out points: {} nats",
                digits(self.loss)
            ),
        ]
    }
}

/// A number with two digits, with a real minus.
fn digits(value: f64) -> String {
    let digits = format!("{value:.2}");
    match digits.strip_prefix('-') {
        Some("0.00") => "0.00".to_owned(),
        Some(rest) => format!("−{rest}"),
        None => digits,
    }
}

impl Plane {
    fn of_noise(settings: &Settings) -> Self {
        let along =
            |index: usize, count: usize| (2.0 * index as f64 / (count - 1) as f64 - 1.0) * REACH;
        let line = |index: usize| {
            let fixed = along(index / 2, LINES);
            let place = |it| match index % 2 {
                0 => [fixed, along(it, PLACES)],
                _ => [along(it, PLACES), fixed],
            };
            (0..PLACES).map(place).collect()
        };
        let mut stream = NormalStream::new(0);
        let mut draw = || settings.temperature * stream.draw();
        let corners = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
        let side = |index: usize| {
            let [from, to] = [corners[index], corners[(index + 1) % corners.len()]];
            (0..PATCH_PLACES).map(move |place| {
                let t = place as f64 / PATCH_PLACES as f64;
                [0, 1].map(|axis| {
                    settings.z[axis] + PATCH * (from[axis] + t * (to[axis] - from[axis]))
                })
            })
        };
        Self {
            grid: (0..2 * LINES).map(line).collect(),
            samples: (0..SAMPLES).map(|_| [draw(), draw()]).collect(),
            point: settings.z,
            patch: (0..corners.len()).flat_map(side).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::toy::flow::chain::LAYERS;

    const USUAL: Settings = Settings {
        data: Data::Moons,
        percent: 100,
        layers: LAYERS,
        temperature: 1.0,
        z: [0.5, -1.0],
    };

    /// Twice the signed area of a closed outline.
    fn area(outline: &[Point]) -> f64 {
        let next = outline.iter().cycle().skip(1);
        let cross = outline
            .iter()
            .zip(next)
            .map(|(a, b)| a[0] * b[1] - a[1] * b[0]);
        cross.sum::<f64>().abs() / 2.0
    }

    #[test]
    fn the_patch_grows_as_the_determinant_says() {
        // Early in the training the map bends little within the patch.
        let flow = Flow::of(Settings {
            percent: 3,
            ..USUAL
        });
        let grown = area(&flow.made.patch) / area(&flow.noise.patch);
        assert!(
            (grown.ln() - flow.log_det).abs() < 0.05,
            "{grown} {}",
            flow.log_det.exp()
        );
    }

    #[test]
    fn temperature_and_layers_do_what_they_say() {
        let flow = Flow::of(Settings {
            temperature: 0.0,
            ..USUAL
        });
        assert!(flow.noise.samples.iter().all(|it| *it == [0.0, 0.0]));
        let flow = Flow::of(Settings { layers: 0, ..USUAL });
        assert_eq!(flow.made.grid, flow.noise.grid);
        assert_eq!((flow.log_det, flow.made.point), (0.0, USUAL.z));
        let code = USUAL.code_of(Flow::of(USUAL).made.point);
        assert!((code[0] - 0.5).abs() < 1e-9 && (code[1] + 1.0).abs() < 1e-9);
        let lines = flow.lines();
        assert_eq!(
            lines[0],
            "The marked code z = [0.50, −1.00] becomes x = [0.50, −1.00]"
        );
        assert!(lines[1].ends_with("= −2.46 − 0.00 = −2.46 nats"));
        assert_eq!(digits(-0.001), "0.00");
    }

    #[test]
    fn the_density_is_drawn_in_characters() {
        let ring = Settings {
            data: Data::Ring,
            ..USUAL
        };
        let lines = ring.density_lines();
        assert_eq!(lines.len(), TERMINAL[1]);
        // Nothing in the corners, nothing in the middle, something between.
        assert_eq!(lines[0], "");
        let middle: Vec<char> = lines[TERMINAL[1] / 2].chars().collect();
        assert!(
            middle.contains(&'█') && middle[TERMINAL[0] / 2] == ' ',
            "{}",
            lines.join("\n")
        );
    }
}
