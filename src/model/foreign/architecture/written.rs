//! Networks that a person has written down layer by layer in the file of hints.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::{Activation, Hints, Layer, Layers, Posterior, Range};
use super::super::net::{Net, part, window};
use super::Architecture;
use super::linear::{mean_and_logvar, picture};
use crate::model::graph::{Operation, plan};

pub struct Written;

impl Architecture for Written {
    fn title(&self) -> &'static str {
        "network written down in the file of hints"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let decoder = hints.decoder.as_ref()?;
        // What is not written down is not wanted.
        group.leave_out("");
        Some(blueprint(group, hints, decoder))
    }
}

/// How many numbers a code has: as many as the first layer with weights takes.
fn code_len(group: &Group<'_>, decoder: &Layers) -> Result<usize, String> {
    let first = decoder.layers.iter().find_map(|layer| match layer {
        Layer::Linear { linear } => Some((linear, 1)),
        Layer::ConvTranspose { conv_transpose, .. } => Some((conv_transpose, 0)),
        _ => None,
    });
    let (module, axis) =
        first.ok_or("its decoder has no layer that a code goes into: linear or conv_transpose")?;
    let name = part(&whole(decoder, module), "weight");
    let len = group.shape(&name).and_then(|shape| shape.get(axis));
    len.copied()
        .ok_or_else(|| format!("there is no tensor {name:?} of such a layer"))
}

/// The shape after the first `count` layers of a decoder.
///
/// # Errors
/// A sentence on what does not fit.
pub fn layers_so_far(
    group: &Group<'_>,
    decoder: &Layers,
    count: usize,
) -> Result<Vec<usize>, String> {
    let mut net = Net::new(group, "z", &[code_len(group, decoder)?]);
    let begun = Layers {
        prefix: decoder.prefix.clone(),
        layers: decoder.layers.iter().take(count).cloned().collect(),
    };
    add(&mut net, &begun);
    let at = net.at();
    net.output("so far", &at);
    let built = net.finish()?;
    let plan = plan(&built.graph)?;
    for parameter in plan.all_parameters() {
        let weight = built.weights.get(&parameter.name);
        let stored = weight.and_then(|weight| group.shape(weight.source()?));
        if let (Some(weight), Some(stored)) = (weight, stored) {
            weight.check_shape(stored, &parameter.shape)?;
        }
    }
    Ok(plan.output_shape("so far").unwrap_or_default().to_vec())
}

/// Sides as people write them.
fn sides(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    sides.join("x")
}

fn blueprint(group: &Group<'_>, hints: &Hints, decoder: &Layers) -> Result<Blueprint, String> {
    let image = hints
        .image
        .ok_or("the file of hints writes a decoder down and no image")?;
    let dim = code_len(group, decoder)?;
    let end = layers_so_far(group, decoder, decoder.layers.len())?;
    let numbers = |shape: &[usize]| {
        shape
            .iter()
            .fold(1, |product: usize, &side| product.saturating_mul(side))
    };
    if numbers(&end) != numbers(&image) {
        return Err(format!(
            "its layers end in {}, which is no picture of {}",
            sides(&end),
            sides(&image)
        ));
    }
    let mut net = Net::new(group, "z", &[dim]);
    add(&mut net, decoder);
    let none = Hints {
        output: None,
        ..hints.clone()
    };
    picture(&mut net, image, Activation::None, &none);
    let mut blueprint = Blueprint::of_vectors(Kind::General, dim, image, net.finish()?);
    blueprint.why = "the file of hints says how it is built".to_owned();
    if let Some(encoder) = &hints.encoder {
        let mut net = Net::new(group, "picture", &image);
        if hints.range == Some(Range::Signed) {
            net.scale(2.0, -1.0);
        }
        add(&mut net, encoder);
        mean_and_logvar(&mut net, dim, hints.posterior.unwrap_or(Posterior::Halves));
        blueprint.encoder = Some(net.finish()?);
        blueprint.kind = Kind::Vae;
    }
    Ok(blueprint)
}

fn whole(layers: &Layers, module: &str) -> String {
    format!("{}{module}", layers.prefix)
}

fn add(net: &mut Net<'_>, layers: &Layers) {
    let whole = |module: &str| whole(layers, module);
    for layer in &layers.layers {
        match layer {
            Layer::Function(activation) => {
                if let Some(function) = activation.function() {
                    net.function(function);
                }
            }
            Layer::Linear { linear } => drop(net.linear(&whole(linear))),
            Layer::Conv {
                conv,
                stride,
                padding,
                groups,
            } => drop(net.conv_in_groups(&whole(conv), window(*stride, *padding), *groups)),
            Layer::ConvTranspose {
                conv_transpose,
                stride,
                padding,
                output_padding,
            } => drop(net.conv_transpose(
                &whole(conv_transpose),
                window(*stride, *padding),
                [*output_padding; 2],
            )),
            Layer::BatchNorm {
                batch_norm,
                epsilon,
            } => drop(net.batch_norm(&whole(batch_norm), *epsilon)),
            Layer::GroupNorm {
                group_norm,
                groups,
                epsilon,
            } => drop(net.group_norm(&whole(group_norm), *groups, *epsilon)),
            Layer::Reshape { reshape } => drop(net.reshape(reshape)),
            Layer::Upsample { upsample } => drop(net.upsample(upsample[0], upsample[1])),
            Layer::MaxPool { max_pool } => drop(net.then(Operation::MaxPool {
                kernel: [*max_pool; 2],
                window: window(*max_pool, 0),
            })),
            Layer::AveragePool { average_pool } => drop(net.then(Operation::AveragePool {
                kernel: [*average_pool; 2],
                window: window(*average_pool, 0),
                include_padding: true,
            })),
            Layer::Scale { scale, offset } => drop(net.scale(*scale, *offset)),
            Layer::PixelShuffle { pixel_shuffle } => drop(net.then(Operation::PixelShuffle {
                factor: *pixel_shuffle,
            })),
        }
    }
}
