//! What can be done now, and why the rest cannot.

use super::learning::Page;
use super::sentences::NO_MODEL;
use super::{AppState, Availability, Command, Overlay};
use crate::learn::Control;

const SEED_IS_LOCKED: &str = "The scene keeps the seed; leave it to change it";

impl AppState {
    /// Whether a command can run now.
    pub fn availability(&self, command: Command) -> Availability {
        let model = self.desk.workspace.model();
        if let (Command::Open(tool), Some(model)) = (command, model)
            && let Some(reason) = tool.why_not(model)
        {
            return Err(reason);
        }
        let has_model = model.is_some();
        match command {
            Command::Undo | Command::Redo if self.navigation.scene().is_some() => {
                let back = command == Command::Undo;
                match (self.navigation.can_step_in_scene(&self.desk, back), back) {
                    (true, _) => Ok(()),
                    (false, true) => Err("Nothing to undo in this scene"),
                    (false, false) => Err("Nothing to redo in this scene"),
                }
            }
            Command::NewSession | Command::OpenSession if self.navigation.scene().is_some() => {
                Err("Leave the scene first; your own history continues after it")
            }
            Command::NewSession if self.navigation.is_visiting() => {
                Err("A model is being loaded; try again when it is there")
            }
            Command::NextQuestion | Command::PreviousQuestion if self.steps_through_slides() => {
                match self.slide(command == Command::NextQuestion) {
                    Some(_) => Ok(()),
                    None => Err("There is no further bookmark"),
                }
            }
            Command::NextQuestion | Command::PreviousQuestion if !self.reads_a_question() => {
                Err("No question is open")
            }
            Command::PreviousQuestion if !self.learning.has_way_back() => {
                Err("No question was read before this one")
            }
            Command::NextQuestion if self.learning.next_question().is_none() => {
                Err("Every question is done or not due yet")
            }
            Command::LeaveScene if self.navigation.scene().is_none() => Err("No scene is open"),
            Command::TakeTour if self.navigation.scene().is_some() => {
                Err("Leave the scene first; the tour is about your own picture")
            }
            Command::RandomSeed
            | Command::NextSeed
            | Command::PreviousSeed
            | Command::SeedUp
            | Command::SeedDown
            | Command::Play
                if self.desk.workspace.locked(Control::Seed).is_some() =>
            {
                Err(SEED_IS_LOCKED)
            }
            Command::Play if model.is_some_and(|model| !model.has_real_seeds()) => {
                Err("Codes of this model are indices, and nothing lies between two of them")
            }
            Command::OpenModel if self.desk.workspace.locked(Control::Model).is_some() => {
                Err("The scene keeps its model; leave it to open another")
            }
            Command::Undo if !self.desk.can_undo() => Err("Nothing to undo"),
            Command::Redo if !self.desk.can_redo() => Err("Nothing to redo"),
            Command::SavePicture if self.desk.workspace.preview.frame().is_none() => {
                Err("No picture yet")
            }
            Command::ResetAll if self.resets_are_locked() => {
                Err("The scene keeps the sliders; leave it to reset them")
            }
            Command::ResetAll if !self.desk.workspace.position.can_reset() => {
                Err("Every slider is at its default")
            }
            Command::LargerText if !self.desk.workspace.view.can_enlarge() => {
                Err("The text is at its largest")
            }
            Command::SmallerText if !self.desk.workspace.view.can_shrink() => {
                Err("The text is at its smallest")
            }
            Command::NormalText if self.desk.workspace.view.text_scale() == 1.0 => {
                Err("The text has its usual size")
            }
            Command::OfTool(tool, key) => {
                let (tools, workspace) = (&self.desk.tools, &self.desk.workspace);
                tools.availability(tool, key, workspace)
            }
            Command::Leave if !self.is_in_a_mode() => Err("Nothing is open"),
            Command::RandomSeed
            | Command::NextSeed
            | Command::PreviousSeed
            | Command::SeedUp
            | Command::SeedDown
            | Command::Play
            | Command::SavePicture
            | Command::SaveScene
            | Command::Export
            | Command::AddBookmark
            | Command::TakeTour
                if !has_model =>
            {
                Err(NO_MODEL)
            }
            Command::Play if !self.is_playing() => self.desk.tools.can_play(&self.desk.workspace),
            _ => Ok(()),
        }
    }

    /// For commands that switch something on and off: whether it is on.
    pub fn is_on(&self, command: Command) -> Option<bool> {
        let (tools, workspace) = (&self.desk.tools, &self.desk.workspace);
        match command {
            Command::Open(tool) => Some(tools.open == tool),
            Command::OfTool(tool, key) => tools.is_on(tool, key, workspace),
            Command::Play => Some(self.is_playing()),
            Command::FullScreen => Some(workspace.modes.full_screen),
            Command::PictureOnly => Some(workspace.modes.picture_only),
            Command::Present => Some(workspace.modes.presents),
            Command::ToggleControls => Some(workspace.view.controls),
            Command::ToggleFilmstrip => Some(workspace.view.filmstrip),
            Command::ToggleSmooth => {
                Some(workspace.view.enlarging.is_smooth(workspace.picture_size()))
            }
            Command::ToggleLearning => Some(workspace.view.learning),
            Command::ToggleBookmarks => Some(workspace.view.bookmarks),
            Command::Export => Some(workspace.modes.overlay == Overlay::Export),
            Command::Palette => Some(workspace.modes.overlay == Overlay::Palette),
            _ => None,
        }
    }

    /// Whether a question is open in the panel.
    fn reads_a_question(&self) -> bool {
        self.desk.workspace.view.learning && self.learning.page() == Page::Question
    }

    /// Whether the keys of a clicker step through the bookmarks.
    pub(super) fn steps_through_slides(&self) -> bool {
        self.desk.workspace.modes.presents
            && !self.reads_a_question()
            && self.navigation.scene().is_none()
    }

    /// The bookmark that a clicker goes to, in the order of the list, which begins with the newest.
    pub(super) fn slide(&self, forward: bool) -> Option<&str> {
        let bookmarks = self.desk.session.document().bookmarks();
        let names: Vec<&str> = bookmarks.iter().rev().map(|it| it.name.as_str()).collect();
        let shown = self.slide.as_deref();
        let at = names.iter().position(|name| Some(*name) == shown);
        let next = match (at, forward) {
            (Some(at), true) => at + 1,
            (Some(at), false) => at.checked_sub(1)?,
            (None, true) => 0,
            (None, false) => return None,
        };
        names.get(next).copied()
    }

    /// Whether a scene keeps something that a reset would move.
    fn resets_are_locked(&self) -> bool {
        let controls = [Control::Psi, Control::Sliders, Control::Sampler];
        let is_locked = |control: &Control| self.desk.workspace.locked(*control).is_some();
        controls.iter().any(is_locked)
    }

    /// Whether the bubble of the tour is on the window.
    pub(super) fn is_tour_shown(&self) -> bool {
        let modes = self.desk.workspace.modes;
        self.tour.step().is_some() && !modes.hides_small_print() && modes.overlay == Overlay::None
    }

    fn is_in_a_mode(&self) -> bool {
        self.desk.workspace.modes.overlay != Overlay::None
            || self.is_tour_shown()
            || self.is_playing()
            || self.desk.workspace.modes.picture_only
            || self.desk.workspace.modes.presents
            || self.desk.workspace.modes.full_screen
            || self.navigation.scene().is_some()
    }
}
