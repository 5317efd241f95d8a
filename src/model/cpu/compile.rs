//! From the layers of a network to the stages of a plan.

use super::channels::Scale;
use super::convolution::Convolution;
use super::layout::Grid;
use super::pointwise::Pointwise;
use super::product::Product;
use super::transposed::TransposedConvolution;
use super::{Plan, Stage, Step};
use crate::model::manifest::{LayerSpec, NetworkSpec};
use crate::model::shapes::{self, Shape};

impl Plan {
    /// Prepares the network of `spec`, taking every tensor, flattened, from `parameter`.
    ///
    /// Gives `None` where the specification or a tensor is not sound, for burn's network to say
    /// what is wrong, and for a kind of layer that has no step here, for burn to run.
    pub fn compile<'a>(
        spec: &NetworkSpec,
        mut parameter: impl FnMut(&str) -> Option<&'a [f32]>,
    ) -> Option<Self> {
        let shapes = shapes::plan(spec).ok()?;
        let input = shapes.input.checked_len().ok()?;
        let mut tensors = Vec::with_capacity(shapes.parameters.len());
        for tensor in &shapes.parameters {
            let values = parameter(&tensor.name)?;
            if values.len() != tensor.shape.iter().product::<usize>() {
                return None;
            }
            tensors.push(values);
        }
        let mut compiler = Compiler {
            stages: Vec::new(),
            size: input,
            is_channels_last: false,
        };
        let mut tensors = tensors.into_iter();
        let mut shape = shapes.input;
        let mut index = 0;
        while let Some(layer) = spec.layers.get(index) {
            let after = &spec.layers[index + 1..];
            let count = match layer {
                LayerSpec::Dense { .. }
                | LayerSpec::Conv { .. }
                | LayerSpec::ConvTranspose { .. } => 2,
                LayerSpec::BatchNorm => 4,
                _ => 0,
            };
            let parameters: Vec<&[f32]> = tensors.by_ref().take(count).collect();
            // Only a product has an activation in it.
            let (function, taken) = if count == 2 {
                following_function(after)
            } else {
                (Pointwise::Linear, 0)
            };
            compiler.layer(
                layer,
                (shape, shapes.outputs[index]),
                &parameters,
                function,
                after,
            )?;
            shape = shapes.outputs[index + taken];
            index += 1 + taken;
        }
        compiler.make_channels_first(shape);
        if compiler.stages.is_empty() {
            // Only layers that change no number: there is still an output to write.
            compiler.push(Step::Copy, input, Pointwise::Linear);
        }
        Some(Self::new(compiler.stages, input, shapes.multiply_adds))
    }
}

/// The activation after a layer with weights, and how many layers are done with it.
fn following_function(after: &[LayerSpec]) -> (Pointwise, usize) {
    // Neither of these changes a number, and the order of the numbers is known to the layer.
    let is_idle =
        |layer: &&LayerSpec| matches!(layer, LayerSpec::Dropout { .. } | LayerSpec::Reshape { .. });
    let idle = after.iter().take_while(is_idle).count();
    match after.get(idle).and_then(function) {
        Some(function) => (function, idle + 1),
        None => (Pointwise::Linear, idle),
    }
}

fn function(layer: &LayerSpec) -> Option<Pointwise> {
    Some(match *layer {
        LayerSpec::Relu => Pointwise::Relu,
        LayerSpec::LeakyRelu { slope } => Pointwise::LeakyRelu(slope as f32),
        LayerSpec::Silu => Pointwise::Silu,
        LayerSpec::Tanh => Pointwise::Tanh,
        LayerSpec::Sigmoid => Pointwise::Sigmoid,
        _ => return None,
    })
}

/// The picture that a vector becomes, where only activations stand before the reshape.
fn following_reshape(after: &[LayerSpec]) -> Option<Grid> {
    let next = after
        .iter()
        .find(|layer| !matches!(layer, LayerSpec::Dropout { .. }) && function(layer).is_none());
    match next {
        Some(&LayerSpec::Reshape {
            channels,
            height,
            width,
        }) => Some(Grid {
            channels,
            height,
            width,
        }),
        _ => None,
    }
}

