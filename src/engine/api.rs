//! What goes into the engine and what comes out: plain data, no tensors.

use super::Backlog;
use super::findings::{DirectionSource, Encoding, FoundDirection, InvertOptions, InvertStep};
use crate::latent::expr::{Expr, LayerRange};
use crate::latent::likeness::Likeness;
use crate::latent::{Code, Direction, SessionNames, Shot, Space, SpaceShape};
use crate::model::layer_change::LayerChange;
use crate::model::manifest::{ImageSpec, Manifest};
use crate::model::measurement::{Judgement, Measurement};
use crate::model::style_scales::SCALES;
use crate::model::written::Choice;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

pub use crate::latent::ModelId;
pub use crate::model::Fault;

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
    /// The space that seeds are drawn in: z, with few exceptions.
    pub start: Space,
    /// Mean of the space of seeds and, where there is a mapping network, of w: the centre of
    /// truncation.
    pub means: BTreeMap<Space, Vec<f32>>,
    /// Standard deviation of each raw dimension of the space of seeds over encoded data or the
    /// prior; empty where codes are indices.
    pub start_sigma: Vec<f32>,
    /// The raw dimensions of the space of seeds, those that change the picture most first, each
    /// with the root mean square change of a pixel (0..1) for a step of one sigma; in their own order
    /// and with 0 where measuring takes too long. Empty where there are too many, or codes are indices.
    pub ranked_dims: Vec<(usize, f32)>,
    /// Standard deviation of each raw dimension of w over the codes of many seeds; empty
    /// without a mapping network.
    pub w_sigma: Vec<f32>,
    /// The norms of the codes in w of some seeds, in standard deviations from the mean; the
    /// smallest first.
    pub w_norms: Vec<f32>,
    /// The raw dimensions of w, ranked and measured like those of z.
    pub ranked_w_dims: Vec<(usize, f32)>,
    /// How many steps a picture takes with the default settings; 1 without a sampler.
    pub steps: usize,
    /// Whether there are real pictures in the eyes of a judge to measure its own by.
    pub has_reference: bool,
    /// Which rows of w+ are coarse, middle and fine styles.
    pub style_scales: Option<[LayerRange; SCALES]>,
    /// Encoded test pictures for a map of a 2-D plane: `[n][numbers]` in the space
    /// of seeds, with labels; may be empty.
    pub encoded: Vec<(Vec<f32>, u8)>,
}

impl Job {
    /// How urgent a job is where nobody says otherwise: searches and timings go on in the
    /// background, the rest is waited for.
    pub fn class(&self) -> Class {
        match self {
            Self::Decode { .. }
            | Self::Steps { .. }
            | Self::Evaluate { .. }
            | Self::Examine { .. }
            | Self::Grids { .. }
            | Self::Expect { .. }
            | Self::Judge { .. }
            | Self::Encode { .. } => Class::Visible,
            Self::Stream { .. }
            | Self::Assess { .. }
            | Self::Invert { .. }
            | Self::Directions { .. }
            | Self::LayerChange { .. }
            | Self::Bench { .. } => Class::Background,
        }
    }
}

impl ModelInfo {
    /// Whether `encode(...)` has a meaning: there is an encoder, or pictures are noised as they
    /// are.
    pub fn takes_pictures(&self) -> bool {
        self.manifest.takes_pictures()
    }

    /// Width and height of the cells that can be redrawn one by one, where a model begins with a noisy
    /// picture.
    pub fn cells(&self) -> Option<[usize; 2]> {
        let space = self.manifest.redrawn_space()?;
        match self.manifest.spaces.get(&space) {
            Some(
                &SpaceShape::Image { width, height, .. } | &SpaceShape::Grid { width, height, .. },
            ) => Some([width, height]),
            _ => None,
        }
    }

    /// A code truncated in w where the model has it, else in its own space.
    pub fn truncated(&self, code: Expr, psi: Option<f32>) -> Expr {
        match psi {
            None => code,
            Some(psi) if self.maps_z_to_w() => match code {
                // A seed is in z; any other code may be in w already.
                Expr::Seed(_) => Expr::Truncate(Box::new(Expr::w(code)), psi),
                code => Expr::Truncate(Box::new(code), psi),
            },
            Some(psi) => Expr::Truncate(Box::new(code), psi),
        }
    }
}

/// Where a preview is shown: each window has a stage of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct StageId(pub u32);

/// Asks for the picture of a shot. The newest request of a stage replaces the one that waits and
/// the one that is being made, of which then no more steps come.
#[derive(Clone, Debug)]
pub struct PreviewRequest {
    pub stage: StageId,
    /// Grows with every request; the frame carries it back.
    pub generation: u64,
    pub shot: Shot,
    /// What the session names besides the model.
    pub names: Arc<SessionNames>,
}

/// The picture of one preview request, or that of one step on the way to it.
#[derive(Clone, Debug)]
pub struct Frame {
    pub stage: StageId,
    pub generation: u64,
    /// Steps done, from 1 to `of`; a plain decoder takes one. 0 is a quick sketch of a picture that takes
    /// long.
    pub step: usize,
    pub of: usize,
    /// What the picture shows.
    pub shot: Box<Shot>,
    pub picture: Picture,
    /// The value of the shot's expression.
    pub code: Code,
    pub timing: FrameTiming,
}

impl Frame {
    /// Whether it is the picture that was asked for, with no steps to follow.
    pub fn is_last(&self) -> bool {
        self.step >= self.of
    }
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
    /// Code to pixels or texture, waited for; in a process of many steps since its beginning.
    pub decode_ms: f64,
    /// From the request's arrival in the mailbox to the frame's departure.
    pub request_to_frame_ms: f64,
}

