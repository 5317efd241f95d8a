//! What a tool is: the trait that every tool implements, and its rows of the program's tables.

use super::{Parts, ToolContext, ToolSettings, ToolView};
use crate::app::pictures::PictureRequest;
use crate::app::{Availability, CommandInfo, Edit, Param, Shared, Tool, ToolParam};
use crate::engine::{Event, JobId, ModelInfo};
use crate::latent::expr::Expr;
use crate::learn::{Scene, ToolName};
use eframe::egui::{Key, KeyboardShortcut, Modifiers};
use lucide_icons::Icon;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// What a tool is called and how it is opened.
#[derive(Clone, Copy, Debug)]
pub struct ToolInfo {
    /// One word for the rail.
    pub word: &'static str,
    /// The words on the menu entry and in the palette; also the accessible name.
    pub name: &'static str,
    /// One sentence on what it does.
    pub tooltip: &'static str,
    pub icon: Icon,
    /// The key that opens it, pressed alone.
    pub key: Option<Key>,
    /// What question files call it; `None` where they do not know it.
    pub question_name: Option<ToolName>,
    /// The id of the built-in question that explains what it shows.
    pub explained_by: &'static str,
}

impl ToolInfo {
    /// The command that opens the tool, as it is shown.
    pub(in crate::app) fn command_info(&self) -> CommandInfo {
        let shortcut = |key| KeyboardShortcut::new(Modifiers::NONE, key);
        CommandInfo {
            name: self.name,
            tooltip: self.tooltip,
            icon: self.icon,
            shortcut: self.key.map(shortcut),
        }
    }
}

/// Where a tool stands among all; follows from its line in the list of tools.
pub trait Listed: Sized + Default + Debug + 'static {
    type Settings: Clone + PartialEq + Default + Debug + Serialize + DeserializeOwned + 'static;
    const ID: Tool;

    fn settings(all: &ToolSettings) -> &Shared<Self::Settings>;
    fn settings_mut(all: &mut ToolSettings) -> &mut Shared<Self::Settings>;
    fn part(all: &Parts) -> &Self;
    fn part_mut(all: &mut Parts) -> &mut Self;
}

/// A tool. The value is what it keeps while the program runs, which is no part of undo.
pub trait ToolPart: Listed {
    const INFO: ToolInfo;
    /// What can be set by number in it: its rows of the table of parameters.
    const NUMBERS: &'static [ToolNumber<Self>] = &[];
    /// Commands that work within it.
    const COMMANDS: &'static [ToolCommand<Self>] = &[];
    /// Whether codes to take from are shown below its controls.
    const SHOWS_SOURCES: bool = true;

