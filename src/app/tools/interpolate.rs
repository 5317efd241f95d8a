//! Interpolate: a way through keyframes, to be looked at, scrubbed and played.
//!
//! Both methods are shown on the same keyframes at the same moments, with the norm of the codes
//! and the change of the pictures on the way, so that their difference is seen.

use crate::app::pictures::{PictureSet, SetKey, Want};
use crate::app::{Derived, Desk};
use crate::engine::ModelInfo;
use crate::latent::expr::Expr;
use crate::latent::path::{self, ArcLength, Easing, Method, Path, step_length};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The keyframes' pictures.
pub const KEYFRAMES: SetKey = SetKey("interpolate keyframes");
/// The strip of each method.
pub const SLERP_STRIP: SetKey = SetKey("interpolate slerp");
pub const LERP_STRIP: SetKey = SetKey("interpolate lerp");
/// Pictures that measure how long the way is.
pub const SURVEY: SetKey = SetKey("interpolate survey");
/// The bilinear sheet between the first four keyframes.
pub const SHEET: SetKey = SetKey("interpolate sheet");

/// More could not be distinguished in a row.
pub const MAX_KEYFRAMES: usize = 12;
/// Pictures on a strip.
pub const STRIP: usize = 16;
/// Pictures along each side of the sheet.
pub const SHEET_SIDE: usize = 7;
/// How long the way may take.
pub const SECS: RangeInclusive<f32> = 0.2..=120.0;
/// The durations that the slider reaches.
pub const SLIDER_SECS: RangeInclusive<f32> = 0.5..=30.0;
/// Frames of the way that scrubbing and playing go by.
const FRAMES: usize = 241;

/// The strip of a method.
pub fn strip_key(method: Method) -> SetKey {
    match method {
        Method::Slerp => SLERP_STRIP,
        Method::Lerp => LERP_STRIP,
    }
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub keyframes: Vec<Expr>,
    pub method: Method,
    pub easing: Easing,
    /// Whether the way comes back to its first keyframe.
    pub closed: bool,
    /// Whether equal times bring equal changes of the picture.
    pub even: bool,
    /// Duration of the whole path when it is played.
    pub secs: f32,
    /// Whether the sheet between four corners is shown instead of the strips.
    pub sheet: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            keyframes: [3, 9].map(Expr::Seed).to_vec(),
            method: Method::Slerp,
            easing: Easing::Linear,
            closed: false,
            even: false,
            secs: 4.0,
            sheet: false,
        }
    }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Edit {
    /// Before the keyframe of this number; one that is there already moves.
    Insert(usize, Expr),
    Remove(usize),
    /// One place towards the beginning, or towards the end.
    Shift(usize, bool),
    Method(Method),
    Easing(Easing),
    Closed(bool),
    Even(bool),
    Secs(f32),
    Sheet(bool),
    /// Everything at once, as a file says.
    Whole(Settings),
    Reset,
}

impl Settings {
    pub(super) fn apply(&mut self, edit: Edit) {
        match edit {
            Edit::Insert(at, code) => {
                let mut at = at.min(self.keyframes.len());
                if let Some(from) = self.keyframes.iter().position(|known| *known == code) {
                    self.keyframes.remove(from);
                    if from < at {
                        at -= 1;
                    }
                }
                if self.keyframes.len() < MAX_KEYFRAMES {
                    self.keyframes.insert(at.min(self.keyframes.len()), code);
                }
            }
            Edit::Remove(at) => {
                if at < self.keyframes.len() {
                    self.keyframes.remove(at);
                }
            }
            Edit::Shift(at, later) => {
                let other = if later { at + 1 } else { at.wrapping_sub(1) };
                if at < self.keyframes.len() && other < self.keyframes.len() {
                    self.keyframes.swap(at, other);
                }
            }
            Edit::Method(method) => self.method = method,
            Edit::Easing(easing) => self.easing = easing,
            Edit::Closed(on) => self.closed = on,
            Edit::Even(on) => self.even = on,
            Edit::Secs(secs) => self.secs = secs.clamp(*SECS.start(), *SECS.end()),
            Edit::Sheet(on) => self.sheet = on,
            Edit::Whole(settings) => {
                *self = settings;
                self.keyframes.truncate(MAX_KEYFRAMES);
                self.secs = self.secs.clamp(*SECS.start(), *SECS.end());
            }
            Edit::Reset => *self = Self::default(),
        }
    }

