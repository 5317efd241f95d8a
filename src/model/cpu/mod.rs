//! Graphs prepared for the CPU: what previews and batches run on where there is no GPU.
//!
//! burn's CPU device runs a one-row product on one core, writes bias and activation in passes of
//! their own and allocates every activation anew. A [`Plan`] does the same arithmetic from
//! weights that were repacked once, with bias and activation in the registers of the product and
//! with buffers that are kept. Pictures are channels last inside, so dense layers and
//! convolutions are one kind of matrix product (`product`).
//!
//! A picture does not depend on the batch that it is decoded in, bit for bit: every output is one
//! sum in one order, whichever rows share its tile and whichever core does it.

mod attention;
mod axes;
pub mod causal;
mod channels;
mod compile;
mod convolution;
mod elementwise;
mod halves;
mod helpers;
mod layout;
mod modulated;
mod panels;
mod pointwise;
mod pool;
mod processor;
mod product;
mod separable;
mod sharing;
mod slots;
mod step;
mod strided;
mod transposed;
mod transposed_general;
mod transposed_phases;

use crate::model::Stop;
use helpers::Helpers;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use step::{COLUMNS_WORK, Environment, Place, Step, Work};

/// Multiplications that are worth waking another core for: some tens of microseconds.
const PART_WORK: usize = 2_000_000;
/// Most numbers of a set of buffers that is kept for the next run (64 MiB): for larger pictures
/// asking for memory again is little beside the work.
const KEPT_NUMBERS: usize = 1 << 24;
/// Items of a thread from which on it gets them in two chunks, so that a slow one holds up less.
const MANY_ITEMS: usize = 16;
/// Most numbers that the threads of a run keep at once (1 GiB): fewer items at a time follow for
/// pictures that take more.
const MAX_LIVE_NUMBERS: usize = 1 << 28;
/// Most numbers of a batch on the way between two layers: few enough to stay in a core's cache, and enough that the
/// weights of a layer are not fetched again for every item or two.
const BLOCK_NUMBERS: usize = 256 * 1024;

/// A graph ready to run on the CPU.
#[derive(Clone, Debug)]
pub struct Plan(Arc<Body>);

#[derive(Debug)]
struct Body {
    inputs: Vec<Input>,
    /// Numbers of one item of each output.
    outputs: Vec<usize>,
    /// Steps whose results are the same for all items, and numbers of each.
    shared_steps: Vec<Step>,
    shared: Vec<usize>,
    steps: Vec<Step>,
    /// How many buffers the steps share.
    slots: usize,
    /// Constants, and what follows from constants alone.
    statics: Vec<Vec<f32>>,
    /// Multiplications for one item.
    work: usize,
    /// Most numbers that one item keeps at once.
    live: usize,
    /// Items that go through the steps together.
    block: usize,
    /// Buffers of earlier runs, one set for each that was under way at once.
    spare: Mutex<Vec<Buffers>>,
}

#[derive(Clone, Debug)]
struct Input {
    name: String,
    /// Numbers of one item.
    len: usize,
    shared: bool,
}

#[derive(Debug, Default)]
struct Buffers {
    slots: Vec<Vec<f32>>,
    work: Work,
}

impl Buffers {
    fn numbers(&self) -> usize {
        let slots = self.slots.iter().map(Vec::capacity);
        slots.sum::<usize>() + self.work.numbers()
    }
}

/// Some items of a batch on their way through the steps.
struct Part<'a> {
    items: usize,
    inputs: Vec<&'a [f32]>,
    outputs: Vec<&'a mut [f32]>,
}

