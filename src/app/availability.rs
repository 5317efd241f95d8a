//! What can be done now, and why the rest cannot.

use super::{AppState, Command, Overlay};
use crate::learn::Control;

/// `Err` carries the reason, for the tooltip of the greyed control.
pub type Availability = Result<(), &'static str>;

const SEED_IS_LOCKED: &str = "The scene keeps the seed; leave it to change it";
const NO_MODEL: &str = "Load a model first";

impl AppState {
    /// Whether a command can run now.
    pub fn availability(&self, command: Command) -> Availability {
        let has_model = self.workspace.model().is_some();
        match command {
            Command::Undo | Command::Redo | Command::NewSession | Command::OpenSession
                if self.learning.scene().is_some() =>
            {
                Err("Leave the scene first; your own history continues after it")
            }
            Command::LeaveScene if self.learning.scene().is_none() => Err("No scene is open"),
            Command::RandomSeed
            | Command::NextSeed
            | Command::PreviousSeed
            | Command::SeedUp
            | Command::SeedDown
            | Command::Play
                if self.workspace.locked(Control::Seed).is_some() =>
            {
                Err(SEED_IS_LOCKED)
            }
            Command::OpenModel if self.workspace.locked(Control::Model).is_some() => {
                Err("The scene keeps its model; leave it to open another")
            }
            Command::Undo if !self.can_undo() => Err("Nothing to undo"),
            Command::Redo if !self.can_redo() => Err("Nothing to redo"),
            Command::SavePicture if self.workspace.preview.frame().is_none() => {
                Err("No picture yet")
            }
            Command::ResetAll if !self.workspace.position.is_moved() => {
                Err("Every slider is at its default")
            }
            Command::LargerText if !self.workspace.view.can_enlarge() => {
                Err("The text is at its largest")
            }
            Command::SmallerText if !self.workspace.view.can_shrink() => {
                Err("The text is at its smallest")
            }
            Command::NormalText if self.workspace.view.text_scale() == 1.0 => {
                Err("The text has its usual size")
            }
            Command::OfTool(tool, key) => self.tools.availability((tool, key), &self.workspace),
            Command::Leave if !self.is_in_a_mode() => Err("Nothing is open"),
            Command::RandomSeed
            | Command::NextSeed
            | Command::PreviousSeed
            | Command::SeedUp
            | Command::SeedDown
            | Command::Play
            | Command::SavePicture
            | Command::Export
            | Command::AddBookmark
                if !has_model =>
            {
                Err(NO_MODEL)
            }
            _ => Ok(()),
        }
    }

    /// For commands that switch something on and off: whether it is on.
    pub fn is_on(&self, command: Command) -> Option<bool> {
        match command {
            Command::Open(tool) => Some(self.tools.open == tool),
            Command::OfTool(tool, key) => self.tools.is_on((tool, key), &self.workspace),
            Command::Play => Some(self.is_playing()),
            Command::FullScreen => Some(self.workspace.modes.full_screen),
            Command::PictureOnly => Some(self.workspace.modes.picture_only),
            Command::ToggleControls => Some(self.workspace.view.controls),
            Command::ToggleFilmstrip => Some(self.workspace.view.filmstrip),
            Command::ToggleLearning => Some(self.workspace.view.learning),
            Command::ToggleBookmarks => Some(self.workspace.view.bookmarks),
            Command::Export => Some(self.workspace.modes.overlay == Overlay::Export),
            Command::Palette => Some(self.workspace.modes.overlay == Overlay::Palette),
            _ => None,
        }
    }

    fn is_in_a_mode(&self) -> bool {
        self.workspace.modes.overlay != Overlay::None
            || self.is_playing()
            || self.workspace.modes.picture_only
            || self.workspace.modes.full_screen
            || self.learning.scene().is_some()
    }
}
