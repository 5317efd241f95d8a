//! What the engine sends, put where it belongs.

use super::jobs::Owner;
use super::pictures::Tile;
use super::{AppState, Warming};
use crate::engine::{Event, JobId};

impl AppState {
    /// Takes everything that has come since the last frame.
    pub(super) fn take_events(&mut self) {
        while let Some((owner, event)) = self.desk.workspace.engine.try_event() {
            match owner {
                Some(owner) => self.on_job_event(owner, event),
                None => self.on_event(event),
            }
        }
        self.take_export_reports();
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Device(device) => self.desk.workspace.models.set_device(device),
            Event::Warming { model, done, total } => {
                let warming = (done < total).then_some(Warming { model, done, total });
                self.desk.workspace.models.set_warming(warming);
            }
            Event::Loaded(model) => self.navigation.on_loaded(&mut self.desk, &model),
            Event::LoadFailed { source, fault } => {
                let why = fault.sentence();
                self.navigation.on_load_failed(&mut self.desk, &source, why);
            }
            Event::Frame(frame) => self.desk.workspace.preview.accept(frame),
            Event::PreviewFailed {
                generation, fault, ..
            } => self.desk.workspace.preview.fail(generation, &fault),
            // How far a load has come, and what is left of jobs that have ended.
            _ => {}
        }
    }

    /// Hands what came of a job to its owner.
    fn on_job_event(&mut self, owner: Owner, event: Event) {
        match (owner, event) {
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
                    Owner::Pictures => self.desk.workspace.pictures.accept(&tile),
                    Owner::Map => self.desk.tools.map.tiles_mut().accept(&tile),
                    Owner::Export => self.on_exported(job, image.len(), &values),
                    Owner::Thumbnails => self
                        .desk
                        .session
                        .thumbnails_mut()
                        .accept(job, image, &values),
                    _ => {}
                }
            }
            (Owner::Directions, Event::Progress { job, done, total }) => {
                self.desk.on_directions_progress(job, done, total);
            }
            (Owner::Directions, Event::Directions { job, found }) => {
                self.desk.on_directions(job, found);
            }
            (Owner::DirectionValue, Event::Evaluated { job, code }) => {
                self.desk.on_direction_evaluated(job, &code);
            }
            (Owner::Naming, Event::Evaluated { job, code }) => {
                self.desk.on_named(job, code);
            }
            (Owner::Encoding, Event::Encoded { job, encoding }) => {
                self.desk.on_encoded(job, encoding)
            }
            (Owner::Encoding, Event::InvertStep { job, found }) => {
                self.desk.on_invert_step(job, found)
            }
            (Owner::LayerChange, Event::LayerChange { job, change }) => {
                self.desk.on_layer_change(job, change);
            }
            (Owner::Examination, Event::Examined { job, specimens }) => {
                self.learning
                    .on_examined(&mut self.desk.workspace, job, specimens);
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
                self.desk.workspace.pictures.end(job, failure);
            }
            (Owner::Map, _) => self.desk.tools.map.tiles_mut().end(job, failure),
            // A place whose picture cannot be made has its message in the equation bar already.
            (Owner::Thumbnails, _) => self.desk.session.thumbnails_mut().end(job),
            (Owner::Export, _) => self.on_export_end(job, failure),
            (Owner::Examination, Some(why)) => self.learning.on_examination_failed(job, why),
            (Owner::Naming, Some(why)) => {
                let desk = &mut self.desk;
                desk.session
                    .on_evaluation_failed(&mut desk.workspace, job, why);
            }
            (Owner::Examination | Owner::Naming, None) => {}
            (Owner::Directions | Owner::DirectionValue, _) => {
                self.desk.on_directions_end(job, failure)
            }
            (Owner::LayerChange, _) => self.desk.on_layer_change_end(job, failure),
            (Owner::Encoding, _) => self.desk.on_encoding_end(job, failure),
        }
    }
}
