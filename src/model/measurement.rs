//! What was found out about one picture: plain data.

use super::manifest::ImageSpec;
use crate::latent::Code;

/// A code with its picture, and what the other networks say of that picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Measurement {
    /// The value of the expression.
    pub code: Code,
    pub image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    pub picture: Vec<f32>,
    /// What the classifier of the same data sees; `None` where the catalogue has none.
    pub judged: Option<Prediction>,
    /// The mean squared error between the picture and what encoding and decoding makes of it;
    /// `None` without an encoder.
    pub reconstruction_mse: Option<f32>,
    /// The Euclidean distance of the code to the nearest encoded test datum; `None` without such
    /// data and outside z.
    pub nearest: Option<f32>,
}

/// The verdict of a classifier.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Prediction {
    /// The label of the most probable class.
    pub class: u8,
    /// Its probability, 0..1.
    pub probability: f32,
}
