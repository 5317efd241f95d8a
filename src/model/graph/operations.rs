//! The operations that have no tensors of their own, and what the others are made of.

use super::spec::{Function, Operation, PadMode, ReduceMode};
use crate::model::style::scaled_convolution;
use burn::tensor::module::{conv_transpose2d, conv2d, interpolate, max_pool2d};
use burn::tensor::ops::{
    ConvOptions, ConvTransposeOptions, InterpolateMode, InterpolateOptions, MaxPoolOptions,
    PadMode as Border,
};
use burn::tensor::{Tensor, TensorData, activation};

/// Added under the root of a demodulation, as in StyleGAN2.
pub const DEMODULATION_EPSILON: f32 = 1e-8;

/// A value with the shape of one item.
pub(super) type Given<'a> = (Tensor<2>, &'a [usize]);

/// Operations without tensors.
pub(super) fn other<'a>(
    operation: &Operation,
    (x, from): Given<'a>,
    mut taken: impl Iterator<Item = Given<'a>>,
    shape: &[usize],
) -> Tensor<2> {
    let [batch, len] = x.dims();
    match operation {
        Operation::Scale { factor, offset } => {
            let x = if *factor == 1.0 { x } else { x * *factor };
            if *offset == 0.0 { x } else { x + *offset }
        }
        Operation::Pointwise { function } => pointwise(x, *function),
        Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
            let Some((y, other)) = taken.next() else {
                return x;
            };
            let (x, y) = (ranked(x, from), ranked(y, other));
            let z = match operation {
                Operation::Add => x + y,
                Operation::Subtract => x - y,
                Operation::Multiply => x * y,
                _ => x / y,
            };
            let [batch, ..] = z.dims();
            rows(z, batch)
        }
        Operation::Concatenate { axis } => {
            let parts: Vec<Given<'_>> = std::iter::once((x, from)).chain(taken).collect();
            let batch = parts.iter().map(|(x, _)| x.dims()[0]).max().unwrap_or(1);
            let outer: usize = from[..*axis].iter().product();
            let parts = parts.into_iter().map(|(x, _)| {
                let [_, len] = x.dims();
                x.expand([batch, len]).reshape([batch, outer, len / outer])
            });
            rows(Tensor::cat(parts.collect(), 2), batch)
        }
        Operation::Slice { axis, start, end } => {
            let (outer, inner) = around(from, *axis);
            let x = x.reshape([batch, outer, from[*axis], inner]);
            rows(x.slice([0..batch, 0..outer, *start..*end, 0..inner]), batch)
        }
        Operation::Reshape { .. } => x,
        Operation::Permute { order } => {
            let mut axes = [0, 1, 2, 3, 4];
            let missing = super::shapes::MAX_RANK - order.len();
            for (axis, &from) in axes[1 + missing..].iter_mut().zip(order) {
                *axis = (1 + missing + from) as isize;
            }
            rows(ranked(x, from).permute(axes), batch)
        }
        Operation::Pad { padding, mode } => {
            let [top, left, bottom, right] = *padding;
            let mode = match mode {
                PadMode::Zeros => Border::Constant(0.0),
                PadMode::Reflect => Border::Reflect,
                PadMode::Replicate => Border::Edge,
            };
            flat(picture(x, from).pad([(top, bottom), (left, right)], mode))
        }
        // Whole factors only; all other resizing is separable.
        Operation::Resize { height, width, .. } => {
            let options = InterpolateOptions::new(InterpolateMode::Nearest)
                .with_output_size([*height, *width]);
            flat(interpolate(picture(x, from), options))
        }
        Operation::MaxPool { kernel, window } => {
            let [top, left, bottom, right] = window.padding;
            let options = MaxPoolOptions::new(*kernel)
                .with_stride(window.stride)
                .with_dilation(window.dilation)
                .with_padding_pairs([(top, bottom), (left, right)]);
            flat(max_pool2d(picture(x, from), options))
        }
        Operation::Reduce { axis, mode } => {
            let (outer, inner) = around(from, *axis);
            let x = x.reshape([batch, outer, from[*axis], inner]);
            rows(
                match mode {
                    ReduceMode::Mean => x.mean_dim(2),
                    ReduceMode::Sum => x.sum_dim(2),
                },
                batch,
            )
        }
        Operation::GlobalMean => {
            let x = x.reshape([batch, from[0], len / from[0]]);
            rows(x.mean_dim(2), batch)
        }
        Operation::Normalise { axis, epsilon } => {
            let (outer, inner) = around(from, *axis);
            let x = x.reshape([batch, outer, from[*axis], inner]);
            let square = x.clone().square().mean_dim(2);
            rows(x / (square + *epsilon).sqrt(), batch)
        }
        Operation::Softmax { axis } => {
            let (outer, inner) = around(from, *axis);
            let x = x.reshape([batch, outer, from[*axis], inner]);
            rows(activation::softmax(x, 2), batch)
        }
        Operation::PixelShuffle { factor } => {
            let [channels, height, width] = [shape[0], from[1], from[2]];
            let x = x.reshape([batch, channels, *factor, *factor, height, width]);
            rows(x.permute([0, 1, 4, 2, 5, 3]), batch)
        }
        Operation::PixelUnshuffle { factor } => {
            let [channels, height, width] = [from[0], shape[1], shape[2]];
            let x = x.reshape([batch, channels, height, *factor, width, *factor]);
            rows(x.permute([0, 1, 3, 5, 2, 4]), batch)
        }
        Operation::Haar => haar(x, from, batch),
        Operation::HaarInverse => haar_inverse(x, shape, batch),
        Operation::MatMul => match taken.next() {
            Some((y, other)) => {
                let z = ranked(x, from).matmul(ranked(y, other));
                let [batch, ..] = z.dims();
                rows(z, batch)
            }
            None => x,
        },
        Operation::Attention { heads, causal } => match (taken.next(), taken.next()) {
            (Some(keys), Some(values)) => attention([(x, from), keys, values], *heads, *causal),
            _ => x,
        },
        // The plan has taken care that nothing else arrives here.
        _ => x,
    }
}

