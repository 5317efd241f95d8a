//! The sizes of a style-based generator, and every tensor that follows from them.

use crate::model::manifest::ImageSpec;
use crate::model::shapes::checked_product;
use serde::{Deserialize, Serialize};

/// More mapping layers or resolutions than any sensible file has.
const MAX_MAPPING_LAYERS: usize = 64;
const MAX_RESOLUTIONS: usize = 12;
/// The side of a kernel.
pub const KERNEL: usize = 3;

/// The architecture section of a style-based generator.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StyleSpec {
    /// The length of a code in z.
    pub z_dim: usize,
    /// The length of a code in w.
    pub w_dim: usize,
    /// Dense layers from z to w.
    pub mapping_layers: usize,
    /// The learning-rate multiplier of the mapping network. Its stored weights are that much
    /// larger than the weights that work (equalised learning rate, Karras et al. 2018).
    pub mapping_rate: f64,
    /// The side of the learned constant.
    pub start: usize,
    /// Channels of each resolution, from the learned constant's up; each resolution doubles the
    /// side of the one before it.
    pub channels: Vec<usize>,
    /// Style inputs: one for each 3x3 convolution, and then the picture layer of a resolution
    /// takes the style of the convolution before it; or one more, and then it takes that of the
    /// convolution after it, as in StyleGAN2.
    pub num_ws: usize,
    #[serde(default)]
    pub upsampling: Upsampling,
    #[serde(default)]
    pub output: Output,
    /// Whether noise is added after each 3x3 convolution.
    #[serde(default = "yes")]
    pub noise: bool,
    /// Whether the picture layers give the Haar coefficients of the picture, of half its side and
    /// four times its channels (as in SWAGAN, Gal et al. 2021): no convolution runs at the full
    /// side.
    #[serde(default, skip_serializing_if = "is_false")]
    pub haar: bool,
    /// Whether the picture layers give the codes of an autoencoder, of this many channels, height and
    /// width, which its decoder, a network of the same file, makes a picture of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<[usize; 3]>,
}

fn is_false(value: &bool) -> bool {
    !*value
}

fn yes() -> bool {
    true
}

/// How a side is doubled. Both weigh the two nearest pixels 3 to 1; they differ at the edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Upsampling {
    /// Bilinear, with the edge repeated.
    #[default]
    Bilinear,
    /// Zeros put between the pixels and the filter [1, 3, 3, 1] / 4, with zeros beyond the edge,
    /// as in StyleGAN2.
    Binomial,
}

/// How the sum of the picture layers becomes a picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Output {
    /// -1..1 is mapped to 0..1 and what lies outside is cut off.
    #[default]
    Linear,
    /// A tanh before that.
    Tanh,
}

/// What a fresh tensor holds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Initial {
    /// Normal numbers of this deviation.
    Normal(f32),
    /// This number everywhere.
    Constant(f32),
    /// A matrix of perpendicular rows of length 1.
    Rotation { side: usize },
}

/// One tensor of a generator.
#[derive(Clone, PartialEq, Debug)]
pub struct StyleParameter {
    pub name: String,
    pub shape: Vec<usize>,
    pub initial: Initial,
}

/// One 3x3 convolution with its style.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LayerPlan {
    pub inputs: usize,
    pub outputs: usize,
    /// The side of the result.
    pub side: usize,
    /// Whether the side is doubled before the convolution.
    pub doubles: bool,
    /// Whether this is the last convolution of its resolution, so that a picture layer follows.
    pub ends_resolution: bool,
}

/// What follows from a [`StyleSpec`].
#[derive(Clone, PartialEq, Debug)]
pub struct StylePlan {
    pub layers: Vec<LayerPlan>,
    pub parameters: Vec<StyleParameter>,
    /// Multiplications for one picture, without the mapping network.
    pub multiply_adds: usize,
}

impl StyleSpec {
    /// Numbers of a code in w+.
    pub fn styles_len(&self) -> usize {
        self.num_ws.saturating_mul(self.w_dim)
    }

    /// What the picture layers add up to, for pictures of `image`: these, their coefficients, or
    /// codes.
    pub fn summed(&self, image: ImageSpec) -> ImageSpec {
        if let Some([channels, height, width]) = self.codes {
            return ImageSpec {
                channels,
                height,
                width,
            };
        }
        if !self.haar {
            return image;
        }
        ImageSpec {
            channels: image.channels.saturating_mul(4),
            height: image.height / 2,
            width: image.width / 2,
        }
    }

    /// The style input of the picture layer after convolution `layer`.
    pub fn picture_style(&self, layer: usize) -> usize {
        // `plan` has checked that there are as many style inputs as layers, or one more.
        let layers = (2 * self.channels.len()).saturating_sub(1);
        layer + usize::from(self.num_ws > layers)
    }
}

