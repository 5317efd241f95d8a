//! A recipe: all that it takes to make one picture, or one animation, again.

use super::earlier::upgraded;
use super::json::is_default;
use super::raster::Layout;
use crate::latent::expr::Expr;
use crate::latent::path::{Easing, Method};
use crate::latent::{Code, Direction, EncodedPhoto, ModelId, Sampler, SessionNames};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// The version of the recipe's form that this program writes, and the newest that it reads.
///
/// Version 1 had expressions and grids; 2 adds sheets, animations, smoothing, the sampler and
/// names of the session; 3 adds conditions, and its truncation acts in w where a model has a w.
pub const RECIPE_VERSION: u32 = 3;
/// The first version in which truncation of a code in z acts in w.
const VERSION_WITH_W: u32 = 3;

/// The longest recipe that is written and read, in bytes: a sheet of 1,000 codes of a model with
/// styles has 10 million.
pub const MAX_RECIPE_BYTES: usize = 32 << 20;

/// Which model, which codes, which size; carried as JSON by everything that is exported.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Recipe {
    pub recipe_version: u32,
    pub model: ModelId,
    #[serde(flatten)]
    pub subject: Subject,
    /// Width and height of the exported picture in pixels.
    pub size: [u32; 2],
    /// How many times as large as the model's the pictures are. A single picture and the frames
    /// of an animation have `size`, whatever stands here.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub scale: u32,
    /// Whether enlarging was smooth; else every pixel is a square.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub smooth: bool,
    /// Dots per inch at which it is to be printed, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpi: Option<u32>,
    /// Named codes of the session that the expressions use, for they are not in the model.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, Code>,
    /// Directions of the session that the expressions use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub directions: Vec<Direction>,
    /// What the expressions encode, by the names of the files in them, which another folder does not
    /// have. Recipes of earlier versions lack it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub photos: BTreeMap<String, EncodedPhoto>,
    /// Settings of the decode beside the code.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sampler: Sampler,
    /// The program that made the picture, with its version.
    pub program: String,
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
    /// The values of many expressions, row after row; a strip has one row.
    Sheet {
        expressions: Vec<String>,
        columns: usize,
        /// Pixels between neighbours.
        #[serde(default)]
        gap: u32,
        /// What shows in the gaps, sRGB-encoded.
        #[serde(default)]
        background: [u8; 3],
    },
    /// A walk through keyframes.
    Animation(Animation),
}

impl Subject {
    /// The expressions that are written in it.
    pub fn expressions(&self) -> &[String] {
        match self {
            Self::Expression(text) => std::slice::from_ref(text),
            Self::Grid { .. } => &[],
            Self::Sheet { expressions, .. } => expressions,
            Self::Animation(animation) => &animation.keyframes,
        }
    }

    /// Pictures side by side.
    pub fn sheet(pictures: &[Expr], layout: Layout) -> Self {
        Self::Sheet {
            expressions: texts(pictures),
            columns: layout.columns,
            // Wider gaps than that make no picture that can be written.
            gap: u32::try_from(layout.gap).unwrap_or(u32::MAX),
            background: layout.background,
        }
    }
}

/// Expressions as recipes hold them.
pub fn texts(expressions: &[Expr]) -> Vec<String> {
    expressions.iter().map(ToString::to_string).collect()
}

/// An animation: the path, the pace and the clock. The frames follow from it by
/// [`Path::frame_positions`](crate::latent::path::Path::frame_positions).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Animation {
    /// Expressions, in the order in which they are met.
    pub keyframes: Vec<String>,
    #[serde(default)]
    pub method: Method,
    #[serde(default)]
    pub easing: Easing,
    /// Whether frames are the same step apart as pictures, rather than as positions.
    #[serde(default)]
    pub even: bool,
    /// Whether the path leads back to the first keyframe.
    #[serde(default)]
    pub closed: bool,
    pub frames: usize,
    /// How long all frames together are shown, in microseconds; each for the same part of it.
    pub duration_us: u64,
    /// Whether it is shown once, rather than again and again.
    #[serde(default)]
    pub once: bool,
}

