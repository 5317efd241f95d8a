//! The tools: what is open, what the hand has set in each, and which pictures they want.
//!
//! A tool has no way of its own to make a picture: it edits expressions and wants some decoded.
//! Its settings are plain data that undo, history and sessions keep beside the expression.

pub mod arithmetic;
pub mod compare;
pub mod directions;
pub mod encode;
pub mod interpolate;
pub mod map;
pub mod sources;
pub mod styles;
pub mod variations;

use super::pictures::Want;
use super::{AppState, Command, Edit};
use crate::engine::ModelInfo;
use crate::latent::Space;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What can be done with a latent space.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Tool {
    /// Sliders, the pad, one picture.
    #[default]
    Explore,
    Interpolate,
    Arithmetic,
    Styles,
    Map,
    /// From a picture to its code.
    Encode,
    Variations,
    Directions,
    Compare,
    /// Where the current code stands among those that the model knows.
    Where,
}

impl Tool {
    /// Every tool, in the order of the rail.
    pub const ALL: &'static [Self] = &[
        Self::Explore,
        Self::Interpolate,
        Self::Arithmetic,
        Self::Styles,
        Self::Map,
        Self::Encode,
        Self::Variations,
        Self::Directions,
        Self::Compare,
        Self::Where,
    ];

    /// The command that opens it; it carries name, tooltip, icon and key.
    pub fn command(self) -> Command {
        match self {
            Self::Explore => Command::OpenExplore,
            Self::Interpolate => Command::OpenInterpolate,
            Self::Arithmetic => Command::OpenArithmetic,
            Self::Styles => Command::OpenStyles,
            Self::Map => Command::OpenMap,
            Self::Encode => Command::OpenEncode,
            Self::Variations => Command::OpenVariations,
            Self::Directions => Command::OpenDirections,
            Self::Compare => Command::OpenCompare,
            Self::Where => Command::OpenWhere,
        }
    }

    /// The tool that a command opens.
    pub fn of_command(command: Command) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|tool| tool.command() == command)
    }

    /// One word for the rail.
    pub fn word(self) -> &'static str {
        match self {
            Self::Explore => "Explore",
            Self::Interpolate => "Between",
            Self::Arithmetic => "Add",
            Self::Styles => "Styles",
            Self::Map => "Map",
            Self::Encode => "Encode",
            Self::Variations => "Vary",
            Self::Directions => "Directions",
            Self::Compare => "Compare",
            Self::Where => "Where",
        }
    }
}

/// What the hand has set in all tools.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolSettings {
    pub sources: sources::Settings,
    pub interpolate: interpolate::Settings,
    pub arithmetic: arithmetic::Settings,
    pub styles: styles::Settings,
    pub map: map::Settings,
    pub encode: encode::Settings,
    pub variations: variations::Settings,
    pub directions: directions::Settings,
    pub compare: compare::Settings,
}

impl ToolSettings {
    /// The tool whose settings differ, to show what undo has changed.
    pub fn first_difference(&self, other: &Self) -> Option<Tool> {
        let pairs = [
            (self.interpolate != other.interpolate, Tool::Interpolate),
            (self.arithmetic != other.arithmetic, Tool::Arithmetic),
            (self.styles != other.styles, Tool::Styles),
            (self.map != other.map, Tool::Map),
            (self.encode != other.encode, Tool::Encode),
            (self.variations != other.variations, Tool::Variations),
            (self.directions != other.directions, Tool::Directions),
            (self.compare != other.compare, Tool::Compare),
        ];
        pairs
            .into_iter()
            .find(|(differs, _)| *differs)
            .map(|(_, tool)| tool)
    }
}

/// A change within a tool.
#[derive(Clone, PartialEq, Debug)]
pub enum ToolEdit {
    Sources(sources::Edit),
    Interpolate(interpolate::Edit),
    Arithmetic(arithmetic::Edit),
    Styles(styles::Edit),
    Map(map::Edit),
    Encode(encode::Edit),
    Variations(variations::Edit),
    Directions(directions::Edit),
    Compare(compare::Edit),
    /// All settings at once, as from history.
    Restore(Arc<ToolSettings>),
}

/// The tools of the running program.
#[derive(Default, Debug)]
pub struct Tools {
    pub(super) open: Tool,
    pub(super) settings: Arc<ToolSettings>,
    pub(super) interpolate: interpolate::Live,
    pub(super) map: map::Live,
    pub(super) encode: encode::Live,
    pub(super) directions: directions::Live,
    pub(super) styles: styles::Live,
    pub(super) compare: compare::Live,
}

impl Tools {
    pub fn open(&self) -> Tool {
        self.open
    }

    pub fn settings(&self) -> &Arc<ToolSettings> {
        &self.settings
    }

    /// Where the way is scrubbed or played.
    pub fn interpolate(&self) -> &interpolate::Live {
        &self.interpolate
    }

    /// The search for directions, and the one that is looked at.
    pub fn directions(&self) -> &directions::Live {
        &self.directions
    }

    /// What each layer of styles changes.
    pub fn styles(&self) -> &styles::Live {
        &self.styles
    }

    /// The picture that is encoded, and what was found.
    pub fn encode(&self) -> &encode::Live {
        &self.encode
    }

