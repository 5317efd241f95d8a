//! StyleGAN3 (Karras et al. 2021), configs T and R, as NVIDIA's repository writes it: `synthesis.input.freqs`,
//! `synthesis.L0_36_512.weight`. A picture of waves that w turns and moves, layers whose functions work on a finer
//! grid between two filters, and a frame of pixels around the picture that is cut off at the end.
//!
//! What the file does not say follows from its filters and the names of its layers: their lengths are to
//! each other as the factors by which a layer refines and coarsens.

use super::super::blueprint::{Blueprint, Kind};
use super::super::derived::Rule;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, part};
use super::Architecture;
use super::style_mapping::StyleMapping;
use super::symmetric;
use crate::model::graph::{Function, Operation, PadMode, ReduceMode};
use std::f32::consts::{SQRT_2, TAU};

pub struct StyleGan3;

const SLOPE: f32 = 0.2;
/// How much finer the grid of a function is than that of the finer of the two layers around it.
const FINER: usize = 2;
/// What the last layer's numbers are multiplied by.
const OUTPUT_SCALE: f32 = 0.25;
/// Added to the mean square of a style, which cancels out in the end.
const EPSILON: f32 = 1e-20;
/// The most layers.
const MAX_LAYERS: usize = 64;
/// The largest side of a layer.
const MAX_SIDE: usize = 8192;
/// The largest side of the first.
const MAX_FIRST: usize = 1024;
/// The most parts that a layer is worked on in.
const MAX_PARTS: usize = 512;
/// Numbers of a picture on the finer grid that are worked on at once: channels are independent there, and a part of
/// them takes less memory.
const MAX_FINE: usize = 1 << 25;

impl Architecture for StyleGan3 {
    fn title(&self) -> &'static str {
        "StyleGAN3"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        group.shape("synthesis.input.freqs")?;
        let layers = Layer::all(group);
        Some(layers.and_then(|layers| blueprint(group, &layers, hints)))
    }
}

/// A layer of the synthesis network.
struct Layer {
    module: String,
    /// The side of what it gives.
    side: usize,
    /// Channels out, channels in, and the side of its kernel.
    channels: usize,
    inputs: usize,
    kernel: usize,
    /// The filter of the way to the finer grid, and how many times finer it is.
    up: Option<(Vec<f32>, usize)>,
    down: Option<Down>,
}

/// The way back from the finer grid.
struct Down {
    factor: usize,
    /// Taps along a side.
    len: usize,
    /// Filters along both sides with a factor each, which add up.
    filters: Vec<(Vec<f32>, f32)>,
}

impl Layer {
    /// All of them in their order.
    fn all(group: &Group<'_>) -> Result<Vec<Self>, String> {
        let mut named: Vec<(usize, usize, &str)> = Vec::new();
        for name in group.names() {
            let Some(module) = name
                .strip_prefix("synthesis.")
                .and_then(|name| name.strip_suffix(".weight"))
            else {
                continue;
            };
            if let Some((index, side)) = numbers(module) {
                named.push((index, side, module));
            }
        }
        named.sort_unstable();
        let mut places = named.iter().enumerate();
        let in_order = places.all(|(at, (index, ..))| at == *index);
        if !in_order || !(2..=MAX_LAYERS).contains(&named.len()) {
            return Err(format!(
                "its {} layers, such as synthesis.L0_36_512, are not all there",
                named.len()
            ));
        }
        let count = named.len();
        let layers = named.into_iter().map(|(index, side, module)| {
            let module = format!("synthesis.{module}");
            Self::of(group, module, side, index + 1 == count)
        });
        layers.collect()
    }

    fn of(group: &Group<'_>, module: String, side: usize, is_last: bool) -> Result<Self, String> {
        let shape = group.shape(&part(&module, "weight")).unwrap_or_default();
        let &[channels, inputs, kernel @ (1 | 3), other] = shape else {
            return Err(format!("its layer {module:?} has the shape {shape:?}"));
        };
        let names = ["up_filter", "down_filter"].map(|filter| part(&module, filter));
        let lens = names.each_ref().map(|name| {
            let shape = group.shape(name)?;
            shape.first().copied()
        });
        let (up, down) = match lens {
            // The last layer stays on its grid.
            [None, None] if is_last => (None, None),
            [Some(up), Some(down)] if up > 0 && down > 0 && !is_last => {
                let factors = if up % down == 0 {
                    [FINER * (up / down), FINER]
                } else if down % up == 0 {
                    [FINER, FINER * (down / up)]
                } else {
                    return Err(format!(
                        "the filters of its layer {module:?} have {up} and {down} taps"
                    ));
                };
                let taps = group.values(&names[0])?;
                if taps.len() != up {
                    return Err(format!("the filter {:?} has more than one axis", names[0]));
                }
                let down = Down {
                    factor: factors[1],
                    len: down,
                    filters: filters(group, &names[1], down)?,
                };
                (Some((taps, factors[0])), Some(down))
            }
            _ => return Err(format!("the filters of its layer {module:?} are missing")),
        };
        if kernel != other || !(1..=MAX_SIDE).contains(&side) || (is_last && kernel != 1) {
            return Err(format!("its layer {module:?} has the shape {shape:?}"));
        }
        Ok(Self {
            module,
            side,
            channels,
            inputs,
            kernel,
            up,
            down,
        })
    }