    /// The way by a method.
    ///
    /// # Errors
    /// One sentence when there are too few keyframes.
    pub fn path(&self, method: Method) -> Result<Path, String> {
        let keyframes = self.keyframes.clone();
        let path = if self.closed {
            Path::closed(keyframes, method)
        } else {
            Path::open(keyframes, method)
        };
        path.map_err(|_| "Add two or more keyframes: drop pictures, or add the current one".into())
    }

    /// The corners of the sheet, when there are enough keyframes.
    pub fn corners(&self) -> Option<[Expr; 4]> {
        let first: &[Expr; 4] = self.keyframes.first_chunk()?;
        Some(first.clone())
    }

    fn wants(&self, model: &ModelInfo, lengths: Option<&ArcLength>) -> Vec<Want> {
        let want = |key, expressions: Vec<Expr>| Want {
            key,
            model: model.id.clone(),
            expressions: expressions.into_iter().map(Some).collect(),
        };
        let mut wants = vec![want(KEYFRAMES, self.keyframes.clone())];
        if self.sheet {
            if let Some(corners) = self.corners() {
                let sheet = path::sheet(&corners, self.method, SHEET_SIDE, SHEET_SIDE);
                wants.push(want(SHEET, sheet));
            }
            return wants;
        }
        for method in Method::ALL {
            if let Ok(path) = self.path(method) {
                let positions = path.frame_positions(STRIP, self.easing, lengths);
                wants.push(want(strip_key(method), path.expressions(&positions)));
            }
        }
        if let (true, Ok(path)) = (self.even, self.path(self.method)) {
            wants.push(want(
                SURVEY,
                path.expressions(&path.survey_positions(STRIP)),
            ));
        }
        wants
    }
}

/// Where the way is scrubbed or played; no part of undo.
#[derive(Default, Debug)]
pub struct Live {
    playing: bool,
    /// 0 at the beginning, 1 at the end.
    time: f64,
    lengths: Option<ArcLength>,
    /// The number of the first picture that the lengths were measured on.
    measured_on: Option<u64>,
    /// By the numbers of the pictures, for each method.
    changes: [Derived<Vec<u64>, Vec<f32>>; 2],
}

impl Live {
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// Starts or stops playing; from the end it starts over.
    pub(in crate::app) fn toggle(&mut self) {
        self.playing = !self.playing;
        if self.playing && self.time >= 1.0 {
            self.time = 0.0;
        }
    }

    pub(in crate::app) fn stop(&mut self) {
        self.playing = false;
    }

    /// Where on the way, 0..1 of its time.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Which measurement the lengths come from.
    pub(in crate::app) fn measured_on(&self) -> Option<u64> {
        self.measured_on
    }

    /// How long the way is in pictures, where it was measured.
    pub fn lengths(&self) -> Option<&ArcLength> {
        self.lengths.as_ref()
    }
}

/// The change of the picture from each place of a set to the next, as the root mean square
/// difference of a pixel, 0..1.
fn changes(set: &PictureSet) -> Vec<f32> {
    let pictures: Vec<_> = set.iter().flatten().collect();
    pictures
        .windows(2)
        .map(|pair| pair[0].difference(pair[1]).unwrap_or(0.0))
        .collect()
}

impl Desk {
    /// The change of the picture along the strip of a method, from each picture to the next, as
    /// the root mean square difference of a pixel, 0..1.
    pub fn strip_changes(&self, method: Method) -> Arc<Vec<f32>> {
        let set = self.workspace.pictures.set(strip_key(method));
        let ids = set.iter().flatten().map(|picture| picture.id).collect();
        let [slerp, lerp] = &self.tools.interpolate.changes;
        let kept = match method {
            Method::Slerp => slerp,
            Method::Lerp => lerp,
        };
        kept.get(ids, || changes(set))
    }

    pub(super) fn interpolate_wants(&self, model: &ModelInfo) -> Vec<Want> {
        let settings = &self.tools.settings.interpolate;
        settings.wants(model, self.used_lengths())
    }

