//! Undo and redo over places, with undo points only while the hand rests.
//!
//! A drag over a slider makes hundreds of expressions; one undo should take back the drag, not
//! a pixel of it. So the current place becomes an undo point when nothing has moved for a while.

use super::Place;

/// How many steps can be taken back.
const CAPACITY: usize = 200;
/// How long nothing may have changed before the hand counts as resting.
const REST_SECS: f64 = 0.25;

/// Where the user has been.
#[derive(Default, Debug)]
pub struct History {
    /// The place that the next undo point starts from.
    settled: Option<Place>,
    undo: Vec<Place>,
    redo: Vec<Place>,
    changed_at_secs: f64,
    moving: bool,
}

/// What became of the place in this frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Settling {
    /// Nothing has changed since the last undo point.
    Still,
    /// It still changes, or did a moment ago.
    Moving,
    /// It has just become an undo point.
    Settled,
}

impl History {
    /// Starts anew at a place.
    pub fn start_at(&mut self, place: Place) {
        *self = Self {
            settled: Some(place),
            ..Self::default()
        };
    }

    /// Says that the place has just changed.
    pub fn touch(&mut self, now_secs: f64) {
        self.changed_at_secs = now_secs;
        self.moving = true;
    }

    /// Makes an undo point when the hand rests on a new place.
    pub fn rest(&mut self, place: &Place, hand_is_busy: bool, now_secs: f64) -> Settling {
        if !self.moving {
            return Settling::Still;
        }
        if hand_is_busy || now_secs - self.changed_at_secs < REST_SECS {
            return Settling::Moving;
        }
        self.settle(place);
        Settling::Settled
    }

    /// Makes an undo point of a place that differs from the last one.
    fn settle(&mut self, place: &Place) {
        self.moving = false;
        if self.settled.as_ref() == Some(place) {
            return;
        }
        if let Some(before) = self.settled.replace(place.clone()) {
            if self.undo.len() == CAPACITY {
                self.undo.remove(0);
            }
            self.undo.push(before);
        }
        self.redo.clear();
    }

    pub fn can_undo(&self, current: &Place) -> bool {
        !self.undo.is_empty()
            || self
                .settled
                .as_ref()
                .is_some_and(|settled| settled != current)
    }

    pub fn can_redo(&self) -> bool {
        !self.redo.is_empty()
    }

    /// The place before `current`, which is where the user is then.
    pub fn undo(&mut self, current: &Place) -> Option<Place> {
        self.settle(current);
        let place = self.undo.pop()?;
        self.redo.extend(self.settled.replace(place.clone()));
        Some(place)
    }

    /// The place that was undone last.
    pub fn redo(&mut self, current: &Place) -> Option<Place> {
        self.settle(current);
        let place = self.redo.pop()?;
        self.undo.extend(self.settled.replace(place.clone()));
        Some(place)
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
            expression: Expr::Seed(seed),
            tools: std::sync::Arc::default(),
        }
    }

    fn started() -> History {
        let mut history = History::default();
        history.start_at(place(0));
        history
    }

    #[test]
    fn a_drag_is_one_step() {
        let mut history = started();
        for seed in 1..=50 {
            history.touch(f64::from(seed) * 0.01);
            assert_eq!(
                history.rest(&place(seed), true, f64::from(seed) * 0.01),
                Settling::Moving
            );
        }
        assert_eq!(history.rest(&place(50), false, 10.0), Settling::Settled);
        assert_eq!(history.rest(&place(50), false, 11.0), Settling::Still);
        assert_eq!(history.undo(&place(50)), Some(place(0)));
        assert_eq!(history.undo(&place(0)), None);
        assert_eq!(history.redo(&place(0)), Some(place(50)));
        assert_eq!(history.redo(&place(50)), None);
    }

    #[test]
    fn undo_works_before_the_hand_rests() {
        let mut history = started();
        history.touch(0.0);
        assert!(history.can_undo(&place(3)));
        assert_eq!(history.undo(&place(3)), Some(place(0)));
        assert!(history.can_redo());
    }

    #[test]
    fn a_new_change_forgets_what_was_undone() {
        let mut history = started();
        history.touch(0.0);
        history.undo(&place(3));
        history.touch(1.0);
        assert_eq!(history.rest(&place(9), false, 2.0), Settling::Settled);
        assert!(!history.can_redo());
        assert_eq!(history.undo(&place(9)), Some(place(0)));
    }

    #[test]
    fn coming_back_to_the_same_place_is_no_step() {
        let mut history = started();
        history.touch(0.0);
        assert_eq!(history.rest(&place(0), false, 2.0), Settling::Settled);
        assert!(!history.can_undo(&place(0)));
    }

    #[test]
    fn the_oldest_steps_are_forgotten() {
        let mut history = started();
        for seed in 1..=500 {
            history.touch(f64::from(seed));
            history.rest(&place(seed), false, f64::from(seed) + 0.5);
        }
        let mut current = place(500);
        let mut steps = 0;
        while let Some(before) = history.undo(&current) {
            current = before;
            steps += 1;
        }
        assert_eq!(steps, CAPACITY);
        assert_eq!(current, place(500 - CAPACITY as u32));
    }
}
