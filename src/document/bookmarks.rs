//! Named codes of a session: `@name` in expressions.
//!
//! The hazard that this module guards against is a name that changes its meaning behind the
//! back of expressions that were made with it. So the code of a bookmark never changes, a
//! deleted one stays known to the steps that use it, and a new name is written into everything
//! that used the old one.

use super::earlier::upgraded;
use super::json::{self, exact};
use super::snapshot::ModelLink;
use super::staging::Staging;
use crate::latent::expr::limits::MAX_CODE_LEN;
use crate::latent::expr::{Expr, parse};
use crate::latent::{Code, Sampler, SessionNames, Space, SpaceShape, StoredOriginal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How many bookmarks a session may have, deleted ones too.
pub const MAX_BOOKMARKS: usize = 4096;
/// How many numbers their codes may have together: 16 MiB.
pub const MAX_NUMBERS: usize = 4 << 20;
pub const MAX_NAME_CHARS: usize = 64;
pub const MAX_TAGS: usize = 32;
pub const MAX_NOTE_CHARS: usize = 4000;

/// A code with a name.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Bookmark {
    /// What stands behind the `@`: a letter or `_`, then letters, digits, `_`, and `-` or `.`
    /// between two of those.
    pub name: String,
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "json::list::<MAX_TAGS, _, _>"
    )]
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The text that the code was the value of.
    pub expression: String,
    #[serde(default, skip_serializing_if = "json::is_default")]
    pub sampler: Sampler,
    /// The model that it was evaluated with.
    pub model: ModelLink,
    /// When it was made, in seconds since 1970.
    pub created_secs: u64,
    #[serde(with = "written_code")]
    pub code: Code,
    /// How it stood on the window; going there restores it. Bookmarks of earlier versions, and codes that
    /// no picture on the window has, leave the window as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staging: Option<Staging>,
    /// Not listed any more, but still known to the expressions that use it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_deleted: bool,
}

/// A code as it is written: a plain shape, and numbers that come back bit for bit.
mod written_code {
    use super::{Code, Deserialize, Serialize, Space, SpaceShape, StoredOriginal, exact};
    use serde::{Deserializer, Serializer, de};

    #[derive(Serialize, Deserialize)]
    struct Written {
        space: Space,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        layers: Option<usize>,
        dim: usize,
        /// Of a code that is neither a vector nor layers of vectors.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shape: Option<SpaceShape>,
        #[serde(with = "exact")]
        values: Vec<f32>,
        #[serde(default, with = "exact", skip_serializing_if = "Vec::is_empty")]
        condition: Vec<f32>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        original: Option<StoredOriginal>,
    }

    pub fn serialize<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
        let (layers, dim, shape) = match code.shape {
            SpaceShape::Vector { dim } => (None, dim, None),
            SpaceShape::Layers { layers, dim } => (Some(layers), dim, None),
            other => (None, code.values.len(), Some(other)),
        };
        let written = Written {
            space: code.space,
            layers,
            dim,
            shape,
            values: code.values.numbers().into_owned(),
            condition: code.condition.clone(),
            original: code.stored_original(),
        };
        written.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Code, D::Error> {
        let written = Written::deserialize(deserializer)?;
        let dim = written.dim;
        let shape = match (written.shape, written.layers) {
            (Some(shape), _) => shape,
            (None, None) => SpaceShape::Vector { dim },
            (None, Some(layers)) => SpaceShape::Layers { layers, dim },
        };
        let code = Code::new(written.space, shape, written.values);
        let code = code.map_err(|fault| fault.to_string());
        let code = code
            .and_then(|code| code.begun_with(written.original))
            .map_err(|fault| de::Error::custom(format_args!("a code is not sound: {fault}")))?;
        Ok(Code {
            condition: written.condition,
            ..code
        })
    }
}

/// What is wrong with a bookmark.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BookmarkError {
    #[error("give it a name")]
    NoName,
    #[error("a name has up to {MAX_NAME_CHARS} characters")]
    NameTooLong,
    #[error(
        "{0:?} is not a name: it must begin with a letter and go on with letters, digits, - or _"
    )]
    BadName(String),
    #[error("there is a bookmark @{0} already")]
    Taken(String),
    #[error("there is no bookmark @{0}")]
    Unknown(String),
    #[error("a session holds up to {MAX_BOOKMARKS} bookmarks")]
    TooMany,
    #[error("the codes of all bookmarks have more than {MAX_NUMBERS} numbers together")]
    TooManyNumbers,
    #[error("the code of @{0} does not have the numbers that its shape has")]
    Shape(String),
    #[error("the code of @{0} has numbers that are not finite")]
    NotFinite(String),
    #[error("@{0} has too many tags, too long a note, model name or settings of tools")]
    TooMuchText(String),
}

