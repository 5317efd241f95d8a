//! What is seen in pictures: the labels of the judge, and colors that can be measured.

use crate::model::ModelError;
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::train::eval::judge::{Judge, Verdicts};

/// A pixel whose strongest channel is below this is dark ground, not figure.
const GROUND: f32 = 0.1;
/// The side of the corners in which the ground is looked at, as a part of the picture's side.
const CORNER: usize = 16;

/// A judge, and labels that are measured because no judge has learned them: whether a picture lies
/// above the median of samples in some number.
pub struct AttributeClassifier {
    judge: Judge,
    image: ImageSpec,
    labels: Vec<String>,
    /// Known after [`Self::adapt`]; their labels follow those of the judge.
    measured: Vec<Measured>,
}

/// A number of a picture with the value from which its label holds.
struct Measured {
    kind: MeasuredKind,
    from: f32,
}

/// What is measured of colored pictures.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum MeasuredKind {
    /// How light the figure is before a dark ground.
    Light,
    /// Two numbers that give the hue of a light ground: red against blue, green against both.
    WarmGround,
    GreenGround,
}

impl MeasuredKind {
    fn label(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::WarmGround => "warm background",
            Self::GreenGround => "green background",
        }
    }

    fn of(self, picture: &[f32], image: ImageSpec) -> f32 {
        let ground = || ground_color(picture, image);
        match self {
            Self::Light => lightness(picture, image),
            Self::WarmGround => {
                let [red, _, blue] = ground();
                red - blue
            }
            Self::GreenGround => {
                let [red, green, blue] = ground();
                green - (red + blue) / 2.0
            }
        }
    }
}

/// What was seen in some pictures, row after row.
#[derive(Default)]
pub struct Predictions {
    /// The probability of each label; of measured ones 0 or 1.
    pub probabilities: Vec<f32>,
    /// Whether each label holds.
    pub holds: Vec<u8>,
}

impl AttributeClassifier {
    pub fn new(judge: Judge, image: ImageSpec) -> Self {
        Self {
            labels: judge.labels().to_vec(),
            judge,
            image,
            measured: Vec::new(),
        }
    }

    /// The names of all labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// A label as people write it: `open mouth`.
    pub fn title(&self, label: usize) -> String {
        self.labels
            .get(label)
            .map_or_else(String::new, |label| label.replace('_', " "))
    }

    pub fn kind(&self) -> LabelKind {
        self.judge.kind()
    }

    /// Whether a label is measured rather than judged, so that it is never wrong.
    pub fn is_measured(&self, label: usize) -> bool {
        label >= self.judge.labels().len()
    }

    /// The samples by which it is decided what is measured, and from where on it holds: for half of
    /// them.
    pub fn adapt(&mut self, pictures: &[f32]) {
        let rows = || pictures.chunks_exact(self.image.len().max(1));
        let kinds: &[MeasuredKind] =
            if self.judge.kind() == LabelKind::Classes || self.image.channels != 3 {
                &[]
            } else {
                let brightest = |picture| {
                    ground_color(picture, self.image)
                        .into_iter()
                        .fold(0.0, f32::max)
                };
                if median(rows().map(brightest)) < GROUND {
                    &[MeasuredKind::Light]
                } else {
                    &[MeasuredKind::WarmGround, MeasuredKind::GreenGround]
                }
            };
        let measured = kinds.iter().map(|&kind| Measured {
            kind,
            from: median(rows().map(|picture| kind.of(picture, self.image))),
        });
        self.measured = measured.collect();
        let known = self.judge.labels().to_vec();
        let labels = kinds.iter().map(|kind| kind.label().to_owned());
        self.labels = known.into_iter().chain(labels).collect();
    }

