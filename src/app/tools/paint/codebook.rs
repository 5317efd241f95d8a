//! How much of a codebook many seeds use.

use super::Cx;
use crate::app::Edit;
use crate::engine::{Job, JobId, ModelId};
use crate::latent::painting::Usage;
use std::sync::Arc;

/// Seeds of a count.
pub const SEEDS: u32 = 100;

/// What a count over many seeds found.
#[derive(Clone, PartialEq, Debug)]
pub struct Counted {
    model: ModelId,
    pub usage: Usage,
    pub seeds: u32,
}

/// A count and what the last one found.
#[derive(Default, Debug)]
pub struct Counting {
    running: Option<(JobId, ModelId, usize)>,
    progress: [usize; 2],
    counted: Option<Counted>,
    failure: Option<String>,
}

impl Counting {
    /// Counts the entries of seeds, as the current settings and conditions write them.
    pub fn begin(&mut self, cx: &mut Cx<'_>) {
        let Some(model) = cx.workspace.models.current().cloned() else {
            return;
        };
        let Some(grid) = model.manifest.grid() else {
            return;
        };
        self.stop(cx);
        let shot = |seed| {
            let edits = [Edit::Redraw(None), Edit::Seed(seed)];
            let expression = cx.workspace.edited_by(edits);
            cx.workspace.shot(&model.id, expression)
        };
        let shots = (0..SEEDS).map(shot).collect();
        let names = Arc::clone(&cx.workspace.names);
        let job = cx.submit(Job::Grids { shots, names });
        self.failure = None;
        self.progress = [0, SEEDS as usize];
        self.running = Some((job, model.id.clone(), grid.levels as usize));
    }

    pub fn stop(&mut self, cx: &Cx<'_>) {
        if let Some((job, ..)) = self.running.take() {
            cx.workspace.engine.cancel(job);
        }
    }

    pub fn is_of(&self, job: JobId) -> bool {
        self.running.as_ref().is_some_and(|(of, ..)| *of == job)
    }

    pub fn on_grids(&mut self, job: JobId, grids: &[Arc<[u32]>]) {
        if let Some((_, model, levels)) = self.running.take_if(|(of, ..)| *of == job) {
            self.counted = Some(Counted {
                model,
                usage: Usage::of(levels, grids.iter().map(|grid| &**grid)),
                seeds: grids.len() as u32,
            });
        }
    }

    pub fn on_progress(&mut self, job: JobId, progress: [usize; 2]) {
        if self.is_of(job) {
            self.progress = progress;
        }
    }

    pub fn on_end(&mut self, job: JobId, failure: Option<&str>) {
        if self.running.take_if(|(of, ..)| *of == job).is_some() {
            self.failure = failure.map(str::to_owned);
        }
    }

    pub fn counted(&self, model: &ModelId) -> Option<&Counted> {
        self.counted.as_ref().filter(|it| it.model == *model)
    }

    pub fn progress(&self) -> Option<[usize; 2]> {
        self.running.as_ref().map(|_| self.progress)
    }

    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }
}
