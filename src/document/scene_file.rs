//! Scenes as files: a picture, how it stands on the window, and what is to be said about it. Nothing of a
//! session's history, and nothing that was learned. `docs/session.md` describes the form.
//!
//! The hazard here is a file that a stranger made. It is no longer than [`MAX_SCENE_BYTES`], its codes are
//! sound and few, and its texts fit on the window.

use super::bookmarks::{BookmarkError, MAX_NUMBERS, check_code, check_name};
use super::recipe::{Recipe, RecipeError, Subject};
use super::staging::Staging;
use crate::files::kind::BYTE_ORDER_MARK;
use crate::files::load::{self, LoadError};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The version of the form that this program writes, and the newest that it reads.
pub const SCENE_VERSION: u64 = 1;
/// The longest file that is written and read.
pub const MAX_SCENE_BYTES: u64 = 8 << 20;
pub const MAX_TITLE_CHARS: usize = 120;
pub const MAX_CAPTION_CHARS: usize = 1000;
/// The most named codes that a scene brings along.
pub const MAX_CODES: usize = 256;

/// A scene.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SceneFile {
    /// First, so that the file is known by its beginning.
    zscape_scene: u64,
    pub title: String,
    /// What to see and what to try.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caption: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staging: Option<Staging>,
    /// The picture; its subject is one expression.
    pub recipe: Recipe,
}

/// What a presenter says about a scene.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct SceneText {
    pub title: String,
    pub caption: String,
}

impl SceneText {
    /// The same as far as there is room for it.
    #[must_use]
    pub fn bounded(&self) -> Self {
        let cut = |text: &str, most: usize| text.trim().chars().take(most).collect();
        Self {
            title: cut(&self.title, MAX_TITLE_CHARS),
            caption: cut(&self.caption, MAX_CAPTION_CHARS),
        }
    }
}

/// Why a text is no scene, or a scene cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum SceneError {
    #[error("it is not a zscape scene: {0}")]
    Json(serde_json::Error),
    #[error(
        "it has the scene format {0}, and this program reads up to {SCENE_VERSION}; a newer zscape can \
         open it"
    )]
    Version(u64),
    #[error("its picture: {0}")]
    Recipe(#[from] RecipeError),
    #[error("it shows no single picture")]
    NoPicture,
    #[error(
        "its title has more than {MAX_TITLE_CHARS} characters, its caption more than \
         {MAX_CAPTION_CHARS}, or its tools are set to too much"
    )]
    TooMuchText,
    #[error("it brings more than {MAX_CODES} named codes")]
    TooManyCodes,
    #[error("one of its codes cannot be used: {0}")]
    Code(#[from] BookmarkError),
    #[error("it is larger than {} MiB", MAX_SCENE_BYTES >> 20)]
    TooLarge,
}

/// Why a scene file was not read; one sentence that names it.
#[derive(Debug, thiserror::Error)]
pub enum SceneFileError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("{}: {error}", path.display())]
    Content { path: PathBuf, error: SceneError },
}

impl SceneFile {
    /// A scene of this program.
    ///
    /// # Errors
    /// When it could not be read again.
    pub fn new(
        title: &str,
        caption: &str,
        staging: Option<Staging>,
        recipe: Recipe,
    ) -> Result<Self, SceneError> {
        let scene = Self {
            zscape_scene: SCENE_VERSION,
            title: title.to_owned(),
            caption: caption.to_owned(),
            staging,
            recipe,
        };
        scene.check()?;
        Ok(scene)
    }

    /// The text of the expression.
    pub fn expression(&self) -> &str {
        match &self.recipe.subject {
            Subject::Expression(text) => text,
            // Checked when it was made or read.
            _ => "",
        }
    }

    fn check(&self) -> Result<(), SceneError> {
        if !matches!(self.recipe.subject, Subject::Expression(_)) {
            return Err(SceneError::NoPicture);
        }
        let fits = self.title.chars().count() <= MAX_TITLE_CHARS
            && self.caption.chars().count() <= MAX_CAPTION_CHARS
            && self.staging.as_ref().is_none_or(Staging::is_sound);
        if !fits {
            return Err(SceneError::TooMuchText);
        }
        let codes = &self.recipe.codes;
        if codes.len() > MAX_CODES {
            return Err(SceneError::TooManyCodes);
        }
        let mut numbers = 0_usize;
        for (name, code) in codes {
            check_name(name)?;
            check_code(name, code)?;
            numbers = numbers.saturating_add(code.values.len());
        }
        for (name, photo) in &self.recipe.photos {
            check_code(name, &photo.code)?;
            numbers = numbers.saturating_add(photo.code.values.len());
        }
        if numbers > MAX_NUMBERS {
            return Err(BookmarkError::TooManyNumbers.into());
        }
        Ok(())
    }

