//! From a recipe to a file: the one way that pictures are made for files, in the window and on the
//! command line.
//!
//! A [`Plan`] says which expressions are drawn and how large; a [`Production`] says which jobs the
//! engine is to do, takes what comes of them in order, and writes the [`Output`]s. Neither waits
//! for anything or starts a thread, so a driver is a loop:
//!
//! ```text
//! while let Some(job) = production.next_job() {
//!     // Submit it, and give every event of it to production.take().
//! }
//! production.finish()
//! ```
//!
//! The hazards here are a memory full of pictures that wait for a slow encoder, and half a file
//! after a cancel. Pictures stream: a production holds one tile, and the engine makes no more than
//! its [`Backlog`](crate::engine::Backlog) admits. A production that is dropped before its end
//! leaves nothing behind.

mod likelihoods;
mod outputs;
mod plan;
mod production;
mod sinks;
mod steps;

pub use outputs::Output;
pub use plan::{Look, MAX_GAP, MAX_SCALE, MAX_SIDE, Plan, Setup, expressions, path_of};
pub use production::{Made, Production, Progress, Stage};
pub use steps::StepsShown;

use crate::document::animation::AnimationError;
use crate::document::raster::RasterError;
use crate::engine::Fault;
use crate::files::SaveError;
use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Another subject or other settings would help; a whole sentence.
    #[error("{0}")]
    Request(String),
    /// Fewer or smaller pictures would help.
    #[error("{0}")]
    TooLarge(RasterError),
    /// Another name of the file would help.
    #[error("{}: {fault}", path.display())]
    Unfit { path: PathBuf, fault: String },
    /// The engine could not make the pictures.
    #[error("{0}")]
    Engine(Fault),
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error(transparent)]
    Animation(#[from] AnimationError),
    /// The program is at fault.
    #[error("{0}")]
    Program(String),
    #[error("stopped before it was finished; nothing was written")]
    Cancelled,
}

impl RenderError {
    fn request(about: impl fmt::Display, fault: impl fmt::Display) -> Self {
        Self::Request(format!("{about}: {fault}"))
    }

    fn unfit(path: &Path, fault: &str) -> Self {
        Self::Unfit {
            path: path.to_owned(),
            fault: fault.to_owned(),
        }
    }

    fn program(fault: impl fmt::Display) -> Self {
        Self::Program(fault.to_string())
    }
}
