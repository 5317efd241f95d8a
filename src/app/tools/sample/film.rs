//! The film of the current picture: what every step began with, and the picture that the network saw
//! behind the noise.
//!
//! The hazard here is memory: a picture of a thousand steps has two thousand pictures. Of more than
//! [`MAX_BYTES`] only every second step is kept, or fewer.

use super::Sample;
use crate::app::Thumbnail;
use crate::app::tools::ToolContext;
use crate::engine::{Job, JobId, ModelInfo};
use crate::latent::{SessionNames, Shot};
use crate::model::manifest::ImageSpec;
use crate::model::written::Choice;
use std::sync::Arc;

/// What the pictures of a film may take.
const MAX_BYTES: usize = 64 << 20;

/// A picture of the film.
#[derive(Clone, Debug)]
pub struct Still {
    /// No two of a film have the same.
    pub id: u64,
    pub image: ImageSpec,
    /// f32 `[C, H, W]` in 0..1.
    pub values: Arc<[f32]>,
    pub thumbnail: Thumbnail,
}

/// One step of the film.
#[derive(Clone, Debug)]
pub struct FilmStep {
    /// From 1 to the number of steps.
    pub step: usize,
    /// `x_t`, with which the step began.
    pub noisy: Option<Still>,
    /// The x0 prediction; after the last step the picture.
    pub data: Still,
    /// How the places that it wrote were chosen; empty where a picture is not written place by place.
    pub choices: Arc<[Choice]>,
}

/// What a film is of.
#[derive(Clone, Debug)]
struct Subject {
    shot: Shot,
    names: Arc<SessionNames>,
}

impl PartialEq for Subject {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.names, &other.names) && self.shot == other.shot
    }
}

/// The steps of the current picture, as far as they have come.
#[derive(Default, Debug)]
pub struct Film {
    subject: Option<Subject>,
    job: Option<JobId>,
    /// How many steps there are.
    of: usize,
    /// Steps from one that is kept to the next.
    stride: usize,
    /// Those that are kept, in order. While a film is on its way, the rest is of the one before.
    steps: Vec<FilmStep>,
    /// How many of them are of this film.
    come: usize,
    failure: Option<String>,
    next_id: u64,
    /// Whether it follows the current picture: somebody looks at it.
    is_shown: bool,
}

impl Film {
    /// How many steps lead to the picture; 0 before any has come.
    pub fn of(&self) -> usize {
        self.of
    }

    /// The steps that are kept, in order.
    pub fn steps(&self) -> &[FilmStep] {
        &self.steps
    }

    /// How many steps are kept when all have come.
    pub fn kept(&self) -> usize {
        self.of.div_ceil(self.stride.max(1))
    }

    /// How many of the kept steps are of the current picture; the rest shows the one before.
    pub fn come(&self) -> usize {
        self.come
    }

    /// The kept step that is nearest to a step.
    pub fn nearest(&self, step: usize) -> Option<&FilmStep> {
        let distance = |kept: &&FilmStep| kept.step.abs_diff(step);
        self.steps.iter().min_by_key(distance)
    }

    /// How a place of the current picture was chosen, and the step that wrote it; `None` where that is not known.
    pub fn choice(&self, place: usize) -> Option<(usize, &Choice)> {
        let steps = self.steps.iter().take(self.come);
        let mut found = steps.filter_map(|step| {
            let first = step.choices.first()?.place;
            let choice = step.choices.get(place.checked_sub(first)?)?;
            Some((step.step, choice))
        });
        found.next()
    }

    /// Whether somebody looks at it.
    pub fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Whether all steps have come, or cannot come.
    pub fn is_settled(&self) -> bool {
        self.job.is_none()
    }

    /// Why there is no film; a sentence.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Begins the film of the current picture, once that is there: while a hand moves, the picture
    /// under it comes first.
    pub(super) fn follow(&mut self, cx: &mut ToolContext<'_, Sample>, model: &ModelInfo) {
        self.is_shown = true;
        let workspace = &cx.workspace;
        let expression = workspace.position.expression().clone();
        let subject = Subject {
            shot: workspace.shot(&model.id, expression),
            names: Arc::clone(&workspace.names),
        };
        if self.subject.as_ref() == Some(&subject) || !workspace.preview.is_settled() {
            return;
        }
        self.cancel(cx);
        self.failure = cx.workspace.preview.failure().map(str::to_owned);
        self.come = 0;
        if self.failure.is_none() {
            self.job = Some(cx.submit(Job::Steps {
                shot: subject.shot.clone(),
                names: Arc::clone(&subject.names),
            }));
        }
        self.subject = Some(subject);
    }

