//! From a prepared picture to its code: what runs in the engine, and what was found.

use super::hand::Hand;
use super::preprocessor::{PreprocessedImage, Preprocessor};
use super::reading::Readings;
use super::{Settings, Source, ToolContext, Wanted};
use crate::app::{ByAddress, Derived};
use crate::engine::{Encoding, InvertOptions, InvertStep, Job, JobId, ModelId, ModelInfo};
use crate::latent::Code;
use crate::model::manifest::ImageSpec;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How long a drawing hand rests before a new descent begins.
const REST_SECS: f64 = 0.3;

/// What was found for a picture.
#[derive(Clone, PartialEq, Debug)]
pub struct Found {
    /// No two of a run have the same.
    pub id: u64,
    pub model: ModelId,
    /// The picture that it was found for.
    pub prepared: Arc<PreprocessedImage>,
    pub code: Code,
    pub image: ImageSpec,
    /// What the model makes of the code: f32 `[C, H, W]` in 0..1.
    pub reconstruction: Arc<[f32]>,
    /// The mean of the squared differences to the picture.
    pub mse: f32,
    /// The largest difference of two numbers of the pictures.
    pub largest_error: f32,
    pub how: How,
}

impl Found {
    /// How far the code is from the one that the picture was made of, as the largest difference of two numbers; `None`
    /// where it was made otherwise, or changed since.
    pub fn code_error(&self) -> Option<f32> {
        let wanted = &self.prepared.wanted;
        let taken = wanted
            .taken
            .as_ref()
            .filter(|_| wanted.retouches.is_empty());
        let made_of = &taken?.0.code;
        let is_alike = made_of.space == self.code.space && made_of.shape == self.code.shape;
        is_alike.then(|| largest_error(made_of.values.reals(), self.code.values.reals()))
    }

    /// The absolute difference of each pixel, as the mean over the channels: f32 `[H, W]`.
    pub fn difference(&self) -> Vec<f32> {
        let plane = self.image.height * self.image.width;
        let pairs = || self.prepared.picture.iter().zip(&*self.reconstruction);
        let mut sums = vec![0.0_f32; plane];
        for (index, (a, b)) in pairs().enumerate() {
            sums[index % plane.max(1)] += (a - b).abs() / self.image.channels.max(1) as f32;
        }
        sums
    }
}

/// The largest difference between two pictures.
fn largest_error(a: &[f32], b: &[f32]) -> f32 {
    let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max)
}

/// How a code was found.
#[derive(Clone, PartialEq, Debug)]
pub enum How {
    /// By the encoder.
    Encoder(Arc<Encoding>),
    /// By the steps of DDIM backwards; the picture is what as many steps make of the noise again.
    Ddim { steps: usize },
    /// By descending; the best so far is kept.
    Descent {
        step: usize,
        of: usize,
        /// The lowest loss at every step.
        losses: Vec<f32>,
    },
}

/// A job under way.
#[derive(Debug)]
struct Running {
    job: JobId,
    prepared: Arc<PreprocessedImage>,
    model: ModelId,
    is_descent: bool,
    /// Whether it goes the steps of a sampler backwards.
    is_ddim: bool,
    /// Parts done, and how many there are.
    progress: [usize; 2],
}

/// The picture and what was found for it; no part of undo.
#[derive(Default, Debug)]
pub struct Encode {
    preprocessor: Preprocessor,
    prepared: Option<Arc<PreprocessedImage>>,
    prepared_at_secs: f64,
    fault: Option<String>,
    running: Option<Running>,
    /// What was done last: the picture, the model, the options of a descent.
    done: Option<(u64, ModelId, Option<InvertOptions>)>,
    /// A descent was asked for although there is an encoder, or again.
    asks_descent: bool,
    found: Option<Found>,
    pub(super) hand: Hand,
    pub(super) readings: Readings,
    /// Whose losses are in what was found.
    curve_of: Option<JobId>,
    next_id: u64,
    wanted: Derived<(ByAddress<Settings>, ByAddress<ModelInfo>), Option<Wanted>>,
}

impl Encode {
    /// The picture as the model takes it.
    pub fn prepared(&self) -> Option<&Arc<PreprocessedImage>> {
        self.prepared.as_ref()
    }

    /// Why there is no picture or no code; a sentence.
    pub fn fault(&self) -> Option<&str> {
        self.fault.as_deref()
    }

    pub fn found(&self) -> Option<&Found> {
        self.found.as_ref()
    }

