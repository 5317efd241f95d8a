//! The operations of a graph in burn's terms.

use super::operations::{Given, flat, modulated, other, picture, rows, scaled, standardised};
use super::spec::{Operation, Window};
use super::taps::{SideTaps, frequencies, separable};
use burn::tensor::module::{conv_transpose2d, conv2d};
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// One node with its tensors.
#[derive(Clone, Debug)]
pub(super) enum Prepared {
    Linear {
        weight: Tensor<2>,
        bias: Option<Tensor<2>>,
    },
    Conv {
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        options: ConvOptions<2>,
    },
    ConvTranspose {
        weight: Tensor<4>,
        bias: Option<Tensor<1>>,
        options: ConvTransposeOptions<2>,
        /// Top, left, and what is cut off or missing below and to the right.
        window: Window,
    },
    Modulated {
        weight: Tensor<4>,
        /// The sum of squares of each kernel, `[inputs, outputs]`, where it demodulates.
        squares: Option<Tensor<2>>,
        up: usize,
        gain: f32,
    },
    /// A factor and a summand along the first axis, each `[1, n, 1]`.
    Affine {
        factor: Option<Tensor<3>>,
        summand: Option<Tensor<3>>,
    },
    /// Groups, and a factor and a summand of each channel.
    GroupNorm {
        groups: usize,
        epsilon: f32,
        affine: Option<[Tensor<3>; 2]>,
    },
    /// Normalised numbers, and a factor and a summand of each.
    LayerNorm {
        len: usize,
        epsilon: f32,
        affine: Option<[Tensor<3>; 2]>,
    },
    /// Products with a matrix along the height `[1, to, from]` and the width `[from, to]`.
    Separable {
        rows: Option<Tensor<3>>,
        columns: Option<Tensor<2>>,
    },
    Embedding {
        weight: Tensor<2>,
    },
    /// Frequencies `[1, features / 2]`.
    Time {
        frequencies: Tensor<2>,
        cosine_first: bool,
    },
    /// `[1, numbers]`
    Constant(Tensor<2>),
    /// An operation without tensors.
    Other(Operation),
}

