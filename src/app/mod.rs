//! Application state, the one command list, dispatch, undo, notifications.
//!
//! The hazard here is a state that two places write. Panels only read [`AppState`] and queue
//! [`Action`]s; [`AppState::run`] is the one place that changes anything, once per frame, and
//! the expression in [`Position`] is the one truth about the picture.

mod action;
mod availability;
mod command;
mod commands;
mod derived;
pub mod describing;
mod desk;
mod dispatch;
mod effect;
mod ends;
mod events;
pub mod export;
mod gesture;
mod jobs;
mod latency;
pub mod learning;
mod memory;
mod model_folder;
pub mod models;
mod navigation;
pub mod notices;
mod opening;
mod param;
mod parameters;
pub mod pictures;
mod player;
mod position;
mod preview;
pub mod sampling;
mod scenes;
mod seed_rng;
pub mod sentences;
mod service;
pub mod session;
mod shared;
mod state;
mod thumbnail;
mod tool;
pub mod tools;
mod tour;
mod view;
mod workspace;

pub use action::{Action, Actions, SessionAction};
pub use command::{Availability, Command, CommandInfo};
pub use derived::{ByAddress, Derived};
pub use describing::{DescribeAction, Describing};
pub use desk::{Desk, Place};
pub use effect::{CurveFile, Effect, FileKind, LearningFile, Wake};
pub use ends::{Ends, Slider, SliderEnds};
pub use gesture::{EditPhase, Gesture};
pub use latency::Latency;
pub use learning::{Learning, LearningAction};
pub use memory::{MEMORY_FILE, Memory};
pub use models::{Models, Warming};
pub use navigation::{Navigation, OpenScene, SceneOrigin};
pub use notices::{Level, Notice, Notices, Remedy};
pub use param::{NoParam, Param, ParamId, SamplerNumber, SamplerParam, Scale, ToolParam};
pub use pictures::{DecodedPicture, Pictures};
pub use player::Player;
pub use position::{Axis, Composition, Edit, Position};
pub use preview::Preview;
pub use seed_rng::SeedRng;
pub use session::{Filmstrip, OpenSession, StartupRequest, ThumbnailKey, Thumbnails};
pub use shared::Shared;
pub use state::{AppState, FrameInput, Start};
pub use thumbnail::Thumbnail;
pub use tool::Tool;
pub use tools::{ToolSettings, Tools};
pub use tour::{Tour, TourAction, TourStep};
pub use view::{Enlarging, Modes, Overlay, Theme, View};
pub use workspace::{DEFAULT_EXPRESSION, ReadError, Workspace};
