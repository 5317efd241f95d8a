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
        self.take_export_reports();
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
            (_, Event::JobDone { job } | Event::JobCancelled { job }) => {
                self.on_job_end(owner, job, None);
            }
            (_, Event::JobFailed { job, fault }) => {
                self.on_job_end(owner, job, Some(fault.sentence()));
            }
            (Owner::Tool(tool), event) => {
                let (workspace, wake) = (&mut self.workspace, &self.wake);
                self.tools.on_event(tool, workspace, wake, event);
                self.after_tools();
            }
            (Owner::Naming, Event::Evaluated { job, code }) => self.on_evaluated(job, code),
            (Owner::Examination, Event::Examined { job, specimens }) => {
                self.on_examined(job, specimens);
            }
            (owner, event) => {
                // Progress of others is not shown.
                let Some(tile) = Tile::of(&event) else { return };
                match owner {
                    Owner::Pictures => self.workspace.pictures.accept(&tile),
                    Owner::Export => self.on_exported(tile.job, tile.image.len(), tile.values),
                    Owner::Thumbnails => {
                        self.thumbnails.accept(tile.job, tile.image, tile.values);
                    }
                    _ => {}
                }
            }
        }
    }

    /// Tells the owner of a job that it has ended, with the reason when it failed.
    fn on_job_end(&mut self, owner: Owner, job: JobId, failure: Option<&str>) {
        match (owner, failure) {
            (Owner::Pictures, _) => {
                self.workspace.pictures.end(job, failure);
            }
            (Owner::Tool(tool), _) => {
                let (workspace, wake) = (&mut self.workspace, &self.wake);
                self.tools.on_job_end(tool, workspace, wake, (job, failure));
                self.after_tools();
            }
            // A place whose picture cannot be made has its message in the equation bar already.
            (Owner::Thumbnails, _) => self.thumbnails.end(job),
            (Owner::Export, _) => self.on_export_end(job, failure),
            (Owner::Examination, Some(why)) => self.on_examination_failed(job, why),
            (Owner::Naming, Some(why)) => self.on_evaluation_failed(job, why),
            (Owner::Examination | Owner::Naming, None) => {}
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
