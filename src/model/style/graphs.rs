//! A style-based generator as two graphs: z to w, and styles with noise to pictures.

use super::operations::SLOPE;
use super::spec::{KERNEL, LayerPlan, Output, StylePlan, StyleSpec, Upsampling};
use crate::model::bound_graph::{Binding, BoundGraph};
use crate::model::graph::{
    Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, ResizeMode,
};
use std::collections::BTreeMap;
use std::f64::consts::SQRT_2;

/// Each result weighs the two nearest inputs 3 to 1, with zeros beyond the edge.
const BINOMIAL: [f32; 4] = [0.25, 0.75, 0.75, 0.25];

/// The mapping network, with the input `z` and the output `w`: z is brought to a root mean square
/// of 1, then each layer is a matrix, a bias and a leaky ReLU with the gain sqrt(2).
///
/// # Errors
/// When the sizes are not sound.
pub fn mapping_graph(spec: &StyleSpec) -> Result<BoundGraph, String> {
    let mut builder = Builder::default();
    builder.input("z", &[spec.z_dim], false);
    let normalise = Operation::Normalise {
        axis: 0,
        epsilon: 1e-8,
    };
    let mut value = builder.node("normal", normalise, &["z"]);
    for layer in 0..spec.mapping_layers {
        let inputs = if layer == 0 { spec.z_dim } else { spec.w_dim };
        let name = format!("mapping.{layer}");
        // The gain of the activation goes through the leaky ReLU.
        let gain = spec.mapping_rate * SQRT_2;
        builder.bind(&format!("{name}.weight"), gain / (inputs as f64).sqrt());
        builder.bind(&format!("{name}.bias"), gain);
        value = builder.linear(&name, spec.w_dim, &value);
        value = builder.leaky(&name, &value);
    }
    builder.finish("w", value)
}

/// The synthesis network, with the input `styles` `[num_ws, w_dim]`, a shared input `noise.N`
/// `[1, side, side]` for each convolution if the model adds noise, and the output `picture` in
/// 0..1, or `codes` where the style has such.
///
/// # Errors
/// When the sizes are not sound.
pub fn synthesis_graph(
    spec: &StyleSpec,
    plan: &StylePlan,
    image_channels: usize,
) -> Result<BoundGraph, String> {
    let mut builder = Builder::default();
    builder.input("styles", &[spec.num_ws, spec.w_dim], false);
    if spec.noise {
        for (index, layer) in plan.layers.iter().enumerate() {
            builder.input(
                &format!("noise.{index}"),
                &[1, layer.side, layer.side],
                true,
            );
        }
    }
    let channels = match spec.codes {
        Some([channels, ..]) => channels,
        None if spec.haar => 4 * image_channels,
        None => image_channels,
    };
    let first = plan.layers.first().ok_or("there are no layers")?;
    let shape = vec![first.inputs, first.side, first.side];
    builder.bind_as("synthesis.start.value", "synthesis.start", 1.0);
    let mut x = builder.node("synthesis.start", Operation::Constant { shape }, &[]);
    let mut sum: Option<String> = None;
    let mut resolution = 0;
    for (index, layer) in plan.layers.iter().enumerate() {
        x = builder.layer(spec, index, layer, x);
        if layer.ends_resolution {
            let style = spec.picture_style(index);
            let name = format!("picture.{resolution}");
            let picture = builder.picture(spec, &name, style, [layer.outputs, channels], &x);
            sum = Some(match sum {
                Some(sum) => {
                    let up = builder.doubled_sum(&format!("{name}.up"), spec, layer.side, &sum);
                    builder.node(&format!("{name}.sum"), Operation::Add, &[&up, &picture])
                }
                None => picture,
            });
            resolution += 1;
        }
    }
    let mut picture = sum.ok_or("there is no picture layer")?;
    if spec.codes.is_some() {
        return builder.finish("codes", picture);
    }
    if spec.haar {
        picture = builder.node("output.haar", Operation::HaarInverse, &[&picture]);
    }
    if spec.output == Output::Tanh {
        picture = builder.function("output.tanh", Function::Tanh, &picture);
    }
    let scale = Operation::Scale {
        factor: 0.5,
        offset: 0.5,
    };
    let picture = builder.node("output.scale", scale, &[&picture]);
    let clamp = Function::Clamp { min: 0.0, max: 1.0 };
    let picture = builder.function("output", clamp, &picture);
    builder.finish("picture", picture)
}

#[derive(Default)]
struct Builder {
    graph: GraphSpec,
    bindings: BTreeMap<String, Binding>,
}

