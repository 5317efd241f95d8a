//! What the engine sends, put where it belongs.

use super::notices::Level;
use super::pictures::Tile;
use super::state::DEFAULT_EXPRESSION;
use super::{AppState, Loading, Warming, models};
use crate::engine::{Event, JobId, ModelInfo, ModelSource};
use std::sync::Arc;

impl AppState {
    /// Takes everything that has come since the last frame.
    pub(super) fn take_events(&mut self) {
        while let Some(event) = self.engine.try_event() {
            self.on_event(event);
        }
        self.take_export_reports();
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Device(device) => self.models.device = Some(device),
            Event::Warming { model, done, total } => {
                self.models.warming = (done < total).then_some(Warming { model, done, total });
            }
            Event::Loaded(model) => self.on_loaded(model),
            Event::LoadFailed { source, message } => self.on_load_failed(&source, &message),
            Event::Frame(frame) => self.preview.accept(frame),
            Event::PreviewFailed {
                generation,
                message,
            } => self.preview.fail(generation, message),
            Event::Tile {
                job,
                first,
                image,
                values,
                codes,
                ..
            } => {
                self.on_exported(job, image.len(), &values);
                if first == 0 {
                    self.thumbnails.accept(job, image, &values);
                }
                let tile = Tile {
                    job,
                    first,
                    image,
                    values: &values,
                    codes: &codes,
                };
                self.pictures.accept(&tile);
                self.tools.map.tiles_mut().accept(&tile);
            }
            Event::JobDone { job } | Event::JobCancelled { job } => {
                self.pictures.end(job, None);
                self.tools.map.tiles_mut().end(job, None);
                self.on_directions_end(job, None);
                self.on_layer_change_end(job, None);
                self.on_encoding_end(job, None);
                self.thumbnails.end(job);
                self.on_export_end(job, None);
            }
            Event::JobFailed { job, message } => self.on_job_failed(job, &message),
            Event::Directions { job, found } => self.on_directions(job, found),
            Event::Progress { job, done, total } => self.on_directions_progress(job, done, total),
            Event::Evaluated { job, code } => {
                self.on_direction_evaluated(job, &code);
                self.on_evaluated(job, code);
            }
            Event::Encoded { job, encoding } => self.on_encoded(job, encoding),
            Event::InvertStep { job, found } => self.on_invert_step(job, found),
            Event::LayerChange { job, change } => self.on_layer_change(job, change),
            Event::Examined { job, specimens } => self.on_examined(job, specimens),
            // The window asks for no timings.
            Event::Benched { .. } => {}
        }
    }

    fn on_loaded(&mut self, model: Arc<ModelInfo>) {
        self.thumbnails.retry(Some(model.id.clone()));
        let awaited = |loading: &mut Loading| loading.source == model.source;
        self.models.remember(Arc::clone(&model));
        self.models.take_needed(&model.source);
        // One that nobody waits for gave way to another, or stands beside the current one.
        let Some(loading) = self.models.loading.take_if(awaited) else {
            return;
        };
        let is_first = self.models.current.is_none();
        self.models.remember_file(&model.source);
        self.models.current = Some(model);
        self.renew_names();
        self.player = None;
        self.preview.model_changed();
        self.pictures.forget(&self.engine);

        let composition = loading
            .then
            .clone()
            .or_else(|| self.substituted_composition())
            .or_else(|| Some(self.position.composition()))
            .filter(|composition| self.check(&composition.expression).is_ok())
            .unwrap_or_else(|| DEFAULT_EXPRESSION.into());
        self.edit_position(super::Edit::Composition(composition));
        self.on_model_shown(&loading, is_first);
        self.on_model_after_scene();
    }

    fn on_load_failed(&mut self, source: &ModelSource, message: &str) {
        let awaited = |loading: &mut Loading| loading.source == *source;
        let loading = self.models.loading.take_if(awaited);
        if self.models.take_needed(source) {
            self.models
                .note_unavailable(source.clone(), message.to_owned());
        }
        let Some(loading) = loading else { return };
        if self.on_visit_failed(loading, message) {
            if self.models.loading.is_none() {
                self.on_no_model_after_scene();
            }
            return;
        }
        self.on_no_model_after_scene();
        self.notices.push(
            Level::Error,
            format!("{} was not loaded: {message}", models::source_title(source)),
        );
        // Without any model the window would stay empty.
        let default = models::default_source();
        if self.models.current.is_none() && *source != default {
            self.load(default, None);
        }
    }

    fn on_job_failed(&mut self, job: JobId, message: &str) {
        self.on_export_end(job, Some(message));
        self.pictures.end(job, Some(message));
        self.on_examination_failed(job, message);
        self.tools.map.tiles_mut().end(job, Some(message));
        self.on_directions_end(job, Some(message));
        self.on_layer_change_end(job, Some(message));
        self.on_encoding_end(job, Some(message));
        // A place whose picture cannot be made has its message in the equation bar already.
        self.thumbnails.end(job);
        self.on_evaluation_failed(job, message);
    }
}
