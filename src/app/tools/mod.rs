//! The tools: what is open, what the hand has set in each, and which pictures they want.
//!
//! A tool has no way of its own to make a picture: it edits expressions and wants some decoded.
//! Its settings are plain data that undo, history and sessions keep beside the expression.

pub mod arithmetic;
pub mod compare;
pub mod directions;
pub mod encode;
pub mod interpolate;
pub mod locate;
pub mod map;
pub mod sources;
pub mod styles;
pub mod variations;

use super::pictures::Want;
use super::{ByAddress, Command, Derived, Desk, Edit, Shared};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::{SessionNames, Space};
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
            Self::Interpolate => "Interpolate",
            Self::Arithmetic => "Arithmetic",
            Self::Styles => "Styles",
            Self::Map => "Map",
            Self::Encode => "Encode",
            Self::Variations => "Variations",
            Self::Directions => "Directions",
            Self::Compare => "Compare",
            Self::Where => "Locate",
        }
    }
}

/// The settings of all tools, each shared until it is edited.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct ToolSettings {
    pub sources: Shared<sources::Settings>,
    pub interpolate: Shared<interpolate::Settings>,
    pub arithmetic: Shared<arithmetic::Settings>,
    pub styles: Shared<styles::Settings>,
    pub map: Shared<map::Settings>,
    pub encode: Shared<encode::Settings>,
    pub variations: Shared<variations::Settings>,
    pub directions: Shared<directions::Settings>,
    pub compare: Shared<compare::Settings>,
}