impl Builder {
    fn input(&mut self, name: &str, shape: &[usize], shared: bool) {
        self.graph.inputs.push(InputSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            shared,
        });
    }

    /// Adds a node; gives its name.
    fn node(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.graph.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&name| name.to_owned()).collect(),
        });
        name.to_owned()
    }

    /// A parameter that is a tensor of the same name times a factor.
    fn bind(&mut self, name: &str, factor: f64) {
        self.bind_as(name, name, factor);
    }

    fn bind_as(&mut self, name: &str, tensor: &str, factor: f64) {
        self.bindings.insert(
            name.to_owned(),
            Binding {
                factor: factor as f32,
                ..Binding::stored(tensor.to_owned())
            },
        );
    }

    fn linear(&mut self, name: &str, outputs: usize, from: &str) -> String {
        let linear = Operation::Linear {
            outputs,
            bias: true,
        };
        self.node(name, linear, &[from])
    }

    fn function(&mut self, name: &str, function: Function, from: &str) -> String {
        self.node(name, Operation::Pointwise { function }, &[from])
    }

    fn leaky(&mut self, name: &str, from: &str) -> String {
        let slope = SLOPE as f32;
        self.function(
            &format!("{name}.leaky"),
            Function::LeakyRelu { slope },
            from,
        )
    }

    /// The affine map from style input `index` to the scales of a layer's inputs.
    fn style(&mut self, spec: &StyleSpec, name: &str, index: usize, outputs: usize) -> String {
        let slice = Operation::Slice {
            axis: 0,
            start: index,
            end: index + 1,
        };
        let row = self.node(&format!("{name}.row"), slice, &["styles"]);
        let shape = vec![spec.w_dim];
        let w = self.node(&format!("{name}.w"), Operation::Reshape { shape }, &[&row]);
        let name = format!("{name}.style");
        self.bind(&format!("{name}.weight"), 1.0 / (spec.w_dim as f64).sqrt());
        self.bind(&format!("{name}.bias"), 1.0);
        self.linear(&name, outputs, &w)
    }

    fn doubled(&mut self, name: &str, spec: &StyleSpec, side: usize, from: &str) -> String {
        let doubling = match spec.upsampling {
            Upsampling::Bilinear => Operation::Resize {
                height: side,
                width: side,
                mode: ResizeMode::Bilinear,
            },
            Upsampling::Binomial => Operation::Resample {
                taps: BINOMIAL.to_vec(),
                up: 2,
                down: 1,
                padding: [2, 2, 1, 1],
                gain: 1.0,
            },
        };
        self.node(name, doubling, &[from])
    }

    /// The sum of the picture layers so far at `side`, twice its own; coefficients are doubled as
    /// the picture that they stand for.
    fn doubled_sum(&mut self, name: &str, spec: &StyleSpec, side: usize, from: &str) -> String {
        if !spec.haar {
            return self.doubled(name, spec, side, from);
        }
        let inverse = Operation::HaarInverse;
        let picture = self.node(&format!("{name}.picture"), inverse, &[from]);
        let doubled = self.doubled(&format!("{name}.doubled"), spec, 2 * side, &picture);
        self.node(name, Operation::Haar, &[&doubled])
    }

    /// A bias for each channel from the tensor `NAME.bias`.
    fn bias(&mut self, name: &str, factor: f64, from: &str) -> String {
        let tensor = format!("{name}.bias");
        self.bind_as(&format!("{tensor}.bias"), &tensor, factor);
        let bias = Operation::Affine {
            weight: false,
            bias: true,
        };
        self.node(&tensor, bias, &[from])
    }

    /// A modulated and demodulated 3x3 convolution with noise, bias and leaky ReLU. The gain
    /// sqrt(2) of the activation goes through it.
    fn layer(&mut self, spec: &StyleSpec, index: usize, layer: &LayerPlan, x: String) -> String {
        let name = format!("synthesis.{index}");
        let style = self.style(spec, &name, index, layer.inputs);
        let x = if layer.doubles {
            self.doubled(&format!("{name}.up"), spec, layer.side, &x)
        } else {
            x
        };
        let fan_in = layer.inputs * KERNEL * KERNEL;
        self.bind(&format!("{name}.weight"), 1.0 / (fan_in as f64).sqrt());
        let convolution = Operation::ModulatedConv {
            channels: layer.outputs,
            kernel: KERNEL,
            up: 1,
            demodulate: true,
            gain: SQRT_2 as f32,
        };
        let mut x = self.node(&name, convolution, &[&x, &style]);
        if spec.noise {
            let noise = format!("{name}.noise");
            self.bind_as(
                &format!("{noise}.weight"),
                &format!("{name}.noise_strength"),
                SQRT_2,
            );
            let strength = Operation::Affine {
                weight: true,
                bias: false,
            };
            let input = format!("noise.{index}");
            let noise = self.node(&noise, strength, &[&input]);
            x = self.node(&format!("{name}.noisy"), Operation::Add, &[&x, &noise]);
        }
        let x = self.bias(&name, SQRT_2, &x);
        self.leaky(&name, &x)
    }

    /// A modulated 1x1 convolution to the channels of a picture, without demodulation.
    fn picture(
        &mut self,
        spec: &StyleSpec,
        name: &str,
        style: usize,
        [inputs, channels]: [usize; 2],
        x: &str,
    ) -> String {
        let style = self.style(spec, name, style, inputs);
        self.bind(&format!("{name}.weight"), 1.0 / (inputs as f64).sqrt());
        let convolution = Operation::ModulatedConv {
            channels,
            kernel: 1,
            up: 1,
            demodulate: false,
            gain: 1.0,
        };
        let picture = self.node(name, convolution, &[x, &style]);
        self.bias(name, 1.0, &picture)
    }

    fn finish(mut self, output: &str, value: String) -> Result<BoundGraph, String> {
        self.graph.outputs.push(OutputSpec {
            name: output.to_owned(),
            value,
        });
        BoundGraph::with_bindings(&self.graph, self.bindings)
    }
}
