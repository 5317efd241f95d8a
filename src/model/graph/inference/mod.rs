//! The shape, the tensors and the work of one node from the shapes that it takes.

mod windows;

use super::shapes::numbers;
use super::spec::{Function, NodeSpec, Operation, PadMode};
use super::taps;
use crate::model::shapes::ParameterSpec;
use windows::{check_resampled, check_window_numbers};

/// The most taps of a filter.
const MAX_TAPS: usize = 256;

/// What follows from a node.
pub(super) struct Inferred {
    pub shape: Vec<usize>,
    pub parameters: Vec<ParameterSpec>,
    pub multiply_adds: usize,
}

/// Follows one node.
pub(super) fn infer(node: &NodeSpec, inputs: &[&[usize]]) -> Result<Inferred, String> {
    let mut inference = Inference {
        name: &node.name,
        parameters: Vec::new(),
        multiply_adds: 0,
    };
    let shape = inference.shape(&node.operation, inputs)?;
    Ok(Inferred {
        shape,
        parameters: inference.parameters,
        multiply_adds: inference.multiply_adds,
    })
}

/// The shape that an operation gives of values of these shapes.
///
/// # Errors
/// When they do not fit it.
pub fn shape_of(operation: &Operation, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
    let mut inference = Inference {
        name: "",
        parameters: Vec::new(),
        multiply_adds: 0,
    };
    inference.shape(operation, inputs)
}

struct Inference<'a> {
    name: &'a str,
    parameters: Vec<ParameterSpec>,
    multiply_adds: usize,
}

