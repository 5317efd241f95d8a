//! Graphs made of the layers of a foreign file, in the order in which they run.

use super::derived::{Derived, Rule};
use super::group::Group;
use crate::model::graph::{
    Function, GraphSpec, InputSpec, NodeSpec, Operation, OutputSpec, ResizeMode, Window,
};
use std::collections::BTreeMap;

/// Where a tensor of ours comes from.
#[derive(Clone, PartialEq, Debug)]
pub enum Weight {
    /// A tensor of the file, by its whole name, as it stands.
    Same(String),
    /// A matrix of the file, turned around: PyTorch has `[outputs, inputs]`, we `[inputs, outputs]`.
    Transposed(String),
    /// One of these times a number.
    Times(Box<Self>, f32),
    /// The same number everywhere.
    Filled(f32),
    /// Numbers of their own.
    Given(Vec<f32>),
    /// Computed of several tensors of the file.
    Derived(Derived),
}

impl Weight {
    /// What it is before it is multiplied.
    pub fn bare(&self) -> &Self {
        match self {
            Self::Times(weight, _) => weight,
            weight => weight,
        }
    }

    /// The tensor of the file that it is made of; the first where there are several.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Same(name) | Self::Transposed(name) => Some(name),
            Self::Times(weight, _) => weight.source(),
            Self::Derived(derived) => derived.sources.first().map(String::as_str),
            Self::Filled(_) | Self::Given(_) => None,
        }
    }

    /// Checks that a tensor of the file, of the shape `stored`, becomes one of ours of the shape `wanted`.
    ///
    /// # Errors
    /// A sentence with the tensor and its shape.
    pub fn check_shape(&self, stored: &[usize], wanted: &[usize]) -> Result<(), String> {
        let fits = match self {
            Self::Times(weight, _) => return weight.check_shape(stored, wanted),
            Self::Transposed(_) => stored.iter().rev().eq(wanted),
            // Axes of one entry say nothing.
            _ => {
                let long = |sides: &[usize]| {
                    let long = sides.iter().copied().filter(|&side| side != 1);
                    long.collect::<Vec<_>>()
                };
                long(stored) == long(wanted)
            }
        };
        if fits {
            return Ok(());
        }
        let source = self.source().unwrap_or_default();
        Err(format!(
            "the tensor {source:?} has the shape {stored:?}, which does not fit"
        ))
    }
}

/// A network under construction: each call adds a node that takes what the one before gave. What the
/// file lacks is noted, and said once at the end.
#[derive(Debug)]
pub struct Net<'a> {
    group: &'a Group<'a>,
    graph: GraphSpec,
    /// Without the role in front.
    weights: BTreeMap<String, Weight>,
    at: String,
    fault: Option<String>,
}

/// A finished network.
#[derive(Clone, PartialEq, Debug)]
pub struct BuiltNet {
    pub graph: GraphSpec,
    pub weights: BTreeMap<String, Weight>,
}

impl<'a> Net<'a> {
    /// A network with one input.
    pub fn new(group: &'a Group<'a>, input: &str, shape: &[usize]) -> Self {
        let input = InputSpec {
            name: input.to_owned(),
            shape: shape.to_vec(),
            shared: false,
        };
        Self {
            group,
            at: input.name.clone(),
            graph: GraphSpec {
                inputs: vec![input],
                nodes: Vec::new(),
                outputs: Vec::new(),
            },
            weights: BTreeMap::new(),
            fault: None,
        }
    }

    /// Adds another input.
    pub fn input(&mut self, name: &str, shape: &[usize]) {
        self.graph.inputs.push(InputSpec {
            name: name.to_owned(),
            shape: shape.to_vec(),
            shared: false,
        });
    }

    /// Adds an input that is the same for all pictures.
    pub fn shared_input(&mut self, name: &str, shape: &[usize]) {
        self.input(name, shape);
        if let Some(input) = self.graph.inputs.last_mut() {
            input.shared = true;
        }
    }

    /// What the last node is called.
    pub fn at(&self) -> String {
        self.at.clone()
    }

    /// Goes on from another node.
    pub fn go_to(&mut self, value: &str) {
        self.at = value.to_owned();
    }

    /// Adds a node of a name of its own that takes `inputs`.
    pub fn node(&mut self, operation: Operation, inputs: &[&str]) -> String {
        let name = format!("n{}", self.graph.nodes.len());
        self.named(&name, operation, inputs)
    }

