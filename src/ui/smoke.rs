//! A start that ends by itself: proves that a picture reaches the screen, and how fast.

use crate::app::AppState;
use crate::engine::ModelSource;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A machine that needs longer than this has a problem that is worth an error.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the start came to; read after the window has closed.
pub type Outcome = Arc<Mutex<Option<Result<FirstPicture, String>>>>;

/// The first picture on the screen.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub struct FirstPicture {
    /// Milliseconds from the start of the process to the frame after the picture was painted.
    pub first_picture_ms: f64,
    pub device: String,
    pub adapter: String,
}

/// Watches for the first picture.
pub struct Smoke {
    started: Instant,
    /// The model that is to be seen; without one any is.
    wanted: Option<ModelSource>,
    frames_with_picture: u32,
    outcome: Outcome,
}

impl Smoke {
    pub fn new(started: Instant, wanted: Option<ModelSource>, outcome: Outcome) -> Self {
        Self {
            started,
            wanted,
            frames_with_picture: 0,
            outcome,
        }
    }

    /// Counts a frame at its beginning. Returns whether the window may close.
    pub fn on_frame(&mut self, app: &AppState, picture_was_painted: bool) -> bool {
        if picture_was_painted {
            self.frames_with_picture += 1;
        }
        // When a frame begins, the one before it has been handed to the screen.
        let last = || {
            let last = app.notices().all().last();
            last.map_or("", |notice| notice.text.as_str())
        };
        let shown = app.model().map(|model| &model.source);
        let is_other = self
            .wanted
            .as_ref()
            .is_some_and(|wanted| shown != Some(wanted));
        let result = if self.frames_with_picture > 0 && is_other {
            Err(format!("it shows another model. {}", last()))
        } else if self.frames_with_picture > 0 {
            let device = app.models().device();
            Ok(FirstPicture {
                first_picture_ms: self.started.elapsed().as_secs_f64() * 1000.0,
                device: device.map_or("", |device| device.backend).to_owned(),
                adapter: device.map_or("", |device| &device.adapter).to_owned(),
            })
        } else if self.started.elapsed() > PATIENCE {
            let (secs, last) = (PATIENCE.as_secs(), last());
            Err(format!("no picture after {secs} s. {last}"))
        } else {
            return false;
        };
        let mut outcome = self.outcome.lock().unwrap_or_else(PoisonError::into_inner);
        outcome.get_or_insert(result);
        true
    }
}
