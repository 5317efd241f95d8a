//! What each operation becomes.

use super::super::attention::{Attention, MatMul};
use super::super::axes::{Along, Axis, Embedding, LayerNorm, Time};
use super::super::channels::{GroupNorm, Scale};
use super::super::elementwise::{Binary, Combine};
use super::super::layout::Grid;
use super::super::pointwise::Pointwise;
use super::super::product::Product;
use super::super::step::{Kernel, Take};
use super::super::strided::{Concatenate, Strided, strides};
use super::{Compiler, Order};
use crate::model::graph::{Operation, frequencies};

/// A value as a picture: its first axis are the channels.
pub(super) fn grid_of(shape: &[usize]) -> Grid {
    let side = |axis: usize| shape.get(axis).copied().unwrap_or(1);
    match shape.len() {
        0..=2 => Grid {
            channels: side(0),
            height: 1,
            width: side(1),
        },
        _ => Grid {
            channels: side(0),
            height: side(1),
            width: side(2) * side(3),
        },
    }
}

impl Compiler<'_> {
    /// Compiles one node with its tensors.
    pub(super) fn node(&mut self, node: usize, tensors: &[&[f32]]) {
        let operation = &self.graph.spec.nodes[node].operation;
        let result = self.graph.result(node);
        let Some(&x) = self.graph.takes[node].first() else {
            // Only constants take nothing.
            let values = tensors.first().map(|values| values.to_vec());
            let place = self.constant(values.unwrap_or_default());
            return self.keep(node, place, Order::Plain);
        };
        let (from, to, len) = (self.shape(x), self.shape(result), self.len(result));
        match operation {
            Operation::Linear { outputs, .. } => self.linear(node, x, *outputs, tensors),
            Operation::Conv { .. }
            | Operation::ConvTranspose { .. }
            | Operation::ModulatedConv { .. }
            | Operation::AveragePool { .. }
            | Operation::MaxPool { .. }
            | Operation::Resize { .. }
            | Operation::Resample { .. }
            | Operation::Pad { .. } => self.windowed(node, x, tensors),
            Operation::Affine { weight, bias } => self.affine(node, x, (*weight, *bias), tensors),
            Operation::BatchNorm { epsilon } => {
                if let &[gamma, beta, mean, variance] = tensors {
                    let scale = Scale::batch_norm([gamma, beta, mean, variance], *epsilon);
                    self.by_channel(node, x, Kernel::Scale(scale));
                }
            }
            Operation::GroupNorm {
                groups, epsilon, ..
            } => {
                let scale = scale_or_one(from[0], tensors);
                let norm = GroupNorm::new(*groups, *epsilon, scale);
                self.by_channel(node, x, Kernel::GroupNorm(norm));
            }
            Operation::LayerNorm { axes, epsilon, .. } => {
                let count = from[from.len() - axes..].iter().product();
                let of = |at: usize, otherwise: f32| {
                    let given = tensors.get(at).map(|values| values.to_vec());
                    given.unwrap_or_else(|| vec![otherwise; count])
                };
                let norm = LayerNorm {
                    epsilon: *epsilon,
                    factors: of(0, 1.0),
                    summands: of(1, 0.0),
                };
                self.plain_step(node, Kernel::LayerNorm(norm));
            }
            Operation::Scale { factor, offset } => {
                self.function(node, x, Pointwise::Scale(*factor, *offset));
            }
            Operation::Pointwise { function } => self.function(node, x, (*function).into()),
            Operation::Add => self.binary(node, Combine::Add),
            Operation::Subtract => self.binary(node, Combine::Subtract),
            Operation::Multiply => self.binary(node, Combine::Multiply),
            Operation::Divide => self.binary(node, Combine::Divide),
            Operation::Normalise { axis, epsilon } => {
                self.along(node, *axis, Along::Normalise(*epsilon));
            }
            Operation::Softmax { axis } => self.along(node, *axis, Along::Softmax),
            Operation::Reduce { axis, mode } => self.along(node, *axis, Along::Reduce(*mode)),
            Operation::Concatenate { axis } => self.concatenate(node, *axis),
            Operation::Slice { axis, start, .. } => self.slice(node, x, *axis, *start),
            // The plan has its slices instead.
            Operation::Split { .. } => {}
            Operation::Reshape { .. } => self.reshape(node, x),
            Operation::Permute { order } => {
                let plain = self.plain(x);
                let steps = strides(from);
                let steps: Vec<usize> = order.iter().map(|&axis| steps[axis]).collect();
                let kernel = Kernel::Strided(Strided::new(to, &steps, 0));
                let place = self.push(kernel, vec![plain], len);
                self.keep(node, place, Order::Plain);
            }
            Operation::GlobalMean => {
                let take = self.last(x, grid_of(from));
                let place = self.push(Kernel::Mean, vec![take], len);
                self.keep(node, place, Order::Plain);
            }
            Operation::PixelShuffle { factor } => {
                self.picture_step(node, x, Kernel::Shuffle(grid_of(from), *factor));
            }
            Operation::PixelUnshuffle { factor } => {
                self.picture_step(node, x, Kernel::Unshuffle(grid_of(from), *factor));
            }
            Operation::Haar => self.picture_step(node, x, Kernel::Haar(grid_of(from))),
            Operation::HaarInverse => {
                self.picture_step(node, x, Kernel::HaarInverse(grid_of(from)));
            }
            Operation::Embedding { features, .. } => {
                let table = tensors.first().map(|values| values.to_vec());
                let kernel = Embedding {
                    table: table.unwrap_or_default(),
                    features: *features,
                };
                self.plain_step(node, Kernel::Embedding(kernel));
            }
            Operation::TimeEmbedding {
                features,
                max_period,
                cosine_first,
                shift,
                scale,
            } => {
                let kernel = Time {
                    frequencies: frequencies(*features, *max_period, *shift, *scale),
                    cosine_first: *cosine_first,
                };
                self.plain_step(node, Kernel::Time(kernel));
            }
            Operation::Attention { heads, causal } => {
                let kernel = Attention {
                    heads: *heads,
                    causal: *causal,
                    features: [from[1], to[1]],
                };
                self.plain_step(node, Kernel::Attention(kernel));
            }
            Operation::MatMul => {
                let kernel = MatMul {
                    inner: from[from.len() - 1],
                    columns: to[to.len() - 1],
                };
                self.plain_step(node, Kernel::MatMul(kernel));
            }
            // It takes nothing, and was kept above.
            Operation::Constant { .. } => {}
        }
    }

    /// A step on values in the order of the graph.
    fn plain_step(&mut self, node: usize, kernel: Kernel) {
        let takes: Vec<Take> = self.graph.takes[node]
            .iter()
            .map(|&value| self.plain(value))
            .collect();
        let len = self.len(self.graph.result(node));
        let place = self.push(kernel, takes, len);
        self.keep(node, place, Order::Plain);
    }

    /// A step from a picture to a picture, both with the channels last.
    pub(super) fn picture_step(&mut self, node: usize, x: usize, kernel: Kernel) {
        let take = self.last(x, grid_of(self.shape(x)));
        let result = self.graph.result(node);
        let place = self.push(kernel, vec![take], self.len(result));
        self.keep(node, place, Order::Last(grid_of(self.shape(result))));
    }

    /// A step that treats each channel by itself; a vector that a reshape will make a picture is
    /// taken for that picture only where it is one already.
    fn by_channel(&mut self, node: usize, x: usize, kernel: Kernel) {
        self.picture_step(node, x, kernel);
    }

    fn linear(&mut self, node: usize, x: usize, outputs: usize, tensors: &[&[f32]]) {
        let Some((&weight, rest)) = tensors.split_first() else {
            return;
        };
        let no_bias;
        let bias = match rest {
            [bias] => bias,
            _ => {
                no_bias = vec![0.0; outputs];
                &no_bias[..]
            }
        };
        let is_row = self.shape(x).len() == 1;
        // The columns are put in the order in which a picture is needed.
        let picture = if is_row {
            self.coming_picture(node)
        } else {
            None
        };
        let product = match picture {
            Some(grid) => {
                let sorted = |row: &[f32]| grid.channels_last(row);
                let matrix: Vec<f32> = weight.chunks_exact(outputs).flat_map(sorted).collect();
                Product::new(&matrix, &grid.channels_last(bias), Pointwise::Linear)
            }
            None => Product::new(weight, bias, Pointwise::Linear),
        };
        // Only single rows wait for their weights.
        let product = if is_row {
            product.with_halves()
        } else {
            product
        };
        let take = self.plain(x);
        let len = self.len(self.graph.result(node));
        let place = self.push(Kernel::Dense(product), vec![take], len);
        self.keep(node, place, picture.map_or(Order::Plain, Order::Last));
    }

    fn affine(&mut self, node: usize, x: usize, has: (bool, bool), tensors: &[&[f32]]) {
        let channels = self.shape(x)[0];
        if let ((false, true), &[bias]) = (has, tensors) {
            let grid = grid_of(self.shape(x));
            let held = self.held(x);
            if self.join_epilogue(held, grid, Some(bias), None) {
                return self.keep(node, held.place, held.order);
            }
        }
        let mut tensors = tensors.iter().map(|values| values.to_vec());
        let factors = if has.0 { tensors.next() } else { None };
        let summands = if has.1 { tensors.next() } else { None };
        let scale = Scale::new(
            factors.unwrap_or_else(|| vec![1.0; channels]),
            summands.unwrap_or_else(|| vec![0.0; channels]),
        );
        self.by_channel(node, x, Kernel::Scale(scale));
    }

    fn along(&mut self, node: usize, axis: usize, along: Along) {
        let shape = self.shape(self.graph.takes[node][0]);
        self.plain_step(
            node,
            Kernel::Axis(Axis {
                along,
                length: shape[axis],
                inner: shape[axis + 1..].iter().product(),
            }),
        );
    }

    fn binary(&mut self, node: usize, combine: Combine) {
        let (a, b) = match self.graph.takes[node][..] {
            [a, b] => (a, b),
            // The plan has counted them.
            _ => return,
        };
        if combine == Combine::Add && (self.joins_noise(node, a, b) || self.joins_noise(node, b, a))
        {
            return;
        }
        let result = self.graph.result(node);
        let (shape, len) = (self.shape(result), self.len(result));
        let is_last = |value: usize| {
            let held = self.held(value);
            held.order == Order::Last(grid_of(self.shape(value)))
        };
        let ranked = |of: &[usize]| {
            let mut sides = vec![1; shape.len() - of.len()];
            sides.extend_from_slice(of);
            sides
        };
        let (of_a, of_b) = (ranked(self.shape(a)), ranked(self.shape(b)));
        if shape.len() == 3 && (is_last(a) || is_last(b)) {
            let turn = |sides: &[usize]| [sides[1], sides[2], sides[0]];
            let kernel = Binary::new(combine, &turn(shape), &turn(&of_a), &turn(&of_b));
            let takes = vec![self.last(a, grid_of(&of_a)), self.last(b, grid_of(&of_b))];
            let place = self.push(Kernel::Binary(kernel), takes, len);
            return self.keep(node, place, Order::Last(grid_of(shape)));
        }
        let kernel = Binary::new(combine, shape, &of_a, &of_b);
        let takes = vec![self.plain(a), self.plain(b)];
        let place = self.push(Kernel::Binary(kernel), takes, len);
        self.keep(node, place, Order::Plain);
    }

    /// Whether one number for each position joined the step that made a picture.
    fn joins_noise(&mut self, node: usize, picture: usize, noise: usize) -> bool {
        let shape = self.shape(picture);
        let (&[_, height, width], &[1, noise_height, noise_width]) = (shape, self.shape(noise))
        else {
            return false;
        };
        if [height, width] != [noise_height, noise_width] || picture == noise {
            return false;
        }
        let held = self.held(picture);
        let take = self.plain(noise);
        let joined = self.join_epilogue(held, grid_of(shape), None, Some(take));
        if joined {
            self.keep(node, held.place, held.order);
        }
        joined
    }

    fn concatenate(&mut self, node: usize, axis: usize) {
        let values = self.graph.takes[node].clone();
        let result = self.graph.result(node);
        let (shape, len) = (self.shape(result), self.len(result));
        let is_last = |value: &usize| matches!(self.held(*value).order, Order::Last(_));
        if axis == 0 && shape.len() == 3 && values.iter().any(is_last) {
            let grid = grid_of(shape);
            let takes = values
                .iter()
                .map(|&value| self.last(value, grid_of(self.shape(value))))
                .collect();
            let outer = grid.positions();
            let place = self.push(Kernel::Concatenate(Concatenate { outer }), takes, len);
            return self.keep(node, place, Order::Last(grid));
        }
        let outer = shape[..axis].iter().product();
        self.plain_step(node, Kernel::Concatenate(Concatenate { outer }));
    }

    fn slice(&mut self, node: usize, x: usize, axis: usize, start: usize) {
        let result = self.graph.result(node);
        let (from, to, len) = (self.shape(x), self.shape(result), self.len(result));
        let grid = grid_of(from);
        if axis == 0 && from.len() == 3 && self.held(x).order == Order::Last(grid) {
            let take = self.last(x, grid);
            let (sides, steps) = ([grid.positions(), to[0]], [grid.channels, 1]);
            let kernel = Kernel::Strided(Strided::new(&sides, &steps, start));
            let place = self.push(kernel, vec![take], len);
            return self.keep(node, place, Order::Last(grid_of(to)));
        }
        let take = self.plain(x);
        let steps = strides(from);
        let kernel = Kernel::Strided(Strided::new(to, &steps, start * steps[axis]));
        let place = self.push(kernel, vec![take], len);
        self.keep(node, place, Order::Plain);
    }

    /// The same numbers, and often the same place.
    fn reshape(&mut self, node: usize, x: usize) {
        let result = self.graph.result(node);
        let held = self.held(x);
        let grid = grid_of(self.shape(result));
        let place = match held.order {
            Order::Last(of) if of == grid && self.shape(result).len() == 3 => held.place,
            _ => {
                let place = self.plain(x).place;
                let alone = held.exclusive && place == held.place;
                return self.keep_value(result, place, Order::Plain, alone);
            }
        };
        self.keep_value(result, place, held.order, held.exclusive);
    }
}

fn scale_or_one(channels: usize, tensors: &[&[f32]]) -> Scale {
    let of = |at: usize, otherwise: f32| {
        let given = tensors.get(at).map(|values| values.to_vec());
        given.unwrap_or_else(|| vec![otherwise; channels])
    };
    Scale::new(of(0, 1.0), of(1, 0.0))
}
