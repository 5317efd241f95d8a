//! The one point of a frame where requests become changes.

use super::notices::Level;
use super::view::Theme;
use super::{Action, AppState, Command, Edit, Overlay, Player};
use crate::latent::Space;
use crate::learn::Control;

/// What only the window itself can do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    AskForModelFile,
    AskForSessionFile,
    /// A picture to encode.
    AskForPhoto,
    AskWhereToSaveSession {
        suggested_name: String,
    },
    AskForPictureFile {
        suggested_name: String,
    },
    AskWhereToExport {
        suggested_name: String,
        kind: super::export::FileKind,
    },
    /// Where to write what was learned.
    AskForLearningFile(super::learning::LearningFile),
    Copy(String),
    FullScreen(bool),
    Close,
    EditExpression,
    FitPicture,
    /// The theme or the text size is another.
    Restyle,
}

impl AppState {
    /// Runs one request.
    pub fn run(&mut self, action: Action) {
        match action {
            Action::Run(command) => {
                if self.availability(command).is_ok() {
                    self.run_command(command);
                }
            }
            Action::Edit(edit) => self.workspace.edit(edit),
            Action::Tool(edit) => self.edit_tool(edit),
            Action::Set(id, value) => self.set_param(&id, value),
            Action::Scrub(time) => {
                self.stop_way();
                self.scrub(time);
            }
            Action::FindDirections(source) => self.find_directions(source),
            Action::SaveDirection(name, expression) => self.save_direction(name, expression),
            Action::StopFindingDirections => self.stop_finding_directions(),
            Action::OpenPicture(path) => self.open_picture(path),
            Action::OpenCodes(path) => self.open_codes(path),
            Action::EncodeFile(path) => self.encode_file(path),
            Action::Descend => self.descend(),
            Action::StopDescent => self.stop_encoding(),
            Action::KeepCode(name) => self.keep_code(&name),
            Action::LookAtDirection(name) => self.look_at_direction(name),
            Action::LookAtMap(look) => self.look_at_map(look),
            Action::LoadModel(source) => {
                if let Some(why) = self.workspace.locked(Control::Model) {
                    self.workspace.notices.push(Level::Warning, why);
                    return;
                }
                self.load(source, None);
            }
            Action::Session(action) => self.run_session(action),
            Action::Learn(action) => self.run_learning(action),
            Action::SetExport(settings) => self.set_export(settings),
            Action::AskWhereToExport => self.ask_where_to_export(),
            Action::Export(path) => {
                self.workspace.modes.overlay = Overlay::None;
                self.export_to(path);
            }
            Action::CancelExports => self.export.cancel(&mut self.workspace),
            Action::Quit(choice) => self.export.quit(choice, &mut self.workspace),
            Action::SavePicture(path) => self.save_picture(path),
            Action::DismissNotice(id) => self.workspace.notices.dismiss(id),
            Action::ShowPalette(open) => {
                self.workspace.modes.overlay = if open {
                    Overlay::Palette
                } else {
                    Overlay::None
                };
            }
            Action::ShowAllDims(open) => self.workspace.view.all_dims = open,
            Action::ShowDimsOfZ(on) => self.workspace.view.dims_of_z = on,
            Action::Report(message) => self.workspace.notices.push(Level::Error, message),
        }
    }

