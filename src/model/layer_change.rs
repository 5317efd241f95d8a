//! What each layer of a style-based generator changes: measured instead of claimed.

use super::style_scales::SCALES;
use super::{Generator, ModelError};
use crate::latent::expr::LayerRange;
use crate::latent::seed::seed_code;

/// How much pictures change when the style of one layer is exchanged for another code's, over
/// pairs of seeds; and the same for coarse, middle and fine layers, all of whose styles are exchanged.
#[derive(Clone, PartialEq, Debug)]
pub struct LayerChange {
    pairs: usize,
    /// Sums of mean squares over the pairs: each layer, then each scale.
    sums: Vec<f64>,
}

impl LayerChange {
    /// Nothing measured yet of a model with so many layers.
    pub fn new(layers: usize) -> Self {
        Self {
            pairs: 0,
            sums: vec![0.0; layers + SCALES],
        }
    }

    /// The codes in w+ whose pictures [`Self::add`] takes, row after row: that of seed
    /// `2 * pair`, then with each layer and each scale taken from seed `2 * pair + 1`.
    ///
    /// # Errors
    /// When the model has no styles.
    pub fn codes(generator: &Generator, pair: u32) -> Result<Vec<f32>, ModelError> {
        let Some([layers, dim]) = generator.styles() else {
            return Err(ModelError("the model has no styles to exchange".to_owned()));
        };
        let seeds = [pair.wrapping_mul(2), pair.wrapping_mul(2).wrapping_add(1)];
        let z: Vec<f32> = seeds
            .into_iter()
            .flat_map(|seed| seed_code(seed, generator.start_len()))
            .collect();
        let w = generator.w_from_z(&z)?;
        let (own, other) = w.split_at(dim);
        let each = (0..layers).map(|layer| layer..layer + 1);
        let scales = generator.style_scales().into_iter().flatten();
        let scales = scales.map(|LayerRange { start, end }| start..end);
        let ranges = std::iter::once(0..0).chain(each).chain(scales);
        Ok(ranges
            .flat_map(|exchanged| {
                (0..layers).flat_map(move |layer| {
                    let row = if exchanged.contains(&layer) {
                        other
                    } else {
                        own
                    };
                    row.iter().copied()
                })
            })
            .collect())
    }

    /// Takes the pictures of the codes of one pair, f32 `[codes, C, H, W]`.
    pub fn add(&mut self, pictures: &[f32]) {
        let len = pictures.len() / (self.sums.len() + 1);
        let mut each = pictures.chunks_exact(len.max(1));
        let Some(own) = each.next() else { return };
        for (sum, changed) in self.sums.iter_mut().zip(each) {
            let squares = own
                .iter()
                .zip(changed)
                .map(|(a, b)| f64::from(a - b).powi(2));
            *sum += squares.sum::<f64>() / len as f64;
        }
        self.pairs += 1;
    }

    /// Takes what was measured on other pairs of the same model.
    pub fn join(&mut self, other: &Self) {
        for (sum, other) in self.sums.iter_mut().zip(&other.sums) {
            *sum += other;
        }
        self.pairs += other.pairs;
    }

    /// How many pairs were measured.
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// The root mean square change of a pixel (0..1) by layer.
    pub fn layers(&self) -> Vec<f32> {
        let layers = self.sums.len() - SCALES;
        self.sums[..layers]
            .iter()
            .map(|sum| self.root(*sum))
            .collect()
    }

    /// The same for coarse, middle and fine layers.
    pub fn scales(&self) -> [f32; SCALES] {
        let layers = self.sums.len() - SCALES;
        std::array::from_fn(|scale| self.root(self.sums[layers + scale]))
    }

    fn root(&self, sum: f64) -> f32 {
        (sum / self.pairs.max(1) as f64).sqrt() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_root_mean_squares_over_pairs() {
        let mut change = LayerChange::new(1);
        // One pixel of two numbers: own, layer 0, and three scales.
        change.add(&[0.0, 0.0, 0.3, 0.3, 0.0, 0.0, 0.1, 0.1, 0.0, 0.0]);
        let mut other = LayerChange::new(1);
        other.add(&[0.5, 0.5, 0.1, 0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]);
        change.join(&other);
        assert_eq!(change.pairs(), 2);
        let expected = ((0.09_f32 + 0.16) / 2.0).sqrt();
        assert!((change.layers()[0] - expected).abs() < 1e-6);
        let scales = change.scales();
        assert!((scales[1] - (0.01_f32 / 2.0).sqrt()).abs() < 1e-6);
        assert_eq!(scales[2], 0.0);
    }

    #[test]
    fn nothing_measured_is_no_change() {
        assert_eq!(LayerChange::new(2).layers(), [0.0, 0.0]);
    }
}
