//! Settings of a decode beside its code.

use serde::{Deserialize, Serialize};

/// How a code becomes a picture, where a model leaves a choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sampler {
    pub noise: NoiseMode,
}

/// The noise that a style-based generator adds in each layer, for detail such as single hairs.
/// Models without such noise ignore it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoiseMode {
    /// The same noise for every picture, that which goes with the model.
    #[default]
    Const,
    /// The noise of a seed: NumPy's `RandomState(seed).randn`, layer after layer, the same for
    /// every picture of a batch.
    Random { seed: u32 },
    /// No noise.
    None,
}
