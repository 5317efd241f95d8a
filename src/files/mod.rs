//! Files, whatever is in them: read within bounds, written whole or not at all, recognised by what
//! they begin with.
//!
//! The hazards here are names that lead elsewhere. A link, a pipe, a device, a file of another
//! program behind a familiar ending: each is looked at before anything is read or replaced.

pub mod fonts;
pub mod kind;
pub mod load;
pub mod npy;
pub mod place;
pub mod save;

pub use kind::FileKind;
pub use save::SaveError;