/// Why a text is no recipe.
#[derive(Debug, thiserror::Error)]
pub enum RecipeError {
    #[error("the recipe cannot be read: {0}")]
    Json(serde_json::Error),
    #[error("the recipe has the version {0}; this program reads up to {RECIPE_VERSION}")]
    Version(u32),
    #[error("its recipe is too long: more than {} MiB", MAX_RECIPE_BYTES >> 20)]
    TooLong,
}

impl Recipe {
    /// A recipe of this program for a picture of `size` (width, height).
    pub fn new(model: ModelId, subject: Subject, size: [u32; 2]) -> Self {
        Self {
            recipe_version: RECIPE_VERSION,
            model,
            subject,
            size,
            scale: 1,
            smooth: false,
            dpi: None,
            codes: BTreeMap::new(),
            directions: Vec::new(),
            photos: BTreeMap::new(),
            sampler: Sampler::default(),
            program: program(),
        }
    }

    /// Puts names of the session into the recipe; see [`SessionNames::used_by`].
    pub fn set_names(&mut self, names: SessionNames) {
        self.codes = names.codes;
        self.directions = names.directions;
        self.photos = names.photos;
    }

    /// The names of the session that the recipe's expressions need.
    pub fn names(&self) -> SessionNames {
        SessionNames {
            codes: self.codes.clone(),
            retired: BTreeMap::new(),
            directions: self.directions.clone(),
            photos: self.photos.clone(),
        }
    }

