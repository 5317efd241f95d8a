//! The tools: each a folder with its settings, what it keeps, the pictures that it requests and its
//! panel; here is what follows from the list of them.
//!
//! A tool makes no picture by itself: it edits expressions and requests pictures of some. Its
//! settings are plain data that undo, history and sessions keep beside the expression. What varies
//! from tool to tool is the trait [`ToolPart`]; nothing else in the program tells tools apart.

mod context;
pub mod neighbours;
pub mod palette;
mod part;
pub mod sources;

pub use context::{ToolAction, ToolContext, ToolView};
pub use part::{Listed, ToolCommand, ToolInfo, ToolNumber, ToolPart};

use super::pictures::PictureRequest;
pub(crate) use super::tool::with_every_tool;
use super::{
    Availability, ByAddress, CommandInfo, Derived, Param, Shared, Tool, ToolParam, Workspace,
};
use crate::engine::{Event, JobId, ModelInfo};
use crate::latent::SessionNames;
use crate::latent::expr::Expr;
use crate::learn::{Scene, ToolName};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Writes down everything that names each tool once.
macro_rules! tools {
    ($($variant:ident: $module:ident,)*) => {
        $(pub mod $module;)*

        impl Tool {
            /// What it is called and how it is opened.
            pub fn info(self) -> &'static ToolInfo {
                match self {
                    $(Self::$variant => &<$module::$variant as ToolPart>::INFO,)*
                }
            }

            /// Whether codes to take from are shown below its controls.
            pub fn shows_sources(self) -> bool {
                match self {
                    $(Self::$variant => $module::$variant::SHOWS_SOURCES,)*
                }
            }

            /// Why it cannot be used with a model; `None` where it can.
            pub fn why_not(self, model: &ModelInfo) -> Option<&'static str> {
                match self {
                    $(Self::$variant => <$module::$variant as ToolPart>::why_not(model),)*
                }
            }

            /// The keys of its own commands.
            pub(super) fn command_keys(self) -> Vec<&'static str> {
                match self {
                    $(Self::$variant => {
                        $module::$variant::COMMANDS.iter().map(|it| it.key).collect()
                    })*
                }
            }

            /// How one of its own commands is shown and reached.
            pub(super) fn command_info(self, key: &str) -> Option<CommandInfo> {
                match self {
                    $(Self::$variant => {
                        part::command::<$module::$variant>(key).map(|it| it.info)
                    })*
                }
            }

            /// Its rows of the table of parameters; of numbered ones all there can be.
            pub(super) fn params(self) -> Vec<ToolParam> {
                match self {
                    $(Self::$variant => part::params::<$module::$variant>(),)*
                }
            }
        }

        /// The settings of all tools, each shared until it is edited.
        #[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
        #[serde(default)]
        pub struct ToolSettings {
            pub sources: Shared<sources::Settings>,
            // A tool without settings leaves nothing in files.
            $(
                #[serde(skip_serializing_if = "Shared::holds_nothing")]
                pub $module: Shared<$module::Settings>,
            )*
        }

        impl ToolSettings {
            /// The tool whose settings differ, to show what undo has changed.
            pub fn first_difference(&self, other: &Self) -> Option<Tool> {
                $(
                    if self.$module != other.$module
                        && $module::$variant::is_seen_in_panel(&self.$module, &other.$module)
                    {
                        return Some(Tool::$variant);
                    }
                )*
                None
            }

            /// Takes out what means nothing on another computer.
            pub(super) fn leave_out_local(&mut self) {
                $(
                    let mut settings = (*self.$module).clone();
                    $module::$variant::leave_out_local(&mut settings);
                    if self.$module != settings {
                        self.$module = Shared::new(settings);
                    }
                )*
            }

            /// Puts what a scene says of its tool into the settings.
            pub(super) fn preset(&mut self, scene: &Scene) {
                $(
                    let mut settings = (*self.$module).clone();
                    $module::$variant::preset(&mut settings, scene);
                    if self.$module != settings {
                        self.$module = Shared::new(settings);
                    }
                )*
            }
        }

        /// What tools keep while the program runs; no part of undo.
        #[derive(Default, Debug)]
        pub struct Parts {
            $($module: $module::$variant,)*
        }

        $(
            impl Listed for $module::$variant {
                type Settings = $module::Settings;
                const ID: Tool = Tool::$variant;

                fn settings(all: &ToolSettings) -> &Shared<Self::Settings> {
                    &all.$module
                }

                fn settings_mut(all: &mut ToolSettings) -> &mut Shared<Self::Settings> {
                    &mut all.$module
                }

                fn part(all: &Parts) -> &Self {
                    &all.$module
                }

                fn part_mut(all: &mut Parts) -> &mut Self {
                    &mut all.$module
                }
            }
        )*

        impl Tools {
            $(
                pub fn $module(&self) -> &$module::$variant {
                    &self.parts.$module
                }
            )*

            /// Lets every tool take up what is new in this frame.
            pub(super) fn tick(
                &mut self,
                workspace: &mut Workspace,
                model: &Arc<ModelInfo>,
            ) {
                $(
                    self.with::<$module::$variant, _>(workspace, |tool, cx| {
                        tool.tick(cx, model);
                    });
                )*
            }

            /// Lets what tools play go on.
            pub(super) fn advance(
                &mut self,
                workspace: &mut Workspace,
                dt_secs: f32,
            ) {
                $(
                    self.with::<$module::$variant, _>(workspace, |tool, cx| {
                        if tool.is_playing() {
                            tool.advance(cx, dt_secs);
                        }
                    });
                )*
            }

            /// Whether a tool plays something.
            pub fn is_playing(&self) -> bool {
                false $(|| self.parts.$module.is_playing())*
            }

            pub(super) fn stop_playing(&mut self) {
                $(self.parts.$module.stop_playing();)*
            }

            /// Starts or stops what the open tool plays. Returns whether it has something to play.
            pub(super) fn toggle_play(&mut self) -> bool {
                match self.open {
                    $(Tool::$variant => self.parts.$module.toggle_play(),)*
                }
            }

            /// Hands a code that was clicked to the open tool. Returns whether it took it.
            pub(super) fn take(&mut self, workspace: &mut Workspace, code: &Expr) -> bool {
                match self.open {
                    $(Tool::$variant => {
                        self.with::<$module::$variant, _>(workspace, |tool, cx| {
                            tool.take(cx, code)
                        })
                    })*
                }
            }

            /// What is being made by hand in the open tool.
            pub(super) fn work(&self, workspace: &Workspace) -> Option<Work> {
                let number = match self.open {
                    $(Tool::$variant => {
                        $module::$variant::work(self.view(workspace))
                    })*
                };
                number.map(|number| Work {
                    tool: self.open,
                    number,
                })
            }

            /// Whether the open tool could play something now.
            pub(super) fn can_play(&self, workspace: &Workspace) -> Availability {
                match self.open {
                    $(Tool::$variant => {
                        $module::$variant::can_play(self.view(workspace))
                    })*
                }
            }

            /// In how many seconds the open tool has something new to show by itself.
            pub(super) fn due_secs(&self, workspace: &Workspace) -> Option<f64> {
                match self.open {
                    $(Tool::$variant => {
                        $module::$variant::due_secs(self.view(workspace))
                    })*
                }
            }

            /// Hands what came of a job to the tool that asked for it.
            pub(super) fn on_event(
                &mut self,
                tool: Tool,
                workspace: &mut Workspace,
                event: Event,
            ) {
                match tool {
                    $(Tool::$variant => {
                        self.with::<$module::$variant, _>(workspace, |tool, cx| {
                            tool.on_event(cx, event);
                        });
                    })*
                }
            }

            /// Tells a tool that its job has ended, with the reason when it failed.
            pub(super) fn on_job_end(
                &mut self,
                tool: Tool,
                workspace: &mut Workspace,
                job: JobId,
                failure: Option<&str>,
            ) {
                match tool {
                    $(Tool::$variant => {
                        self.with::<$module::$variant, _>(workspace, |tool, cx| {
                            tool.on_job_end(cx, job, failure);
                        });
                    })*
                }
            }

            /// A row of the table of parameters.
            pub(super) fn param(&self, workspace: &Workspace, id: ToolParam) -> Option<Param> {
                match id.tool {
                    $(Tool::$variant => {
                        part::param::<$module::$variant>(self.view(workspace), id)
                    })*
                }
            }

            /// Moves a parameter.
            pub(super) fn set_param(
                &mut self,
                workspace: &mut Workspace,
                id: ToolParam,
                value: f32,
            ) {
                match id.tool {
                    $(Tool::$variant => {
                        if let Some(number) = part::number::<$module::$variant>(id.name) {
                            self.with::<$module::$variant, _>(workspace, |tool, cx| {
                                (number.set)(tool, cx, id.number.unwrap_or(0), value);
                            });
                        }
                    })*
                }
            }

            /// Runs one of a tool's own commands.
            pub(super) fn run_command(
                &mut self,
                tool: Tool,
                key: &str,
                workspace: &mut Workspace,
            ) {
                match tool {
                    $(Tool::$variant => {
                        if let Some(command) = part::command::<$module::$variant>(key) {
                            self.with::<$module::$variant, _>(workspace, command.run);
                        }
                    })*
                }
            }

            /// Whether one of a tool's own commands can run now.
            pub(super) fn availability(
                &self,
                tool: Tool,
                key: &str,
                workspace: &Workspace,
            ) -> Availability {
                match tool {
                    $(Tool::$variant => {
                        let command = part::command::<$module::$variant>(key);
                        command.map_or(Ok(()), |it| (it.availability)(self.view(workspace)))
                    })*
                }
            }

            /// For a command that switches something on and off: whether it is on.
            pub(super) fn is_on(
                &self,
                tool: Tool,
                key: &str,
                workspace: &Workspace,
            ) -> Option<bool> {
                match tool {
                    $(Tool::$variant => {
                        let command = part::command::<$module::$variant>(key)?;
                        (command.is_on)(self.view(workspace))
                    })*
                }
            }

            fn revision(&self, workspace: &Workspace) -> [u64; 2] {
                match self.open {
                    $(Tool::$variant => {
                        $module::$variant::revision(self.view(workspace))
                    })*
                }
            }

            fn new_requests(&self, workspace: &Workspace, model: &ModelInfo) -> Vec<PictureRequest> {
                match self.open {
                    $(Tool::$variant => {
                        let view = self.view::<$module::$variant>(workspace);
                        $module::$variant::requests(view, model)
                    })*
                }
            }
        }
    };
}

