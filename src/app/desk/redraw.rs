//! A picture that becomes one to redraw: it gets a name among the codes, and the sampler begins with it.

use super::Desk;
use crate::app::Edit;
use crate::app::jobs::Owner;
use crate::app::models::link_of;
use crate::app::notices::Level;
use crate::app::sampling::STRENGTH;
use crate::app::tools::sample::{Mode, Sample};
use crate::engine::{Encoding, Job, JobId, ModelId};
use crate::latent::expr::{Expr, Redraw};
use std::sync::Arc;

/// A picture that is being encoded.
#[derive(Debug)]
pub(super) struct Redrawing {
    job: JobId,
    model: ModelId,
    /// What its code is to be called, where that name is free.
    stem: String,
}

impl Desk {
    /// Has a picture encoded, f32 `[C, H, W]` in 0..1 in the model's size, to be redrawn in Sample. Another
    /// one that was on its way is forgotten.
    pub(in crate::app) fn redraw(&mut self, stem: String, picture: Arc<[f32]>) {
        let Some(model) = self.workspace.model().map(|model| model.id.clone()) else {
            return;
        };
        let job = Job::Encode {
            model: model.clone(),
            picture,
        };
        let job = self.workspace.engine.submit(Owner::Redrawing, job);
        self.redrawing = Some(Redrawing { job, model, stem });
    }

    /// Takes the code of the picture.
    pub(in crate::app) fn on_redrawn(&mut self, job: JobId, encoding: &Encoding) {
        let Some(waiting) = self.redrawing.take_if(|waiting| waiting.job == job) else {
            return;
        };
        let Some(model) = self.workspace.model() else {
            return;
        };
        // Of a model that is no longer there the code is of no use.
        if model.id != waiting.model {
            return;
        }
        let link = link_of(model);
        let name = self.free_code_name(&waiting.stem);
        if !self.name_code(&name, &[], encoding.mu.clone(), link) {
            return;
        }
        let redraw = Redraw {
            strength: STRENGTH,
            cells: Vec::new(),
        };
        let sentence = format!("The picture is @{name} now, and is redrawn");
        self.workspace.notices.push(Level::Done, sentence);
        self.edit(Edit::Redraw(Some((Expr::Named(name), redraw))));
        self.with_tool(|_: &mut Sample, cx| {
            cx.open();
            cx.edit(|settings| settings.mode = Mode::Edit);
        });
    }

    /// Takes note that the picture cannot be encoded.
    pub(in crate::app) fn on_redraw_failed(&mut self, job: JobId, why: &str) {
        if self
            .redrawing
            .take_if(|waiting| waiting.job == job)
            .is_some()
        {
            let sentence = format!("The picture cannot be redrawn: {why}");
            self.workspace.notices.push(Level::Error, sentence);
        }
    }
}
