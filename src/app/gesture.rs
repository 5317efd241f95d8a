//! When the hand rests: only then a place becomes a step of the session's history.
//!
//! A drag over a slider makes hundreds of expressions; one undo should take back the drag, not
//! a pixel of it. So the current place is settled when nothing has moved for a while.

/// How long nothing may have changed before the hand counts as resting.
const REST_SECS: f64 = 0.25;

/// Whether something has changed since the last step, and when.
#[derive(Default, Debug)]
pub struct Gesture {
    changed_at_secs: f64,
    moving: bool,
    held: bool,
}

/// What became of the place in this frame.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum EditPhase {
    /// Nothing has changed since the last step, or nothing may become one now.
    Still,
    /// It still changes, or did a moment ago.
    Moving,
    /// It is to be settled now.
    Settled,
}

impl Gesture {
    /// Says that the place has just changed.
    pub fn touch(&mut self, now_secs: f64) {
        self.changed_at_secs = now_secs;
        self.moving = true;
    }

    /// Says that what is shown is no change: it was settled before, or is not to become a step.
    pub fn end(&mut self) {
        self.moving = false;
    }

    /// Sets whether nothing becomes a step for now: what is shown is on its way, or a scene's.
    pub fn hold(&mut self, held: bool) {
        self.held = held;
    }

    /// Whether the place has changed since it was settled last.
    pub fn is_moving(&self) -> bool {
        self.moving
    }

    /// Whether what has changed may become a step.
    pub fn may_settle(&self) -> bool {
        self.moving && !self.held
    }

    /// Whether nothing has moved for a while, also while nothing may become a step.
    pub fn rests(&self, hand_is_busy: bool, now_secs: f64) -> bool {
        !hand_is_busy && now_secs - self.changed_at_secs >= REST_SECS
    }

    /// Says whether the hand rests on a place that is not settled yet.
    pub fn rest(&self, hand_is_busy: bool, now_secs: f64) -> EditPhase {
        if !self.may_settle() {
            EditPhase::Still
        } else if hand_is_busy || now_secs - self.changed_at_secs < REST_SECS {
            EditPhase::Moving
        } else {
            EditPhase::Settled
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_ends_when_the_hand_rests() {
        let mut gesture = Gesture::default();
        for step in 1..=50 {
            let now_secs = f64::from(step) * 0.01;
            gesture.touch(now_secs);
            assert_eq!(gesture.rest(true, now_secs), EditPhase::Moving);
        }
        assert_eq!(
            gesture.rest(false, 0.5 + REST_SECS / 2.0),
            EditPhase::Moving
        );
        assert_eq!(gesture.rest(false, 10.0), EditPhase::Settled);
        gesture.end();
        assert_eq!(gesture.rest(false, 11.0), EditPhase::Still);
    }

    #[test]
    fn while_it_is_held_nothing_settles_and_nothing_is_lost() {
        let mut gesture = Gesture::default();
        gesture.hold(true);
        gesture.touch(0.0);
        assert_eq!(gesture.rest(false, 2.0), EditPhase::Still);
        gesture.hold(false);
        assert_eq!(gesture.rest(false, 2.0), EditPhase::Settled);
    }
}
