//! What an expression may ask of a model.

use super::compute;
use super::models::LoadedModel;
use crate::latent::expr::{self, Compute, Context, Expr};
use crate::latent::{Code, Direction, Lead, SessionNames, Space, SpaceShape, Vocabulary};
use crate::model::Fault;
use std::path::Path;

/// A model and what the session names besides it.
pub struct ModelContext<'a> {
    model: &'a LoadedModel,
    session: &'a SessionNames,
    device: &'a compute::Backend,
    /// The fault that the language knows as a sentence only.
    fault: Option<Fault>,
}

impl<'a> ModelContext<'a> {
    pub fn new(
        model: &'a LoadedModel,
        session: &'a SessionNames,
        device: &'a compute::Backend,
    ) -> Self {
        Self {
            model,
            session,
            device,
            fault: None,
        }
    }

    /// The value of an expression.
    ///
    /// # Errors
    /// Mostly those of the expression; a network that failed is the device's fault.
    pub fn evaluate(&mut self, expression: &Expr) -> Result<Code, Fault> {
        expr::evaluate(expression, self).map_err(|error| {
            let sentence = error.to_string();
            match self.fault.take() {
                Some(fault) => fault.reworded(|_| sentence),
                None => Fault::Request(sentence),
            }
        })
    }

    /// Checks an expression without computing anything.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self, expression: &Expr) -> Result<(), Fault> {
        let checked = expr::check(expression, self).map(|_| ());
        checked.map_err(|error| Fault::Request(error.to_string()))
    }

    /// Keeps a fault for [`Self::evaluate`] and gives the language its sentence.
    fn note(&mut self, fault: Fault) -> String {
        let sentence = fault.sentence().to_owned();
        self.fault = Some(fault);
        sentence
    }
}

impl Context for ModelContext<'_> {
    fn model_name(&self) -> &str {
        &self.model.info.id.name
    }

    fn space(&self, space: Space) -> Option<SpaceShape> {
        self.model.info.manifest.spaces.get(&space).copied()
    }

    fn mean(&self, space: Space) -> Option<&[f32]> {
        self.model.info.means.get(&space).map(Vec::as_slice)
    }

    fn named(&self, name: &str) -> Option<&Code> {
        self.session
            .code(name)
            .or_else(|| self.model.info.named.get(name))
    }

    fn direction(&self, name: &str) -> Option<&Direction> {
        self.session.direction(name).or_else(|| {
            let own = &self.model.info.directions;
            own.iter().find(|direction| direction.name == name)
        })
    }

    fn names(&self) -> Vec<String> {
        self.session
            .codes
            .keys()
            .chain(self.model.info.named.keys())
            .cloned()
            .collect()
    }

    fn directions(&self) -> Vec<String> {
        let own = &self.model.info.directions;
        let all = self.session.directions.iter().chain(own);
        all.map(|direction| direction.name.clone()).collect()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.model.info.manifest.conditions.as_ref()
    }

    fn takes_condition(&self, space: Space) -> bool {
        self.model.generator.takes_condition(space)
    }

    fn can_encode(&self) -> bool {
        self.model.info.takes_pictures() || !self.session.photos.is_empty()
    }

    fn redrawn_space(&self) -> Option<Space> {
        self.model.info.manifest.redrawn_space()
    }

    fn lead(&self, space: Space) -> Option<Lead> {
        self.model.generator.lead(space)
    }

    fn start_space(&self) -> Space {
        self.model.generator.start()
    }

    fn encoded_space(&self) -> Space {
        let generator = &self.model.generator;
        generator.encoded_space().unwrap_or(generator.start())
    }
}

impl Compute for ModelContext<'_> {
    fn map(
        &mut self,
        from: Space,
        to: Space,
        code: &[f32],
        condition: &[f32],
    ) -> Result<Vec<f32>, String> {
        let generator = &self.model.generator;
        // Networks that map are on the CPU, whatever decodes.
        let mapped = generator
            .map(from, to, code, condition)
            .map_err(|error| Fault::Program(format!("{}: {error}", self.model_name())));
        mapped.map_err(|fault| self.note(fault))
    }

    fn encode(&mut self, path: &str) -> Result<Code, String> {
        if let Some(photo) = self.session.photos.get(path) {
            return Ok(photo.code.clone());
        }
        let generator = &self.model.generator;
        let picture = self
            .model
            .pictures
            .read(Path::new(path), generator.image())?;
        match self.model.encode(self.device, &picture) {
            Ok(Some(encoded)) => Ok(encoded.mu),
            Ok(None) => Err(format!("{} has no encoder", self.model_name())),
            Err(fault) => Err(self.note(fault)),
        }
    }
}