/// Follows the sizes of `spec` to pictures of `image`.
///
/// # Errors
/// A sentence when a size is zero or absurd, or the pictures have another size.
pub fn plan(spec: &StyleSpec, image: ImageSpec) -> Result<StylePlan, String> {
    check_sizes(spec, image)?;
    let mut parameters = Vec::new();
    let mut add = |name: String, shape: Vec<usize>, initial: Initial| -> Result<(), String> {
        checked_product(&shape).map_err(|fault| format!("{name}: {fault}"))?;
        parameters.push(StyleParameter {
            name,
            shape,
            initial,
        });
        Ok(())
    };
    let (one, zero) = (Initial::Constant(1.0), Initial::Constant(0.0));
    let normal = Initial::Normal(1.0);
    for layer in 0..spec.mapping_layers {
        let inputs = if layer == 0 { spec.z_dim } else { spec.w_dim };
        let deviation = Initial::Normal((1.0 / spec.mapping_rate) as f32);
        add(
            format!("mapping.{layer}.weight"),
            vec![inputs, spec.w_dim],
            deviation,
        )?;
        add(format!("mapping.{layer}.bias"), vec![spec.w_dim], zero)?;
    }
    let summed = spec.summed(image);
    let mut side = spec.start;
    let mut inputs = spec.channels[0];
    add(
        "synthesis.start".to_owned(),
        vec![inputs, side, side],
        normal,
    )?;
    let mut layers = Vec::new();
    let mut multiply_adds = 0usize;
    for (resolution, &outputs) in spec.channels.iter().enumerate() {
        let convolutions = if resolution == 0 { 1 } else { 2 };
        for position in 0..convolutions {
            let doubles = resolution > 0 && position == 0;
            if doubles {
                side *= 2;
            }
            let layer = layers.len();
            let name = |part: &str| format!("synthesis.{layer}.{part}");
            add(name("style.weight"), vec![spec.w_dim, inputs], normal)?;
            add(name("style.bias"), vec![inputs], one)?;
            add(
                name("weight"),
                vec![outputs, inputs, KERNEL, KERNEL],
                normal,
            )?;
            add(name("bias"), vec![outputs], zero)?;
            if spec.noise {
                add(name("noise_strength"), vec![1], zero)?;
            }
            checked_product(&[inputs.max(outputs), side, side])
                .map_err(|fault| format!("synthesis.{layer}: {fault}"))?;
            let work = [outputs, inputs, KERNEL * KERNEL, side, side];
            multiply_adds = work
                .iter()
                .fold(1, |product: usize, &n| product.saturating_mul(n))
                .saturating_add(multiply_adds);
            layers.push(LayerPlan {
                inputs,
                outputs,
                side,
                doubles,
                ends_resolution: position + 1 == convolutions,
            });
            inputs = outputs;
        }
        let name = |part: &str| format!("picture.{resolution}.{part}");
        add(name("style.weight"), vec![spec.w_dim, outputs], normal)?;
        add(name("style.bias"), vec![outputs], one)?;
        add(name("weight"), vec![summed.channels, outputs], normal)?;
        add(name("bias"), vec![summed.channels], zero)?;
    }
    // A level of coefficients has half the side of its picture.
    if spec.haar {
        side *= 2;
    }
    let (what, made) = match spec.codes {
        Some(_) => ("codes", summed),
        None => ("pictures", image),
    };
    if made.height != side || made.width != side {
        return Err(format!(
            "it makes {side}x{side} pixels, but the {what} have {}x{}",
            made.width, made.height
        ));
    }
    if !(layers.len()..=layers.len() + 1).contains(&spec.num_ws) {
        return Err(format!(
            "num_ws is {}; {} convolutions take {} or {}",
            spec.num_ws,
            layers.len(),
            layers.len(),
            layers.len() + 1
        ));
    }
    Ok(StylePlan {
        layers,
        parameters,
        multiply_adds,
    })
}

