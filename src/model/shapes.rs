//! What a network specification means before any weight is touched: the shape after every
//! layer, and the name and shape of every tensor that the layers need.
//!
//! A manifest comes from a file, so everything here guards against absurd numbers.

use super::manifest::{LayerSpec, NetworkSpec};

/// More layers than any sensible file holds.
const MAX_LAYERS: usize = 1024;
/// Most numbers in one activation or one weight (1 GiB as f32).
const MAX_NUMBERS: usize = 1 << 28;

/// The shape of an activation without the batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    Flat(usize),
    Image {
        channels: usize,
        height: usize,
        width: usize,
    },
}

impl Shape {
    fn from_input(input: &[usize]) -> Result<Self, String> {
        let shape = match *input {
            [features] => Self::Flat(features),
            [channels, height, width] => Self::Image {
                channels,
                height,
                width,
            },
            _ => {
                return Err(format!(
                    "the input has {} dimensions; it must have 1 or 3",
                    input.len()
                ));
            }
        };
        shape.checked_len()?;
        Ok(shape)
    }

    /// Places at which a kernel is applied.
    fn positions(self) -> usize {
        match self {
            Self::Flat(_) => 1,
            Self::Image { height, width, .. } => height.saturating_mul(width),
        }
    }

    /// Numbers in one activation.
    ///
    /// # Errors
    /// When a side is zero or the count is beyond any sensible network.
    pub fn checked_len(self) -> Result<usize, String> {
        let sides: &[usize] = match &self {
            Self::Flat(features) => &[*features],
            Self::Image {
                channels,
                height,
                width,
            } => &[*channels, *height, *width],
        };
        checked_product(sides)
    }
}

/// The product of `sides`, or a sentence when a side is zero or the product absurd.
///
/// # Errors
/// As said.
pub fn checked_product(sides: &[usize]) -> Result<usize, String> {
    let count = sides
        .iter()
        .try_fold(1usize, |count, &side| count.checked_mul(side));
    match count {
        Some(0) => Err(format!("the shape {sides:?} has a zero")),
        Some(count) if count <= MAX_NUMBERS => Ok(count),
        _ => Err(format!(
            "the shape {sides:?} is larger than {MAX_NUMBERS} numbers"
        )),
    }
}

/// A tensor that a layer needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParameterSpec {
    /// Layer index and role, such as `3.weight`.
    pub name: String,
    pub shape: Vec<usize>,
    /// Inputs that feed one output, for initialisation; 0 for a bias.
    pub fan_in: usize,
}

/// The shapes of one network.
#[derive(Clone, PartialEq, Debug)]
pub struct NetworkPlan {
    pub input: Shape,
    /// The shape after each layer.
    pub outputs: Vec<Shape>,
    /// Every tensor in the order of the layers.
    pub parameters: Vec<ParameterSpec>,
    /// Multiplications of one forward pass of one input.
    pub multiply_adds: usize,
}

impl NetworkPlan {
    /// The shape of the network's result.
    pub fn output(&self) -> Shape {
        self.outputs.last().copied().unwrap_or(self.input)
    }
}

