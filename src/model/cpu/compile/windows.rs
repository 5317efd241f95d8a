//! Operations that move a window over a picture, or change its size.

use super::super::convolution::Convolution;
use super::super::layout::Grid;
use super::super::modulated::{Kind, Modulated};
use super::super::pool::MaxPool;
use super::super::separable::Separable;
use super::super::step::Kernel;
use super::super::transposed::TransposedConvolution;
use super::super::transposed_general::GeneralTransposed;
use super::super::transposed_phases::PhasedTransposed;
use super::operations::grid_of;
use super::{Compiler, Order};
use crate::model::graph::{Operation, PadMode, SideTaps, Taps, Window, separable};

impl Compiler<'_> {
    pub(super) fn windowed(&mut self, node: usize, x: usize, tensors: &[&[f32]]) {
        let operation = &self.graph.spec.nodes[node].operation;
        let result = self.graph.result(node);
        let from = self.shape(x);
        let (input, output) = (grid_of(from), grid_of(self.shape(result)));
        let no_bias = vec![0.0; output.channels];
        let (weight, bias) = match tensors {
            [] => (&[][..], &no_bias[..]),
            [weight] => (*weight, &no_bias[..]),
            [weight, bias, ..] => (*weight, *bias),
        };
        if let Some([rows, columns]) = separable(operation, from) {
            let kernel = Kernel::Separable(Separable::new(input, rows, columns));
            return self.picture_step(node, x, kernel);
        }
        let kernel = match operation {
            Operation::Conv {
                kernel,
                window,
                groups,
                ..
            } => Kernel::Convolution(Convolution::new(
                (input, output),
                (*kernel, *window, *groups),
                weight,
                bias,
            )),
            Operation::ConvTranspose {
                kernel,
                window,
                groups,
                ..
            } => {
                let doubles = *kernel == [4, 4]
                    && *window == Window::square(2, 1)
                    && *groups == 1
                    && [output.height, output.width] == [2 * input.height, 2 * input.width];
                if doubles {
                    Kernel::Transposed(TransposedConvolution::new(input, weight, bias))
                } else if *groups == 1 && window.dilation == [1; 2] {
                    let shape = (*kernel, *window);
                    let step = PhasedTransposed::new((input, output), shape, weight, bias);
                    Kernel::Phased(step)
                } else {
                    Kernel::GeneralTransposed(GeneralTransposed::new(
                        (input, output),
                        (*kernel, *window, *groups),
                        weight,
                        bias,
                    ))
                }
            }
            Operation::ModulatedConv {
                kernel,
                up,
                demodulate,
                gain,
                ..
            } => {
                let grids = (input, output);
                let step = modulated(grids, (*kernel, *up), (*demodulate, *gain), weight);
                return self.modulated(node, step);
            }
            Operation::MaxPool { kernel, window } => Kernel::MaxPool(MaxPool {
                input,
                output,
                kernel: *kernel,
                window: *window,
            }),
            // Whole factors; all other resizing is separable.
            Operation::Resize { .. } => {
                let factors = [output.height / input.height, output.width / input.width];
                Kernel::Upsample(input, factors)
            }
            Operation::Pad { padding, mode } => {
                let [top, left, bottom, right] = *padding;
                let rows = border(input.height, (top, bottom), *mode);
                let columns = border(input.width, (left, right), *mode);
                Kernel::Separable(Separable::new(input, rows, columns))
            }
            // The caller sends nothing else.
            _ => Kernel::Copy,
        };
        self.picture_step(node, x, kernel);
    }

    fn modulated(&mut self, node: usize, step: Modulated) {
        let [x, style] = match self.graph.takes[node][..] {
            [x, style] => [x, style],
            // The plan has counted them.
            _ => return,
        };
        let result = self.graph.result(node);
        let takes = vec![self.last(x, grid_of(self.shape(x))), self.plain(style)];
        let place = self.push(Kernel::Modulated(Box::new(step)), takes, self.len(result));
        self.keep(node, place, Order::Last(grid_of(self.shape(result))));
    }
}

fn modulated(
    (input, output): (Grid, Grid),
    (kernel, up): (usize, usize),
    (demodulate, gain): (bool, f32),
    weight: &[f32],
) -> Modulated {
    let (channels, places) = ([output.channels, input.channels], kernel * kernel);
    let no_bias = vec![0.0; output.channels];
    let convolution = if up == 1 {
        let window = Window::square(1, (kernel - 1) / 2);
        let grids = (input, output);
        Kind::Plain(Convolution::new(
            grids,
            ([kernel; 2], window, 1),
            weight,
            &no_bias,
        ))
    } else {
        // Transposed kernels have their inputs first.
        let mut turned = Vec::with_capacity(weight.len());
        for from in 0..input.channels {
            for to in 0..output.channels {
                let at = (to * input.channels + from) * places;
                turned.extend_from_slice(&weight[at..at + places]);
            }
        }
        let shape = ([kernel; 2], Window::square(2, 0));
        let grids = (input, output);
        Kind::Up(PhasedTransposed::new(grids, shape, &turned, &no_bias))
    };
    Modulated::new(convolution, weight, channels, demodulate, gain)
}

/// Where each entry of a bordered side comes from.
fn border(from: usize, (before, after): (usize, usize), mode: PadMode) -> SideTaps {
    let outputs = (0..before + from + after).map(|at| {
        let inside = at.checked_sub(before).filter(|&at| at < from);
        let source = inside.or_else(|| match mode {
            PadMode::Zeros => None,
            PadMode::Replicate => Some(if at < before { 0 } else { from - 1 }),
            PadMode::Reflect => Some(if at < before {
                before - at
            } else {
                2 * (from - 1) + before - at
            }),
        });
        Taps {
            start: source.unwrap_or(0),
            weights: source.map_or_else(Vec::new, |_| vec![1.0]),
        }
    });
    SideTaps {
        from,
        outputs: outputs.collect(),
    }
}