/// Checks that `@name` can be written in expressions without quotes.
///
/// # Errors
///
/// What is wrong with it, as a sentence.
pub fn check_name(name: &str) -> Result<(), BookmarkError> {
    if name.is_empty() {
        return Err(BookmarkError::NoName);
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(BookmarkError::NameTooLong);
    }
    match parse(&format!("@{name}")) {
        Ok(Expr::Named(read)) if read == name => Ok(()),
        _ => Err(BookmarkError::BadName(name.to_owned())),
    }
}

/// Checks what a file may have got wrong about a code.
///
/// # Errors
///
/// What is wrong with it, as a sentence with its name.
pub fn check_code(name: &str, code: &Code) -> Result<(), BookmarkError> {
    match code.shape.checked_len() {
        Some(len) if len == code.values.len() && len <= MAX_CODE_LEN => {}
        _ => return Err(BookmarkError::Shape(name.to_owned())),
    }
    match code.values.is_finite() {
        true => Ok(()),
        false => Err(BookmarkError::NotFinite(name.to_owned())),
    }
}

/// A name as people type one, in the form that `@name` has: without blanks at its ends and without an
/// `@`, with hyphens in the place of other blanks.
pub fn name_from_text(text: &str) -> String {
    let words = text.trim().trim_start_matches('@').split_whitespace();
    words.collect::<Vec<_>>().join("-")
}

/// Tags as people type them, separated by commas: without blanks around them, each one once.
pub fn tags_from_text(text: &str) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in text.split(',').map(str::trim) {
        let tag: String = tag.chars().take(MAX_NAME_CHARS).collect();
        if !tag.is_empty() && !tags.contains(&tag) && tags.len() < MAX_TAGS {
            tags.push(tag);
        }
    }
    tags
}

/// The text of an expression with `@to` for every `@from`; `None` where it has none, and where
/// it is no expression.
pub fn renamed(text: &str, from: &str, to: &str) -> Option<String> {
    if !text.contains('@') {
        return None;
    }
    let mut expr = parse(text).ok()?;
    expr.rename(from, to).then(|| expr.to_string())
}

/// As [`renamed`], for every text of a JSON value; `None` where nothing changes. What tools are
/// set to holds expressions as their text.
pub fn renamed_in_json(value: &Value, from: &str, to: &str) -> Option<Value> {
    let mut changed = value.clone();
    let mut found = false;
    let mut waiting = vec![&mut changed];
    while let Some(value) = waiting.pop() {
        match value {
            Value::String(text) => {
                if let Some(other) = renamed(text, from, to) {
                    *text = other;
                    found = true;
                }
            }
            Value::Array(values) => waiting.extend(values),
            Value::Object(map) => waiting.extend(map.values_mut()),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found.then_some(changed)
}

impl Bookmark {
    /// Checks what a file may have got wrong.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn check(&self) -> Result<(), BookmarkError> {
        check_name(&self.name)?;
        let name = || self.name.clone();
        check_code(&self.name, &self.code)?;
        let is_short = |text: &str, chars: usize| text.chars().count() <= chars;
        let fits = self.tags.len() <= MAX_TAGS
            && self.tags.iter().all(|tag| is_short(tag, MAX_NAME_CHARS))
            && is_short(&self.note, MAX_NOTE_CHARS)
            && self.model.is_sound()
            && self.staging.as_ref().is_none_or(Staging::is_sound);
        if fits {
            Ok(())
        } else {
            Err(BookmarkError::TooMuchText(name()))
        }
    }

    /// Whether a search finds it: every word stands in its name, a tag or the note.
    pub fn fits(&self, query: &str) -> bool {
        let all = format!("@{} {} {}", self.name, self.tags.join(" "), self.note).to_lowercase();
        query
            .to_lowercase()
            .split_whitespace()
            .all(|word| all.contains(word))
    }
}

/// The bookmarks of a session by name.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Bookmarks {
    /// In the order of making, until they are put in another one.
    list: Vec<Bookmark>,
    numbers: usize,
}

