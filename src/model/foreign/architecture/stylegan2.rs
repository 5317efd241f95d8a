//! StyleGAN2 (Karras et al. 2020) as rosinality's PyTorch port writes it, `conv1.conv.weight`, and as NVIDIA's
//! StyleGAN2-ADA and StyleGAN3 repositories do, `synthesis.b4.conv1.weight`: config F and E, any size.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, part};
use super::Architecture;
use crate::latent::{Space, SpaceShape};
use crate::model::graph::{Function, Operation};
use std::collections::BTreeMap;
use std::f32::consts::SQRT_2;

pub struct StyleGan2;

/// What the learning rate of the mapping network is multiplied by, and so its stored weights.
const MAPPING_RATE: f32 = 0.01;
/// The filter [1, 3, 3, 1] that follows zeros between pixels.
const TAPS: [f32; 4] = [0.25, 0.75, 0.75, 0.25];
const SLOPE: f32 = 0.2;
/// The most sizes of pictures, from 4 pixels up.
const MAX_SIZES: usize = 10;

impl Architecture for StyleGan2 {
    fn title(&self) -> &'static str {
        "StyleGAN2"
    }

    fn recognise(&self, group: &Group<'_>, _: &Hints) -> Option<Result<Blueprint, String>> {
        let names = if group.has("conv1.conv.modulation.weight") {
            port(group)
        } else if group.has("synthesis.b4.conv1.affine.weight") {
            nvidia(group)
        } else {
            return None;
        };
        Some(names.and_then(|names| blueprint(group, &names)))
    }
}

/// A modulated convolution by the names of its tensors.
struct Layer {
    weight: String,
    affine: String,
    bias: String,
    /// Strength and constant of its noise; picture layers have none.
    noise: Option<[String; 2]>,
}

struct Names {
    /// In which layout.
    layout: &'static str,
    mapping: Vec<String>,
    start: String,
    /// The first has a size of its own; of the others two belong to each.
    layers: Vec<Layer>,
    pictures: Vec<Layer>,
    /// Whether stored weights are multiplied by `1 / sqrt(fan_in)`.
    is_scaled: bool,
}

/// rosinality's names.
fn port(group: &Group<'_>) -> Result<Names, String> {
    let layer = |module: &str, index: usize| Layer {
        weight: format!("{module}.conv.weight"),
        affine: format!("{module}.conv.modulation"),
        bias: format!("{module}.activate.bias"),
        noise: Some([
            format!("{module}.noise.weight"),
            format!("noises.noise_{index}"),
        ]),
    };
    let picture = |module: &str| Layer {
        weight: format!("{module}.conv.weight"),
        affine: format!("{module}.conv.modulation"),
        bias: format!("{module}.bias"),
        noise: None,
    };
    let mut layers = vec![layer("conv1", 0)];
    let mut pictures = vec![picture("to_rgb1")];
    for size in 0..MAX_SIZES {
        let [first, second] = [2 * size, 2 * size + 1].map(|index| format!("convs.{index}"));
        if !group.has(&format!("{second}.conv.weight")) {
            break;
        }
        layers.push(layer(&first, 2 * size + 1));
        layers.push(layer(&second, 2 * size + 2));
        pictures.push(picture(&format!("to_rgbs.{size}")));
        group.take(&format!("{first}.conv.blur.kernel"));
        group.take(&format!("to_rgbs.{size}.upsample.kernel"));
    }
    let mapping = (1..64).map(|index| format!("style.{index}"));
    let mapping = mapping.take_while(|module| group.has(&part(module, "weight")));
    Ok(Names {
        layout: "rosinality's layout",
        mapping: mapping.collect(),
        start: "input.input".to_owned(),
        layers,
        pictures,
        is_scaled: true,
    })
}

