//! The two networks of a style-based generator in training: rebuilt from leaves of an autodiff
//! graph in every step, with the operations whose gradients are written by hand.
//!
//! Weights are stored as they are trained, with an equalised learning rate (Karras et al. 2018);
//! the constant factors are multiplied in when a network is built.

use super::resample::Doubling;
use crate::model::graph::{GraphNetwork, haar, haar_inverse};
use crate::model::style::{
    KERNEL, Output, StylePlan, StyleSpec, mapping_graph, noisy_activation, scaled_convolution,
};
use burn::tensor::{Device, Tensor, TensorData};
use std::f64::consts::SQRT_2;

/// Added under roots, so that no zero is divided by.
const EPSILON: f64 = 1e-8;

/// Where networks take their tensors, flattened, by name.
type Source<'a> = &'a mut dyn FnMut(&str) -> Option<Tensor<1>>;

fn take(source: Source<'_>, name: &str, len: usize) -> Result<Tensor<1>, String> {
    let tensor = source(name).ok_or_else(|| format!("no tensor {name:?}"))?;
    if tensor.dims()[0] == len {
        Ok(tensor)
    } else {
        Err(format!(
            "{name:?} has {} numbers, not {len}",
            tensor.dims()[0]
        ))
    }
}

/// Noise for every convolution, each `[batch, 1, side, side]`.
#[derive(Clone, Debug)]
pub struct LayerNoise(Vec<Tensor<4>>);

impl LayerNoise {
    /// Noise of its own for each of `batch` pictures; `normals(n)` gives the next `n` numbers.
    pub fn drawn(
        plan: &StylePlan,
        batch: usize,
        mut normals: impl FnMut(usize) -> Vec<f32>,
        device: &Device,
    ) -> Self {
        let layers = plan.layers.iter().map(|layer| {
            let values = normals(batch * layer.side * layer.side);
            let data = TensorData::new(values, [batch, 1, layer.side, layer.side]);
            Tensor::from_data(data, device)
        });
        Self(layers.collect())
    }

    fn layer(&self, index: usize) -> Option<&Tensor<4>> {
        self.0.get(index)
    }
}

/// The mapping network, z to w: the graph that decoding runs, with leaves for its tensors.
#[derive(Clone, Debug)]
pub struct Mapping(GraphNetwork);

impl Mapping {
    /// Takes the tensors `mapping.N.weight` and `mapping.N.bias`, flattened, from `source`;
    /// `device` is theirs.
    ///
    /// # Errors
    /// When a tensor is missing or has another length.
    pub fn new(
        spec: &StyleSpec,
        device: &Device,
        mut source: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        let graph = mapping_graph(spec)?;
        let network = GraphNetwork::of_plan(graph.plan.clone(), device, |name| {
            let binding = graph.binding(name)?;
            Some(source(&binding.tensor)? * binding.factor)
        })?;
        Ok(Self(network))
    }

    /// Codes `[batch, z_dim]` to `[batch, w_dim]`.
    ///
    /// # Errors
    /// When the codes have another length.
    pub fn forward(&self, z: Tensor<2>) -> Result<Tensor<2>, String> {
        self.0.forward_one(z)
    }
}

/// The affine map from w to the scales of a layer's inputs.
#[derive(Clone, Debug)]
struct Affine {
    weight: Tensor<2>,
    bias: Tensor<2>,
}

impl Affine {
    fn new(source: Source<'_>, name: &str, w_dim: usize, outputs: usize) -> Result<Self, String> {
        let weight = take(source, &format!("{name}.style.weight"), w_dim * outputs)?;
        let bias = take(source, &format!("{name}.style.bias"), outputs)?;
        Ok(Self {
            weight: weight.reshape([w_dim, outputs]) / (w_dim as f64).sqrt(),
            bias: bias.reshape([1, outputs]),
        })
    }

    /// `[batch, w_dim]` to `[batch, outputs]`.
    fn run(&self, w: Tensor<2>) -> Tensor<2> {
        w.matmul(self.weight.clone()) + self.bias.clone()
    }
}

