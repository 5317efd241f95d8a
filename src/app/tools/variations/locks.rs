//! What children inherit unchanged: layers, directions, single numbers.
//!
//! The hazard here is a lock that does nothing. A layer is locked in w+ and a direction in its own
//! space, so the parent is led there first; what cannot be said there is not on offer.

use super::Settings;
use crate::app::Workspace;
use crate::engine::ModelInfo;
use crate::latent::expr::{Expr, LayerRange, Walk};
use crate::latent::variations::ranges;
use crate::latent::{Condition, Direction, Space, SpaceShape};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::ops::Range;

/// What children inherit unchanged.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Locks {
    /// Layers, each with its style.
    pub layers: BTreeSet<usize>,
    /// Names of directions along which children are where their parent is.
    pub directions: BTreeSet<String>,
}

/// The code that is varied, and what of it can be locked.
#[derive(Clone, Debug)]
pub struct Parent {
    pub expression: Expr,
    /// The truncation of the current picture with all that is done after it: children have it, too.
    truncation: Option<Walk>,
    /// Its space, and those that it can be led to, with what their codes look like.
    way: Vec<(Space, SpaceShape)>,
    /// The directions of the model and of the session, by name, with their spaces.
    directions: Vec<(String, Space)>,
}

/// What children are steps from, and what of it stays.
#[derive(Clone, PartialEq, Debug)]
pub struct Start {
    pub code: Expr,
    pub space: Space,
    pub locked: Vec<Range<usize>>,
    pub held: Vec<String>,
}

impl Parent {
    /// The current code.
    pub fn of(workspace: &Workspace, model: &ModelInfo) -> Self {
        let (expression, truncation) = split(workspace.position.walk());
        let expression = expression.unwrap_or_else(|| workspace.position.expression().clone());
        let space = workspace.space_of(&expression).unwrap_or(model.start);
        let lead = |at: &Space| model.manifest.lead(*at).map(|lead| lead.to());
        let spaces = &model.manifest.spaces;
        let way = std::iter::successors(Some(space), lead).take(spaces.len());
        let named = workspace.names.directions.iter().chain(&model.directions);
        let name = |direction: &Direction| (direction.name.clone(), direction.space);
        let parent = Self::new(
            expression,
            way.filter_map(|space| Some((space, *spaces.get(&space)?))),
            named.map(name),
        );
        Self {
            truncation,
            ..parent
        }
    }

    /// A child with the truncation of its parent.
    pub(super) fn truncated(&self, child: Expr) -> Expr {
        match &self.truncation {
            None => child,
            Some(walk) => Walk {
                base: child,
                ..walk.clone()
            }
            .to_expr(),
        }
    }

    #[cfg(test)]
    pub(super) fn in_one_space(expression: Expr, space: Space, shape: SpaceShape) -> Self {
        Self::new(expression, [(space, shape)], [])
    }

    fn new(
        expression: Expr,
        way: impl IntoIterator<Item = (Space, SpaceShape)>,
        directions: impl IntoIterator<Item = (String, Space)>,
    ) -> Self {
        let mut parent = Self {
            expression,
            truncation: None,
            way: way.into_iter().collect(),
            directions: Vec::new(),
        };
        for (name, space) in directions {
            let is_known = parent.directions.iter().any(|(known, _)| *known == name);
            if !is_known && parent.reaches(space) {
                parent.directions.push((name, space));
            }
        }
        parent
    }

    /// Its own space.
    pub fn space(&self) -> Option<Space> {
        self.way.first().map(|(space, _)| *space)
    }

    /// How many single numbers can be locked: none of a code that is one for each layer.
    pub fn numbers(&self) -> usize {
        match self.way.first() {
            Some((_, SpaceShape::Layers { .. })) | None => 0,
            Some((_, shape)) => shape.checked_len().unwrap_or(0),
        }
    }

    /// The space of codes with one for each layer, and how many there are.
    fn rows(&self) -> Option<(Space, usize)> {
        self.way.iter().find_map(|(space, shape)| match shape {
            SpaceShape::Layers { layers, .. } => Some((*space, *layers)),
            _ => None,
        })
    }

