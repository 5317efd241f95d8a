//! A run that starts from a trained generator.

use super::StyleTask;
use crate::model::ModelError;
use crate::model::manifest::Role;
use crate::train::begin;
use crate::train::first_stage::OF_CODES;
use std::path::Path;

impl StyleTask {
    /// Initializes generator and encoder with the weights of a model of the same sizes. The discriminator starts from
    /// scratch: model files do not contain it.
    ///
    /// # Errors
    /// A sentence that names the file when it cannot be read or is of other sizes.
    pub(super) fn begin_at(&mut self, path: &Path) -> Result<(), ModelError> {
        let file = begin::read(path)?;
        if file.manifest.style.as_ref() != Some(&self.spec) {
            return Err(begin::fault(path, "it has no generator of the same sizes"));
        }
        let own = begin::tensors_of(&file.tensors, "");
        let mut is_whole = self.generator.begin_at(own, &self.device);
        if let Some(encoder) = &mut self.encoder {
            let prefix = format!("{}.{OF_CODES}", Role::Encoder.name());
            let own = begin::tensors_of(&file.tensors, &prefix);
            is_whole &= encoder.parameters.begin_at(own, &self.device);
        }
        match is_whole {
            true => Ok(()),
            false => Err(begin::fault(path, "it has no encoder of the same sizes")),
        }
    }
}
