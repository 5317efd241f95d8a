//! A feed-forward network as data: the layers of a [`NetworkSpec`] with their tensors.

use super::manifest::{LayerSpec, NetworkSpec};
use super::shapes::{self, NetworkPlan, Shape};
use burn::tensor::activation;
use burn::tensor::module::{conv_transpose2d, conv2d, interpolate, linear};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions};
use burn::tensor::{Distribution, Tensor};

/// Added to a variance before its root, as everywhere in the field.
pub const BATCH_NORM_EPSILON: f64 = 1e-5;

/// An activation on its way through a network, with the batch first.
#[derive(Clone, Debug)]
pub enum Activation {
    /// `[batch, features]`
    Flat(Tensor<2>),
    /// `[batch, channels, height, width]`
    Image(Tensor<4>),
}

/// Whether a network is being trained, and where batch statistics go if it is.
pub enum Mode<'a> {
    Inference,
    /// Batch normalisation uses the batch; its mean and variance are pushed here by layer.
    Training {
        statistics: &'a mut Vec<(usize, Tensor<1>, Tensor<1>)>,
    },
}

#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "a network has a few layers, and each is read in every decode"
)]
enum Layer {
    Dense {
        weight: Tensor<2>,
        bias: Tensor<1>,
    },
    Conv {
        weight: Tensor<4>,
        bias: Tensor<1>,
        options: ConvOptions<2>,
    },
    ConvTranspose {
        weight: Tensor<4>,
        bias: Tensor<1>,
    },
    BatchNorm {
        gamma: Tensor<1>,
        beta: Tensor<1>,
        mean: Tensor<1>,
        variance: Tensor<1>,
    },
    Reshape {
        channels: usize,
        height: usize,
        width: usize,
    },
    Flatten,
    MeanPool,
    PixelShuffle {
        factor: usize,
    },
    Upsample {
        factor: usize,
    },
    Dropout {
        probability: f64,
    },
    Relu,
    LeakyRelu {
        slope: f64,
    },
    Silu,
    Tanh,
    Sigmoid,
}

/// A network with its tensors on one device.
#[derive(Clone, Debug)]
pub struct Network {
    input: Shape,
    layers: Vec<Layer>,
}

impl Network {
    /// Builds the network of `spec`, taking every tensor, flattened, from `parameter`.
    ///
    /// # Errors
    /// When the specification is not sound, or `parameter` has no tensor of a name or one of
    /// another length.
    pub fn new(
        spec: &NetworkSpec,
        mut parameter: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        let NetworkPlan {
            input, parameters, ..
        } = shapes::plan(spec)?;
        let mut parameters = parameters.into_iter();
        let mut next = || -> Result<(Tensor<1>, Vec<usize>), String> {
            let spec = parameters.next().ok_or("the plan has too few tensors")?;
            let tensor =
                parameter(&spec.name).ok_or_else(|| format!("no tensor {:?}", spec.name))?;
            if tensor.dims()[0] == spec.shape.iter().product::<usize>() {
                Ok((tensor, spec.shape))
            } else {
                Err(format!(
                    "{:?} has another size than {:?}",
                    spec.name, spec.shape
                ))
            }
        };
        let mut layers = Vec::with_capacity(spec.layers.len());
        for layer in &spec.layers {
            layers.push(match *layer {
                LayerSpec::Dense { .. } => {
                    let (weight, shape) = next()?;
                    Layer::Dense {
                        weight: weight.reshape([shape[0], shape[1]]),
                        bias: next()?.0,
                    }
                }
                LayerSpec::Conv { kernel, stride, .. } => {
                    let padding = (kernel - 1) / 2;
                    Layer::Conv {
                        weight: kernel_tensor(next()?),
                        bias: next()?.0,
                        options: ConvOptions::new([stride; 2], [padding; 2], [1; 2], 1),
                    }
                }
                LayerSpec::ConvTranspose { .. } => Layer::ConvTranspose {
                    weight: kernel_tensor(next()?),
                    bias: next()?.0,
                },
                LayerSpec::BatchNorm => Layer::BatchNorm {
                    gamma: next()?.0,
                    beta: next()?.0,
                    mean: next()?.0,
                    variance: next()?.0,
                },
                LayerSpec::Reshape {
                    channels,
                    height,
                    width,
                } => Layer::Reshape {
                    channels,
                    height,
                    width,
                },
                LayerSpec::Flatten => Layer::Flatten,
                LayerSpec::MeanPool => Layer::MeanPool,
                LayerSpec::PixelShuffle { factor } => Layer::PixelShuffle { factor },
                LayerSpec::Upsample { factor } => Layer::Upsample { factor },
                LayerSpec::Dropout { probability } => Layer::Dropout { probability },
                LayerSpec::Relu => Layer::Relu,
                LayerSpec::LeakyRelu { slope } => Layer::LeakyRelu { slope },
                LayerSpec::Silu => Layer::Silu,
                LayerSpec::Tanh => Layer::Tanh,
                LayerSpec::Sigmoid => Layer::Sigmoid,
            });
        }
        Ok(Self { input, layers })
    }