    /// How many layers can be locked.
    pub fn layers(&self) -> usize {
        self.rows().map_or(0, |(_, layers)| layers)
    }

    /// The names of the directions that can be locked.
    pub fn directions(&self) -> impl Iterator<Item = &str> {
        self.directions.iter().map(|(name, _)| name.as_str())
    }

    /// Whether a step in a space can be said of the code, where it is led.
    fn reaches(&self, space: Space) -> bool {
        let is_real = |shape: &SpaceShape| shape.is_real();
        let mut way = self.way.iter().filter(|(_, shape)| is_real(shape));
        way.any(|(at, _)| *at == space || at.is_rows_of(space))
    }

    fn shape_in(&self, space: Space) -> Option<SpaceShape> {
        let mut way = self.way.iter();
        way.find(|(at, _)| *at == space).map(|(_, shape)| *shape)
    }
}

impl Locks {
    /// Locks a direction, or unlocks it.
    pub fn lock_direction(&mut self, name: &str, on: bool) {
        if on {
            self.directions.insert(name.to_owned());
        } else {
            self.directions.remove(name);
        }
    }

    /// Locks layers, or unlocks them.
    pub fn lock_layers(&mut self, layers: LayerRange, on: bool) {
        for layer in layers.start..layers.end {
            if on {
                self.layers.insert(layer);
            } else {
                self.layers.remove(&layer);
            }
        }
    }

    /// Whether all of some layers are locked.
    pub fn has_layers(&self, layers: LayerRange) -> bool {
        !(layers.start..layers.end).is_empty()
            && (layers.start..layers.end).all(|layer| self.layers.contains(&layer))
    }
}

impl Settings {
    /// Where the steps to the children begin: where all that is locked can be said. What another
    /// space or model left locked does not count.
    pub fn start(&self, parent: &Parent) -> Start {
        let own = parent.space().unwrap_or(Space::Z);
        let is_held = |(name, _): &&(String, Space)| self.locks.directions.contains(name);
        let crosses = self.partner.is_some();
        let held: Vec<&(String, Space)> = match crosses {
            true => Vec::new(),
            false => parent.directions.iter().filter(is_held).collect(),
        };
        let locks_layers = self.locks.layers.iter().any(|at| *at < parent.layers());
        let rows = parent.rows().map(|(space, _)| space);
        // The one furthest on, of those that anything is locked in.
        let needed = |space: &Space| {
            *space == own
                || (rows == Some(*space) && locks_layers)
                || held.iter().any(|(_, of)| of == space)
        };
        let mut spaces = parent.way.iter().map(|(space, _)| *space);
        let space = spaces.rfind(needed).unwrap_or(own);
        let locked = match parent.shape_in(space) {
            Some(SpaceShape::Layers { layers, .. }) => marked(&self.locks.layers, layers),
            _ if space == own => marked(&self.locked, parent.numbers()),
            _ => Vec::new(),
        };
        let can_be_said = |of: Space| of == space || space.is_rows_of(of);
        let held = held.into_iter().filter(|(_, of)| can_be_said(*of));
        let code = parent.expression.clone();
        Start {
            code: match space == own {
                true => code,
                false => Expr::Map(code.into(), space),
            },
            space,
            locked,
            held: held.map(|(name, _)| name.clone()).collect(),
        }
    }
}

/// What is varied of a truncated walk, and the truncation with all after it; both `None` of one that is not truncated.
fn split(walk: &Walk) -> (Option<Expr>, Option<Walk>) {
    if walk.psi == 1.0 {
        return (None, None);
    }
    let varied = Walk {
        psi: 1.0,
        offsets: Vec::new(),
        given: Condition::default(),
        edited: None,
        ..walk.clone()
    };
    let rest = Walk {
        inner: Vec::new(),
        mapped: None,
        ..walk.clone()
    };
    (Some(varied.to_expr()), Some(rest))
}