    /// Stops what is on its way; it is begun again when it is looked at.
    pub(super) fn stop(&mut self, cx: &ToolContext<'_, Sample>) {
        self.is_shown = false;
        self.cancel(cx);
    }

    fn cancel(&mut self, cx: &ToolContext<'_, Sample>) {
        if let Some(job) = self.job.take() {
            cx.workspace.engine.cancel(job);
            self.subject = None;
        }
    }

    /// Takes a step, if it is of this film.
    pub(super) fn take(
        &mut self,
        job: JobId,
        (step, of): (usize, usize),
        image: ImageSpec,
        [noisy, data]: [Option<Vec<f32>>; 2],
        choices: Arc<[Choice]>,
    ) {
        if self.job != Some(job) {
            return;
        }
        let stride = stride(of, image);
        if (of, stride) != (self.of, self.stride) {
            (self.of, self.stride) = (of, stride);
            self.steps.clear();
        }
        if (of - step.min(of)) % stride != 0 {
            return;
        }
        let mut still = |values: Vec<f32>| {
            self.next_id += 1;
            Some(Still {
                id: self.next_id,
                image,
                thumbnail: Thumbnail::from_values(image, &values)?,
                values: values.into(),
            })
        };
        let noisy = noisy.and_then(&mut still);
        let Some(data) = data.and_then(still) else {
            return;
        };
        let step = FilmStep {
            step,
            noisy,
            data,
            choices,
        };
        match self.steps.get_mut(self.come) {
            Some(place) => *place = step,
            None => self.steps.push(step),
        }
        self.come += 1;
    }

    /// Takes note that the job has ended. Returns whether it was that of the film.
    pub(super) fn end(&mut self, job: JobId, failure: Option<&str>) {
        if self.job.take_if(|running| *running == job).is_some() {
            self.failure = failure.map(str::to_owned);
        }
    }
}

/// How many steps lie from one that is kept to the next; the last is always kept.
fn stride(of: usize, image: ImageSpec) -> usize {
    // Both pictures of a step as numbers, and once more as small pictures.
    let bytes = 2 * image.len().saturating_mul(2 * size_of::<f32>());
    of.saturating_mul(bytes).div_ceil(MAX_BYTES).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(side: usize) -> ImageSpec {
        ImageSpec {
            channels: 3,
            height: side,
            width: side,
        }
    }

    #[test]
    fn a_long_film_of_large_pictures_is_thinned() {
        assert_eq!(stride(1000, image(28)), 1);
        let large = image(1024);
        let every = stride(1000, large);
        assert!(1000 / every * large.len() * 16 <= MAX_BYTES, "{every}");
        assert_eq!(stride(1, image(64)), 1);
    }

    #[test]
    fn a_new_film_takes_the_place_of_the_one_before_step_by_step() {
        let mut film = Film {
            job: Some(JobId(1)),
            ..Film::default()
        };
        let image = image(2);
        let take = |film: &mut Film, job, step, of, level: f32| {
            let values = Some(vec![level; image.len()]);
            let choices = [2 * step - 2, 2 * step - 1].map(|place| Choice {
                place,
                index: job as u32,
                is_given: false,
                likely: Vec::new(),
            });
            let pictures = [values.clone(), values];
            film.take(JobId(job), (step, of), image, pictures, choices.into());
        };
        let levels = |film: &Film| -> Vec<f32> {
            let steps = film.steps().iter();
            steps.map(|step| step.data.values[0]).collect()
        };
        for step in 1..=3 {
            take(&mut film, 1, step, 3, 0.25);
        }
        film.end(JobId(1), None);
        assert!(film.is_settled() && film.come() == 3);
        (film.job, film.come) = (Some(JobId(2)), 0);
        take(&mut film, 1, 1, 3, 1.0);
        assert_eq!(
            levels(&film),
            [0.25; 3],
            "what was cancelled may still arrive"
        );
        take(&mut film, 2, 1, 3, 0.75);
        assert_eq!((levels(&film), film.come()), (vec![0.75, 0.25, 0.25], 1));
        assert_eq!(film.nearest(9).map(|kept| kept.step), Some(3));
        let choice = |place| {
            film.choice(place)
                .map(|(step, choice)| (step, choice.index))
        };
        assert_eq!([choice(0), choice(1)], [Some((1, 2)); 2]);
        assert_eq!(choice(2), None, "that was of the one before");
        // Another number of steps is another strip.
        (film.job, film.come) = (Some(JobId(3)), 0);
        take(&mut film, 3, 1, 5, 0.5);
        assert_eq!((levels(&film), film.of()), (vec![0.5], 5));
        film.end(JobId(3), Some("lost"));
        assert_eq!(film.failure(), Some("lost"));
    }
}