impl Inference<'_> {
    fn parameter(&mut self, role: &str, shape: &[usize], fan_in: usize) {
        self.parameters.push(ParameterSpec {
            name: format!("{}.{role}", self.name),
            shape: shape.to_vec(),
            fan_in,
        });
    }

    fn work(&mut self, factors: &[usize]) {
        self.multiply_adds = product(factors);
    }

    fn shape(&mut self, operation: &Operation, inputs: &[&[usize]]) -> Result<Vec<usize>, String> {
        match operation {
            Operation::Constant { shape } => {
                takes::<0>(inputs)?;
                numbers(shape)?;
                self.parameter("value", shape, 0);
                Ok(shape.clone())
            }
            Operation::Concatenate { axis } => concatenate(inputs, *axis),
            Operation::Add | Operation::Subtract | Operation::Multiply | Operation::Divide => {
                let [a, b] = takes(inputs)?;
                broadcast(a, b)
            }
            Operation::MatMul => {
                let [a, b] = takes(inputs)?;
                self.mat_mul(a, b)
            }
            Operation::Attention { heads, .. } => {
                let [queries, keys, values] = takes(inputs)?;
                self.attention(*heads, queries, keys, values)
            }
            Operation::ModulatedConv {
                channels,
                kernel,
                up,
                gain,
                ..
            } => {
                let [x, style] = takes(inputs)?;
                finite(&[*gain])?;
                self.modulated(x, style, (*channels, *kernel, *up))
            }
            _ => {
                let [x] = takes(inputs)?;
                self.unary(operation, x)
            }
        }
    }

    /// Operations that take one value.
    fn unary(&mut self, operation: &Operation, x: &[usize]) -> Result<Vec<usize>, String> {
        match operation {
            Operation::Linear { outputs, bias } => {
                let (&features, rows) = x.split_last().ok_or("it needs an axis")?;
                self.parameter("weight", &[features, *outputs], features);
                if *bias {
                    self.parameter("bias", &[*outputs], 0);
                }
                self.work(&[product(rows), features, *outputs]);
                Ok([rows, &[*outputs]].concat())
            }
            Operation::Conv { .. }
            | Operation::ConvTranspose { .. }
            | Operation::AveragePool { .. }
            | Operation::MaxPool { .. } => self.windowed(operation, picture(x)?),
            Operation::Affine { weight, bias } => {
                if *weight {
                    self.parameter("weight", &x[..1], 0);
                }
                if *bias {
                    self.parameter("bias", &x[..1], 0);
                }
                self.multiply_adds = product(x);
                Ok(x.to_vec())
            }
            Operation::Scale { factor, offset } => {
                finite(&[*factor, *offset])?;
                Ok(x.to_vec())
            }
            Operation::BatchNorm { .. }
            | Operation::GroupNorm { .. }
            | Operation::LayerNorm { .. }
            | Operation::Normalise { .. } => self.norm(operation, x),
            Operation::Pointwise { function } => {
                check_function(function)?;
                Ok(x.to_vec())
            }
            Operation::Softmax { axis } => {
                check_axis(x, *axis)?;
                Ok(x.to_vec())
            }
            Operation::Reduce { axis, .. } => {
                check_axis(x, *axis)?;
                let mut shape = x.to_vec();
                shape.remove(*axis);
                if shape.is_empty() {
                    shape.push(1);
                }
                Ok(shape)
            }
            Operation::Embedding { count, features } => {
                numbers(&[*count])?;
                self.parameter("weight", &[*count, *features], 0);
                Ok([x, &[*features]].concat())
            }
            Operation::TimeEmbedding {
                features,
                max_period,
                shift,
                scale,
                ..
            } => {
                finite(&[*max_period, *shift, *scale])?;
                if x != [1] {
                    return Err(format!("it needs a shape of [1], not {x:?}"));
                }
                let half = (*features / 2) as f32;
                if *features < 2 || half <= *shift || *max_period <= 0.0 {
                    return Err(format!(
                        "{features} features, a shift of {shift} and a largest period of \
                         {max_period} give no frequencies"
                    ));
                }
                Ok(vec![*features])
            }
            _ => self.moved(operation, x),
        }
    }

    /// Operations that move numbers or mix a few neighbours.
    fn moved(&mut self, operation: &Operation, x: &[usize]) -> Result<Vec<usize>, String> {
        match operation {
            Operation::Slice { axis, start, end } => {
                check_axis(x, *axis)?;
                if start >= end || *end > x[*axis] {
                    return Err(format!(
                        "the range {start}..{end} is not within the {} entries of axis {axis}",
                        x[*axis]
                    ));
                }
                let mut shape = x.to_vec();
                shape[*axis] = end - start;
                Ok(shape)
            }
            Operation::Reshape { shape } => {
                let (from, to) = (numbers(x)?, numbers(shape)?);
                if from != to {
                    return Err(format!("{from} numbers {x:?} cannot become {shape:?}"));
                }
                Ok(shape.clone())
            }
            Operation::Permute { order } => {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                if sorted.len() != x.len() || sorted.iter().enumerate().any(|(i, &axis)| i != axis)
                {
                    return Err(format!(
                        "{:?} is no order of the {} axes of {x:?}",
                        &order[..order.len().min(8)],
                        x.len()
                    ));
                }
                Ok(order.iter().map(|&axis| x[axis]).collect())
            }
            Operation::Pad { padding, mode } => {
                let [channels, height, width] = picture(x)?;
                check_window_numbers(padding)?;
                let [top, left, bottom, right] = *padding;
                let fits = match mode {
                    PadMode::Reflect => top.max(bottom) < height && left.max(right) < width,
                    _ => true,
                };
                if !fits {
                    return Err(format!(
                        "a border of {padding:?} cannot mirror {height}x{width}"
                    ));
                }
                Ok(vec![channels, height + top + bottom, width + left + right])
            }
            Operation::Resize { height, width, .. } => {
                let [channels, from_height, from_width] = picture(x)?;
                check_resampled([from_height, from_width, *height, *width])?;
                Ok(vec![channels, *height, *width])
            }
            Operation::Resample {
                taps,
                up,
                down,
                padding,
                gain,
            } => {
                let [channels, height, width] = picture(x)?;
                finite(taps)?;
                finite(&[*gain])?;
                check_window_numbers(padding)?;
                if !(1..=MAX_TAPS).contains(&taps.len()) {
                    return Err(format!(
                        "it has {} taps; 1 to {MAX_TAPS} are possible",
                        taps.len()
                    ));
                }
                if !(1..=64).contains(up) || !(1..=64).contains(down) {
                    return Err(format!("up {up} and down {down} must be 1 to 64"));
                }
                let side = |side: usize, before: usize, after: usize| {
                    taps::resampled_side(side, (*up, *down), (before, after), taps.len())
                        .ok_or_else(|| format!("{} taps are more than a side has", taps.len()))
                };
                let [top, left, bottom, right] = *padding;
                let (out_height, out_width) =
                    (side(height, top, bottom)?, side(width, left, right)?);
                check_resampled([height, width, out_height, out_width])?;
                self.work(&[channels, out_height, out_width, 2 * taps.len()]);
                Ok(vec![channels, out_height, out_width])
            }
            Operation::GlobalMean => {
                let [channels, ..] = picture(x)?;
                Ok(vec![channels])
            }
            Operation::PixelShuffle { factor } => {
                let [channels, height, width] = picture(x)?;
                match square(*factor) {
                    Some(square) if channels.is_multiple_of(square) => Ok(vec![
                        channels / square,
                        height.saturating_mul(*factor),
                        width.saturating_mul(*factor),
                    ]),
                    _ => Err(format!(
                        "{channels} channels cannot be shuffled by a factor {factor}"
                    )),
                }
            }
            Operation::PixelUnshuffle { factor } => {
                let [channels, height, width] = picture(x)?;
                match square(*factor) {
                    Some(square)
                        if height.is_multiple_of(*factor) && width.is_multiple_of(*factor) =>
                    {
                        Ok(vec![
                            channels.saturating_mul(square),
                            height / factor,
                            width / factor,
                        ])
                    }
                    _ => Err(format!(
                        "{height}x{width} cannot be divided by a factor {factor}"
                    )),
                }
            }
            Operation::Haar => {
                let [channels, height, width] = picture(x)?;
                if height.is_multiple_of(2) && width.is_multiple_of(2) {
                    Ok(vec![channels.saturating_mul(4), height / 2, width / 2])
                } else {
                    Err(format!("{height}x{width} has an odd side"))
                }
            }
            Operation::HaarInverse => {
                let [channels, height, width] = picture(x)?;
                if channels.is_multiple_of(4) {
                    Ok(vec![
                        channels / 4,
                        height.saturating_mul(2),
                        width.saturating_mul(2),
                    ])
                } else {
                    Err(format!("{channels} channels are no multiple of 4"))
                }
            }
            // The callers have taken all others.
            _ => Err("it takes another number of values".to_owned()),
        }
    }

    fn norm(&mut self, operation: &Operation, x: &[usize]) -> Result<Vec<usize>, String> {
        match operation {
            Operation::BatchNorm { epsilon } => {
                check_epsilon(*epsilon)?;
                for role in ["gamma", "beta", "mean", "variance"] {
                    self.parameter(role, &x[..1], 0);
                }
            }
            Operation::GroupNorm {
                groups,
                epsilon,
                affine,
            } => {
                check_epsilon(*epsilon)?;
                if *groups == 0 || !x[0].is_multiple_of(*groups) {
                    return Err(format!("{} channels are not {groups} groups", x[0]));
                }
                if *affine {
                    self.parameter("weight", &x[..1], 0);
                    self.parameter("bias", &x[..1], 0);
                }
            }
            Operation::LayerNorm {
                axes,
                epsilon,
                affine,
            } => {
                check_epsilon(*epsilon)?;
                if !(1..=x.len()).contains(axes) {
                    return Err(format!("{x:?} has no {axes} axes"));
                }
                if *affine {
                    let shape = &x[x.len() - axes..];
                    self.parameter("weight", shape, 0);
                    self.parameter("bias", shape, 0);
                }
            }
            Operation::Normalise { axis, epsilon } => {
                check_epsilon(*epsilon)?;
                check_axis(x, *axis)?;
            }
            _ => {}
        }
        self.multiply_adds = product(x).saturating_mul(4);
        Ok(x.to_vec())
    }

    fn mat_mul(&mut self, a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
        let fault = || format!("{a:?} and {b:?} have no product");
        let ([leading_a @ .., n, k], [leading_b @ .., l, m]) = (a, b) else {
            return Err(fault());
        };
        if leading_a != leading_b || k != l {
            return Err(fault());
        }
        self.work(&[product(leading_a), *n, *k, *m]);
        Ok([leading_a, &[*n, *m]].concat())
    }

    fn attention(
        &mut self,
        heads: usize,
        queries: &[usize],
        keys: &[usize],
        values: &[usize],
    ) -> Result<Vec<usize>, String> {
        let (&[n, d], &[m, dk], &[mv, v]) = (queries, keys, values) else {
            return Err(format!(
                "it needs three shapes of two axes, not {queries:?}, {keys:?} and {values:?}"
            ));
        };
        if d != dk || m != mv {
            return Err(format!(
                "queries {queries:?}, keys {keys:?} and values {values:?} do not fit"
            ));
        }
        if heads == 0 || !d.is_multiple_of(heads) || !v.is_multiple_of(heads) {
            return Err(format!("{d} and {v} features are not {heads} heads"));
        }
        // The weights of all heads are an activation as well.
        numbers(&[heads, n, m])?;
        self.work(&[n, m, d.saturating_add(v)]);
        Ok(vec![n, v])
    }
}

