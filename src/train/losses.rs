//! Losses, each a mean over the batch.

use crate::model::manifest::ImageSpec;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// Bounds of log variances in the loss; a larger one is noise of the first steps.
pub const LOGVAR_BOUND: f64 = 10.0;

/// Cross entropy of grey values in 0..1 under Bernoulli logits, summed over pixels, in nats.
///
/// The form `max(l, 0) - l*x + ln(1 + exp(-|l|))` has no overflow.
pub fn bernoulli(logits: Tensor<2>, pictures: Tensor<2>) -> Tensor<1> {
    let tail = logits.clone().abs().neg().exp().log1p();
    (activation::relu(logits.clone()) - logits * pictures + tail)
        .sum_dim(1)
        .mean()
}

/// Squared error of pixels in 0..1, averaged over pixels.
pub fn squared(pictures: Tensor<2>, wanted: Tensor<2>) -> Tensor<1> {
    (pictures - wanted).square().mean()
}

/// Squared error of the differences between neighbouring pixels in 0..1 along both sides, summed over the picture (the
/// gradient difference loss of Mathieu et al. 2016 with an exponent of 2).
pub fn differences(pictures: Tensor<2>, wanted: Tensor<2>, image: ImageSpec) -> Tensor<1> {
    let [count, _] = pictures.dims();
    let sides = [count, image.channels, image.height, image.width];
    let error = (pictures - wanted).reshape(sides);
    // A side of one pixel has no neighbours.
    let axes = [2, 3].into_iter().filter(|axis| sides[*axis] > 1);
    let steps = axes.map(|axis| {
        let len = sides[axis];
        let after = error.clone().slice_dim(axis, 1..len);
        let step = after - error.clone().slice_dim(axis, 0..len - 1);
        step.square().sum() / count as f64
    });
    let none = Tensor::zeros([1], &error.device());
    steps.fold(none, |sum, step| sum + step)
}

/// KL divergence of a diagonal normal from the standard normal, in nats
/// (Kingma and Welling 2014, appendix B).
pub fn kl_divergence(mu: Tensor<2>, logvar: Tensor<2>) -> Tensor<1> {
    let per_dim = mu.square() + logvar.clone().exp() - logvar - 1.0;
    per_dim.sum_dim(1).mean() * 0.5
}

/// Cross entropy of class logits, in nats, with labels as one-hot rows.
pub fn cross_entropy(logits: Tensor<2>, one_hot: Tensor<2>) -> Tensor<1> {
    (activation::log_softmax(logits, 1) * one_hot)
        .sum_dim(1)
        .mean()
        .neg()
}

/// What generator and discriminator play for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdversarialLoss {
    /// Each picture is judged alone (Goodfellow et al. 2014).
    #[default]
    NonSaturating,
    /// Each generated picture is judged against a real one, which leaves no gain in dropping a
    /// part of the data (Jolicoeur-Martineau 2019; Huang et al. 2024).
    Relativistic,
}

impl AdversarialLoss {
    /// The loss of the discriminator, from its results `[batch, 1]` for generated and real
    /// pictures.
    pub fn of_discriminator(self, fake: Tensor<2>, real: Tensor<2>) -> Tensor<1> {
        match self {
            Self::NonSaturating => softplus_mean(fake) + softplus_mean(real.neg()),
            Self::Relativistic => softplus_mean(fake - real),
        }
    }

    /// The loss of the generator. `real` is asked for where it counts alone.
    pub fn of_generator(self, fake: Tensor<2>, real: impl FnOnce() -> Tensor<2>) -> Tensor<1> {
        match self {
            Self::NonSaturating => softplus_mean(fake.neg()),
            Self::Relativistic => softplus_mean(real() - fake),
        }
    }
}

/// `mean(ln(1 + exp(x)))`.
fn softplus_mean(x: Tensor<2>) -> Tensor<1> {
    (activation::relu(x.clone()) + x.abs().neg().exp().log1p()).mean()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::download;
    use crate::train::task::rows;
    use burn::tensor::Device;

    fn number(loss: Tensor<1>) -> f32 {
        download(loss).expect("the CPU works")[0]
    }

    fn results(values: [f32; 2]) -> Tensor<2> {
        rows(values.to_vec(), 1, &Device::flex())
    }

    /// `ln(1 + exp(x))` as it is written down.
    fn softplus(x: f32) -> f32 {
        (1.0 + x.exp()).ln()
    }

    #[test]
    fn what_the_networks_play_for() {
        let (fake, real) = ([0.5, -2.0], [1.5, 0.25]);
        let mean = |a: f32, b: f32| f32::midpoint(softplus(a), softplus(b));
        let (apart, pairs) = (
            AdversarialLoss::NonSaturating,
            AdversarialLoss::Relativistic,
        );
        for (loss, discriminator, generator) in [
            (apart, mean(0.5, -2.0) + mean(-1.5, -0.25), mean(-0.5, 2.0)),
            (pairs, mean(-1.0, -2.25), mean(1.0, 2.25)),
        ] {
            let found = number(loss.of_discriminator(results(fake), results(real)));
            let difference = (found - discriminator).abs();
            assert!(
                difference < 1e-6,
                "{loss:?}: {found}, not {discriminator}, for the discriminator"
            );
            let found = number(loss.of_generator(results(fake), || results(real)));
            assert!(
                (found - generator).abs() < 1e-6,
                "{loss:?}: {found}, not {generator}, for the generator"
            );
        }
    }

    #[test]
    fn differences_see_patterns_and_no_levels() {
        let image = ImageSpec {
            channels: 1,
            height: 2,
            width: 3,
        };
        let of = |values: [f32; 6]| {
            let wanted = [0.2, 0.4, 0.1, 0.9, 0.3, 0.5];
            let pictures = std::array::from_fn::<f32, 6, _>(|at| wanted[at] + values[at]);
            let tensor = |values: [f32; 6]| rows(values.to_vec(), 6, &Device::flex());
            number(differences(tensor(pictures), tensor(wanted), image))
        };
        assert!(of([0.3; 6]) < 1e-10, "the same everywhere");
        // Seven pairs of neighbours, each 0.2 apart.
        let pattern = of([0.1, -0.1, 0.1, -0.1, 0.1, -0.1]);
        assert!((pattern - 7.0 * 0.04).abs() < 1e-6, "{pattern}");
        // One pixel with two neighbours across and one below.
        let one = of([0.0, 0.5, 0.0, 0.0, 0.0, 0.0]);
        assert!((one - 3.0 * 0.25).abs() < 1e-6, "{one}");
        let line = ImageSpec {
            channels: 1,
            height: 1,
            width: 2,
        };
        let pair = |values: [f32; 2]| rows(values.to_vec(), 2, &Device::flex());
        let found = number(differences(pair([0.5, 0.0]), pair([0.0, 0.0]), line));
        assert_eq!(found, 0.25, "a line of two pixels");
    }

    #[test]
    fn large_results_do_not_overflow() {
        for far in [-1e4, 1e4] {
            let found = number(softplus_mean(results([far; 2])));
            assert_eq!(found, far.max(0.0));
        }
    }
}
