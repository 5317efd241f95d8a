//! What an expression may ask of a model.

use super::models::LoadedModel;
use crate::latent::expr::{Compute, Context};
use crate::latent::{Code, Direction, SessionNames, Space, SpaceShape};
use crate::model::download;
use std::path::Path;

/// A model and what the session names besides it.
pub struct ModelContext<'a> {
    pub model: &'a LoadedModel,
    pub session: &'a SessionNames,
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

    fn can_encode(&self) -> bool {
        self.model.generator.has_encoder()
    }
}

impl Compute for ModelContext<'_> {
    fn w_from_z(&mut self, z: &[f32]) -> Result<Vec<f32>, String> {
        let mapped = self.model.generator.map(z);
        mapped.map_err(|error| format!("{}: {error}", self.model_name()))
    }

    fn encode(&mut self, path: &str) -> Result<Code, String> {
        let image = self.model.generator.image();
        let picture = self.model.pictures.read(Path::new(path), image)?;
        let encoded = self
            .model
            .generator
            .encode(&picture)
            .map_err(|error| error.to_string())?
            .ok_or_else(|| format!("{} has no encoder", self.model_name()))?;
        let mu = download(encoded.mu).map_err(|error| error.to_string())?;
        Ok(Code::vector(Space::Z, mu))
    }
}
