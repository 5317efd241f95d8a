//! The operations of a style-based network on the CPU, on plain numbers, channels first.
//!
//! A convolution is a product of the weights with a matrix of patches, for one picture or a few
//! small ones at a time, so that the patches stay in the cache; the pictures are divided among
//! the cores. Everything is summed in an order that does not depend on the number of cores, so
//! that a run repeats itself bit by bit.

use burn::backend::Flex;
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{Bytes, DType, Shape};
use pulp::Arch;
use rayon::prelude::*;

/// Kernel positions.
const PLACES: usize = 9;
/// Positions of the result that one product should have at least.
const UNIT_POSITIONS: usize = 512;
/// Parts in which the gradient of a kernel is summed, whatever the number of cores.
const SUMS: usize = 8;
/// Numbers that are added side by side.
const LANES: usize = 16;
const SLOPE: f32 = super::operations::SLOPE as f32;

/// The sizes of a batch of pictures.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub batch: usize,
    pub channels: usize,
    pub height: usize,
    pub width: usize,
}

impl Sizes {
    pub fn shape(self) -> [usize; 4] {
        [self.batch, self.channels, self.height, self.width]
    }

    fn plane(self) -> usize {
        self.height * self.width
    }

    fn picture(self) -> usize {
        self.channels * self.plane()
    }

    /// Pictures that go into one product.
    fn unit(self) -> usize {
        (UNIT_POSITIONS / self.plane().max(1)).clamp(1, self.batch.max(1))
    }
}

/// `weight [outputs, channels, 3, 3]` over `x * scale`, with zero padding.
pub fn convolve(
    x: &[f32],
    scale: &[f32],
    weight: &[f32],
    sizes: Sizes,
    outputs: usize,
) -> Vec<f32> {
    let weight = matrix(weight.to_vec(), outputs, PLACES * sizes.channels);
    let plane = sizes.plane();
    let unit = sizes.unit();
    let mut result = vec![0.0; sizes.batch * outputs * plane];
    result
        .par_chunks_mut(unit * outputs * plane)
        .zip(x.par_chunks(unit * sizes.picture()))
        .zip(scale.par_chunks(unit * sizes.channels))
        .for_each(|((result, x), scale)| {
            let count = x.len() / sizes.picture();
            let patches = patches(x, scale, sizes);
            let patches = matrix(patches, PLACES * sizes.channels, count * plane);
            let product = Flex::float_matmul(weight.clone(), patches);
            let product: &[f32] = product.storage();
            // [outputs, count, plane] to [count, outputs, plane]
            for (picture, result) in result.chunks_exact_mut(outputs * plane).enumerate() {
                for (output, result) in result.chunks_exact_mut(plane).enumerate() {
                    let from = (output * count + picture) * plane;
                    result.copy_from_slice(&product[from..from + plane]);
                }
            }
        });
    result
}

/// The gradients of `x` and `scale` of [`convolve`], from that of its result.
pub fn input_gradients(
    x: &[f32],
    scale: &[f32],
    weight: &[f32],
    gradient: &[f32],
    sizes: Sizes,
    outputs: usize,
) -> (Vec<f32>, Vec<f32>) {
    // The gradient of a convolution is one with the kernel turned around.
    let mut turned = vec![0.0; weight.len()];
    for output in 0..outputs {
        for input in 0..sizes.channels {
            for place in 0..PLACES {
                turned[(input * outputs + output) * PLACES + PLACES - 1 - place] =
                    weight[(output * sizes.channels + input) * PLACES + place];
            }
        }
    }
    let gradient_sizes = Sizes {
        channels: outputs,
        ..sizes
    };
    let ones = vec![1.0; sizes.batch * outputs];
    let mut of_x = convolve(gradient, &ones, &turned, gradient_sizes, sizes.channels);
    let mut of_scale = vec![0.0; scale.len()];
    let plane = sizes.plane();
    of_x.par_chunks_mut(sizes.picture())
        .zip(x.par_chunks(sizes.picture()))
        .zip(scale.par_chunks(sizes.channels))
        .zip(of_scale.par_chunks_mut(sizes.channels))
        .for_each(|(((of_x, x), scale), of_scale)| {
            Arch::new().dispatch(|| {
                let planes = of_x.chunks_exact_mut(plane).zip(x.chunks_exact(plane));
                for ((of_x, x), (&scale, of_scale)) in
                    planes.zip(scale.iter().zip(of_scale.iter_mut()))
                {
                    *of_scale = dot(of_x, x);
                    of_x.iter_mut().for_each(|value| *value *= scale);
                }
            });
        });
    (of_x, of_scale)
}