/// How urgent work is. The picture under the hand comes before both.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    /// What is on the window and not there yet: map tiles, strips, thumbnails, task pictures.
    Visible,
    /// What nobody watches picture by picture: files, searches, timings.
    Background,
}

/// Identity of a job.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct JobId(pub u64);

/// What a bench job times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BenchTarget {
    /// Decoding so many codes at once.
    Decode { batch: usize },
    /// Mapping so many codes from z to w at once.
    Map { codes: usize },
}

/// Work that is done in slices beside other work, with progress and cancel. Every job ends with
/// [`Event::JobDone`], [`Event::JobCancelled`] or [`Event::JobFailed`], and nothing of it comes
/// after that.
#[derive(Clone, Debug)]
pub enum Job {
    /// Decode many shots of one model; the tiles arrive as [`Event::Tile`] in order. All
    /// expressions are checked before the first is decoded. Shots of different models are
    /// refused: their pictures may differ in size.
    Decode {
        shots: Vec<Shot>,
        names: Arc<SessionNames>,
    },
    /// As [`Self::Decode`], but never far ahead of what its pictures are used for: a file of
    /// thousands of pictures never has all of them in memory. Nobody watches them one by one.
    Stream {
        shots: Vec<Shot>,
        names: Arc<SessionNames>,
        backlog: Backlog,
    },
    /// Decode one shot and show the picture after every step on the way: [`Event::Step`].
    Steps {
        shot: Shot,
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
    /// Find the grids of indices that the pictures of some shots of one model are decoded from; answers
    /// with [`Event::Grids`]. Shots of a model without such grids are refused.
    Grids {
        shots: Vec<Shot>,
        names: Arc<SessionNames>,
    },
    /// Find what a model that writes place by place expects at a place of a grid, after what stands before
    /// it, with the condition and the settings of a shot; answers with [`Event::Expected`].
    Expect {
        shot: Shot,
        names: Arc<SessionNames>,
        grid: Arc<[u32]>,
        place: usize,
    },
    /// Have the judge of a model's data look at pictures, each f32 `[C, H, W]` in 0..1 in the model's
    /// size, whatever made them. Answers with [`Event::Judged`].
    Judge {
        model: ModelId,
        pictures: Vec<Arc<[f32]>>,
    },
    /// Measure the pictures of some shots of one model as a set, beside real pictures, in the features
    /// of the judge of the model's data. Answers with [`Event::Assessed`].
    Assess {
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
        what: BenchTarget,
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
    /// How far a model has come on its way into memory, in bytes and the like.
    Loading {
        job: JobId,
        source: ModelSource,
        done: usize,
        total: usize,
    },
    /// A load is done: the model is there, whether it was there before or not.
    Loaded(Arc<ModelInfo>),
    LoadFailed {
        source: ModelSource,
        fault: Fault,
    },
    Frame(Frame),
    /// A preview could not be made; `generation` says which.
    PreviewFailed {
        stage: StageId,
        generation: u64,
        fault: Fault,
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
    /// One step of a steps job: `done` of `of`, with the picture so far, f32 `[C, H, W]` in
    /// 0..1, which for a sampler is its x0 prediction. The last one holds the picture.
    Step {
        job: JobId,
        done: usize,
        of: usize,
        image: ImageSpec,
        values: Vec<f32>,
        /// What the step began with, `x_t`, in the same form; `None` where no noise is removed.
        noisy: Option<Vec<f32>>,
        /// How the places that the step wrote were chosen; empty where a picture is not written.
        choices: Arc<[Choice]>,
    },
    /// The answer of an examine job: one measurement for each shot, in order.
    Examined {
        job: JobId,
        measurements: Vec<Measurement>,
    },
    /// The answer of a grids job: the indices of each shot, row after row.
    Grids {
        job: JobId,
        grids: Vec<Arc<[u32]>>,
    },
    /// The answer of an expect job: how likely each index is, 0..1, in their order.
    Expected {
        job: JobId,
        probabilities: Vec<f32>,
    },
    /// The answer of a judge job: what is seen in each picture, in order; nothing where no judge knows
    /// the data of the model.
    Judged {
        job: JobId,
        judgements: Vec<Judgement>,
    },
    /// The answer of an assess job.
    Assessed {
        job: JobId,
        likeness: Likeness,
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
        what: BenchTarget,
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
        fault: Fault,
    },
}

impl Event {
    /// The job that an event belongs to.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::Loading { job, .. }
            | Self::Tile { job, .. }
            | Self::Step { job, .. }
            | Self::Examined { job, .. }
            | Self::Grids { job, .. }
            | Self::Expected { job, .. }
            | Self::Judged { job, .. }
            | Self::Assessed { job, .. }
            | Self::Evaluated { job, .. }
            | Self::Encoded { job, .. }
            | Self::InvertStep { job, .. }
            | Self::Directions { job, .. }
            | Self::LayerChange { job, .. }
            | Self::Benched { job, .. }
            | Self::Progress { job, .. }
            | Self::JobDone { job }
            | Self::JobCancelled { job }
            | Self::JobFailed { job, .. } => Some(*job),
            Self::Device(_)
            | Self::Warming { .. }
            | Self::Loaded(_)
            | Self::LoadFailed { .. }
            | Self::Frame(_)
            | Self::PreviewFailed { .. } => None,
        }
    }

    /// Whether a job has ended with this.
    pub fn ends_job(&self) -> bool {
        matches!(
            self,
            Self::JobDone { .. } | Self::JobCancelled { .. } | Self::JobFailed { .. }
        )
    }
}

/// Why there is no event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoEvent {
    /// None came in time.
    Timeout,
    /// The engine has ended; no event will come any more.
    Stopped,
}