with_every_tool!(tools);

impl Tool {
    /// The tool that question files call so; `None` for one that the window does not have yet.
    pub fn of_question(name: ToolName) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|tool| tool.info().question_name == Some(name))
    }
}

impl ToolSettings {
    /// Adds the directions that were found while other settings were in use.
    pub(super) fn take_over_found(&mut self, other: &Self) {
        let mut directions = (*self.directions).clone();
        directions.take_over(&other.directions);
        if self.directions != directions {
            self.directions = Shared::new(directions);
        }
    }
}

/// Something that is being made by hand: what is done on it is one step of the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Work {
    tool: Tool,
    number: u64,
}

/// The tools of the running program.
#[derive(Default, Debug)]
pub struct Tools {
    pub(super) open: Tool,
    pub(super) settings: Arc<ToolSettings>,
    parts: Parts,
    /// A tool has changed what expressions can name.
    names_changed: bool,
    requests: Derived<RequestsKey, Vec<PictureRequest>>,
}

/// Everything that requested pictures depend on.
#[derive(PartialEq, Debug)]
struct RequestsKey {
    open: Tool,
    model: ByAddress<ModelInfo>,
    settings: ByAddress<ToolSettings>,
    names: ByAddress<SessionNames>,
    expression: Expr,
    /// What else the open tool goes by.
    revision: [u64; 2],
}

