//! Runs that start from a trained model.

use super::parameters::Weights;
use crate::model::manifest::Role;
use crate::model::{ModelError, ModelFile};
use burn::tensor::Device;
use std::path::Path;

/// Reads the model that a run starts from.
///
/// # Errors
/// A sentence that names the file when it cannot be read.
pub fn read(path: &Path) -> Result<ModelFile, ModelError> {
    ModelFile::read(path).map_err(|error| fault(path, &error.to_string()))
}

/// What is wrong with such a model.
pub fn fault(path: &Path, fault: &str) -> ModelError {
    let path = path.display();
    ModelError(format!("has an unfit beginning {path}: {fault}"))
}

/// Initializes the weights of a graph with those of a trained model.
///
/// # Errors
/// A sentence that names the file when it cannot be read, or has no such network of the same sizes.
pub fn begin_at(
    weights: &mut Weights,
    role: Role,
    path: &Path,
    device: &Device,
) -> Result<(), ModelError> {
    let file = read(path)?;
    let prefix = format!("{}.", role.name());
    let own = file.tensors.iter();
    let own = own.filter_map(|(name, tensor)| Some((name.strip_prefix(&prefix)?, tensor)));
    match weights.begin_at(own, device) {
        true => Ok(()),
        false => {
            let name = role.name();
            Err(fault(path, &format!("it has no {name} of the same sizes")))
        }
    }
}
