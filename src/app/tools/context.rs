//! What a tool gets to work with: the workspace and its own settings, never the whole window.

use super::{ToolPart, ToolSettings, Tools};
use crate::app::jobs::Owner;
use crate::app::{Edit, Shared, Tool, Workspace};
use crate::engine::{Job, JobId};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// What a tool and its panel read.
pub struct ToolView<'a, T: ToolPart> {
    pub tool: &'a T,
    pub settings: &'a Shared<T::Settings>,
    pub workspace: &'a Workspace,
    pub(super) open: Tool,
}

impl<T: ToolPart> ToolView<'_, T> {
    pub fn is_open(&self) -> bool {
        self.open == T::ID
    }
}

impl<T: ToolPart> Clone for ToolView<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ToolPart> Copy for ToolView<'_, T> {}

/// What a tool works with.
pub struct ToolContext<'a, T: ToolPart> {
    pub workspace: &'a mut Workspace,
    open: &'a mut Tool,
    settings: &'a mut Arc<ToolSettings>,
    names_changed: &'a mut bool,
    of: PhantomData<T>,
}

impl<'a, T: ToolPart> ToolContext<'a, T> {
    pub(super) fn new(
        workspace: &'a mut Workspace,
        open: &'a mut Tool,
        settings: &'a mut Arc<ToolSettings>,
        names_changed: &'a mut bool,
    ) -> Self {
        Self {
            workspace,
            open,
            settings,
            names_changed,
            of: PhantomData,
        }
    }

    /// What is set in the tool.
    pub fn settings(&self) -> &Shared<T::Settings> {
        T::settings(self.settings)
    }

    pub fn is_open(&self) -> bool {
        *self.open == T::ID
    }

    /// Opens the tool.
    pub fn open(&mut self) {
        *self.open = T::ID;
    }

    /// Changes the settings, and the expression where they make one.
    pub fn edit(&mut self, edit: impl FnOnce(&mut T::Settings)) {
        edit(T::settings_mut(Arc::make_mut(self.settings)));
        // Whether anything differs is compared once, when the edit settles: holding the settings
        // from before would make every edit of a gesture copy them.
        self.workspace.touch();
        if let Some(made) = T::made(self.settings()) {
            self.show(made);
        }
    }

    /// Changes the settings so that they say what is so already: no change of the user's.
    pub fn follow(&mut self, edit: impl FnOnce(&mut T::Settings)) {
        edit(T::settings_mut(Arc::make_mut(self.settings)));
    }

    /// Changes the expression, unless the model does not understand it.
    pub fn show(&mut self, edit: Edit) {
        let is_understood = match &edit {
            Edit::Base(made) | Edit::Expression(made) => self.workspace.check(made).is_ok(),
            Edit::Composition(made) => self.workspace.check(&made.expression).is_ok(),
            _ => true,
        };
        if is_understood {
            self.workspace.edit(edit);
        }
    }

    /// Begins a job whose events come to this tool.
    pub fn submit(&mut self, job: Job) -> JobId {
        self.workspace.engine.submit(Owner::Tool(T::ID), job)
    }

    /// Says that expressions can name other things now.
    pub fn names_changed(&mut self) {
        *self.names_changed = true;
    }

    /// What the tool reads.
    pub fn view<'b>(&'b self, tool: &'b T) -> ToolView<'b, T> {
        ToolView {
            tool,
            settings: self.settings(),
            workspace: self.workspace,
            open: *self.open,
        }
    }
}

type Run = dyn FnOnce(&mut Tools, &mut Workspace);

/// Something that a panel asks of a tool.
pub struct ToolAction {
    /// For messages to developers.
    of: &'static str,
    run: Box<Run>,
}

impl ToolAction {
    /// Has a tool do something.
    pub fn ask<T: ToolPart>(run: impl FnOnce(&mut T, &mut ToolContext<'_, T>) + 'static) -> Self {
        Self {
            of: T::INFO.name,
            run: Box::new(|tools, workspace| tools.with(workspace, run)),
        }
    }

    /// Changes the settings of a tool.
    pub fn edit<T: ToolPart>(edit: impl FnOnce(&mut T::Settings) + 'static) -> Self {
        Self::ask::<T>(|_, cx| cx.edit(edit))
    }

    /// Changes settings that several tools share.
    pub fn edit_shared(edit: impl FnOnce(&mut ToolSettings) + 'static) -> Self {
        Self {
            of: "all tools",
            run: Box::new(|tools, workspace| {
                edit(tools.settings_mut());
                workspace.touch();
            }),
        }
    }

    pub(in crate::app) fn run(self, tools: &mut Tools, workspace: &mut Workspace) {
        (self.run)(tools, workspace);
    }
}

impl fmt::Debug for ToolAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToolAction({})", self.of)
    }
}
