//! From a prepared picture to its code: what runs in the engine, and what was found.

use super::preparer::{Prepared, Preparer};
use super::{Edit, Settings, Source, Wanted};
use crate::app::jobs::Owner;
use crate::app::models::link_of;
use crate::app::notices::Level;
use crate::app::{ByAddress, Derived, Desk, Tool, ToolEdit, Wake};
use crate::engine::{Encoding, InvertOptions, InvertStep, Job, JobId, ModelId, ModelInfo};
use crate::latent::Code;
use crate::latent::expr::Expr;
use crate::model::manifest::{ImageSpec, Role};
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
    pub prepared: Arc<Prepared>,
    pub code: Code,
    pub image: ImageSpec,
    /// What the model makes of the code: f32 `[C, H, W]` in 0..1.
    pub reconstruction: Arc<[f32]>,
    /// The mean of the squared differences to the picture.
    pub mse: f32,
    pub how: How,
}

impl Found {
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

/// How a code was found.
#[derive(Clone, PartialEq, Debug)]
pub enum How {
    /// By the encoder.
    Encoder(Arc<Encoding>),
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
    prepared: Arc<Prepared>,
    model: ModelId,
    is_descent: bool,
}

/// The picture and what was found for it; no part of undo.
#[derive(Default, Debug)]
pub struct Live {
    preparer: Preparer,
    prepared: Option<Arc<Prepared>>,
    prepared_at_secs: f64,
    fault: Option<String>,
    running: Option<Running>,
    /// What was done last: the picture, the model, the options of a descent.
    done: Option<(u64, ModelId, Option<InvertOptions>)>,
    /// A descent was asked for although there is an encoder, or again.
    asks_descent: bool,
    found: Option<Found>,
    /// Whose losses are in what was found.
    curve_of: Option<JobId>,
    next_id: u64,
    wanted: Derived<(ByAddress<Settings>, ByAddress<ModelInfo>), Option<Wanted>>,
}

impl Live {
    /// The picture as the model takes it.
    pub fn prepared(&self) -> Option<&Arc<Prepared>> {
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

    /// Whether anything is still to come.
    pub fn is_settled(&self) -> bool {
        self.running.is_none()
    }
}

/// Whether a model finds codes by itself.
pub fn has_encoder(model: &ModelInfo) -> bool {
    model.manifest.networks.contains_key(&Role::Encoder)
}

impl Desk {
    /// Opens the tool with the picture of a file.
    pub(in crate::app) fn encode_file(&mut self, path: PathBuf) {
        self.tools.open = Tool::Encode;
        self.edit_tool(ToolEdit::Encode(Edit::Open(path)));
    }

    /// Brings the picture into the model's size and finds its code, as soon as either is another.
    pub(in crate::app::tools) fn follow_encode(&mut self, model: &Arc<ModelInfo>) {
        let settings = &self.tools.settings.encode;
        let key = (settings.address(), ByAddress::new(model));
        let kept = &self.tools.encode.wanted;
        let wanted = kept.get(key, || settings.wanted(model));
        let Some(wanted) = wanted.as_ref() else {
            self.stop_encoding();
            let live = &mut self.tools.encode;
            (live.prepared, live.found, live.fault) = (None, None, None);
            live.done = None;
            live.preparer.forget();
            return;
        };
        let wake: Wake = Arc::clone(&self.workspace.wake);
        let live = &mut self.tools.encode;
        if let Err(sentence) = live.preparer.ask(wanted, &wake) {
            live.fault = Some(sentence);
        }
        if let Some((of, result)) = live.preparer.try_answer()
            && live.preparer.is_waiting_for(&of)
        {
            match result {
                Ok(prepared) => {
                    live.prepared = Some(Arc::new(prepared));
                    live.prepared_at_secs = self.workspace.now_secs;
                    live.fault = None;
                }
                Err(sentence) => {
                    (live.prepared, live.found) = (None, None);
                    live.fault = Some(sentence);
                }
            }
        }
        self.find_code(model);
    }