    /// Why it cannot be used with a model: it computes with codes of another kind.
    fn why_not(_model: &ModelInfo) -> Option<&'static str> {
        None
    }

    /// The pictures that it shows beside the main one. They are requested again when the model,
    /// any settings, the names, the expression or [`Self::revision`] change.
    fn requests(_view: ToolView<'_, Self>, _model: &ModelInfo) -> Vec<PictureRequest> {
        Vec::new()
    }

    /// Numbers that change with whatever else the requested pictures depend on.
    fn revision(_view: ToolView<'_, Self>) -> [u64; 2] {
        [0; 2]
    }

    /// Takes up what is new; called in every frame, whether the tool is open or not.
    fn tick(&mut self, _cx: &mut ToolContext<'_, Self>, _model: &Arc<ModelInfo>) {}

    /// In how many seconds it has something new to show while it is open and nothing else happens.
    fn due_secs(_view: ToolView<'_, Self>) -> Option<f64> {
        None
    }

    /// Takes what the engine sends for one of its jobs.
    fn on_event(&mut self, _cx: &mut ToolContext<'_, Self>, _event: Event) {}

    /// Takes note that one of its jobs has ended, with the reason when it failed.
    fn on_job_end(&mut self, _cx: &mut ToolContext<'_, Self>, _job: JobId, _failure: Option<&str>) {
    }

    /// What an edit of the settings makes of the expression.
    fn made(_settings: &Self::Settings) -> Option<Edit> {
        None
    }

    /// Whether the panel shows a difference of settings that the equation bar does not.
    fn is_seen_in_panel(_before: &Self::Settings, _after: &Self::Settings) -> bool {
        true
    }

    /// The number of what is being made by hand in it, such as a drawing, while it is what is shown.
    /// Steps of the history with the same number, one after the other, are one.
    fn work(_view: ToolView<'_, Self>) -> Option<u64> {
        None
    }

    /// Takes out of the settings what means nothing on another computer, such as the place of a file.
    fn leave_out_local(_settings: &mut Self::Settings) {}

    /// Puts what a scene says of this tool into the settings.
    fn preset(_settings: &mut Self::Settings, _scene: &Scene) {}

    /// Takes a code that was clicked among those to take from, in place of going there. Returns
    /// whether it had a place for it.
    fn take(&mut self, _cx: &mut ToolContext<'_, Self>, _code: &Expr) -> bool {
        false
    }

    /// Whether it could play something now, were it open.
    fn can_play(_view: ToolView<'_, Self>) -> Availability {
        Ok(())
    }

    /// Whether it plays something.
    fn is_playing(&self) -> bool {
        false
    }

    /// Starts or stops what it plays. Returns whether it has something to play.
    fn toggle_play(&mut self) -> bool {
        false
    }

    fn stop_playing(&mut self) {}

    /// Plays on.
    fn advance(&mut self, _cx: &mut ToolContext<'_, Self>, _dt_secs: f32) {}
}

/// Something in a tool that is set by number.
pub struct ToolNumber<T: ToolPart> {
    /// The last part of its path, before its number where it has one.
    pub name: &'static str,
    /// The numbers of those that there can be, as in `psi/1`; `None` for a single one.
    pub numbers: Option<Range<usize>>,
    /// The row of the one with a number, 0 for a single one; `None` where it is not there.
    pub row: fn(ToolView<'_, T>, ToolParam) -> Option<Param>,
    /// Sets the one with a number.
    pub set: fn(&mut T, &mut ToolContext<'_, T>, usize, f32),
}

/// A command that works within a tool.
pub struct ToolCommand<T: ToolPart> {
    /// Names it among the commands of the tool.
    pub key: &'static str,
    pub info: CommandInfo,
    pub run: fn(&mut T, &mut ToolContext<'_, T>),
    pub availability: fn(ToolView<'_, T>) -> Availability,
    /// Whether it is on; `None` for one that switches nothing on or off.
    pub is_on: fn(ToolView<'_, T>) -> Option<bool>,
}

/// Why a tool that computes with codes cannot be used with a model whose codes are indices.
pub(super) fn why_no_real_codes(model: &ModelInfo) -> Option<&'static str> {
    let reason = "Codes of this model are indices, with which nothing can be computed";
    (!model.has_real_seeds()).then_some(reason)
}

pub(super) fn command<T: ToolPart>(key: &str) -> Option<&'static ToolCommand<T>> {
    T::COMMANDS.iter().find(|command| command.key == key)
}

pub(super) fn number<T: ToolPart>(name: &str) -> Option<&'static ToolNumber<T>> {
    T::NUMBERS.iter().find(|number| number.name == name)
}

pub(super) fn param<T: ToolPart>(view: ToolView<'_, T>, id: ToolParam) -> Option<Param> {
    let number = number::<T>(id.name)?;
    (number.row)(view, id)
}

pub(super) fn params<T: ToolPart>() -> Vec<ToolParam> {
    let mut all = Vec::new();
    for number in T::NUMBERS {
        match number.numbers.clone() {
            None => all.push(ToolParam::new(T::ID, number.name)),
            Some(numbers) => {
                let numbered = |index| ToolParam::numbered(T::ID, number.name, index);
                all.extend(numbers.map(numbered));
            }
        }
    }
    all
}