/// Follows the shapes through `spec`.
///
/// # Errors
/// A sentence that names the layer when a layer does not fit the shape before it, or a size
/// is zero or absurd.
pub fn plan(spec: &NetworkSpec) -> Result<NetworkPlan, String> {
    if spec.layers.len() > MAX_LAYERS {
        return Err(format!(
            "{} layers are more than {MAX_LAYERS}",
            spec.layers.len()
        ));
    }
    let input = Shape::from_input(&spec.input)?;
    let mut shape = input;
    let mut outputs = Vec::with_capacity(spec.layers.len());
    let mut parameters = Vec::new();
    let mut multiply_adds = 0usize;
    for (index, layer) in spec.layers.iter().enumerate() {
        let (before, first_parameter) = (shape, parameters.len());
        shape = layer_plan(index, layer, shape, &mut parameters)
            .and_then(|shape| shape.checked_len().map(|_| shape))
            .map_err(|fault| format!("layer {index}: {fault}"))?;
        outputs.push(shape);
        if let Some(weight) = parameters.get(first_parameter) {
            let weights = weight
                .shape
                .iter()
                .fold(1, |count: usize, &n| count.saturating_mul(n));
            let uses = match layer {
                LayerSpec::Conv { .. } => shape.positions(),
                LayerSpec::ConvTranspose { .. } => before.positions(),
                _ => 1,
            };
            multiply_adds = multiply_adds.saturating_add(weights.saturating_mul(uses));
        }
    }
    for parameter in &parameters {
        checked_product(&parameter.shape)
            .map_err(|fault| format!("{}: {fault}", parameter.name))?;
    }
    Ok(NetworkPlan {
        input,
        outputs,
        parameters,
        multiply_adds,
    })
}

fn layer_plan(
    index: usize,
    layer: &LayerSpec,
    shape: Shape,
    parameters: &mut Vec<ParameterSpec>,
) -> Result<Shape, String> {
    let mut add = |role: &str, shape: Vec<usize>, fan_in: usize| {
        parameters.push(ParameterSpec {
            name: format!("{index}.{role}"),
            shape,
            fan_in,
        });
    };
    match (layer, shape) {
        (&LayerSpec::Dense { outputs }, Shape::Flat(features)) => {
            add("weight", vec![features, outputs], features);
            add("bias", vec![outputs], 0);
            Ok(Shape::Flat(outputs))
        }
        (
            &LayerSpec::Reshape {
                channels,
                height,
                width,
            },
            Shape::Flat(features),
        ) => {
            let image = Shape::Image {
                channels,
                height,
                width,
            };
            let len = image.checked_len()?;
            if len == features {
                Ok(image)
            } else {
                Err(format!(
                    "{features} features cannot become {channels}x{height}x{width}"
                ))
            }
        }
        (LayerSpec::Flatten, Shape::Image { .. }) => Ok(Shape::Flat(shape.checked_len()?)),
        (LayerSpec::MeanPool, Shape::Image { channels, .. }) => Ok(Shape::Flat(channels)),
        (
            &LayerSpec::Conv {
                channels: out,
                kernel,
                stride,
            },
            Shape::Image {
                channels,
                height,
                width,
            },
        ) => {
            if kernel == 0 || stride == 0 || kernel > 63 || stride > 63 {
                return Err(format!(
                    "kernel {kernel} and stride {stride} must be 1 to 63"
                ));
            }
            let padding = (kernel - 1) / 2;
            let side = |side: usize| {
                (side + 2 * padding)
                    .checked_sub(kernel)
                    .map(|n| n / stride + 1)
            };
            match (side(height), side(width)) {
                (Some(height), Some(width)) => {
                    let fan_in = channels.saturating_mul(kernel * kernel);
                    add("weight", vec![out, channels, kernel, kernel], fan_in);
                    add("bias", vec![out], 0);
                    Ok(Shape::Image {
                        channels: out,
                        height,
                        width,
                    })
                }
                _ => Err(format!(
                    "a kernel of {kernel} is larger than {height}x{width}"
                )),
            }
        }
        (
            &LayerSpec::ConvTranspose { channels: out },
            Shape::Image {
                channels,
                height,
                width,
            },
        ) => {
            // Each output of a 4x4 kernel with stride 2 sees 2x2 inputs.
            add(
                "weight",
                vec![channels, out, 4, 4],
                channels.saturating_mul(4),
            );
            add("bias", vec![out], 0);
            Ok(Shape::Image {
                channels: out,
                height: doubled(height)?,
                width: doubled(width)?,
            })
        }
        (
            &LayerSpec::PixelShuffle { factor },
            Shape::Image {
                channels,
                height,
                width,
            },
        ) => {
            let square = factor.checked_mul(factor).filter(|&square| square > 0);
            match square {
                Some(square) if channels.is_multiple_of(square) => Ok(Shape::Image {
                    channels: channels / square,
                    height: height.saturating_mul(factor),
                    width: width.saturating_mul(factor),
                }),
                _ => Err(format!(
                    "{channels} channels cannot be shuffled by a factor {factor}"
                )),
            }
        }
        (
            &LayerSpec::Upsample { factor },
            Shape::Image {
                channels,
                height,
                width,
            },
        ) => {
            if factor == 0 {
                return Err("the factor must be at least 1".to_owned());
            }
            Ok(Shape::Image {
                channels,
                height: height.saturating_mul(factor),
                width: width.saturating_mul(factor),
            })
        }
        (LayerSpec::BatchNorm, Shape::Image { channels, .. } | Shape::Flat(channels)) => {
            for role in ["gamma", "beta", "mean", "variance"] {
                add(role, vec![channels], 0);
            }
            Ok(shape)
        }
        (&LayerSpec::Dropout { probability }, _) => {
            if (0.0..1.0).contains(&probability) {
                Ok(shape)
            } else {
                Err(format!(
                    "a dropout probability of {probability} is outside 0 to 1"
                ))
            }
        }
        (
            LayerSpec::Relu
            | LayerSpec::LeakyRelu { .. }
            | LayerSpec::Silu
            | LayerSpec::Tanh
            | LayerSpec::Sigmoid,
            _,
        ) => Ok(shape),
        (layer, Shape::Flat(_)) => Err(format!(
            "{layer:?} needs a picture, but it is given a vector"
        )),
        (layer, Shape::Image { .. }) => Err(format!(
            "{layer:?} needs a vector, but it is given a picture"
        )),
    }
}

