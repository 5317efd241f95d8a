//! What goes into the engine and what comes out: plain data, no tensors.

use super::findings::{DirectionSource, Encoding, FoundDirection, InvertOptions, InvertStep};
use crate::latent::expr::Expr;
use crate::latent::{Code, Direction, SessionNames, Shot, Space};
use crate::model::layer_change::LayerChange;
use crate::model::manifest::{ImageSpec, Manifest};
use crate::model::specimen::Specimen;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

pub use crate::latent::ModelId;

/// Which device decodes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DeviceChoice {
    /// The GPU where there is a real one, else the CPU.
    #[default]
    Auto,
    Gpu,
    Cpu,
}

/// The device that decodes, as people read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceInfo {
    /// `wgpu` or `flex`.
    pub backend: &'static str,
    /// The adapter's name, or the CPU's description.
    pub adapter: String,
    /// Why a requested or expected GPU is not used; shown in the status bar.
    pub fallback: Option<String>,
}

/// Where a model comes from.
#[derive(Clone, PartialEq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModelSource {
    /// A name of the built-in catalogue.
    Catalogue(String),
    File(PathBuf),
}

/// Everything that is known of a loaded model besides its weights.
#[derive(Clone, Debug)]
pub struct ModelInfo {
    pub id: ModelId,
    pub source: ModelSource,
    pub manifest: Manifest,
    /// Named codes stored in the file, for `@name`.
    pub named: BTreeMap<String, Code>,
    /// Named directions stored in the file, for `dir("name")`.
    pub directions: Vec<Direction>,
    /// Mean of z and, where there is a mapping network, of w: the centre of truncation.
    pub means: BTreeMap<Space, Vec<f32>>,
    /// Standard deviation of each raw dimension of z over encoded data or the prior.
    pub z_sigma: Vec<f32>,
    /// The raw dimensions of z, those that change the picture most first, each with the root
    /// mean square change of a pixel (0..1) for a step of one sigma.
    pub ranked_dims: Vec<(usize, f32)>,
    /// Standard deviation of each raw dimension of w over the codes of many seeds; empty
    /// without a mapping network.
    pub w_sigma: Vec<f32>,
    /// The norms of the codes in w of some seeds, in standard deviations from the mean; the
    /// smallest first.
    pub w_norms: Vec<f32>,
    /// The raw dimensions of w, ranked and measured like those of z.
    pub ranked_w_dims: Vec<(usize, f32)>,
    /// Encoded test pictures for a map of a 2-D plane: `[n][z_dim]` with labels; may be empty.
    pub encoded: Vec<(Vec<f32>, u8)>,
}

impl ModelInfo {
    /// A code truncated in w where the model has it, else in its own space.
    pub fn truncated(&self, code: Expr, psi: Option<f32>) -> Expr {
        match psi {
            None => code,
            Some(psi) if self.manifest.spaces.contains_key(&Space::W) => match code {
                // A seed is in z; any other code may be in w already.
                Expr::Seed(_) => Expr::Truncate(Box::new(Expr::W(Box::new(code))), psi),
                code => Expr::Truncate(Box::new(code), psi),
            },
            Some(psi) => Expr::Truncate(Box::new(code), psi),
        }
    }
}

/// Asks for the picture of an expression. The newest request replaces the one that waits.
#[derive(Clone, Debug)]
pub struct PreviewRequest {
    /// Grows with every request; the frame carries it back.
    pub generation: u64,
    pub shot: Shot,
    /// What the session names besides the model.
    pub names: Arc<SessionNames>,
}

/// The picture of one preview request.
#[derive(Clone, Debug)]
pub struct Frame {
    pub generation: u64,
    /// What the picture shows.
    pub shot: Shot,
    pub picture: Picture,
    /// The value of the shot's expression.
    pub code: Code,
    pub timing: FrameTiming,
}

/// Pixels of a frame, where they happen to live.
#[derive(Clone, Debug)]
pub enum Picture {
    /// An `Rgba8Unorm` texture on the window's own device, sRGB-encoded bytes.
    Texture {
        texture: wgpu::Texture,
        image: ImageSpec,
    },
    /// RGBA bytes, row after row from the top, for upload.
    Pixels { rgba: Arc<[u8]>, image: ImageSpec },
}

/// Where the time of a frame went, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct FrameTiming {
    /// Expression to code, with mapping and encoding.
    pub evaluate_ms: f64,
    /// Code to pixels or texture, waited for.
    pub decode_ms: f64,
    /// From the request's arrival in the mailbox to the frame's departure.
    pub request_to_frame_ms: f64,
}