/// The gradient of `weight` of [`convolve`], from that of its result.
pub fn weight_gradient(
    x: &[f32],
    scale: &[f32],
    gradient: &[f32],
    sizes: Sizes,
    outputs: usize,
) -> Vec<f32> {
    let plane = sizes.plane();
    let unit = sizes.unit();
    let units = sizes.batch.div_ceil(unit);
    let pictures = units.div_ceil(SUMS) * unit;
    let sums: Vec<Vec<f32>> = x
        .par_chunks(pictures * sizes.picture())
        .zip(scale.par_chunks(pictures * sizes.channels))
        .zip(gradient.par_chunks(pictures * outputs * plane))
        .map(|((x, scale), gradient)| {
            let mut sum: Vec<f32> = Vec::new();
            let units = x
                .chunks(unit * sizes.picture())
                .zip(scale.chunks(unit * sizes.channels))
                .zip(gradient.chunks(unit * outputs * plane));
            for ((x, scale), gradient) in units {
                let count = x.len() / sizes.picture();
                let rows = patch_rows(x, scale, sizes);
                let rows = matrix(rows, count * plane, PLACES * sizes.channels);
                let gradient = by_channel(gradient, count, outputs, plane);
                let gradient = matrix(gradient, outputs, count * plane);
                let product = Flex::float_matmul(gradient, rows);
                let product: &[f32] = product.storage();
                if sum.is_empty() {
                    sum = product.to_vec();
                } else {
                    add(&mut sum, product);
                }
            }
            sum
        })
        .collect();
    let mut sums = sums.into_iter();
    let mut total = sums
        .next()
        .unwrap_or_else(|| vec![0.0; outputs * sizes.channels * PLACES]);
    for sum in sums {
        add(&mut total, &sum);
    }
    // [outputs, 9, channels] to [outputs, channels, 9]
    let mut turned = vec![0.0; total.len()];
    let kernel = PLACES * sizes.channels;
    for (turned, total) in turned
        .chunks_exact_mut(kernel)
        .zip(total.chunks_exact(kernel))
    {
        for (place, values) in total.chunks_exact(sizes.channels).enumerate() {
            for (channel, &value) in values.iter().enumerate() {
                turned[channel * PLACES + place] = value;
            }
        }
    }
    turned
}

/// `leaky_relu(x * scale + noise * strength + bias)`, in one pass.
pub fn activate(
    x: &[f32],
    scale: &[f32],
    bias: &[f32],
    (noise, strength): (&[f32], f32),
    sizes: Sizes,
) -> Vec<f32> {
    let plane = sizes.plane();
    let mut result = vec![0.0; x.len()];
    result
        .par_chunks_mut(sizes.picture())
        .zip(x.par_chunks(sizes.picture()))
        .zip(scale.par_chunks(sizes.channels))
        .enumerate()
        .for_each(|(picture, ((result, x), scale))| {
            let noise = noise_of(noise, picture, plane);
            Arch::new().dispatch(|| {
                let planes = result.chunks_exact_mut(plane).zip(x.chunks_exact(plane));
                for ((result, x), (&scale, &bias)) in planes.zip(scale.iter().zip(bias)) {
                    for ((result, &x), &noise) in result.iter_mut().zip(x).zip(noise) {
                        let value = x * scale + (noise * strength + bias);
                        *result = value.max(0.0) + SLOPE * value.min(0.0);
                    }
                }
            });
        });
    result
}

/// The gradients of [`activate`].
pub struct ActivationGradients {
    pub x: Vec<f32>,
    pub scale: Vec<f32>,
    pub bias: Vec<f32>,
    pub strength: f32,
}

/// The gradients of the inputs of [`activate`], from its result and the gradient of that.
pub fn activation_gradients(
    (result, gradient): (&[f32], &[f32]),
    x: &[f32],
    scale: &[f32],
    (noise, _): (&[f32], f32),
    sizes: Sizes,
) -> ActivationGradients {
    let plane = sizes.plane();
    let mut of_x = vec![0.0; x.len()];
    let mut of_scale = vec![0.0; scale.len()];
    // Of each picture: the sums of each channel, and those weighted with the noise.
    let mut sums = vec![0.0; scale.len()];
    let mut of_strength = vec![0.0; sizes.batch];
    of_x.par_chunks_mut(sizes.picture())
        .zip(result.par_chunks(sizes.picture()))
        .zip(gradient.par_chunks(sizes.picture()))
        .zip(x.par_chunks(sizes.picture()))
        .zip(scale.par_chunks(sizes.channels))
        .zip(of_scale.par_chunks_mut(sizes.channels))
        .zip(sums.par_chunks_mut(sizes.channels))
        .zip(of_strength.par_iter_mut())
        .enumerate()
        .for_each(|(picture, parts)| {
            let (((((((of_x, result), gradient), x), scale), of_scale), sums), of_strength) = parts;
            let noise = noise_of(noise, picture, plane);
            Arch::new().dispatch(|| {
                for channel in 0..sizes.channels {
                    let range = channel * plane..(channel + 1) * plane;
                    let of_x = &mut of_x[range.clone()];
                    let values = result[range.clone()].iter().zip(&gradient[range.clone()]);
                    for (of_x, (&result, &gradient)) in of_x.iter_mut().zip(values) {
                        let slope = if result > 0.0 { 1.0 } else { SLOPE };
                        *of_x = gradient * slope;
                    }
                    of_scale[channel] = dot(of_x, &x[range]);
                    sums[channel] = sum(of_x);
                    *of_strength += dot(of_x, noise);
                    let scale = scale[channel];
                    of_x.iter_mut().for_each(|value| *value *= scale);
                }
            });
        });
    let mut bias = vec![0.0; sizes.channels];
    for row in sums.chunks_exact(sizes.channels.max(1)) {
        add(&mut bias, row);
    }
    ActivationGradients {
        x: of_x,
        scale: of_scale,
        bias,
        strength: of_strength.iter().sum(),
    }
}