    /// By what sampling rates before and after it are to each other.
    fn factors(&self) -> [usize; 2] {
        let up = self.up.as_ref().map_or(1, |(_, factor)| *factor);
        [up, self.down.as_ref().map_or(1, |down| down.factor)]
    }

    /// The border of its input on the finer grid, on the left and on the right; less than nothing is cut off.
    fn border(&self, before: usize) -> [isize; 2] {
        let [up, down] = self.factors();
        let taps = self.up.as_ref().map_or(1, |(taps, _)| taps.len());
        let back = self.down.as_ref().map_or(1, |down| down.len);
        let number = |number: usize| isize::try_from(number).unwrap_or(isize::MAX / 8);
        let wanted = number((self.side - 1).saturating_mul(down) + taps + back) - 1;
        let there = number((before + self.kernel - 1).saturating_mul(up));
        let border = wanted - there;
        let left = (border + number(up)).div_euclid(2);
        [left, border - left]
    }
}

/// Index and side in a name such as `L3_52_512`.
fn numbers(module: &str) -> Option<(usize, usize)> {
    let mut parts = module.strip_prefix('L')?.split('_');
    let [index, side, channels] = [parts.next()?, parts.next()?, parts.next()?];
    channels.parse::<usize>().ok()?;
    match parts.next() {
        None => Some((index.parse().ok()?, side.parse().ok()?)),
        Some(_) => None,
    }
}

/// The filters along both sides that a stored one is: one of taps, or of the same in all directions.
fn filters(group: &Group<'_>, name: &str, len: usize) -> Result<Vec<(Vec<f32>, f32)>, String> {
    let values = group.values(name)?;
    match group.shape(name) {
        Some(&[_]) => Ok(vec![(values, 1.0)]),
        Some(&[rows, columns]) if rows == columns => {
            let parts = symmetric::parts(&values, len);
            parts.ok_or_else(|| format!("the filter {name:?} is not the same along both sides"))
        }
        shape => Err(format!("the filter {name:?} has the shape {shape:?}")),
    }
}

fn blueprint(group: &Group<'_>, layers: &[Layer], hints: &Hints) -> Result<Blueprint, String> {
    let mapping = StyleMapping::of_nvidia(group);
    let dims = mapping.dims(group)?;
    let last = layers.last().ok_or("it has no layers")?;
    let image = [last.channels, last.side, last.side];
    let rows = layers.len() + 1;
    let decoder = synthesis(group, layers, [rows, dims.w], image)?;
    let mut blueprint = Blueprint::of_vectors(Kind::General, dims.z, image, decoder);
    mapping.lead(group, dims, rows, hints, &mut blueprint)?;
    let config = match layers.first().map_or(0, |layer| layer.kernel) {
        1 => "R, which turns with its details",
        _ => "T, which moves with its details",
    };
    let side = last.side;
    blueprint.why = format!(
        "it has Fourier features and {} filtered layers up to {side}x{side} pixels: config {config}",
        layers.len() - 1
    );
    Ok(blueprint)
}

fn synthesis(
    group: &Group<'_>,
    layers: &[Layer],
    [rows, w_dim]: [usize; 2],
    image: [usize; 3],
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "w+", &[rows, w_dim]);
    let mut side = layers.first().map_or(1, |layer| layer.side);
    waves(&mut net, group, [side, rate(layers)?], w_dim)?;
    for (index, layer) in layers.iter().enumerate() {
        convolve(&mut net, layer, [index + 1, w_dim]);
        // Before it, the mean square of all that comes in was brought to one.
        let (weight, bias) = (true, true);
        net.then(Operation::Affine { weight, bias });
        let magnitude = part(&layer.module, "magnitude_ema");
        net.derived("weight", Rule::InverseRoot, &[&magnitude]);
        net.bias_of(&part(&layer.module, "bias"));
        filtered(&mut net, layer, side)?;
        side = layer.side;
    }
    net.scale(0.5 * OUTPUT_SCALE, 0.5);
    net.function(Function::Clamp { min: 0.0, max: 1.0 });
    net.reshape(&image);
    let at = net.at();
    net.output("picture", &at);
    net.finish()
}

