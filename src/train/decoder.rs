//! Giving a model of codes the decoder of another file, as after an autoencoder was refined.

use super::TrainError;
use super::eval::read;
use crate::engine::ModelSource;
use crate::latent::Space;
use crate::model::file::StoredTensor;
use crate::model::graph::Operation;
use crate::model::manifest::{Manifest, Role};
use crate::model::statistics::picture_change;
use crate::model::{Generator, ModelError, ModelFile, device, graph};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Writes a model with the decoder weights of `from`; the scale of its codes stays. How its numbers change its
/// pictures is measured again. The quality is left out, because the data would be needed; named directions
/// stay, with the effects that they had before.
///
/// # Errors
/// When one of the files cannot be read, their decoders have other layers or read other codes, or the output cannot be
/// written.
pub fn replace_decoder(
    model: &ModelSource,
    from: &ModelSource,
    output: &Path,
) -> Result<(), TrainError> {
    let (file, from_file) = (read(model)?, read(from)?);
    let replaced = replaced(&file, &from_file).map_err(|fault| {
        let [model, from] = [model, from].map(called);
        TrainError::Request(format!(
            "{model} cannot have the decoder of {from}: {fault}"
        ))
    });
    let (manifest, mut tensors) = replaced?;
    remeasure(&manifest, &mut tensors)?;
    ModelFile::write(output, &manifest, &tensors).map_err(|source| TrainError::File {
        path: output.to_owned(),
        source,
    })
}

/// What somebody called a model.
fn called(source: &ModelSource) -> String {
    match source {
        ModelSource::Catalogue(name) => name.clone(),
        ModelSource::File(path) => path.display().to_string(),
    }
}

fn replaced(
    file: &ModelFile,
    from: &ModelFile,
) -> Result<(Manifest, BTreeMap<String, StoredTensor>), String> {
    let (own, others) = (decoder_tensors(file)?, decoder_tensors(from)?);
    if own != others {
        return Err("their layers differ".to_owned());
    }
    if !same_codes(file, from)? {
        return Err("it reads the codes of another autoencoder; their encoders differ".to_owned());
    }
    let mut tensors = file.tensors.clone();
    for name in others.into_keys() {
        let name = format!("{}.{name}", Role::Decoder.name());
        let tensor = from.tensors.get(&name);
        let tensor = tensor.ok_or_else(|| format!("it holds no {name}"))?;
        tensors.insert(name, tensor.clone());
    }
    let mut manifest = file.manifest.clone();
    manifest.quality.clear();
    Ok((manifest, tensors))
}

/// How far two encoders that are the same may lie apart where one of them was stored in half precision, as a share
/// of a weight.
const ROUNDED: f32 = 1e-3;
/// The same for weights near zero, where half precision has no share of its own (2^-24).
const ROUNDED_TO_ZERO: f32 = 6e-8;

/// Whether two models have the codes of one autoencoder: what makes the codes of pictures is the same in both. True
/// where one of them has no encoder, because nothing can be said then.
pub(super) fn same_codes(file: &ModelFile, from: &ModelFile) -> Result<bool, String> {
    let is_there = |file: &ModelFile| file.manifest.networks.contains_key(&Role::Encoder);
    if !is_there(file) || !is_there(from) {
        return Ok(true);
    }
    let [own, others] = [file, from].map(|file| tensors_of(file, Role::Encoder));
    let (own, others) = (own?, others?);
    // Encoders of more than codes have further layers, with names of their own.
    let mut shared = own
        .iter()
        .filter(|(name, shape)| others.get(*name) == Some(*shape));
    Ok(shared.all(|(name, _)| {
        let name = format!("{}.{name}", Role::Encoder.name());
        let [own, other] = [file, from].map(|file| file.tensors.get(&name));
        own.zip(other).is_some_and(|(own, other)| {
            let pairs = own.values.iter().zip(&other.values);
            let near = |(a, b): (&f32, &f32)| (a - b).abs() <= ROUNDED * a.abs() + ROUNDED_TO_ZERO;
            pairs.into_iter().all(near)
        })
    }))
}

/// The tensors of a decoder with their shapes, without those that scale codes.
fn decoder_tensors(file: &ModelFile) -> Result<BTreeMap<String, Vec<usize>>, String> {
    tensors_of(file, Role::Decoder)
}

/// The tensors of a network with their shapes, without those that scale codes.
fn tensors_of(file: &ModelFile, role: Role) -> Result<BTreeMap<String, Vec<usize>>, String> {
    let name = &file.manifest.name;
    let network = file.manifest.networks.get(&role);
    let network = network.ok_or_else(|| format!("{name} has no {}", role.name()))?;
    let plan = graph::plan(&*network.graph()?)?;
    let nodes = plan.spec.nodes.iter();
    let scales = nodes.filter(|node| {
        matches!(
            node.operation,
            Operation::Affine { .. } | Operation::Embedding { .. }
        )
    });
    let scales: BTreeSet<&str> = scales.map(|node| node.name.as_str()).collect();
    let parameters = plan.all_parameters();
    let of_layers = parameters.filter(|parameter| {
        let node = parameter.name.rsplit_once('.').map(|(node, _)| node);
        node.is_none_or(|node| !scales.contains(node))
    });
    Ok(of_layers
        .map(|parameter| (parameter.name.clone(), parameter.shape.clone()))
        .collect())
}

/// Measures again how the numbers of a code change the pictures.
fn remeasure(
    manifest: &Manifest,
    tensors: &mut BTreeMap<String, StoredTensor>,
) -> Result<(), ModelError> {
    let fault = |error: crate::model::ModelFileError| ModelError(error.to_string());
    let bytes = ModelFile::to_bytes(manifest, tensors).map_err(fault)?;
    let generator = Generator::new(
        &ModelFile::from_bytes(&bytes).map_err(fault)?,
        &device::cpu(),
    )?;
    for space in [Space::Z, Space::W] {
        let name = format!("{}.picture_change", space.name());
        if !tensors.contains_key(&name) {
            continue;
        }
        let sigma = match tensors.get(&format!("{}.sigma", space.name())) {
            Some(sigma) => sigma.values.clone(),
            None => vec![1.0; generator.start_len()],
        };
        let change = picture_change(&generator, space, &sigma)?;
        tensors.insert(name, StoredTensor::vector(change));
    }
    Ok(())
}
