//! Codes becoming pictures over as many slices as it takes.

use crate::engine::compute::Backend;
use crate::engine::models::LoadedModel;
use crate::latent::{Code, Original, Sampler, Shot};
use crate::model::Fault;
use crate::model::process::{Budget, Decoder, Inputs, Pictures, Process, Step};
use crate::model::written::Choice;
use std::sync::Arc;
use std::time::Instant;

/// Codes with their pictures so far.
pub struct Decoding {
    codes: Vec<Code>,
    sampler: Sampler,
    /// f32 `[done, C, H, W]` in 0..1.
    values: Vec<f32>,
    done: usize,
    batch: Option<Batch>,
}

/// Some of the codes in one process.
struct Batch {
    process: Box<dyn Process>,
    /// What it was begun with, to see whether that is gone.
    decoder: Arc<dyn Decoder>,
    count: usize,
}

impl Decoding {
    /// Begins with the default settings, as measurements do.
    pub fn plain(codes: Vec<Code>) -> Self {
        Self {
            codes,
            sampler: Sampler::default(),
            values: Vec::new(),
            done: 0,
            batch: None,
        }
    }

    /// The same with the settings of a shot.
    #[must_use]
    pub fn drawn_like(self, shot: &Shot) -> Self {
        self.drawn_with(shot.sampler)
    }

    /// The same with other settings.
    #[must_use]
    pub fn drawn_with(self, sampler: Sampler) -> Self {
        Self { sampler, ..self }
    }

    /// Does one step of the next pictures. Returns whether all are there.
    ///
    /// # Errors
    /// When a code does not fit the model, or the device was lost: then the pictures under way
    /// are begun again when this is called again.
    pub fn advance(&mut self, model: &LoadedModel, compute: &Backend) -> Result<bool, Fault> {
        if self.done < self.codes.len() {
            let step = self.step(model, compute, false)?;
            if let Some(pictures) = step.pictures.filter(|_| step.done >= step.of) {
                self.take_pictures(pictures, model, compute)?;
            }
        }
        Ok(self.done >= self.codes.len())
    }

    /// Does one step of the process under way, or of the next one.
    ///
    /// # Errors
    /// As for [`Self::advance`].
    pub fn step(
        &mut self,
        model: &LoadedModel,
        compute: &Backend,
        is_watched: bool,
    ) -> Result<Step, Fault> {
        let stays = |batch: &Batch| is_same(&batch.decoder, &model.decoder);
        let mut batch = match self.batch.take().filter(stays) {
            Some(batch) => batch,
            None => self.begin(model, compute)?,
        };
        let started = Instant::now();
        let step = compute.step(batch.process.as_mut(), Budget { is_watched })?;
        model.note_pace(batch.count, started.elapsed());
        self.batch = Some(batch);
        Ok(step)
    }

    /// The noisy pictures that the last step began with; see [`Process::noisy`].
    ///
    /// # Errors
    /// When the device was lost.
    pub fn noisy(&mut self, compute: &Backend) -> Result<Option<Pictures>, Fault> {
        match &mut self.batch {
            Some(batch) => compute.noisy(batch.process.as_mut()),
            None => Ok(None),
        }
    }

    /// How the places that the last step wrote were chosen; see [`Process::choices`].
    pub fn choices(&self) -> &[Choice] {
        self.batch
            .as_ref()
            .map_or(&[], |batch| batch.process.choices())
    }

    fn begin(&self, model: &LoadedModel, compute: &Backend) -> Result<Batch, Fault> {
        let generator = &model.generator;
        let codes = &self.codes[self.done.min(self.codes.len())..];
        let codes = next_together(&codes[..codes.len().min(model.batch())]);
        let mut rows = Vec::with_capacity(codes.len() * generator.input_len());
        for code in codes {
            let row = generator.input_of(code);
            rows.extend(row.map_err(super::request_fault)?);
        }
        let inputs = Inputs {
            rows: compute.padded(rows, generator.input_len()),
            originals: codes.iter().map(|code| code.original.clone()).collect(),
        };
        let decoder = Arc::clone(&model.decoder);
        let process = Arc::clone(&decoder).begin(inputs, &self.sampler)?;
        Ok(Batch {
            process,
            decoder,
            count: codes.len(),
        })
    }

    /// Keeps the pictures of a process that is done.
    fn take_pictures(
        &mut self,
        pictures: Pictures,
        model: &LoadedModel,
        compute: &Backend,
    ) -> Result<(), Fault> {
        let Some(batch) = self.batch.take() else {
            return Ok(());
        };
        let image = model.generator.image();
        let mut values = compute.values(pictures, image)?;
        values.truncate(batch.count * image.len());
        if self.values.capacity() == 0 {
            self.values.reserve_exact(self.codes.len() * image.len());
        }
        self.values.extend(values);
        self.done += batch.count;
        Ok(())
    }

    /// The codes and their pictures, once all are there.
    pub fn take(self) -> (Vec<Code>, Vec<f32>) {
        (self.codes, self.values)
    }
}

/// The first codes that can be in one process: a sampler begins all pictures at one strength.
fn next_together(codes: &[Code]) -> &[Code] {
    let strength = |code: &Code| Original::strength_of(code.original.as_deref());
    let first = codes.first().map(strength);
    let count = codes
        .iter()
        .take_while(|code| Some(strength(code)) == first);
    &codes[..count.count()]
}

fn is_same(a: &Arc<dyn Decoder>, b: &Arc<dyn Decoder>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(a), Arc::as_ptr(b))
}
