//! The one point of a frame where requests become changes.

use super::notices::{Level, Until};
use super::tools::sample::Sample;
use super::view::Theme;
use super::{
    Action, AppState, Command, Edit, Effect, LearningAction, Overlay, ParamId, Player, Remedy,
    SessionAction, Tool, TourAction, TourStep,
};
use crate::document::Change;
use crate::engine::ModelSource;
use crate::learn::Control;
use std::path::PathBuf;

impl AppState {
    /// Runs one request.
    pub fn run(&mut self, action: Action) {
        let tour_step = action.tour_step();
        self.run_action(action);
        if let Some(step) = tour_step {
            self.tour.did(step);
        }
    }

    fn run_action(&mut self, action: Action) {
        match action {
            Action::Run(command) => {
                if self.availability(command).is_ok() {
                    self.run_command(command);
                }
            }
            Action::Edit(edit) => self.desk.edit(edit),
            Action::Choose(code) => self.desk.choose(code),
            Action::Tool(action) => self.desk.use_tools(|tools, workspace| {
                action.run(tools, workspace);
            }),
            Action::Set(ParamId::Toy(key), value) => self.learning.set_toy_param(key, value),
            Action::Set(id, value) => self.desk.set_param(&id, value),
            Action::OpenFile(path) => self.opening.open(path),
            Action::LookForModels => {
                let workspace = &mut self.desk.workspace;
                let folder = workspace.models.folder_mut();
                folder.look(workspace.now_secs, &workspace.wake);
            }
            Action::OpenDirections(path) => self.opening.open_directions(&mut self.desk, path),
            Action::AskForDirections => self.desk.workspace.effects.push(Effect::AskForDirections),
            Action::ChooseModel(source) => {
                let models = &self.desk.workspace.models;
                match source {
                    ModelSource::File(path) if models.is_unknown(&path) => self.opening.open(path),
                    source => self.run(Action::LoadModel(source)),
                }
            }
            Action::LoadModel(source) => {
                if let Some(why) = self.desk.workspace.locked(Control::Model) {
                    self.desk.workspace.notices.push(Level::Warning, why);
                    return;
                }
                self.navigation.load(&mut self.desk.workspace, source, None);
            }
            Action::OpenForeign => {
                self.desk.workspace.modes.overlay = Overlay::None;
                if let Some(load) = self.opening.take_asked() {
                    self.run_action(load);
                }
            }
            Action::Describe(action) => {
                let overlay = &mut self.desk.workspace.modes.overlay;
                if let Some(shown) = self.opening.describe(action) {
                    *overlay = shown;
                }
            }
            Action::Session(action) => self.run_session(action),
            Action::Learn(action) => {
                self.learning
                    .run(&mut self.desk, &mut self.navigation, action);
            }
            Action::SetExport(settings) => self.export.set_up(settings),
            Action::AskWhereToExport => self.export.ask_where(&mut self.desk),
            Action::Export(path) => {
                self.desk.workspace.modes.overlay = Overlay::None;
                self.export.write(&mut self.desk, path);
            }
            Action::WriteCurves(file, path) => {
                let view = self.desk.tool::<Sample>();
                let text = view.tool.curves(view.settings, file);
                self.export.write_text(&mut self.desk.workspace, text, path);
            }
            Action::CancelExports => self.export.cancel(&mut self.desk.workspace),
            Action::Quit(choice) => self.export.quit(choice, &mut self.desk.workspace),
            Action::SetScene(text) => self.scene_saver.set(text),
            Action::AskWhereToSaveScene => {
                self.desk.workspace.modes.overlay = Overlay::None;
                self.scene_saver.ask_where(&mut self.desk);
            }
            Action::SaveScene(path) => {
                self.scene_saver
                    .save(&mut self.desk, &mut self.export, path);
            }
            Action::SavePicture(path) => self.export.save_picture(&mut self.desk, path),
            Action::Remedy(remedy) => self.carry_out(remedy),
            Action::DismissNotice(id) => self.desk.workspace.notices.dismiss(id),
            Action::ShowPalette(open) => {
                self.desk.workspace.modes.overlay = if open {
                    Overlay::Palette
                } else {
                    Overlay::None
                };
            }
            Action::ShowBlend(open) => self.desk.workspace.view.blends_classes = open,
            Action::ShowEnds(ends) => self.ends.show(&self.desk.workspace, ends),
            Action::ShowAllDims(open) => self.desk.workspace.view.all_dims = open,
            Action::ShowDimsOfZ(on) => self.desk.workspace.view.dims_of_z = on,
            Action::Tour(action) => self.run_tour(action),
            Action::Report(message) => self.desk.workspace.notices.push(Level::Error, message),
        }
    }

