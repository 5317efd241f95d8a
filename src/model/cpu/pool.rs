//! The largest number of each window, and borders that repeat or mirror.

use super::layout::Grid;
use super::processor;
use crate::model::graph::Window;

/// Largest numbers, channels last.
#[derive(Debug)]
pub struct MaxPool {
    pub input: Grid,
    pub output: Grid,
    pub kernel: [usize; 2],
    pub window: Window,
}

impl MaxPool {
    pub fn run(&self, input: &[f32], output: &mut [f32]) {
        let channels = self.input.channels;
        let Window {
            stride,
            padding: [top, left, ..],
            dilation,
        } = self.window;
        let place = |output: usize, kernel: usize, axis: usize, before: usize, end: usize| {
            let at = output * stride[axis] + kernel * dilation[axis];
            at.checked_sub(before).filter(|&at| at < end)
        };
        processor::vectorised(
            #[inline(always)]
            || {
                for (position, pixel) in output.chunks_exact_mut(channels).enumerate() {
                    let (y, x) = (position / self.output.width, position % self.output.width);
                    pixel.fill(f32::NEG_INFINITY);
                    for ky in 0..self.kernel[0] {
                        let Some(row) = place(y, ky, 0, top, self.input.height) else {
                            continue;
                        };
                        for kx in 0..self.kernel[1] {
                            let Some(column) = place(x, kx, 1, left, self.input.width) else {
                                continue;
                            };
                            let at = (row * self.input.width + column) * channels;
                            for (largest, &value) in pixel.iter_mut().zip(&input[at..]) {
                                *largest = largest.max(value);
                            }
                        }
                    }
                }
            },
        );
    }
}