/// The sampling rate of the first layer, in pixels for the side of a picture: that of the last is the side itself.
fn rate(layers: &[Layer]) -> Result<usize, String> {
    let mut rate = layers.last().map_or(1, |layer| layer.side);
    for layer in layers.iter().rev() {
        let [up, down] = layer.factors();
        rate = rate.saturating_mul(down);
        if !rate.is_multiple_of(up) {
            return Err("its filters do not fit its size".to_owned());
        }
        rate /= up;
    }
    Ok(rate)
}

/// The waves that everything starts from: a sine along each of the stored frequencies, on a grid that the first row
/// of w+ turns and moves.
fn waves(
    net: &mut Net<'_>,
    group: &Group<'_>,
    [side, rate]: [usize; 2],
    w_dim: usize,
) -> Result<(), String> {
    let input = |tensor: &str| format!("synthesis.input.{tensor}");
    let &[channels, 2] = group.shape(&input("freqs")).unwrap_or_default() else {
        return Err("its frequencies are broken".to_owned());
    };
    let grid = places(group, [side, rate])?;
    net.go_to("w+");
    net.row(0, w_dim);
    let gain = 1.0 / (w_dim.max(1) as f32).sqrt();
    net.scaled_linear(&input("affine"), [gain, 1.0]);
    let all = net.at();
    // Cosine and sine of the turn, and two steps, all divided by the length of the first two.
    let (axis, start, end) = (0, 0, 2);
    net.then(Operation::Slice { axis, start, end });
    net.function(Function::Square);
    net.reshape(&[1, 2]);
    let (axis, mode) = (1, ReduceMode::Sum);
    net.then(Operation::Reduce { axis, mode });
    net.function(Function::Sqrt);
    let length = net.at();
    net.node(Operation::Divide, &[&all, &length]);
    net.reshape(&[4, 1, 1]);
    let parts = net.then(Operation::Split {
        axis: 0,
        sizes: vec![1; 4],
    });
    let parts = parts.at();
    let [cos, sin, right, below] = [0, 1, 2, 3].map(|index| format!("{parts}.{index}"));
    let [x, y] = grid.map(|values| {
        net.given(&[1, side, side], values);
        net.at()
    });
    let x = net.node(Operation::Subtract, &[&x, &right]);
    let y = net.node(Operation::Subtract, &[&y, &below]);
    let turned = |net: &mut Net<'_>, a: &str, b: &str, operation: Operation| {
        let a = net.node(Operation::Multiply, &[&x, a]);
        let b = net.node(Operation::Multiply, &[&y, b]);
        net.node(operation, &[&a, &b])
    };
    let along = turned(net, &cos, &sin, Operation::Subtract);
    let across = turned(net, &sin, &cos, Operation::Add);
    net.node(Operation::Concatenate { axis: 0 }, &[&along, &across]);
    net.channels_by(&input("freqs"), channels, Some(&input("phases")));
    net.times("weight", TAU).times("bias", TAU);
    net.function(Function::Sin);
    net.channels_by(&input("weight"), channels, None);
    net.times("weight", 1.0 / (channels.max(1) as f32).sqrt());
    Ok(())
}

/// Where the pixels of the first grid lie, across and down, as the stored transform has it; the picture reaches
/// from -0.5 to 0.5.
fn places(group: &Group<'_>, [side, rate]: [usize; 2]) -> Result<[Vec<f32>; 2], String> {
    if side > MAX_FIRST || rate == 0 {
        return Err(format!("it starts from {side}x{side} pixels"));
    }
    let transform = group.values("synthesis.input.transform")?;
    let &[a, b, right, c, d, below, e, f, g] = &transform[..] else {
        return Err("the transform of its waves is broken".to_owned());
    };
    // The longest that a vector of length one becomes, squared.
    let (sum, area) = (a * a + b * b + c * c + d * d, a * d - b * c);
    let largest = 0.5 * (sum + (sum * sum - 4.0 * area * area).max(0.0).sqrt());
    if [e, f, g] != [0.0, 0.0, 1.0] || largest > 1.001 {
        return Err("the transform of its waves makes them faster, which is not read".to_owned());
    }
    let place = |at: usize| (at as f32 + 0.5 - 0.5 * side as f32) / rate as f32;
    let pixels = || (0..side * side).map(|at| [place(at % side), place(at / side)]);
    let row = |[a, b, step]: [f32; 3]| pixels().map(|[x, y]| a * x + b * y + step).collect();
    Ok([row([a, b, right]), row([c, d, below])])
}