impl Tools {
    pub fn open(&self) -> Tool {
        self.open
    }

    pub fn settings(&self) -> &Arc<ToolSettings> {
        &self.settings
    }

    pub(super) fn settings_mut(&mut self) -> &mut ToolSettings {
        Arc::make_mut(&mut self.settings)
    }

    /// What a tool and its panel read.
    pub(super) fn view<'a, T: ToolPart>(&'a self, workspace: &'a Workspace) -> ToolView<'a, T> {
        ToolView {
            tool: T::part(&self.parts),
            settings: T::settings(&self.settings),
            workspace,
            open: self.open,
        }
    }

    /// Lets a tool work.
    pub(super) fn with<T: ToolPart, R>(
        &mut self,
        workspace: &mut Workspace,
        run: impl FnOnce(&mut T, &mut ToolContext<'_, T>) -> R,
    ) -> R {
        let mut cx = ToolContext::new(
            workspace,
            &mut self.open,
            &mut self.settings,
            &mut self.names_changed,
        );
        run(T::part_mut(&mut self.parts), &mut cx)
    }

    /// All settings at once, as from history; the tool that shows the difference opens.
    pub(super) fn restore(&mut self, settings: Arc<ToolSettings>) {
        if let Some(tool) = settings.first_difference(&self.settings) {
            self.open = tool;
        }
        self.settings = settings;
        self.names_changed = true;
    }

    /// Whether the names that expressions can use are to be made again.
    pub(super) fn take_names_changed(&mut self) -> bool {
        std::mem::take(&mut self.names_changed)
    }

    /// The pictures that the open tool requests, computed again only where something that they
    /// depend on has changed.
    pub(super) fn requests(
        &self,
        workspace: &Workspace,
        model: &Arc<ModelInfo>,
    ) -> Arc<Vec<PictureRequest>> {
        let key = RequestsKey {
            open: self.open,
            model: ByAddress::new(model),
            settings: ByAddress::new(&self.settings),
            names: ByAddress::new(&workspace.names),
            expression: workspace.position.expression().clone(),
            revision: self.revision(workspace),
        };
        self.requests.get(key, || {
            let mut requests = self.new_requests(workspace, model);
            if self.open.shows_sources() {
                let codes = &workspace.names.codes;
                let favourites = &self.settings.variations.favourites;
                let sources = &self.settings.sources;
                requests.push(sources.request(model, codes, favourites));
            }
            // What another model left in a tool must not hide the rest.
            let own = requests.iter_mut().filter(|it| it.model == model.id);
            own.for_each(|request| request.leave_out(|wanted| workspace.check(wanted).is_err()));
            requests
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_copies_the_settings_of_its_tool_once_and_no_others() {
        let mut settings = Arc::new(ToolSettings::default());
        Arc::make_mut(&mut settings)
            .arithmetic
            .put(arithmetic::Slot::Plus, Expr::Seed(1));
        let settled = Arc::clone(&settings);
        let held = settled.arithmetic.plus.as_ptr();
        // A gesture: many edits between two settled states.
        let mut places = Vec::new();
        for strength in [0.1, 0.2, 0.3] {
            let edited = &mut Arc::make_mut(&mut settings).arithmetic;
            edited.strength = strength;
            places.push(edited.plus.as_ptr());
        }
        assert_ne!(places[0], held, "the settled settings stay as they were");
        assert_eq!(
            places, [places[0]; 3],
            "the first edit copies, others do not"
        );
        assert_eq!(settled.map.address(), settings.map.address());
        assert_ne!(settled.arithmetic, settings.arithmetic);
    }

    #[test]
    fn files_hold_the_settings_that_there_are() {
        let text = serde_json::to_value(ToolSettings::default()).expect("settings are JSON");
        let keys: Vec<&String> = text.as_object().expect("an object").keys().collect();
        assert!(!keys.iter().any(|key| *key == "explore"), "{keys:?}");
        let read: ToolSettings = serde_json::from_value(text).expect("it was just written");
        assert_eq!(read, ToolSettings::default());
    }

    #[test]
    fn tools_have_words_and_names_of_their_own() {
        for (index, tool) in Tool::ALL.iter().enumerate() {
            let info = tool.info();
            assert!(!info.word.contains(' '), "{tool:?}: there is room for one");
            for other in &Tool::ALL[index + 1..] {
                assert_ne!(info.word, other.info().word);
                let name = info.question_name;
                assert!(
                    name.is_none() || name != other.info().question_name,
                    "{tool:?}"
                );
            }
            if let Some(name) = info.question_name {
                assert_eq!(Tool::of_question(name), Some(*tool));
            }
        }
    }
}
