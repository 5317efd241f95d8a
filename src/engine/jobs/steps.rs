//! One shot to its picture, with every picture on the way.

use super::{Decoding, JobContext, Slice, Work};
use crate::engine::Event;
use crate::latent::{SessionNames, Shot};
use crate::model::Fault;
use std::sync::Arc;

pub struct Steps {
    shot: Shot,
    names: Arc<SessionNames>,
    decoding: Option<Decoding>,
}

impl Steps {
    pub fn new(shot: Shot, names: Arc<SessionNames>) -> Self {
        Self {
            shot,
            names,
            decoding: None,
        }
    }
}

impl Work for Steps {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let decoding = match &mut self.decoding {
            Some(decoding) => decoding,
            None => {
                let code = cx.evaluate(&self.shot.expression, &self.names)?;
                let decoding = Decoding::plain(vec![code]).drawn_like(&self.shot);
                self.decoding.insert(decoding)
            }
        };
        let step = decoding.step(cx.model, cx.compute, true)?;
        let (job, done, of) = (cx.job, step.done, step.of);
        let image = cx.model.generator.image();
        let mut events = Vec::new();
        if let Some(pictures) = step.pictures {
            let choices = decoding.choices().into();
            let noisy = decoding.noisy(cx.compute)?;
            // The first of what may be padded to a batch.
            let first = |pictures| -> Result<Vec<f32>, Fault> {
                let mut values = cx.compute.values(pictures, image)?;
                values.truncate(image.len());
                Ok(values)
            };
            let both =
                first(pictures).and_then(|values| Ok((values, noisy.map(first).transpose()?)));
            // On another device the process begins again.
            let (values, noisy) = both.inspect_err(|_| self.decoding = None)?;
            events.push(Event::Step {
                job,
                done,
                of,
                image,
                values,
                noisy,
                choices,
            });
        }
        events.push(Event::Progress {
            job,
            done,
            total: of,
        });
        Ok(if done >= of {
            Slice::Done(events)
        } else {
            Slice::More(events)
        })
    }
}