    /// The recipe as JSON on one line.
    pub fn to_json(&self) -> String {
        // Every field is a string, a number or a struct of these, so this cannot fail; an empty
        // text would be refused when it is read.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The recipe as JSON on one line of printable ASCII, for places that know no other text.
    pub fn to_ascii_json(&self) -> String {
        let mut text = String::new();
        for c in self.to_json().chars() {
            if c.is_ascii() && !c.is_ascii_control() {
                text.push(c);
            } else {
                // Outside of strings JSON is ASCII, so this stands in a string.
                for unit in c.encode_utf16(&mut [0; 2]) {
                    text.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
        text
    }

    /// Checks that the recipe can be read again from a file that it is written to.
    ///
    /// # Errors
    /// When it is longer than [`MAX_RECIPE_BYTES`].
    pub fn check_length(&self) -> Result<(), RecipeError> {
        /// Counts the bytes of a text as [`Recipe::to_ascii_json`] writes it.
        struct Counter(usize);
        impl Write for Counter {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                let ascii_bytes = |byte: &u8| match byte {
                    0..0x80 => 1,
                    // They go with the byte before them.
                    0x80..0xc0 => 0,
                    0xc0..0xf0 => 6,
                    0xf0.. => 12,
                };
                self.0 += bytes.iter().map(ascii_bytes).sum::<usize>();
                match self.0 <= MAX_RECIPE_BYTES {
                    true => Ok(bytes.len()),
                    false => Err(io::ErrorKind::FileTooLarge.into()),
                }
            }

            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        serde_json::to_writer(Counter(0), self).map_err(|_| RecipeError::TooLong)
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
        if text.len() > MAX_RECIPE_BYTES {
            return Err(RecipeError::TooLong);
        }
        let head: Head = serde_json::from_str(text).map_err(RecipeError::Json)?;
        if head.recipe_version > RECIPE_VERSION {
            return Err(RecipeError::Version(head.recipe_version));
        }
        let recipe: Self = serde_json::from_str(text).map_err(RecipeError::Json)?;
        recipe.of_today()
    }

    /// A recipe that was read, in today's form.
    ///
    /// # Errors
    /// When it is of a newer version.
    pub(super) fn of_today(mut self) -> Result<Self, RecipeError> {
        if self.recipe_version > RECIPE_VERSION {
            return Err(RecipeError::Version(self.recipe_version));
        }
        if self.recipe_version < VERSION_WITH_W {
            self.upgrade();
        }
        Ok(self)
    }

    /// Writes expressions of an earlier version in today's language, so that they draw what they
    /// drew.
    fn upgrade(&mut self) {
        let names = self.names();
        let texts: &mut [String] = match &mut self.subject {
            Subject::Expression(text) => std::slice::from_mut(text),
            // Its truncation was written in w from the start.
            Subject::Grid { .. } => &mut [],
            Subject::Sheet { expressions, .. } => expressions,
            Subject::Animation(animation) => &mut animation.keyframes,
        };
        for text in texts {
            if let Some(today) = upgraded(text, &self.model.name, || names.clone()) {
                *text = today;
            }
        }
    }
}

/// This program and its version, as recipes name it.
pub fn program() -> String {
    format!("{} {}", env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"))
}

fn one() -> u32 {
    1
}

fn is_one(number: &u32) -> bool {
    *number == one()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipe(subject: Subject) -> Recipe {
        let model = ModelId {
            name: "digits-gan".to_owned(),
            hash: "ab".repeat(32),
        };
        Recipe::new(model, subject, [28, 28])
    }

    #[test]
    fn version_1_is_still_read() {
        let text = r#"{"recipe_version":1,"model":{"name":"digits-gan","hash":"ab"},
            "grid":{"seeds":"0-3","truncation":0.5,"columns":2},
            "size":[56,56],"program":"zscape 0.1.0"}"#;
        let read = Recipe::from_json(text).expect("it was written by version 1");
        let grid = Subject::Grid {
            seeds: "0-3".to_owned(),
            truncation: Some(0.5),
            columns: 2,
        };
        assert_eq!(read.subject, grid);
        assert_eq!(
            (read.scale, read.smooth, read.recipe_version),
            (1, false, 1)
        );
        assert!(read.codes.is_empty() && read.directions.is_empty());
    }

    #[test]
    fn truncation_of_version_2_acts_in_z() {
        let text = |version| {
            format!(
                r#"{{"recipe_version":{version},"model":{{"name":"heroes-stylegan","hash":"ab"}},
                "sheet":{{"expressions":["truncate(seed(1), 0.5)","truncate(w(seed(1)), 0.5)"],
                "columns":2}},"size":[56,56],"program":"zscape 0.1.0"}}"#
            )
        };
        let expressions = |version| match Recipe::from_json(&text(version)).map(|read| read.subject)
        {
            Ok(Subject::Sheet { expressions, .. }) => expressions,
            other => panic!("not a sheet: {other:?}"),
        };
        assert_eq!(expressions(2), ["0.5*seed(1)", "truncate(w(seed(1)), 0.5)"]);
        assert_eq!(expressions(3)[0], "truncate(seed(1), 0.5)");
    }

    #[test]
    fn what_is_not_used_is_not_written() {
        let text = recipe(Subject::Expression("seed(1)".to_owned())).to_json();
        for field in ["scale", "smooth", "codes", "directions", "sampler"] {
            assert!(!text.contains(field), "{text}");
        }
    }

    #[test]
    fn ascii_is_the_same_recipe() {
        let expression = "encode(\"Größe \u{1f600}\u{7f}\n\u{2028}.png\")";
        let recipe = recipe(Subject::Expression(expression.to_owned()));
        let text = recipe.to_ascii_json();
        assert!(
            text.bytes().all(|byte| (0x20..0x7f).contains(&byte)),
            "{text}"
        );
        assert_eq!(Recipe::from_json(&text).expect("the same JSON"), recipe);
    }

    #[test]
    fn a_recipe_without_end_is_refused() {
        let text = format!("{}{{", " ".repeat(MAX_RECIPE_BYTES));
        assert!(matches!(
            Recipe::from_json(&text),
            Err(RecipeError::TooLong)
        ));
    }

    #[test]
    fn the_length_is_that_of_what_is_written() {
        let of = |text: String| recipe(Subject::Expression(text));
        let rest = of(String::new()).to_ascii_json().len();
        // Each letter is written as six characters, each face as twelve.
        for (letter, written) in [("a", 1), ("ö", 6), ("\u{1f600}", 12)] {
            let most = (MAX_RECIPE_BYTES - rest) / written;
            let longest = of(letter.repeat(most));
            assert!(longest.to_ascii_json().len() <= MAX_RECIPE_BYTES);
            assert!(longest.check_length().is_ok(), "{letter}");
            assert!(
                of(letter.repeat(most + 1)).check_length().is_err(),
                "{letter}"
            );
        }
    }
}