    fn used_lengths(&self) -> Option<&ArcLength> {
        let even = self.tools.settings.interpolate.even;
        self.tools.interpolate.lengths.as_ref().filter(|_| even)
    }

    /// Measures the way when its pictures have come.
    pub(super) fn follow_interpolate(&mut self) {
        let survey = self.workspace.pictures.set(SURVEY);
        if !self.tools.settings.interpolate.even {
            self.tools.interpolate.lengths = None;
            self.tools.interpolate.measured_on = None;
            return;
        }
        let last = survey.iter().flatten().map(|picture| picture.id).max();
        if !survey.is_complete() || last.is_none() || last == self.tools.interpolate.measured_on {
            return;
        }
        let pictures: Vec<_> = survey.iter().flatten().collect();
        let steps: Vec<f64> = pictures
            .windows(2)
            .map(|pair| step_length(&pair[0].values, &pair[1].values))
            .collect();
        self.tools.interpolate.lengths = ArcLength::from_steps(&steps);
        self.tools.interpolate.measured_on = last;
    }

    /// The expression at a moment of the way.
    fn way_at(&self, time: f64) -> Option<Expr> {
        let settings = &self.tools.settings.interpolate;
        let path = settings.path(settings.method).ok()?;
        let positions = path.frame_positions(FRAMES, settings.easing, self.used_lengths());
        let frame = (time.clamp(0.0, 1.0) * (FRAMES - 1) as f64).round() as usize;
        Some(path.at(*positions.get(frame)?))
    }

    /// Stops playing and goes to a moment of the path, 0..1 of its time.
    pub(in crate::app) fn scrub_to(&mut self, time: f64) {
        self.tools.interpolate.stop();
        self.scrub(time);
    }

    /// Goes to a moment of the way.
    fn scrub(&mut self, time: f64) {
        self.tools.interpolate.time = time.clamp(0.0, 1.0);
        if let Some(expression) = self.way_at(time)
            && self.workspace.check(&expression).is_ok()
        {
            self.workspace
                .edit(crate::app::Edit::Expression(expression));
        }
    }

    /// Plays on.
    pub(in crate::app) fn advance_path(&mut self, dt_secs: f32) {
        if !self.tools.interpolate.playing {
            return;
        }
        let settings = &self.tools.settings.interpolate;
        let closed = settings.closed;
        // A window that was hidden for a minute goes on from where it was.
        let step = f64::from(dt_secs.clamp(0.0, 0.1) / settings.secs);
        let mut time = self.tools.interpolate.time + step;
        if time >= 1.0 {
            if closed {
                time -= 1.0;
            } else {
                time = 1.0;
                self.tools.interpolate.playing = false;
            }
        }
        self.scrub(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(settings: &Settings) -> Vec<String> {
        settings.keyframes.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keyframes_are_put_in_moved_and_taken_out() {
        let mut settings = Settings::default();
        settings.apply(Edit::Insert(1, Expr::Seed(5)));
        assert_eq!(seeds(&settings), ["seed(3)", "seed(5)", "seed(9)"]);
        settings.apply(Edit::Insert(3, Expr::Seed(3)));
        assert_eq!(seeds(&settings), ["seed(5)", "seed(9)", "seed(3)"]);
        settings.apply(Edit::Shift(0, true));
        settings.apply(Edit::Shift(0, false));
        settings.apply(Edit::Shift(9, true));
        assert_eq!(seeds(&settings), ["seed(9)", "seed(5)", "seed(3)"]);
        settings.apply(Edit::Remove(1));
        settings.apply(Edit::Remove(7));
        assert_eq!(seeds(&settings), ["seed(9)", "seed(3)"]);
        for seed in 100..200 {
            settings.apply(Edit::Insert(0, Expr::Seed(seed)));
        }
        assert_eq!(settings.keyframes.len(), MAX_KEYFRAMES);
    }

    #[test]
    fn one_keyframe_is_no_way() {
        let mut settings = Settings::default();
        settings.apply(Edit::Remove(0));
        assert!(settings.path(Method::Slerp).is_err());
        assert!(settings.corners().is_none());
    }
}