    /// Looks at pictures in 0..1.
    ///
    /// # Errors
    /// When the device fails.
    pub fn look(&self, pictures: &[f32]) -> Result<Predictions, ModelError> {
        let verdicts = self.judge.judge(pictures)?;
        let holds = self.judge.holds(&verdicts);
        let Verdicts { probabilities, .. } = verdicts;
        let known = self.judge.labels().len().max(1);
        let mut seen = Predictions::default();
        let rows = probabilities
            .chunks_exact(known)
            .zip(holds.chunks_exact(known));
        let pictures = pictures.chunks_exact(self.image.len().max(1));
        for ((probabilities, holds), picture) in rows.zip(pictures) {
            seen.probabilities.extend(probabilities);
            seen.holds.extend(holds);
            for measured in &self.measured {
                let does_hold = measured.kind.of(picture, self.image) > measured.from;
                seen.probabilities.push(f32::from(u8::from(does_hold)));
                seen.holds.push(u8::from(does_hold));
            }
        }
        Ok(seen)
    }
}

fn median(values: impl Iterator<Item = f32>) -> f32 {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The channels of a pixel in 0..1; pictures with one channel are grey.
fn channels(picture: &[f32], image: ImageSpec, pixel: usize) -> [f32; 3] {
    let plane = image.height * image.width;
    std::array::from_fn(|channel| {
        let at = channel.min(image.channels.saturating_sub(1)) * plane + pixel;
        picture.get(at).copied().unwrap_or(0.0)
    })
}

/// The mean color of the two upper corners, where no figure reaches.
fn ground_color(picture: &[f32], image: ImageSpec) -> [f32; 3] {
    let rows = 0..image.height.div_ceil(CORNER);
    let side = image.width.div_ceil(CORNER);
    let columns = || (0..side).chain(image.width.saturating_sub(side)..image.width);
    let mut sum = [0.0; 3];
    let mut count = 0u16;
    for y in rows {
        for x in columns() {
            let color = channels(picture, image, y * image.width + x);
            sum.iter_mut()
                .zip(color)
                .for_each(|(sum, value)| *sum += value);
            count += 1;
        }
    }
    sum.map(|sum| sum / f32::from(count.max(1)))
}

/// The mean luma (ITU-R BT.709, of the stored sRGB levels) of what is no dark ground, 0..1; 0
/// where all is ground.
fn lightness(picture: &[f32], image: ImageSpec) -> f32 {
    const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
    let (mut sum, mut count) = (0.0, 0u32);
    for pixel in 0..image.height * image.width {
        let levels = channels(picture, image, pixel);
        if levels.iter().any(|&level| level > GROUND) {
            sum += levels
                .iter()
                .zip(LUMA)
                .map(|(level, part)| level * part)
                .sum::<f32>();
            count += 1;
        }
    }
    sum / count.max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ground_does_not_count_for_lightness() {
        let image = ImageSpec {
            channels: 3,
            height: 1,
            width: 2,
        };
        // A black and a white pixel, then a black and a red one.
        let white = lightness(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0], image);
        let red = lightness(&[0.0, 1.0, 0.0, 0.0, 0.0, 0.0], image);
        assert!((white - 1.0).abs() < 1e-6 && (red - 0.2126).abs() < 1e-6);
        assert_eq!(lightness(&[0.0; 6], image), 0.0);
    }

    #[test]
    fn the_hue_of_a_ground_is_read_in_the_upper_corners() {
        let image = ImageSpec {
            channels: 3,
            height: 32,
            width: 32,
        };
        // An orange ground, and a blue figure that leaves the corners free.
        let mut picture = vec![0.0; image.len()];
        for (pixel, place) in (0..1024).map(|pixel| (pixel, (pixel % 32, pixel / 32))) {
            let is_figure = (4..28).contains(&place.0) || place.1 > 6;
            let color = if is_figure {
                [0.0, 0.0, 1.0]
            } else {
                [0.9, 0.6, 0.2]
            };
            for (channel, value) in color.into_iter().enumerate() {
                picture[channel * 1024 + pixel] = value;
            }
        }
        let found = ground_color(&picture, image);
        for (found, wanted) in found.into_iter().zip([0.9, 0.6, 0.2]) {
            assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
        }
        assert!((MeasuredKind::WarmGround.of(&picture, image) - 0.7).abs() < 1e-5);
        assert!((MeasuredKind::GreenGround.of(&picture, image) - 0.05).abs() < 1e-5);
    }
}