/// NVIDIA's names.
fn nvidia(group: &Group<'_>) -> Result<Names, String> {
    if group.has("mapping.embed.weight") {
        return Err("it is conditional on a class, which is not read yet".to_owned());
    }
    if group.names().any(|name| name.ends_with(".skip.weight")) {
        return Err("its generator is residual, which is not read yet".to_owned());
    }
    let layer = |module: &str| Layer {
        weight: format!("{module}.weight"),
        affine: format!("{module}.affine"),
        bias: format!("{module}.bias"),
        noise: Some([
            format!("{module}.noise_strength"),
            format!("{module}.noise_const"),
        ]),
    };
    let mut layers = Vec::new();
    let mut pictures = Vec::new();
    for size in 0..MAX_SIZES {
        let block = format!("synthesis.b{}", 4_usize << size);
        if !group.has(&format!("{block}.conv1.weight")) {
            break;
        }
        if size > 0 {
            layers.push(layer(&format!("{block}.conv0")));
        }
        layers.push(layer(&format!("{block}.conv1")));
        pictures.push(Layer {
            noise: None,
            ..layer(&format!("{block}.torgb"))
        });
    }
    for name in group.names() {
        if name.ends_with("resample_filter") || name == "mapping.w_avg" {
            group.take(name);
        }
    }
    let mapping = (0..64).map(|index| format!("mapping.fc{index}"));
    let mapping = mapping.take_while(|module| group.has(&part(module, "weight")));
    Ok(Names {
        layout: "NVIDIA's layout",
        mapping: mapping.collect(),
        start: "synthesis.b4.const".to_owned(),
        layers,
        pictures,
        is_scaled: false,
    })
}

fn blueprint(group: &Group<'_>, names: &Names) -> Result<Blueprint, String> {
    let sizes = names.pictures.len();
    let side = 4_usize << (sizes - 1);
    let first = names.mapping.first().ok_or("it has no mapping network")?;
    let shape = group.shape(&part(first, "weight"));
    let &[w_dim, z_dim] = shape.unwrap_or_default() else {
        return Err("its mapping network is broken".to_owned());
    };
    let num_ws = 2 * sizes;
    let rgb = group.shape(&names.pictures[0].bias).unwrap_or_default();
    let channels = rgb.iter().product();
    let image = [channels, side, side];
    let mut more = BTreeMap::new();
    let decoder = synthesis(group, names, [num_ws, w_dim], image, &mut more)?;
    let mut blueprint = Blueprint::of_vectors(Kind::General, z_dim, image, decoder);
    let vector = SpaceShape::Vector { dim: w_dim };
    let rows = SpaceShape::Layers {
        layers: num_ws,
        dim: w_dim,
    };
    blueprint
        .spaces
        .extend([(Space::W, vector), (Space::W_PLUS, rows)]);
    blueprint.maps = vec![(Space::Z, Space::W, mapping(group, names, z_dim)?)];
    blueprint.more = more;
    blueprint.why = format!(
        "it has modulated convolutions in {} from 4x4 to {side}x{side} pixels",
        names.layout
    );
    blueprint.notes.push(
        "the mean of w is measured over seeds when it is loaded; an average in the file is not used"
            .to_owned(),
    );
    Ok(blueprint)
}

fn mapping(group: &Group<'_>, names: &Names, z_dim: usize) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "z", &[z_dim]);
    net.then(Operation::Normalise {
        axis: 0,
        epsilon: 1e-8,
    });
    for module in &names.mapping {
        let inputs = group
            .shape(&part(module, "weight"))
            .and_then(|shape| shape.last());
        let inputs = inputs.copied().unwrap_or(1).max(1) as f32;
        net.scaled_linear(module, [MAPPING_RATE / inputs.sqrt(), MAPPING_RATE]);
        net.function(Function::LeakyRelu { slope: SLOPE });
        net.scale(SQRT_2, 0.0);
    }
    let at = net.at();
    net.output("w", &at);
    net.finish()
}

