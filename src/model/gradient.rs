//! Gradients of pictures with respect to what a decoder takes.

use super::file::ModelFile;
use super::generator::download;
use super::graph::GraphNetwork;
use super::noise::Noise;
use super::runner::{network, upload_rows};
use super::{Generator, ModelError, Wiring};
use burn::tensor::{Device, Tensor};

/// A decoder inside an autodiff graph, its weights as constants.
///
/// It has weights of its own beside those of the [`Generator`], which may hold them in a form
/// that only goes forward.
pub struct Tape {
    /// The device without the graph.
    base: Device,
    device: Device,
    decoder: GraphNetwork,
    /// The constant noise, where the model adds noise.
    noise: Vec<Tensor<2>>,
}

/// The errors of decoded inputs against one picture.
pub struct SquaredError {
    /// The mean squared error of each input's picture.
    pub errors: Vec<f32>,
    /// Its gradient in each input, row after row.
    pub gradients: Vec<f32>,
    /// The pictures, one after the other, in 0..1.
    pub pictures: Vec<f32>,
}

impl Tape {
    /// Uploads the decoder of a checked file.
    ///
    /// # Errors
    /// When the file is of a family without a decoder.
    pub fn new(file: &ModelFile, base: &Device) -> Result<Self, ModelError> {
        let device = base.clone().autodiff();
        let fault = |fault| ModelError(format!("{}: {fault}", file.manifest.name));
        let networks = Wiring::of(&file.manifest).map_err(fault)?;
        let decoder = networks.decoder;
        let decoder = decoder.ok_or_else(|| fault("it has no decoder".to_owned()))?;
        let graph = network(&decoder.graph, file, &device).map_err(fault)?;
        let noise = Noise::of(file, decoder.noise);
        let noise = noise.constant().iter();
        let noise = noise.map(|input| upload_rows(input, input.len(), &device));
        Ok(Self {
            base: base.clone(),
            decoder: graph,
            noise: noise.collect(),
            device,
        })
    }

    /// Whether it was made for this device.
    pub fn is_on(&self, device: &Device) -> bool {
        self.base == *device
    }

    /// The device of the graph.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The pictures of what [`Generator::inputs`] gave, with the constant noise, as numbers in 0..1.
    ///
    /// # Errors
    /// When the rows are not as long as the decoder's.
    pub fn pictures(&self, rows: Tensor<2>) -> Result<Tensor<2>, ModelError> {
        let given = std::iter::once(rows).chain(self.noise.iter().cloned());
        let outputs = self.decoder.forward(given.collect()).map_err(ModelError)?;
        let pictures = outputs.into_iter().next();
        pictures.ok_or_else(|| ModelError("it has no output".to_owned()))
    }

    /// Decodes what [`Generator::inputs`] gave, row after row with the constant noise, and
    /// compares each picture with `target`, f32 `[C, H, W]` in 0..1.
    ///
    /// # Errors
    /// When the device fails.
    pub fn squared_error(
        &self,
        generator: &Generator,
        inputs: &[f32],
        target: &[f32],
    ) -> Result<SquaredError, ModelError> {
        let row = generator.input_len().max(1);
        let rows = upload_rows(inputs, row, &self.device).require_grad();
        let pictures = self.pictures(rows.clone())?;
        let target = upload_rows(target, target.len(), &self.device);
        let errors = (pictures.clone() - target).square();
        let errors = errors.mean_dim(1);
        let mut gradients = errors.clone().sum().backward();
        let gradients = match rows.grad_remove(&mut gradients) {
            Some(gradients) => download(gradients.inner())?,
            // A picture that does not depend on the input.
            None => vec![0.0; inputs.len()],
        };
        Ok(SquaredError {
            errors: download(errors.inner())?,
            gradients,
            pictures: download(pictures.inner())?,
        })
    }
}
