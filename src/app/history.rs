//! When the hand rests: only then a state becomes a step of the session's history.
//!
//! A drag over a slider makes hundreds of expressions; one undo should take back the drag, not
//! a pixel of it. So the current place is settled when nothing has moved for a while.

use super::Place;

/// How long nothing may have changed before the hand counts as resting.
const REST_SECS: f64 = 0.25;

/// What has changed since the last step.
#[derive(Default, Debug)]
pub struct History {
    /// The place that was settled or gone to last.
    settled: Option<Place>,
    changed_at_secs: f64,
    moving: bool,
}

/// What became of the place in this frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Settling {
    /// Nothing has changed since the last step.
    Still,
    /// It still changes, or did a moment ago.
    Moving,
    /// It is to be settled now.
    Settled,
}

impl History {
    /// Takes a place for one that is settled already: the history has just gone there.
    pub fn arrive(&mut self, place: Place) {
        self.settled = Some(place);
        self.moving = false;
    }

    /// Says that the place has just changed.
    pub fn touch(&mut self, now_secs: f64) {
        self.changed_at_secs = now_secs;
        self.moving = true;
    }

    /// Takes what has changed for nothing: it is not to become a step.
    pub fn forget_changes(&mut self) {
        self.moving = false;
    }

    /// Whether the place has changed since it was settled last.
    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// Says whether the hand rests on a place that is not settled yet.
    pub fn rest(&self, hand_is_busy: bool, now_secs: f64) -> Settling {
        if !self.moving {
            Settling::Still
        } else if hand_is_busy || now_secs - self.changed_at_secs < REST_SECS {
            Settling::Moving
        } else {
            Settling::Settled
        }
    }

    /// Settles a place. Returns whether it is another one than before, and so a step.
    pub fn settle(&mut self, place: &Place) -> bool {
        self.moving = false;
        if self.settled.as_ref() == Some(place) {
            return false;
        }
        self.settled = Some(place.clone());
        true
    }

    /// Whether settling `place` now would be a step.
    pub fn differs(&self, place: &Place) -> bool {
        self.moving && self.settled.as_ref() != Some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ModelSource;
    use crate::latent::expr::Expr;

    fn place(seed: u32) -> Place {
        Place {
            model: ModelSource::Catalogue("any".to_owned()),
            composition: Expr::Seed(seed).into(),
            tools: std::sync::Arc::default(),
        }
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = History::default();
        history.arrive(place(0));
        for seed in 1..=50 {
            history.touch(f64::from(seed) * 0.01);
            assert_eq!(history.rest(true, f64::from(seed) * 0.01), Settling::Moving);
        }
        assert_eq!(history.rest(false, 10.0), Settling::Settled);
        assert!(history.differs(&place(50)));
        assert!(history.settle(&place(50)));
        assert_eq!(history.rest(false, 11.0), Settling::Still);
        assert!(!history.differs(&place(50)));
    }

    #[test]
    fn coming_back_to_the_same_place_is_no_step() {
        let mut history = History::default();
        history.arrive(place(0));
        history.touch(0.0);
        assert_eq!(history.rest(false, 2.0), Settling::Settled);
        assert!(!history.settle(&place(0)));
    }
}