impl ToolSettings {
    /// The tool whose settings differ, to show what undo has changed.
    pub fn first_difference(&self, other: &Self) -> Option<Tool> {
        // Complete wells say what the equation bar says and follow it: the change is seen there.
        let only_in_wells = self.arithmetic != other.arithmetic
            && self.arithmetic.to_expr().is_none()
            && other.arithmetic.to_expr().is_none();
        let pairs = [
            (self.interpolate != other.interpolate, Tool::Interpolate),
            (only_in_wells, Tool::Arithmetic),
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
    pub(super) locate: locate::Live,
    wants: Derived<WantsKey, Vec<Want>>,
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

impl Desk {
    /// Changes a tool's settings, and the expression where the tool makes one.
    pub(super) fn edit_tool(&mut self, edit: ToolEdit) {
        let mut made = None;
        match edit {
            ToolEdit::Sources(edit) => self.tools.settings_mut().sources.apply(edit),
            ToolEdit::Map(edit) => self.tools.settings_mut().map.apply(edit),
            ToolEdit::Variations(edit) => {
                if let variations::Edit::Choose(child) = &edit {
                    made = Some(Edit::Expression(child.clone()));
                }
                self.tools.settings_mut().variations.apply(edit);
            }
            ToolEdit::Compare(edit) => self.edit_compare(edit),
            ToolEdit::Encode(edit) => self.tools.settings_mut().encode.apply(edit),
            ToolEdit::Interpolate(edit) => self.tools.settings_mut().interpolate.apply(edit),
            ToolEdit::Directions(edit) => {
                let Some(model) = self.workspace.models.current().cloned() else {
                    return;
                };
                let (from, to) = match &edit {
                    directions::Edit::Rename { from, to } => (Some(from.clone()), Some(to.clone())),
                    directions::Edit::Delete(name) => (Some(name.clone()), None),
                    directions::Edit::Hide(..) => (None, None),
                };
                self.tools.settings_mut().directions.apply(edit, &model);
                if let Some(from) = from {
                    self.rename_in_expression(&from, to.as_deref());
                }
                self.renew_names();
            }
            ToolEdit::Styles(edit) => {
                let count = self
                    .workspace
                    .model()
                    .and_then(styles::layer_count)
                    .unwrap_or(0);
                let makes_a_picture = edit.makes_a_picture();
                let styles = &mut self.tools.settings_mut().styles;
                styles.apply(edit, count);
                made = styles.to_expr().filter(|_| makes_a_picture).map(Edit::Base);
            }
            ToolEdit::Arithmetic(edit) => {
                let arithmetic = &mut self.tools.settings_mut().arithmetic;
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
        // Whether anything differs is compared once, when the edit settles: holding the settings
        // from before would make every edit of a gesture copy them.
        self.workspace.touch();
        let is_understood = |edit: &Edit| match edit {
            Edit::Base(made) | Edit::Expression(made) => self.workspace.check(made).is_ok(),
            _ => true,
        };
        if let Some(edit) = made.filter(is_understood) {
            self.workspace.edit(edit);
        }
    }

    /// Lets tools whose text stands in the equation bar take it up.
    fn tools_follow(&mut self) {
        let base = self.workspace.position.base();
        if self.tools.settings.arithmetic.to_expr().as_ref() == Some(base) {
            return;
        }
        if let Some(read) = arithmetic::Settings::from_expr(base) {
            self.tools.settings_mut().arithmetic = Shared::new(read);
        }
    }

    /// What the open tool does in every frame besides wanting pictures.
    pub(super) fn tools_tick(&mut self, model: &Arc<ModelInfo>) {
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

    /// The pictures that the open tool wants, computed again only where something that they
    /// depend on has changed.
    pub(super) fn tool_wants(&self, model: &Arc<ModelInfo>) -> Arc<Vec<Want>> {
        let open = self.tools.open;
        let key = WantsKey {
            open,
            model: ByAddress::new(model),
            settings: ByAddress::new(&self.tools.settings),
            names: ByAddress::new(&self.workspace.names),
            expression: self.workspace.position.expression().clone(),
            path: self.tools.interpolate.measured_on(),
            strip: self.tools.directions.looked_at().map(str::to_owned),
            panes: match open {
                Tool::Compare => self.compare_wants(),
                _ => Vec::new(),
            },
            place: match open {
                Tool::Map | Tool::Where => (
                    self.workspace.preview.frame().map(|frame| frame.generation),
                    self.tools.map.look().and_then(|look| look.hovered),
                ),
                _ => (None, None),
            },
        };
        self.tools.wants.get(key, || self.new_tool_wants(model))
    }

    fn new_tool_wants(&self, model: &ModelInfo) -> Vec<Want> {
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
                let expression = self.workspace.position.expression();
                let shape = self.workspace.shape_of(expression);
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
        wants.push(settings.sources.want(model, &self.workspace.names.codes));
        // What another model left in a tool must not hide the rest.
        for want in wants.iter_mut().filter(|want| want.model == model.id) {
            let is_wrong = |wanted: &Option<Expr>| {
                wanted
                    .as_ref()
                    .is_some_and(|it| self.workspace.check(it).is_err())
            };
            if want.expressions.iter().any(is_wrong) {
                let sound = want.expressions.iter().map(|wanted| {
                    wanted
                        .clone()
                        .filter(|expression| self.workspace.check(expression).is_ok())
                });
                want.expressions = sound.collect();
            }
        }
        wants
    }
}

/// Everything that the wanted pictures depend on.
#[derive(PartialEq, Debug)]
struct WantsKey {
    open: Tool,
    model: ByAddress<ModelInfo>,
    settings: ByAddress<ToolSettings>,
    names: ByAddress<SessionNames>,
    expression: Expr,
    /// The measurement that spreads the pictures of Interpolate.
    path: Option<u64>,
    /// The direction whose strip is shown.
    strip: Option<String>,
    /// What Compare has asked for itself, from models of its own.
    panes: Vec<Want>,
    /// The picture whose neighbours are shown, and the datum under the pointer.
    place: (Option<u64>, Option<usize>),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_copies_the_settings_of_its_tool_once_and_no_others() {
        let mut settings = Arc::new(ToolSettings::default());
        Arc::make_mut(&mut settings)
            .arithmetic
            .apply(arithmetic::Edit::Put(arithmetic::Well::Plus, Expr::Seed(1)));
        let settled = Arc::clone(&settings);
        let held = settled.arithmetic.plus.as_ptr();
        // A gesture: many edits between two settled states.
        let mut places = Vec::new();
        for strength in [0.1, 0.2, 0.3] {
            let edited = &mut Arc::make_mut(&mut settings).arithmetic;
            edited.apply(arithmetic::Edit::Strength(strength));
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
}
