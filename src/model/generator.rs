//! A loaded model on one device: codes to pictures, and back where there is an encoder.

use super::file::ModelFile;
use super::manifest::{Family, ImageSpec, Role};
use super::network::{Mode, Network};
use super::{device, shapes, sigmoid};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;

/// Multiplications that are worth waking another core for: about a tenth of a millisecond.
const PART_WORK: usize = 8_000_000;

/// Why a model could not be built or run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(pub String);

/// What an encoder says of pictures.
pub struct Encoded {
    /// `[batch, z_dim]`
    pub mu: Tensor<2>,
    /// Log variance, `[batch, z_dim]`; plain autoencoders have none.
    pub logvar: Option<Tensor<2>>,
}

/// The networks of a model on a device.
#[derive(Clone, Debug)]
pub struct Generator {
    device: Device,
    image: ImageSpec,
    z_dim: usize,
    variational: bool,
    decoder: Network,
    encoder: Option<Network>,
    /// Codes that one core decodes at least.
    smallest_part: usize,
}

impl Generator {
    /// Uploads the networks of a checked file.
    ///
    /// # Errors
    /// When the file is of a family without a decoder.
    pub fn new(file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let manifest = &file.manifest;
        let z_dim = file
            .z_dim()
            .ok_or_else(|| ModelError("it has no latent space to walk through".to_owned()))?;
        let decoder = upload(file, Role::Decoder, device)?
            .ok_or_else(|| ModelError("it has no decoder".to_owned()))?;
        let work = match manifest.networks.get(&Role::Decoder).map(shapes::plan) {
            Some(Ok(plan)) => plan.multiply_adds.max(1),
            _ => 1,
        };
        Ok(Self {
            device: device.clone(),
            image: manifest.image,
            z_dim,
            variational: manifest.family == Family::Vae,
            decoder,
            smallest_part: PART_WORK.div_ceil(work),
            encoder: upload(file, Role::Encoder, device)?,
        })
    }

    pub fn image(&self) -> ImageSpec {
        self.image
    }

    /// The length of a code in z.
    pub fn z_dim(&self) -> usize {
        self.z_dim
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Decodes codes `[batch, z_dim]`, given row after row, to pictures
    /// `[batch, channels * height * width]` in 0..1.
    pub fn decode(&self, codes: &[f32]) -> Tensor<2> {
        self.decoder.forward(self.upload_rows(codes, self.z_dim))
    }

    /// Decodes codes to numbers on the CPU, f32 `[batch, channels, height, width]`, waited for.
    ///
    /// On the CPU device each core decodes a part of the batch: the layers are too small to be
    /// worth dividing one by one.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn decode_to_vec(&self, codes: &[f32]) -> Result<Vec<f32>, ModelError> {
        if self.device != device::cpu() {
            return download(self.decode(codes));
        }
        let rows = codes.len() / self.z_dim;
        let part = rows
            .div_ceil(rayon::current_num_threads())
            .max(self.smallest_part);
        if rows <= part {
            return self.decode_on_cpu(codes);
        }
        let parts: Result<Vec<Vec<f32>>, ModelError> = codes
            .par_chunks(part * self.z_dim)
            .map(|codes| self.decode_on_cpu(codes))
            .collect();
        parts.map(|parts| parts.concat())
    }

    fn decode_on_cpu(&self, codes: &[f32]) -> Result<Vec<f32>, ModelError> {
        if !self.decoder.ends_in_sigmoid() {
            return download(self.decode(codes));
        }
        let codes = self.upload_rows(codes, self.z_dim);
        let mut values = download(self.decoder.forward_logits(codes, &mut Mode::Inference))?;
        sigmoid::in_place(&mut values);
        Ok(values)
    }

    /// Encodes pictures in 0..1, given one after the other, or gives `None` without an encoder.
    pub fn encode(&self, pictures: &[f32]) -> Option<Encoded> {
        let encoder = self.encoder.as_ref()?;
        let found = encoder.forward(self.upload_rows(pictures, self.image.len()));
        Some(if self.variational {
            let [batch, _] = found.dims();
            let mu = found.clone().slice([0..batch, 0..self.z_dim]);
            let logvar = found.slice([0..batch, self.z_dim..2 * self.z_dim]);
            Encoded {
                mu,
                logvar: Some(logvar),
            }
        } else {
            Encoded {
                mu: found,
                logvar: None,
            }
        })
    }

    fn upload_rows(&self, values: &[f32], row: usize) -> Tensor<2> {
        let rows = values.len() / row.max(1);
        Tensor::from_data(TensorData::new(values.to_vec(), [rows, row]), &self.device)
    }
}

/// A network of a file on a device, or `None` when the file has no such network.
///
/// # Errors
/// When the file was changed after it was checked.
pub fn upload(
    file: &ModelFile,
    role: Role,
    device: &Device,
) -> Result<Option<Network>, ModelError> {
    let Some(spec) = file.manifest.networks.get(&role) else {
        return Ok(None);
    };
    Network::new(spec, |name| {
        let values = &file.network_tensor(role, name)?.values;
        Some(Tensor::from_data(
            TensorData::new(values.clone(), [values.len()]),
            device,
        ))
    })
    .map(Some)
    .map_err(|fault| ModelError(format!("{}: {fault}", file.manifest.name)))
}

/// The numbers of a tensor, waited for.
///
/// # Errors
/// When the device was lost or the numbers are not `f32`.
pub fn download<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    tensor
        .try_into_data()
        .map_err(|error| ModelError(format!("the device failed: {error:?}")))?
        .try_into_vec::<f32>()
        .map_err(|error| ModelError(format!("the device gave other numbers: {error:?}")))
}
