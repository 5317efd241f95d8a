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
        self.export.take_reports(&mut self.desk.workspace);
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
            (Owner::Export, event) => self.export.take_event(event),
            (_, Event::JobDone { job } | Event::JobCancelled { job }) => {
                self.on_job_end(owner, job, None);
            }
            (_, Event::JobFailed { job, fault }) => {
                self.on_job_end(owner, job, Some(fault.sentence()));
            }
            (Owner::Tool(tool), event) => self.desk.use_tools(|tools, workspace| {
                tools.on_event(tool, workspace, event);
            }),
            (Owner::Naming, Event::Evaluated { job, code }) => {
                self.desk.on_named(job, code);
            }
            (Owner::Redrawing, Event::Encoded { job, encoding }) => {
                self.desk.on_redrawn(job, &encoding);
            }
            (Owner::Examination, Event::Examined { job, measurements }) => {
                self.learning
                    .on_examined(&mut self.desk.workspace, job, measurements);
            }
            (_, event) => {
                // Progress of others is not shown.
                if let Some(tile) = Tile::of(&event) {
                    self.on_tile(owner, &tile);
                }
            }
        }
    }

    fn on_tile(&mut self, owner: Owner, tile: &Tile<'_>) {
        match owner {
            Owner::Pictures => self.desk.workspace.pictures.accept(tile),
            Owner::Thumbnails => {
                let thumbnails = self.desk.session.thumbnails_mut();
                thumbnails.accept(tile.job, tile.image, tile.values);
            }
            _ => {}
        }
    }

    /// Tells the owner of a job that it has ended, with the reason when it failed.
    fn on_job_end(&mut self, owner: Owner, job: JobId, failure: Option<&str>) {
        match (owner, failure) {
            (Owner::Pictures, _) => {
                self.desk.workspace.pictures.end(job, failure);
            }
            (Owner::Tool(tool), _) => self.desk.use_tools(|tools, workspace| {
                tools.on_job_end(tool, workspace, job, failure);
            }),
            // A place whose picture cannot be made has its message in the equation bar already.
            (Owner::Thumbnails, _) => self.desk.session.thumbnails_mut().end(job),
            // Files hear of the end of their jobs by its event.
            (Owner::Export, _) => {}
            (Owner::Examination, Some(why)) => self.learning.on_examination_failed(job, why),
            (Owner::Naming, Some(why)) => {
                let desk = &mut self.desk;
                desk.session
                    .on_evaluation_failed(&mut desk.workspace, job, why);
            }
            (Owner::Examination, None) => self.learning.on_examination_end(job),
            (Owner::Redrawing, Some(why)) => self.desk.on_redraw_failed(job, why),
            (Owner::Naming | Owner::Redrawing, None) => {}
        }
    }
}
