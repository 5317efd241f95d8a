//! Networks prepared for the CPU: what previews and batches run on where there is no GPU.
//!
//! burn's CPU device runs a one-row product on one core, writes bias and activation in passes of
//! their own and allocates every activation anew. A [`Plan`] does the same arithmetic from
//! weights that were repacked once, with bias and activation in the registers of the product and
//! with buffers that are kept. Activations are channels last inside, so dense layers and
//! convolutions are one kind of matrix product (`product`).
//!
//! A picture does not depend on the batch that it is decoded in, bit for bit: every output is one
//! sum in one order, whichever rows share its tile and whichever core does it.

mod channels;
mod compile;
mod convolution;
mod halves;
mod layout;
mod panels;
mod pointwise;
mod processor;
mod product;
mod transposed;

use channels::Scale;
use convolution::Convolution;
use layout::Grid;
use pointwise::Pointwise;
use product::{Product, Rows};
use std::sync::{Mutex, PoisonError};
use transposed::TransposedConvolution;

/// Multiplications that are worth waking another core for: some tens of microseconds.
const PART_WORK: usize = 2_000_000;
/// Most numbers of a batch on the way between two layers, so that they stay in a core's cache.
const BLOCK_NUMBERS: usize = 96 * 1024;

/// A network ready to run on the CPU.
#[derive(Debug)]
pub struct Plan {
    stages: Vec<Stage>,
    input: usize,
    output: usize,
    /// Multiplications for one item.
    work: usize,
    /// Items that go through the stages together.
    block: usize,
    /// Buffers of earlier runs, one set for each that was under way at once.
    spare: Mutex<Vec<Buffers>>,
}

/// A step with the numbers that it makes of one item, and the activation after it.
#[derive(Debug)]
struct Stage {
    step: Step,
    output: usize,
    then: Pointwise,
}

#[derive(Debug)]
enum Step {
    Dense(Product),
    Convolution(Convolution),
    Transposed(TransposedConvolution),
    Scale(Scale),
    /// The mean of each channel.
    Mean,
    /// Depth to space of the grid by the factor.
    Shuffle(Grid, usize),
    /// Nearest-neighbour up-sampling of the grid by the factor.
    Upsample(Grid, usize),
    /// `[channels, height, width]` to `[height, width, channels]`.
    ChannelsLast(Grid),
    /// `[height, width, channels]` to `[channels, height, width]`.
    ChannelsFirst(Grid),
    /// Nothing, where an activation or a whole network has no other step.
    Copy,
}

#[derive(Debug, Default)]
struct Buffers {
    front: Vec<f32>,
    back: Vec<f32>,
    work: Vec<f32>,
}

impl Plan {
    fn new(stages: Vec<Stage>, input: usize, work: usize) -> Self {
        let largest = stages.iter().map(|stage| stage.output).max().unwrap_or(1);
        Self {
            input,
            output: stages.last().map_or(input, |stage| stage.output),
            work,
            block: (BLOCK_NUMBERS / largest).max(1),
            stages,
            spare: Mutex::default(),
        }
    }

    /// The results `[batch, outputs]` for a batch of inputs, each channel after channel.
    ///
    /// Numbers at the end that are less than one input are left out.
    pub fn run(&self, inputs: &[f32]) -> Vec<f32> {
        let batch = inputs.len() / self.input;
        let inputs = &inputs[..batch * self.input];
        let mut outputs = vec![0.0; batch * self.output];
        let cores = rayon::current_num_threads();
        let parts = parts_of(batch.saturating_mul(self.work), cores.min(batch));
        let items = batch.div_ceil(parts).max(1);
        let pairs = inputs
            .chunks(items * self.input)
            .zip(outputs.chunks_mut(items * self.output));
        processor::each_part(pairs, |(inputs, outputs)| {
            self.run_part(inputs, outputs, cores / parts);
        });
        outputs
    }

    /// Runs part of a batch, block by block, with buffers that an earlier run left.
    fn run_part(&self, inputs: &[f32], outputs: &mut [f32], cores: usize) {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffers = spare().pop().unwrap_or_default();
        for (inputs, outputs) in inputs
            .chunks(self.block * self.input)
            .zip(outputs.chunks_mut(self.block * self.output))
        {
            self.run_block(inputs, outputs, &mut buffers, cores);
        }
        spare().push(buffers);
    }

    fn run_block(&self, inputs: &[f32], outputs: &mut [f32], buffers: &mut Buffers, cores: usize) {
        let items = inputs.len() / self.input;
        let Buffers { front, back, work } = buffers;
        let (mut source, mut target) = (front, back);
        let last = self.stages.len().saturating_sub(1);
        for (index, stage) in self.stages.iter().enumerate() {
            let read: &[f32] = if index == 0 { inputs } else { source };
            if index == last {
                stage.run(read, outputs, work, cores);
            } else {
                target.resize(items * stage.output, 0.0);
                stage.run(read, target, work, cores);
                std::mem::swap(&mut source, &mut target);
            }
        }
    }
}

impl Stage {
    /// Runs the stage on some items, with `work` as a buffer and at most `cores` cores.
    fn run(&self, input: &[f32], output: &mut [f32], work: &mut Vec<f32>, cores: usize) {
        let items = output.len() / self.output;
        let pairs = input
            .chunks_exact(input.len() / items)
            .zip(output.chunks_exact_mut(self.output));
        match &self.step {
            Step::Dense(product) => {
                let rows = Rows::contiguous(input, product.inner());
                product.run_divided(rows, output, parts_of(product.work(), cores));
            }
            Step::Convolution(step) => {
                let parts = parts_of(step.work(), cores);
                pairs.for_each(|(input, output)| step.run(input, output, work, parts));
            }
            Step::Transposed(step) => {
                let parts = parts_of(step.work(), cores);
                pairs.for_each(|(input, output)| step.run(input, output, work, parts));
            }
            Step::Scale(step) => step.run(input, output),
            Step::Mean => pairs.for_each(|(input, output)| channels::mean(input, output)),
            &Step::Shuffle(grid, factor) => {
                pairs.for_each(|(input, output)| layout::shuffle(grid, factor, input, output));
            }
            &Step::Upsample(grid, factor) => {
                pairs.for_each(|(input, output)| layout::upsample(grid, factor, input, output));
            }
            &Step::ChannelsLast(grid) => {
                pairs.for_each(|(input, output)| layout::channels_last(grid, input, output));
            }
            &Step::ChannelsFirst(grid) => {
                pairs.for_each(|(input, output)| layout::channels_first(grid, input, output));
            }
            Step::Copy => output.copy_from_slice(input),
        }
        self.then.apply(output);
    }
}

/// How many cores so many multiplications are worth.
fn parts_of(work: usize, cores: usize) -> usize {
    cores.min(work / PART_WORK).max(1)
}