    fn named(&mut self, name: &str, operation: Operation, inputs: &[&str]) -> String {
        self.graph.nodes.push(NodeSpec {
            name: name.to_owned(),
            operation,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
        });
        self.at = name.to_owned();
        self.at.clone()
    }

    /// Adds a node that takes what the last one gave.
    pub fn then(&mut self, operation: Operation) -> &mut Self {
        let at = self.at();
        self.node(operation, &[&at]);
        self
    }

    pub fn function(&mut self, function: Function) -> &mut Self {
        self.then(Operation::Pointwise { function })
    }

    pub fn relu(&mut self) -> &mut Self {
        self.function(Function::Relu)
    }

    pub fn scale(&mut self, factor: f32, offset: f32) -> &mut Self {
        self.then(Operation::Scale { factor, offset })
    }

    pub fn reshape(&mut self, shape: &[usize]) -> &mut Self {
        self.then(Operation::Reshape {
            shape: shape.to_vec(),
        })
    }

    /// Its root mean square along the first axis brought to 1.
    pub fn normalise(&mut self, epsilon: f32) -> &mut Self {
        self.then(Operation::Normalise { axis: 0, epsilon })
    }

    /// A row of rows of `dim` numbers.
    pub fn row(&mut self, row: usize, dim: usize) -> &mut Self {
        self.then(Operation::Slice {
            axis: 0,
            start: row,
            end: row + 1,
        });
        self.reshape(&[dim])
    }

    /// Both values added.
    pub fn add(&mut self, a: &str, b: &str) -> &mut Self {
        self.node(Operation::Add, &[a, b]);
        self
    }

    pub fn upsample(&mut self, height: usize, width: usize) -> &mut Self {
        self.resize(height, width, ResizeMode::Nearest)
    }

    pub fn resize(&mut self, height: usize, width: usize, mode: ResizeMode) -> &mut Self {
        self.then(Operation::Resize {
            height,
            width,
            mode,
        })
    }

    /// A full matrix.
    pub fn linear(&mut self, module: &str) -> &mut Self {
        let Some(&[outputs, _]) = self.need(module, "weight") else {
            return self;
        };
        let bias = self.group.has(&part(module, "bias"));
        let name = self.of_module(module, Operation::Linear { outputs, bias });
        self.weight(&name, "weight", module, "weight", Weight::Transposed);
        if bias {
            self.weight(&name, "bias", module, "bias", Weight::Same);
        }
        self
    }

    /// A matrix without bias whose weight is a tensor of the file by itself.
    pub fn matrix(
        &mut self,
        tensor: &str,
        outputs: usize,
        weight: impl FnOnce(String) -> Weight,
    ) -> &mut Self {
        let bias = false;
        self.then(Operation::Linear { outputs, bias });
        let node = self.at();
        self.group.take(tensor);
        let weight = weight(self.whole(tensor));
        self.weights.insert(format!("{node}.weight"), weight);
        self
    }

    /// A full matrix whose weight and bias are stored divided by these.
    pub fn scaled_linear(&mut self, module: &str, [of_weight, of_bias]: [f32; 2]) -> &mut Self {
        self.linear(module).times("weight", of_weight);
        self.times("bias", of_bias)
    }

    /// Multiplies a tensor of the last node, which is stored divided by `factor`; without such a tensor
    /// there is nothing to do.
    pub fn times(&mut self, tensor: &str, factor: f32) -> &mut Self {
        let name = format!("{}.{tensor}", self.at);
        if let Some(weight) = self.weights.remove(&name) {
            let weight = Weight::Times(Box::new(weight), factor);
            self.weights.insert(name, weight);
        }
        self
    }

    /// A matrix on the channels of every pixel.
    pub fn channel_matrix(&mut self, module: &str) -> &mut Self {
        let Some(&[channels, _]) = self.need(module, "weight") else {
            return self;
        };
        let bias = self.group.has(&part(module, "bias"));
        let operation = Operation::Conv {
            channels,
            kernel: [1, 1],
            window: window(1, 0),
            groups: 1,
            bias,
        };
        self.kernel(module, operation, bias)
    }