    /// What the panes of the comparison show.
    pub fn compare(&self) -> &compare::Live {
        &self.compare
    }

    /// The map's plane, tiles and way.
    pub fn map(&self) -> &map::Live {
        &self.map
    }
}

impl AppState {
    pub fn tools(&self) -> &Tools {
        &self.tools
    }

    /// Changes a tool's settings, and the expression where the tool makes one.
    pub(super) fn edit_tool(&mut self, edit: ToolEdit) {
        let before = Arc::clone(&self.tools.settings);
        let mut made = None;
        match edit {
            ToolEdit::Sources(edit) => self.tool_settings().sources.apply(edit),
            ToolEdit::Map(edit) => self.tool_settings().map.apply(edit),
            ToolEdit::Variations(edit) => {
                if let variations::Edit::Choose(child) = &edit {
                    made = Some(Edit::Expression(child.clone()));
                }
                self.tool_settings().variations.apply(edit);
            }
            ToolEdit::Compare(edit) => self.edit_compare(edit),
            ToolEdit::Encode(edit) => self.tool_settings().encode.apply(edit),
            ToolEdit::Interpolate(edit) => self.tool_settings().interpolate.apply(edit),
            ToolEdit::Directions(edit) => {
                let Some(model) = self.models.current.clone() else {
                    return;
                };
                let (from, to) = match &edit {
                    directions::Edit::Rename { from, to } => (Some(from.clone()), Some(to.clone())),
                    directions::Edit::Delete(name) => (Some(name.clone()), None),
                    directions::Edit::Hide(..) => (None, None),
                };
                self.tool_settings().directions.apply(edit, &model);
                if let Some(from) = from {
                    self.rename_in_expression(&from, to.as_deref());
                }
                self.renew_names();
            }
            ToolEdit::Styles(edit) => {
                let count = self.model().and_then(styles::layer_count).unwrap_or(0);
                let makes_a_picture = edit.makes_a_picture();
                let styles = &mut self.tool_settings().styles;
                styles.apply(edit, count);
                made = styles.to_expr().filter(|_| makes_a_picture).map(Edit::Base);
            }
            ToolEdit::Arithmetic(edit) => {
                let arithmetic = &mut self.tool_settings().arithmetic;
                arithmetic.apply(edit);
                made = arithmetic.to_expr().map(Edit::Base);
            }
            ToolEdit::Restore(settings) => {
                if let Some(tool) = settings.first_difference(&self.tools.settings) {
                    self.tools.open = tool;
                }
                self.tools.settings = settings;
                self.renew_names();
                return;
            }
        }
        if *before != *self.tools.settings {
            self.history.touch(self.now_secs);
        }
        let is_understood = |edit: &Edit| match edit {
            Edit::Base(made) | Edit::Expression(made) => self.check(made).is_ok(),
            _ => true,
        };
        if let Some(edit) = made.filter(is_understood) {
            self.edit(edit);
        }
    }

    pub(super) fn tool_settings(&mut self) -> &mut ToolSettings {
        Arc::make_mut(&mut self.tools.settings)
    }

    /// Lets tools whose text stands in the equation bar take it up.
    fn tools_follow(&mut self) {
        let base = self.position.base();
        if self.tools.settings.arithmetic.to_expr().as_ref() == Some(base) {
            return;
        }
        if let Some(read) = arithmetic::Settings::from_expr(base) {
            self.tool_settings().arithmetic = read;
        }
    }

    /// What the open tool does in every frame besides wanting pictures.
    pub(super) fn tools_tick(&mut self, model: &ModelInfo) {
        self.tools_follow();
        self.follow_layer_change(model, self.tools.open == Tool::Styles);
        match self.tools.open {
            Tool::Interpolate => self.follow_interpolate(),
            Tool::Map => self.follow_map(model),
            Tool::Compare => self.follow_compare(model),
            Tool::Encode => self.follow_encode(model),
            _ => {}
        }
    }

    /// The pictures that the open tool wants in this frame.
    pub(super) fn tool_wants(&self, model: &ModelInfo) -> Vec<Want> {
        let settings = &self.tools.settings;
        let mut wants = match self.tools.open {
            Tool::Explore => return Vec::new(),
            Tool::Encode => Vec::new(),
            Tool::Arithmetic => settings.arithmetic.wants(model),
            Tool::Styles => settings.styles.wants(model),
            Tool::Interpolate => self.interpolate_wants(model),
            Tool::Directions => self.directions_wants(model),
            Tool::Compare => self.compare_wants(),
            Tool::Variations => {
                let expression = self.position.expression();
                let shape = self.shape_of(expression);
                let (space, lockable) = shape.map_or((Space::Z, 0), |(space, shape)| {
                    (space, variations::lockable(space, shape))
                });
                let parent = variations::Parent {
                    expression,
                    sigma: model.typical_sigma(space),
                    lockable,
                };
                settings.variations.wants(model, parent)
            }
            Tool::Map | Tool::Where => self.map_wants(model),
        };
        wants.push(settings.sources.want(model, &self.names.codes));
        // What another model left in a tool must not hide the rest.
        for want in wants.iter_mut().filter(|want| want.model == model.id) {
            for wanted in &mut want.expressions {
                wanted.take_if(|expression| self.check(expression).is_err());
            }
        }
        wants
    }
}
