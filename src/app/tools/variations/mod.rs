//! Variations: a sheet of children around the current code; a click makes one the parent.
//!
//! Children are expressions (`vary(...)`, `cross(...)`), so the lineage of a picture stands in the
//! equation bar, and every generation is a step of history.

mod locks;
pub(crate) mod panel;

pub use locks::{Locks, Parent, Start};

use super::{ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::pictures::{DecodedPicture, PictureRequest, SetKey};
use crate::app::{Edit, Param, Tool, ToolParam};
use crate::engine::ModelInfo;
use crate::latent::Space;
use crate::latent::expr::Expr;
use crate::latent::variations::{children, crosses, most_diverse};
use crate::learn::{Preset, Scene, ToolName};
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The candidates, of which [`SHOWN`] are on the sheet.
pub const CHILDREN: SetKey = SetKey("variation children");
/// The second parent.
pub const PARTNER: SetKey = SetKey("variation partner");

/// Lengths of a random step, in standard deviations.
pub const SIGMA: RangeInclusive<f32> = 0.0..=2.0;
/// Children on the sheet.
pub const SHOWN: usize = 12;
/// Candidates that the diverse twelve are chosen from: one batch of the decoder.
const CANDIDATES: u32 = 64;
const MAX_FAVOURITES: usize = 60;

/// Length of a random step.
pub const STEP: ToolParam = ToolParam::new(Tool::Variations, "step");

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Length of a random step, in standard deviations of the codes of its space.
    pub sigma: f32,
    /// Numbers of the code that children inherit unchanged.
    pub locked: BTreeSet<usize>,
    /// Parts of it that they inherit unchanged.
    pub locks: Locks,
    /// Whether children that look alike are left out.
    pub diverse: bool,
    /// The other parent of a cross; without one, children are random steps.
    pub partner: Option<Expr>,
    pub first_seed: u32,
    pub favourites: Vec<Expr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            sigma: 0.5,
            locked: BTreeSet::new(),
            locks: Locks::default(),
            diverse: true,
            partner: None,
            first_seed: 0,
            favourites: Vec::new(),
        }
    }
}

impl Settings {
    /// Unlocks everything.
    pub fn unlock(&mut self) {
        self.locked.clear();
        self.locks = Locks::default();
    }

    /// Whether anything is locked.
    pub fn is_locked(&self) -> bool {
        !self.locked.is_empty() || self.locks != Locks::default()
    }

    /// Locks a number, or unlocks it.
    pub fn lock(&mut self, index: usize, on: bool) {
        if on {
            self.locked.insert(index);
        } else {
            self.locked.remove(&index);
        }
    }

    /// Keeps a picture, once, or lets go of it.
    pub fn favour(&mut self, code: Expr, on: bool) {
        if !on {
            self.favourites.retain(|known| *known != code);
        } else if self.favourites.len() < MAX_FAVOURITES && !self.favourites.contains(&code) {
            self.favourites.push(code);
        }
    }

    /// Draws other children of the same parent.
    pub fn reroll(&mut self) {
        self.first_seed = self.first_seed.wrapping_add(CANDIDATES);
        if self.first_seed > u32::MAX - CANDIDATES {
            self.first_seed = 0;
        }
    }

    /// The candidates of a parent; `sigma_of` is one standard deviation in the units of a space.
    pub fn candidates(&self, parent: &Parent, sigma_of: impl Fn(Space) -> f32) -> Vec<Expr> {
        let count = if self.diverse {
            CANDIDATES
        } else {
            SHOWN as u32
        };
        let seeds = self.first_seed..self.first_seed.saturating_add(count);
        let Start {
            code,
            space,
            locked,
            held,
        } = self.start(parent);
        let children = match &self.partner {
            None => {
                let unit = sigma_of(space);
                let sigma = self.sigma * unit;
                // Three digits are enough, and the expression stays short.
                let rounded = if unit == 1.0 {
                    sigma
                } else {
                    (sigma * 1000.0).round() / 1000.0
                };
                children(&code, seeds, rounded, &locked, &held)
            }
            Some(partner) => crosses(&code, partner, seeds, &locked),
        };
        let truncated = children.into_iter().map(|child| parent.truncated(child));
        truncated.collect()
    }

