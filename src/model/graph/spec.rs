//! A network as data: named inputs, nodes in topological order, named outputs.
//!
//! Shapes never include the batch: an input of shape `[3, 32, 32]` is fed `[batch, 3, 32, 32]`.
//! Pictures are `[channels, height, width]`, token sequences `[tokens, features]`.

use serde::{Deserialize, Serialize};

/// A network of any wiring. [`super::plan`] checks it and follows its shapes.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphSpec {
    pub inputs: Vec<InputSpec>,
    /// Each node only takes inputs of the graph and nodes before it.
    pub nodes: Vec<NodeSpec>,
    pub outputs: Vec<OutputSpec>,
}

impl GraphSpec {
    /// This network followed by `next`, which takes this one's first output as its first input; the
    /// outputs are those of `next`. The nodes of `next` get `prefix` in front of their names; its other
    /// inputs become inputs of the whole.
    #[must_use]
    pub fn then(&self, next: &Self, prefix: &str) -> Self {
        let mut spec = self.clone();
        let joint = self.outputs.first().map(|output| output.value.clone());
        let first = next.inputs.first().map(|input| input.name.as_str());
        let others = next.inputs.iter().skip(1);
        spec.inputs.extend(others.clone().cloned());
        let renamed = |value: &String| match &joint {
            Some(joint) if Some(value.as_str()) == first => joint.clone(),
            _ if others.clone().any(|input| input.name == *value) => value.clone(),
            _ => format!("{prefix}{value}"),
        };
        spec.nodes.extend(next.nodes.iter().map(|node| NodeSpec {
            name: format!("{prefix}{}", node.name),
            operation: node.operation.clone(),
            inputs: node.inputs.iter().map(&renamed).collect(),
        }));
        let outputs = next.outputs.iter().map(|output| OutputSpec {
            name: output.name.clone(),
            value: renamed(&output.value),
        });
        spec.outputs = outputs.collect();
        spec
    }
}

/// A tensor that the caller gives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSpec {
    pub name: String,
    pub shape: Vec<usize>,
    /// Given once for all items of a batch, such as a noise map that every picture shares.
    #[serde(default, skip_serializing_if = "is_default")]
    pub shared: bool,
}

/// One operation with the values that it takes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeSpec {
    /// The name of the result, and the prefix of the node's tensors: `NAME.weight`. A split has
    /// several results, `NAME.0` and so on.
    pub name: String,
    pub operation: Operation,
    /// Names of graph inputs or of earlier nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<String>,
}

/// A result under the name by which a caller asks for it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSpec {
    pub name: String,
    /// The graph input or the node that gives it.
    pub value: String,
}