/// Axis numbers before and after one axis.
fn around(shape: &[usize], axis: usize) -> (usize, usize) {
    (
        shape[..axis].iter().product(),
        shape[axis + 1..].iter().product(),
    )
}

pub(super) fn picture(x: Tensor<2>, shape: &[usize]) -> Tensor<4> {
    let [batch, _] = x.dims();
    x.reshape([batch, shape[0], shape[1], shape[2]])
}

pub(super) fn flat(x: Tensor<4>) -> Tensor<2> {
    let [batch, ..] = x.dims();
    rows(x, batch)
}

pub(super) fn rows<const D: usize>(x: Tensor<D>, batch: usize) -> Tensor<2> {
    let len = x.dims().iter().product::<usize>() / batch.max(1);
    x.reshape([batch, len])
}

/// The batch and the axes of an item, with sides of 1 before them.
fn ranked(x: Tensor<2>, shape: &[usize]) -> Tensor<5> {
    let [batch, _] = x.dims();
    let mut sides = [1; 5];
    sides[0] = batch;
    let first = sides.len() - shape.len();
    sides[first..].copy_from_slice(shape);
    x.reshape(sides)
}

/// Mean 0 and variance 1 along the last axis.
pub(super) fn standardised(x: Tensor<3>, epsilon: f32) -> Tensor<3> {
    let centred = x.clone() - x.mean_dim(2);
    let variance = centred.clone().square().mean_dim(2);
    centred / (variance + epsilon).sqrt()
}

pub(super) fn scaled(x: Tensor<3>, affine: &Option<[Tensor<3>; 2]>) -> Tensor<3> {
    match affine {
        Some([factor, summand]) => x * factor.clone() + summand.clone(),
        None => x,
    }
}

