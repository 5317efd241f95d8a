//! What panels ask for: queued while they paint, run at one point of the frame.

use super::learning::LearningAction;
use super::tools::{ToolAction, ToolContext, ToolPart, ToolSettings};
use super::{
    Command, CurveFile, DescribeAction, Edit, ParamId, Remedy, SliderEnds, ThumbnailKey,
    TourAction, TourStep,
};
use crate::document::NodeId;
use crate::document::scene_file::SceneText;
use crate::engine::ModelSource;
use crate::latent::Code;
use crate::latent::expr::Expr;
use std::path::PathBuf;
use std::sync::Arc;

/// One request of the user.
#[derive(Debug)]
pub enum Action {
    /// Run a command.
    Run(Command),
    /// Change the expression.
    Edit(Edit),
    /// Take a code that was clicked among those to take from: where the open tool has a place for it,
    /// it goes there, else it is shown.
    Choose(Expr),
    /// Change what is set in a tool, or have it do something.
    Tool(ToolAction),
    /// Move a parameter.
    Set(ParamId, f32),
    /// Open a file, whatever it is.
    OpenFile(PathBuf),
    /// Ask for a file of directions.
    AskForDirections,
    /// Read the directions of a file.
    OpenDirections(PathBuf),
    /// Load another model.
    LoadModel(ModelSource),
    /// Load a model of the list; of a file that was never opened it is shown first what it is.
    ChooseModel(ModelSource),
    /// Look again at what is in the folder of one's own models.
    LookForModels,
    /// Load the model of another program that is shown.
    OpenForeign,
    /// Say how the model of another program that is shown is built.
    Describe(DescribeAction),
    /// History, bookmarks and session files.
    Session(SessionAction),
    /// Questions, scenes and progress.
    Learn(LearningAction),
    /// Set up the next file.
    SetExport(super::export::Settings),
    /// Ask where the file is to be that is set up.
    AskWhereToExport,
    /// Make the file that is set up.
    Export(PathBuf),
    /// Write the curves of quality that were measured.
    WriteCurves(CurveFile, PathBuf),
    /// Stop all files on their way.
    CancelExports,
    /// Close the window although files are being written.
    Quit(super::export::Quit),
    /// Give the scene that is to be saved this title and caption.
    SetScene(SceneText),
    /// Ask where it is to be.
    AskWhereToSaveScene,
    /// Write what is on the window to this file as a scene.
    SaveScene(PathBuf),
    /// Write the picture to this file.
    SavePicture(PathBuf),
    /// Do what a message offers.
    Remedy(Remedy),
    /// Take a message off the window; it stays in the list.
    DismissNotice(u64),
    /// Open or close the palette.
    ShowPalette(bool),
    /// These sliders are on the window, and want pictures of their ends.
    ShowEnds(Vec<SliderEnds>),
    /// Open or close the list of all raw dimensions.
    ShowAllDims(bool),
    /// Show a weight for each class, or only the classes.
    ShowBlend(bool),
    /// List the raw dimensions of z where those of w could be, or again those of w.
    ShowDimsOfZ(bool),
    /// The tour of the first start.
    Tour(TourAction),
    /// Tell the user that something went wrong outside the engine.
    Report(String),
}

impl Action {
    /// The step of the tour that this does, wherever it comes from: a control, a key, the palette.
    pub(super) fn tour_step(&self) -> Option<TourStep> {
        match self {
            Self::Tour(TourAction::Dragged) => Some(TourStep::Drag),
            Self::Set(ParamId::Step(_) | ParamId::Axis(_), _) | Self::Edit(Edit::Vector(_)) => {
                Some(TourStep::Slider)
            }
            Self::Edit(Edit::Seed(_))
            | Self::Run(
                Command::NextSeed
                | Command::PreviousSeed
                | Command::RandomSeed
                | Command::SeedUp
                | Command::SeedDown,
            ) => Some(TourStep::Seed),
            Self::Session(SessionAction::AddBookmark { .. }) => Some(TourStep::Keep),
            Self::Learn(LearningAction::Read(_) | LearningAction::Explain(_)) => {
                Some(TourStep::Question)
            }
            _ => None,
        }
    }

    /// Changes the settings of a tool.
    pub fn edit_tool<T: ToolPart>(edit: impl FnOnce(&mut T::Settings) + 'static) -> Self {
        Self::Tool(ToolAction::edit::<T>(edit))
    }

    /// Has a tool do something.
    pub fn ask_tool<T: ToolPart>(
        run: impl FnOnce(&mut T, &mut ToolContext<'_, T>) + 'static,
    ) -> Self {
        Self::Tool(ToolAction::ask(run))
    }
}

/// What panels ask of the session.
#[derive(Clone, PartialEq, Debug)]
pub enum SessionAction {
    /// Go to a step of the history.
    GoTo(NodeId),
    /// These are on the window now, and want their pictures.
    Shown(Vec<ThumbnailKey>),
    /// Ask for a name for a code of the current model.
    BookmarkExpression(Expr),
    /// Ask for a name for what a step shows.
    BookmarkStep(NodeId),
    /// Give the code that was asked about this name.
    AddBookmark {
        name: String,
        tags: Vec<String>,
        note: String,
    },
    RenameBookmark {
        from: String,
        to: String,
    },
    DescribeBookmark {
        name: String,
        tags: Vec<String>,
        note: String,
    },
    /// Put a bookmark in front of another one of the list, or at its end.
    MoveBookmark {
        name: String,
        before: Option<String>,
    },
    DeleteBookmark(String),
    /// Take back a deletion.
    RestoreBookmark(String),
    GoToBookmark(String),
    /// Give a code of the current model, which was found for a picture, this name and go there.
    NameCode {
        name: String,
        code: Code,
    },
    /// Redraw a picture with the current model, f32 `[C, H, W]` in 0..1 in its size; its code is named as
    /// `stem`, where that is free.
    Redraw {
        stem: String,
        picture: Arc<[f32]>,
    },
    Open(PathBuf),
    Save(PathBuf),
}

/// The requests of one frame, in order.
#[derive(Default, Debug)]
pub struct Actions(Vec<Action>);

impl Actions {
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    pub fn run(&mut self, command: Command) {
        self.push(Action::Run(command));
    }

    pub fn edit(&mut self, edit: Edit) {
        self.push(Action::Edit(edit));
    }

    /// Changes the settings of a tool.
    pub fn edit_tool<T: ToolPart>(&mut self, edit: impl FnOnce(&mut T::Settings) + 'static) {
        self.push(Action::edit_tool::<T>(edit));
    }

    /// Changes settings that several tools share.
    pub fn edit_tools(&mut self, edit: impl FnOnce(&mut ToolSettings) + 'static) {
        self.push(Action::Tool(ToolAction::edit_shared(edit)));
    }

    /// Has a tool do something.
    pub fn ask_tool<T: ToolPart>(
        &mut self,
        run: impl FnOnce(&mut T, &mut ToolContext<'_, T>) + 'static,
    ) {
        self.push(Action::ask_tool(run));
    }

    /// Hands out what was asked for and forgets it.
    pub fn drain(&mut self) -> impl Iterator<Item = Action> + use<> {
        std::mem::take(&mut self.0).into_iter()
    }
}
