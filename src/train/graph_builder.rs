//! A graph that grows, node by node.

use crate::model::graph::{Function, NodeSpec, Operation, ResizeMode, Window};
use std::collections::BTreeSet;

/// Nodes in their order; every method gives the name of its result.
#[derive(Default)]
pub struct GraphBuilder {
    pub nodes: Vec<NodeSpec>,
    /// The nodes that begin as zero.
    pub silent: BTreeSet<String>,
}

impl GraphBuilder {
    pub fn add(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        name.to_owned()
    }

    pub fn conv(
        &mut self,
        name: &str,
        x: &str,
        channels: usize,
        kernel: [usize; 2],
        window: Window,
    ) -> String {
        let operation = Operation::Conv {
            channels,
            kernel,
            window,
            groups: 1,
            bias: true,
        };
        self.add(name, operation, &[x])
    }

    /// A convolution with a kernel of 3 that keeps the sides, or divides them by the stride.
    pub fn conv_3(&mut self, name: &str, x: &str, channels: usize, stride: usize) -> String {
        let window = Window {
            stride: [stride; 2],
            padding: [1; 4],
            ..Window::default()
        };
        self.conv(name, x, channels, [3, 3], window)
    }

    /// A convolution with a kernel of 1.
    pub fn conv_1(&mut self, name: &str, x: &str, channels: usize) -> String {
        self.conv(name, x, channels, [1, 1], Window::default())
    }

    pub fn linear(&mut self, name: &str, x: &str, outputs: usize) -> String {
        let bias = true;
        self.add(name, Operation::Linear { outputs, bias }, &[x])
    }

    pub fn function(&mut self, name: &str, x: &str, function: Function) -> String {
        self.add(name, Operation::Pointwise { function }, &[x])
    }

    pub fn silu(&mut self, name: &str, x: &str) -> String {
        self.function(name, x, Function::Silu)
    }

    pub fn joined(&mut self, name: &str, parts: &[&str]) -> String {
        self.add(name, Operation::Concatenate { axis: 0 }, parts)
    }

    pub fn reshape(&mut self, name: &str, x: &str, shape: &[usize]) -> String {
        let shape = shape.to_vec();
        self.add(name, Operation::Reshape { shape }, &[x])
    }

    /// The same picture with sides of so many pixels, each of which is that nearest to it.
    pub fn resized(&mut self, name: &str, x: &str, [height, width]: [usize; 2]) -> String {
        let mode = ResizeMode::Nearest;
        let resize = Operation::Resize {
            height,
            width,
            mode,
        };
        self.add(name, resize, &[x])
    }

    /// A picture of learned numbers for each index of a grid, `[features, height, width]`.
    pub fn embedded(&mut self, name: &str, grid: &str, count: usize, features: usize) -> String {
        let rows = self.add(name, Operation::Embedding { count, features }, &[grid]);
        let order = vec![2, 0, 1];
        self.add(
            &format!("{name}_places"),
            Operation::Permute { order },
            &[&rows],
        )
    }
}
