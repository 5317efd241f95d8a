//! What can happen to a session. A session is the sum of its changes, so that writing down each
//! of them as it happens is enough to have the session again.

use super::bookmarks::{Bookmark, BookmarkError};
use super::directions::{DirectionError, StoredDirection};
use super::history::NodeId;
use super::json::{free_value, is_default};
use super::snapshot::ModelLink;
use crate::latent::Sampler;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One change.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A direction was found. It gets the next number, by which what tools are set to refers to it.
    AddDirection(Box<StoredDirection>),
    /// The open tool is set to something else; the next step remembers it.
    Tool(#[serde(deserialize_with = "free_value")] Option<Value>),
    /// A state was settled after the current step.
    Step {
        model: ModelLink,
        expression: String,
        #[serde(default, skip_serializing_if = "is_default")]
        sampler: Box<Sampler>,
        /// Seconds since 1970.
        at_secs: u64,
        /// Whether it goes on with what the current step began, and takes its place.
        #[serde(default, skip_serializing_if = "is_default")]
        amends: bool,
    },
    /// Undo, redo, or a jump.
    GoTo(NodeId),
    AddBookmark(Box<Bookmark>),
    RenameBookmark {
        from: String,
        to: String,
    },
    DescribeBookmark {
        name: String,
        tags: Vec<String>,
        note: String,
    },
    /// A bookmark was put in front of another one, or at the end.
    MoveBookmark {
        name: String,
        before: Option<String>,
    },
    DeleteBookmark(String),
    /// Takes back a deletion.
    RestoreBookmark(String),
    View(SessionView),
}

impl Change {
    /// Whether it speaks of steps or directions by their numbers or their order, which are others
    /// where one of them got lost.
    pub fn refers_by_number(&self) -> bool {
        match self {
            Self::GoTo(_) | Self::Tool(_) | Self::AddDirection(_) => true,
            Self::Step { amends, .. } => *amends,
            _ => false,
        }
    }

    /// Whether a file without it lacks something. How the window looks is no such thing.
    pub fn is_worth_saving(&self) -> bool {
        !matches!(self, Self::View(_))
    }
}

/// What of the window belongs to the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionView {
    pub controls: bool,
    pub filmstrip: bool,
    pub all_dims: bool,
    pub bookmarks: bool,
}

impl Default for SessionView {
    fn default() -> Self {
        Self {
            controls: true,
            filmstrip: true,
            all_dims: false,
            bookmarks: false,
        }
    }
}

/// Why a change cannot be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("there is no step {0}")]
    NoStep(NodeId),
    #[error("the expression or the model of a step is too long")]
    StepTooLong,
    #[error(transparent)]
    Bookmark(#[from] BookmarkError),
    #[error(transparent)]
    Direction(#[from] DirectionError),
}