    /// The result for a batch of vectors or pictures, flattened to `[batch, features]`.
    ///
    /// `input` is `[batch, numbers]` in the network's input shape, channel after channel.
    pub fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        flat(self.run(input, self.layers.len(), &mut Mode::Inference))
    }

    /// The result before the last layer, for losses that work on logits.
    pub fn forward_logits(&self, input: Tensor<2>, mode: &mut Mode<'_>) -> Tensor<2> {
        flat(self.run(input, self.layers.len().saturating_sub(1), mode))
    }

    /// A batch in the network's input shape.
    fn shaped(&self, input: Tensor<2>) -> Activation {
        match self.input {
            Shape::Flat(_) => Activation::Flat(input),
            Shape::Image {
                channels,
                height,
                width,
            } => {
                let [batch, _] = input.dims();
                Activation::Image(input.reshape([batch, channels, height, width]))
            }
        }
    }

    /// Runs the first `count` layers.
    pub fn run(&self, input: Tensor<2>, count: usize, mode: &mut Mode<'_>) -> Activation {
        let mut activation = self.shaped(input);
        for (index, layer) in self.layers.iter().take(count).enumerate() {
            activation = layer.run(index, activation, mode);
        }
        activation
    }

    /// The result for a batch, as [`Self::forward`] gives it, and how fast it changes when the
    /// inputs move along `direction`, `[batch, numbers]` as they are.
    ///
    /// The derivative goes forward through the layers beside the values, so that its own
    /// gradient in the weights is an ordinary backward pass. It is exact; the slopes of ReLUs
    /// are constants, as in a second derivative.
    pub fn forward_with_derivative(
        &self,
        input: Tensor<2>,
        direction: Tensor<2>,
    ) -> (Tensor<2>, Tensor<2>) {
        let (mut x, mut t) = (self.shaped(input), self.shaped(direction));
        for (index, layer) in self.layers.iter().enumerate() {
            let y = layer.run(index, x.clone(), &mut Mode::Inference);
            t = layer.push(index, x, &y, t);
            x = y;
        }
        (flat(x), flat(t))
    }

    /// How many layers the network has.
    pub fn layer_count(&self) -> usize {
        self.layers.len()
    }
}

/// Reshapes a flattened kernel.
fn kernel_tensor((weight, shape): (Tensor<1>, Vec<usize>)) -> Tensor<4> {
    weight.reshape([shape[0], shape[1], shape[2], shape[3]])
}

/// `[batch, features]`, channel after channel.
pub fn flat(activation: Activation) -> Tensor<2> {
    match activation {
        Activation::Flat(values) => values,
        Activation::Image(values) => values.flatten(1, 3),
    }
}

