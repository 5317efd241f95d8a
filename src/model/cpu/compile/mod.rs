//! From the nodes of a graph to the steps of a plan.
//!
//! Pictures are turned to channels last where an operation wants it, and back only where one
//! needs the order of the graph. Functions, noise and biases join the step before them if nobody
//! else sees its result. What follows from constants alone is computed here, once.

mod operations;
mod windows;

use super::layout::Grid;
use super::modulated::Epilogue;
use super::pointwise::Pointwise;
use super::slots;
use super::step::{Environment, Kernel, Place, Step, Take, Work};
use super::{BLOCK_NUMBERS, Body, Input, Plan};
use crate::model::graph::GraphPlan;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

impl Plan {
    /// Prepares a checked graph, taking every tensor, flattened, from `parameter`.
    ///
    /// # Errors
    /// One sentence when `parameter` has no tensor of a name, or one of another length.
    pub fn compile<'a>(
        graph: &GraphPlan,
        mut parameter: impl FnMut(&str) -> Option<Cow<'a, [f32]>>,
    ) -> Result<Self, String> {
        let mut compiler = Compiler::new(graph);
        for node in 0..graph.spec.nodes.len() {
            if graph.values[graph.result(node)].uses == 0 || compiler.is_done(node) {
                continue;
            }
            let mut tensors = Vec::with_capacity(graph.parameters[node].len());
            for wanted in &graph.parameters[node] {
                let name = &wanted.name;
                let values = parameter(name).ok_or_else(|| format!("no tensor {name:?}"))?;
                let count: usize = wanted.shape.iter().product();
                if values.len() != count {
                    return Err(format!(
                        "{name:?} has {} numbers, not {count}",
                        values.len()
                    ));
                }
                tensors.push(values);
            }
            let tensors: Vec<&[f32]> = tensors.iter().map(|values| &values[..]).collect();
            compiler.node(node, &tensors);
        }
        Ok(compiler.finish())
    }
}

/// In which order the numbers of a value lie.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Order {
    /// That of the graph.
    Plain,
    /// The channels of this picture last.
    Last(Grid),
}

/// A value that was compiled.
#[derive(Clone, Copy, Debug)]
struct Held {
    place: Place,
    order: Order,
    /// Nothing but the next node to be compiled reads it, so that its step may change it.
    exclusive: bool,
}

struct Compiler<'a> {
    graph: &'a GraphPlan,
    held: Vec<Option<Held>>,
    /// Values in their other order.
    turned: HashMap<(usize, Order), Place>,
    statics: Vec<Vec<f32>>,
    shared_steps: Vec<Step>,
    shared: Vec<usize>,
    steps: Vec<Step>,
}

impl<'a> Compiler<'a> {
    fn new(graph: &'a GraphPlan) -> Self {
        let inputs = (0..graph.spec.inputs.len()).map(|at| {
            Some(Held {
                place: Place::Input(at),
                order: Order::Plain,
                exclusive: false,
            })
        });
        let mut held: Vec<Option<Held>> = inputs.collect();
        held.resize(graph.values.len(), None);
        Self {
            graph,
            held,
            turned: HashMap::new(),
            statics: Vec::new(),
            shared_steps: Vec::new(),
            shared: Vec::new(),
            steps: Vec::new(),
        }
    }

    fn is_done(&self, node: usize) -> bool {
        self.held[self.graph.result(node)].is_some()
    }