/// A modulated and demodulated 3x3 convolution with noise, bias and leaky ReLU.
#[derive(Clone, Debug)]
struct StyledLayer {
    affine: Affine,
    doubling: Option<Doubling>,
    /// `[outputs, inputs, 3, 3]`
    weight: Tensor<4>,
    /// The sum of the squares of each 3x3 kernel, `[inputs, outputs]`.
    squares: Tensor<2>,
    /// Bias and noise strength, both times sqrt(2).
    bias: Tensor<1>,
    noise_strength: Option<Tensor<1>>,
}

impl StyledLayer {
    fn run(&self, x: Tensor<4>, w: Tensor<2>, noise: Option<&Tensor<4>>) -> Tensor<4> {
        let scales = self.affine.run(w);
        let [batch, inputs] = scales.dims();
        let x = match &self.doubling {
            Some(doubling) => doubling.run(x),
            None => x,
        };
        // The learned constant is the same for every picture.
        let [_, _, height, width] = x.dims();
        let x = x.expand([batch, inputs, height, width]);
        // Scaling what goes in and what comes out equals scaling the weights of each picture
        // (Karras et al. 2020, equations 1 and 3), and keeps one convolution for the batch.
        let x = scaled_convolution(x, scales.clone(), self.weight.clone());
        let norm = (scales.square().matmul(self.squares.clone()) + EPSILON).sqrt();
        // The gain sqrt(2) of the activation goes through the leaky ReLU.
        let demodulation = norm.recip() * SQRT_2;
        let (noise, strength) = match (noise, &self.noise_strength) {
            (Some(noise), Some(strength)) => (noise.clone(), strength.clone()),
            _ => (
                Tensor::zeros([1, 1, height, width], &x.device()),
                Tensor::zeros([1], &x.device()),
            ),
        };
        noisy_activation(x, demodulation, self.bias.clone(), noise, strength)
    }
}

/// A modulated 1x1 convolution to the channels of a picture, without demodulation.
#[derive(Clone, Debug)]
struct PictureLayer {
    affine: Affine,
    /// `[1, channels, inputs]`
    weight: Tensor<3>,
    bias: Tensor<4>,
    /// Which style it takes.
    style: usize,
    /// How the sum of the pictures before it gets this size.
    doubling: Option<SumDoubling>,
}

/// Doubles the sum of picture layers: pictures as they are, coefficients as the pictures that they
/// stand for.
#[derive(Clone, Debug)]
struct SumDoubling {
    doubling: Doubling,
    haar: bool,
}

impl SumDoubling {
    fn run(&self, sum: Tensor<4>) -> Tensor<4> {
        if !self.haar {
            return self.doubling.run(sum);
        }
        let [batch, bands, height, width] = sum.dims();
        let channels = bands / 4;
        let shape = [channels, 2 * height, 2 * width];
        let picture = haar_inverse(sum.flatten(1, 3), &shape, batch);
        let picture = picture.reshape([batch, channels, 2 * height, 2 * width]);
        let doubled = self.doubling.run(picture).flatten(1, 3);
        let coefficients = haar(doubled, &[channels, 4 * height, 4 * width], batch);
        coefficients.reshape([batch, bands, 2 * height, 2 * width])
    }
}

impl PictureLayer {
    fn run(&self, x: Tensor<4>, w: Tensor<2>) -> Tensor<4> {
        let [batch, inputs, height, width] = x.dims();
        let [_, channels, _] = self.weight.dims();
        let scales = self.affine.run(w).reshape([batch, 1, inputs]);
        let weight = self.weight.clone() * scales;
        let picture = weight.matmul(x.reshape([batch, inputs, height * width]));
        picture.reshape([batch, channels, height, width]) + self.bias.clone()
    }
}

/// The synthesis network: styles to pictures.
#[derive(Clone, Debug)]
pub struct Synthesis {
    /// `[1, channels, start, start]`
    start: Tensor<4>,
    layers: Vec<StyledLayer>,
    /// One for each resolution, with the convolution that it follows.
    pictures: Vec<(usize, PictureLayer)>,
    output: Output,
}

