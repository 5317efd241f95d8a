//! Where one stands in a film, and playing it.

/// The position in a film of any number of steps.
#[derive(Default, Debug)]
pub struct Reel {
    /// The step that was chosen, from 1; `None` for the last one, however many there are.
    at: Option<usize>,
    /// How much of the film has been played, 0..1; `None` at rest.
    played: Option<f32>,
}

impl Reel {
    /// The step that is shown of `of`.
    pub fn step(&self, of: usize) -> usize {
        let step = match self.played {
            Some(played) => (played * of as f32).ceil() as usize,
            None => self.at.unwrap_or(of),
        };
        step.clamp(1, of.max(1))
    }

    /// Stops and shows a step; at the last one it stays, also when there are more.
    pub fn go_to(&mut self, step: usize, of: usize) {
        self.played = None;
        self.at = (step < of).then_some(step.max(1));
    }

    /// How much of the shown step has been played, 0..1; 1 at rest.
    pub fn within(&self, of: usize) -> f32 {
        match self.played {
            Some(played) => (played * of as f32 - (self.step(of) - 1) as f32).clamp(0.0, 1.0),
            None => 1.0,
        }
    }

    pub fn is_playing(&self) -> bool {
        self.played.is_some()
    }

    /// Starts or stops; from the end it starts over. Always has something to play.
    pub fn toggle(&mut self, of: usize) -> bool {
        match self.played {
            Some(_) => self.stop(of),
            None => {
                let is_at_end = self.step(of) >= of;
                let from = if is_at_end { 0 } else { self.step(of) };
                self.played = Some(from as f32 / of.max(1) as f32);
            }
        }
        true
    }

    /// Stops at the step that is shown.
    pub fn stop(&mut self, of: usize) {
        if self.is_playing() {
            self.go_to(self.step(of), of);
        }
    }

    /// Plays on by a share of the film; stops at its end.
    pub fn advance(&mut self, share: f32, of: usize) {
        let Some(played) = self.played else { return };
        let played = played + share.max(0.0);
        if played < 1.0 {
            self.played = Some(played);
        } else {
            self.go_to(of, of);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_step_is_shown_until_another_is_chosen() {
        let mut reel = Reel::default();
        assert_eq!((reel.step(20), reel.step(50), reel.step(0)), (20, 50, 1));
        reel.go_to(7, 20);
        assert_eq!((reel.step(20), reel.step(5)), (7, 5));
        reel.go_to(0, 20);
        assert_eq!(reel.step(20), 1);
        reel.go_to(20, 20);
        assert_eq!(reel.step(50), 50, "the end stays the end");
    }

    #[test]
    fn playing_goes_through_every_step_and_rests_at_the_end() {
        let mut reel = Reel::default();
        reel.toggle(4);
        let mut seen = vec![reel.step(4)];
        for _ in 0..7 {
            reel.advance(0.125, 4);
            seen.push(reel.step(4));
        }
        assert_eq!(seen, [1, 1, 1, 2, 2, 3, 3, 4]);
        assert_eq!(reel.within(4), 0.5);
        reel.advance(1.0, 4);
        assert!(!reel.is_playing() && reel.step(4) == 4 && reel.within(4) == 1.0);
        // From a step in the middle it goes on, and stops where it is.
        reel.go_to(2, 4);
        reel.toggle(4);
        reel.advance(0.2, 4);
        reel.toggle(4);
        assert_eq!((reel.is_playing(), reel.step(4)), (false, 3));
    }
}