/// Identity of a queued job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct JobId(pub u64);

/// What a bench job times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Timed {
    /// Decoding so many codes at once.
    Decode { batch: usize },
    /// Mapping so many codes from z to w at once.
    Map { codes: usize },
}

/// Work that is done in the order of asking, in tiles, with progress and cancel.
#[derive(Clone, Debug)]
pub enum Job {
    /// Decode many shots of one model; the tiles arrive as [`Event::Tile`] in order. Shots of
    /// different models are refused: their pictures may differ in size.
    Decode {
        shots: Vec<Shot>,
        names: Arc<SessionNames>,
    },
    /// Evaluate the expression of a shot without decoding; answers with [`Event::Evaluated`].
    Evaluate {
        shot: Shot,
        names: Arc<SessionNames>,
    },
    /// Measure all that can be measured of the pictures of some shots of one model: what the
    /// judge of the model's data sees, the error of encoding and decoding, the nearest datum.
    /// Answers with [`Event::Examined`]. Shots of different models are refused.
    Examine {
        shots: Vec<Shot>,
        names: Arc<SessionNames>,
    },
    /// Find the code of a picture with the encoder and decode it again; answers with
    /// [`Event::Encoded`]. `picture` is f32 `[C, H, W]` in 0..1, in the model's size.
    Encode { model: ModelId, picture: Arc<[f32]> },
    /// Search the code of a picture by gradient descent, with any model; answers with
    /// [`Event::InvertStep`] again and again, the last of which is the result. What came before
    /// a cancel holds the best code until then.
    Invert {
        model: ModelId,
        picture: Arc<[f32]>,
        options: InvertOptions,
    },
    /// Find directions and measure what they change; answers with [`Event::Directions`]. Use
    /// them as [`SessionNames::directions`].
    Directions {
        model: ModelId,
        source: DirectionSource,
    },
    /// Measure what each layer of styles changes, over pairs of seeds; answers with
    /// [`Event::LayerChange`].
    LayerChange { model: ModelId, pairs: Range<u32> },
    /// Time decodes or mappings; answers with [`Event::Benched`].
    Bench {
        model: ModelId,
        what: Timed,
        repeats: usize,
    },
}

/// What the engine tells whoever drives it.
#[derive(Clone, Debug)]
pub enum Event {
    /// The device was chosen, or changed after it was lost.
    Device(DeviceInfo),
    /// Kernels are being prepared for a model; `done` of `total` batch shapes.
    Warming {
        model: ModelId,
        done: usize,
        total: usize,
    },
    Loaded(Arc<ModelInfo>),
    LoadFailed {
        source: ModelSource,
        message: String,
    },
    Frame(Frame),
    /// A preview could not be made; `generation` says which.
    PreviewFailed {
        generation: u64,
        message: String,
    },
    /// Pictures `first..first + count` of a decode job: f32 `[count, C, H, W]` in 0..1, and the
    /// `count` codes that they were decoded from.
    Tile {
        job: JobId,
        first: usize,
        count: usize,
        image: ImageSpec,
        values: Vec<f32>,
        codes: Vec<Code>,
    },
    /// The answer of an examine job: one specimen for each shot, in order.
    Examined {
        job: JobId,
        specimens: Vec<Specimen>,
    },
    /// The code of an evaluate job.
    Evaluated {
        job: JobId,
        code: Code,
    },
    /// What the encoder says of the picture of an encode job.
    Encoded {
        job: JobId,
        encoding: Arc<Encoding>,
    },
    /// How far an invert job has come, some 20 times a second and at its end.
    InvertStep {
        job: JobId,
        found: InvertStep,
    },
    /// All directions of a directions job, in the order of the source.
    Directions {
        job: JobId,
        found: Vec<FoundDirection>,
    },
    /// What was measured by a layer change job.
    LayerChange {
        job: JobId,
        change: LayerChange,
    },
    /// Milliseconds of each repeat of a bench job.
    Benched {
        job: JobId,
        what: Timed,
        times_ms: Vec<f64>,
    },
    Progress {
        job: JobId,
        done: usize,
        total: usize,
    },
    JobDone {
        job: JobId,
    },
    JobCancelled {
        job: JobId,
    },
    JobFailed {
        job: JobId,
        message: String,
    },
}