    fn run_command(&mut self, command: Command) {
        match command {
            Command::OpenFile => self.desk.workspace.effects.push(Effect::AskForAnyFile),
            Command::OpenModel => self.desk.workspace.effects.push(Effect::AskForModelFile),
            Command::OpenPicture => self.desk.workspace.effects.push(Effect::AskForPhoto),
            Command::SavePicture => {
                let suggested_name = self.desk.workspace.suggested_file_name("png");
                self.desk
                    .workspace
                    .effects
                    .push(Effect::AskForPictureFile { suggested_name });
            }
            Command::NewSession => self.navigation.new_session(&mut self.desk),
            Command::OpenSession => self.desk.workspace.effects.push(Effect::AskForSessionFile),
            Command::SaveSession => match self.desk.session.file() {
                Some(file) => self.save_session(file.to_owned()),
                None => self.ask_where_to_save_session(),
            },
            Command::SaveSessionAs => self.ask_where_to_save_session(),
            Command::AddBookmark => {
                let desk = &mut self.desk;
                let staging = desk.staging();
                desk.session.ask_for_name_here(&mut desk.workspace, staging);
            }
            Command::ToggleBookmarks => {
                self.desk.workspace.view.bookmarks = !self.desk.workspace.view.bookmarks
            }
            Command::Quit => {
                if self.may_close() {
                    self.desk.workspace.effects.push(Effect::Close);
                }
            }
            Command::Undo => self.navigation.undo(&mut self.desk),
            Command::Redo => self.navigation.redo(&mut self.desk),
            Command::CopyExpression => {
                let text = self.desk.workspace.position.expression().to_string();
                self.desk
                    .workspace
                    .notices
                    .push(Level::Done, "The expression is on the clipboard");
                self.desk.workspace.effects.push(Effect::Copy(text));
            }
            Command::EditExpression => {
                self.show_panels();
                self.desk.workspace.effects.push(Effect::EditExpression);
            }
            Command::RandomSeed => {
                let seed = self.desk.workspace.seeds.seed();
                self.desk.edit(Edit::Seed(seed));
            }
            Command::NextSeed => self.step_seed(1),
            Command::PreviousSeed => self.step_seed(-1),
            Command::SeedUp => self.step_seed(100),
            Command::SeedDown => self.step_seed(-100),
            Command::Play => self.toggle_play(),
            Command::ResetAll => {
                if self.desk.workspace.position.reset() {
                    self.desk.workspace.touch();
                }
            }
            Command::SaveScene => self.toggle_overlay(Overlay::Scene),
            Command::Export => self.toggle_overlay(Overlay::Export),
            Command::Palette => self.toggle_overlay(Overlay::Palette),
            Command::Notifications => self.toggle_overlay(Overlay::Notifications),
            Command::Explain => {
                let id = self.desk.tools.open().info().explained_by;
                let explain = LearningAction::Explain(id.to_owned());
                self.learning
                    .run(&mut self.desk, &mut self.navigation, explain);
            }
            Command::TakeTour => self.begin_tour(),
            Command::Shortcuts => self.toggle_overlay(Overlay::Shortcuts),
            Command::About => self.toggle_overlay(Overlay::About),
            Command::FullScreen => self.set_full_screen(!self.desk.workspace.modes.full_screen),
            Command::PictureOnly => {
                let workspace = &mut self.desk.workspace;
                workspace.modes.picture_only = !workspace.modes.picture_only;
                if workspace.modes.picture_only {
                    workspace
                        .notices
                        .push(Level::Hint, "Press Esc to bring the panels back");
                    workspace.notices.last_only(Until::PanelsAreBack);
                } else {
                    workspace.notices.end(Until::PanelsAreBack);
                }
            }
            Command::Present => self.set_presents(!self.desk.workspace.modes.presents),
            Command::ToggleControls => {
                self.desk.workspace.view.controls = !self.desk.workspace.view.controls
            }
            Command::ToggleFilmstrip => {
                self.desk.workspace.view.filmstrip = !self.desk.workspace.view.filmstrip
            }
            Command::ToggleLearning => {
                self.desk.workspace.view.learning = !self.desk.workspace.view.learning
            }
            Command::NextQuestion if self.steps_through_slides() => self.go_to_slide(true),
            Command::PreviousQuestion if self.steps_through_slides() => self.go_to_slide(false),
            Command::NextQuestion => {
                let next = LearningAction::NextQuestion;
                self.learning
                    .run(&mut self.desk, &mut self.navigation, next);
            }
            Command::PreviousQuestion => {
                let back = LearningAction::Back;
                self.learning
                    .run(&mut self.desk, &mut self.navigation, back);
            }
            Command::LeaveScene => self.navigation.leave_scene(&mut self.desk),
            Command::ToggleTheme => {
                self.desk.workspace.view.theme = match self.desk.workspace.view.theme {
                    Theme::Dark => Theme::Light,
                    Theme::Light => Theme::Dark,
                };
                self.desk.workspace.effects.push(Effect::Restyle);
            }
            Command::ToggleSmooth => {
                let workspace = &mut self.desk.workspace;
                workspace.view.enlarging =
                    workspace.view.enlarging.toggled(workspace.picture_size());
                workspace.effects.push(Effect::Restyle);
            }
            Command::ResetView => self.desk.workspace.effects.push(Effect::FitPicture),
            Command::LargerText => self.resize_text(super::View::enlarge),
            Command::SmallerText => self.resize_text(super::View::shrink),
            Command::NormalText => self.resize_text(super::View::normal_size),
            Command::NextPart | Command::PreviousPart => {
                let forward = command == Command::NextPart;
                let effects = &mut self.desk.workspace.effects;
                effects.push(Effect::FocusPart { forward });
            }
            Command::Leave => self.leave(),
            Command::Open(tool) => self.desk.open_tool(tool),
            Command::OfTool(tool, key) => self.desk.use_tools(|tools, workspace| {
                tools.run_command(tool, key, workspace);
            }),
        }
    }

