//! The head as TOML has it: every key of every kind, not yet believed.

use serde::Deserialize;
use toml::{Spanned, Value};

type Words = Spanned<String>;

fn none() -> Spanned<Vec<String>> {
    Spanned::new(0..0, Vec::new())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawHead {
    pub id: Words,
    pub question: Words,
    pub level: Words,
    pub topic: Words,
    #[serde(default)]
    pub tools: Vec<Words>,
    #[serde(default = "none")]
    pub models: Spanned<Vec<String>>,
    pub related: Spanned<Vec<String>>,
    pub covers: Spanned<Vec<String>>,
    pub as_of: Option<Words>,
    pub scene: Option<Spanned<RawScene>>,
    pub toy: Option<Spanned<RawToy>>,
    #[serde(default)]
    pub task: Vec<Spanned<RawTask>>,
    #[serde(default)]
    pub claim: Vec<Spanned<RawClaim>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawScene {
    pub model: Words,
    pub expression: Words,
    pub tool: Words,
    pub settings: Option<Spanned<RawSettings>>,
    pub beside: Option<Words>,
    #[serde(default)]
    pub locked: Vec<Words>,
    pub caption: Words,
    pub nearest: Option<Words>,
    pub watch: Option<Spanned<Vec<Words>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawToy {
    pub kind: Words,
    pub text: Words,
    pub settings: Option<Words>,
    pub caption: Words,
}

/// The settings of all tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSettings {
    pub keyframes: Option<Vec<Words>>,
    pub method: Option<Words>,
    pub closed: Option<bool>,
    pub plus: Option<Vec<Words>>,
    pub minus: Option<Vec<Words>>,
    pub base: Option<Vec<Words>>,
    pub strength: Option<f64>,
    pub plane: Option<Vec<Words>>,
    pub axes: Option<Vec<i64>>,
    pub sigma: Option<f64>,
    pub psi: Option<f64>,
}

/// The keys of all kinds of task.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawTask {
    pub kind: Words,
    pub ask: Words,
    pub criteria: Spanned<Vec<String>>,
    pub because: Option<Words>,
    pub options: Option<Vec<Spanned<RawOption>>>,
    pub measure: Option<Words>,
    pub unit: Option<String>,
    pub within: Option<Spanned<f64>>,
    /// A measure or a picture, as the kind has it.
    pub left: Option<Spanned<Value>>,
    pub right: Option<Spanned<Value>>,
    pub equal_within: Option<Spanned<f64>>,
    pub start: Option<Words>,
    pub goal: Option<Vec<Words>>,
    pub hint: Option<String>,
    pub solution: Option<Words>,
    pub answer: Option<Words>,
    /// Texts, or lists of texts whose order does not matter.
    pub items: Option<Spanned<Vec<Value>>>,
    pub expressions: Option<Vec<Words>>,
    pub by: Option<Words>,
    pub points: Option<Spanned<Vec<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawClaim {
    pub says: Words,
    pub model: Option<Words>,
    pub seeds: Option<Words>,
    pub holds: Option<Words>,
    pub share: Option<Spanned<Vec<f64>>>,
    pub measure: Option<Words>,
    pub mean: Option<Spanned<Vec<f64>>>,
    pub median: Option<Spanned<Vec<f64>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOption {
    pub text: Words,
    #[serde(default)]
    pub right: bool,
    pub because: Words,
    pub show: Option<Words>,
}
