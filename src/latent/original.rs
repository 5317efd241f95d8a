//! The picture that a sampler begins with where that is not noise alone.

use serde::{Deserialize, Serialize};

/// A picture that is redrawn: noised to a strength and denoised from there (SDEdit, Meng et al. 2022),
/// everywhere, or in some of its cells while the others are held (Lugmayr et al. 2022).
#[derive(Clone, PartialEq, Debug)]
pub struct Original {
    /// The picture without noise, in the space of the noise: as many numbers as a code has.
    pub data: Vec<f32>,
    /// How far towards pure noise the sampler begins, 0..=1: 0 gives the picture back, 1 keeps nothing of
    /// it where it is redrawn.
    pub strength: f32,
    /// How much of each cell is redrawn, 0..=1, row after row; all channels share it. Empty where all of
    /// the picture is.
    pub redrawn: Vec<f32>,
}

impl Original {
    /// A picture that is shown as it is.
    pub fn still(data: Vec<f32>) -> Self {
        Self {
            data,
            strength: 0.0,
            redrawn: Vec::new(),
        }
    }

    /// The strength with which a picture begins: 1 for one that is made of noise alone.
    pub fn strength_of(original: Option<&Self>) -> f32 {
        original.map_or(1.0, |original| original.strength)
    }

    /// What lies between several, by weights that add up to 1. What has no original is made of noise
    /// alone whatever picture the others begin with, so it counts as theirs at a strength of 1. `None` where
    /// no part has one.
    pub fn between(parts: &[(Option<&Self>, f32)]) -> Option<Self> {
        let present = || {
            let parts = parts.iter();
            parts.filter_map(|&(original, weight)| Some((original?, weight)))
        };
        let (first, _) = present().next()?;
        let whole: f32 = present().map(|(_, weight)| weight).sum();
        let mut data = vec![0.0; first.data.len()];
        for (original, weight) in present() {
            for (sum, value) in data.iter_mut().zip(&original.data) {
                *sum += weight / whole * value;
            }
        }
        // At the end that has none the picture does not count, but it has to be one.
        if whole == 0.0 || data.iter().any(|value| !value.is_finite()) {
            data.clone_from(&first.data);
        }
        let strengths = parts.iter();
        let strength: f32 = strengths
            .map(|&(original, weight)| weight * Self::strength_of(original))
            .sum();
        let cells = present().map(|(original, _)| original.redrawn.len()).max();
        let redrawn = (0..cells.unwrap_or(0)).map(|cell| {
            let share = |original: Option<&Self>| {
                let share = original.and_then(|original| original.redrawn.get(cell));
                share.copied().unwrap_or(1.0)
            };
            let shares = parts
                .iter()
                .map(|&(original, weight)| weight * share(original));
            shares.sum::<f32>().clamp(0.0, 1.0)
        });
        Some(Self {
            data,
            strength: strength.clamp(0.0, 1.0),
            redrawn: redrawn.collect(),
        })
    }

    /// Checks what a file brings for a code of so many numbers in so many cells.
    ///
    /// # Errors
    /// A sentence on what does not fit.
    pub fn check(&self, numbers: usize, cells: usize) -> Result<(), String> {
        if self.data.len() != numbers {
            return Err(format!(
                "the picture that is redrawn has {} numbers, not {numbers}",
                self.data.len()
            ));
        }
        if !self.redrawn.is_empty() && self.redrawn.len() != cells {
            return Err(format!(
                "the mask of the picture that is redrawn has {} cells, not {cells}",
                self.redrawn.len()
            ));
        }
        if self.data.iter().any(|value| !value.is_finite()) {
            return Err("the picture that is redrawn holds numbers that are not finite".to_owned());
        }
        let mut shares = self.redrawn.iter().chain([&self.strength]);
        match shares.find(|share| !(0.0..=1.0).contains(*share)) {
            Some(share) => Err(format!(
                "a picture cannot be redrawn by {share}: strength and mask are numbers from 0 to 1"
            )),
            None => Ok(()),
        }
    }
}