struct Compiler {
    stages: Vec<Stage>,
    /// Numbers of one item after the last stage.
    size: usize,
    /// Whether the numbers, or those that a reshape will make a picture, are channels last.
    is_channels_last: bool,
}

impl Compiler {
    /// Adds the stages of one layer with the activation that follows it, or gives `None` for a
    /// layer that is not known.
    fn layer(
        &mut self,
        layer: &LayerSpec,
        (before, after): (Shape, Shape),
        parameters: &[&[f32]],
        function: Pointwise,
        following: &[LayerSpec],
    ) -> Option<()> {
        let (clip, rest) = function.split();
        match (layer, grid(before), parameters) {
            (LayerSpec::Dense { outputs }, None, &[weight, bias]) => {
                // The columns are put in the order in which the picture is needed.
                let picture = following_reshape(following);
                let product = match picture {
                    Some(grid) => {
                        let sorted = |row: &[f32]| grid.channels_last(row);
                        let matrix: Vec<f32> =
                            weight.chunks_exact(*outputs).flat_map(sorted).collect();
                        Product::new(&matrix, &grid.channels_last(bias), clip)
                    }
                    None => Product::new(weight, bias, clip),
                };
                self.push(Step::Dense(product.with_halves()), *outputs, rest);
                self.is_channels_last = picture.is_some();
            }
            (LayerSpec::Reshape { .. }, None, []) => {}
            (LayerSpec::Flatten, Some(_), []) => self.make_channels_first(before),
            (&LayerSpec::Conv { kernel, stride, .. }, Some(input), &[weight, bias]) => {
                let output = grid(after)?;
                self.make_channels_last(input);
                let step = Convolution::new(input, output, (kernel, stride), (weight, bias), clip);
                self.push(Step::Convolution(step), output.numbers(), rest);
            }
            (LayerSpec::ConvTranspose { .. }, Some(input), &[weight, bias]) => {
                self.make_channels_last(input);
                let step = TransposedConvolution::new(input, (weight, bias), clip);
                self.push(Step::Transposed(step), grid(after)?.numbers(), rest);
            }
            (LayerSpec::BatchNorm, input, &[gamma, beta, mean, variance]) => {
                if let Some(input) = input {
                    self.make_channels_last(input);
                }
                let step = Scale::batch_norm(gamma, beta, mean, variance);
                self.push(Step::Scale(step), self.size, Pointwise::Linear);
            }
            (LayerSpec::MeanPool, Some(input), []) => {
                self.make_channels_last(input);
                self.push(Step::Mean, input.channels, Pointwise::Linear);
                self.is_channels_last = false;
            }
            (&LayerSpec::PixelShuffle { factor }, Some(input), []) => {
                self.make_channels_last(input);
                self.push(Step::Shuffle(input, factor), input.numbers(), rest);
            }
            (&LayerSpec::Upsample { factor }, Some(input), []) => {
                self.make_channels_last(input);
                self.push(Step::Upsample(input, factor), grid(after)?.numbers(), rest);
            }
            (LayerSpec::Dropout { .. }, _, []) => {}
            (layer, _, _) => {
                let function = self::function(layer)?;
                match self.stages.last_mut() {
                    Some(stage) if stage.then == Pointwise::Linear => stage.then = function,
                    _ => self.push(Step::Copy, self.size, function),
                }
            }
        }
        Some(())
    }

    fn push(&mut self, step: Step, output: usize, then: Pointwise) {
        self.stages.push(Stage { step, output, then });
        self.size = output;
    }

    fn make_channels_last(&mut self, grid: Grid) {
        if !self.is_channels_last && !grid.has_one_order() {
            self.push(Step::ChannelsLast(grid), grid.numbers(), Pointwise::Linear);
        }
        self.is_channels_last = true;
    }

    fn make_channels_first(&mut self, shape: Shape) {
        if let Some(grid) = grid(shape)
            && self.is_channels_last
            && !grid.has_one_order()
        {
            self.push(Step::ChannelsFirst(grid), grid.numbers(), Pointwise::Linear);
        }
        self.is_channels_last = false;
    }
}

fn grid(shape: Shape) -> Option<Grid> {
    match shape {
        Shape::Image {
            channels,
            height,
            width,
        } => Some(Grid {
            channels,
            height,
            width,
        }),
        Shape::Flat(_) => None,
    }
}