    /// A modulated convolution of a picture and a style, whose weight is stored divided by `factor`.
    pub fn modulated(
        &mut self,
        tensor: &str,
        operation: Operation,
        [x, style]: [&str; 2],
        factor: f32,
    ) -> &mut Self {
        let node = self.node(operation, &[x, style]);
        self.tensor(&format!("{node}.weight"), tensor);
        self.times("weight", factor)
    }

    /// A tensor of the file as a value.
    pub fn constant(&mut self, tensor: &str, shape: &[usize]) -> &mut Self {
        let shape = shape.to_vec();
        let node = self.node(Operation::Constant { shape }, &[]);
        self.tensor(&format!("{node}.value"), tensor);
        self
    }

    /// Numbers of their own as a value.
    pub fn given(&mut self, shape: &[usize], values: Vec<f32>) -> &mut Self {
        let shape = shape.to_vec();
        let node = self.node(Operation::Constant { shape }, &[]);
        self.weights
            .insert(format!("{node}.value"), Weight::Given(values));
        self
    }

    /// Lets a tensor of the last node be one of the file.
    pub fn weight_of(
        &mut self,
        tensor: &str,
        source: &str,
        weight: impl FnOnce(String) -> Weight,
    ) -> &mut Self {
        let ours = format!("{}.{tensor}", self.at);
        self.tensor(&ours, source);
        if self.group.has(source) {
            self.weights.insert(ours, weight(self.whole(source)));
        }
        self
    }

    /// Lets a tensor of the last node be one number everywhere.
    pub fn filled(&mut self, tensor: &str, value: f32) -> &mut Self {
        let ours = format!("{}.{tensor}", self.at);
        self.weights.insert(ours, Weight::Filled(value));
        self
    }

    /// Lets a tensor of the last node be computed of several of the file.
    pub fn derived(&mut self, tensor: &str, rule: Rule, sources: &[&str]) -> &mut Self {
        for source in sources {
            if !self.group.has(source) {
                let fault = format!("the tensor {:?} is missing", self.whole(source));
                self.fault.get_or_insert(fault);
            }
            self.group.take(source);
        }
        let sources = sources.iter().map(|source| self.whole(source)).collect();
        let weight = Weight::Derived(Derived { rule, sources });
        self.weights.insert(format!("{}.{tensor}", self.at), weight);
        self
    }

    /// A factor for each channel.
    pub fn factor(&mut self, tensor: &str) -> &mut Self {
        let (weight, bias) = (true, false);
        self.then(Operation::Affine { weight, bias });
        let node = self.at();
        self.tensor(&format!("{node}.weight"), tensor);
        self
    }

    /// A number added to each channel.
    pub fn bias(&mut self, tensor: &str) -> &mut Self {
        let (weight, bias) = (false, true);
        self.then(Operation::Affine { weight, bias });
        self.bias_of(tensor)
    }

    /// Lets the bias of the last node be a tensor of the file.
    pub fn bias_of(&mut self, tensor: &str) -> &mut Self {
        let node = self.at();
        self.tensor(&format!("{node}.bias"), tensor);
        self
    }

    /// A matrix on the channels of every pixel whose weight, and bias where there is one, are tensors of the file
    /// by themselves.
    pub fn channels_by(&mut self, weight: &str, channels: usize, bias: Option<&str>) -> &mut Self {
        let operation = Operation::Conv {
            channels,
            kernel: [1, 1],
            window: window(1, 0),
            groups: 1,
            bias: bias.is_some(),
        };
        let node = self.then(operation).at();
        self.tensor(&format!("{node}.weight"), weight);
        if let Some(bias) = bias {
            self.bias_of(bias);
        }
        self
    }

    /// A convolution.
    pub fn conv(&mut self, module: &str, window: Window) -> &mut Self {
        self.conv_in_groups(module, window, 1)
    }

    /// A convolution in groups.
    pub fn conv_in_groups(&mut self, module: &str, window: Window, groups: usize) -> &mut Self {
        let Some(&[channels, _, height, width]) = self.need(module, "weight") else {
            return self;
        };
        let bias = self.group.has(&part(module, "bias"));
        let operation = Operation::Conv {
            channels,
            kernel: [height, width],
            window,
            groups,
            bias,
        };
        self.kernel(module, operation, bias)
    }