    /// Runs one request of the session's panels.
    fn run_session(&mut self, action: SessionAction) {
        let (desk, navigation) = (&mut self.desk, &mut self.navigation);
        let (session, workspace) = (&mut desk.session, &mut desk.workspace);
        match action {
            SessionAction::GoTo(id) => navigation.go_to_step(desk, id),
            SessionAction::Shown(keys) => session.show_thumbnails(workspace, &keys),
            SessionAction::BookmarkExpression(expression) => {
                session.ask_for_name(workspace, expression);
            }
            SessionAction::BookmarkStep(id) => desk.ask_for_name_of_step(id),
            SessionAction::AddBookmark { name, tags, note } => {
                session.add_bookmark(workspace, name, tags, note);
            }
            SessionAction::RenameBookmark { from, to } => {
                if desk.rename_bookmark(&from, &to) {
                    navigation.rename(&from, &to);
                }
            }
            SessionAction::DescribeBookmark { name, tags, note } => {
                desk.change(Change::DescribeBookmark { name, tags, note });
            }
            SessionAction::MoveBookmark { name, before } => {
                desk.change(Change::MoveBookmark { name, before });
            }
            SessionAction::DeleteBookmark(name) => {
                session.delete_bookmark(&mut workspace.notices, name);
                desk.refresh_names();
            }
            SessionAction::RestoreBookmark(name) => {
                desk.change(Change::RestoreBookmark(name));
                desk.refresh_names();
            }
            SessionAction::GoToBookmark(name) => navigation.go_to_bookmark(desk, &name),
            SessionAction::NameCode { name, code } => desk.name_found_code(&name, code),
            SessionAction::Redraw { stem, picture } => desk.redraw(stem, picture),
            SessionAction::Open(path) => navigation.open_session(desk, path),
            SessionAction::Save(path) => self.save_session(path),
        }
    }

    /// Does what a message offers.
    fn carry_out(&mut self, remedy: Remedy) {
        match remedy {
            Remedy::Run { command, .. } => self.run(Action::Run(command)),
            Remedy::OpenSession(path) => self.run_session(SessionAction::Open(path)),
            Remedy::ShowStep => self.navigation.show_step(&mut self.desk, true),
            Remedy::RestoreBookmark(name) => {
                self.run_session(SessionAction::RestoreBookmark(name));
            }
        }
    }

    pub(super) fn begin_tour(&mut self) {
        self.desk.workspace.view.has_seen_tour = true;
        self.tour.begin();
        self.show_tour_step();
    }

    fn run_tour(&mut self, action: TourAction) {
        match action {
            TourAction::Dragged => {}
            TourAction::Show => self.show_tour_step(),
            TourAction::Next => {
                self.tour.go_on();
                self.arrive_at_tour_step();
            }
            TourAction::End => self.tour.end(),
        }
    }

    /// Lets the tour go on. Returns whether it waits for the hand to rest.
    pub(super) fn keep_up_tour(&mut self, hand_is_busy: bool) -> bool {
        let goes_on = self.tour.rest(hand_is_busy);
        if goes_on {
            self.arrive_at_tour_step();
        }
        goes_on
    }

