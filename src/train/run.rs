//! A whole training run, from recipe to model file.

use super::TrainError;
use super::checkpoint::{self, Checkpoint};
use super::dataset::{Dataset, Part};
use super::random::{Purpose, Stream};
use super::recipe::Recipe;
use super::task::{self, Batch, Task};
use super::{device, finish};
use crate::engine::DeviceChoice;
use crate::files::save;
use crate::model::ModelFile;
use crate::model::quality::Quality;
use indicatif::{ProgressBar, ProgressStyle};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

/// How often a checkpoint is written.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(60);

/// What to train, on what, and where to.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    pub recipe: PathBuf,
    /// The folder with the data set's files.
    pub data: PathBuf,
    pub output: PathBuf,
    /// Continue from the checkpoint beside the output.
    pub resume: bool,
    /// Train no further: make the model of the checkpoint beside the output, and keep the
    /// checkpoint.
    pub finish: bool,
    /// Write the model without measuring its quality.
    pub skip_eval: bool,
    pub device: DeviceChoice,
}

/// Trains a model, writes its file and gives its measured quality, which is empty where nothing is measured. When `should_stop` says so after a step, a checkpoint is
/// written instead, from which a later run goes on.
///
/// # Errors
/// When the recipe, the data or the checkpoint is not sound, the output cannot be written, the
/// device fails, or the run was stopped.
pub fn run(
    options: &TrainOptions,
    should_stop: &mut dyn FnMut() -> bool,
) -> Result<Quality, TrainError> {
    let (recipe, text) = Recipe::read(&options.recipe)?;
    // Hours later would be too late to learn that the output cannot be written.
    let checkpoint_path = checkpoint::path_beside(&options.output);
    for output in [&options.output, &checkpoint_path] {
        save::check_place(output)?;
    }
    let read = |part| {
        let data = recipe.dataset.read(&options.data, part)?;
        recipe.laid_out(data).map_err(|fault| TrainError::Recipe {
            path: options.recipe.clone(),
            fault,
        })
    };
    let (data, test) = (read(Part::Train)?, read(Part::Test)?);
    let (device, device_name) = device::choose(options.device)?;
    let unfit = |error: crate::model::ModelError| TrainError::Recipe {
        path: options.recipe.clone(),
        fault: error.0,
    };
    task::check(&recipe, &data.form).map_err(unfit)?;

    let unsound = |fault| TrainError::Checkpoint {
        path: checkpoint_path.clone(),
        fault,
    };
    // Read before the networks are made: they may be large, and the checkpoint another recipe's.
    let checkpoint = if options.resume || options.finish {
        let checkpoint = Checkpoint::read(&checkpoint_path)?;
        if checkpoint.recipe != text {
            return Err(unsound("was made by another recipe".to_owned()));
        }
        Some(checkpoint)
    } else {
        None
    };
    let mut task = task::task(&recipe, &data.form, &device).map_err(unfit)?;
    let mut first_step = 0;
    if let Some(checkpoint) = checkpoint {
        first_step = checkpoint.step;
        let restored = task.restore(checkpoint.state);
        restored.map_err(|error| unsound(error.0))?;
    }

    let settings = &recipe.training;
    let steps = if options.finish {
        first_step
    } else {
        settings.steps()
    };
    let started = Instant::now();
    let bar = ProgressBar::new(settings.images);
    let template = "{prefix} {wide_bar} {pos}/{len} images, {per_sec}, {eta} left  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(recipe.name.clone());
    bar.set_position(first_step * settings.batch as u64);
    bar.reset_eta();
    let encoded = match recipe.autoencoder.as_ref().and_then(|it| it.pictures) {
        Some(count) if first_step < steps => encode(task.as_ref(), &data, count, should_stop)?,
        _ => None,
    };
    let seen = encoded.as_ref().unwrap_or(&data);
    let mut shuffle = Shuffle::new(settings.seed, seen, settings.batch);
    let mut written = Instant::now();
    let mut smoothed: Vec<(&str, f32)> = Vec::new();
    let mut ahead = (first_step < steps).then(|| shuffle.batch(seen, first_step));
    for step in first_step..steps {
        let Some(mut batch) = ahead.take() else { break };
        if let (None, Some(first_stage)) = (&encoded, task.first_stage()) {
            batch.pictures = first_stage.codes(&batch.pictures)?;
        }
        // The next batch is drawn while the device works on this one.
        let losses = thread::scope(|scope| {
            let next = (step + 1 < steps).then(|| scope.spawn(|| shuffle.batch(seen, step + 1)));
            let losses = task.step(batch);
            ahead = next.map(|drawn| drawn.join().unwrap_or_else(|fault| resume_unwind(fault)));
            losses
        })?;
        if let Some((name, _)) = losses.iter().find(|(_, loss)| !loss.is_finite()) {
            return Err(TrainError::Diverged {
                name: (*name).to_owned(),
                step,
            });
        }
        smooth(&mut smoothed, losses);
        bar.inc(settings.batch as u64);
        if step % 20 == 0 {
            let shown: Vec<_> = smoothed
                .iter()
                .map(|(name, v)| format!("{name} {v:.4}"))
                .collect();
            bar.set_message(shown.join(", "));
        }
        let stopped = should_stop();
        // The last one, too: what is measured afterwards may fail.
        if stopped || step + 1 == steps || written.elapsed() > CHECKPOINT_EVERY {
            let state = task.save()?;
            Checkpoint {
                step: step + 1,
                recipe: text.clone(),
                state,
            }
            .write(&checkpoint_path)?;
            written = Instant::now();
            let done = (step + 1 - first_step) * settings.batch as u64;
            let speed = done as f64 / started.elapsed().as_secs_f64();
            log::info!(
                "{} step {step}/{steps}, {speed:.1} images/s, {smoothed:?}",
                recipe.name
            );
        }
        if stopped {
            return Err(TrainError::Stopped {
                checkpoint: checkpoint_path,
            });
        }
    }
    bar.set_message(if options.skip_eval {
        "writing the model"
    } else {
        "measuring its quality"
    });
    let record = finish::Record {
        text,
        device: device_name,
        images_seen: steps * settings.batch as u64,
        skip_eval: options.skip_eval,
    };
    let (manifest, tensors) = finish::finish(&recipe, task.as_mut(), &data, &test, record)?;
    bar.finish();
    ModelFile::write(&options.output, &manifest, &tensors).map_err(|source| TrainError::File {
        path: options.output.clone(),
        source,
    })?;
    if !options.finish && checkpoint_path.exists() {
        std::fs::remove_file(&checkpoint_path)
            .map_err(|error| save::SaveError::write(&checkpoint_path, error))?;
    }
    Ok(manifest.quality)
}

