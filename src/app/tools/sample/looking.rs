//! Looking at one place of a picture that is written: how likely each index was there when it was chosen.

use super::Sample;
use crate::app::pictures::PictureRequest;
use crate::app::tools::palette;
use crate::engine::ModelInfo;

/// The pictures of what can stand at a place, for models that write.
pub(super) fn request(model: &ModelInfo) -> Option<PictureRequest> {
    let grid = model.manifest.grid().filter(|_| model.manifest.writes())?;
    palette::request(model, grid)
}

impl Sample {
    /// The place that the film has come to: the one that was looked at, or the last that was written; `None` where
    /// the whole picture is shown and nobody has asked for a place, and for models that write none.
    pub fn place(&self) -> Option<usize> {
        if self.looked.is_some() {
            return self.looked;
        }
        if self.is_at_end() && !self.reel.is_playing() {
            return None;
        }
        let choices = &self.film.nearest(self.step())?.choices;
        let last = choices.len().checked_sub(1)?;
        let played = self.reel.within(self.film.of()) * choices.len() as f32;
        let at = (played.ceil() as usize).saturating_sub(1);
        Some(choices.get(at.min(last))?.place)
    }

    /// Stops the film where a place is written.
    pub fn look_at(&mut self, place: usize) {
        if let Some((step, _)) = self.film.choice(place) {
            self.scrub(step);
            self.looked = Some(place);
        }
    }
}
