//! The grids of indices that pictures are decoded from.

use super::{JobContext, Slice, Work, next_batch, request_fault};
use crate::engine::Event;
use crate::latent::{Code, SessionNames, Shot};
use crate::model::Fault;
use crate::model::process::Inputs;
use crate::model::written::WritingRun;
use std::sync::Arc;

/// Grids that are written at once.
const BATCH: usize = 8;

pub struct Grids {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    found: Vec<Arc<[u32]>>,
    /// Grids in the making.
    writing: Option<WritingRun>,
}

impl Grids {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            found: Vec::new(),
            writing: None,
        }
    }

    /// Begins with the next shots: finds their grids at once, or begins to write them.
    fn begin(&mut self, cx: &JobContext<'_>) -> Result<(), Fault> {
        let batch = next_batch(&self.shots[self.found.len()..], BATCH);
        let codes = cx.codes(batch, &self.names)?;
        let generator = &cx.model.generator;
        let sampler = batch.first().map(|shot| shot.sampler).unwrap_or_default();
        let is_written = |code: &Code| code.values.indices().is_empty();
        match generator.written() {
            // One that is a grid already is written as it stands there.
            Some(written) if codes.iter().any(is_written) => {
                let mut inputs = Inputs::default();
                for code in &codes {
                    let row = generator.input_of(code).map_err(request_fault)?;
                    inputs.rows.extend(row);
                    inputs.originals.push(code.original.clone());
                }
                self.writing = Some(written.begin(&inputs, &sampler));
            }
            _ => {
                for code in codes {
                    self.found.push(grid_of(cx, &code)?);
                }
            }
        }
        Ok(())
    }

    /// Writes the next places.
    fn write(&mut self, cx: &JobContext<'_>, mut run: WritingRun) -> Result<(), Fault> {
        let written = cx.model.generator.written();
        let written = written.ok_or_else(|| Fault::Program("it writes nothing".to_owned()))?;
        run.step(written, false);
        let [done, of] = run.progress();
        if done < of {
            self.writing = Some(run);
            return Ok(());
        }
        let places = written.prior.places();
        let numbers = run.numbers(places);
        let grids = numbers.chunks_exact(places.max(1));
        self.found.extend(grids.map(indices));
        Ok(())
    }
}

/// The grid that a code is or leads to.
fn grid_of(cx: &JobContext<'_>, code: &Code) -> Result<Arc<[u32]>, Fault> {
    if !code.values.indices().is_empty() {
        return Ok(code.values.indices().into());
    }
    let no_grid = || Fault::Request(format!("{} has no codes that are indices", cx.name()));
    let grid = cx.model.info.manifest.grid().ok_or_else(no_grid)?;
    let (values, condition) = (code.values.numbers(), &code.condition);
    let generator = &cx.model.generator;
    let led = generator.led(code.space, grid.space, &values, condition);
    Ok(indices(&led.map_err(request_fault)?))
}

/// Numbers that are whole, as indices.
fn indices(numbers: &[f32]) -> Arc<[u32]> {
    let index = |number: &f32| number.round().max(0.0) as u32;
    numbers.iter().map(index).collect()
}

impl Work for Grids {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let before = self.found.len();
        match self.writing.take() {
            Some(run) => self.write(cx, run)?,
            None => self.begin(cx)?,
        }
        let (job, done, total) = (cx.job, self.found.len(), self.shots.len());
        let progress = cx.progress(done, total);
        if done < total {
            let is_news = done > before;
            return Ok(Slice::More(
                is_news.then_some(progress).into_iter().collect(),
            ));
        }
        let grids = std::mem::take(&mut self.found);
        Ok(Slice::Done(vec![progress, Event::Grids { job, grids }]))
    }
}