/// An [`Original`] in files.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoredOriginal {
    /// `None` where it is the code itself, as for a picture that was encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    data: Option<Vec<f32>>,
    strength: f32,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    redrawn: Vec<f32>,
}

impl StoredOriginal {
    /// What is stored beside the numbers of a code.
    pub fn of(original: &Original, values: &[f32]) -> Self {
        Self {
            data: (original.data != values).then(|| original.data.clone()),
            strength: original.strength,
            redrawn: original.redrawn.clone(),
        }
    }

    /// What was stored beside the numbers of a code in so many cells.
    ///
    /// # Errors
    /// As for [`Original::check`].
    pub fn read(self, values: &[f32], cells: usize) -> Result<Original, String> {
        let original = Original {
            data: self.data.unwrap_or_else(|| values.to_vec()),
            strength: self.strength,
            redrawn: self.redrawn,
        };
        original.check(values.len(), cells)?;
        Ok(original)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn original(data: [f32; 2], strength: f32, redrawn: &[f32]) -> Original {
        Original {
            data: data.to_vec(),
            strength,
            redrawn: redrawn.to_vec(),
        }
    }

    #[test]
    fn between_a_picture_and_noise_the_strength_rises() {
        let picture = original([1.0, -1.0], 0.2, &[0.0, 1.0]);
        let at = |t: f32| Original::between(&[(Some(&picture), 1.0 - t), (None, t)]);
        assert_eq!(at(0.0), Some(picture.clone()));
        let middle = at(0.5).expect("one has an original");
        assert_eq!(middle, original([1.0, -1.0], 0.6, &[0.5, 1.0]));
        let end = at(1.0).expect("one has an original");
        assert_eq!(end, original([1.0, -1.0], 1.0, &[1.0, 1.0]));
        assert_eq!(Original::between(&[(None, 1.0)]), None);
        // Beyond the ends nothing leaves its range.
        assert_eq!(at(-9.0).map(|it| it.strength), Some(0.0));
    }

    #[test]
    fn two_pictures_blend() {
        let [a, b] = [
            original([0.0, 2.0], 0.2, &[]),
            original([4.0, 2.0], 0.6, &[0.0, 1.0]),
        ];
        let found = Original::between(&[(Some(&a), 0.5), (Some(&b), 0.5)]);
        assert_eq!(found, Some(original([2.0, 2.0], 0.4, &[0.5, 1.0])));
    }

    #[test]
    fn what_a_file_brings_has_to_fit() {
        for (bad, named) in [
            (original([0.0, f32::NAN], 0.5, &[]), "not finite"),
            (original([0.0, 0.0], f32::NAN, &[]), "NaN"),
            (original([0.0, 0.0], 1.5, &[]), "1.5"),
            (original([0.0, 0.0], 0.5, &[0.0]), "1 cells, not 2"),
            (original([0.0, 0.0], 0.5, &[0.0, -1.0]), "-1"),
        ] {
            let fault = bad.check(2, 2).expect_err(named);
            assert!(fault.contains(named), "{fault}");
        }
        let fault = Original::still(vec![0.0; 3]).check(2, 2).unwrap_err();
        assert!(fault.contains("3 numbers, not 2"), "{fault}");
    }

    #[test]
    fn a_picture_that_is_the_code_is_stored_once() {
        let still = Original::still(vec![0.5, 1.0]);
        let text = serde_json::to_string(&StoredOriginal::of(&still, &[0.5, 1.0])).unwrap();
        assert_eq!(text, r#"{"strength":0.0}"#);
        let read: StoredOriginal = serde_json::from_str(&text).unwrap();
        assert_eq!(read.read(&[0.5, 1.0], 2), Ok(still.clone()));
        let other = StoredOriginal::of(&still, &[0.0, 0.0]);
        assert_eq!(other.read(&[0.0, 0.0], 2), Ok(still));
    }
}
