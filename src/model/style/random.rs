//! A small style-based model with random weights: everything that has styles can be tried and
//! tested on it without a trained one. Its pictures are coloured shapes, not characters.

use super::spec::{Initial, Output, StyleSpec, Upsampling, plan};
use crate::latent::seed::NormalStream;
use crate::latent::{Space, SpaceShape};
use crate::model::file::{ModelFile, ModelFileError, StoredTensor};
use crate::model::manifest::{
    DataSource, FORMAT_VERSION, Family, ImageSpec, Manifest, TrainingRecord,
};
use crate::model::{Generator, ModelError, device, statistics};
use std::collections::BTreeMap;

/// The name of every model that [`random_model`] makes.
pub const RANDOM_SPEC_NAME: &str = "random-style";

/// Codes over which the mean of w is taken.
const MEAN_OF: usize = 1000;

/// The manifest of the random model: 32x32 RGB, z and w of 32 numbers, 7 style inputs.
pub fn random_manifest() -> Manifest {
    let style = StyleSpec {
        z_dim: 32,
        w_dim: 32,
        mapping_layers: 2,
        mapping_rate: 0.01,
        start: 4,
        channels: vec![16, 16, 12, 8],
        num_ws: 7,
        upsampling: Upsampling::Bilinear,
        output: Output::Linear,
        noise: true,
        haar: false,
        codes: None,
    };
    Manifest {
        format_version: FORMAT_VERSION,
        name: RANDOM_SPEC_NAME.to_owned(),
        title: "Random weights, style-based".to_owned(),
        summary: "An untrained generator for trying out styles.".to_owned(),
        family: Family::StyleGan,
        image: ImageSpec {
            channels: 3,
            height: 32,
            width: 32,
        },
        spaces: BTreeMap::from([
            (Space::Z, SpaceShape::Vector { dim: style.z_dim }),
            (Space::W, SpaceShape::Vector { dim: style.w_dim }),
            (
                Space::W_PLUS,
                SpaceShape::Layers {
                    layers: style.num_ws,
                    dim: style.w_dim,
                },
            ),
        ]),
        networks: BTreeMap::new(),
        maps: Vec::new(),
        entries: Vec::new(),
        conditions: None,
        style: Some(style),
        flow: None,
        diffusion: None,
        labels: Default::default(),
        classes: Vec::new(),
        data: DataSource::default(),
        training: TrainingRecord::default(),
        quality: BTreeMap::new(),
        directions: None,
    }
}

/// The bytes of a model file with random weights; the same seed gives the same bytes.
///
/// Write them to a file, and window, command line and engine open it through its path:
///
/// ```no_run
/// let bytes = zscape::model::style::random_model(1)?;
/// std::fs::write("random.safetensors", bytes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Never in practice; what checks every file is passed on.
pub fn random_model(seed: u32) -> Result<Vec<u8>, ModelFileError> {
    let manifest = random_manifest();
    let contradiction = |fault: String| ModelFileError::Contradiction(fault);
    let mut tensors = BTreeMap::new();
    if let Some(style) = &manifest.style {
        let mut stream = NormalStream::new(seed);
        for parameter in plan(style, manifest.image)
            .map_err(contradiction)?
            .parameters
        {
            let len = parameter.shape.iter().product();
            let (mean, deviation) = match parameter.initial {
                Initial::Normal(deviation) => (0.0, deviation),
                Initial::Constant(value) => (value, 0.1),
                // Style-based generators have none.
                Initial::Rotation { .. } => (0.0, 1.0),
            };
            // Four resolutions add up, and the sum should seldom leave -1..1.
            let scale = if parameter.name.starts_with("picture") && parameter.shape.len() == 2 {
                0.3
            } else {
                1.0
            };
            let values = (0..len)
                .map(|_| (mean + deviation * stream.draw() as f32) * scale)
                .collect();
            let shape = parameter.shape;
            tensors.insert(parameter.name, StoredTensor { shape, values });
        }
    }
    let bytes = ModelFile::to_bytes(&manifest, &tensors)?;
    let failed = |error: ModelError| contradiction(error.0);
    let generator =
        Generator::new(&ModelFile::from_bytes(&bytes)?, &device::cpu()).map_err(failed)?;
    let (mean, sigma) = statistics::w_statistics(&generator, MEAN_OF).map_err(failed)?;
    tensors.insert("w.mean".to_owned(), StoredTensor::vector(mean));
    tensors.insert("w.sigma".to_owned(), StoredTensor::vector(sigma));
    ModelFile::to_bytes(&manifest, &tensors)
}
