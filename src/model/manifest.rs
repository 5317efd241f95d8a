//! The JSON manifest that every model file carries in its metadata under the key `zscape`.

use super::diffusion::DiffusionSpec;
use super::directions::{self, DirectionsRecord};
use super::flow::FlowSpec;
use super::network_form::NetworkForm;
use super::quality::Quality;
use super::style::StyleSpec;
use crate::latent::{Sampler, Space, SpaceShape, Vocabulary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format version that this program writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// What a model is, how its networks are built, and where it comes from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub format_version: u32,
    /// Short name without spaces, as typed on the command line.
    pub name: String,
    /// Name as shown to people.
    pub title: String,
    /// One sentence for the model's card.
    pub summary: String,
    pub family: Family,
    pub image: ImageSpec,
    /// The latent spaces that expressions may use.
    #[serde(default)]
    pub spaces: BTreeMap<Space, SpaceShape>,
    /// The networks by role: `decoder`, `encoder`, `classifier`, `denoiser`,
    /// `prior`.
    #[serde(default)]
    pub networks: BTreeMap<Role, NetworkForm>,
    /// The networks that lead from one space to another. The mapping network of a style-based
    /// generator belongs to its section `style` and is not listed here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub maps: Vec<MapSpec>,
    /// What the indices of `codes` stand for, in their order, where they stand for something that has a
    /// name, such as the parts of a face. Empty, or one for each index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Entry>,
    /// What the decoder takes beside a code; `None` where nothing is to be said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<Vocabulary>,
    /// The sizes of a style-based generator; other families have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub style: Option<StyleSpec>,
    /// The sizes of a flow; other families have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<FlowSpec>,
    /// What the denoiser was trained for; models without one have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diffusion: Option<DiffusionSpec>,
    /// Whether a picture has one label or any number of them.
    #[serde(default, skip_serializing_if = "LabelKind::is_classes")]
    pub labels: LabelKind,
    /// Class names by label, where the data has labels.
    #[serde(default)]
    pub classes: Vec<String>,
    pub data: DataSource,
    pub training: TrainingRecord,
    /// Measured quality: name of the measure to value, on the test set unless the name says so.
    #[serde(default)]
    pub quality: Quality,
    /// What the stored directions do, where that was measured.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "directions::known_version"
    )]
    pub directions: Option<DirectionsRecord>,
}

/// What an index stands for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Such as "red hair".
    pub name: String,
    /// Red, green and blue, for a palette.
    pub colour: [u8; 3],
}

impl Manifest {
    /// Whether decoding adds noise, so that it matters which.
    pub fn takes_noise(&self) -> bool {
        let styles = self.style.as_ref().is_some_and(|style| style.noise);
        let decoder = self.networks.get(&Role::Decoder);
        // All inputs of a decoder but those for the code and its condition take noise.
        let others = 1 + usize::from(self.decoder_words() > 0);
        let inputs =
            matches!(decoder, Some(NetworkForm::Graph(graph)) if graph.inputs.len() > others);
        styles || inputs
    }

    /// Whether another noise gives another picture where it is drawn with these settings.
    pub fn takes_noise_with(&self, sampler: &Sampler) -> bool {
        self.takes_noise() || (self.diffusion.is_some() && sampler.adds_noise())
    }

    /// Whether a picture takes many steps: noise is removed, or places are written.
    pub fn takes_steps(&self) -> bool {
        self.diffusion.is_some() || self.writes()
    }

    /// Whether pictures are written place by place.
    pub fn writes(&self) -> bool {
        self.networks.contains_key(&Role::Prior)
    }

    /// Whether the places that are written are the pixels, so that a picture has a known likelihood.
    pub fn writes_pixels(&self) -> bool {
        let grid = self.spaces.get(&Space::CODES);
        let places = grid.and_then(|grid| grid.checked_len());
        self.writes() && places == Some(self.image.len())
    }

    /// Whether an encoder finds the code that a picture is made of. That of a diffusion model finds
    /// what its sampler ends with, not the noise that it begins with.
    pub fn encodes(&self) -> bool {
        let has_encoder = self.networks.contains_key(&Role::Encoder);
        self.flow.is_some() || (has_encoder && self.diffusion.is_none())
    }

    /// Whether a picture has a code, as `encode(...)` asks for: there is an encoder, or pictures are noised
    /// as they are.
    pub fn takes_pictures(&self) -> bool {
        let has = |role| self.networks.contains_key(&role);
        let is_noised = self.diffusion.is_some() && (has(Role::Encoder) || !has(Role::Decoder));
        self.encodes() || is_noised
    }

