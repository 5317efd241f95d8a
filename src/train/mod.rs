//! Training recipes, data readers and loops; measuring a finished model.

mod autoencoder;
mod begin;
mod causal;
mod checkpoint;
mod classifier;
mod conditions;
mod critic;
pub mod dataset;
mod decoder;
mod deviation;
mod device;
mod diffusion;
pub mod directions;
mod dolls;
mod drift;
pub mod eval;
mod finish;
mod first_stage;
mod flow;
mod gan;
mod graph_builder;
mod idx;
mod labeller;
mod layout;
mod looks;
mod losses;
mod measure;
mod memory;
mod named;
mod parameters;
mod penalty;
mod prior;
mod probes;
mod progress;
mod random;
mod recipe;
mod refine;
mod resample;
mod run;
mod settings;
mod style;
mod style_network;
mod task;
mod translation;
mod unet;
mod vq;

pub use checkpoint::path_beside as checkpoint_beside;
pub use decoder::replace_decoder;
pub use recipe::Recipe;
pub use run::{TrainOptions, run};

use crate::files::SaveError;
use crate::model::{ModelError, ModelFileError};
use std::path::PathBuf;

/// Why a training run or a measurement stopped.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error("{}: the recipe {fault}", path.display())]
    Recipe { path: PathBuf, fault: String },
    #[error("{}: the data file {fault}", path.display())]
    Data { path: PathBuf, fault: String },
    #[error("{}: the checkpoint {fault}", path.display())]
    Checkpoint { path: PathBuf, fault: String },
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: ModelFileError,
    },
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error("stopped before it was finished; nothing was written")]
    Interrupted,
    #[error("{0}")]
    Request(String),
    #[error("no GPU can be used: {0}")]
    NoGpu(String),
    #[error("the loss {name:?} is not finite at step {step}; a smaller learning rate may help")]
    Diverged { name: String, step: u64 },
    #[error("stopped; --resume continues from {}", checkpoint.display())]
    Stopped { checkpoint: PathBuf },
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl TrainError {
    /// Whether the fault is in what the user gave, not in the machine.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::File { source, .. } => source.is_bad_input(),
            Self::Recipe { .. }
            | Self::Data { .. }
            | Self::Checkpoint { .. }
            | Self::Request(_)
            | Self::NoGpu(_) => true,
            Self::Save(error) => error.is_bad_path(),
            Self::Diverged { .. } | Self::Stopped { .. } | Self::Interrupted | Self::Model(_) => {
                false
            }
        }
    }
}
