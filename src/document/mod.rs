//! What the program writes and reads besides models: sessions, recipes, pictures, animations, codes.
//!
//! Everything here is plain data. Files are written beside their place and renamed, so that
//! neither a full disk nor a killed program leaves half a file under a name that somebody asked
//! for. Files from outside are read with bounds: what they claim is checked before room is made
//! for it.
//!
//! - [`recipe`], [`seeds`], [`embedded`]: how something was made, and finding that in files;
//! - [`raster`], [`png`], [`animation`]: pictures on their way out;
//! - [`photo`]: pictures on their way in;
//! - [`npy`], [`codes`]: arrays and latent codes, both ways.

pub mod animation;
pub mod autosave;
pub mod bookmarks;
mod change;
pub mod chart;
pub mod codes;
pub mod direction_files;
pub mod directions;
mod earlier;
pub mod embedded;
pub mod history;
pub mod journal;
mod json;
mod markup;
pub mod mask;
pub mod npy;
pub mod photo;
pub mod png;
pub mod raster;
pub mod recipe;
pub mod scene_file;
pub mod seeds;
mod session;
pub mod session_file;
mod snapshot;
mod staging;

pub use bookmarks::{Bookmark, Bookmarks};
pub use change::{Change, ChangeError, SessionView};
pub use directions::StoredDirection;
pub use history::{History, NodeId};
pub use raster::Raster;
pub use recipe::{Recipe, Subject};

pub use session::Session;
pub use snapshot::{ModelLink, ModelOrigin, Snapshot};
pub use staging::{Framing, MAX_ZOOM, Staging};
