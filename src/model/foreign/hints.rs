//! What is not in a file of weights: said by a person in a small TOML file beside it
//! (`docs/own-models.md`).

mod write;

use crate::files::load;
use crate::model::graph::Function;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The longest file of hints, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// What a person says about a file.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Hints {
    /// The name in expressions and recipes.
    pub name: Option<String>,
    pub title: Option<String>,
    pub summary: Option<String>,
    /// What it was trained on, and under which licence.
    pub data: Option<String>,
    pub licence: Option<String>,
    /// The picture that it makes: `[channels, height, width]`.
    pub image: Option<[usize; 3]>,
    /// Height and width of the codes of a model whose codes are pictures.
    pub latent: Option<[usize; 2]>,
    /// What numbers the decoder gives: `"0..1"` or `"-1..1"`.
    pub range: Option<Range>,
    /// The function between layers.
    pub activation: Option<Activation>,
    /// The function after the last layer.
    pub output: Option<Activation>,
    /// The epsilon of batch normalisations.
    pub epsilon: Option<f32>,
    /// How mean and log variance lie in one vector.
    pub posterior: Option<Posterior>,
    /// The words of the classes that it takes, in their order.
    pub classes: Vec<String>,
    /// The layers of networks that zscape does not know.
    pub decoder: Option<Layers>,
    pub encoder: Option<Layers>,
    /// What stands in the file and in the settings beside it.
    #[serde(skip)]
    pub facts: BTreeMap<String, String>,
}

/// What numbers stand for black and white.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub enum Range {
    #[serde(rename = "0..1")]
    Unit,
    #[serde(rename = "-1..1")]
    Signed,
}

/// A function of every number.
#[derive(Clone, Copy, PartialEq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    None,
    Relu,
    /// With the slope 0.2.
    LeakyRelu,
    /// With PyTorch's slope, 0.01.
    #[serde(rename = "leaky_relu_0.01")]
    LeakyReluOfPyTorch,
    Elu,
    Gelu,
    Silu,
    Tanh,
    Sigmoid,
    Softplus,
}

impl Activation {
    /// The function, unless it is none.
    pub fn function(self) -> Option<Function> {
        Some(match self {
            Self::None => return None,
            Self::Relu => Function::Relu,
            Self::LeakyRelu => Function::LeakyRelu { slope: 0.2 },
            Self::LeakyReluOfPyTorch => Function::LeakyRelu { slope: 0.01 },
            Self::Elu => Function::Elu { alpha: 1.0 },
            Self::Gelu => Function::Gelu,
            Self::Silu => Function::Silu,
            Self::Tanh => Function::Tanh,
            Self::Sigmoid => Function::Sigmoid,
            Self::Softplus => Function::Softplus,
        })
    }
}

/// How mean and log variance lie in one vector.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Posterior {
    /// All means, then all log variances.
    Halves,
    /// One mean, one log variance, and so on.
    Pairs,
}

/// A network as a list of layers.
#[derive(Clone, PartialEq, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Layers {
    /// What stands before the names of its tensors.
    pub prefix: String,
    pub layers: Vec<Layer>,
}

/// One layer: the name of a module with its settings, or an operation without weights.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Layer {
    Function(Activation),
    Linear {
        linear: String,
    },
    Conv {
        conv: String,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
        #[serde(default = "one")]
        groups: usize,
    },
    ConvTranspose {
        conv_transpose: String,
        #[serde(default = "one")]
        stride: usize,
        #[serde(default)]
        padding: usize,
        #[serde(default)]
        output_padding: usize,
    },
    BatchNorm {
        batch_norm: String,
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    GroupNorm {
        group_norm: String,
        groups: usize,
        #[serde(default = "epsilon")]
        epsilon: f32,
    },
    Reshape {
        reshape: Vec<usize>,
    },
    /// To a picture of so many pixels, by repeating.
    Upsample {
        upsample: [usize; 2],
    },
    MaxPool {
        max_pool: usize,
    },
    AveragePool {
        average_pool: usize,
    },
    Scale {
        scale: f32,
        #[serde(default)]
        offset: f32,
    },
    PixelShuffle {
        pixel_shuffle: usize,
    },
}