impl Prepared {
    /// From an operation that was checked with `shapes`, and its tensors in their order.
    ///
    /// # Errors
    /// When there are fewer tensors than the plan has for the operation.
    pub(super) fn new(
        operation: &Operation,
        shapes: &[&[usize]],
        tensors: Vec<Tensor<1>>,
        device: &Device,
    ) -> Result<Self, String> {
        let mut tensors = tensors.into_iter();
        let mut next = || tensors.next().ok_or("the plan has too few tensors");
        let x = shapes.first().copied().unwrap_or_default();
        Ok(match operation {
            Operation::Linear { outputs, bias } => Self::Linear {
                weight: next()?.reshape([x[x.len() - 1], *outputs]),
                bias: if *bias {
                    Some(next()?.reshape([1, *outputs]))
                } else {
                    None
                },
            },
            Operation::Conv {
                channels,
                kernel: [height, width],
                window,
                groups,
                bias,
            } => {
                let [top, left, bottom, right] = window.padding;
                Self::Conv {
                    weight: next()?.reshape([*channels, x[0] / groups, *height, *width]),
                    bias: if *bias { Some(next()?) } else { None },
                    options: ConvOptions::new_with_padding(
                        window.stride,
                        [(top, bottom), (left, right)],
                        window.dilation,
                        *groups,
                    ),
                }
            }
            Operation::ConvTranspose {
                channels,
                kernel: [height, width],
                window,
                output_padding,
                groups,
                bias,
            } => {
                // burn's padding has two equal sides; what is left is cut off.
                let [top, left, bottom, right] = window.padding;
                let both = [top.min(bottom), left.min(right)];
                let left_over = [
                    top - both[0],
                    left - both[1],
                    bottom - both[0],
                    right - both[1],
                ];
                Self::ConvTranspose {
                    weight: next()?.reshape([x[0], channels / groups, *height, *width]),
                    bias: if *bias { Some(next()?) } else { None },
                    options: ConvTransposeOptions::new(
                        window.stride,
                        both,
                        *output_padding,
                        window.dilation,
                        *groups,
                    ),
                    window: Window {
                        padding: left_over,
                        ..*window
                    },
                }
            }
            Operation::ModulatedConv {
                channels,
                kernel,
                up,
                demodulate,
                gain,
            } => {
                let weight = next()?;
                let squares = demodulate.then(|| {
                    let kernels = weight.clone().reshape([*channels, x[0], kernel * kernel]);
                    let sums = kernels.square().sum_dim(2);
                    sums.reshape([*channels, x[0]]).transpose()
                });
                Self::Modulated {
                    weight: weight.reshape([*channels, x[0], *kernel, *kernel]),
                    squares,
                    up: *up,
                    gain: *gain,
                }
            }
            Operation::Affine { weight, bias } => Self::Affine {
                factor: if *weight { Some(column(next()?)) } else { None },
                summand: if *bias { Some(column(next()?)) } else { None },
            },
            Operation::BatchNorm { epsilon } => {
                let (gamma, beta, mean, variance) = (next()?, next()?, next()?, next()?);
                let factor = gamma / (variance + *epsilon).sqrt();
                let summand = beta - mean * factor.clone();
                Self::Affine {
                    factor: Some(column(factor)),
                    summand: Some(column(summand)),
                }
            }
            Operation::GroupNorm {
                groups,
                epsilon,
                affine,
            } => Self::GroupNorm {
                groups: *groups,
                epsilon: *epsilon,
                affine: if *affine {
                    Some([column(next()?), column(next()?)])
                } else {
                    None
                },
            },
            Operation::LayerNorm {
                axes,
                epsilon,
                affine,
            } => Self::LayerNorm {
                len: x[x.len() - axes..].iter().product(),
                epsilon: *epsilon,
                affine: if *affine {
                    Some([row(next()?), row(next()?)])
                } else {
                    None
                },
            },
            Operation::Embedding { count, features } => Self::Embedding {
                weight: next()?.reshape([*count, *features]),
            },
            Operation::TimeEmbedding {
                features,
                max_period,
                cosine_first,
                shift,
                scale,
            } => {
                let frequencies = frequencies(*features, *max_period, *shift, *scale);
                let shape = [1, frequencies.len()];
                Self::Time {
                    frequencies: Tensor::from_data(TensorData::new(frequencies, shape), device),
                    cosine_first: *cosine_first,
                }
            }
            Operation::Constant { shape } => {
                Self::Constant(next()?.reshape([1, shape.iter().product()]))
            }
            _ => match separable(operation, x) {
                Some([rows, columns]) => Self::Separable {
                    rows: matrix(&rows, device).map(|matrix| {
                        let [to, from] = matrix.dims();
                        matrix.reshape([1, to, from])
                    }),
                    columns: matrix(&columns, device).map(|matrix| matrix.transpose()),
                },
                None => Self::Other(operation.clone()),
            },
        })
    }