    fn run_command(&mut self, command: Command) {
        match command {
            Command::OpenModel => self.workspace.effects.push(Effect::AskForModelFile),
            Command::OpenPicture => self.workspace.effects.push(Effect::AskForPhoto),
            Command::SavePicture => {
                let suggested_name = self.workspace.suggested_file_name("png");
                self.workspace
                    .effects
                    .push(Effect::AskForPictureFile { suggested_name });
            }
            Command::NewSession => self.new_session(),
            Command::OpenSession => self.workspace.effects.push(Effect::AskForSessionFile),
            Command::SaveSession => self.save_session_command(false),
            Command::SaveSessionAs => self.save_session_command(true),
            Command::AddBookmark => self.ask_for_name_here(),
            Command::ToggleBookmarks => {
                self.workspace.view.bookmarks = !self.workspace.view.bookmarks
            }
            Command::Quit => {
                if self.may_close() {
                    self.workspace.effects.push(Effect::Close);
                }
            }
            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::CopyExpression => {
                let text = self.workspace.position.expression().to_string();
                self.workspace
                    .notices
                    .push(Level::Done, "The expression is on the clipboard");
                self.workspace.effects.push(Effect::Copy(text));
            }
            Command::EditExpression => {
                self.workspace.modes.picture_only = false;
                self.workspace.effects.push(Effect::EditExpression);
            }
            Command::RandomSeed => {
                let seed = self.workspace.dice.seed();
                self.workspace.edit(Edit::Seed(seed));
            }
            Command::NextSeed => self.step_seed(1),
            Command::PreviousSeed => self.step_seed(-1),
            Command::SeedUp => self.step_seed(100),
            Command::SeedDown => self.step_seed(-100),
            Command::NextComparison => self.next_comparison(),
            Command::BlinkComparison => self.toggle_blink(),
            Command::FlipComparison => self.flip_comparison(),
            Command::Play => self.toggle_play(),
            Command::ResetAll => {
                if self.workspace.position.reset() {
                    self.workspace.touch();
                }
            }
            Command::Export => self.toggle_overlay(Overlay::Export),
            Command::Palette => self.toggle_overlay(Overlay::Palette),
            Command::Notifications => self.toggle_overlay(Overlay::Notifications),
            Command::Shortcuts => self.toggle_overlay(Overlay::Shortcuts),
            Command::About => self.toggle_overlay(Overlay::About),
            Command::FullScreen => self.set_full_screen(!self.workspace.modes.full_screen),
            Command::PictureOnly => {
                self.workspace.modes.picture_only = !self.workspace.modes.picture_only
            }
            Command::ToggleControls => self.workspace.view.controls = !self.workspace.view.controls,
            Command::ToggleFilmstrip => {
                self.workspace.view.filmstrip = !self.workspace.view.filmstrip
            }
            Command::ToggleLearning => self.workspace.view.learning = !self.workspace.view.learning,
            Command::LeaveScene => self.leave_scene(),
            Command::ToggleTheme => {
                self.workspace.view.theme = match self.workspace.view.theme {
                    Theme::Dark => Theme::Light,
                    Theme::Light => Theme::Dark,
                };
                self.workspace.effects.push(Effect::Restyle);
            }
            Command::ResetView => self.workspace.effects.push(Effect::FitPicture),
            Command::LargerText => self.resize_text(super::View::enlarge),
            Command::SmallerText => self.resize_text(super::View::shrink),
            Command::NormalText => self.resize_text(super::View::normal_size),
            Command::Leave => self.leave(),
            Command::OpenExplore
            | Command::OpenInterpolate
            | Command::OpenArithmetic
            | Command::OpenStyles
            | Command::OpenMap
            | Command::OpenEncode
            | Command::OpenVariations
            | Command::OpenDirections
            | Command::OpenCompare
            | Command::OpenWhere => {
                if let Some(tool) = super::Tool::of_command(command) {
                    self.stop_way();
                    self.tools.open = tool;
                }
            }
        }
    }

    fn step_seed(&mut self, step: i32) {
        // Seeds are 32 bits wide and go round, as `& 0xFFFFFFFF` does in the tools before.
        let seed = self
            .workspace
            .position
            .last_seed()
            .wrapping_add_signed(step);
        self.workspace.edit(Edit::Seed(seed));
    }

    fn toggle_play(&mut self) {
        if self.tools.open == super::Tool::Interpolate {
            self.workspace.player = None;
            self.toggle_way();
            return;
        }
        self.workspace.player = match self.workspace.player.take() {
            Some(_) => None,
            None => {
                let from = self.workspace.position.base().clone();
                let is_in_z = self
                    .workspace
                    .space_of(&from)
                    .is_none_or(|space| space == Space::Z);
                Some(Player::new(from, is_in_z, &mut self.workspace.dice))
            }
        };
    }

    fn toggle_overlay(&mut self, overlay: Overlay) {
        self.workspace.modes.overlay = if self.workspace.modes.overlay == overlay {
            Overlay::None
        } else {
            overlay
        };
    }

    fn set_full_screen(&mut self, on: bool) {
        self.workspace.modes.full_screen = on;
        self.workspace.effects.push(Effect::FullScreen(on));
    }

    fn resize_text(&mut self, resize: impl FnOnce(&mut super::View)) {
        resize(&mut self.workspace.view);
        self.workspace.effects.push(Effect::Restyle);
    }

    /// Leaves the mode on top, one at a time.
    fn leave(&mut self) {
        if self.workspace.modes.overlay != Overlay::None {
            self.workspace.modes.overlay = Overlay::None;
        } else if self.is_playing() {
            self.workspace.player = None;
            self.stop_way();
        } else if self.workspace.modes.picture_only {
            self.workspace.modes.picture_only = false;
        } else if self.workspace.modes.full_screen {
            self.set_full_screen(false);
        } else {
            self.leave_scene();
        }
    }
}
