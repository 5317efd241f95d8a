//! The tour of the first start: five things to do, each at the control that does it.
//!
//! The hazard here is a tour that stands in the way. It takes no input: a step is done by doing it,
//! with the real control, and anything else can be done meanwhile.

/// One thing to do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum TourStep {
    /// Drag on the picture.
    Drag,
    /// Move a slider.
    Slider,
    /// Go to another seed.
    Seed,
    /// Bookmark the picture.
    Keep,
    /// Open a question.
    Question,
}

impl TourStep {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [
        Self::Drag,
        Self::Slider,
        Self::Seed,
        Self::Keep,
        Self::Question,
    ];

    /// Its place in the tour, from 1.
    pub fn number(self) -> usize {
        self as usize + 1
    }

    fn next(self) -> Option<Self> {
        Self::ALL.get(self.number()).copied()
    }
}

/// What the bubble and the controls say to the tour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TourAction {
    /// The picture was dragged; other steps are known by what they ask for.
    Dragged,
    /// Bring the control on the window that the step is about.
    Show,
    /// Go to the next step without doing this one.
    Next,
    /// End it.
    End,
}

/// How far the tour is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tour {
    step: Option<TourStep>,
    /// The step is done, and the hand still moves.
    is_done: bool,
}

impl Tour {
    /// The step that is to be done; `None` when no tour is under way.
    pub fn step(&self) -> Option<TourStep> {
        self.step
    }

    /// Begins with the first step.
    pub(super) fn begin(&mut self) {
        *self = Self {
            step: Some(TourStep::ALL[0]),
            is_done: false,
        };
    }

    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// Takes note that something was done, which may be what the step is about.
    pub(super) fn did(&mut self, step: TourStep) {
        self.is_done |= self.step == Some(step);
    }

    /// Goes on when the step is done and the hand rests, so that no bubble jumps while something is
    /// dragged. Returns whether the step is another one now.
    pub(super) fn rest(&mut self, hand_is_busy: bool) -> bool {
        let goes_on = self.is_done && !hand_is_busy;
        if goes_on {
            self.go_on();
        }
        goes_on
    }

    /// Goes to the next step, or ends after the last.
    pub(super) fn go_on(&mut self) {
        self.step = self.step.and_then(TourStep::next);
        self.is_done = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_present_step_leads_on_and_only_when_the_hand_rests() {
        let mut tour = Tour::default();
        tour.did(TourStep::Drag);
        assert!(!tour.rest(false), "no tour is under way");
        tour.begin();
        tour.did(TourStep::Seed);
        assert!(!tour.rest(false));
        for (index, step) in TourStep::ALL.into_iter().enumerate() {
            assert_eq!(tour.step(), Some(step));
            assert_eq!(step.number(), index + 1);
            tour.did(step);
            assert!(!tour.rest(true), "the hand still moves");
            assert_eq!(tour.step(), Some(step));
            assert!(tour.rest(false));
        }
        assert_eq!(tour.step(), None);
    }
}