/// The codes of the first pictures of the data, where the task learns codes.
///
/// # Errors
/// When the device fails, or the work was stopped.
fn encode(
    task: &dyn Task,
    data: &Dataset,
    count: usize,
    should_stop: &mut dyn FnMut() -> bool,
) -> Result<Option<Dataset>, TrainError> {
    let Some(first_stage) = task.first_stage() else {
        return Ok(None);
    };
    let bar = ProgressBar::new(count as u64).with_message("encoding the pictures");
    let codes = first_stage.encoded(data, count, &mut |done| {
        bar.set_position(done as u64);
        !should_stop()
    })?;
    bar.finish_and_clear();
    codes.map(Some).ok_or(TrainError::Interrupted)
}

/// A running mean over about 100 steps, so that the shown losses can be read. A loss that begins in
/// the middle of a run begins there.
fn smooth(shown: &mut Vec<(&'static str, f32)>, losses: Vec<(&'static str, f32)>) {
    for (name, loss) in losses {
        match shown.iter_mut().find(|(known, _)| *known == name) {
            Some((_, mean)) => *mean += 0.01 * (loss - *mean),
            None => shown.push((name, loss)),
        }
    }
}

/// Every picture once in each epoch, in an order that the seed and the epoch fix.
struct Shuffle {
    seed: u64,
    batch: usize,
    per_epoch: u64,
    epoch: u64,
    order: Vec<usize>,
}

impl Shuffle {
    fn new(seed: u64, data: &Dataset, batch: usize) -> Self {
        let per_epoch = (data.len() / batch).max(1) as u64;
        Self {
            seed,
            batch,
            per_epoch,
            epoch: u64::MAX,
            order: Vec::new(),
        }
    }

    fn batch(&mut self, data: &Dataset, step: u64) -> Batch {
        if data.is_endless() {
            let first = step as usize * self.batch;
            return data.batch(step, first..first + self.batch);
        }
        let epoch = step / self.per_epoch;
        if epoch != self.epoch {
            self.order = Stream::new(self.seed, Purpose::Shuffle, epoch).permutation(data.len());
            self.epoch = epoch;
        }
        let first = (step % self.per_epoch) as usize * self.batch;
        let last = (first + self.batch).min(self.order.len());
        data.batch(step, self.order[first..last].iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_that_begins_later_is_not_mixed_with_others() {
        let mut shown = Vec::new();
        smooth(&mut shown, vec![("kl", 10.0)]);
        smooth(&mut shown, vec![("discriminator", 1.0), ("kl", 20.0)]);
        assert_eq!(shown, [("kl", 10.1), ("discriminator", 1.0)]);
    }
}