fn check_sizes(spec: &StyleSpec, image: ImageSpec) -> Result<(), String> {
    checked_product(&[spec.z_dim, spec.w_dim]).map_err(|fault| format!("z_dim, w_dim: {fault}"))?;
    if let Some(codes) = &spec.codes {
        checked_product(codes).map_err(|fault| format!("codes: {fault}"))?;
        if spec.haar || spec.output != Output::Linear {
            return Err("codes have no coefficients and no output function".to_owned());
        }
    }
    if !(1..=MAX_MAPPING_LAYERS).contains(&spec.mapping_layers) {
        return Err(format!(
            "mapping_layers is {}; it must be 1 to {MAX_MAPPING_LAYERS}",
            spec.mapping_layers
        ));
    }
    if !(1e-6..=1e3).contains(&spec.mapping_rate) {
        return Err(format!(
            "mapping_rate is {}; it must be 1e-6 to 1000",
            spec.mapping_rate
        ));
    }
    if !(1..=MAX_RESOLUTIONS).contains(&spec.channels.len()) {
        return Err(format!(
            "channels has {} resolutions; there must be 1 to {MAX_RESOLUTIONS}",
            spec.channels.len()
        ));
    }
    // The largest side, before it is reached by doubling.
    let doublings = 1usize << (spec.channels.len() - 1 + usize::from(spec.haar));
    let side = spec.start.saturating_mul(doublings);
    checked_product(&[side, side, image.channels.max(1)])
        .map_err(|fault| format!("start: {fault}"))?;
    checked_product(&[spec.num_ws, spec.w_dim]).map_err(|fault| format!("num_ws: {fault}"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const IMAGE: ImageSpec = ImageSpec {
        channels: 3,
        height: 16,
        width: 16,
    };

    fn spec() -> StyleSpec {
        StyleSpec {
            z_dim: 8,
            w_dim: 6,
            mapping_layers: 2,
            mapping_rate: 0.01,
            start: 4,
            channels: vec![5, 4, 3],
            num_ws: 5,
            upsampling: Upsampling::Bilinear,
            output: Output::Linear,
            noise: true,
            haar: false,
            codes: None,
        }
    }

    #[test]
    fn every_layer_follows_from_the_sizes() {
        let plan = plan(&spec(), IMAGE).expect("the sizes are sound");
        let sizes: Vec<_> = plan
            .layers
            .iter()
            .map(|l| (l.inputs, l.outputs, l.side))
            .collect();
        assert_eq!(
            sizes,
            [(5, 5, 4), (5, 4, 8), (4, 4, 8), (4, 3, 16), (3, 3, 16)]
        );
        let shape = |name: &str| {
            let found = plan.parameters.iter().find(|p| p.name == name);
            found.map(|p| p.shape.clone()).unwrap_or_default()
        };
        assert_eq!(shape("mapping.0.weight"), [8, 6]);
        assert_eq!(shape("mapping.1.weight"), [6, 6]);
        assert_eq!(shape("synthesis.3.weight"), [3, 4, 3, 3]);
        assert_eq!(shape("synthesis.3.style.weight"), [6, 4]);
        assert_eq!(shape("picture.2.weight"), [3, 3]);
        let weights = 25 * 16 + (20 + 16) * 64 + (12 + 9) * 256;
        assert_eq!(plan.multiply_adds, 9 * weights);
    }

    #[test]
    fn picture_layers_take_the_style_before_or_after() {
        let before = spec();
        let after = StyleSpec {
            num_ws: 6,
            ..spec()
        };
        assert_eq!(before.picture_style(4), 4);
        assert_eq!(after.picture_style(4), 5);
        assert!(plan(&after, IMAGE).is_ok());
    }

    #[test]
    fn coefficients_have_half_the_side_and_four_times_the_channels() {
        let spec = StyleSpec {
            haar: true,
            ..spec()
        };
        let image = ImageSpec {
            height: 32,
            width: 32,
            ..IMAGE
        };
        let plan = plan(&spec, image).expect("the sizes are sound");
        assert_eq!(plan.layers.last().map(|layer| layer.side), Some(16));
        let picture = plan
            .parameters
            .iter()
            .find(|p| p.name == "picture.2.weight");
        assert_eq!(picture.map(|p| p.shape.clone()), Some(vec![12, 3]));
        assert_eq!(spec.summed(image).len(), image.len());
        assert!(super::plan(&spec, IMAGE).is_err(), "half as large");
    }

    #[test]
    fn absurd_sizes_are_refused_in_a_sentence() {
        let cases: [(StyleSpec, &str); 9] = [
            (StyleSpec { w_dim: 0, ..spec() }, "w_dim"),
            (
                StyleSpec {
                    z_dim: usize::MAX,
                    ..spec()
                },
                "z_dim",
            ),
            (
                StyleSpec {
                    mapping_layers: 0,
                    ..spec()
                },
                "mapping_layers",
            ),
            (
                StyleSpec {
                    mapping_rate: 0.0,
                    ..spec()
                },
                "mapping_rate",
            ),
            (
                StyleSpec {
                    mapping_rate: f64::NAN,
                    ..spec()
                },
                "mapping_rate",
            ),
            (
                StyleSpec {
                    channels: vec![],
                    ..spec()
                },
                "channels",
            ),
            (
                StyleSpec {
                    channels: vec![5, 0, 3],
                    ..spec()
                },
                "zero",
            ),
            (
                StyleSpec {
                    num_ws: 7,
                    ..spec()
                },
                "num_ws",
            ),
            (
                StyleSpec {
                    start: 1 << 40,
                    ..spec()
                },
                "start",
            ),
        ];
        for (spec, part) in cases {
            let fault = plan(&spec, IMAGE).expect_err("the sizes are absurd");
            assert!(fault.contains(part), "{fault:?} should contain {part:?}");
        }
        let other = ImageSpec {
            height: 32,
            ..IMAGE
        };
        assert!(plan(&spec(), other).is_err());
    }
}
