//! StyleGAN2 (Karras et al. 2020) as rosinality's PyTorch port writes it, `conv1.conv.weight`, and as NVIDIA's
//! StyleGAN2-ADA and StyleGAN3 repositories do, `synthesis.b4.conv1.weight`: configs E, F and cifar, any size, with skip connections to the
//! picture or residual ones, also conditional on a class.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, part, window};
use super::Architecture;
use super::style_mapping::StyleMapping;
use crate::model::graph::{Function, Operation};
use std::collections::BTreeMap;
use std::f32::consts::SQRT_2;

pub struct StyleGan2;

/// The filter [1, 3, 3, 1] that follows zeros between pixels.
const TAPS: [f32; 4] = [0.25, 0.75, 0.75, 0.25];
const SLOPE: f32 = 0.2;
/// The most sizes of pictures, from 4 pixels up.
const MAX_SIZES: usize = 10;

impl Architecture for StyleGan2 {
    fn title(&self) -> &'static str {
        "StyleGAN2"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let names = if group.has("conv1.conv.modulation.weight") {
            port(group)
        } else if group.has("synthesis.b4.conv1.affine.weight") {
            nvidia(group)
        } else {
            return None;
        };
        Some(blueprint(group, &names, hints))
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
    mapping: StyleMapping,
    start: String,
    /// The first has a size of its own; of the others two belong to each.
    layers: Vec<Layer>,
    /// What adds to the picture at each size, where something does.
    pictures: Vec<Option<Layer>>,
    /// What leads around the two layers of each size, where they are residual.
    skips: Vec<Option<String>>,
    /// Whether stored weights are multiplied by `1 / sqrt(fan_in)`.
    is_scaled: bool,
}

/// rosinality's names.
fn port(group: &Group<'_>) -> Names {
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
    let mut pictures = vec![Some(picture("to_rgb1"))];
    for size in 0..MAX_SIZES {
        let [first, second] = [2 * size, 2 * size + 1].map(|index| format!("convs.{index}"));
        if !group.has(&format!("{second}.conv.weight")) {
            break;
        }
        layers.push(layer(&first, 2 * size + 1));
        layers.push(layer(&second, 2 * size + 2));
        pictures.push(Some(picture(&format!("to_rgbs.{size}"))));
        group.take(&format!("{first}.conv.blur.kernel"));
        group.take(&format!("to_rgbs.{size}.upsample.kernel"));
    }
    let mapping = (1..64).map(|index| format!("style.{index}"));
    let mapping = mapping.take_while(|module| group.has(&part(module, "weight")));
    Names {
        layout: "rosinality's layout",
        mapping: StyleMapping {
            layers: mapping.collect(),
            embedding: None,
        },
        start: "input.input".to_owned(),
        layers,
        skips: vec![None; pictures.len()],
        pictures,
        is_scaled: true,
    }
}

/// NVIDIA's names.
fn nvidia(group: &Group<'_>) -> Names {
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
    let mut skips = Vec::new();
    for size in 0..MAX_SIZES {
        let block = format!("synthesis.b{}", 4_usize << size);
        if !group.has(&format!("{block}.conv1.weight")) {
            break;
        }
        if size > 0 {
            layers.push(layer(&format!("{block}.conv0")));
        }
        layers.push(layer(&format!("{block}.conv1")));
        let module = |name: &str| {
            let module = format!("{block}.{name}");
            group.has(&part(&module, "weight")).then_some(module)
        };
        pictures.push(module("torgb").map(|module| Layer {
            noise: None,
            ..layer(&module)
        }));
        skips.push(module("skip"));
    }
    for name in group.names() {
        if name.ends_with("resample_filter") {
            group.take(name);
        }
    }
    Names {
        layout: "NVIDIA's layout",
        mapping: StyleMapping::of_nvidia(group),
        start: "synthesis.b4.const".to_owned(),
        layers,
        pictures,
        skips,
        is_scaled: false,
    }
}

fn blueprint(group: &Group<'_>, names: &Names, hints: &Hints) -> Result<Blueprint, String> {
    let sizes = names.pictures.len();
    let side = 4_usize << (sizes - 1);
    let dims = names.mapping.dims(group)?;
    let w_dim = dims.w;
    let num_ws = 2 * sizes;
    let rgb = names.pictures.last().and_then(Option::as_ref);
    let rgb = rgb.ok_or("its last layer gives no picture")?;
    let channels = group.shape(&rgb.bias).unwrap_or_default();
    let channels = channels.iter().product();
    let image = [channels, side, side];
    let mut more = BTreeMap::new();
    let decoder = synthesis(group, names, [num_ws, w_dim], image, &mut more)?;
    let mut blueprint = Blueprint::of_vectors(Kind::General, dims.z, image, decoder);
    names
        .mapping
        .lead(group, dims, num_ws, hints, &mut blueprint)?;
    blueprint.more = more;
    blueprint.why = format!(
        "it has modulated convolutions in {} from 4x4 to {side}x{side} pixels",
        names.layout
    );
    Ok(blueprint)
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
    let mut around: Option<String> = None;
    for (index, layer) in names.layers.iter().enumerate() {
        let doubles = index % 2 == 1;
        let size = index.div_ceil(2);
        let side = 4_usize << size;
        if doubles && let Some(module) = names.skips.get(size).and_then(Option::as_ref) {
            around = Some(skip(&mut net, group, module)?);
        }
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
        net.function(Function::LeakyRelu { slope: SLOPE });
        if doubles {
            net.scale(SQRT_2, 0.0);
            continue;
        }
        match around.take() {
            // Both parts keep half of the variance, so that the gain of the function goes.
            Some(around) => {
                let x = net.at();
                net.add(&around, &x);
            }
            None => drop(net.scale(SQRT_2, 0.0)),
        }
        // The last layer of each size may have a picture.
        let x = net.at();
        if let Some(before) = picture.take() {
            net.go_to(&before);
            filter(&mut net, 2, [2, 2, 1, 1]);
            picture = Some(net.at());
        }
        if let Some(rgb) = names.pictures.get(size).and_then(Option::as_ref) {
            net.go_to(&x);
            convolve(&mut net, group, names, rgb, [index + 1, w_dim], false)?;
            net.bias(&rgb.bias);
            let here = net.at();
            if let Some(before) = &picture {
                net.add(before, &here);
            }
            picture = Some(net.at());
        }
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
    net.row(row, w_dim);
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

/// What leads around the two layers of a size, which double it; goes on from where it began.
fn skip(net: &mut Net<'_>, group: &Group<'_>, module: &str) -> Result<String, String> {
    let shape = group.shape(&part(module, "weight")).unwrap_or_default();
    let &[_, inputs, 1, 1] = shape else {
        return Err(format!("its layer {module:?} is broken"));
    };
    let x = net.at();
    net.conv(module, window(1, 0));
    // Half of the variance.
    net.times("weight", (0.5 / inputs.max(1) as f32).sqrt());
    filter(net, 2, [2, 2, 1, 1]);
    let around = net.at();
    net.go_to(&x);
    Ok(around)
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
