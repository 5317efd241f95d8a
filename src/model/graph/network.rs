//! The burn runner: a graph with its tensors on one device, GPU or CPU, inside an autodiff graph
//! or not.
//!
//! Every value travels as `[batch, numbers]`, with a batch of 1 where it is the same for all
//! items, and takes the shape that the [`GraphPlan`] has found for it inside each operation. An
//! activation is dropped after its last use.

use super::prepared::Prepared;
use super::shapes::{GraphPlan, plan};
use super::spec::GraphSpec;
use crate::model::Stop;
use burn::tensor::{Device, Tensor};
use std::sync::Arc;

/// A graph ready to run on a device.
#[derive(Clone, Debug)]
pub struct GraphNetwork {
    plan: Arc<GraphPlan>,
    layers: Vec<Prepared>,
}

impl GraphNetwork {
    /// Checks `spec` and takes every tensor, flattened, from `parameter`; `device` is theirs.
    ///
    /// # Errors
    /// One sentence when the graph is not sound, or `parameter` has no tensor of a name or one of
    /// another length.
    pub fn new(
        spec: &GraphSpec,
        device: &Device,
        parameter: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        Self::of_plan(Arc::new(plan(spec)?), device, parameter)
    }

    /// The same for a graph that was checked before.
    ///
    /// # Errors
    /// As for [`Self::new`], where it is about tensors.
    pub fn of_plan(
        plan: Arc<GraphPlan>,
        device: &Device,
        mut parameter: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, String> {
        let mut layers = Vec::with_capacity(plan.spec.nodes.len());
        for (index, node) in plan.spec.nodes.iter().enumerate() {
            let mut tensors = Vec::with_capacity(plan.parameters[index].len());
            for wanted in &plan.parameters[index] {
                let name = &wanted.name;
                let tensor = parameter(name).ok_or_else(|| format!("no tensor {name:?}"))?;
                let count: usize = wanted.shape.iter().product();
                if tensor.dims()[0] != count {
                    return Err(format!(
                        "{name:?} has {} numbers, not {count}",
                        tensor.dims()[0]
                    ));
                }
                tensors.push(tensor);
            }
            let shapes: Vec<&[usize]> = plan.takes[index]
                .iter()
                .map(|&value| plan.values[value].shape.as_slice())
                .collect();
            let layer = Prepared::new(&node.operation, &shapes, tensors, device);
            layers.push(layer.map_err(|fault| format!("node {:?}: {fault}", node.name))?);
        }
        Ok(Self { plan, layers })
    }

    pub fn plan(&self) -> &GraphPlan {
        &self.plan
    }

    /// The outputs, each `[batch, numbers]`, for the inputs in their order: `[batch, numbers]`, or
    /// `[1, numbers]` where an input is shared.
    ///
    /// # Errors
    /// When the inputs are not of the shapes that the graph takes, or the thread's [`Stop`] was set.
    pub fn forward(&self, inputs: Vec<Tensor<2>>) -> Result<Vec<Tensor<2>>, String> {
        let plan = &*self.plan;
        let batch = self.batch(&inputs)?;
        let mut values: Vec<Option<Tensor<2>>> = inputs.into_iter().map(Some).collect();
        values.resize(plan.values.len(), None);
        let lost = || "a value was dropped before its last use".to_owned();
        let stop = Stop::watched();
        for (index, layer) in self.layers.iter().enumerate() {
            stop.check()?;
            let mut taken = Vec::with_capacity(plan.takes[index].len());
            for (place, &value) in plan.takes[index].iter().enumerate() {
                let is_last = plan.values[value].last_use == index
                    && !plan.takes[index][place + 1..].contains(&value);
                let tensor = if is_last {
                    values[value].take()
                } else {
                    values[value].clone()
                };
                taken.push((tensor.ok_or_else(lost)?, &plan.values[value].shape[..]));
            }
            let result = plan.result(index);
            let shape = &plan.values[result].shape;
            // What nothing needs is not computed.
            if plan.values[result].uses > 0 {
                values[result] = Some(layer.run(taken, shape));
            }
        }
        plan.outputs
            .iter()
            .map(|&value| {
                let tensor = values[value].clone().ok_or_else(lost)?;
                let [rows, len] = tensor.dims();
                Ok(if rows == batch {
                    tensor
                } else {
                    tensor.expand([batch, len])
                })
            })
            .collect()
    }

    /// The outputs of a graph with one input, and its only output.
    ///
    /// # Errors
    /// As for [`Self::forward`].
    pub fn forward_one(&self, input: Tensor<2>) -> Result<Tensor<2>, String> {
        let outputs = self.forward(vec![input])?;
        outputs
            .into_iter()
            .next()
            .ok_or_else(|| "the graph has no output".to_owned())
    }

    /// The batch of the inputs, checked.
    fn batch(&self, inputs: &[Tensor<2>]) -> Result<usize, String> {
        let specs = &self.plan.spec.inputs;
        if inputs.len() != specs.len() {
            return Err(format!(
                "the graph takes {} inputs, and {} are given",
                specs.len(),
                inputs.len()
            ));
        }
        let mut batch = None;
        for ((input, spec), value) in inputs.iter().zip(specs).zip(&self.plan.values) {
            let [rows, len] = input.dims();
            let wanted = if spec.shared {
                1
            } else {
                *batch.get_or_insert(rows)
            };
            if len != value.len || rows != wanted {
                return Err(format!(
                    "the input {:?} is {rows}x{len}, not {wanted}x{}",
                    spec.name, value.len
                ));
            }
        }
        Ok(batch.unwrap_or(1))
    }
}
