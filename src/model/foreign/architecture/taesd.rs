//! The tiny autoencoders of latent diffusion by Ollin Boer Bohan (taesd, taesdxl, taesd3, taef1, taef2,
//! taesana) in their own layout, `1.weight`, `3.conv.0.weight`, and in that of diffusers' AutoencoderTiny,
//! `decoder.layers.0.weight`.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, part, window};
use super::Architecture;
use crate::latent::{Space, SpaceShape};
use crate::model::graph::Function;
use std::collections::BTreeMap;

pub struct Taesd;

/// Groups of the norm in a middle block.
const GROUPS: usize = 4;
/// The side of codes where nobody says another.
const SIDE: usize = 32;
/// Codes are squeezed into three times -1..1.
const MAGNITUDE: f32 = 3.0;
/// The most layers that are looked for.
const MAX_LAYERS: usize = 64;

impl Architecture for Taesd {
    fn title(&self) -> &'static str {
        "tiny autoencoder of latent diffusion (TAESD)"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let prefixes = ["", "decoder.", "decoder.layers."];
        let (prefix, layers) = prefixes.into_iter().find_map(|prefix| {
            let layers = layers(group, prefix)?;
            // What encodes begins with a picture.
            (layers.first()?.inputs(group)? != 3).then_some((prefix, layers))
        })?;
        let latent = layers.first()?.inputs(group)?;
        let channels = layers.last()?.outputs(group)?;
        let has_block = layers.iter().any(|layer| layer.is_block);
        if !has_block || !matches!(channels, 1 | 3) {
            return None;
        }
        Some(blueprint(group, hints, prefix, &layers, [latent, channels]))
    }
}

/// A layer with its number.
#[derive(Clone, Debug)]
struct Layer {
    number: usize,
    module: String,
    is_block: bool,
}

impl Layer {
    fn weight<'a>(&self, group: &Group<'a>) -> Option<&'a [usize]> {
        let module = match self.is_block {
            true => part(&self.module, "conv.0"),
            false => self.module.clone(),
        };
        group.shape(&part(&module, "weight"))
    }

    fn inputs(&self, group: &Group<'_>) -> Option<usize> {
        self.weight(group)?.get(1).copied()
    }

    fn outputs(&self, group: &Group<'_>) -> Option<usize> {
        self.weight(group)?.first().copied()
    }

    fn has_bias(&self, group: &Group<'_>) -> bool {
        group.has(&part(&self.module, "bias"))
    }
}

fn layers(group: &Group<'_>, prefix: &str) -> Option<Vec<Layer>> {
    let found: Vec<Layer> = (0..MAX_LAYERS)
        .filter_map(|number| {
            let module = format!("{prefix}{number}");
            let is_block = group.has(&format!("{module}.conv.0.weight"));
            let is_conv = group.has(&format!("{module}.weight"));
            (is_block || is_conv).then_some(Layer {
                number,
                module,
                is_block,
            })
        })
        .collect();
    (found.len() > 3).then_some(found)
}

fn blueprint(
    group: &Group<'_>,
    hints: &Hints,
    prefix: &str,
    layers: &[Layer],
    [latent, channels]: [usize; 2],
) -> Result<Blueprint, String> {
    let [height, width] = hints.latent.unwrap_or([SIDE; 2]);
    // Each layer without a bias follows a doubling.
    let last = layers.len() - 1;
    let doublings = layers[..last]
        .iter()
        .filter(|layer| !layer.is_block && !layer.has_bias(group));
    let factor = 1_usize << doublings.count().min(10);
    let image = [
        channels,
        height.saturating_mul(factor),
        width.saturating_mul(factor),
    ];
    let decoder = decoder(group, layers, [latent, height, width])?;
    let encoder_prefix = prefix.replace("decoder", "encoder");
    let encoder_layers = match prefix {
        "" => None,
        _ => self::layers(group, &encoder_prefix),
    };
    let encoder = encoder_layers.map(|layers| encoder(group, &layers, image));
    let shape = SpaceShape::Image {
        channels: latent,
        height,
        width,
    };
    let mut notes = vec![
        "seeds are drawn from a normal distribution; pictures that make sense come from codes that an \
         encoder or a diffusion model made"
            .to_owned(),
    ];
    if encoder.is_none() {
        notes.push("its encoder is a file of its own, which --encoder adds".to_owned());
    }
    Ok(Blueprint {
        spaces: BTreeMap::from([(Space::Z, shape)]),
        decoder: Some(decoder),
        encoder: encoder.transpose()?,
        why: format!(
            "it has blocks such as {prefix}{}.conv.0, and {latent} channels become {channels} at {factor} \
             times the side",
            layers
                .iter()
                .find(|layer| layer.is_block)
                .map_or(0, |layer| layer.number)
        ),
        notes,
        ..Blueprint::empty(Kind::General, image)
    })
}

fn decoder(group: &Group<'_>, layers: &[Layer], code: [usize; 3]) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "z", &code);
    net.scale(1.0 / MAGNITUDE, 0.0).function(Function::Tanh);
    net.scale(MAGNITUDE, 0.0);
    let [_, mut height, mut width] = code;
    let last = layers.len() - 1;
    for (index, layer) in layers.iter().enumerate() {
        if layer.is_block {
            block(&mut net, group, &layer.module);
        } else if index == 0 {
            net.conv(&layer.module, window(1, 1)).relu();
        } else if index == last {
            net.conv(&layer.module, window(1, 1));
        } else {
            (height, width) = (2 * height, 2 * width);
            net.upsample(height, width);
            net.conv(&layer.module, window(1, 1));
        }
    }
    net.function(Function::Clamp { min: 0.0, max: 1.0 });
    let at = net.at();
    net.output("picture", &at);
    net.finish()
}

fn encoder(group: &Group<'_>, layers: &[Layer], image: [usize; 3]) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "picture", &image);
    let last = layers.len() - 1;
    for (index, layer) in layers.iter().enumerate() {
        // A number that is left out is that of a function between two layers.
        let is_followed_by_function = layers
            .get(index + 1)
            .is_some_and(|next| next.number > layer.number + 1);
        if layer.is_block {
            block(&mut net, group, &layer.module);
            continue;
        }
        let halves = index < last && (is_followed_by_function || !layer.has_bias(group));
        net.conv(&layer.module, window(if halves { 2 } else { 1 }, 1));
        if is_followed_by_function {
            net.relu();
        }
    }
    let at = net.at();
    net.output("z", &at);
    net.finish()
}

/// Three convolutions beside a short cut, in later ones after a part with a norm.
fn block(net: &mut Net<'_>, group: &Group<'_>, module: &str) {
    let mut start = net.at();
    if group.has(&format!("{module}.pool.0.weight")) {
        net.conv(&format!("{module}.pool.0"), window(1, 0));
        net.group_norm(&format!("{module}.pool.1"), GROUPS, 1e-5)
            .relu();
        net.conv(&format!("{module}.pool.3"), window(1, 0));
        let pooled = net.at();
        net.add(&start, &pooled);
        start = net.at();
    }
    net.conv(&format!("{module}.conv.0"), window(1, 1)).relu();
    net.conv(&format!("{module}.conv.2"), window(1, 1)).relu();
    net.conv(&format!("{module}.conv.4"), window(1, 1));
    let changed = net.at();
    net.go_to(&start);
    if group.has(&format!("{module}.skip.weight")) {
        net.conv(&format!("{module}.skip"), window(1, 0));
    }
    let kept = net.at();
    net.add(&changed, &kept).relu();
}