/// The noise of a picture: its own, or that of all.
fn noise_of(noise: &[f32], picture: usize, plane: usize) -> &[f32] {
    if noise.len() > plane {
        &noise[picture * plane..(picture + 1) * plane]
    } else {
        noise
    }
}

/// The 3x3 neighbourhood of every position of a few pictures `[count, channels, plane]`, times
/// the scale of its channel: `[channels * 9, count * plane]`, zero beyond the edge.
fn patches(x: &[f32], scale: &[f32], sizes: Sizes) -> Vec<f32> {
    let (height, width, plane) = (sizes.height, sizes.width, sizes.plane());
    let count = x.len() / sizes.picture();
    let row = count * plane;
    let mut patches = vec![0.0; PLACES * sizes.channels * row];
    Arch::new().dispatch(|| {
        for (channel, rows) in patches.chunks_exact_mut(PLACES * row).enumerate() {
            for picture in 0..count {
                let scale = scale[picture * sizes.channels + channel];
                let from = (picture * sizes.channels + channel) * plane;
                let source = &x[from..from + plane];
                for (place, row) in rows.chunks_exact_mut(row).enumerate() {
                    let target = &mut row[picture * plane..(picture + 1) * plane];
                    let (down, right) = (place / 3, place % 3);
                    // Target row y shows source row y + down - 1.
                    let first = 1usize.saturating_sub(down);
                    let last = height.min(height + 1 - down);
                    for y in first..last {
                        let source = &source[(y + down - 1) * width..][..width];
                        let target = &mut target[y * width..][..width];
                        let (target, source) = match right {
                            0 => (&mut target[1..], &source[..width - 1]),
                            1 => (target, source),
                            _ => (&mut target[..width - 1], &source[1..]),
                        };
                        for (target, &source) in target.iter_mut().zip(source) {
                            *target = source * scale;
                        }
                    }
                }
            }
        }
    });
    patches
}

/// The same neighbourhoods the other way around, `[count * plane, 9 * channels]`, with the
/// channels of a place side by side: a product over positions reads them in this order.
fn patch_rows(x: &[f32], scale: &[f32], sizes: Sizes) -> Vec<f32> {
    let (height, width, plane) = (sizes.height, sizes.width, sizes.plane());
    let channels = sizes.channels;
    let len = PLACES * channels;
    let count = x.len() / sizes.picture();
    let mut rows = vec![0.0; count * plane * len];
    let mut turned = vec![0.0; sizes.picture()];
    let pictures = x.chunks_exact(sizes.picture());
    let scales = scale.chunks_exact(channels);
    for ((rows, x), scales) in rows.chunks_exact_mut(plane * len).zip(pictures).zip(scales) {
        for (channel, (values, &scale)) in x.chunks_exact(plane).zip(scales).enumerate() {
            for (position, &value) in values.iter().enumerate() {
                turned[position * channels + channel] = value * scale;
            }
        }
        for (position, row) in rows.chunks_exact_mut(len).enumerate() {
            let (y, x) = (position / width, position % width);
            for down in 0..3 {
                let source_y = y + down;
                if !(1..=height).contains(&source_y) {
                    continue;
                }
                // The three places of a kernel row lie side by side in the picture, too.
                let (first, last) = (1usize.saturating_sub(x), 3.min(width + 1 - x));
                let from = ((source_y - 1) * width + x + first - 1) * channels;
                let row = &mut row[(down * 3 + first) * channels..(down * 3 + last) * channels];
                row.copy_from_slice(&turned[from..from + row.len()]);
            }
        }
    }
    rows
}

/// `[count, channels, plane]` to `[channels, count * plane]`.
fn by_channel(values: &[f32], count: usize, channels: usize, plane: usize) -> Vec<f32> {
    if count == 1 {
        return values.to_vec();
    }
    let mut result = Vec::with_capacity(values.len());
    for channel in 0..channels {
        for picture in 0..count {
            let from = (picture * channels + channel) * plane;
            result.extend_from_slice(&values[from..from + plane]);
        }
    }
    result
}

fn matrix(values: Vec<f32>, rows: usize, columns: usize) -> FlexTensor {
    let layout = Layout::contiguous(Shape::from(vec![rows, columns]));
    FlexTensor::new(Bytes::from_elems(values), layout, DType::F32)
}

fn add(sum: &mut [f32], values: &[f32]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

/// The sum of products, in lanes that the compiler can keep side by side.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = a_chunks
        .remainder()
        .iter()
        .zip(b_chunks.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for lane in 0..LANES {
            lanes[lane] += chunk[lane];
        }
    }
    lanes.iter().sum::<f32>() + rest
}
