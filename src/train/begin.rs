//! Runs that start from a trained model.

use super::parameters::{Parameters, Weights};
use crate::model::file::StoredTensor;
use crate::model::manifest::Role;
use crate::model::{ModelError, ModelFile};
use burn::tensor::Device;
use std::collections::BTreeMap;
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

/// The tensors whose names begin with `prefix`, by the rest of their names.
pub fn tensors_of<'a>(
    tensors: &'a BTreeMap<String, StoredTensor>,
    prefix: &'a str,
) -> impl Iterator<Item = (&'a str, &'a StoredTensor)> {
    let tensors = tensors.iter();
    tensors.filter_map(move |(name, tensor)| Some((name.strip_prefix(prefix)?, tensor)))
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
    let is_whole = weights.begin_at(tensors_of(&file.tensors, &prefix), device);
    check_whole(is_whole, role, path)
}

/// Initializes networks of layers with those of one trained model.
///
/// # Errors
/// A sentence that names the file when it cannot be read, or has no such networks of the same sizes.
pub fn begin_layers_at<'a>(
    networks: impl IntoIterator<Item = (Role, &'a mut Parameters)>,
    path: &Path,
    device: &Device,
) -> Result<(), ModelError> {
    let file = read(path)?;
    networks.into_iter().try_for_each(|(role, network)| {
        let prefix = format!("{}.", role.name());
        let is_whole = network.begin_at(tensors_of(&file.tensors, &prefix), device);
        check_whole(is_whole, role, path)
    })
}

fn check_whole(is_whole: bool, role: Role, path: &Path) -> Result<(), ModelError> {
    match is_whole {
        true => Ok(()),
        false => {
            let name = role.name();
            Err(fault(path, &format!("it has no {name} of the same sizes")))
        }
    }
}