    /// Whether a descent is under way.
    pub fn is_descending(&self) -> bool {
        self.running.as_ref().is_some_and(|run| run.is_descent)
    }

    /// How far a search is, from 0 to 1; `None` where none is under way.
    pub fn progress(&self) -> Option<f32> {
        let run = self.running.as_ref().filter(|run| run.is_descent)?;
        let [done, of] = run.progress;
        Some(done as f32 / of.max(1) as f32)
    }

    /// Whether anything is still to come.
    pub fn is_settled(&self) -> bool {
        self.running.is_none()
    }
}

/// Whether a model finds codes by itself.
pub fn has_encoder(model: &ModelInfo) -> bool {
    model.manifest.encodes()
}

impl Encode {
    /// Opens the tool with the picture of a file.
    pub fn open_file(cx: &mut ToolContext<'_, Self>, path: PathBuf) {
        cx.open();
        cx.edit(|settings| settings.open_file(path));
    }

    pub(super) fn follow(&mut self, cx: &mut ToolContext<'_, Self>, model: &Arc<ModelInfo>) {
        let settings = cx.settings();
        let key = (settings.address(), ByAddress::new(model));
        let wanted = self.wanted.get(key, || settings.wanted(model));
        let with_picture = match &settings.source {
            Source::Shot(expression) => match Self::taken(cx, model, expression) {
                Ok(Some(taken)) => wanted.as_ref().clone().map(|wanted| Wanted {
                    taken: Some(taken),
                    ..wanted
                }),
                Ok(None) => return,
                Err(sentence) => {
                    self.stop(cx);
                    (self.prepared, self.found) = (None, None);
                    (self.done, self.fault) = (None, Some(sentence));
                    self.preprocessor.forget();
                    return;
                }
            },
            _ => None,
        };
        let Some(wanted) = with_picture.as_ref().or(wanted.as_ref().as_ref()) else {
            self.stop(cx);
            (self.prepared, self.found, self.fault) = (None, None, None);
            self.done = None;
            self.preprocessor.forget();
            return;
        };
        if let Err(sentence) = self.preprocessor.ask(wanted, &cx.workspace.wake) {
            self.fault = Some(sentence);
        }
        if let Some((of, result)) = self.preprocessor.try_answer()
            && self.preprocessor.is_waiting_for(&of)
        {
            match result {
                Ok(prepared) => {
                    self.prepared = Some(Arc::new(prepared));
                    self.prepared_at_secs = cx.workspace.now_secs;
                    self.fault = None;
                }
                Err(sentence) => {
                    (self.prepared, self.found) = (None, None);
                    self.fault = Some(sentence);
                }
            }
        }
        self.find_code(cx, model);
    }

    /// Starts the job for the picture, if it is not the one that was done last.
    fn find_code(&mut self, cx: &mut ToolContext<'_, Self>, model: &ModelInfo) {
        let search = cx.settings().search(model);
        let is_drawing = cx.settings().is_by_hand();
        let Some(prepared) = self.prepared.clone() else {
            return;
        };
        if prepared.wanted.image != model.manifest.image {
            return;
        }
        let is_descent = self.asks_descent || !has_encoder(model);
        let subject = (
            prepared.id,
            model.id.clone(),
            is_descent.then(|| search.clone()),
        );
        // What was found by a descent stays until the picture is another.
        let is_done = self.done.as_ref().is_some_and(|(id, model, how)| {
            (id, model) == (&subject.0, &subject.1) && (*how == subject.2 || !self.asks_descent)
        });
        if is_done {
            return;
        }
        match &self.running {
            // An encoder needs a millisecond: the next picture waits for it.
            Some(run) if !run.is_descent => return,
            Some(_) => self.stop(cx),
            None => {}
        }
        let rests = cx.workspace.now_secs - self.prepared_at_secs >= REST_SECS;
        if is_descent && is_drawing && !rests && !self.asks_descent {
            return;
        }
        let picture = Arc::clone(&prepared.picture);
        let model_id = model.id.clone();
        let job = if is_descent {
            let mut options = search;
            // From where one is, too: a descent goes on from the last best code.
            if let Some(found) = self.found.as_ref().filter(|it| it.model == model.id) {
                options.starts.push(found.code.clone());
            }
            Job::Invert {
                model: model_id,
                picture,
                options,
            }
        } else {
            Job::Encode {
                model: model_id,
                picture,
            }
        };
        self.running = Some(Running {
            job: cx.submit(job),
            prepared,
            model: model.id.clone(),
            is_descent,
            is_ddim: is_descent && model.manifest.diffusion.is_some(),
            progress: [0, 1],
        });
        self.done = Some(subject);
        self.asks_descent = false;
    }

