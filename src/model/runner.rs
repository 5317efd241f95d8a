//! A graph with its weights, in the form in which a device runs it fastest.

use super::bound_graph::BoundGraph;
use super::cpu::Plan;
use super::file::ModelFile;
use super::generator::download;
use super::graph::GraphNetwork;
use super::{ModelError, device};
use burn::tensor::{Device, Tensor, TensorData};

/// A graph on a device. Values go in and come out as `[batch, numbers]`, pictures channel after
/// channel; shared inputs are one row.
#[derive(Clone, Debug)]
pub enum Runner {
    /// Prepared for the CPU.
    Plan(Plan),
    /// burn's operations on a GPU.
    Network(Box<GraphNetwork>, Device),
}

impl Runner {
    /// Prepares a graph with the tensors of a checked file.
    ///
    /// # Errors
    /// When the file was changed after it was checked.
    pub fn new(graph: &BoundGraph, file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let fault = |fault| ModelError(format!("{}: {fault}", file.manifest.name));
        if *device == device::cpu() {
            let plan = Plan::compile(&graph.plan, |name| graph.values(file, name));
            return Ok(Self::Plan(plan.map_err(fault)?));
        }
        let network = network(graph, file, device).map_err(fault)?;
        Ok(Self::Network(Box::new(network), device.clone()))
    }

    /// The first output for numbers on the CPU, on the device.
    ///
    /// # Errors
    /// When the inputs are not those of the graph.
    pub fn tensor(&self, inputs: &[&[f32]]) -> Result<Tensor<2>, ModelError> {
        let first = self.tensors(inputs)?.into_iter().next();
        first.ok_or_else(no_output)
    }

    /// All outputs for numbers on the CPU, on the device.
    ///
    /// # Errors
    /// When the inputs are not those of the graph.
    pub fn tensors(&self, inputs: &[&[f32]]) -> Result<Vec<Tensor<2>>, ModelError> {
        match self {
            Self::Plan(plan) => {
                let outputs = plan.run(inputs).map_err(ModelError)?;
                let tensors = outputs.into_iter().zip(plan.output_lens());
                let tensors = tensors.map(|(values, &len)| {
                    let shape = [values.len() / len.max(1), len];
                    Tensor::from_data(TensorData::new(values, shape), &device::cpu())
                });
                Ok(tensors.collect())
            }
            Self::Network(network, device) => {
                let lens = network.plan().values.iter().map(|value| value.len);
                let tensors = inputs.iter().zip(lens);
                let tensors = tensors.map(|(values, len)| upload_rows(values, len, device));
                network.forward(tensors.collect()).map_err(ModelError)
            }
        }
    }

    /// The same as numbers on the CPU, waited for.
    ///
    /// On the CPU an item has the same bits whatever else is in the batch.
    ///
    /// # Errors
    /// As for [`Self::tensor`], or when the device was lost.
    pub fn values(&self, inputs: &[&[f32]]) -> Result<Vec<f32>, ModelError> {
        match self {
            Self::Plan(plan) => {
                let outputs = plan.run(inputs).map_err(ModelError)?;
                outputs.into_iter().next().ok_or_else(no_output)
            }
            Self::Network(..) => download(self.tensor(inputs)?),
        }
    }
}

fn no_output() -> ModelError {
    ModelError("the network has no output".to_owned())
}

/// A graph in burn's operations with the tensors of a file.
///
/// # Errors
/// When the file was changed after it was checked.
pub fn network(
    graph: &BoundGraph,
    file: &ModelFile,
    device: &Device,
) -> Result<GraphNetwork, String> {
    GraphNetwork::of_plan(graph.plan.clone(), device, |name| {
        let values = graph.values(file, name)?.into_owned();
        let count = values.len();
        let data = TensorData::new(values, [count]);
        Some(Tensor::from_data(data, device))
    })
}

/// Rows of so many numbers on a device.
pub fn upload_rows(values: &[f32], row: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / row.max(1);
    Tensor::from_data(TensorData::new(values.to_vec(), [rows, row]), device)
}
