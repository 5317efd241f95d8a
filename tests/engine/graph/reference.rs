//! Every operation against what PyTorch gives (`tests/data/make_graph_reference.py`), on the CPU
//! plan, on burn's CPU device and on wgpu.

use crate::support::gpu;
use burn::tensor::{Device, Tensor, TensorData};
use serde::Deserialize;
use std::collections::BTreeMap;
use zscape::model::cpu::Plan;
use zscape::model::graph::{GraphNetwork, GraphPlan, GraphSpec, plan};
use zscape::model::{device, download};

/// Largest difference of a number on the CPU, absolute below 1 and relative above.
const CPU_TOLERANCE: f32 = 2e-5;
/// The same on a GPU, whose exponentials and divisions are not exact.
const GPU_TOLERANCE: f32 = 1e-4;

#[derive(Deserialize)]
pub struct Case {
    pub name: String,
    batch: usize,
    scale: f32,
    given: BTreeMap<String, Vec<f32>>,
    pub graph: GraphSpec,
    outputs: BTreeMap<String, Output>,
}

#[derive(Deserialize)]
struct Output {
    shape: Vec<usize>,
    values: Vec<f32>,
}

pub fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../../data/graph_reference.json")).expect("it is JSON")
}

/// The numbers that the script draws: SplitMix64 seeded by FNV-1a of `case/name`.
fn draw(case: &str, name: &str, count: usize) -> Vec<f32> {
    let seed = format!("{case}/{name}");
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let numbers = (0..count).map(|_| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f32 / (1 << 23) as f32 - 1.0
    });
    numbers.collect()
}

impl Case {
    pub fn tensors(&self, plan: &GraphPlan) -> BTreeMap<String, Vec<f32>> {
        let tensor = |parameter: &zscape::model::shapes::ParameterSpec| {
            let count = parameter.shape.iter().product();
            let mut values = draw(&self.name, &parameter.name, count);
            let is_variance = parameter.name.ends_with(".variance");
            for value in &mut values {
                *value = if is_variance {
                    value.abs() + 0.5
                } else {
                    *value * 0.5
                };
            }
            (parameter.name.clone(), values)
        };
        plan.all_parameters().map(tensor).collect()
    }

    /// Numbers of each input.
    pub fn inputs(&self) -> Vec<Vec<f32>> {
        let input = |input: &zscape::model::graph::InputSpec| {
            if let Some(given) = self.given.get(&input.name) {
                return given.clone();
            }
            let rows = if input.shared { 1 } else { self.batch };
            let count = rows * input.shape.iter().product::<usize>();
            let values = draw(&self.name, &input.name, count);
            values.into_iter().map(|value| value * self.scale).collect()
        };
        self.graph.inputs.iter().map(input).collect()
    }

    #[track_caller]
    fn compare(&self, what: &str, found: &[Vec<f32>], tolerance: f32) {
        assert_eq!(found.len(), self.graph.outputs.len());
        for (found, output) in found.iter().zip(&self.graph.outputs) {
            let wanted = &self.outputs[&output.name].values;
            assert_eq!(found.len(), wanted.len(), "{} {what}", self.name);
            for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert!(
                    (found - wanted).abs() <= tolerance * wanted.abs().max(1.0),
                    "{} {what}: number {at} of {:?} is {found}, not {wanted}",
                    self.name,
                    output.name
                );
            }
        }
    }

    fn compare_on(&self, what: &str, device: &Device, tolerance: f32) {
        let sizes = plan(&self.graph).expect("the graph is sound");
        let tensors = self.tensors(&sizes);
        let tensor = |values: Vec<f32>| {
            let count = values.len();
            Tensor::<1>::from_data(TensorData::new(values, [count]), device)
        };
        let network = GraphNetwork::new(&self.graph, device, |name| {
            tensors.get(name).cloned().map(tensor)
        })
        .unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        let inputs = self.inputs().into_iter().zip(&self.graph.inputs);
        let inputs = inputs.map(|(values, input)| {
            let len: usize = input.shape.iter().product();
            let rows = values.len() / len;
            tensor(values).reshape([rows, len])
        });
        let outputs = network
            .forward(inputs.collect())
            .unwrap_or_else(|fault| panic!("{}: {fault}", self.name));
        let found: Vec<Vec<f32>> = outputs
            .into_iter()
            .map(|output| download(output).expect("the device works"))
            .collect();
        self.compare(what, &found, tolerance);
    }
}

#[test]
fn shapes_are_those_of_pytorch() {
    for case in cases() {
        let plan = plan(&case.graph).unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        for (name, output) in &case.outputs {
            assert_eq!(
                plan.output_shape(name),
                Some(&output.shape[..]),
                "{}",
                case.name
            );
        }
    }
}

#[test]
fn every_operation_has_a_case() {
    let mut seen = std::collections::BTreeSet::new();
    for case in cases() {
        for node in &case.graph.nodes {
            let operation = serde_json::to_value(&node.operation).expect("it is data");
            let function = operation.get("function").map(|function| {
                let name = function.as_object().and_then(|o| o.keys().next().cloned());
                name.or_else(|| function.as_str().map(str::to_owned))
            });
            seen.insert((operation["op"].to_string(), function.flatten()));
        }
    }
    // 36 kinds of operations, one of them with 19 functions.
    let functions = seen.iter().filter(|(_, function)| function.is_some());
    assert_eq!((functions.count(), seen.len()), (19, 35 + 19), "{seen:?}");
}

#[test]
fn flex_gives_what_pytorch_gives() {
    for case in cases() {
        case.compare_on("on flex", &device::cpu(), CPU_TOLERANCE);
    }
}

#[test]
fn wgpu_gives_what_pytorch_gives() {
    let gpu = gpu();
    let device = device::shared(gpu.instance, gpu.adapter, gpu.device, gpu.queue)
        .expect("the device computes");
    for case in cases() {
        case.compare_on("on wgpu", &device, GPU_TOLERANCE);
    }
}

#[test]
fn the_plan_gives_what_pytorch_gives() {
    for case in cases() {
        let sizes = plan(&case.graph).expect("the graph is sound");
        let tensors = case.tensors(&sizes);
        let plan = Plan::compile(&sizes, |name| tensors.get(name).map(|t| t[..].into()))
            .unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        let inputs = case.inputs();
        let inputs: Vec<&[f32]> = inputs.iter().map(Vec::as_slice).collect();
        let found = plan
            .run(&inputs)
            .unwrap_or_else(|fault| panic!("{}: {fault}", case.name));
        case.compare("on the CPU plan", &found, CPU_TOLERANCE);
        // An item has the same bits whatever else is in the batch.
        for item in 0..case.batch {
            let alone: Vec<&[f32]> = inputs
                .iter()
                .zip(&case.graph.inputs)
                .map(|(values, input)| {
                    let len: usize = input.shape.iter().product();
                    if input.shared {
                        *values
                    } else {
                        &values[item * len..][..len]
                    }
                })
                .collect();
            let one = plan.run(&alone).expect("it ran before");
            for (one, all) in one.iter().zip(&found) {
                let same = &all[item * one.len()..][..one.len()];
                assert!(
                    one.iter()
                        .zip(same)
                        .all(|(a, b)| a.to_bits() == b.to_bits()),
                    "{}: item {item} differs alone",
                    case.name
                );
            }
        }
    }
}