/// Exactly `N` shapes.
fn takes<'a, const N: usize>(inputs: &[&'a [usize]]) -> Result<[&'a [usize]; N], String> {
    <[&[usize]; N]>::try_from(inputs)
        .map_err(|_| format!("it takes {N} values, and {} are given", inputs.len()))
}

fn product(factors: &[usize]) -> usize {
    factors
        .iter()
        .fold(1, |product, &factor| product.saturating_mul(factor))
}

fn square(factor: usize) -> Option<usize> {
    factor.checked_mul(factor).filter(|&square| square > 0)
}

fn picture(x: &[usize]) -> Result<[usize; 3], String> {
    <[usize; 3]>::try_from(x).map_err(|_| format!("it needs [channels, height, width], not {x:?}"))
}

fn check_axis(x: &[usize], axis: usize) -> Result<(), String> {
    if axis < x.len() {
        Ok(())
    } else {
        Err(format!("{x:?} has no axis {axis}"))
    }
}

fn check_epsilon(epsilon: f32) -> Result<(), String> {
    if (0.0..=1.0).contains(&epsilon) {
        Ok(())
    } else {
        Err(format!("an epsilon of {epsilon} is outside 0 to 1"))
    }
}

fn finite(values: &[f32]) -> Result<(), String> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(format!("{value} is no number to compute with")),
        None => Ok(()),
    }
}