    /// Whether a descent waits for the hand to rest.
    pub(super) fn waits_for_rest(&self) -> bool {
        let is_new = |prepared: &Arc<PreprocessedImage>| {
            self.done.as_ref().is_none_or(|(id, ..)| *id != prepared.id)
        };
        self.running.is_none() && self.prepared.as_ref().is_some_and(is_new)
    }

    /// Descends to the code of the picture, also where there is an encoder.
    pub fn descend(&mut self) {
        self.asks_descent = true;
        self.done = None;
    }

    /// Stops what runs; the best so far stays.
    pub fn stop(&mut self, cx: &ToolContext<'_, Self>) {
        if let Some(run) = self.running.take() {
            cx.workspace.engine.cancel(run.job);
        }
    }

    pub(super) fn on_encoded(&mut self, job: JobId, encoding: Arc<Encoding>) {
        let Some(run) = self.running.take_if(|run| run.job == job) else {
            return;
        };
        self.next_id += 1;
        self.found = Some(Found {
            id: self.next_id,
            model: run.model,
            largest_error: largest_error(&run.prepared.picture, &encoding.reconstruction),
            prepared: run.prepared,
            code: encoding.mu.clone(),
            image: encoding.image,
            reconstruction: encoding.reconstruction.clone().into(),
            mse: encoding.mse,
            how: How::Encoder(encoding),
        });
    }

    pub(super) fn on_invert_step(&mut self, job: JobId, step: InvertStep) {
        let Some(run) = self.running.as_ref().filter(|run| run.job == job) else {
            return;
        };
        let is_ddim = run.is_ddim;
        // Every descent has a curve of its own.
        let goes_on = self.curve_of.replace(job) == Some(job);
        let mut losses = match self.found.take() {
            Some(Found {
                how: How::Descent { losses, .. },
                ..
            }) if goes_on => losses,
            _ => Vec::new(),
        };
        losses.extend(&step.losses);
        self.next_id += 1;
        self.found = Some(Found {
            id: self.next_id,
            model: run.model.clone(),
            largest_error: largest_error(&run.prepared.picture, &step.picture),
            prepared: Arc::clone(&run.prepared),
            code: step.best_code,
            image: step.image,
            reconstruction: step.picture.into(),
            mse: step.best_mse,
            how: match is_ddim {
                true => How::Ddim { steps: step.of },
                false => How::Descent {
                    step: step.step,
                    of: step.of,
                    losses,
                },
            },
        });
    }

    pub(super) fn on_progress(&mut self, job: JobId, progress: [usize; 2]) {
        if let Some(run) = self.running.as_mut().filter(|run| run.job == job) {
            run.progress = progress;
        }
    }

    pub(super) fn on_end(&mut self, job: JobId, failure: Option<&str>) {
        if self.running.take_if(|run| run.job == job).is_some()
            && let Some(failure) = failure
        {
            self.fault = Some(failure.to_owned());
        }
    }
}

impl Settings {
    /// What the code of the picture may be called: as the file, or `drawing`.
    pub fn suggested_name(&self) -> String {
        match &self.source {
            Source::File(path) => name_of(path),
            Source::Shot(_) => "picture".to_owned(),
            Source::Drawing(_) | Source::None => "drawing".to_owned(),
        }
    }
}

/// The name of a file as a name of a code: letters, digits and dashes, beginning with a letter.
pub(in crate::app) fn name_of(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    let clean: String = stem
        .unwrap_or_default()
        .chars()
        .take(40)
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    // One dash for any number of others: two would be a minus of a minus.
    let parts: Vec<&str> = clean.split('-').filter(|part| !part.is_empty()).collect();
    let clean = parts.join("-");
    match clean.chars().next() {
        Some(first) if first.is_ascii_alphabetic() => clean,
        Some(_) => format!("picture-{clean}"),
        None => "picture".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::bookmarks::check_name;

    #[test]
    fn files_give_names_that_expressions_can_use() {
        for (path, name) in [
            ("a/b/My Photo.png", "My-Photo"),
            ("7.png", "picture-7"),
            ("...", "picture"),
            ("ärger (2).jpeg", "rger-2"),
        ] {
            assert_eq!(name_of(Path::new(path)), name);
            check_name(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}
