//! Codes, the spaces that they live in, and named directions.

use super::code_values::{Values, ValuesError};
use super::original::{Original, StoredOriginal};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// The longest name of a space.
const MAX_NAME_CHARS: usize = 16;

/// A latent space of a model, by its name: `z`, `w`, `w+`, `x`, `codes`.
///
/// The name is held in place, so that a space can be copied and compared like a number, and names
/// that files bring cost nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Space {
    /// ASCII, zeros behind the name.
    name: [u8; MAX_NAME_CHARS],
}

/// Why a text is no name of a space.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{name:?} cannot be the name of a space: it takes 1 to {MAX_NAME_CHARS} letters, digits, +, - \
     and _"
)]
pub struct SpaceNameError {
    name: String,
}

impl Space {
    /// The space that the prior is defined on.
    pub const Z: Self = Self::known(b"z");
    /// The space after a mapping network: one vector for all layers.
    pub const W: Self = Self::known(b"w");
    /// One vector for each layer of the synthesis network.
    pub const W_PLUS: Self = Self::known(b"w+");
    /// The space of pictures: the noise that a sampler starts from.
    pub const X: Self = Self::known(b"x");
    /// Indices into a codebook.
    pub const CODES: Self = Self::known(b"codes");

    const KNOWN: [Self; 5] = [Self::Z, Self::W, Self::W_PLUS, Self::X, Self::CODES];

    const fn known(text: &[u8]) -> Self {
        let mut name = [0; MAX_NAME_CHARS];
        let mut index = 0;
        while index < text.len() {
            name[index] = text[index];
            index += 1;
        }
        Self { name }
    }

    /// The space of a name.
    ///
    /// # Errors
    /// When it is not a name.
    pub fn named(name: &str) -> Result<Self, SpaceNameError> {
        let is_sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_');
        if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.chars().all(is_sound) {
            let name = name.chars().take(2 * MAX_NAME_CHARS).collect();
            return Err(SpaceNameError { name });
        }
        Ok(Self::known(name.as_bytes()))
    }

    pub fn name(&self) -> &str {
        let len = self.name.iter().position(|&byte| byte == 0);
        let name = &self.name[..len.unwrap_or(MAX_NAME_CHARS)];
        // Names are ASCII.
        std::str::from_utf8(name).unwrap_or_default()
    }

    /// Whether its codes are rows of codes of `vector`, by their names: those of `w+` are rows of
    /// `w`.
    pub fn is_rows_of(self, vector: Self) -> bool {
        self.row_space() == Some(vector)
    }

    /// The space whose codes are the rows of this one, by its name: `w` of `w+`.
    pub fn row_space(self) -> Option<Self> {
        Self::named(self.name().strip_suffix('+')?).ok()
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
        (self.rank(), self.name()).cmp(&(other.rank(), other.name()))
    }
}

impl PartialOrd for Space {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for Space {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Space {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::named(&name).map_err(D::Error::custom)
    }
}

/// What a space of a model leads to on the way to its decoder. Each leads on at most once, though
/// two may lead to the same space.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lead {
    /// A network maps codes to this space.
    Map(Space),
    /// The vector is repeated for all rows of this space.
    Rows(Space),
}

impl Lead {
    /// Where it leads to.
    pub fn to(self) -> Space {
        match self {
            Self::Map(space) | Self::Rows(space) => space,
        }
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
    /// `height` rows of `width` indices into a codebook of `levels` entries. Files and networks
    /// take them as whole numbers, which `f32` holds exactly; see [`MAX_LEVELS`].
    Grid {
        height: usize,
        width: usize,
        levels: u32,
    },
}

/// The largest codebook: `f32` holds every whole number up to here.
pub const MAX_LEVELS: u32 = 1 << 24;

impl SpaceShape {
    /// The sides of one code as an array: `[dim]`, `[layers, dim]`, `[channels, height, width]` or
    /// `[height, width]`.
    pub fn sides(self) -> Vec<usize> {
        match self {
            Self::Vector { dim } => vec![dim],
            Self::Layers { layers, dim } => vec![layers, dim],
            Self::Image {
                channels,
                height,
                width,
            } => vec![channels, height, width],
            Self::Grid { height, width, .. } => vec![height, width],
        }
    }

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

    /// How many cells can be mixed: the pixels of a picture, or else the parts that can be locked.
    pub fn cell_count(self) -> usize {
        match self {
            Self::Image { height, width, .. } => height.checked_mul(width).unwrap_or(0),
            _ => self.row_count(),
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

/// A point of a latent space. Stored, its numbers are a list of reals, whole ones for indices.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "StoredCode", into = "StoredCode")]
pub struct Code {
    /// The space that the numbers belong to.
    pub space: Space,
    /// How `values` is laid out; its length is `shape.checked_len()`.
    pub shape: SpaceShape,
    /// The numbers, row after row: indices in a grid, reals elsewhere.
    pub values: Values,
    /// What the picture is to show besides: a weight for each word of the model's
    /// [`Vocabulary`](super::Vocabulary), or none where nothing is said.
    pub condition: Vec<f32>,
    /// The picture that a sampler begins with beside the code as its noise; `None` where it begins with
    /// the noise alone.
    pub original: Option<Arc<Original>>,
}

/// A [`Code`] in files.
#[derive(serde::Serialize, serde::Deserialize)]
struct StoredCode {
    space: Space,
    shape: SpaceShape,
    values: Vec<f32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    condition: Vec<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    original: Option<StoredOriginal>,
}

impl TryFrom<StoredCode> for Code {
    type Error = String;

    fn try_from(stored: StoredCode) -> Result<Self, String> {
        let code = Self::new(stored.space, stored.shape, stored.values);
        let code = code.map_err(|fault| fault.to_string())?;
        let code = code.begun_with(stored.original)?;
        Ok(Self {
            condition: stored.condition,
            ..code
        })
    }
}

impl From<Code> for StoredCode {
    fn from(code: Code) -> Self {
        Self {
            space: code.space,
            shape: code.shape,
            original: code.stored_original(),
            values: code.values.numbers().into_owned(),
            condition: code.condition,
        }
    }
}

impl Code {
    /// A code from its numbers.
    ///
    /// # Errors
    /// When they do not fit the shape.
    pub fn new(space: Space, shape: SpaceShape, numbers: Vec<f32>) -> Result<Self, ValuesError> {
        let values = Values::of(shape, numbers)?;
        Ok(Self {
            space,
            shape,
            values,
            condition: Vec::new(),
            original: None,
        })
    }

    /// The same that begins with what a file says; `None` says nothing.
    ///
    /// # Errors
    /// When that does not fit the code.
    pub fn begun_with(self, stored: Option<StoredOriginal>) -> Result<Self, String> {
        let cells = self.shape.cell_count();
        let original = stored.map(|stored| stored.read(self.values.reals(), cells));
        Ok(Self {
            original: original.transpose()?.map(Arc::new),
            ..self
        })
    }

    /// What it begins with, as files hold it.
    pub fn stored_original(&self) -> Option<StoredOriginal> {
        let original = self.original.as_deref()?;
        Some(StoredOriginal::of(original, self.values.reals()))
    }

    /// A single vector in `space`.
    pub fn vector(space: Space, values: Vec<f32>) -> Self {
        Self {
            space,
            shape: SpaceShape::Vector { dim: values.len() },
            values: Values::Reals(values),
            condition: Vec::new(),
            original: None,
        }
    }

    /// The Euclidean norm, accumulated in `f64`; 0 of indices.
    pub fn norm(&self) -> f32 {
        self.values
            .reals()
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
