//! One step of a plan: a kernel, where it reads, and where it writes.

use super::attention::{Attention, MatMul};
use super::axes::{Axis, Embedding, LayerNorm, Time};
use super::channels::{self, GroupNorm, Scale};
use super::convolution::Convolution;
use super::elementwise::Binary;
use super::layout::{self, Grid};
use super::modulated::{Epilogue, Modulated};
use super::parts_of;
use super::pointwise::Pointwise;
use super::pool::MaxPool;
use super::product::{Product, Rows};
use super::separable::Separable;
use super::strided::{Concatenate, Strided};
use super::transposed::TransposedConvolution;
use super::transposed_general::GeneralTransposed;
use super::transposed_phases::PhasedTransposed;

/// Multiplications of a matrix that are worth another core, which is looking for work while a batch runs.
pub const COLUMNS_WORK: usize = 500_000;

/// Where a value lies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Place {
    /// An input of the graph.
    Input(usize),
    /// A constant.
    Static(usize),
    /// What was computed once for all items of a run.
    Shared(usize),
    /// A buffer that steps use in turn.
    Slot(usize),
    /// An output of the graph.
    Output(usize),
}

/// A value that a step reads.
#[derive(Clone, Copy, Debug)]
pub struct Take {
    pub place: Place,
    /// Numbers of one item.
    pub len: usize,
    /// The same for all items.
    pub shared: bool,
}

#[derive(Debug)]
pub struct Step {
    pub kernel: Kernel,
    pub takes: Vec<Take>,
    pub gives: Place,
    /// Numbers of one item.
    pub len: usize,
    pub epilogue: Option<Epilogue>,
    /// Functions of every number, one after the other.
    pub then: Vec<Pointwise>,
}

/// What steps read from.
pub struct Environment<'a> {
    pub items: usize,
    pub inputs: &'a [&'a [f32]],
    pub statics: &'a [Vec<f32>],
    pub shared: &'a [Vec<f32>],
    pub slots: &'a [Vec<f32>],
    pub outputs: &'a [&'a mut [f32]],
}

/// A value, item after item.
#[derive(Clone, Copy)]
pub struct Operand<'a> {
    values: &'a [f32],
    len: usize,
    shared: bool,
}

impl<'a> Operand<'a> {
    /// One item.
    #[inline]
    pub fn item(&self, index: usize) -> &'a [f32] {
        if self.shared {
            self.values
        } else {
            &self.values[index * self.len..][..self.len]
        }
    }
}

/// Buffers for what lives within one step.
#[derive(Debug, Default)]
pub struct Work {
    pub first: Vec<f32>,
    pub second: Vec<f32>,
    pub third: Vec<f32>,
}

impl Work {
    pub fn numbers(&self) -> usize {
        self.first.capacity() + self.second.capacity() + self.third.capacity()
    }
}

/// What a step does with one item.
#[derive(Debug)]
pub enum Kernel {
    /// Rows times a packed matrix.
    Dense(Product),
    Convolution(Convolution),
    Transposed(TransposedConvolution),
    Phased(PhasedTransposed),
    GeneralTransposed(GeneralTransposed),
    Modulated(Box<Modulated>),
    Scale(Scale),
    GroupNorm(GroupNorm),
    LayerNorm(LayerNorm),
    /// Something along one axis.
    Axis(Axis),
    /// The mean of each channel.
    Mean,
    /// Depth to space of the grid by the factor.
    Shuffle(Grid, usize),
    /// Space to depth of the grid by the factor.
    Unshuffle(Grid, usize),
    Haar(Grid),
    HaarInverse(Grid),
    /// Nearest-neighbour up-sampling of the grid by whole factors.
    Upsample(Grid, [usize; 2]),
    Separable(Separable),
    MaxPool(MaxPool),
    /// `[channels, height, width]` to `[height, width, channels]`.
    ChannelsLast(Grid),
    /// `[height, width, channels]` to `[channels, height, width]`.
    ChannelsFirst(Grid),
    Copy,
    Strided(Strided),
    Concatenate(Concatenate),
    Binary(Binary),
    Embedding(Embedding),
    Time(Time),
    Attention(Attention),
    MatMul(MatMul),
}

impl Kernel {
    /// Lets the kernel apply a function to its sums where it can do that in registers; gives what
    /// is left.
    pub fn absorb(&mut self, function: Pointwise) -> Pointwise {
        let (clip, rest) = function.split();
        if clip == Pointwise::Linear {
            return function;
        }
        let took = match self {
            Self::Dense(product) => product.absorb(clip),
            Self::Convolution(step) => step.absorb(clip),
            Self::Transposed(step) => step.absorb(clip),
            Self::Phased(step) => step.absorb(clip),
            _ => false,
        };
        if took { rest } else { function }
    }
}

impl Kernel {
    /// Whether what the kernel gives has had no function yet, so that a sum can be added.
    pub fn leaves_sums(&self) -> bool {
        matches!(self, Self::Modulated(_) | Self::Separable(_))
    }
}

