//! Variations: a sheet of children around the current code; a click makes one the parent.
//!
//! Children are expressions (`vary(...)`, `cross(...)`), so the lineage of a picture stands in the
//! equation bar, and every generation is a step of history.

use crate::app::pictures::{DecodedPicture, SetKey, Want};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::variations::{children, crosses, most_diverse, ranges};
use crate::latent::{Space, SpaceShape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

/// The candidates, of which [`SHOWN`] are on the sheet.
pub const CHILDREN: SetKey = SetKey("variation children");
/// The second parent.
pub const PARTNER: SetKey = SetKey("variation partner");
pub const FAVOURITES: SetKey = SetKey("variation favourites");

/// Lengths of a random step, in standard deviations.
pub const SIGMA: RangeInclusive<f32> = 0.0..=2.0;
/// Children on the sheet.
pub const SHOWN: usize = 12;
/// Candidates that the diverse twelve are chosen from: one batch of the decoder.
const CANDIDATES: u32 = 64;
const MAX_FAVOURITES: usize = 60;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Length of a random step, in standard deviations of the codes of its space.
    pub sigma: f32,
    /// Numbers of the code, or layers of w+, that children inherit unchanged.
    pub locked: BTreeSet<usize>,
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
            diverse: true,
            partner: None,
            first_seed: 0,
            favourites: Vec::new(),
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    Sigma(f32),
    Lock(usize, bool),
    /// Locks the first so many numbers, or none at 0.
    LockAll(usize),
    Diverse(bool),
    Partner(Option<Expr>),
    /// Draw other children of the same parent.
    Reroll,
    /// Make a child the parent.
    Choose(Expr),
    Favour(Expr, bool),
    Reset,
}

/// How many numbers or layers of a code of a space can be locked.
pub fn lockable(space: Space, shape: SpaceShape) -> usize {
    match (space, shape) {
        (Space::W_PLUS, SpaceShape::Layers { layers, .. }) => layers,
        _ => shape.checked_len().unwrap_or(0),
    }
}

/// What is varied: a code and what is known of its space.
#[derive(Clone, Copy, Debug)]
pub struct Parent<'a> {
    pub expression: &'a Expr,
    /// One standard deviation, in the units of the space.
    pub sigma: f32,
    /// How many numbers or layers can be locked.
    pub lockable: usize,
}

impl Settings {
    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Sigma(sigma) => self.sigma = sigma.max(0.0),
            Edit::Lock(index, true) => {
                self.locked.insert(index);
            }
            Edit::Lock(index, false) => {
                self.locked.remove(&index);
            }
            Edit::LockAll(count) => self.locked = (0..count).collect(),
            Edit::Diverse(on) => self.diverse = on,
            Edit::Partner(partner) => self.partner = partner,
            Edit::Reroll => self.next_seeds(),
            // With the same seeds all generations would go the same twelve ways.
            Edit::Choose(_) => self.next_seeds(),
            Edit::Favour(code, true) => {
                if self.favourites.len() < MAX_FAVOURITES && !self.favourites.contains(&code) {
                    self.favourites.push(code);
                }
            }
            Edit::Favour(code, false) => self.favourites.retain(|known| *known != code),
            Edit::Reset => {
                let favourites = std::mem::take(&mut self.favourites);
                *self = Self {
                    favourites,
                    ..Self::default()
                };
            }
        }
    }

    fn next_seeds(&mut self) {
        self.first_seed = self.first_seed.wrapping_add(CANDIDATES);
        if self.first_seed > u32::MAX - CANDIDATES {
            self.first_seed = 0;
        }
    }

    /// What is locked of a code of `count` numbers or layers. Locks from another space may lie
    /// beyond.
    fn locked_ranges(&self, count: usize) -> Vec<Range<usize>> {
        let end = self.locked.last().map_or(0, |last| last + 1).min(count);
        let marked: Vec<bool> = (0..end).map(|index| self.locked.contains(&index)).collect();
        ranges(&marked)
    }

    /// The candidates of a parent.
    pub fn candidates(&self, parent: Parent<'_>) -> Vec<Expr> {
        let count = if self.diverse {
            CANDIDATES
        } else {
            SHOWN as u32
        };
        let seeds = self.first_seed..self.first_seed.saturating_add(count);
        let locked = self.locked_ranges(parent.lockable);
        let code = parent.expression;
        match &self.partner {
            None => {
                let sigma = self.sigma * parent.sigma;
                // Three digits are enough, and the expression stays short.
                let rounded = if parent.sigma == 1.0 {
                    sigma
                } else {
                    (sigma * 1000.0).round() / 1000.0
                };
                children(code, seeds, rounded, &locked)
            }
            Some(partner) => crosses(code, partner, seeds, &locked),
        }
    }

    pub(super) fn wants(&self, model: &ModelInfo, parent: Parent<'_>) -> Vec<Want> {
        let want = |key, expressions: Vec<Expr>| Want {
            key,
            model: model.id.clone(),
            expressions: expressions.into_iter().map(Some).collect(),
        };
        vec![
            want(CHILDREN, self.candidates(parent)),
            want(PARTNER, self.partner.iter().cloned().collect()),
            want(FAVOURITES, self.favourites.clone()),
        ]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_say_how_they_came_to_be() {
        let mut settings = Settings {
            diverse: false,
            ..Settings::default()
        };
        for dim in [0, 3, 4] {
            settings.apply(Edit::Lock(dim, true));
        }
        let expression = Expr::Seed(7);
        let parent = Parent {
            expression: &expression,
            sigma: 1.0,
            lockable: 5,
        };
        let all = settings.candidates(parent);
        assert_eq!(all.len(), SHOWN);
        assert_eq!(all[1].to_string(), "vary(seed(7), 1, 0.5, lock [0, 3..5])");
        settings.apply(Edit::LockAll(0));
        settings.apply(Edit::Partner(Some(Expr::Seed(9))));
        assert_eq!(
            settings.candidates(parent)[2].to_string(),
            "cross(seed(7), seed(9), 2)"
        );
        settings.apply(Edit::Partner(None));
        settings.apply(Edit::Lock(6, true));
        let in_w = Parent {
            sigma: 0.25,
            ..parent
        };
        assert_eq!(
            settings.candidates(in_w)[0].to_string(),
            "vary(seed(7), 0, 0.125)",
            "a step in units of the space, and no lock beyond it"
        );
        settings.apply(Edit::Choose(Expr::Seed(1)));
        assert_eq!(
            settings.first_seed, CANDIDATES,
            "the next generation has other noise"
        );
    }

    #[test]
    fn favourites_are_kept_once_and_survive_a_reset() {
        let mut settings = Settings::default();
        settings.apply(Edit::Favour(Expr::Seed(1), true));
        settings.apply(Edit::Favour(Expr::Seed(1), true));
        settings.apply(Edit::Sigma(2.0));
        settings.apply(Edit::Reset);
        assert_eq!(settings.favourites, [Expr::Seed(1)]);
        assert_eq!(settings.sigma, 0.5);
        settings.apply(Edit::Favour(Expr::Seed(1), false));
        assert!(settings.favourites.is_empty());
    }
}
