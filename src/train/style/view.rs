//! What the two networks of a style-based generator see of pictures in training.

use crate::model::graph::haar;
use crate::model::manifest::ImageSpec;
use crate::model::style::StyleSpec;
use crate::train::critic::CriticSpec;
use burn::tensor::{Tensor, TensorData};

/// What both networks see of pictures: these themselves, their Haar coefficients with the
/// differences enlarged, or the codes of an autoencoder.
#[derive(Clone, Debug)]
pub struct View {
    /// The size of the data: pictures or codes.
    pub image: ImageSpec,
    of_codes: bool,
    /// The size of what is seen.
    pub seen: ImageSpec,
    /// The factor of each channel that is seen.
    factors: Vec<f32>,
}

impl View {
    pub fn new(style: &StyleSpec, critic: &CriticSpec, image: ImageSpec) -> Self {
        if style.haar {
            return Self::of_coefficients(critic, image);
        }
        let seen = style.summed(image);
        let of_codes = style.codes.is_some();
        Self {
            image: if of_codes { seen } else { image },
            of_codes,
            seen,
            factors: vec![1.0; seen.channels],
        }
    }

    /// The Haar coefficients of pictures.
    pub fn of_coefficients(critic: &CriticSpec, image: ImageSpec) -> Self {
        let factor = |channel: usize| {
            if channel < image.channels {
                1.0
            } else {
                critic.difference_gain
            }
        };
        let seen = ImageSpec {
            channels: image.channels.saturating_mul(4),
            height: image.height / 2,
            width: image.width / 2,
        };
        Self {
            image,
            of_codes: false,
            seen,
            factors: (0..seen.channels).map(factor).collect(),
        }
    }

    /// What is seen of data: pictures in 0..1, or codes.
    pub fn of_data(&self, data: Tensor<2>) -> Tensor<2> {
        if self.of_codes {
            data
        } else {
            self.of_pictures(data * 2.0 - 1.0)
        }
    }

    /// How much larger differences are seen than they are in the data.
    pub fn enlargement(&self) -> f64 {
        if self.of_codes { 1.0 } else { 2.0 }
    }

    /// What is seen of pictures in -1..1, `[batch, channels * height * width]`.
    pub fn of_pictures(&self, pictures: Tensor<2>) -> Tensor<2> {
        if self.seen == self.image {
            return pictures;
        }
        let [batch, _] = pictures.dims();
        let ImageSpec {
            channels,
            height,
            width,
        } = self.image;
        self.enlarged(haar(pictures, &[channels, height, width], batch))
    }

    /// What is seen of the sums of picture layers.
    pub fn enlarged(&self, sums: Tensor<2>) -> Tensor<2> {
        if self.factors.iter().all(|&factor| factor == 1.0) {
            return sums;
        }
        let ([batch, len], device) = (sums.dims(), sums.device());
        let channels = self.factors.len();
        let factors = TensorData::new(self.factors.clone(), [1, channels, 1]);
        let sums = sums.reshape([batch, channels, len / channels]);
        (sums * Tensor::<3>::from_data(factors, &device)).reshape([batch, len])
    }

    /// The factors of the picture layers, so that a fresh generator's differences are seen as
    /// large as its means.
    pub fn picture_factors(&self) -> Vec<f32> {
        self.factors.iter().map(|factor| factor.recip()).collect()
    }

    /// Multiplies the factors of the picture layers into a tensor of a finished generator.
    pub fn fold(&self, name: &str, values: &mut [f32]) {
        if !name.starts_with("picture.") || name.contains(".style.") {
            return;
        }
        let row = (values.len() / self.factors.len().max(1)).max(1);
        for (row, factor) in values.chunks_exact_mut(row).zip(self.picture_factors()) {
            row.iter_mut().for_each(|value| *value *= factor);
        }
    }
}