impl Layer {
    fn run(&self, index: usize, input: Activation, mode: &mut Mode<'_>) -> Activation {
        use Activation::{Flat, Image};
        match (self, input) {
            (Self::Dense { weight, bias }, Flat(x)) => {
                Flat(linear(x, weight.clone(), Some(bias.clone())))
            }
            (
                Self::Conv {
                    weight,
                    bias,
                    options,
                },
                Image(x),
            ) => Image(conv2d(
                x,
                weight.clone(),
                Some(bias.clone()),
                options.clone(),
            )),
            (Self::ConvTranspose { weight, bias }, Image(x)) => Image(conv_transpose2d(
                x,
                weight.clone(),
                Some(bias.clone()),
                ConvTransposeOptions::new([2; 2], [1; 2], [0; 2], [1; 2], 1),
            )),
            (
                &Self::Reshape {
                    channels,
                    height,
                    width,
                },
                Flat(x),
            ) => {
                let [batch, _] = x.dims();
                Image(x.reshape([batch, channels, height, width]))
            }
            (Self::Flatten, x) => Flat(flat(x)),
            (Self::MeanPool, Image(x)) => {
                let [batch, channels, height, width] = x.dims();
                Flat(
                    x.reshape([batch, channels, height * width])
                        .mean_dim(2)
                        .squeeze_dim(2),
                )
            }
            (&Self::PixelShuffle { factor }, Image(x)) => Image(pixel_shuffle(x, factor)),
            (&Self::Upsample { factor }, Image(x)) => {
                let [_, _, height, width] = x.dims();
                let options = InterpolateOptions::new(InterpolateMode::Nearest)
                    .with_output_size([height * factor, width * factor]);
                Image(interpolate(x, options))
            }
            (
                Self::BatchNorm {
                    gamma,
                    beta,
                    mean,
                    variance,
                },
                x,
            ) => {
                let norm = BatchNorm {
                    gamma,
                    beta,
                    mean,
                    variance,
                };
                match x {
                    Flat(x) => {
                        let [batch, features] = x.dims();
                        let x = x.reshape([batch, features, 1, 1]);
                        Flat(norm.run(index, x, mode).reshape([batch, features]))
                    }
                    Image(x) => Image(norm.run(index, x, mode)),
                }
            }
            (&Self::Dropout { probability }, x) => match mode {
                Mode::Inference => x,
                Mode::Training { .. } => match x {
                    Flat(x) => Flat(dropout(x, probability)),
                    Image(x) => Image(dropout(x, probability)),
                },
            },
            (Self::Relu, Flat(x)) => Flat(activation::relu(x)),
            (Self::Relu, Image(x)) => Image(activation::relu(x)),
            (&Self::LeakyRelu { slope }, Flat(x)) => Flat(activation::leaky_relu(x, slope)),
            (&Self::LeakyRelu { slope }, Image(x)) => Image(activation::leaky_relu(x, slope)),
            (Self::Silu, Flat(x)) => Flat(activation::silu(x)),
            (Self::Silu, Image(x)) => Image(activation::silu(x)),
            (Self::Tanh, Flat(x)) => Flat(x.tanh()),
            (Self::Tanh, Image(x)) => Image(x.tanh()),
            (Self::Sigmoid, Flat(x)) => Flat(activation::sigmoid(x)),
            (Self::Sigmoid, Image(x)) => Image(activation::sigmoid(x)),
            // The plan has followed every shape when the network was built, so a layer that
            // does not fit cannot arise; passing the activation on keeps the engine alive.
            (_, x) => x,
        }
    }
}