/// What a node computes. Unless said otherwise a node takes one input.
///
/// "Axis" counts the axes of one item from 0; the batch is no axis. Where an operation has
/// tensors, their names follow the node's, and their shapes are given here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Operation {
    /// A matrix on the last axis: `weight [features, outputs]`, `bias [outputs]`.
    Linear {
        outputs: usize,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
    },
    /// A convolution of a picture: `weight [channels, inputs / groups, kernel]`, `bias [channels]`.
    Conv {
        channels: usize,
        kernel: [usize; 2],
        #[serde(default, skip_serializing_if = "is_default")]
        window: Window,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        groups: usize,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
    },
    /// A transposed convolution, as PyTorch's: `weight [inputs, channels / groups, kernel]`,
    /// `bias [channels]`. The padding is cut off the result.
    ConvTranspose {
        channels: usize,
        kernel: [usize; 2],
        #[serde(default, skip_serializing_if = "is_default")]
        window: Window,
        #[serde(default, skip_serializing_if = "is_default")]
        output_padding: [usize; 2],
        #[serde(default = "one", skip_serializing_if = "is_one")]
        groups: usize,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
    },
    /// Takes a picture `[inputs, height, width]` and a style `[inputs]`: a convolution whose
    /// kernel is scaled by the style along its inputs and, if it demodulates, normalised for each
    /// output (Karras et al. 2020, equations 1 and 3). `weight [channels, inputs, kernel, kernel]`.
    ///
    /// With `up` 1 the picture is padded with `(kernel - 1) / 2` zeros and keeps its size; with
    /// `up` 2 it is a transposed convolution of stride 2 without padding, so that a side of `n`
    /// becomes `2 n - 2 + kernel`, and a filter has to follow.
    ModulatedConv {
        channels: usize,
        kernel: usize,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        up: usize,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        demodulate: bool,
        /// Multiplies the result.
        #[serde(default = "unit", skip_serializing_if = "is_unit")]
        gain: f32,
    },
    /// A factor and a summand for each entry of the first axis: `weight [n]`, `bias [n]`.
    Affine {
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        weight: bool,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        bias: bool,
    },
    /// `x * factor + offset`.
    Scale {
        #[serde(default = "unit", skip_serializing_if = "is_unit")]
        factor: f32,
        #[serde(default, skip_serializing_if = "is_default")]
        offset: f32,
    },
    /// Batch normalisation with stored statistics along the first axis: `gamma`, `beta`, `mean`
    /// and `variance`, each `[n]`.
    BatchNorm {
        #[serde(default = "norm_epsilon")]
        epsilon: f32,
    },
    /// Mean 0 and variance 1 over each group of channels and all positions, then `weight` and
    /// `bias` of each channel. As many groups as channels make it an instance normalisation.
    GroupNorm {
        groups: usize,
        #[serde(default = "norm_epsilon")]
        epsilon: f32,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        affine: bool,
    },
    /// Mean 0 and variance 1 over the last `axes` axes, then `weight` and `bias` of their shape.
    LayerNorm {
        #[serde(default = "one", skip_serializing_if = "is_one")]
        axes: usize,
        #[serde(default = "norm_epsilon")]
        epsilon: f32,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        affine: bool,
    },
    /// Division by the root of the mean square along an axis, `epsilon` added under the root:
    /// StyleGAN's normalisation of z, and ProGAN's PixelNorm.
    Normalise {
        axis: usize,
        #[serde(default = "small_epsilon")]
        epsilon: f32,
    },
    /// A function of every number.
    Pointwise {
        function: Function,
    },
    /// Takes two values; shapes are broadcast as NumPy does, aligned at the last axis.
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Takes any number of values that differ only along the axis.
    Concatenate {
        axis: usize,
    },
    /// The entries `start..end` of an axis.
    Slice {
        axis: usize,
        start: usize,
        end: usize,
    },
    /// The parts of an axis one after the other, of these sizes. A node of several results: the
    /// first is `NAME.0`, the second `NAME.1`, and so on.
    Split {
        axis: usize,
        sizes: Vec<usize>,
    },
    /// The same numbers in another shape.
    Reshape {
        shape: Vec<usize>,
    },
    /// Axis `i` of the result is axis `order[i]` of the input.
    Permute {
        order: Vec<usize>,
    },
    /// A border around height and width: top, left, bottom, right.
    Pad {
        padding: [usize; 4],
        #[serde(default, skip_serializing_if = "is_default")]
        mode: PadMode,
    },
    /// A picture in another size, with pixel centres aligned (`align_corners` false).
    Resize {
        height: usize,
        width: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        mode: ResizeMode,
    },
    /// The mean of each window; the border counts as zeros if it is `include_padding`.
    AveragePool {
        kernel: [usize; 2],
        #[serde(default, skip_serializing_if = "is_default")]
        window: Window,
        #[serde(default = "yes", skip_serializing_if = "is_true")]
        include_padding: bool,
    },
    /// The largest number of each window; the border never is.
    MaxPool {
        kernel: [usize; 2],
        #[serde(default, skip_serializing_if = "is_default")]
        window: Window,
    },
    /// `upfirdn2d` of StyleGAN2: zeros between the pixels, a border (top, left, bottom, right), a
    /// filter along height and width, and every `down`-th pixel. The taps are applied turned
    /// around, as a convolution, and multiplied by `gain` once.
    Resample {
        taps: Vec<f32>,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        up: usize,
        #[serde(default = "one", skip_serializing_if = "is_one")]
        down: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        padding: [usize; 4],
        #[serde(default = "unit", skip_serializing_if = "is_unit")]
        gain: f32,
    },
    /// Mean or sum along an axis, which vanishes.
    Reduce {
        axis: usize,
        #[serde(default, skip_serializing_if = "is_default")]
        mode: ReduceMode,
    },
    /// The mean over height and width: `[channels, height, width]` to `[channels]`.
    GlobalMean,
    /// Depth to space (Shi et al. 2016): `[c*f*f, h, w]` to `[c, h*f, w*f]`, in PyTorch's order.
    PixelShuffle {
        factor: usize,
    },
    /// The inverse of [`Self::PixelShuffle`].
    PixelUnshuffle {
        factor: usize,
    },
    /// The orthonormal Haar transform: `[c, 2h, 2w]` to `[4c, h, w]`, all means first, then the
    /// differences between columns, between rows, and across.
    Haar,
    /// The inverse of [`Self::Haar`].
    HaarInverse,
    /// Rows of a table, `weight [count, features]`, by index: `[...]` to `[..., features]`. Indices
    /// are rounded, and kept in range.
    Embedding {
        count: usize,
        features: usize,
    },
    /// The sinusoids of a number, `[1]` to `[features]`: the sines of `x * scale * f`, then the
    /// cosines (the other way round with `cosine_first`), for frequencies `f` from 1 down to
    /// `1 / max_period` in equal ratios.
    TimeEmbedding {
        features: usize,
        #[serde(default = "ten_thousand")]
        max_period: f32,
        #[serde(default, skip_serializing_if = "is_default")]
        cosine_first: bool,
        /// Taken off the number of frequencies when their ratio is computed: 1 lets the last
        /// frequency be `1 / max_period` exactly, as in the first DDPM; 0 is usual since.
        #[serde(default, skip_serializing_if = "is_default")]
        shift: f32,
        #[serde(default = "unit", skip_serializing_if = "is_unit")]
        scale: f32,
    },
    /// Takes queries `[n, heads * d]`, keys `[m, heads * d]` and values `[m, heads * v]`: scaled
    /// dot-product attention (Vaswani et al. 2017), `[n, heads * v]`, scaled by the root of `d`.
    Attention {
        heads: usize,
        /// Each query only looks at keys up to its own place.
        #[serde(default, skip_serializing_if = "is_default")]
        causal: bool,
    },
    /// Takes `[..., n, k]` and `[..., k, m]` with the same leading axes.
    MatMul,
    Softmax {
        axis: usize,
    },
    /// Takes nothing: the tensor `value`, the same for every item.
    Constant {
        shape: Vec<usize>,
    },
}

