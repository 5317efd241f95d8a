//! What the engine sends, put where it belongs.

use super::DEFAULT_EXPRESSION;
use super::jobs::Owner;
use super::notices::Level;
use super::pictures::Tile;
use super::{AppState, Loading, Warming, models};
use crate::engine::{Event, JobId, ModelInfo, ModelSource};
use std::sync::Arc;

impl AppState {
    /// Takes everything that has come since the last frame.
    pub(super) fn take_events(&mut self) {
        while let Some((owner, event)) = self.workspace.engine.try_event() {
            match owner {
                Some(owner) => self.on_job_event(owner, event),
                None => self.on_event(event),
            }
        }
        self.export.take_reports(&mut self.workspace);
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Device(device) => self.workspace.models.device = Some(device),
            Event::Warming { model, done, total } => {
                self.workspace.models.warming =
                    (done < total).then_some(Warming { model, done, total });
            }
            Event::Loaded(model) => self.on_loaded(model),
            Event::LoadFailed { source, fault } => self.on_load_failed(&source, fault.sentence()),
            Event::Frame(frame) => self.workspace.preview.accept(frame),
            Event::PreviewFailed {
                generation, fault, ..
            } => self.workspace.preview.fail(generation, &fault),
            // How far a load has come, and what is left of jobs that have ended.
            _ => {}
        }
    }

    /// Hands what came of a job to its owner.
    fn on_job_event(&mut self, owner: Owner, event: Event) {
        match (owner, event) {
            (Owner::Export, event) => self.export.take_event(event),
            (
                _,
                Event::Tile {
                    job,
                    first,
                    image,
                    values,
                    codes,
                    ..
                },
            ) => {
                let tile = Tile {
                    job,
                    first,
                    image,
                    values: &values,
                    codes: &codes,
                };
                match owner {
                    Owner::Pictures => self.workspace.pictures.accept(&tile),
                    Owner::Map => self.tools.map.tiles_mut().accept(&tile),
                    Owner::Thumbnails => self.thumbnails.accept(job, image, &values),
                    _ => {}
                }
            }
            (Owner::Directions, Event::Progress { job, done, total }) => {
                self.on_directions_progress(job, done, total);
            }
            (Owner::Directions, Event::Directions { job, found }) => {
                self.on_directions(job, found);
            }
            (Owner::DirectionValue, Event::Evaluated { job, code }) => {
                self.on_direction_evaluated(job, &code);
            }
            (Owner::Naming, Event::Evaluated { job, code }) => self.on_evaluated(job, code),
            (Owner::Encoding, Event::Encoded { job, encoding }) => self.on_encoded(job, encoding),
            (Owner::Encoding, Event::InvertStep { job, found }) => self.on_invert_step(job, found),
            (Owner::LayerChange, Event::LayerChange { job, change }) => {
                self.on_layer_change(job, change);
            }
            (Owner::Examination, Event::Examined { job, specimens }) => {
                self.on_examined(job, specimens);
            }
            (_, Event::JobDone { job } | Event::JobCancelled { job }) => {
                self.on_job_end(owner, job, None);
            }
            (_, Event::JobFailed { job, fault }) => {
                self.on_job_end(owner, job, Some(fault.sentence()));
            }
            // Progress that is not shown.
            _ => {}
        }
    }

    /// Tells the owner of a job that it has ended, with the reason when it failed.
    fn on_job_end(&mut self, owner: Owner, job: JobId, failure: Option<&str>) {
        match (owner, failure) {
            (Owner::Pictures, _) => {
                self.workspace.pictures.end(job, failure);
            }
            (Owner::Map, _) => self.tools.map.tiles_mut().end(job, failure),
            // A place whose picture cannot be made has its message in the equation bar already.
            (Owner::Thumbnails, _) => self.thumbnails.end(job),
            // Files hear of the end of their jobs by its event.
            (Owner::Export, _) => {}
            (Owner::Examination, Some(why)) => self.on_examination_failed(job, why),
            (Owner::Naming, Some(why)) => self.on_evaluation_failed(job, why),
            (Owner::Examination | Owner::Naming, None) => {}
            (Owner::Directions | Owner::DirectionValue, _) => self.on_directions_end(job, failure),
            (Owner::LayerChange, _) => self.on_layer_change_end(job, failure),
            (Owner::Encoding, _) => self.on_encoding_end(job, failure),
        }
    }

    fn on_loaded(&mut self, model: Arc<ModelInfo>) {
        self.thumbnails.retry(Some(model.id.clone()));
        let awaited = |loading: &mut Loading| loading.source == model.source;
        self.workspace.models.remember(Arc::clone(&model));
        self.workspace.models.take_needed(&model.source);
        // One that nobody waits for gave way to another, or stands beside the current one.
        let Some(loading) = self.workspace.models.loading.take_if(awaited) else {
            return;
        };
        let is_first = self.workspace.models.current.is_none();
        self.workspace.models.remember_file(&model.source);
        self.workspace.models.current = Some(model);
        self.renew_names();
        self.workspace.player = None;
        self.workspace.preview.model_changed();
        self.workspace.pictures.forget(&self.workspace.engine);

        let composition = loading
            .then
            .clone()
            .or_else(|| self.substituted_composition())
            .or_else(|| Some(self.workspace.position.composition()))
            .filter(|composition| self.workspace.check(&composition.expression).is_ok())
            .unwrap_or_else(|| DEFAULT_EXPRESSION.into());
        self.workspace
            .edit_position(super::Edit::Composition(composition));
        self.on_model_shown(&loading, is_first);
        self.on_model_after_scene();
    }

    fn on_load_failed(&mut self, source: &ModelSource, message: &str) {
        let awaited = |loading: &mut Loading| loading.source == *source;
        let loading = self.workspace.models.loading.take_if(awaited);
        if self.workspace.models.take_needed(source) {
            self.workspace
                .models
                .note_unavailable(source.clone(), message.to_owned());
        }
        let Some(loading) = loading else { return };
        if self.on_visit_failed(loading, message) {
            if self.workspace.models.loading.is_none() {
                self.on_no_model_after_scene();
            }
            return;
        }
        self.on_no_model_after_scene();
        self.workspace.notices.push(
            Level::Error,
            format!("{} was not loaded: {message}", models::source_title(source)),
        );
        // Without any model the window would stay empty.
        let default = models::default_source();
        if self.workspace.models.current.is_none() && *source != default {
            self.load(default, None);
        }
    }
}