/// Those of `count` places that are marked, as ranges.
fn marked(all: &BTreeSet<usize>, count: usize) -> Vec<Range<usize>> {
    let end = all.last().map_or(0, |last| last + 1).min(count);
    let marked: Vec<bool> = (0..end).map(|at| all.contains(&at)).collect();
    ranges(&marked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::expr::parse;

    fn styled(expression: Expr, first: usize) -> Parent {
        let way = [
            (Space::Z, SpaceShape::Vector { dim: 4 }),
            (Space::W, SpaceShape::Vector { dim: 4 }),
            (Space::W_PLUS, SpaceShape::Layers { layers: 6, dim: 4 }),
        ];
        let directions = [("weapon", Space::W), ("first", Space::Z)];
        let directions = directions.map(|(name, space)| (name.to_owned(), space));
        Parent::new(expression, way.into_iter().skip(first), directions)
    }

    fn start_text(settings: &Settings, parent: &Parent) -> (String, String) {
        let start = settings.start(parent);
        let held = start.held.join(" ");
        (start.code.to_string(), format!("{:?} {held}", start.locked))
    }

    #[test]
    fn a_parent_is_led_to_where_all_that_is_locked_can_be_said() {
        let parent = styled(Expr::Seed(7), 0);
        let mut settings = Settings::default();
        settings.lock(2, true);
        let own = |text: &str| ("seed(7)".to_owned(), text.to_owned());
        assert_eq!(start_text(&settings, &parent), own("[2..3] "));
        settings.locks.lock_direction("first", true);
        assert_eq!(start_text(&settings, &parent), own("[2..3] first"));
        settings.locks.lock_direction("weapon", true);
        let in_w = ("w(seed(7))".to_owned(), "[] weapon".to_owned());
        assert_eq!(
            start_text(&settings, &parent),
            in_w,
            "numbers of z mean nothing in w"
        );
        settings.locks.lock_layers(LayerRange::third(0, 6), true);
        let rows = (
            "map(seed(7), \"w+\")".to_owned(),
            "[0..2] weapon".to_owned(),
        );
        assert_eq!(start_text(&settings, &parent), rows);
        assert!(settings.locks.has_layers(LayerRange::third(0, 6)));
        assert!(!settings.locks.has_layers(LayerRange::third(1, 6)));
        settings.partner = Some(Expr::Seed(9));
        let crossed = ("map(seed(7), \"w+\")".to_owned(), "[0..2] ".to_owned());
        assert_eq!(start_text(&settings, &parent), crossed);
    }

    #[test]
    fn a_code_that_is_in_layers_stays_there_and_offers_no_numbers() {
        let parent = styled(Expr::Seed(1), 2);
        assert_eq!((parent.numbers(), parent.layers()), (0, 6));
        assert!(parent.directions().eq(["weapon"]), "z is behind it");
        let mut settings = Settings::default();
        settings.locks.layers.extend([5, 80]);
        settings.locks.lock_direction("gone", true);
        let expected = ("seed(1)".to_owned(), "[5..6] ".to_owned());
        assert_eq!(start_text(&settings, &parent), expected);
    }
    #[test]
    fn children_of_a_truncated_picture_are_truncated_alike() {
        let text = "truncate(w(seed(7) + 2*dir(\"first\")), 0.7) + dir(\"weapon\")";
        let walk = Walk::from_expr(&parse(text).unwrap());
        let (varied, truncation) = split(&walk);
        let varied = varied.expect("it is truncated");
        assert_eq!(varied.to_string(), "w(seed(7) + 2*dir(\"first\"))");
        let mut parent = styled(varied.clone(), 1);
        parent.truncation = truncation;
        assert_eq!(parent.truncated(varied).to_string(), text);
        let child = parent.truncated(Expr::Seed(9)).to_string();
        assert_eq!(child, "truncate(seed(9), 0.7) + dir(\"weapon\")");
        let plain = Walk::from_expr(&parse("seed(7) + dir(\"weapon\")").unwrap());
        assert_eq!(split(&plain), (None, None));
    }
}