    fn arrive_at_tour_step(&mut self) {
        if self.tour.step().is_some() {
            self.show_tour_step();
            return;
        }
        let words = "That was the tour. Help has it again, and a page of all shortcuts";
        self.desk.workspace.notices.push(Level::Hint, words);
    }

    /// Brings what the step of the tour is about on the window.
    fn show_tour_step(&mut self) {
        let Some(step) = self.tour.step() else { return };
        let view = &mut self.desk.workspace.view;
        match step {
            TourStep::Drag | TourStep::Slider | TourStep::Seed => {
                view.controls = true;
                // In a narrow window the controls make room for them.
                view.learning = false;
                if self.desk.tools.open() != Tool::Explore {
                    self.desk.open_tool(Tool::Explore);
                }
            }
            TourStep::Keep => view.filmstrip = true,
            TourStep::Question => self.learning.show_list(),
        }
        self.show_panels();
    }

    /// Brings back what was hidden for a room.
    fn show_panels(&mut self) {
        self.desk.workspace.modes.picture_only = false;
        if self.desk.workspace.modes.presents {
            self.set_presents(false);
        }
    }

    fn save_session(&mut self, path: PathBuf) {
        self.desk.settle();
        self.desk.session.save_to(path);
    }

    fn ask_where_to_save_session(&mut self) {
        let suggested_name = self.desk.session.suggested_file_name();
        let ask = Effect::AskWhereToSaveSession { suggested_name };
        self.desk.workspace.effects.push(ask);
    }

    fn step_seed(&mut self, step: i32) {
        // Seeds are 32 bits wide and go round, as `& 0xFFFFFFFF` does in the tools before.
        let workspace = &self.desk.workspace;
        // From the seed that is shown: while a walk plays that which it goes to.
        let last = workspace.position.last_seed();
        let from = workspace.player.as_ref().map_or(last, Player::to_seed);
        self.desk.edit(Edit::Seed(from.wrapping_add_signed(step)));
    }

    fn toggle_play(&mut self) {
        if self.desk.tools.toggle_play() {
            self.desk.workspace.player = None;
            return;
        }
        self.desk.workspace.player = match self.desk.workspace.player.take() {
            Some(_) => None,
            None => {
                let from = self.desk.workspace.position.base().clone();
                let workspace = &mut self.desk.workspace;
                let start = workspace.model().map(|model| model.start);
                let space = workspace.space_of(&from);
                let is_on_sphere = space.is_none() || space == start;
                Some(Player::new(from, is_on_sphere, &mut workspace.seeds))
            }
        };
    }

    fn toggle_overlay(&mut self, overlay: Overlay) {
        self.desk.workspace.modes.overlay = if self.desk.workspace.modes.overlay == overlay {
            Overlay::None
        } else {
            overlay
        };
    }

    fn set_presents(&mut self, on: bool) {
        let workspace = &mut self.desk.workspace;
        workspace.modes.presents = on;
        workspace.effects.push(Effect::Restyle);
        if on {
            let words = "Press Esc to bring the panels back; Page Down goes to the next bookmark";
            workspace.notices.push(Level::Hint, words);
            workspace.notices.last_only(Until::PanelsAreBack);
        } else {
            workspace.notices.end(Until::PanelsAreBack);
        }
    }

    /// Goes to the bookmark after the one that is shown, or to the one before; at first to the first.
    fn go_to_slide(&mut self, forward: bool) {
        if let Some(name) = self.slide(forward).map(str::to_owned) {
            self.slide = Some(name.clone());
            self.navigation.go_to_bookmark(&mut self.desk, &name);
        }
    }

    fn set_full_screen(&mut self, on: bool) {
        self.desk.workspace.modes.full_screen = on;
        self.desk.workspace.effects.push(Effect::FullScreen(on));
    }

    fn resize_text(&mut self, resize: impl FnOnce(&mut super::View)) {
        resize(&mut self.desk.workspace.view);
        self.desk.workspace.effects.push(Effect::Restyle);
    }

    /// Leaves the mode on top, one at a time.
    fn leave(&mut self) {
        if self.desk.workspace.modes.overlay != Overlay::None {
            self.desk.workspace.modes.overlay = Overlay::None;
        } else if self.is_tour_shown() {
            self.tour.end();
        } else if self.desk.is_playing() {
            self.desk.stop_playing();
        } else if self.desk.workspace.modes.picture_only {
            self.desk.workspace.modes.picture_only = false;
            self.desk.workspace.notices.end(Until::PanelsAreBack);
        } else if self.desk.workspace.modes.presents {
            self.set_presents(false);
        } else if self.desk.workspace.modes.full_screen {
            self.set_full_screen(false);
        } else {
            self.navigation.leave_scene(&mut self.desk);
        }
    }
}
