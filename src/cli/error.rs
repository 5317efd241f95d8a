//! Errors of the command line and the exit codes that they lead to.

use crate::document::animation::AnimationError;
use crate::engine::Fault;
use crate::files::SaveError;
use crate::render::RenderError;
use crate::train::TrainError;
use crate::ui::WindowError;
use std::fmt::Display;
use std::io;

/// The exit code for anything that is not the person's doing.
pub const FAILED: u8 = 1;
/// The exit code for bad input and wrong usage.
pub const BAD_INPUT: u8 = 2;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Other arguments or other files would help.
    #[error("{0}")]
    BadInput(String),
    /// The machine or the program is at fault.
    #[error("{0}")]
    Failed(String),
    /// The engine could not do a job.
    #[error("{0}")]
    Job(Fault),
    #[error("stopped before it was finished; nothing was written")]
    Interrupted,
    /// Whoever read standard output has gone, as `head` does: no failure.
    #[error("nobody reads the output")]
    ClosedPipe,
    #[error(transparent)]
    Save(#[from] SaveError),
    #[error(transparent)]
    Animation(#[from] AnimationError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Window(#[from] WindowError),
}

impl CliError {
    /// Bad input, in a sentence that says what was given.
    pub fn bad_input(about: impl Display, fault: impl Display) -> Self {
        Self::BadInput(format!("{about}: {fault}"))
    }

    pub fn exit_code(&self) -> u8 {
        let is_bad_input = match self {
            Self::BadInput(_) => true,
            Self::Failed(_) | Self::Job(_) | Self::Interrupted => false,
            Self::ClosedPipe => return 0,
            Self::Save(error) => error.is_bad_path(),
            Self::Animation(error) => error.is_bad_input(),
            Self::Train(error) => error.is_bad_input(),
            Self::Window(error) => return error.exit_code(),
        };
        if is_bad_input { BAD_INPUT } else { FAILED }
    }

    /// What to print, on one line, or nothing.
    pub fn line(&self) -> Option<String> {
        match self {
            Self::ClosedPipe => None,
            error => {
                let text = error.to_string();
                Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
            }
        }
    }
}

impl From<RenderError> for CliError {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Engine(Fault::Request(sentence)) => {
                Self::bad_input("the expression", sentence)
            }
            RenderError::Engine(fault) => Self::Job(fault),
            RenderError::Save(error) => Self::Save(error),
            RenderError::Animation(error) => Self::Animation(error),
            RenderError::Cancelled => Self::Interrupted,
            RenderError::Program(sentence) => Self::Failed(sentence),
            RenderError::Request(_) | RenderError::TooLarge(_) | RenderError::Unfit { .. } => {
                Self::BadInput(error.to_string())
            }
        }
    }
}

/// Errors of standard output.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ClosedPipe,
            _ => Self::Failed(format!("standard output cannot be written: {error}")),
        }
    }
}
