//! A loaded model on one device: codes to pictures, and back where there is an encoder.

use super::cpu::Plan;
use super::device;
use super::file::ModelFile;
use super::manifest::{ImageSpec, Role};
use super::network::Network;
use super::style::{self, LayerNoise, Mapping, StylePlan, StyleSpec, Synthesis};
use crate::latent::{NoiseMode, Space};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use std::sync::Arc;

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
    decoder: Decoder,
    encoder: Option<Network>,
}

/// What makes pictures of codes.
#[derive(Clone, Debug)]
enum Decoder {
    /// One network that takes z, on the CPU.
    Prepared(Arc<Plan>),
    /// One network that takes z, on a GPU; on the CPU only with a layer that a plan does not know.
    Plain(Network),
    /// A mapping network and a synthesis network that takes w+.
    Style(Box<StyleDecoder>),
}

#[derive(Clone, Debug)]
pub(super) struct StyleDecoder {
    spec: StyleSpec,
    plan: StylePlan,
    /// Always on the CPU.
    mapping: Mapping,
    synthesis: Synthesis,
    constant_noise: LayerNoise,
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
        let decoder = match &manifest.style {
            Some(spec) => Decoder::Style(Box::new(StyleDecoder::new(file, spec, device)?)),
            None => match prepare(file, device) {
                Some(plan) => Decoder::Prepared(Arc::new(plan)),
                None => Decoder::Plain(
                    upload(file, Role::Decoder, device)?
                        .ok_or_else(|| ModelError("it has no decoder".to_owned()))?,
                ),
            },
        };
        Ok(Self {
            device: device.clone(),
            image: manifest.image,
            z_dim,
            variational: manifest.capabilities().encodes_distribution,
            decoder,
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

    /// The length of a code as [`Self::decode`] takes it: that of z, or of w+ where there is a
    /// mapping network.
    pub fn input_len(&self) -> usize {
        match &self.decoder {
            Decoder::Prepared(_) | Decoder::Plain(_) => self.z_dim,
            Decoder::Style(style) => style.spec.styles_len(),
        }
    }

    /// How many style inputs there are, and how long each is; `None` without styles.
    pub fn styles(&self) -> Option<[usize; 2]> {
        match &self.decoder {
            Decoder::Style(style) => Some([style.spec.num_ws, style.spec.w_dim]),
            Decoder::Prepared(_) | Decoder::Plain(_) => None,
        }
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Maps codes in z, row after row, to codes in w, on the CPU.
    ///
    /// # Errors
    /// When the model has no mapping network.
    pub fn map(&self, z: &[f32]) -> Result<Vec<f32>, ModelError> {
        match &self.decoder {
            Decoder::Style(style) => {
                let z = upload_rows(z, self.z_dim, &device::cpu());
                download(style.mapping.forward(z))
            }
            _ => Err(ModelError("the model has no mapping network".to_owned())),
        }
    }

    /// Codes of a space, row after row, as [`Self::decode`] takes them: z is mapped to w, and a
    /// code in w is taken for every layer.
    ///
    /// # Errors
    /// When the model has no such space, or the numbers are no whole number of codes.
    pub fn inputs(&self, space: Space, codes: &[f32]) -> Result<Vec<f32>, ModelError> {
        let rows = match (&self.decoder, space) {
            (Decoder::Style(_), Space::Z) => return self.inputs(Space::W, &self.map(codes)?),
            (Decoder::Style(style), Space::W) => codes
                .chunks(style.spec.w_dim)
                .flat_map(|w| std::iter::repeat_n(w, style.spec.num_ws).flatten().copied())
                .collect(),
            (Decoder::Style(_), Space::W_PLUS) => codes.to_vec(),
            (_, Space::Z) => codes.to_vec(),
            _ => return Err(ModelError(format!("the model has no {space} space"))),
        };
        if rows.len().is_multiple_of(self.input_len()) {
            Ok(rows)
        } else {
            Err(ModelError(format!(
                "{} numbers are no codes in {space}",
                codes.len()
            )))
        }
    }

    /// Decodes what [`Self::inputs`] gave to pictures `[batch, channels * height * width]` in
    /// 0..1.
    pub fn decode(&self, inputs: &[f32], noise: NoiseMode) -> Tensor<2> {
        match &self.decoder {
            Decoder::Prepared(plan) => {
                upload_rows(&plan.run(inputs), self.image.len(), &self.device)
            }
            Decoder::Plain(network) => network.forward(self.rows(inputs)),
            Decoder::Style(style) => style.decode(self.rows(inputs), noise, &self.device),
        }
    }

    /// Decodes as [`Self::decode`] does, to numbers on the CPU, f32
    /// `[batch, channels, height, width]`, waited for.
    ///
    /// On the CPU a picture of a prepared network has the same bits whatever else is in the
    /// batch.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn decode_to_vec(&self, inputs: &[f32], noise: NoiseMode) -> Result<Vec<f32>, ModelError> {
        let work = match &self.decoder {
            Decoder::Prepared(plan) => return Ok(plan.run(inputs)),
            Decoder::Style(style) if self.device == device::cpu() => style.plan.multiply_adds,
            _ => return download(self.decode(inputs, noise)),
        };
        // Each core decodes a part of the batch: burn's layers are too small to be worth
        // dividing one by one.
        let rows = inputs.len() / self.input_len();
        let part = rows
            .div_ceil(rayon::current_num_threads())
            .max(PART_WORK.div_ceil(work.max(1)));
        if rows <= part {
            return download(self.decode(inputs, noise));
        }
        let parts: Result<Vec<Vec<f32>>, ModelError> = inputs
            .par_chunks(part * self.input_len())
            .map(|inputs| download(self.decode(inputs, noise)))
            .collect();
        parts.map(|parts| parts.concat())
    }

    /// Encodes pictures in 0..1, given one after the other, or gives `None` without an encoder.
    pub fn encode(&self, pictures: &[f32]) -> Option<Encoded> {
        let encoder = self.encoder.as_ref()?;
        let found = encoder.forward(upload_rows(pictures, self.image.len(), &self.device));
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

    fn rows(&self, inputs: &[f32]) -> Tensor<2> {
        upload_rows(inputs, self.input_len(), &self.device)
    }
}

impl StyleDecoder {
    pub(super) fn new(
        file: &ModelFile,
        spec: &StyleSpec,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let image = file.manifest.image;
        let fault = |fault| ModelError(format!("{}: {fault}", file.manifest.name));
        let plan = style::plan(spec, image).map_err(fault)?;
        let tensor = |name: &str, device: &Device| {
            let values = &file.tensors.get(name)?.values;
            let data = TensorData::new(values.clone(), [values.len()]);
            Some(Tensor::from_data(data, device))
        };
        let cpu = device::cpu();
        let mapping = Mapping::new(spec, |name| tensor(name, &cpu)).map_err(fault)?;
        let synthesis = Synthesis::new(spec, &plan, image.channels, device, |name| {
            tensor(name, device)
        })
        .map_err(fault)?;
        let stored = |layer: usize| {
            let tensor = file.tensors.get(&format!("synthesis.{layer}.noise"))?;
            Some(tensor.values.clone())
        };
        Ok(Self {
            constant_noise: LayerNoise::constant(&plan, stored, device),
            spec: spec.clone(),
            plan,
            mapping,
            synthesis,
        })
    }

    /// Rows of w+ to pictures in 0..1.
    pub(super) fn decode(&self, rows: Tensor<2>, noise: NoiseMode, device: &Device) -> Tensor<2> {
        let [batch, _] = rows.dims();
        let styles = rows.reshape([batch, self.spec.num_ws, self.spec.w_dim]);
        let drawn;
        let noise = match noise {
            NoiseMode::Const => Some(&self.constant_noise),
            NoiseMode::Random { seed } => {
                drawn = LayerNoise::of_seed(&self.plan, seed, device);
                Some(&drawn)
            }
            NoiseMode::None => None,
        };
        let pictures: Tensor<2> = self.synthesis.forward(styles, noise).flatten(1, 3);
        (pictures * 0.5 + 0.5).clamp(0.0, 1.0)
    }
}

/// The decoder of a file for the CPU, where that is the device and all layers are known there.
fn prepare(file: &ModelFile, device: &Device) -> Option<Plan> {
    if *device != device::cpu() {
        return None;
    }
    let spec = file.manifest.networks.get(&Role::Decoder)?;
    Plan::compile(spec, |name| {
        let tensor = file.network_tensor(Role::Decoder, name)?;
        Some(&tensor.values[..])
    })
}

fn upload_rows(values: &[f32], row: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / row.max(1);
    Tensor::from_data(TensorData::new(values.to_vec(), [rows, row]), device)
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