impl Bookmarks {
    /// Those that are not deleted, in order; the newest last, if it was not moved.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Bookmark> {
        self.list.iter().filter(|bookmark| !bookmark.is_deleted)
    }

    /// Deleted ones too.
    pub fn all(&self) -> &[Bookmark] {
        &self.list
    }

    /// A bookmark that is not deleted.
    pub fn get(&self, name: &str) -> Option<&Bookmark> {
        self.iter().find(|bookmark| bookmark.name == name)
    }

    /// What `@name` stands for: the codes of those that are listed, and those of deleted ones.
    pub fn codes(&self) -> [BTreeMap<String, Code>; 2] {
        [false, true].map(|is_deleted| {
            let codes = self.list.iter().filter(|it| it.is_deleted == is_deleted);
            codes.map(|it| (it.name.clone(), it.code.clone())).collect()
        })
    }

    /// The codes as names of a session; a deleted bookmark is still known to what uses it.
    pub(super) fn names(&self) -> SessionNames {
        let [codes, retired] = self.codes();
        SessionNames {
            codes,
            retired,
            ..SessionNames::default()
        }
    }

    /// Writes the expressions of an earlier version in today's language.
    pub(super) fn upgrade(&mut self, names: &SessionNames) {
        for bookmark in &mut self.list {
            let text = &mut bookmark.expression;
            if let Some(today) = upgraded(text, &bookmark.model.name, || names.clone()) {
                *text = today;
            }
        }
    }

    /// Any bookmark of this name, be it deleted.
    pub fn find(&self, name: &str) -> Option<&Bookmark> {
        self.list.iter().find(|bookmark| bookmark.name == name)
    }

    /// Whether a bookmark may get this name.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub fn check_new_name(&self, name: &str) -> Result<(), BookmarkError> {
        check_name(name)?;
        match self.get(name) {
            Some(_) => Err(BookmarkError::Taken(name.to_owned())),
            None => Ok(()),
        }
    }

    /// Adds a bookmark. The caller has seen to it that no deleted one has its name.
    pub(super) fn add(&mut self, bookmark: Bookmark) -> Result<(), BookmarkError> {
        bookmark.check()?;
        if self.find(&bookmark.name).is_some() {
            return Err(BookmarkError::Taken(bookmark.name));
        }
        if self.list.len() >= MAX_BOOKMARKS {
            return Err(BookmarkError::TooMany);
        }
        let numbers = self.numbers.saturating_add(bookmark.code.values.len());
        if numbers > MAX_NUMBERS {
            return Err(BookmarkError::TooManyNumbers);
        }
        self.numbers = numbers;
        self.list.push(bookmark);
        Ok(())
    }

    /// A deleted bookmark that has this name, and a name that nobody has for it to make room.
    pub(super) fn room_for(&self, name: &str) -> Option<String> {
        self.find(name).filter(|found| found.is_deleted)?;
        (2..=MAX_BOOKMARKS + 2)
            .map(|number| format!("{name}-{number}"))
            .find(|free| self.find(free).is_none())
    }

    /// Gives a bookmark another name, here and in the expressions of the others.
    pub(super) fn rename(&mut self, from: &str, to: &str) -> Result<(), BookmarkError> {
        let bookmark = self.find_mut(from)?;
        to.clone_into(&mut bookmark.name);
        for bookmark in &mut self.list {
            if let Some(text) = renamed(&bookmark.expression, from, to) {
                bookmark.expression = text;
            }
            if let Some(staging) = &mut bookmark.staging {
                staging.rename(from, to);
            }
        }
        Ok(())
    }

    /// Puts a bookmark in front of another one, or at the end.
    pub(super) fn move_before(
        &mut self,
        name: &str,
        before: Option<&str>,
    ) -> Result<(), BookmarkError> {
        let place = |list: &[Bookmark], name: &str| {
            let found = list.iter().position(|bookmark| bookmark.name == name);
            found.ok_or_else(|| BookmarkError::Unknown(name.to_owned()))
        };
        let from = place(&self.list, name)?;
        let to = match before {
            Some(before) => place(&self.list, before)?,
            None => self.list.len(),
        };
        match from < to {
            true => self.list[from..to].rotate_left(1),
            false => self.list[to..=from].rotate_right(1),
        }
        Ok(())
    }

    /// Any bookmark of this name, to be changed in place; not its name or its code.
    pub(super) fn find_mut(&mut self, name: &str) -> Result<&mut Bookmark, BookmarkError> {
        let found = self.list.iter_mut().find(|bookmark| bookmark.name == name);
        found.ok_or_else(|| BookmarkError::Unknown(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_language_reads() {
        for good in ["me", "_a1", "smile-2.b", "Ümläut", "名前"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        for bad in [
            "", "1a", "a b", "a-", "\"a\"", "@a", "a+b", "a\n", " a", "a)",
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
        assert!(check_name(&"a".repeat(65)).is_err());
    }

    #[test]
    fn blanks_become_hyphens() {
        assert_eq!(name_from_text("  gan  truncated "), "gan-truncated");
        assert_eq!(name_from_text("@me"), "me");
        assert_eq!(check_name(&name_from_text("a b\tc")), Ok(()));
        assert_eq!(check_name(&name_from_text(" ")), Err(BookmarkError::NoName));
    }

    #[test]
    fn tags_are_tidied() {
        assert_eq!(tags_from_text(" a, b c ,,a, "), ["a", "b c"]);
        assert!(tags_from_text("").is_empty());
    }

    #[test]
    fn only_references_are_renamed() {
        assert_eq!(
            renamed("@a + seed(1)", "a", "b").as_deref(),
            Some("@b + seed(1)")
        );
        assert_eq!(renamed("@ab + seed(1)", "a", "b"), None);
        assert_eq!(renamed("@a + frobnicate(", "a", "b"), None);
    }
}