/// How a kernel moves over a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    #[serde(default = "ones", skip_serializing_if = "is_ones")]
    pub stride: [usize; 2],
    /// Top, left, bottom, right.
    #[serde(default, skip_serializing_if = "is_default")]
    pub padding: [usize; 4],
    #[serde(default = "ones", skip_serializing_if = "is_ones")]
    pub dilation: [usize; 2],
}

impl Default for Window {
    fn default() -> Self {
        Self {
            stride: [1; 2],
            padding: [0; 4],
            dilation: [1; 2],
        }
    }
}

impl Window {
    /// The same stride and the same padding on all sides.
    pub fn square(stride: usize, padding: usize) -> Self {
        Self {
            stride: [stride; 2],
            padding: [padding; 4],
            ..Self::default()
        }
    }
}

/// A function of one number.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Function {
    Relu,
    LeakyRelu {
        slope: f32,
    },
    Silu,
    /// With the error function.
    Gelu,
    /// The approximation with a tanh (Hendrycks and Gimpel 2016).
    GeluTanh,
    Mish,
    Tanh,
    Sigmoid,
    Softplus,
    Elu {
        alpha: f32,
    },
    /// `clamp(x / 6 + 0.5, 0, 1)`
    HardSigmoid,
    /// `x * hard_sigmoid(x)`
    HardSwish,
    Clamp {
        min: f32,
        max: f32,
    },
    Exp,
    /// The natural logarithm.
    Log,
    Sqrt,
    Square,
    Abs,
    /// The sine of an angle in radians.
    Sin,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadMode {
    #[default]
    Zeros,
    /// Mirrored at the edge, which is not repeated.
    Reflect,
    /// The edge repeated.
    Replicate,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResizeMode {
    #[default]
    Nearest,
    Bilinear,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReduceMode {
    #[default]
    Mean,
    Sum,
}

fn yes() -> bool {
    true
}

fn one() -> usize {
    1
}

fn ones() -> [usize; 2] {
    [1; 2]
}

fn unit() -> f32 {
    1.0
}

fn norm_epsilon() -> f32 {
    1e-5
}

fn small_epsilon() -> f32 {
    1e-8
}

fn ten_thousand() -> f32 {
    10_000.0
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn is_true(value: &bool) -> bool {
    *value
}

fn is_one(value: &usize) -> bool {
    *value == 1
}

fn is_ones(value: &[usize; 2]) -> bool {
    *value == [1; 2]
}

fn is_unit(value: &f32) -> bool {
    *value == 1.0
}
