//! Codes, the spaces that they live in, and named directions.

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The longest name of a space.
const MAX_NAME_CHARS: usize = 16;
/// More names than all models that one run opens have; a file cannot fill the memory with them.
const MAX_NAMES: usize = 1000;

/// A latent space of a model, by its name: `z`, `w`, `w+`, `x`, `codes`.
///
/// Names are kept for the whole run, so that a space can be copied and compared like a number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Space(&'static str);

/// Why a text is no name of a space.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SpaceNameError {
    #[error(
        "{name:?} cannot be the name of a space: it takes 1 to {MAX_NAME_CHARS} letters, digits, \
         +, - and _"
    )]
    BadName { name: String },
    #[error("there are more than {MAX_NAMES} names of spaces")]
    TooMany,
}

impl Space {
    /// The space that the prior is defined on.
    pub const Z: Self = Self("z");
    /// The space after a mapping network: one vector for all layers.
    pub const W: Self = Self("w");
    /// One vector for each layer of the synthesis network.
    pub const W_PLUS: Self = Self("w+");

    /// The space of pictures: the noise that a sampler starts from.
    pub const X: Self = Self("x");

    const KNOWN: [Self; 4] = [Self::Z, Self::W, Self::W_PLUS, Self::X];

    /// The space of a name.
    ///
    /// # Errors
    /// When it is not a name, or there are too many names already.
    pub fn named(name: &str) -> Result<Self, SpaceNameError> {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        if let Some(known) = Self::KNOWN.into_iter().find(|space| space.0 == name) {
            return Ok(known);
        }
        let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_');
        if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.chars().all(is_sound) {
            let name = name.chars().take(2 * MAX_NAME_CHARS).collect();
            return Err(SpaceNameError::BadName { name });
        }
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Ok(Self(known));
        }
        if names.len() >= MAX_NAMES {
            return Err(SpaceNameError::TooMany);
        }
        let kept: &'static str = Box::leak(name.to_owned().into_boxed_str());
        names.insert(kept);
        Ok(Self(kept))
    }

    pub fn name(self) -> &'static str {
        self.0
    }

    /// Whether its codes are rows of codes of `vector`, by their names: those of `w+` are rows of
    /// `w`.
    pub fn is_rows_of(self, vector: Self) -> bool {
        self.0.strip_suffix('+') == Some(vector.0)
    }

    /// Its place among the spaces of a model: in the order in which a code passes through them,
    /// others after that.
    fn rank(self) -> usize {
        let known = Self::KNOWN.iter().position(|space| *space == self);
        known.unwrap_or(Self::KNOWN.len())
    }
}

impl Ord for Space {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.rank(), self.0).cmp(&(other.rank(), other.0))
    }
}

impl PartialOrd for Space {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Serialize for Space {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(D::Error::custom)
    }
}

/// What one code of a space looks like in memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum SpaceShape {
    /// One vector of `dim` real numbers.
    Vector { dim: usize },
    /// `layers` vectors of `dim` real numbers each, row after row.
    Layers { layers: usize, dim: usize },
    /// A picture of real numbers, channel after channel: the noise that a sampler starts from,
    /// or the latent picture of an autoencoder.
    Image {
        channels: usize,
        height: usize,
        width: usize,
    },
    /// `height` rows of `width` indices into a codebook of `levels` entries. They are stored as
    /// whole numbers, which `f32` holds exactly; see [`MAX_LEVELS`].
    Grid {
        height: usize,
        width: usize,
        levels: u32,
    },
}

/// The largest codebook: `f32` holds every whole number up to here.
pub const MAX_LEVELS: u32 = 1 << 24;

impl SpaceShape {
    /// How many numbers one code has, or `None` when that count does not fit in memory.
    pub fn checked_len(self) -> Option<usize> {
        match self {
            Self::Vector { dim } => Some(dim),
            Self::Layers { layers, dim } => layers.checked_mul(dim),
            Self::Image {
                channels,
                height,
                width,
            } => channels.checked_mul(height)?.checked_mul(width),
            Self::Grid { height, width, .. } => height.checked_mul(width),
        }
    }

    /// How many numbers stay together when a code is locked, crossed or mixed: all of a layer's
    /// row, else one.
    pub fn row_len(self) -> usize {
        match self {
            Self::Layers { dim, .. } => dim,
            Self::Vector { .. } | Self::Image { .. } | Self::Grid { .. } => 1,
        }
    }

    /// How many parts can be locked or crossed: the layers, or else the single numbers.
    pub fn row_count(self) -> usize {
        match self {
            Self::Layers { layers, .. } => layers,
            _ => self.checked_len().unwrap_or(0),
        }
    }

    /// The length of one vector: that of a layer's row, or else of the whole code.
    pub fn dim(self) -> usize {
        match self {
            Self::Layers { dim, .. } => dim,
            _ => self.checked_len().unwrap_or(0),
        }
    }

    /// Whether codes are real numbers, which can be added, scaled and interpolated; indices
    /// cannot.
    pub fn is_real(self) -> bool {
        !matches!(self, Self::Grid { .. })
    }
}

impl fmt::Display for SpaceShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector { dim } => write!(f, "{dim}"),
            Self::Layers { layers, dim } => write!(f, "{layers}x{dim}"),
            Self::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels}x{height}x{width}"),
            Self::Grid {
                height,
                width,
                levels,
            } => write!(f, "{height}x{width} of {levels}"),
        }
    }
}

/// A point of a latent space.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
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
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
pub struct Direction {
    pub name: String,
    pub space: Space,
    pub values: Vec<f32>,
}