    /// A transposed convolution.
    pub fn conv_transpose(
        &mut self,
        module: &str,
        window: Window,
        output_padding: [usize; 2],
    ) -> &mut Self {
        let Some(&[_, channels, height, width]) = self.need(module, "weight") else {
            return self;
        };
        let bias = self.group.has(&part(module, "bias"));
        let operation = Operation::ConvTranspose {
            channels,
            kernel: [height, width],
            window,
            output_padding,
            groups: 1,
            bias,
        };
        self.kernel(module, operation, bias)
    }

    fn kernel(&mut self, module: &str, operation: Operation, bias: bool) -> &mut Self {
        let name = self.of_module(module, operation);
        self.weight(&name, "weight", module, "weight", Weight::Same);
        if bias {
            self.weight(&name, "bias", module, "bias", Weight::Same);
        }
        self
    }

    /// A batch normalisation with stored statistics.
    pub fn batch_norm(&mut self, module: &str, epsilon: f32) -> &mut Self {
        if self.need(module, "running_mean").is_none() {
            return self;
        }
        let name = self.of_module(module, Operation::BatchNorm { epsilon });
        self.weight(&name, "mean", module, "running_mean", Weight::Same);
        self.weight(&name, "variance", module, "running_var", Weight::Same);
        for (ours, theirs, otherwise) in [("gamma", "weight", 1.0), ("beta", "bias", 0.0)] {
            if self.group.has(&part(module, theirs)) {
                self.weight(&name, ours, module, theirs, Weight::Same);
            } else {
                self.weights
                    .insert(format!("{name}.{ours}"), Weight::Filled(otherwise));
            }
        }
        self
    }

    /// A group normalisation.
    pub fn group_norm(&mut self, module: &str, groups: usize, epsilon: f32) -> &mut Self {
        if self.need(module, "weight").is_none() {
            return self;
        }
        let operation = Operation::GroupNorm {
            groups,
            epsilon,
            affine: true,
        };
        let name = self.of_module(module, operation);
        self.weight(&name, "weight", module, "weight", Weight::Same);
        self.weight(&name, "bias", module, "bias", Weight::Same);
        self
    }

    /// Gives a value out.
    pub fn output(&mut self, name: &str, value: &str) -> &mut Self {
        self.graph.outputs.push(OutputSpec {
            name: name.to_owned(),
            value: value.to_owned(),
        });
        self
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the file lacks a tensor of it.
    pub fn finish(self) -> Result<BuiltNet, String> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(BuiltNet {
                graph: self.graph,
                weights: self.weights,
            }),
        }
    }

    /// Lets a tensor of ours be one of the file.
    fn tensor(&mut self, ours: &str, theirs: &str) {
        if !self.group.has(theirs) {
            let fault = format!("the tensor {:?} is missing", self.whole(theirs));
            self.fault.get_or_insert(fault);
            return;
        }
        self.group.take(theirs);
        let weight = Weight::Same(self.whole(theirs));
        self.weights.insert(ours.to_owned(), weight);
    }

    /// The shape of a tensor that there must be.
    fn need(&mut self, module: &str, tensor: &str) -> Option<&'a [usize]> {
        let name = part(module, tensor);
        let shape = self.group.shape(&name);
        if shape.is_none() {
            let fault = format!("the tensor {:?} is missing", self.whole(&name));
            self.fault.get_or_insert(fault);
        }
        shape
    }

    /// A node that is called like the module whose weights it takes.
    fn of_module(&mut self, module: &str, operation: Operation) -> String {
        let at = self.at();
        let name = if module.is_empty() { "layer" } else { module };
        self.named(&name.replace('.', "_"), operation, &[&at])
    }

    fn weight(
        &mut self,
        node: &str,
        ours: &str,
        module: &str,
        theirs: &str,
        weight: impl FnOnce(String) -> Weight,
    ) {
        let name = part(module, theirs);
        self.group.take(&name);
        let weight = weight(self.whole(&name));
        self.weights.insert(format!("{node}.{ours}"), weight);
    }

    fn whole(&self, name: &str) -> String {
        format!("{}{name}", self.group.prefix)
    }
}

/// The name of a tensor of a module.
pub fn part(module: &str, tensor: &str) -> String {
    if module.is_empty() {
        tensor.to_owned()
    } else {
        format!("{module}.{tensor}")
    }
}

/// A window with the same stride and padding on all sides.
pub fn window(stride: usize, padding: usize) -> Window {
    Window::square(stride, padding)
}
