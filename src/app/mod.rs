//! Application state, the one command list, dispatch, undo, notifications.
//!
//! The hazard here is a state that two places write. Panels only read [`AppState`] and queue
//! [`Action`]s; [`AppState::run`] is the one place that changes anything, once per frame, and
//! the expression in [`Position`] is the one truth about the picture.

mod action;
mod availability;
mod command;
mod derived;
mod dice;
mod dispatch;
mod events;
pub mod export;
mod filmstrip;
mod history;
mod jobs;
mod latency;
pub mod learning;
pub mod models;
pub mod notices;
mod opening;
mod parameters;
pub mod pictures;
mod place;
mod player;
mod preview;
pub mod session;
mod shared;
mod state;
mod thumbnail;
mod thumbnails;
pub mod tools;
mod view;
mod workspace;

pub use action::{Action, Actions, Edit};
pub use availability::Availability;
pub use command::{Command, CommandInfo};
pub use derived::{ByAddress, Derived};
pub use dice::Dice;
pub use dispatch::Effect;
pub use export::Wake;
pub use filmstrip::Filmstrip;
pub use history::{History, Settling};
pub use latency::Latency;
pub use learning::{Learning, LearningAction};
pub use models::{Loading, Models, Warming};
pub use notices::{Level, Notice, Notices, Offer};
pub use parameters::{NoParam, Param, ParamId, ToolParam};
pub use pictures::{DecodedPicture, Pictures};
pub use place::{Axis, Composition, Place, Position};
pub use player::Player;
pub use preview::Preview;
pub use session::{Asked, OpenSession, SessionAction};
pub use shared::Shared;
pub use state::{AppState, Moment, Start};
pub use thumbnail::Thumbnail;
pub use thumbnails::{ThumbnailKey, Thumbnails};
pub use tools::{Tool, ToolSettings, Tools};
pub use view::{Modes, Overlay, Theme, View};
pub use workspace::{DEFAULT_EXPRESSION, ReadError, Workspace};