impl Layer {
    /// The key that it has in a file of hints; of a function what it is called.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Function(activation) => activation.name(),
            Self::Linear { .. } => "linear",
            Self::Conv { .. } => "conv",
            Self::ConvTranspose { .. } => "conv_transpose",
            Self::BatchNorm { .. } => "batch_norm",
            Self::GroupNorm { .. } => "group_norm",
            Self::Reshape { .. } => "reshape",
            Self::Upsample { .. } => "upsample",
            Self::MaxPool { .. } => "max_pool",
            Self::AveragePool { .. } => "average_pool",
            Self::Scale { .. } => "scale",
            Self::PixelShuffle { .. } => "pixel_shuffle",
        }
    }

    /// The name of the module whose weights it takes.
    pub fn module(&self) -> Option<&str> {
        match self {
            Self::Linear { linear: module }
            | Self::Conv { conv: module, .. }
            | Self::ConvTranspose {
                conv_transpose: module,
                ..
            }
            | Self::BatchNorm {
                batch_norm: module, ..
            }
            | Self::GroupNorm {
                group_norm: module, ..
            } => Some(module),
            _ => None,
        }
    }

    /// Its whole numbers by their names, to be changed.
    pub fn numbers_mut(&mut self) -> Vec<(&'static str, &mut usize)> {
        match self {
            Self::Conv {
                stride,
                padding,
                groups,
                ..
            } => vec![("stride", stride), ("padding", padding), ("groups", groups)],
            Self::ConvTranspose {
                stride,
                padding,
                output_padding,
                ..
            } => vec![
                ("stride", stride),
                ("padding", padding),
                ("output padding", output_padding),
            ],
            Self::GroupNorm { groups, .. } => vec![("groups", groups)],
            Self::Reshape { reshape } => {
                let names = ["channels", "height", "width"];
                names.into_iter().zip(reshape).collect()
            }
            Self::Upsample {
                upsample: [height, width],
            } => vec![("height", height), ("width", width)],
            Self::MaxPool { max_pool: side }
            | Self::AveragePool { average_pool: side }
            | Self::PixelShuffle {
                pixel_shuffle: side,
            } => vec![("factor", side)],
            Self::Function(_)
            | Self::Linear { .. }
            | Self::BatchNorm { .. }
            | Self::Scale { .. } => Vec::new(),
        }
    }

    /// A convolution the other way round: transposed or not.
    pub fn turn(&mut self) {
        let turned = match self {
            Self::Conv {
                conv,
                stride,
                padding,
                ..
            } => Self::ConvTranspose {
                conv_transpose: std::mem::take(conv),
                stride: *stride,
                padding: *padding,
                output_padding: 0,
            },
            Self::ConvTranspose {
                conv_transpose,
                stride,
                padding,
                ..
            } => Self::Conv {
                conv: std::mem::take(conv_transpose),
                stride: *stride,
                padding: *padding,
                groups: 1,
            },
            _ => return,
        };
        *self = turned;
    }
}

/// Where the file of hints of a model is, if there is one.
pub fn hints_beside(model: &Path) -> Option<PathBuf> {
    let path = model.with_extension("toml");
    (path != model).then_some(path)
}

fn one() -> usize {
    1
}

pub(super) fn epsilon() -> f32 {
    1e-5
}

impl Hints {
    /// The file beside `model`, and what it says; nothing if there is none.
    ///
    /// # Errors
    /// When it is there and cannot be understood.
    pub fn beside(model: &Path) -> Result<(Option<PathBuf>, Self), String> {
        let Some(path) = hints_beside(model).filter(|path| path.exists()) else {
            return Ok((None, Self::default()));
        };
        let bytes = load::read(&path, MAX_BYTES).map_err(|error| error.to_string())?;
        let shown = || {
            path.file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        let text = String::from_utf8(bytes).map_err(|_| format!("{}: it is no text", shown()))?;
        let hints = Self::read(&text).map_err(|fault| format!("{}: {fault}", shown()))?;
        Ok((Some(path), hints))
    }

    /// Reads a text of hints.
    ///
    /// # Errors
    /// A sentence with the line at fault.
    pub fn read(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let words: Vec<&str> = error.message().split_whitespace().collect();
            let before = error.span().map_or(0, |span| span.start.min(text.len()));
            let line = 1 + text.as_bytes()[..before]
                .iter()
                .filter(|&&byte| byte == b'\n')
                .count();
            format!("line {line}: {}", words.join(" "))
        })
    }

    /// The function between layers, if it is not `usual`.
    pub fn activation_or(&self, usual: Activation) -> Option<Function> {
        self.activation.unwrap_or(usual).function()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hints_are_read_and_faults_have_lines() {
        let hints = Hints::read(
            "title = \"Mine\"\nrange = \"-1..1\"\nimage = [1, 28, 28]\n[decoder]\nlayers = [\n\
             {linear = \"fc\"}, \"relu\", {reshape = [8, 7, 7]},\n\
             {conv_transpose = \"up\", stride = 2, padding = 1}, \"sigmoid\"]\n",
        )
        .expect("it is sound");
        assert_eq!(hints.range, Some(Range::Signed));
        let layers = hints.decoder.expect("it is there").layers;
        assert_eq!(layers.len(), 5);
        assert_eq!(layers[1], Layer::Function(Activation::Relu));
        assert!(matches!(layers[3], Layer::ConvTranspose { stride: 2, .. }));
        for (text, part) in [
            ("title = 3", "line 1"),
            ("\ngoose = 1", "goose"),
            ("range = \"0..2\"", "0..2"),
            ("[decoder]\nlayers = [\"honk\"]", "line 2"),
        ] {
            let fault = Hints::read(text).expect_err("it is broken");
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}