fn check_function(function: &Function) -> Result<(), String> {
    match *function {
        Function::LeakyRelu { slope } => finite(&[slope]),
        Function::Elu { alpha } => finite(&[alpha]),
        Function::Clamp { min, max } => {
            finite(&[min, max])?;
            if min <= max {
                Ok(())
            } else {
                Err(format!("there is nothing from {min} to {max}"))
            }
        }
        _ => Ok(()),
    }
}

/// NumPy's rule: aligned at the last axis, and sides of 1 are stretched.
pub(super) fn broadcast(a: &[usize], b: &[usize]) -> Result<Vec<usize>, String> {
    let rank = a.len().max(b.len());
    let side = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |axis| shape[axis])
    };
    (0..rank)
        .map(|axis| match (side(a, axis), side(b, axis)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            _ => Err(format!("{a:?} and {b:?} cannot be broadcast")),
        })
        .collect()
}

fn concatenate(inputs: &[&[usize]], axis: usize) -> Result<Vec<usize>, String> {
    let (&first, others) = inputs.split_first().ok_or("it takes nothing")?;
    check_axis(first, axis)?;
    let mut shape = first.to_vec();
    for other in others {
        let fits = other.len() == first.len()
            && (0..first.len()).all(|at| at == axis || other[at] == first[at]);
        if !fits {
            return Err(format!(
                "{first:?} and {other:?} cannot be joined along axis {axis}"
            ));
        }
        shape[axis] = shape[axis].saturating_add(other[axis]);
    }
    Ok(shape)
}