/// The modulated convolution of a layer, whose picture grows by what its kernel reaches.
fn convolve(net: &mut Net<'_>, layer: &Layer, [row, w_dim]: [usize; 2]) {
    let &Layer {
        channels,
        inputs,
        kernel,
        ..
    } = layer;
    if kernel > 1 {
        net.then(Operation::Pad {
            padding: [(kernel - 1) / 2; 4],
            mode: PadMode::Zeros,
        });
    }
    let x = net.at();
    net.go_to("w+");
    net.row(row, w_dim);
    let gain = 1.0 / (w_dim.max(1) as f32).sqrt();
    net.scaled_linear(&part(&layer.module, "affine"), [gain, 1.0]);
    let demodulate = layer.up.is_some();
    let mut factor = 1.0;
    if demodulate {
        net.normalise(EPSILON);
    } else {
        factor = 1.0 / ((inputs * kernel * kernel).max(1) as f32).sqrt();
    }
    let style = net.at();
    let operation = Operation::ModulatedConv {
        channels,
        kernel,
        up: 1,
        demodulate,
        gain: 1.0,
    };
    net.modulated(
        &part(&layer.module, "weight"),
        operation,
        [&x, &style],
        factor,
    );
}

/// The function of a layer between its two filters.
fn filtered(net: &mut Net<'_>, layer: &Layer, before: usize) -> Result<(), String> {
    let border = layer.border(before);
    let (Some((taps, up)), Some(down)) = (&layer.up, &layer.down) else {
        return match border {
            [0, 0] => Ok(()),
            _ => Err("its last layer changes the size of the picture".to_owned()),
        };
    };
    let [left, right] = border.map(|border| usize::try_from(border).unwrap_or(0));
    let cut = border.map(isize::unsigned_abs);
    let cut = [0, 1].map(|end| if border[end] < 0 { cut[end] } else { 0 });
    // Pixels that are cut off whole need not be refined.
    let wide = before + layer.kernel - 1;
    let [first, rest] = cut.map(|cut| cut / up);
    let side = wide.checked_sub(first + rest).filter(|side| *side > 0);
    let side = side.ok_or("one of its layers cuts off the whole picture")?;
    let [cut_first, cut_rest] = cut.map(|cut| cut % up);
    let fine = (side.saturating_mul(*up) + left + right).checked_sub(taps.len() - 1);
    let fine = fine.filter(|fine| *fine > cut_first + cut_rest && *fine <= 4 * MAX_SIDE);
    let fine = fine.ok_or("one of its layers is of no sound size")?;
    let slice = |net: &mut Net<'_>, start: usize, end: usize| {
        for axis in [1, 2] {
            net.then(Operation::Slice { axis, start, end });
        }
    };
    if first + rest > 0 {
        slice(net, first, wide - rest);
    }
    let whole = net.at();
    let at_once = (MAX_FINE / (fine * fine)).max(1);
    if layer.channels.div_ceil(at_once) > MAX_PARTS {
        return Err("one of its layers is of no sound size".to_owned());
    }
    let mut parts = Vec::new();
    for start in (0..layer.channels).step_by(at_once) {
        net.go_to(&whole);
        if layer.channels > at_once {
            let (axis, end) = (0, (start + at_once).min(layer.channels));
            net.then(Operation::Slice { axis, start, end });
        }
        net.then(Operation::Resample {
            taps: taps.clone(),
            up: *up,
            down: 1,
            padding: [left, left, right, right],
            // The gain of the function goes through it.
            gain: SQRT_2 * (up * up) as f32,
        });
        if cut_first + cut_rest > 0 {
            slice(net, cut_first, fine - cut_rest);
        }
        net.function(Function::LeakyRelu { slope: SLOPE });
        parts.push(coarsened(net, down));
    }
    if let [_, _, ..] = parts[..] {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        net.node(Operation::Concatenate { axis: 0 }, &parts);
    }
    Ok(())
}

/// What the filter of the way back gives: the sum of its parts.
fn coarsened(net: &mut Net<'_>, down: &Down) -> String {
    let fine = net.at();
    let mut sum: Option<String> = None;
    for (taps, gain) in &down.filters {
        let operation = Operation::Resample {
            taps: taps.clone(),
            up: 1,
            down: down.factor,
            padding: [0; 4],
            gain: *gain,
        };
        let part = net.node(operation, &[&fine]);
        if let Some(before) = sum {
            net.add(&before, &part);
        }
        sum = Some(net.at());
    }
    net.at()
}