fn pointwise(x: Tensor<2>, function: Function) -> Tensor<2> {
    match function {
        Function::Relu => activation::relu(x),
        Function::LeakyRelu { slope } => activation::leaky_relu(x, slope.into()),
        Function::Silu => activation::silu(x),
        Function::Gelu => activation::gelu(x),
        Function::GeluTanh => activation::gelu_approximate(x),
        Function::Mish => activation::mish(x),
        Function::Tanh => x.tanh(),
        Function::Sigmoid => activation::sigmoid(x),
        Function::Softplus => activation::softplus(x, 1.0),
        // The exponential of a large number would be infinite, and infinity times zero no number.
        Function::Elu { alpha } => {
            let below = (x.clone().clamp_max(0.0).exp() - 1.0) * alpha;
            x.clamp_min(0.0) + below
        }
        Function::HardSigmoid => (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::HardSwish => x.clone() * (x / 6.0 + 0.5).clamp(0.0, 1.0),
        Function::Clamp { min, max } => x.clamp(min, max),
        Function::Exp => x.exp(),
        Function::Log => x.log(),
        Function::Sqrt => x.sqrt(),
        Function::Square => x.square(),
        Function::Abs => x.abs(),
        Function::Sin => x.sin(),
    }
}

/// A modulated convolution: scaling what goes in and what comes out equals scaling the weights of
/// each picture (Karras et al. 2020, equations 1 and 3), and keeps one convolution for the batch.
pub(super) fn modulated(
    x: Tensor<4>,
    style: Tensor<2>,
    weight: &Tensor<4>,
    (squares, up, gain): (&Option<Tensor<2>>, usize, f32),
) -> Tensor<2> {
    let [outputs, inputs, kernel, _] = weight.dims();
    let [pictures, _, height, width] = x.dims();
    let [styles, _] = style.dims();
    let batch = pictures.max(styles);
    let x = x.expand([batch, inputs, height, width]);
    let style = style.expand([batch, inputs]);
    let y = if (up, kernel) == (1, 3) {
        scaled_convolution(x, style.clone(), weight.clone())
    } else {
        let x = x * style.clone().reshape([batch, inputs, 1, 1]);
        if up == 1 {
            let options = ConvOptions::new([1; 2], [(kernel - 1) / 2; 2], [1; 2], 1);
            conv2d(x, weight.clone(), None, options)
        } else {
            let options = ConvTransposeOptions::new([2; 2], [0; 2], [0; 2], [1; 2], 1);
            conv_transpose2d(x, weight.clone().swap_dims(0, 1), None, options)
        }
    };
    let y = match squares {
        Some(squares) => {
            let norm = style.square().matmul(squares.clone()) + DEMODULATION_EPSILON;
            y * (norm.sqrt().recip() * gain).reshape([batch, outputs, 1, 1])
        }
        None if gain == 1.0 => y,
        None => y * gain,
    };
    flat(y)
}

/// [`Operation::Haar`] of rows `[batch, c * 2h * 2w]`; `from` is `[c, 2h, 2w]`.
pub fn haar(x: Tensor<2>, from: &[usize], batch: usize) -> Tensor<2> {
    let (channels, height, width) = (from[0], from[1] / 2, from[2] / 2);
    let x = x.reshape([batch, channels, height, 2, width, 2]);
    let corner = |down: usize, right: usize| {
        x.clone()
            .slice([
                0..batch,
                0..channels,
                0..height,
                down..down + 1,
                0..width,
                right..right + 1,
            ])
            .reshape([batch, channels * height * width])
    };
    let [a, b, c, d] = [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
    Tensor::cat(haar_sums([a, b, c, d]).to_vec(), 1)
}

/// The transform is its own inverse.
fn haar_sums([a, b, c, d]: [Tensor<2>; 4]) -> [Tensor<2>; 4] {
    let (above, above_change) = (a.clone() + b.clone(), a - b);
    let (below, below_change) = (c.clone() + d.clone(), c - d);
    [
        (above.clone() + below.clone()) * 0.5,
        (above_change.clone() + below_change.clone()) * 0.5,
        (above - below) * 0.5,
        (above_change - below_change) * 0.5,
    ]
}

/// [`Operation::HaarInverse`] of rows; `shape` is that of one result, `[c, 2h, 2w]`.
pub fn haar_inverse(x: Tensor<2>, shape: &[usize], batch: usize) -> Tensor<2> {
    let (channels, height, width) = (shape[0], shape[1] / 2, shape[2] / 2);
    let band = channels * height * width;
    let part = |at: usize| x.clone().slice([0..batch, at * band..(at + 1) * band]);
    let corners = haar_sums([part(0), part(1), part(2), part(3)]);
    let corners = corners.map(|corner| corner.reshape([batch, channels, height, 1, width, 1]));
    let [a, b, c, d] = corners;
    let above = Tensor::cat(vec![a, b], 5);
    let below = Tensor::cat(vec![c, d], 5);
    rows(Tensor::cat(vec![above, below], 3), batch)
}

/// `softmax(q k^T / sqrt(d)) v` for each head.
fn attention(parts: [Given<'_>; 3], heads: usize, causal: bool) -> Tensor<2> {
    let batch = parts.iter().map(|(x, _)| x.dims()[0]).max().unwrap_or(1);
    let [queries, keys, values] = parts.map(|(x, shape)| {
        let [_, len] = x.dims();
        let x = x.expand([batch, len]);
        x.reshape([batch, shape[0], heads, shape[1] / heads])
            .swap_dims(1, 2)
    });
    let [_, _, count, features] = queries.dims();
    let [_, _, others, _] = keys.dims();
    let scale = 1.0 / (features as f64).sqrt();
    let mut scores = queries.matmul(keys.swap_dims(2, 3)) * scale;
    if causal {
        // Far below any score, but finite: a sum with it stays a number.
        let mask = (0..count * others).map(|at| {
            if at % others > at / others {
                -1e30f32
            } else {
                0.0
            }
        });
        let mask = TensorData::new(mask.collect(), [1, 1, count, others]);
        scores = scores.clone() + Tensor::<4>::from_data(mask, &scores.device());
    }
    let mixed = activation::softmax(scores, 3).matmul(values);
    rows(mixed.swap_dims(1, 2), batch)
}