impl Step {
    /// Runs the step on the items of `environment` with at most `cores` cores.
    pub fn run(
        &self,
        environment: &Environment<'_>,
        output: &mut [f32],
        work: &mut Work,
        cores: usize,
    ) {
        let operand = |at: usize| environment.operand(&self.takes[at]);
        let items = environment.items;
        match &self.kernel {
            // All items at once, so that they share the tiles.
            Kernel::Dense(product) => return self.dense(product, environment, output, cores),
            Kernel::Modulated(step) => {
                let operands = [operand(0), operand(1)];
                let noise = self.epilogue.as_ref().and_then(|e| e.noise);
                let noise = noise.map(operand);
                for (index, output) in output.chunks_exact_mut(self.len).enumerate() {
                    let inputs = operands.map(|operand| operand.item(index));
                    let noise = noise.map(|noise| noise.item(index));
                    step.run(inputs, (self.epilogue.as_ref(), noise), output, work, cores);
                }
            }
            kernel => {
                for index in 0..items {
                    let output = &mut output[index * self.len..][..self.len];
                    let input = |at: usize| operand(at).item(index);
                    kernel.run(&input, self.takes.len(), output, work, cores);
                }
                if let Some(epilogue) = &self.epilogue {
                    let noise = epilogue.noise.map(operand);
                    for (index, output) in output.chunks_exact_mut(self.len).enumerate() {
                        epilogue.run(noise.map(|noise| noise.item(index)), output);
                    }
                }
            }
        }
        self.finish(output);
    }

    /// What is done with every number at last.
    fn finish(&self, output: &mut [f32]) {
        for function in &self.then {
            function.apply(output);
        }
    }

    fn dense(
        &self,
        product: &Product,
        environment: &Environment<'_>,
        output: &mut [f32],
        cores: usize,
    ) {
        let take = &self.takes[0];
        let values = environment.values(take);
        let length = if take.shared {
            take.len
        } else {
            environment.items * take.len
        };
        let rows = Rows::contiguous(&values[..length], product.inner());
        let work = product.work().saturating_mul(rows.count);
        let parts = cores.min(work / COLUMNS_WORK).max(1);
        product.run_divided(rows, output, parts, |output| self.finish(output));
    }

    /// The multiplications for one item, where they are those of one matrix.
    pub fn matrix_work(&self) -> Option<usize> {
        match &self.kernel {
            Kernel::Dense(product) => {
                let rows = self.takes[0].len / product.inner().max(1);
                Some(product.work().saturating_mul(rows))
            }
            _ => None,
        }
    }
}

impl<'a> Environment<'a> {
    fn values(&self, take: &Take) -> &'a [f32] {
        match take.place {
            Place::Input(at) => self.inputs[at],
            Place::Static(at) => &self.statics[at],
            Place::Shared(at) => &self.shared[at],
            Place::Slot(at) => &self.slots[at],
            Place::Output(at) => self.outputs[at],
        }
    }

    fn operand(&self, take: &Take) -> Operand<'a> {
        Operand {
            values: self.values(take),
            len: take.len,
            shared: take.shared,
        }
    }
}

impl Kernel {
    /// Runs on one item; `input(n)` is the `n`-th of `count` values that it takes.
    fn run<'a>(
        &self,
        input: &dyn Fn(usize) -> &'a [f32],
        count: usize,
        output: &mut [f32],
        work: &mut Work,
        cores: usize,
    ) {
        match self {
            Self::Convolution(step) => {
                step.run(input(0), None, output, work, parts_of(step.work(), cores));
            }
            Self::Transposed(step) => {
                let parts = parts_of(step.work(), cores);
                step.run(input(0), output, &mut work.first, parts);
            }
            Self::Phased(step) => {
                step.run(input(0), None, output, work, parts_of(step.work(), cores));
            }
            Self::GeneralTransposed(step) => step.run(input(0), output, &mut work.first),
            Self::Scale(step) => step.run(input(0), output),
            Self::GroupNorm(step) => step.run(input(0), output),
            Self::LayerNorm(step) => step.run(input(0), output),
            Self::Axis(step) => step.run(input(0), output),
            Self::Mean => channels::mean(input(0), output),
            Self::Shuffle(grid, factor) => layout::shuffle(*grid, *factor, input(0), output),
            Self::Unshuffle(grid, factor) => layout::unshuffle(*grid, *factor, input(0), output),
            Self::Haar(grid) => layout::haar(*grid, input(0), output),
            Self::HaarInverse(grid) => layout::haar_inverse(*grid, input(0), output),
            Self::Upsample(grid, factors) => layout::upsample(*grid, *factors, input(0), output),
            Self::Separable(step) => step.run(input(0), output, &mut work.first),
            Self::MaxPool(step) => step.run(input(0), output),
            Self::ChannelsLast(grid) => layout::channels_last(*grid, input(0), output),
            Self::ChannelsFirst(grid) => layout::channels_first(*grid, input(0), output),
            Self::Copy => output.copy_from_slice(input(0)),
            Self::Strided(step) => step.run(input(0), output),
            Self::Concatenate(step) => step.run(input, count, output),
            Self::Binary(step) => step.run(input(0), input(1), output),
            Self::Embedding(step) => step.run(input(0), output),
            Self::Time(step) => step.run(input(0), output),
            Self::Attention(step) => {
                step.run([input(0), input(1), input(2)], output, work, cores);
            }
            Self::MatMul(step) => step.run(input(0), input(1), output),
            // These two are run by the step.
            Self::Dense(_) | Self::Modulated(_) => {}
        }
    }
}