    /// The result, `[batch, numbers]` of the shape `shape`.
    pub(super) fn run(&self, taken: Vec<Given<'_>>, shape: &[usize]) -> Tensor<2> {
        let mut taken = taken.into_iter();
        let Some((x, from)) = taken.next() else {
            return match self {
                Self::Constant(value) => value.clone(),
                // Every other operation takes something; the plan has checked it.
                _ => Tensor::zeros([1, shape.iter().product()], &Device::flex()),
            };
        };
        let [batch, len] = x.dims();
        match self {
            Self::Linear { weight, bias } => {
                let [features, _] = weight.dims();
                let y = x.reshape([batch * len / features, features]);
                let y = y.matmul(weight.clone());
                rows(
                    match bias {
                        Some(bias) => y + bias.clone(),
                        None => y,
                    },
                    batch,
                )
            }
            Self::Conv {
                weight,
                bias,
                options,
            } => flat(conv2d(
                picture(x, from),
                weight.clone(),
                bias.clone(),
                options.clone(),
            )),
            Self::ConvTranspose {
                weight,
                bias,
                options,
                window,
            } => {
                let y = conv_transpose2d(
                    picture(x, from),
                    weight.clone(),
                    bias.clone(),
                    options.clone(),
                );
                let [top, left, ..] = window.padding;
                let [_, channels, height, width] = y.dims();
                let (to_height, to_width) = (shape[1], shape[2]);
                flat(if [height, width] == [to_height, to_width] {
                    y
                } else {
                    y.slice([
                        0..batch,
                        0..channels,
                        top..top + to_height,
                        left..left + to_width,
                    ])
                })
            }
            Self::Modulated {
                weight,
                squares,
                up,
                gain,
            } => match taken.next() {
                Some((style, _)) => {
                    modulated(picture(x, from), style, weight, (squares, *up, *gain))
                }
                None => x,
            },
            Self::Affine { factor, summand } => {
                let x = x.reshape([batch, from[0], len / from[0]]);
                let x = match factor {
                    Some(factor) => x * factor.clone(),
                    None => x,
                };
                rows(
                    match summand {
                        Some(summand) => x + summand.clone(),
                        None => x,
                    },
                    batch,
                )
            }
            Self::GroupNorm {
                groups,
                epsilon,
                affine,
            } => {
                let x = standardised(x.reshape([batch, *groups, len / groups]), *epsilon);
                let x = x.reshape([batch, from[0], len / from[0]]);
                rows(scaled(x, affine), batch)
            }
            Self::LayerNorm {
                len: normalised,
                epsilon,
                affine,
            } => {
                let x = x.reshape([batch, len / normalised, *normalised]);
                rows(scaled(standardised(x, *epsilon), affine), batch)
            }
            Self::Separable {
                rows: by_row,
                columns,
            } => {
                let (channels, height, width) = (from[0], from[1], from[2]);
                let x = match columns {
                    Some(columns) => x
                        .reshape([batch * channels * height, width])
                        .matmul(columns.clone()),
                    None => x.reshape([batch * channels * height, width]),
                };
                let [_, width] = x.dims();
                let x = x.reshape([batch * channels, height, width]);
                let x = match by_row {
                    Some(by_row) => by_row.clone().matmul(x),
                    None => x,
                };
                rows(x, batch)
            }
            Self::Embedding { weight } => {
                let [count, features] = weight.dims();
                let indices = (x + 0.5).floor().clamp(0.0, (count - 1) as f32);
                let indices: Tensor<1, Int> = indices.int().reshape([batch * len]);
                weight
                    .clone()
                    .select(0, indices)
                    .reshape([batch, len * features])
            }
            Self::Time {
                frequencies,
                cosine_first,
            } => {
                let angles = x.matmul(frequencies.clone());
                let (sine, cosine) = (angles.clone().sin(), angles.cos());
                let mut parts = if *cosine_first {
                    vec![cosine, sine]
                } else {
                    vec![sine, cosine]
                };
                if shape[0] % 2 == 1 {
                    parts.push(Tensor::zeros([batch, 1], &parts[0].device()));
                }
                Tensor::cat(parts, 1)
            }
            Self::Constant(value) => value.clone(),
            Self::Other(operation) => other(operation, (x, from), taken, shape),
        }
    }
}

/// One number for each entry of the first axis.
fn column(tensor: Tensor<1>) -> Tensor<3> {
    let [n] = tensor.dims();
    tensor.reshape([1, n, 1])
}

/// One number for each entry of the last axis.
fn row(tensor: Tensor<1>) -> Tensor<3> {
    let [n] = tensor.dims();
    tensor.reshape([1, 1, n])
}

fn matrix(taps: &SideTaps, device: &Device) -> Option<Tensor<2>> {
    if taps.is_identity() {
        return None;
    }
    let data = TensorData::new(taps.matrix(), [taps.outputs.len(), taps.from]);
    Some(Tensor::from_data(data, device))
}
