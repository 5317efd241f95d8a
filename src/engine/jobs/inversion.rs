//! The code of a picture, in the way that suits the model.

use super::invert::Invert;
use super::unsample::Unsample;
use super::{JobContext, Slice, Work};
use crate::engine::InvertOptions;
use crate::model::Fault;
use std::sync::Arc;

/// An inversion whose model is not known yet, or is under way.
pub struct Inversion {
    picture: Arc<[f32]>,
    options: InvertOptions,
    work: Option<Box<dyn Work>>,
}

impl Inversion {
    pub fn new(picture: Arc<[f32]>, options: InvertOptions) -> Self {
        Self {
            picture,
            options,
            work: None,
        }
    }
}

impl Work for Inversion {
    fn is_ready(&self) -> bool {
        self.work.as_ref().is_none_or(|work| work.is_ready())
    }

    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let work = self.work.get_or_insert_with(|| {
            let picture = Arc::clone(&self.picture);
            match cx.model.generator.diffusion() {
                Some(_) => Box::new(Unsample::new(picture, self.options.steps)),
                None => Box::new(Invert::new(picture, self.options.clone())),
            }
        });
        work.slice(cx)
    }
}