fn synthesis(
    group: &Group<'_>,
    names: &Names,
    [num_ws, w_dim]: [usize; 2],
    image: [usize; 3],
    more: &mut BTreeMap<String, Weight>,
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "w+", &[num_ws, w_dim]);
    let start = group.shape(&names.start).unwrap_or_default();
    let &[.., channels, 4, 4] = start else {
        return Err(format!(
            "it starts from the shape {start:?}, not from 4x4 pixels"
        ));
    };
    net.constant(&names.start, &[channels, 4, 4]);
    let mut picture: Option<String> = None;
    for (index, layer) in names.layers.iter().enumerate() {
        let doubles = index % 2 == 1;
        let side = 4_usize << index.div_ceil(2);
        convolve(&mut net, group, names, layer, [index, w_dim], doubles)?;
        if let Some([strength, noise]) = &layer.noise {
            let x = net.at();
            let input = format!("noise{index}");
            net.shared_input(&input, &[1, side, side]);
            net.go_to(&input);
            net.factor(strength);
            let noisy = net.at();
            net.add(&x, &noisy);
            if group.has(noise) {
                group.take(noise);
                let whole = format!("{}{noise}", group.prefix);
                more.insert(format!("noise.{input}"), Weight::Same(whole));
            }
        }
        net.bias(&layer.bias);
        net.function(Function::LeakyRelu { slope: SLOPE })
            .scale(SQRT_2, 0.0);
        // The last layer of each size has a picture.
        if doubles {
            continue;
        }
        let x = net.at();
        let rgb = names
            .pictures
            .get(index / 2)
            .ok_or("it lacks a picture layer")?;
        convolve(&mut net, group, names, rgb, [index + 1, w_dim], false)?;
        net.bias(&rgb.bias);
        let here = net.at();
        if let Some(before) = picture.take() {
            net.go_to(&before);
            filter(&mut net, 2, [2, 2, 1, 1]);
            let grown = net.at();
            net.add(&grown, &here);
        }
        picture = Some(net.at());
        net.go_to(&x);
    }
    net.go_to(&picture.ok_or("it has no layers")?);
    net.scale(0.5, 0.5);
    net.function(Function::Clamp { min: 0.0, max: 1.0 });
    net.reshape(&image);
    let at = net.at();
    net.output("picture", &at);
    net.finish()
}

/// A modulated convolution with the style of a row of w+.
fn convolve(
    net: &mut Net<'_>,
    group: &Group<'_>,
    names: &Names,
    layer: &Layer,
    [row, w_dim]: [usize; 2],
    doubles: bool,
) -> Result<(), String> {
    let shape = group.shape(&layer.weight).unwrap_or_default();
    let &[.., channels, inputs, kernel, _] = shape else {
        return Err(format!("its layer {:?} is broken", layer.weight));
    };
    let x = net.at();
    net.go_to("w+");
    net.then(Operation::Slice {
        axis: 0,
        start: row,
        end: row + 1,
    });
    net.reshape(&[w_dim]);
    net.scaled_linear(&layer.affine, [1.0 / (w_dim.max(1) as f32).sqrt(), 1.0]);
    let style = net.at();
    let demodulate = layer.noise.is_some();
    let operation = Operation::ModulatedConv {
        channels,
        kernel,
        up: if doubles { 2 } else { 1 },
        demodulate,
        gain: 1.0,
    };
    let fan_in = (inputs * kernel * kernel).max(1) as f32;
    let factor = match names.is_scaled || !demodulate {
        true => 1.0 / fan_in.sqrt(),
        false => 1.0,
    };
    net.modulated(&layer.weight, operation, [&x, &style], factor);
    if doubles {
        filter(net, 1, [1; 4]);
    }
    Ok(())
}

fn filter(net: &mut Net<'_>, up: usize, padding: [usize; 4]) {
    net.then(Operation::Resample {
        taps: TAPS.to_vec(),
        up,
        down: 1,
        padding,
        gain: 1.0,
    });
}