impl Synthesis {
    /// Takes the tensors `synthesis.…` and `picture.…` from `source`; `device` is theirs. `factors`
    /// multiply the channels of the picture layers.
    ///
    /// # Errors
    /// When a tensor is missing or has another length.
    pub fn new(
        spec: &StyleSpec,
        plan: &StylePlan,
        factors: &[f32],
        device: &Device,
        mut source: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        let source: Source<'_> = &mut source;
        let channels = factors.len();
        let factors: Tensor<1> =
            Tensor::from_data(TensorData::new(factors.to_vec(), [channels]), device);
        let first = plan.layers.first().ok_or("there are no layers")?;
        let start = take(
            source,
            "synthesis.start",
            first.inputs * first.side * first.side,
        )?;
        let start = start.reshape([1, first.inputs, first.side, first.side]);
        let mut layers = Vec::with_capacity(plan.layers.len());
        let mut pictures: Vec<(usize, PictureLayer)> = Vec::with_capacity(spec.channels.len());
        for (index, layer) in plan.layers.iter().enumerate() {
            let (inputs, outputs) = (layer.inputs, layer.outputs);
            let name = format!("synthesis.{index}");
            let doubling = || Doubling::new(layer.side / 2, spec.upsampling, device);
            let kernel = KERNEL * KERNEL;
            let weight = take(source, &format!("{name}.weight"), outputs * inputs * kernel)?
                / ((inputs * kernel) as f64).sqrt();
            let squares = weight.clone().square().reshape([outputs, inputs, kernel]);
            let squares = squares.sum_dim(2).reshape([outputs, inputs]).transpose();
            let bias = take(source, &format!("{name}.bias"), outputs)?;
            let noise_strength = if spec.noise {
                let strength = take(source, &format!("{name}.noise_strength"), 1)?;
                Some(strength * SQRT_2)
            } else {
                None
            };
            layers.push(StyledLayer {
                affine: Affine::new(source, &name, spec.w_dim, inputs)?,
                doubling: layer.doubles.then(doubling),
                weight: weight.reshape([outputs, inputs, KERNEL, KERNEL]),
                squares,
                bias: bias * SQRT_2,
                noise_strength,
            });
            if layer.ends_resolution {
                let resolution = pictures.len();
                let name = format!("picture.{resolution}");
                let weight = take(source, &format!("{name}.weight"), channels * outputs)?;
                let weight = weight.reshape([1, channels, outputs]) / (outputs as f64).sqrt();
                let bias = take(source, &format!("{name}.bias"), channels)? * factors.clone();
                let sum_doubling = || SumDoubling {
                    // A sum of coefficients is doubled at the side of its picture.
                    doubling: if spec.haar {
                        Doubling::new(layer.side, spec.upsampling, device)
                    } else {
                        doubling()
                    },
                    haar: spec.haar,
                };
                let picture = PictureLayer {
                    affine: Affine::new(source, &name, spec.w_dim, outputs)?,
                    weight: weight * factors.clone().reshape([1, channels, 1]),
                    bias: bias.reshape([1, channels, 1, 1]),
                    style: spec.picture_style(index),
                    doubling: (resolution > 0).then(sum_doubling),
                };
                pictures.push((index, picture));
            }
        }
        Ok(Self {
            start,
            layers,
            pictures,
            output: spec.output,
        })
    }

    /// Styles `[batch, num_ws, w_dim]` to pictures `[batch, channels, side, side]` in about
    /// -1..1, or to their Haar coefficients; nothing is cut off. Without `noise` none is added.
    pub fn forward(&self, styles: Tensor<3>, noise: Option<&LayerNoise>) -> Tensor<4> {
        let [batch, _, w_dim] = styles.dims();
        let style = |index: usize| {
            styles
                .clone()
                .slice([0..batch, index..index + 1, 0..w_dim])
                .reshape([batch, w_dim])
        };
        let mut x = self.start.clone();
        let mut sum: Option<Tensor<4>> = None;
        let mut pictures = self.pictures.iter().peekable();
        for (index, layer) in self.layers.iter().enumerate() {
            x = layer.run(x, style(index), noise.and_then(|noise| noise.layer(index)));
            if let Some((_, picture)) = pictures.next_if(|(after, _)| *after == index) {
                let added = picture.run(x.clone(), style(picture.style));
                sum = Some(match (sum, &picture.doubling) {
                    (Some(sum), Some(doubling)) => doubling.run(sum) + added,
                    _ => added,
                });
            }
        }
        // `plan` has at least one resolution, so there is a sum.
        let picture = sum.unwrap_or(x);
        match self.output {
            Output::Linear => picture,
            Output::Tanh => picture.tanh(),
        }
    }
}
