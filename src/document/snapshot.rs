//! One settled state: what makes a picture, and what the open tool is set to. The shot is kept as
//! written, since a step may hold an expression that this program cannot read.

use super::history::Node;
use crate::latent::Sampler;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The longest name, hash or path of a model that is read, in bytes.
pub const MAX_LINK_BYTES: usize = 4096;

/// Which model, and where it was found.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "WrittenLink", into = "WrittenLink")]
pub struct ModelLink {
    pub name: String,
    /// Lower-case hexadecimal SHA-256 of the model file.
    pub hash: String,
    pub origin: ModelOrigin,
}

/// Where a model was found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum ModelOrigin {
    /// A name of the built-in catalogue.
    Catalogue(String),
    /// A path; one that is no Unicode is written with replacement characters.
    File(String),
}

/// As it is written. Not an enum in the place of a field: serde would copy everything that a
/// hostile file has there before it looks for what it needs.
#[derive(Serialize, Deserialize)]
struct WrittenLink {
    name: String,
    hash: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    catalogue: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

impl From<ModelLink> for WrittenLink {
    fn from(link: ModelLink) -> Self {
        let (catalogue, file) = match link.origin {
            ModelOrigin::Catalogue(name) => (Some(name), None),
            ModelOrigin::File(path) => (None, Some(path)),
        };
        Self {
            name: link.name,
            hash: link.hash,
            catalogue,
            file,
        }
    }
}

impl TryFrom<WrittenLink> for ModelLink {
    type Error = &'static str;

    fn try_from(link: WrittenLink) -> Result<Self, Self::Error> {
        let origin = match (link.catalogue, link.file) {
            (Some(name), None) => ModelOrigin::Catalogue(name),
            (None, Some(path)) => ModelOrigin::File(path),
            _ => return Err("a model has either a `catalogue` or a `file`"),
        };
        Ok(Self {
            name: link.name,
            hash: link.hash,
            origin,
        })
    }
}

impl ModelLink {
    /// Whether both decode the same picture from the same code.
    pub fn is_same_model(&self, other: &Self) -> bool {
        self.hash == other.hash && self.name == other.name
    }

    /// Whether it is short enough to be believed.
    pub fn is_sound(&self) -> bool {
        let (ModelOrigin::Catalogue(origin) | ModelOrigin::File(origin)) = &self.origin;
        [&self.name, &self.hash, origin].map(|text| text.len() <= MAX_LINK_BYTES) == [true; 3]
    }
}

/// What a step of the history remembers.
#[derive(Clone, PartialEq, Debug)]
pub struct Snapshot {
    pub model: Arc<ModelLink>,
    /// The text of the expression. Kept as it is, be it one that this program cannot read.
    pub expression: Arc<str>,
    pub sampler: Sampler,
    /// What the open tool is set to; only the tool knows its form.
    pub tool: Option<Arc<Value>>,
}

impl Snapshot {
    /// Whether both show the same: then no step lies between them.
    pub fn is_same_state(&self, other: &Self) -> bool {
        self.model.is_same_model(&other.model)
            && self.expression == other.expression
            && self.sampler == other.sampler
            && self.tool == other.tool
    }
}

impl Snapshot {
    /// About how much memory it takes as a step, in bytes. The model is shared with other steps;
    /// so is what the tool is set to, unless `is_tool_new`.
    pub fn weight_bytes(&self, is_tool_new: bool) -> usize {
        let tool = self.tool.as_deref().filter(|_| is_tool_new);
        // Two reference counts stand before the text.
        size_of::<Node<Self>>() + 16 + self.expression.len() + tool.map_or(0, weight_bytes)
    }
}

/// About how much memory a JSON value takes.
fn weight_bytes(value: &Value) -> usize {
    let mut bytes = 0;
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        bytes += size_of::<Value>();
        match value {
            Value::String(text) => bytes += text.len(),
            Value::Array(values) => waiting.extend(values),
            Value::Object(map) => {
                bytes += map.keys().map(|key| key.len() + 64).sum::<usize>();
                waiting.extend(map.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    bytes
}
