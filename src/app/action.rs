//! What panels ask for: queued while they paint, run at one point of the frame.

use super::learning::LearningAction;
use super::tools::map::Look;
use super::{Command, Edit, ParamId, Remedy, ThumbnailKey, ToolEdit};
use crate::document::NodeId;
use crate::engine::{DirectionSource, ModelSource};
use crate::latent::expr::Expr;
use std::path::PathBuf;

/// One request of the user.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Run a command.
    Run(Command),
    /// Change the expression.
    Edit(Edit),
    /// Change what is set in a tool.
    Tool(ToolEdit),
    /// Move a parameter.
    Set(ParamId, f32),
    /// Go to a moment of the way through the keyframes, 0..1.
    Scrub(f64),
    /// Search directions in the loaded model.
    FindDirections(DirectionSource),
    StopFindingDirections,
    /// Make a direction of this name out of the value of an expression.
    SaveDirection(String, Expr),
    /// Go back to where a picture was made, or find the code of any other.
    OpenPicture(PathBuf),
    /// Find the code of a picture, no matter who made it.
    EncodeFile(PathBuf),
    /// Name the codes of a file.
    OpenCodes(PathBuf),
    /// Search the code of the picture by descending to it.
    Descend,
    /// Stop looking for a code; the best so far stays.
    StopDescent,
    /// Give the code that was found this name.
    KeepCode(String),
    /// Show seven pictures along a direction.
    LookAtDirection(String),
    /// Look at another part of the map.
    LookAtMap(Look),
    /// Load another model.
    LoadModel(ModelSource),
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
    /// Stop all files on their way.
    CancelExports,
    /// Close the window although files are being written.
    Quit(super::export::Quit),
    /// Write the picture to this file.
    SavePicture(PathBuf),
    /// Do what a message offers.
    Remedy(Remedy),
    /// Take a message off the window; it stays in the list.
    DismissNotice(u64),
    /// Open or close the palette.
    ShowPalette(bool),
    /// Open or close the list of all raw dimensions.
    ShowAllDims(bool),
    /// List the raw dimensions of z where those of w could be, or again those of w.
    ShowDimsOfZ(bool),
    /// Tell the user that something went wrong outside the engine.
    Report(String),
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
    DeleteBookmark(String),
    /// Take back a deletion.
    RestoreBookmark(String),
    GoToBookmark(String),
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

    /// Hands out what was asked for and forgets it.
    pub fn drain(&mut self) -> impl Iterator<Item = Action> + use<> {
        std::mem::take(&mut self.0).into_iter()
    }
}