impl Plan {
    /// The outputs, each `[batch, numbers]`, for the inputs `[batch, numbers]` in their order;
    /// shared inputs are given once. Pictures are channel after channel.
    ///
    /// # Errors
    /// When the inputs are not those of the graph, or the thread's [`Stop`] was set.
    pub fn run(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>, String> {
        let body = &*self.0;
        let batch = body.batch(inputs)?;
        let stop = Stop::watched();
        let mut outputs = body.empty_outputs(batch);
        let shared = body.run_shared(inputs, &stop);
        let cores = rayon::current_num_threads();
        let affordable = (MAX_LIVE_NUMBERS / body.live.max(1)).max(1);
        let most = cores.min(batch).min(affordable);
        let parts = match body.divides_matrices(batch, cores) {
            true => 1,
            false => parts_of(batch.saturating_mul(body.work), most),
        };
        let whole = Part {
            items: batch,
            inputs: inputs.to_vec(),
            outputs: outputs.iter_mut().map(Vec::as_mut_slice).collect(),
        };
        if parts <= 1 {
            body.run_part(whole, &shared, cores, &stop);
        } else {
            self.run_shared_out(whole, shared, [parts, cores / parts], &stop);
        }
        stop.check()?;
        Ok(outputs)
    }

    /// Runs a batch in chunks on several threads, each with so many cores.
    fn run_shared_out(
        &self,
        whole: Part<'_>,
        shared: Vec<Vec<f32>>,
        [threads, cores]: [usize; 2],
        stop: &Stop,
    ) {
        let body = &*self.0;
        let chunks = if whole.items >= threads * MANY_ITEMS {
            2 * threads
        } else {
            threads
        };
        let items = whole.items.div_ceil(chunks).max(1);
        // Helpers may come when the caller has gone on, so they have numbers of their own.
        let given: Arc<[Vec<f32>]> = whole.inputs.iter().map(|values| values.to_vec()).collect();
        let (batch, shared) = (whole.items, Arc::new(shared));
        let mut parts: Vec<Part<'_>> = body.divided(whole, items);
        let (plan, of_helper, stop_of_helper) = (self.clone(), shared.clone(), stop.clone());
        let help = move |chunk: usize| {
            let body = &*plan.0;
            let range = chunk * items..batch.min((chunk + 1) * items);
            let mut outputs = body.empty_outputs(range.len());
            let part = Part {
                items: range.len(),
                inputs: body.items_of(given.iter().map(Vec::as_slice), range),
                outputs: outputs.iter_mut().map(Vec::as_mut_slice).collect(),
            };
            body.run_part(part, &of_helper, cores, &stop_of_helper);
            outputs
        };
        let count = parts.len();
        let parts = RefCell::new(&mut parts);
        sharing::share(
            Helpers::global(),
            (count, threads - 1),
            |chunk| body.run_part(parts.borrow_mut()[chunk].reborrow(), &shared, cores, stop),
            help,
            |chunk, values: Vec<Vec<f32>>| {
                for (output, values) in parts.borrow_mut()[chunk].outputs.iter_mut().zip(values) {
                    output.copy_from_slice(&values);
                }
            },
        );
    }

    /// Numbers of one item of each output.
    pub fn output_lens(&self) -> &[usize] {
        &self.0.outputs
    }
}

impl Part<'_> {
    /// The same part for a while.
    fn reborrow(&mut self) -> Part<'_> {
        Part {
            items: self.items,
            inputs: self.inputs.clone(),
            outputs: self
                .outputs
                .iter_mut()
                .map(|output| &mut **output)
                .collect(),
        }
    }
}

impl Body {
    fn empty_outputs(&self, items: usize) -> Vec<Vec<f32>> {
        let lens = self.outputs.iter();
        lens.map(|len| vec![0.0; items * len]).collect()
    }

