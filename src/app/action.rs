//! What panels ask for: queued while they paint, run at one point of the frame.

use super::tools::{ToolAction, ToolContext, ToolPart, ToolSettings};
use super::{Axis, Command, Composition, LearningAction, ParamId, SessionAction};
use crate::engine::ModelSource;
use crate::latent::Sampler;
use crate::latent::expr::Expr;
use std::path::PathBuf;

/// One request of the user.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// Run a command.
    Run(Command),
    /// Change the expression.
    Edit(Edit),
    /// Change what is set in a tool, or have it do something.
    Tool(ToolAction),
    /// Move a parameter.
    Set(ParamId, f32),
    /// Go back to where a picture was made, or find the code of any other.
    OpenPicture(PathBuf),
    /// Name the codes of a file.
    OpenCodes(PathBuf),
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

impl Action {
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

/// One change of the expression.
#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// Start from this seed.
    Seed(u32),
    /// Truncation psi.
    Psi(f32),
    /// The coefficient of a raw axis, in the units of its space.
    Axis { axis: Axis, step: f32 },
    /// The step along a direction, in standard deviations.
    Step { direction: String, step: f32 },
    /// A code written out, for planes.
    Vector(Vec<f32>),
    /// Where the walk starts; truncation and offsets stay.
    Base(Expr),
    /// The whole expression.
    Expression(Expr),
    /// The settings of the decode beside the code.
    Sampler(Sampler),
    /// All that makes the picture besides the model.
    Composition(Composition),
}

impl Edit {
    /// The step of `sigma` standard deviations along a raw axis, of which one is `unit` in the
    /// units of the space; written with few digits, so that expressions stay short.
    pub fn along(axis: Axis, sigma: f32, unit: f32) -> Self {
        let step = sigma * unit;
        let step = if unit == 1.0 {
            step
        } else {
            (step * 10_000.0).round() / 10_000.0
        };
        Self::Axis { axis, step }
    }
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