    /// How many weights a condition has: one for each word.
    pub fn condition_len(&self) -> usize {
        let words = self.conditions.as_ref();
        words.map_or(0, |vocabulary| vocabulary.words.len())
    }
}

/// What kind of model it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// A plain autoencoder; its z has no prior, so codes are scaled by what the encoder gave.
    Autoencoder,
    /// A variational autoencoder with a standard normal prior.
    Vae,
    /// The generator of a generative adversarial network.
    Gan,
    /// A style-based generator (Karras et al. 2020) with the spaces z, w and w+.
    #[serde(rename = "stylegan")]
    StyleGan,
    /// A network that knows what is behind noise: a diffusion model, or a flow along straight lines.
    Diffusion,
    /// A flow of coupling layers: a network that is gone through in both directions.
    Flow,
    /// An autoencoder whose codes are grids of indices into a codebook (van den Oord et al. 2017).
    Vq,
    /// A network that says what comes next, over a grid of indices that is written place by place: the
    /// pixels of a picture, or the codes of an autoencoder.
    Autoregressive,
    /// A network that makes pictures of label maps, and one that finds the maps of pictures (pix2pix, Isola
    /// et al. 2017); a map of its spaces draws label maps from z.
    Translation,
    /// A classifier that judges pictures; it has no latent space.
    Classifier,
    /// Any generator: its graphs and its spaces say what it does.
    Graph,
}

/// What the labels of the data say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// Each picture is of one class.
    #[default]
    Classes,
    /// Each label holds or does not, whatever the others do.
    Flags,
}

impl LabelKind {
    fn is_classes(&self) -> bool {
        *self == Self::Classes
    }
}

/// Size of the pictures; values are in 0..1, sRGB-encoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ImageSpec {
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl ImageSpec {
    /// Numbers in one picture.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a checked picture is never empty"
    )]
    pub fn len(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// What a network is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Decoder,
    Encoder,
    Classifier,
    Denoiser,
    /// Says how likely each index is at a place of a grid, from those before it.
    Prior,
}

impl Role {
    /// The name as it stands in manifests and in front of tensor names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decoder => "decoder",
            Self::Encoder => "encoder",
            Self::Classifier => "classifier",
            Self::Denoiser => "denoiser",
            Self::Prior => "prior",
        }
    }
}

/// A network that leads codes from one space to another, or gives a score for each index at each place of a
/// grid, the highest of which is the index. Its tensors are `map.FROM.TO.NAME`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapSpec {
    pub from: Space,
    pub to: Space,
    pub network: NetworkForm,
}

/// A feed-forward network as data: an input shape and the layers in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Shape of one input without the batch: `[features]` or `[channels, height, width]`.
    pub input: Vec<usize>,
    pub layers: Vec<LayerSpec>,
}

/// One layer of a network.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "layer", rename_all = "snake_case", deny_unknown_fields)]
pub enum LayerSpec {
    /// A full matrix and a bias: `[features]` to `[outputs]`.
    Dense {
        outputs: usize,
    },
    /// `[features]` to `[channels, height, width]`, channel after channel.
    Reshape {
        channels: usize,
        height: usize,
        width: usize,
    },
    /// `[channels, height, width]` to `[features]`.
    Flatten,
    /// A convolution with bias and zero padding of `(kernel - 1) / 2` on each side.
    Conv {
        channels: usize,
        kernel: usize,
        stride: usize,
    },
    /// A transposed convolution with bias: kernel 4, stride 2, padding 1, so sizes double.
    ConvTranspose {
        channels: usize,
    },
    /// Depth to space (Shi et al. 2016): `[c*f*f, h, w]` to `[c, h*f, w*f]`.
    PixelShuffle {
        factor: usize,
    },
    /// Nearest-neighbour up-sampling.
    Upsample {
        factor: usize,
    },
    /// Batch normalisation; folded into the layer before it when a model is finished.
    BatchNorm,
    /// Mean over height and width: `[c, h, w]` to `[c]`.
    MeanPool,
    /// Dropout, active in training only.
    Dropout {
        probability: f64,
    },
    Relu,
    LeakyRelu {
        slope: f64,
    },
    Silu,
    Tanh,
    Sigmoid,
}

/// The data that a model was trained on.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct DataSource {
    pub name: String,
    pub licence: String,
}

/// How the weights came to be.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// The whole recipe file.
    pub recipe: String,
    pub images_seen: u64,
    pub seed: u64,
    /// The device kind: `flex` or `wgpu`.
    pub device: String,
    /// The version of the program that trained it.
    pub program: String,
}