    /// Starts the job for the picture, if it is not the one that was done last.
    fn find_code(&mut self, model: &ModelInfo) {
        let search = self.tools.settings.encode.search();
        let is_drawing = matches!(self.tools.settings.encode.source, Source::Drawing(_));
        let live = &mut self.tools.encode;
        let Some(prepared) = live.prepared.clone() else {
            return;
        };
        if prepared.wanted.image != model.manifest.image {
            return;
        }
        let is_descent = live.asks_descent || !has_encoder(model);
        let subject = (
            prepared.id,
            model.id.clone(),
            is_descent.then(|| search.clone()),
        );
        // What was found by a descent stays until the picture is another.
        let is_done = live.done.as_ref().is_some_and(|(id, model, how)| {
            (id, model) == (&subject.0, &subject.1) && (*how == subject.2 || !live.asks_descent)
        });
        if is_done {
            return;
        }
        match &live.running {
            // An encoder needs a millisecond: the next picture waits for it.
            Some(run) if !run.is_descent => return,
            Some(_) => self.stop_encoding(),
            None => {}
        }
        let live = &mut self.tools.encode;
        let rests = self.workspace.now_secs - live.prepared_at_secs >= REST_SECS;
        if is_descent && is_drawing && !rests && !live.asks_descent {
            return;
        }
        let picture = Arc::clone(&prepared.picture);
        let model_id = model.id.clone();
        let job = if is_descent {
            let mut options = search;
            // From where one is, too: a descent goes on from the last best code.
            if let Some(found) = live.found.as_ref().filter(|it| it.model == model.id) {
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
        live.running = Some(Running {
            job: self.workspace.engine.submit(Owner::Encoding, job),
            prepared,
            model: model.id.clone(),
            is_descent,
        });
        live.done = Some(subject);
        live.asks_descent = false;
    }

    /// Whether a descent waits for the hand to rest.
    pub(in crate::app) fn encoding_is_due(&self) -> bool {
        let live = &self.tools.encode;
        self.tools.open == Tool::Encode
            && live.running.is_none()
            && live.prepared.as_ref().is_some_and(|prepared| {
                live.done.as_ref().is_none_or(|(id, ..)| *id != prepared.id)
            })
    }

    /// Descends to the code of the picture, also where there is an encoder.
    pub(in crate::app) fn descend(&mut self) {
        let live = &mut self.tools.encode;
        live.asks_descent = true;
        live.done = None;
    }

    /// Stops what runs; the best so far stays.
    pub(in crate::app) fn stop_encoding(&mut self) {
        if let Some(run) = self.tools.encode.running.take() {
            self.workspace.engine.cancel(run.job);
        }
    }

    pub(in crate::app) fn on_encoded(&mut self, job: JobId, encoding: Arc<Encoding>) {
        let live = &mut self.tools.encode;
        let Some(run) = live.running.take_if(|run| run.job == job) else {
            return;
        };
        live.next_id += 1;
        live.found = Some(Found {
            id: live.next_id,
            model: run.model,
            prepared: run.prepared,
            code: encoding.mu.clone(),
            image: encoding.image,
            reconstruction: encoding.reconstruction.clone().into(),
            mse: encoding.mse,
            how: How::Encoder(encoding),
        });
    }

    pub(in crate::app) fn on_invert_step(&mut self, job: JobId, step: InvertStep) {
        let live = &mut self.tools.encode;
        let Some(run) = live.running.as_ref().filter(|run| run.job == job) else {
            return;
        };
        // Every descent has a curve of its own.
        let goes_on = live.curve_of.replace(job) == Some(job);
        let mut losses = match live.found.take() {
            Some(Found {
                how: How::Descent { losses, .. },
                ..
            }) if goes_on => losses,
            _ => Vec::new(),
        };
        losses.extend(&step.losses);
        live.next_id += 1;
        live.found = Some(Found {
            id: live.next_id,
            model: run.model.clone(),
            prepared: Arc::clone(&run.prepared),
            code: step.best_code,
            image: step.image,
            reconstruction: step.picture.into(),
            mse: step.best_mse,
            how: How::Descent {
                step: step.step,
                of: step.of,
                losses,
            },
        });
    }

    pub(in crate::app) fn on_encoding_end(&mut self, job: JobId, failure: Option<&str>) {
        let live = &mut self.tools.encode;
        if live.running.take_if(|run| run.job == job).is_some()
            && let Some(failure) = failure
        {
            live.fault = Some(failure.to_owned());
        }
    }

    /// A name for the code that nobody has: that of the file, or `drawing`.
    pub fn suggested_code_name(&self) -> String {
        let stem = match &self.tools.settings.encode.source {
            Source::File(path) => name_of(path),
            Source::Drawing(_) | Source::None => "drawing".to_owned(),
        };
        self.free_code_name(&stem)
    }

    /// Gives the code that was found a name and goes there.
    pub(in crate::app) fn keep_code(&mut self, name: &str) {
        let found = self.tools.encode.found.as_ref();
        let (Some(found), Some(model)) = (found, self.workspace.models.current().cloned()) else {
            return;
        };
        if found.model != model.id {
            return;
        }
        let code = found.code.clone();
        if self.name_code(name, &[], code, link_of(&model)) {
            self.workspace
                .edit(crate::app::Edit::Expression(Expr::Named(name.to_owned())));
            let sentence = format!("The code of the picture is @{name} now");
            self.workspace.notices.push(Level::Done, sentence);
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
