//! A recipe: all that it takes to make one picture again.

use serde::{Deserialize, Serialize};

/// The version of the recipe's form that this program writes, and the newest that it reads.
pub const RECIPE_VERSION: u32 = 1;

/// Which model, which code, which size; carried as JSON by every picture that is exported.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    pub recipe_version: u32,
    pub model: ModelRef,
    #[serde(flatten)]
    pub subject: Subject,
    /// Width and height of the exported picture in pixels.
    pub size: [u32; 2],
    /// The program that made the picture, with its version.
    pub program: String,
}

/// A model, named so that exactly its weights can be found again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ModelRef {
    pub name: String,
    /// Lower-case hexadecimal SHA-256 of the model file.
    pub hash: String,
}

/// What the picture shows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The value of one expression.
    Expression(String),
    /// One picture for each seed, row after row.
    Grid {
        /// Seeds as typed, such as `0-9,12`.
        seeds: String,
        /// Truncation psi, where the codes were truncated.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        truncation: Option<f32>,
        columns: usize,
    },
}

/// Why a text is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    #[error("the recipe cannot be read: {0}")]
    Json(serde_json::Error),
    #[error("the recipe has the version {0}; this program reads up to {RECIPE_VERSION}")]
    Version(u32),
}

impl Recipe {
    /// A recipe of this program for a picture of `size` (width, height).
    pub fn new(model: ModelRef, subject: Subject, size: [u32; 2]) -> Self {
        Self {
            recipe_version: RECIPE_VERSION,
            model,
            subject,
            size,
            program: program(),
        }
    }

    /// The recipe as JSON on one line.
    pub fn to_json(&self) -> String {
        // Every field is a string, a number or a struct of these, so this cannot fail; an empty
        // text would be refused by whoever reads it.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When the text is no recipe, or one of a newer version.
    pub fn from_json(text: &str) -> Result<Self, RecipeError> {
        /// The one field that says how to read the others.
        #[derive(Deserialize)]
        struct Head {
            recipe_version: u32,
        }
        let head: Head = serde_json::from_str(text).map_err(RecipeError::Json)?;
        if head.recipe_version > RECIPE_VERSION {
            return Err(RecipeError::Version(head.recipe_version));
        }
        serde_json::from_str(text).map_err(RecipeError::Json)
    }
}

/// This program and its version, as recipes name it.
pub fn program() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}
