//! Layers one after the other whose settings are not in the file: strides and borders are found by
//! trying those that are in use, until the sizes fit.

use super::super::group::{Module, ModuleKind};
use super::super::hints::Hints;
use super::super::net::{Net, window};
use crate::model::graph::{Function, Operation};

/// Sides of pictures that people train on, the likeliest first.
const SIDES: [usize; 14] = [
    64, 28, 32, 128, 256, 96, 48, 16, 80, 100, 112, 160, 224, 512,
];

/// The most kernels that are tried both ways.
const MAX_OPEN: usize = 4;
/// The most kernels of a stack.
const MAX_KERNELS: usize = 40;

/// How a kernel of some side moves: stride, border, and what is added at the far edge.
type Step = [usize; 3];

/// Whether a stack halves sides or doubles them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Towards {
    Codes,
    Pictures,
}

/// A layer of a stack.
#[derive(Clone, Debug)]
pub struct Layer<'a> {
    pub module: &'a str,
    pub kind: LayerKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LayerKind {
    /// A convolution or a transposed one with its kernel's side and the channels that it gives.
    Kernel {
        side: usize,
        channels: usize,
        transposed: bool,
        /// Whether its shape fits both.
        either: bool,
    },
    Norm,
}

/// The steps that a kernel of a side may take, the likeliest first; `from_one` in a stack that begins
/// with a single pixel.
fn steps(side: usize, transposed: bool, from_one: bool) -> &'static [Step] {
    match (side, transposed) {
        // A kernel of 3 among those of 4 is there to make 7 pixels of 4.
        (3, true) if from_one => &[[2, 1, 0], [2, 1, 1], [1, 1, 0]],
        (4, true) => &[[2, 1, 0], [1, 0, 0], [2, 0, 0]],
        (4, false) => &[[2, 1, 0], [2, 0, 0]],
        (3, true) => &[[2, 1, 1], [2, 1, 0], [1, 1, 0], [2, 0, 0], [1, 0, 0]],
        (3, false) => &[[2, 1, 0], [1, 1, 0], [2, 0, 0], [1, 0, 0]],
        (2, true) => &[[2, 0, 0]],
        (5, true) => &[[2, 2, 1], [2, 0, 0], [2, 1, 0], [1, 0, 0]],
        (5, false) => &[[2, 2, 0], [1, 2, 0], [2, 0, 0], [1, 0, 0]],
        (6, true) => &[[2, 2, 0], [2, 0, 0]],
        (7, true) => &[[1, 0, 0], [1, 3, 0]],
        (7, false) => &[[1, 3, 0], [2, 3, 0], [1, 0, 0]],
        (1, _) => &[[1, 0, 0]],
        _ => &[[2, 0, 0], [1, 0, 0]],
    }
}

fn after(
    side: usize,
    kernel: usize,
    [stride, padding, more]: Step,
    transposed: bool,
) -> Option<usize> {
    if transposed {
        let side = (side.checked_sub(1)? * stride + kernel + more).checked_sub(2 * padding)?;
        return (side > 0).then_some(side);
    }
    let room = (side + 2 * padding).checked_sub(kernel)?;
    Some(room / stride + 1)
}

/// The layers of modules that all are kernels or norms, followed from so many channels; `None` where
/// one is none or takes other channels.
pub fn layers(modules: &[Module], channels: usize, towards: Towards) -> Option<Vec<Layer<'_>>> {
    let mut channels = channels;
    let mut found = Vec::with_capacity(modules.len());
    for module in modules {
        let kind = match module.kind {
            ModuleKind::BatchNorm(count) if count == channels => LayerKind::Norm,
            ModuleKind::Kernel {
                sides: [a, b, height, width],
                bias,
            } if height == width => {
                let may_be_plain = b == channels && bias.is_none_or(|bias| bias == a);
                let may_be_transposed = a == channels && bias.is_none_or(|bias| bias == b);
                let transposed = match (may_be_plain, may_be_transposed) {
                    (true, true) => towards == Towards::Pictures && height % 2 == 0,
                    (false, true) => towards == Towards::Pictures,
                    (true, false) => false,
                    (false, false) => return None,
                };
                if !may_be_plain && !transposed {
                    return None;
                }
                channels = if transposed { b } else { a };
                LayerKind::Kernel {
                    side: height,
                    channels,
                    transposed,
                    either: may_be_plain && may_be_transposed,
                }
            }
            _ => return None,
        };
        found.push(Layer {
            module: &module.name,
            kind,
        });
    }
    Some(found)
}

