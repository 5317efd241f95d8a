//! What is seen in pictures: the labels of the judge, and how light they are.

use crate::model::ModelError;
use crate::model::manifest::{ImageSpec, LabelKind};
use crate::train::eval::judge::{Judge, Verdicts};

/// The name of the label that coloured pictures have which are lighter than half of the samples.
pub const LIGHT: &str = "light";
/// A pixel whose strongest channel is below this is ground, not figure.
const GROUND: f32 = 0.1;

/// A judge, and the labels that it does not know.
pub struct AttributeClassifier {
    judge: Judge,
    image: ImageSpec,
    labels: Vec<String>,
    /// How light a picture is that counts as light; not known before samples were seen.
    light_from: Option<f32>,
}

/// What was seen in some pictures, row after row.
#[derive(Default)]
pub struct Predictions {
    /// The probability of each label; of [`LIGHT`] 0 or 1.
    pub probabilities: Vec<f32>,
    /// Whether each label holds.
    pub holds: Vec<u8>,
}

impl AttributeClassifier {
    pub fn new(judge: Judge, image: ImageSpec) -> Self {
        let mut labels = judge.labels().to_vec();
        if judge.kind() == LabelKind::Flags && image.channels == 3 {
            labels.push(LIGHT.to_owned());
        }
        Self {
            judge,
            image,
            labels,
            light_from: None,
        }
    }

    /// The names of all labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    pub fn kind(&self) -> LabelKind {
        self.judge.kind()
    }

    fn sees_light(&self) -> bool {
        self.labels.len() > self.judge.labels().len()
    }

    /// The samples by which it is decided what light is: half of them are.
    pub fn adapt(&mut self, pictures: &[f32]) {
        let mut all: Vec<f32> = pictures
            .chunks_exact(self.image.len().max(1))
            .map(|picture| lightness(picture, self.image))
            .collect();
        all.sort_by(f32::total_cmp);
        self.light_from = all.get(all.len() / 2).copied();
    }

    /// Looks at pictures in 0..1.
    ///
    /// # Errors
    /// When the device fails.
    pub fn look(&self, pictures: &[f32]) -> Result<Predictions, ModelError> {
        let verdicts = self.judge.judge(pictures)?;
        let holds = self.judge.holds(&verdicts);
        let Verdicts { probabilities, .. } = verdicts;
        if !self.sees_light() {
            return Ok(Predictions {
                probabilities,
                holds,
            });
        }
        let known = self.judge.labels().len().max(1);
        let light_from = self.light_from.unwrap_or(0.5);
        let mut seen = Predictions::default();
        let rows = probabilities
            .chunks_exact(known)
            .zip(holds.chunks_exact(known));
        let pictures = pictures.chunks_exact(self.image.len().max(1));
        for ((probabilities, holds), picture) in rows.zip(pictures) {
            let is_light = lightness(picture, self.image) > light_from;
            seen.probabilities.extend(probabilities);
            seen.probabilities.push(f32::from(u8::from(is_light)));
            seen.holds.extend(holds);
            seen.holds.push(u8::from(is_light));
        }
        Ok(seen)
    }
}

/// The mean luma (ITU-R BT.709, of the stored sRGB levels) of what is no dark ground, 0..1; 0
/// where all is ground.
fn lightness(picture: &[f32], image: ImageSpec) -> f32 {
    const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];
    let plane = image.height * image.width;
    let (mut sum, mut count) = (0.0, 0u32);
    for pixel in 0..plane {
        let levels: [f32; 3] = std::array::from_fn(|channel| {
            let at = channel.min(image.channels.saturating_sub(1)) * plane + pixel;
            picture.get(at).copied().unwrap_or(0.0)
        });
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
}