    fn shape(&self, value: usize) -> &'a [usize] {
        &self.graph.values[value].shape
    }

    fn len(&self, value: usize) -> usize {
        self.graph.values[value].len
    }

    fn held(&self, value: usize) -> Held {
        // The plan's order gives every value before it is taken.
        self.held[value].unwrap_or(Held {
            place: Place::Input(0),
            order: Order::Plain,
            exclusive: false,
        })
    }

    fn is_shared(&self, place: Place) -> bool {
        match place {
            Place::Input(at) => self.graph.spec.inputs[at].shared,
            Place::Static(_) | Place::Shared(_) => true,
            Place::Slot(_) | Place::Output(_) => false,
        }
    }

    fn take(&self, place: Place, len: usize) -> Take {
        Take {
            place,
            len,
            shared: self.is_shared(place),
        }
    }

    /// Adds a step, or runs it at once where it only reads constants; gives its result.
    fn push(&mut self, kernel: Kernel, takes: Vec<Take>, len: usize) -> Place {
        self.push_then(kernel, takes, len, Vec::new())
    }

    fn push_then(
        &mut self,
        kernel: Kernel,
        takes: Vec<Take>,
        len: usize,
        then: Vec<Pointwise>,
    ) -> Place {
        let is_static = |take: &Take| matches!(take.place, Place::Static(_));
        let mut step = Step {
            kernel,
            gives: Place::Static(self.statics.len()),
            len,
            epilogue: None,
            then,
            takes,
        };
        if step.takes.iter().all(is_static) {
            let mut values = vec![0.0; len];
            let environment = Environment {
                items: 1,
                inputs: &[],
                statics: &self.statics,
                shared: &[],
                slots: &[],
                outputs: &[],
            };
            step.run(&environment, &mut values, &mut Work::default(), 1);
            self.statics.push(values);
        } else if step.takes.iter().all(|take| take.shared) {
            step.gives = Place::Shared(self.shared.len());
            self.shared.push(len);
            self.shared_steps.push(step);
            return Place::Shared(self.shared.len() - 1);
        } else {
            step.gives = Place::Slot(self.steps.len());
            self.steps.push(step);
            return Place::Slot(self.steps.len() - 1);
        }
        Place::Static(self.statics.len() - 1)
    }

    fn constant(&mut self, values: Vec<f32>) -> Place {
        self.statics.push(values);
        Place::Static(self.statics.len() - 1)
    }

    /// The step that made a value, if that may still be changed.
    fn open_step(&mut self, held: Held) -> Option<&mut Step> {
        match held.place {
            _ if !held.exclusive => None,
            Place::Slot(at) => self.steps.get_mut(at),
            Place::Shared(at) => self
                .shared_steps
                .iter_mut()
                .find(|step| step.gives == Place::Shared(at)),
            _ => None,
        }
    }

    /// Keeps what a node has become.
    fn keep(&mut self, node: usize, place: Place, order: Order) {
        let value = self.graph.result(node);
        self.keep_value(value, place, order, true);
    }

    /// The same where the place is also that of another value: `alone` says that nobody else
    /// reads it.
    fn keep_value(&mut self, value: usize, place: Place, order: Order, alone: bool) {
        let order = match order {
            Order::Last(grid) if grid.has_one_order() => Order::Plain,
            order => order,
        };
        self.held[value] = Some(Held {
            place,
            order,
            exclusive: alone && self.graph.values[value].uses == 1,
        });
    }

    /// A value in the order of the graph.
    fn plain(&mut self, value: usize) -> Take {
        let held = self.held(value);
        let len = self.len(value);
        let place = match held.order {
            Order::Plain => held.place,
            Order::Last(grid) => match self.turned.get(&(value, Order::Plain)) {
                Some(&place) => place,
                None => {
                    let takes = vec![self.take(held.place, len)];
                    let place = self.push(Kernel::ChannelsFirst(grid), takes, len);
                    self.turned.insert((value, Order::Plain), place);
                    place
                }
            },
        };
        self.take(place, len)
    }

    /// A value as a picture with its channels last.
    fn last(&mut self, value: usize, grid: Grid) -> Take {
        let held = self.held(value);
        let len = self.len(value);
        if held.order == Order::Last(grid) || (held.order == Order::Plain && grid.has_one_order()) {
            return self.take(held.place, len);
        }
        let order = Order::Last(grid);
        if let Some(&place) = self.turned.get(&(value, order)) {
            return self.take(place, len);
        }
        let plain = self.plain(value);
        let place = if grid.has_one_order() {
            plain.place
        } else {
            self.push(Kernel::ChannelsLast(grid), vec![plain], len)
        };
        self.turned.insert((value, order), place);
        self.take(place, len)
    }

    /// Lets a function join the step that made a value, or adds a step for it.
    fn function(&mut self, node: usize, value: usize, function: Pointwise) {
        let held = self.held(value);
        if let Some(step) = self.open_step(held) {
            step.join(function);
            return self.keep(node, held.place, held.order);
        }
        let len = self.len(value);
        let takes = vec![self.take(held.place, len)];
        let place = self.push_then(Kernel::Copy, takes, len, vec![function]);
        self.keep(node, place, held.order);
    }

    /// Lets a bias for each channel, or noise for each position, join the step that made a value
    /// with the channels last.
    fn join_epilogue(
        &mut self,
        held: Held,
        grid: Grid,
        bias: Option<&[f32]>,
        noise: Option<Take>,
    ) -> bool {
        // Noise that a later step makes is not there yet.
        let is_there = match (noise.map(|noise| noise.place), held.place) {
            (Some(Place::Slot(noise)), Place::Slot(step)) => noise < step,
            (Some(_), Place::Slot(_)) | (None, _) => true,
            _ => false,
        };
        let is_last = held.order == Order::Last(grid) || grid.has_one_order();
        if !is_there || !is_last {
            return false;
        }
        let Some(step) = self.open_step(held) else {
            return false;
        };
        let is_free = step.then.is_empty()
            && step.kernel.leaves_sums()
            && step.epilogue.as_ref().is_none_or(|epilogue| {
                epilogue.function == Pointwise::Linear
                    && (noise.is_none() || epilogue.noise.is_none())
            });
        if !is_free {
            return false;
        }
        let epilogue = step.epilogue.get_or_insert_with(|| Epilogue {
            noise: None,
            bias: vec![0.0; grid.channels],
            function: Pointwise::Linear,
        });
        if let Some(noise) = noise {
            epilogue.noise = Some(step.takes.len());
            step.takes.push(noise);
        }
        if let Some(bias) = bias {
            for (sum, bias) in epilogue.bias.iter_mut().zip(bias) {
                *sum += bias;
            }
        }
        true
    }

    /// The picture that a vector becomes, where only functions stand before the reshape.
    fn coming_picture(&self, node: usize) -> Option<Grid> {
        use crate::model::graph::Operation;
        let mut value = self.graph.result(node);
        loop {
            if self.graph.values[value].uses != 1 {
                return None;
            }
            let next = self
                .graph
                .takes
                .iter()
                .position(|takes| takes.contains(&value))?;
            match &self.graph.spec.nodes[next].operation {
                Operation::Pointwise { .. } | Operation::Scale { .. } => {
                    value = self.graph.result(next);
                }
                Operation::Reshape { shape } => match shape[..] {
                    [channels, height, width] => {
                        return Some(Grid {
                            channels,
                            height,
                            width,
                        });
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }

    fn finish(mut self) -> Plan {
        // An output is written where the caller wants it, unless somebody else has it already.
        let mut outputs: HashMap<usize, usize> = HashMap::new();
        for (index, &value) in self.graph.outputs.iter().enumerate() {
            let plain = self.plain(value);
            match plain.place {
                Place::Slot(slot) if !outputs.contains_key(&slot) => {
                    outputs.insert(slot, index);
                }
                _ => {
                    let len = self.len(value);
                    self.steps.push(Step {
                        kernel: Kernel::Copy,
                        takes: vec![plain],
                        gives: Place::Slot(self.steps.len()),
                        len,
                        epilogue: None,
                        then: Vec::new(),
                    });
                    outputs.insert(self.steps.len() - 1, index);
                }
            }
        }
        let slots = slots::assign(&mut self.steps, &outputs);
        let largest = self.steps.iter().map(|step| step.len).max().unwrap_or(1);
        let inputs = self.graph.spec.inputs.iter().zip(&self.graph.values);
        Plan(Arc::new(Body {
            inputs: inputs
                .map(|(input, value)| Input {
                    name: input.name.clone(),
                    len: value.len,
                    shared: input.shared,
                })
                .collect(),
            outputs: self.graph.outputs.iter().map(|&v| self.len(v)).collect(),
            shared_steps: self.shared_steps,
            shared: self.shared,
            steps: self.steps,
            slots,
            statics: self.statics,
            work: self.graph.multiply_adds,
            live: self.graph.peak_numbers,
            block: (BLOCK_NUMBERS / largest).max(1),
            spare: Mutex::default(),
        }))
    }
}

impl Step {
    /// Adds a function at the end, in the kernel if that can do it.
    fn join(&mut self, function: Pointwise) {
        if !self.then.is_empty() {
            return self.then.push(function);
        }
        let function = match &mut self.epilogue {
            Some(epilogue) => match function.split() {
                (clip, rest)
                    if clip != Pointwise::Linear && epilogue.function == Pointwise::Linear =>
                {
                    epilogue.function = clip;
                    rest
                }
                _ => function,
            },
            None => self.kernel.absorb(function),
        };
        if function != Pointwise::Linear {
            self.then.push(function);
        }
    }
}