/// The layers with each way to take kernels of which the shape fits both ways, the likeliest first.
pub fn variants<'a>(layers: &[Layer<'a>]) -> Vec<Vec<Layer<'a>>> {
    let is_either = |layer: &Layer<'_>| {
        let LayerKind::Kernel { either, .. } = layer.kind else {
            return false;
        };
        either
    };
    let open: Vec<usize> = (0..layers.len())
        .filter(|&index| is_either(&layers[index]))
        .collect();
    let open = &open[open.len().saturating_sub(MAX_OPEN)..];
    let variant = |turned: usize| {
        let mut layers = layers.to_vec();
        for (digit, &index) in open.iter().enumerate() {
            if turned >> digit & 1 == 1
                && let LayerKind::Kernel { transposed, .. } = &mut layers[index].kind
            {
                *transposed = !*transposed;
            }
        }
        layers
    };
    (0..1 << open.len()).map(variant).collect()
}

/// The steps of each kernel that lead from a picture of side `from` to one that `is_wanted`, given
/// its side. Kernels of one side take the same steps, but for the first and the last, which may
/// differ.
pub fn solve(
    layers: &[Layer<'_>],
    from: usize,
    is_wanted: impl Fn(usize) -> bool,
) -> Option<Vec<Step>> {
    let kernels: Vec<(usize, bool)> = layers
        .iter()
        .filter_map(|layer| match layer.kind {
            LayerKind::Kernel {
                side, transposed, ..
            } => Some((side, transposed)),
            LayerKind::Norm => None,
        })
        .collect();
    if kernels.len() > MAX_KERNELS {
        return None;
    }
    // A single pixel becomes as many as the kernel has: no border is cut off.
    let from_one = from == 1 && kernels.first().is_some_and(|&(side, up)| up && side > 1);
    // Three settings: of the first, of the last, and of all between, by their sides.
    for special in [0, 1, 2, 3] {
        let mut groups: Vec<(usize, bool, usize)> = Vec::new();
        let mut of = Vec::with_capacity(kernels.len());
        for (index, &(side, transposed)) in kernels.iter().enumerate() {
            let is_first = index == 0 && special & 1 != 0;
            let is_last = index + 1 == kernels.len() && special & 2 != 0;
            let key = (
                side,
                transposed,
                usize::from(is_first) + 2 * usize::from(is_last),
            );
            let place = groups.iter().position(|group| *group == key);
            of.push(place.unwrap_or(groups.len()));
            if place.is_none() {
                groups.push(key);
            }
        }
        if groups.len() > 5 {
            continue;
        }
        let mut choice = vec![0; groups.len()];
        'choices: loop {
            let step = |index: usize| {
                if from_one && index == 0 {
                    return [1, 0, 0];
                }
                let (side, transposed, _) = groups[of[index]];
                steps(side, transposed, from_one)[choice[of[index]]]
            };
            let mut side = Some(from);
            for (index, &(kernel, transposed)) in kernels.iter().enumerate() {
                side = side.and_then(|side| after(side, kernel, step(index), transposed));
            }
            if side.is_some_and(&is_wanted) {
                return Some((0..kernels.len()).map(step).collect());
            }
            for digit in 0..choice.len() {
                choice[digit] += 1;
                let (side, transposed, _) = groups[digit];
                if choice[digit] < steps(side, transposed, from_one).len() {
                    continue 'choices;
                }
                choice[digit] = 0;
            }
            break;
        }
    }
    None
}