    /// The places of the candidates that are shown: those whose pictures differ most, or the
    /// first ones.
    pub fn shown(&self, candidates: &[&DecodedPicture]) -> Vec<usize> {
        if !self.diverse {
            return (0..candidates.len().min(SHOWN)).collect();
        }
        let rows: Vec<&[f32]> = candidates
            .iter()
            .map(|picture| &picture.values[..])
            .collect();
        most_diverse(&rows, SHOWN)
    }
}

#[derive(Default, Debug)]
pub struct Variations;

impl Variations {
    /// Makes a child the parent.
    pub fn choose(cx: &mut ToolContext<'_, Self>, child: Expr) {
        // With the same seeds all generations would go the same twelve ways.
        cx.edit(Settings::reroll);
        cx.show(Edit::Expression(child));
    }
}

impl ToolPart for Variations {
    const INFO: ToolInfo = ToolInfo {
        word: "Variations",
        name: "Variations",
        tooltip: "Breed: a sheet of children around the current picture",
        icon: Icon::Sprout,
        key: Some(Key::Num7),
        question_name: Some(ToolName::Variations),
        explained_by: "helping-artists",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[ToolNumber {
        name: STEP.name,
        numbers: None,
        row: |view, id| {
            let lock =
                view.settings.partner.as_ref().map(|_| {
                    "With a second parent, children are crossed instead of varied".to_owned()
                });
            let row = Param::new(
                id.into(),
                [
                    "Step σ",
                    "Step size",
                    "Length of the random step to a child, in standard deviations",
                ],
                SIGMA,
                Settings::default().sigma,
                view.settings.sigma,
            );
            Some(row.locked(lock))
        },
        set: |_, cx, _, sigma| cx.edit(|settings| settings.sigma = sigma.max(0.0)),
    }];

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let (settings, workspace) = (view.settings, view.workspace);
        let parent = Parent::of(workspace, model);
        let candidates = settings.candidates(&parent, |space| model.typical_sigma(space));
        vec![
            PictureRequest::new(CHILDREN, model, candidates),
            PictureRequest::new(PARTNER, model, settings.partner.iter().cloned()),
        ]
    }

    fn preset(settings: &mut Settings, scene: &Scene) {
        if let Some(Preset::Variations { sigma }) = &scene.preset {
            settings.sigma = *sigma as f32;
            settings.partner = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::SpaceShape;

    #[test]
    fn children_say_how_they_came_to_be() {
        let mut settings = Settings {
            diverse: false,
            ..Settings::default()
        };
        for dim in [0, 3, 4] {
            settings.lock(dim, true);
        }
        let parent = |shape| Parent::in_one_space(Expr::Seed(7), Space::Z, shape);
        let five = parent(SpaceShape::Vector { dim: 5 });
        let all = settings.candidates(&five, |_| 1.0);
        assert_eq!(all.len(), SHOWN);
        assert_eq!(all[1].to_string(), "vary(seed(7), 1, 0.5, lock [0, 3..5])");
        settings.locked.clear();
        settings.partner = Some(Expr::Seed(9));
        assert_eq!(
            settings.candidates(&five, |_| 1.0)[2].to_string(),
            "cross(seed(7), seed(9), 2)"
        );
        settings.partner = None;
        settings.lock(6, true);
        assert_eq!(
            settings.candidates(&five, |_| 0.25)[0].to_string(),
            "vary(seed(7), 0, 0.125)",
            "a step in units of the space, and no lock beyond it"
        );
        settings.reroll();
        assert_eq!(
            settings.first_seed, CANDIDATES,
            "the next generation has other noise"
        );
        settings.unlock();
        assert!(!settings.is_locked());
    }

    #[test]
    fn favourites_are_kept_once() {
        let mut settings = Settings::default();
        settings.favour(Expr::Seed(1), true);
        settings.favour(Expr::Seed(1), true);
        assert_eq!(settings.favourites, [Expr::Seed(1)]);
        settings.favour(Expr::Seed(1), false);
        assert!(settings.favourites.is_empty());
    }
}
