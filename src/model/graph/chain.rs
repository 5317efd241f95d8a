//! A straight list of layers as a graph.

use super::spec::{
    Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, ResizeMode, Window,
};
use crate::model::manifest::{LayerSpec, NetworkSpec};
use crate::model::network::BATCH_NORM_EPSILON;
use crate::model::shapes::{self, Shape};

/// The graph of a network of layers, with one input `x` and one output `y`.
///
/// Nodes are named by the index of their layer, so that tensors keep their names (`3.weight`).
///
/// # Errors
/// As for [`shapes::plan`].
pub fn of_chain(spec: &NetworkSpec) -> Result<GraphSpec, String> {
    let plan = shapes::plan(spec)?;
    let mut graph = GraphSpec {
        inputs: vec![InputSpec {
            name: "x".to_owned(),
            shape: spec.input.clone(),
            shared: false,
        }],
        ..GraphSpec::default()
    };
    let mut value = "x".to_owned();
    for (index, (layer, &shape)) in spec.layers.iter().zip(&plan.outputs).enumerate() {
        let Some(operation) = operation(layer, shape) else {
            continue;
        };
        let name = index.to_string();
        graph.nodes.push(NodeSpec {
            name: name.clone(),
            operation,
            inputs: vec![value],
        });
        value = name;
    }
    graph.outputs.push(OutputSpec {
        name: "y".to_owned(),
        value,
    });
    Ok(graph)
}

/// What a layer with a result of `shape` does; nothing, if it is active in training only.
fn operation(layer: &LayerSpec, shape: Shape) -> Option<Operation> {
    let function = |function| Operation::Pointwise { function };
    Some(match *layer {
        LayerSpec::Dense { outputs } => Operation::Linear {
            outputs,
            bias: true,
        },
        LayerSpec::Reshape {
            channels,
            height,
            width,
        } => Operation::Reshape {
            shape: vec![channels, height, width],
        },
        LayerSpec::Flatten => Operation::Reshape {
            shape: sides(shape),
        },
        LayerSpec::Conv {
            channels,
            kernel,
            stride,
        } => Operation::Conv {
            channels,
            kernel: [kernel; 2],
            window: Window::square(stride, (kernel - 1) / 2),
            groups: 1,
            bias: true,
        },
        LayerSpec::ConvTranspose { channels } => Operation::ConvTranspose {
            channels,
            kernel: [4; 2],
            window: Window::square(2, 1),
            output_padding: [0; 2],
            groups: 1,
            bias: true,
        },
        LayerSpec::PixelShuffle { factor } => Operation::PixelShuffle { factor },
        LayerSpec::Upsample { .. } => match shape {
            Shape::Image { height, width, .. } => Operation::Resize {
                height,
                width,
                mode: ResizeMode::Nearest,
            },
            // The plan only lets pictures through.
            Shape::Flat(_) => return None,
        },
        LayerSpec::BatchNorm => Operation::BatchNorm {
            epsilon: BATCH_NORM_EPSILON as f32,
        },
        LayerSpec::MeanPool => Operation::GlobalMean,
        LayerSpec::Dropout { .. } => return None,
        LayerSpec::Relu => function(Function::Relu),
        LayerSpec::LeakyRelu { slope } => function(Function::LeakyRelu {
            slope: slope as f32,
        }),
        LayerSpec::Silu => function(Function::Silu),
        LayerSpec::Tanh => function(Function::Tanh),
        LayerSpec::Sigmoid => function(Function::Sigmoid),
    })
}

fn sides(shape: Shape) -> Vec<usize> {
    match shape {
        Shape::Flat(features) => vec![features],
        Shape::Image {
            channels,
            height,
            width,
        } => vec![channels, height, width],
    }
}