fn doubled(side: usize) -> Result<usize, String> {
    side.checked_mul(2)
        .ok_or_else(|| format!("a side of {side} cannot be doubled"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoder(layers: Vec<LayerSpec>) -> NetworkSpec {
        NetworkSpec {
            input: vec![8],
            layers,
        }
    }

    #[test]
    fn follows_shapes_through_a_decoder() {
        let spec = decoder(vec![
            LayerSpec::Dense {
                outputs: 7 * 7 * 16,
            },
            LayerSpec::Reshape {
                channels: 16,
                height: 7,
                width: 7,
            },
            LayerSpec::Conv {
                channels: 32,
                kernel: 3,
                stride: 1,
            },
            LayerSpec::PixelShuffle { factor: 2 },
            LayerSpec::ConvTranspose { channels: 1 },
            LayerSpec::Sigmoid,
        ]);
        let plan = plan(&spec).expect("the decoder is sound");
        assert_eq!(
            plan.output(),
            Shape::Image {
                channels: 1,
                height: 28,
                width: 28
            }
        );
        // 8x784, a 3x3 kernel at 7x7, a 4x4 kernel from each of 14x14.
        let expected = 8 * 784 + 32 * 16 * 9 * 49 + 8 * 16 * 196;
        assert_eq!(plan.multiply_adds, expected);
        let names: Vec<_> = plan.parameters.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(
            names,
            [
                "0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"
            ]
        );
    }

    #[test]
    fn names_the_layer_that_does_not_fit() {
        for (layers, part) in [
            (vec![LayerSpec::Relu, LayerSpec::Flatten], "layer 1"),
            (vec![LayerSpec::Dense { outputs: 0 }], "zero"),
            (
                vec![LayerSpec::Dense {
                    outputs: usize::MAX,
                }],
                "larger",
            ),
            (
                vec![LayerSpec::Reshape {
                    channels: 3,
                    height: 3,
                    width: 3,
                }],
                "cannot become",
            ),
            (
                vec![LayerSpec::Conv {
                    channels: 1,
                    kernel: 3,
                    stride: 1,
                }],
                "needs a picture",
            ),
        ] {
            let fault = plan(&decoder(layers)).expect_err("the network is broken");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
    }
}