    /// The scene as JSON with a line for each part.
    ///
    /// # Errors
    /// When it is too large to be read again.
    pub fn to_json(&self) -> Result<String, SceneError> {
        let text = serde_json::to_string_pretty(self).map_err(SceneError::Json)?;
        match text.len() as u64 <= MAX_SCENE_BYTES {
            true => Ok(text),
            false => Err(SceneError::TooLarge),
        }
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// When it is no sound scene, or one of a newer version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SceneError> {
        /// The one field that says how to read the others.
        #[derive(Deserialize)]
        struct Head {
            zscape_scene: u64,
        }
        if bytes.len() as u64 > MAX_SCENE_BYTES {
            return Err(SceneError::TooLarge);
        }
        let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
        let head: Head = serde_json::from_slice(bytes).map_err(SceneError::Json)?;
        if head.zscape_scene > SCENE_VERSION {
            return Err(SceneError::Version(head.zscape_scene));
        }
        let mut scene: Self = serde_json::from_slice(bytes).map_err(SceneError::Json)?;
        scene.recipe = scene.recipe.of_today()?;
        scene.check()?;
        Ok(scene)
    }
}

/// Reads a scene file.
///
/// # Errors
/// A sentence that names the file.
pub fn read(path: &Path) -> Result<SceneFile, SceneFileError> {
    let bytes = load::read(path, MAX_SCENE_BYTES)?;
    SceneFile::from_bytes(&bytes).map_err(|error| SceneFileError::Content {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::{Code, ModelId, Space};

    fn recipe() -> Recipe {
        let model = ModelId {
            name: "digits-vae2".to_owned(),
            hash: "ab".repeat(32),
        };
        let subject = Subject::Expression("@me + seed(1)".to_owned());
        let mut recipe = Recipe::new(model, subject, [28, 28]);
        let code = Code::vector(Space::Z, vec![0.5, -1.0]);
        recipe.codes.insert("me".to_owned(), code);
        recipe
    }

    fn scene() -> SceneFile {
        let staging = Staging {
            tools: r#"{"open":"map"}"#.to_owned(),
            ..Staging::default()
        };
        SceneFile::new("Threes", "Drag to the left", Some(staging), recipe()).expect("it is sound")
    }

    #[test]
    fn a_scene_comes_back_as_it_was_and_is_known_by_its_beginning() {
        let scene = scene();
        let text = scene.to_json().expect("it is short");
        assert_eq!(
            SceneFile::from_bytes(text.as_bytes()).expect("it is sound"),
            scene
        );
        let marked = [BYTE_ORDER_MARK, text.as_bytes()].concat();
        assert_eq!(SceneFile::from_bytes(&marked).expect("it is sound"), scene);
        let kind = crate::files::FileKind::of(text.as_bytes());
        assert_eq!(kind, crate::files::FileKind::Scene);
    }

    #[test]
    fn what_a_stranger_made_is_within_bounds_or_refused() {
        let fault = |scene: &SceneFile| {
            let text = serde_json::to_string(scene).expect("it is JSON");
            let fault = SceneFile::from_bytes(text.as_bytes()).expect_err("it is refused");
            fault.to_string()
        };
        let mut newer = scene();
        newer.zscape_scene = 2;
        assert!(fault(&newer).contains("newer zscape"));
        let mut wordy = scene();
        wordy.caption = "a".repeat(MAX_CAPTION_CHARS + 1);
        assert!(fault(&wordy).contains("caption"));
        let mut set = scene();
        set.staging.as_mut().expect("it has one").tools = "1".repeat(1 << 17);
        assert!(fault(&set).contains("tools"));
        let mut sheet = scene();
        sheet.recipe.subject = Subject::Grid {
            seeds: "0-3".to_owned(),
            truncation: None,
            columns: 2,
        };
        assert!(fault(&sheet).contains("single picture"));
        let mut many = scene();
        for number in 0..=MAX_CODES {
            let code = Code::vector(Space::Z, vec![1.0]);
            many.recipe.codes.insert(format!("c{number}"), code);
        }
        assert!(fault(&many).contains("named codes"));
        let mut named = scene();
        let code = Code::vector(Space::Z, vec![1.0]);
        named.recipe.codes.insert("no name".to_owned(), code);
        assert!(fault(&named).contains("not a name"));
        for text in ["", "{", "[]", "{\"zscape_scene\": 1}"] {
            let fault = SceneFile::from_bytes(text.as_bytes()).expect_err(text);
            assert!(fault.to_string().contains("not a zscape scene"), "{fault}");
        }
    }
}
