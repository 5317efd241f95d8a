//! Codes, the spaces that they live in, and named directions.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A latent space of a model.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub enum Space {
    /// The space that the prior is defined on.
    #[serde(rename = "z")]
    Z,
    /// The space after a mapping network: one vector for all layers.
    #[serde(rename = "w")]
    W,
    /// One vector for each layer of the synthesis network.
    #[serde(rename = "w+")]
    WPlus,
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Z => "z",
            Self::W => "w",
            Self::WPlus => "w+",
        })
    }
}

/// What one code of a space looks like in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpaceShape {
    /// One vector of `dim` numbers.
    Vector { dim: usize },
    /// `layers` vectors of `dim` numbers each, row after row.
    Layers { layers: usize, dim: usize },
}

impl SpaceShape {
    /// How many numbers one code has, or `None` when that count does not fit in memory.
    pub fn checked_len(self) -> Option<usize> {
        match self {
            Self::Vector { dim } => Some(dim),
            Self::Layers { layers, dim } => layers.checked_mul(dim),
        }
    }

    /// The length of one vector: that of the code, or that of one layer's row.
    pub fn dim(self) -> usize {
        match self {
            Self::Vector { dim } | Self::Layers { dim, .. } => dim,
        }
    }
}

impl fmt::Display for SpaceShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector { dim } => write!(f, "{dim}"),
            Self::Layers { layers, dim } => write!(f, "{layers}x{dim}"),
        }
    }
}

/// A point of a latent space.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Code {
    /// The space that the numbers belong to.
    pub space: Space,
    /// How `values` is laid out; its length is `shape.checked_len()`.
    pub shape: SpaceShape,
    /// The numbers, row after row.
    pub values: Vec<f32>,
}

impl Code {
    /// A single vector in `space`.
    pub fn vector(space: Space, values: Vec<f32>) -> Self {
        Self {
            space,
            shape: SpaceShape::Vector { dim: values.len() },
            values,
        }
    }

    /// The Euclidean norm, accumulated in `f64`.
    pub fn norm(&self) -> f32 {
        self.values
            .iter()
            .map(|&v| f64::from(v).powi(2))
            .sum::<f64>()
            .sqrt() as f32
    }
}

/// A named direction of a latent space.
///
/// `values` is one step of one standard deviation, so `2 * dir("name")` is a walk of 2 sigma.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Direction {
    pub name: String,
    pub space: Space,
    pub values: Vec<f32>,
}
