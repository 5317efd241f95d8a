//! A loaded model on one device: codes to pictures, and back where there is an encoder.

use super::bound_graph::BoundGraph;
use super::device;
use super::file::ModelFile;
use super::manifest::{ImageSpec, Role};
use super::network::Network;
use super::runner::Runner;
use super::style::{self, StyleSpec};
use crate::latent::{NoiseMode, Space};
use burn::tensor::{Device, Tensor, TensorData};

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
    /// Takes z, or styles and noise.
    decoder: Runner,
    /// What a style-based model has before its decoder.
    style: Option<Box<StyleInputs>>,
    encoder: Option<Runner>,
    /// See [`Self::activation_bytes`].
    activation_bytes: usize,
}

/// The mapping from z to w, and the noise of a style-based model.
#[derive(Clone, Debug)]
struct StyleInputs {
    spec: StyleSpec,
    plan: style::StylePlan,
    /// Always on the CPU.
    mapping: Runner,
    constant_noise: Vec<Vec<f32>>,
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
        let fault = |fault| ModelError(format!("{}: {fault}", manifest.name));
        let graph = decoder_graph(file)?;
        let style = match &manifest.style {
            Some(spec) => {
                let plan = style::plan(spec, manifest.image).map_err(fault)?;
                let mapping = style::mapping_graph(spec).map_err(fault)?;
                Some(Box::new(StyleInputs {
                    constant_noise: constant_noise(file, &plan),
                    spec: spec.clone(),
                    plan,
                    mapping: Runner::new(&mapping, file, &device::cpu())?,
                }))
            }
            None => None,
        };
        let encoder = BoundGraph::of_role(file, Role::Encoder)?;
        let encoder = encoder.map(|graph| Runner::new(&graph, file, device));
        Ok(Self {
            device: device.clone(),
            image: manifest.image,
            z_dim,
            variational: manifest.capabilities().encodes_distribution,
            decoder: Runner::new(&graph, file, device)?,
            style,
            encoder: encoder.transpose()?,
            activation_bytes: graph.plan.peak_numbers.saturating_mul(size_of::<f32>()),
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
        match &self.style {
            Some(style) => style.spec.styles_len(),
            None => self.z_dim,
        }
    }

    /// How many style inputs there are, and how long each is; `None` without styles.
    pub fn styles(&self) -> Option<[usize; 2]> {
        let style = self.style.as_ref()?;
        Some([style.spec.num_ws, style.spec.w_dim])
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Bytes of activations that decoding one picture keeps alive at once, by the order of the
    /// graph's nodes: what batches can be sized by. A device may need some more within a node.
    pub fn activation_bytes(&self) -> usize {
        self.activation_bytes
    }

    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// Maps codes in z, row after row, to codes in w, on the CPU.
    ///
    /// # Errors
    /// When the model has no mapping network.
    pub fn map(&self, z: &[f32]) -> Result<Vec<f32>, ModelError> {
        match &self.style {
            Some(style) => style.mapping.values(&[z]),
            None => Err(ModelError("the model has no mapping network".to_owned())),
        }
    }

    /// Codes of a space, row after row, as [`Self::decode`] takes them: z is mapped to w, and a
    /// code in w is taken for every layer.
    ///
    /// # Errors
    /// When the model has no such space, or the numbers are no whole number of codes.
    pub fn inputs(&self, space: Space, codes: &[f32]) -> Result<Vec<f32>, ModelError> {
        let rows = match (&self.style, space) {
            (Some(_), Space::Z) => return self.inputs(Space::W, &self.map(codes)?),
            (Some(style), Space::W) => codes
                .chunks(style.spec.w_dim)
                .flat_map(|w| std::iter::repeat_n(w, style.spec.num_ws).flatten().copied())
                .collect(),
            (Some(_), Space::W_PLUS) => codes.to_vec(),
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
    ///
    /// # Errors
    /// When the numbers are no whole number of inputs.
    pub fn decode(&self, inputs: &[f32], noise: NoiseMode) -> Result<Tensor<2>, ModelError> {
        self.with_noise(inputs, noise, |inputs| self.decoder.tensor(inputs))
    }

    /// Decodes as [`Self::decode`] does, to numbers on the CPU, f32
    /// `[batch, channels, height, width]`, waited for.
    ///
    /// On the CPU a picture has the same bits whatever else is in the batch.
    ///
    /// # Errors
    /// As for [`Self::decode`], or when the device was lost.
    pub fn decode_to_vec(&self, inputs: &[f32], noise: NoiseMode) -> Result<Vec<f32>, ModelError> {
        self.with_noise(inputs, noise, |inputs| self.decoder.values(inputs))
    }

    /// Runs on codes and, where the model adds it, noise.
    fn with_noise<T>(
        &self,
        codes: &[f32],
        noise: NoiseMode,
        run: impl FnOnce(&[&[f32]]) -> Result<T, ModelError>,
    ) -> Result<T, ModelError> {
        let Some(style) = self.style.as_ref().filter(|style| style.spec.noise) else {
            return run(&[codes]);
        };
        let drawn;
        let layers = match noise {
            NoiseMode::Const => &style.constant_noise,
            NoiseMode::Random { seed } => {
                drawn = style::seed_noise(&style.plan, seed);
                &drawn
            }
            NoiseMode::None => {
                let constant = style.constant_noise.iter();
                drawn = constant.map(|layer| vec![0.0; layer.len()]).collect();
                &drawn
            }
        };
        let inputs: Vec<&[f32]> = std::iter::once(codes)
            .chain(layers.iter().map(Vec::as_slice))
            .collect();
        run(&inputs)
    }

    /// Encodes pictures in 0..1, given one after the other, or gives `None` without an encoder.
    ///
    /// # Errors
    /// When the numbers are no whole number of pictures.
    pub fn encode(&self, pictures: &[f32]) -> Result<Option<Encoded>, ModelError> {
        let Some(encoder) = &self.encoder else {
            return Ok(None);
        };
        let found = encoder.tensor(&[pictures])?;
        Ok(Some(if self.variational {
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
        }))
    }
}

/// The graph that makes pictures: of z, or of styles and noise.
///
/// # Errors
/// When the file is of a family without a decoder.
pub(super) fn decoder_graph(file: &ModelFile) -> Result<BoundGraph, ModelError> {
    let manifest = &file.manifest;
    match &manifest.style {
        Some(spec) => style::plan(spec, manifest.image)
            .and_then(|plan| style::synthesis_graph(spec, &plan, manifest.image.channels))
            .map_err(|fault| ModelError(format!("{}: {fault}", manifest.name))),
        None => BoundGraph::of_role(file, Role::Decoder)?
            .ok_or_else(|| ModelError("it has no decoder".to_owned())),
    }
}

/// The noise of the layers that goes with a model.
pub(super) fn constant_noise(file: &ModelFile, plan: &style::StylePlan) -> Vec<Vec<f32>> {
    style::constant_noise(plan, |layer| {
        let tensor = file.tensors.get(&format!("synthesis.{layer}.noise"))?;
        Some(tensor.values.clone())
    })
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