/// Whether people train on pictures of a side.
pub fn is_usual(side: usize) -> bool {
    SIDES.contains(&side)
}

/// The usual sides, the likeliest first.
pub fn usual_sides() -> impl Iterator<Item = usize> {
    SIDES.into_iter()
}

/// The side after all layers.
pub fn end(layers: &[Layer<'_>], steps: &[Step], from: usize) -> Option<usize> {
    let mut steps = steps.iter();
    layers
        .iter()
        .try_fold(from, |side, layer| match layer.kind {
            LayerKind::Kernel {
                side: kernel,
                transposed,
                ..
            } => after(side, kernel, *steps.next()?, transposed),
            LayerKind::Norm => Some(side),
        })
}

/// Channels after all layers.
pub fn channels(layers: &[Layer<'_>]) -> Option<usize> {
    layers.iter().rev().find_map(|layer| match layer.kind {
        LayerKind::Kernel { channels, .. } => Some(channels),
        LayerKind::Norm => None,
    })
}

/// Adds the layers to a network: after each but the last, or after its norm, comes `between`.
pub fn build(
    net: &mut Net<'_>,
    layers: &[Layer<'_>],
    steps: &[Step],
    between: Option<Function>,
    ends_with_function: bool,
    hints: &Hints,
) {
    let mut steps = steps.iter();
    for (index, layer) in layers.iter().enumerate() {
        match layer.kind {
            LayerKind::Kernel { transposed, .. } => {
                let &[stride, padding, more] = steps.next().unwrap_or(&[1, 0, 0]);
                match transposed {
                    true => net.conv_transpose(layer.module, window(stride, padding), [more; 2]),
                    false => net.conv(layer.module, window(stride, padding)),
                };
            }
            LayerKind::Norm => {
                net.batch_norm(layer.module, hints.epsilon.unwrap_or(1e-5));
            }
        }
        let next = layers.get(index + 1);
        let norm_follows = next.is_some_and(|next| next.kind == LayerKind::Norm);
        let is_last = next.is_none();
        if let Some(function) = between
            && !norm_follows
            && (!is_last || ends_with_function)
        {
            net.then(Operation::Pointwise { function });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kernels(sides: &[(usize, bool)]) -> Vec<Layer<'static>> {
        let layer = |&(side, transposed)| Layer {
            module: "a",
            kind: LayerKind::Kernel {
                side,
                channels: 8,
                transposed,
                either: false,
            },
        };
        sides.iter().map(layer).collect()
    }

    #[test]
    fn sizes_of_known_networks_are_found() {
        // PyTorch's DCGAN: 1 to 64 by five kernels of side 4.
        let dcgan = kernels(&[(4, true); 5]);
        let steps = solve(&dcgan, 1, is_usual).expect("there is one");
        assert_eq!(end(&dcgan, &steps, 1), Some(64));
        assert_eq!((steps[0], steps[1]), ([1, 0, 0], [2, 1, 0]));
        // Its form for digits: 1, 4, 7, 14, 28.
        let digits = kernels(&[(4, true), (3, true), (4, true), (4, true)]);
        let steps = solve(&digits, 1, is_usual).expect("there is one");
        assert_eq!(end(&digits, &steps, 1), Some(28));
        // 7 to 28 by two kernels of side 3.
        let small = kernels(&[(3, true), (3, true)]);
        let steps = solve(&small, 7, is_usual).expect("there is one");
        assert_eq!(end(&small, &steps, 7), Some(28));
        // World models: 1, 5, 13, 30, 64.
        let world = kernels(&[(5, true), (5, true), (6, true), (6, true)]);
        let steps = solve(&world, 1, |side| side == 64).expect("there is one");
        assert_eq!(end(&world, &steps, 1), Some(64));
        assert_eq!(solve(&small, 7, |side| side == 1000), None);
    }
}
