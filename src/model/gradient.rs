//! Gradients of pictures with respect to what a decoder takes.

use super::file::ModelFile;
use super::generator::{StyleDecoder, download, upload};
use super::manifest::Role;
use super::network::Network;
use super::{Generator, ModelError};
use crate::latent::NoiseMode;
use burn::tensor::{Device, Tensor, TensorData};

/// A decoder inside an autodiff graph, its weights as constants.
///
/// It has weights of its own beside those of the [`Generator`], which may hold them in a form
/// that only goes forward.
pub struct Tape {
    /// The device without the graph.
    base: Device,
    device: Device,
    decoder: Decoder,
}

enum Decoder {
    Plain(Network),
    Style(Box<StyleDecoder>),
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
        let decoder = match &file.manifest.style {
            Some(spec) => Decoder::Style(Box::new(StyleDecoder::new(file, spec, &device)?)),
            None => Decoder::Plain(
                upload(file, Role::Decoder, &device)?
                    .ok_or_else(|| ModelError("it has no decoder".to_owned()))?,
            ),
        };
        Ok(Self {
            base: base.clone(),
            device,
            decoder,
        })
    }

    /// Whether it was made for this device.
    pub fn is_on(&self, device: &Device) -> bool {
        self.base == *device
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
        let upload = |values: &[f32], row: usize| -> Tensor<2> {
            let data = TensorData::new(values.to_vec(), [values.len() / row.max(1), row]);
            Tensor::from_data(data, &self.device)
        };
        let rows = upload(inputs, row).require_grad();
        let pictures = match &self.decoder {
            Decoder::Plain(network) => network.forward(rows.clone()),
            Decoder::Style(style) => style.decode(rows.clone(), NoiseMode::Const, &self.device),
        };
        let errors = (pictures.clone() - upload(target, target.len())).square();
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