impl Layer {
    /// How fast `y`, the result for `x`, changes when `x` changes by `t`.
    fn push(&self, index: usize, x: Activation, y: &Activation, t: Activation) -> Activation {
        use Activation::{Flat, Image};
        match (self, x, t) {
            (Self::Dense { weight, .. }, _, Flat(t)) => Flat(linear(t, weight.clone(), None)),
            (
                Self::Conv {
                    weight, options, ..
                },
                _,
                Image(t),
            ) => Image(conv2d(t, weight.clone(), None, options.clone())),
            (Self::ConvTranspose { weight, .. }, _, Image(t)) => Image(conv_transpose2d(
                t,
                weight.clone(),
                None,
                ConvTransposeOptions::new([2; 2], [1; 2], [0; 2], [1; 2], 1),
            )),
            (
                Self::BatchNorm {
                    gamma, variance, ..
                },
                _,
                t,
            ) => {
                let scale = gamma.clone() / (variance.clone() + BATCH_NORM_EPSILON).sqrt();
                let [channels] = scale.dims();
                match t {
                    Flat(t) => Flat(t * scale.reshape([1, channels])),
                    Image(t) => Image(t * scale.reshape([1, channels, 1, 1])),
                }
            }
            (
                Self::Relu | Self::LeakyRelu { .. } | Self::Silu | Self::Tanh | Self::Sigmoid,
                x,
                t,
            ) => match (x, y, t) {
                (Flat(x), Flat(y), Flat(t)) => Flat(t * self.slope(x, y.clone())),
                (Image(x), Image(y), Image(t)) => Image(t * self.slope(x, y.clone())),
                // An activation keeps the shape, so this cannot arise.
                (_, _, t) => t,
            },
            // What only moves or averages numbers does the same with their changes.
            (
                Self::Reshape { .. }
                | Self::Flatten
                | Self::MeanPool
                | Self::PixelShuffle { .. }
                | Self::Upsample { .. }
                | Self::Dropout { .. },
                _,
                t,
            ) => self.run(index, t, &mut Mode::Inference),
            (_, _, t) => t,
        }
    }

    /// The slope of an activation that makes `y` of `x`.
    fn slope<const D: usize>(&self, x: Tensor<D>, y: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Relu => x.greater_elem(0.0).float(),
            Self::LeakyRelu { slope } => x.greater_elem(0.0).float() * (1.0 - slope) + *slope,
            Self::Tanh => y.square().neg() + 1.0,
            Self::Sigmoid => y.clone() * (y.neg() + 1.0),
            // x s with s the sigmoid of x: s + x s (1 - s).
            Self::Silu => {
                let s = activation::sigmoid(x);
                s.clone() + y * (s.neg() + 1.0)
            }
            _ => x.ones_like(),
        }
    }
}

/// Depth to space (Shi et al. 2016), with channels ordered as in PyTorch's `pixel_shuffle`.
fn pixel_shuffle(x: Tensor<4>, factor: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let out = channels / (factor * factor);
    x.reshape([batch, out, factor, factor, height, width])
        .permute([0, 1, 4, 2, 5, 3])
        .reshape([batch, out, height * factor, width * factor])
}

fn dropout<const D: usize>(x: Tensor<D>, probability: f64) -> Tensor<D> {
    let keep = 1.0 - probability;
    let mask = x.random_like(Distribution::Bernoulli(keep));
    x * mask / keep
}

struct BatchNorm<'a> {
    gamma: &'a Tensor<1>,
    beta: &'a Tensor<1>,
    mean: &'a Tensor<1>,
    variance: &'a Tensor<1>,
}

impl BatchNorm<'_> {
    fn run(&self, index: usize, x: Tensor<4>, mode: &mut Mode<'_>) -> Tensor<4> {
        let [batch, channels, height, width] = x.dims();
        let column = |values: Tensor<1>| values.reshape([1, channels, 1, 1]);
        let (mean, variance) = match mode {
            Mode::Inference => (column(self.mean.clone()), column(self.variance.clone())),
            Mode::Training { statistics } => {
                let by_channel = x
                    .clone()
                    .permute([1, 0, 2, 3])
                    .reshape([channels, batch * height * width]);
                let (variance, mean) = by_channel.var_mean_bias(1);
                let mean = mean.reshape([channels]);
                let variance = variance.reshape([channels]);
                statistics.push((index, mean.clone().detach(), variance.clone().detach()));
                (column(mean), column(variance))
            }
        };
        let scale = column(self.gamma.clone()) / (variance + BATCH_NORM_EPSILON).sqrt();
        let shift = column(self.beta.clone()) - mean * scale.clone();
        x * scale + shift
    }
}