    /// Some items of each input.
    fn items_of<'a>(
        &self,
        inputs: impl Iterator<Item = &'a [f32]>,
        items: Range<usize>,
    ) -> Vec<&'a [f32]> {
        let inputs = inputs.zip(&self.inputs);
        inputs
            .map(|(values, input)| {
                if input.shared {
                    values
                } else {
                    &values[items.start * input.len..items.end * input.len]
                }
            })
            .collect()
    }

    /// Whether most of the work of a batch is in matrices that are large enough for several cores to divide their
    /// columns: the batch then stays together.
    fn divides_matrices(&self, batch: usize, cores: usize) -> bool {
        let matrices = self.steps.iter().filter_map(Step::matrix_work);
        let of_batch = matrices.map(|work| work.saturating_mul(batch));
        let divided = of_batch.filter(|work| *work >= 2 * COLUMNS_WORK);
        let divided = divided.fold(0, usize::saturating_add);
        // Two thirds.
        cores > 1 && divided / 2 >= self.work.saturating_mul(batch) / 3
    }

    fn batch(&self, inputs: &[&[f32]]) -> Result<usize, String> {
        if inputs.len() != self.inputs.len() {
            return Err(format!(
                "the graph takes {} inputs, and {} are given",
                self.inputs.len(),
                inputs.len()
            ));
        }
        let mut batch = None;
        for (values, input) in inputs.iter().zip(&self.inputs) {
            let rows = if input.shared {
                1
            } else {
                *batch.get_or_insert(values.len() / input.len)
            };
            if values.len() != rows * input.len {
                return Err(format!(
                    "the input {:?} has {} numbers, not {rows} times {}",
                    input.name,
                    values.len(),
                    input.len
                ));
            }
        }
        Ok(batch.unwrap_or(1))
    }

    /// What is the same for all items of a run.
    fn run_shared(&self, inputs: &[&[f32]], stop: &Stop) -> Vec<Vec<f32>> {
        let mut shared: Vec<Vec<f32>> = self.shared.iter().map(|&len| vec![0.0; len]).collect();
        let mut work = Work::default();
        for step in &self.shared_steps {
            if stop.is_set() {
                break;
            }
            if let Place::Shared(at) = step.gives {
                let mut target = std::mem::take(&mut shared[at]);
                let environment = Environment {
                    items: 1,
                    inputs,
                    statics: &self.statics,
                    shared: &shared,
                    slots: &[],
                    outputs: &[],
                };
                step.run(&environment, &mut target, &mut work, 1);
                shared[at] = target;
            }
        }
        shared
    }

    /// Divides a part into parts of at most so many items.
    fn divided<'a>(&self, part: Part<'a>, items: usize) -> Vec<Part<'a>> {
        if part.items <= items {
            return vec![part];
        }
        let mut rest = part.outputs;
        let mut parts = Vec::with_capacity(part.items.div_ceil(items));
        for start in (0..part.items).step_by(items) {
            let count = items.min(part.items - start);
            let inputs = self.items_of(part.inputs.iter().copied(), start..start + count);
            let outputs = rest.iter_mut().zip(&self.outputs).map(|(rest, len)| {
                let (first, others) = std::mem::take(rest).split_at_mut(count * len);
                *rest = others;
                first
            });
            parts.push(Part {
                items: count,
                inputs,
                outputs: outputs.collect(),
            });
        }
        parts
    }

    /// Runs part of a batch, block by block, with buffers that an earlier run left.
    fn run_part(&self, part: Part<'_>, shared: &[Vec<f32>], cores: usize, stop: &Stop) {
        let spare = || self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        let mut buffers = spare().pop().unwrap_or_default();
        buffers.slots.resize_with(self.slots, Vec::new);
        for block in self.divided(part, self.block) {
            self.run_block(block, shared, &mut buffers, cores, stop);
        }
        if buffers.numbers() <= KEPT_NUMBERS {
            spare().push(buffers);
        }
    }

    fn run_block(
        &self,
        part: Part<'_>,
        shared: &[Vec<f32>],
        buffers: &mut Buffers,
        cores: usize,
        stop: &Stop,
    ) {
        let Part {
            items,
            inputs,
            mut outputs,
        } = part;
        let Buffers { slots, work } = buffers;
        for step in &self.steps {
            // What is left out is not looked at: the run ends with an error.
            if stop.is_set() {
                return;
            }
            let size = items * step.len;
            // What is written is taken out, so that the others can be read beside it.
            match step.gives {
                Place::Output(at) => {
                    let target = std::mem::take(&mut outputs[at]);
                    let environment = Environment {
                        items,
                        inputs: &inputs,
                        statics: &self.statics,
                        shared,
                        slots,
                        outputs: &outputs,
                    };
                    step.run(&environment, target, work, cores);
                    outputs[at] = target;
                }
                Place::Slot(at) => {
                    let mut target = std::mem::take(&mut slots[at]);
                    if target.len() < size {
                        target.resize(size, 0.0);
                    }
                    let environment = Environment {
                        items,
                        inputs: &inputs,
                        statics: &self.statics,
                        shared,
                        slots,
                        outputs: &outputs,
                    };
                    step.run(&environment, &mut target[..size], work, cores);
                    slots[at] = target;
                }
                // Nothing else is written in a run.
                Place::Input(_) | Place::Static(_) | Place::Shared(_) => {}
            }
        }
    }
}

/// How many cores so many multiplications are worth.
fn parts_of(work: usize, cores: usize) -> usize {
    cores.min(work / PART_WORK).max(1)
}
