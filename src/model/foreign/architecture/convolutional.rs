//! GANs and VAEs of convolutions as tutorials build them: PyTorch's DCGAN and its relatives, and VAEs
//! of convolutions, two matrices for mean and log variance, and transposed convolutions.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::{Group, Module, ModuleKind, is_logvar, is_mean};
use super::super::hints::{Activation, Hints, Posterior, Range};
use super::super::net::Net;
use super::Architecture;
use super::linear::{mean_and_logvar, picture};
use super::stack::{self, Layer, Towards};
use crate::model::graph::Operation;

pub struct Dcgan;
pub struct ConvVae;

impl Architecture for Dcgan {
    fn title(&self) -> &'static str {
        "DCGAN"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let mut orders = group.orders().iter();
        orders.find_map(|modules| dcgan(group, hints, modules))
    }
}

/// Reads layers as a generator, or not at all.
fn dcgan(
    group: &Group<'_>,
    hints: &Hints,
    modules: &[Module],
) -> Option<Result<Blueprint, String>> {
    // Some begin with a matrix, which fills a small picture.
    let (first, others) = modules.split_first()?;
    let (matrix, rest) = match first.kind {
        ModuleKind::Linear { inputs, outputs } => (Some((first, inputs, outputs)), others),
        _ => (None, modules),
    };
    let norm_first = matrix.is_some()
        && matches!(rest.first()?.kind, ModuleKind::BatchNorm(count) if Some(count) == matrix.map(|it| it.2));
    let (norm, rest) = if norm_first {
        (rest.first(), &rest[1..])
    } else {
        (None, rest)
    };
    let first = rest.iter().find_map(|module| match module.kind {
        ModuleKind::Kernel { sides, .. } => Some(sides[0]),
        _ => None,
    })?;
    let layers = stack::layers(rest, first, Towards::Pictures)?;
    let transposed = layers.iter().any(|layer| {
        matches!(
            layer.kind,
            stack::LayerKind::Kernel {
                transposed: true,
                ..
            }
        )
    });
    let channels = stack::channels(&layers)?;
    if !transposed || !matches!(channels, 1 | 3) {
        return None;
    }
    let (dim, start) = match matrix {
        None => (first, 1),
        Some((_, inputs, outputs)) => {
            let start = (outputs / first).isqrt();
            (start * start * first == outputs).then_some((inputs, start))?
        }
    };
    let wanted = hints.image.map(|[_, height, _]| height);
    let fitting = stack::variants(&layers).into_iter().find_map(|layers| {
        let steps = stack::solve(&layers, start, |side| match wanted {
            Some(wanted) => side == wanted,
            None => stack::is_usual(side),
        });
        Some((layers, steps?))
    });
    let Some((layers, steps)) = fitting else {
        return Some(Err(
            "its kernels lead to no usual size of pictures; a file of hints can say \
                             strides and padding"
                .to_owned(),
        ));
    };
    let side = stack::end(&layers, &steps, start)?;
    let image = [channels, side, side];
    let between = hints.activation_or(Activation::Relu);
    let mut net = Net::new(group, "z", &[dim]);
    match matrix {
        Some((module, ..)) => {
            net.linear(&module.name);
            if let Some(norm) = norm {
                net.batch_norm(&norm.name, hints.epsilon.unwrap_or(1e-5));
            }
            if let Some(function) = between {
                net.function(function);
            }
            net.reshape(&[first, start, start]);
        }
        None => {
            net.reshape(&[dim, 1, 1]);
        }
    }
    stack::build(&mut net, &layers, &steps, between, false, hints);
    picture(&mut net, image, Activation::Tanh, hints);
    Some(net.finish().map(|decoder| {
        let mut blueprint = Blueprint::of_vectors(Kind::Gan, dim, image, decoder);
        let kernels: Vec<String> = steps
            .iter()
            .map(|[stride, ..]| stride.to_string())
            .collect();
        blueprint.why = format!(
            "its transposed convolutions lead from {dim} numbers to {side}x{side} pixels with the \
                 strides {}",
            kernels.join(", ")
        );
        blueprint.notes.push(
            "functions and strides are not in the file; they are taken to be those of PyTorch's \
                 example, relu and tanh"
                .to_owned(),
        );
        blueprint
    }))
}

/// The layers of a VAE of convolutions.
struct Parts<'a> {
    encoder: Vec<Layer<'a>>,
    /// Matrices between the convolutions and mean and log variance.
    hidden: Vec<&'a Module>,
    mean: &'a Module,
    logvar: Option<&'a Module>,
    /// Matrices between the code and the transposed convolutions.
    opening: Vec<&'a Module>,
    decoder: Vec<Layer<'a>>,
    image_channels: usize,
    dim: usize,
    /// Numbers after the convolutions, and before the transposed ones.
    flat: [usize; 2],
    /// Channels of the first transposed convolution.
    first: usize,
}

fn sizes(module: &Module) -> Option<(usize, usize)> {
    match module.kind {
        ModuleKind::Linear { inputs, outputs } => Some((inputs, outputs)),
        _ => None,
    }
}

fn parts(modules: &[Module]) -> Option<Parts<'_>> {
    let is_matrix = |module: &Module| matches!(module.kind, ModuleKind::Linear { .. });
    let begin = modules.iter().position(is_matrix)?;
    let end = modules.iter().rposition(is_matrix)? + 1;
    let middle: Vec<&Module> = modules[begin..end]
        .iter()
        .filter(|it| is_matrix(it))
        .collect();
    if middle.len() != end - begin {
        return None;
    }
    let ModuleKind::Kernel { sides, .. } = modules.first()?.kind else {
        return None;
    };
    let image_channels = sides[1];
    let encoder = stack::layers(&modules[..begin], image_channels, Towards::Codes)?;
    let (flat, _) = sizes(middle.first()?)?;
    for hidden in 0..middle.len() {
        for two in [true, false] {
            let heads = 1 + usize::from(two);
            let opening = hidden + heads;
            if opening >= middle.len() {
                continue;
            }
            let (mut mean, mut logvar) = (middle[hidden], two.then(|| middle[hidden + 1]));
            // Some make the other one first.
            if let Some(other) = logvar
                && is_logvar(&mean.name)
                && is_mean(&other.name)
            {
                (mean, logvar) = (other, Some(mean));
            }
            let (inputs, outputs) = sizes(mean)?;
            if logvar.is_some_and(|logvar| sizes(logvar) != Some((inputs, outputs))) {
                continue;
            }
            let dim = if two { outputs } else { outputs / 2 };
            let before = match hidden {
                0 => flat,
                _ => sizes(middle[hidden - 1])?.1,
            };
            let chain = &middle[opening..];
            let chains = |layers: &[&Module]| {
                let pairs = layers.windows(2);
                pairs
                    .map(|pair| (sizes(pair[0]), sizes(pair[1])))
                    .all(|pair| match pair {
                        (Some((_, a)), Some((b, _))) => a == b,
                        _ => false,
                    })
            };
            if inputs != before
                || (!two && outputs % 2 != 0)
                || sizes(chain[0])?.0 != dim
                || !chains(&middle[..hidden])
                || !chains(chain)
            {
                continue;
            }
            let back = sizes(chain.last()?)?.1;
            let first = modules[end..].iter().find_map(|module| match module.kind {
                ModuleKind::Kernel { sides, .. } => Some(sides[0]),
                _ => None,
            })?;
            return Some(Parts {
                encoder,
                hidden: middle[..hidden].to_vec(),
                mean,
                logvar,
                opening: chain.to_vec(),
                decoder: stack::layers(&modules[end..], first, Towards::Pictures)?,
                image_channels,
                dim,
                flat: [flat, back],
                first,
            });
        }
    }
    None
}

impl Architecture for ConvVae {
    fn title(&self) -> &'static str {
        "VAE of convolutions"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let mut orders = group.orders().iter();
        orders.find_map(|modules| conv_vae(group, hints, modules))
    }
}

/// Reads layers as a VAE, or not at all.
fn conv_vae(
    group: &Group<'_>,
    hints: &Hints,
    modules: &[Module],
) -> Option<Result<Blueprint, String>> {
    let parts = parts(modules)?;
    let last = stack::channels(&parts.encoder)?;
    if stack::channels(&parts.decoder)? != parts.image_channels {
        return None;
    }
    let root = |numbers: usize, channels: usize| {
        let side = (numbers / channels.max(1)).isqrt();
        (side * side * channels == numbers && side > 0).then_some(side)
    };
    let inner = root(parts.flat[0], last)?;
    let start = root(parts.flat[1], parts.first)?;
    let sides =
        stack::usual_sides().filter(|&side| hints.image.is_none_or(|image| image[1] == side));
    let decoders = stack::variants(&parts.decoder);
    // The side must fit both ways.
    let fitting = sides.into_iter().find_map(|side| {
        let down = stack::solve(&parts.encoder, side, |found| found == inner)?;
        let (decoder, up) = decoders.iter().find_map(|decoder| {
            let up = stack::solve(decoder, start, |found| found == side)?;
            Some((decoder.clone(), up))
        })?;
        Some((side, down, decoder, up))
    });
    let Some((side, down, decoder, up)) = fitting else {
        return Some(Err(
            "its kernels fit no usual size of pictures; a file of hints can say strides \
                             and padding"
                .to_owned(),
        ));
    };
    let parts = Parts { decoder, ..parts };
    Some(vae(
        group,
        hints,
        &parts,
        side,
        [&down, &up],
        [inner, start],
    ))
}

fn vae(
    group: &Group<'_>,
    hints: &Hints,
    parts: &Parts<'_>,
    side: usize,
    [down, up]: [&[[usize; 3]]; 2],
    [_, start]: [usize; 2],
) -> Result<Blueprint, String> {
    let image = [parts.image_channels, side, side];
    // AntixK's PyTorch-VAE: leaky_relu everywhere and tanh at the end.
    let is_antix = group.has("final_layer.0.weight") && group.has("fc_mu.weight");
    let (inner, outer) = match is_antix {
        true => (Activation::LeakyReluOfPyTorch, Activation::Tanh),
        false => (Activation::Relu, Activation::Sigmoid),
    };
    let between = hints.activation_or(inner);
    let outer = hints.output.unwrap_or(outer);
    let is_signed = match hints.range {
        Some(range) => range == Range::Signed,
        None => outer == Activation::Tanh,
    };
    let mut net = Net::new(group, "picture", &image);
    if is_signed {
        net.scale(2.0, -1.0);
    }
    stack::build(&mut net, &parts.encoder, down, between, true, hints);
    net.reshape(&[parts.flat[0]]);
    for module in &parts.hidden {
        net.linear(&module.name);
        if let Some(function) = between {
            net.then(Operation::Pointwise { function });
        }
    }
    match parts.logvar {
        Some(logvar) => {
            let features = net.at();
            for (module, name) in [(parts.mean, "z"), (logvar, "logvar")] {
                net.go_to(&features);
                net.linear(&module.name);
                let at = net.at();
                net.output(name, &at);
            }
        }
        None => {
            net.linear(&parts.mean.name);
            let posterior = hints.posterior.unwrap_or(Posterior::Halves);
            mean_and_logvar(&mut net, parts.dim, posterior);
        }
    }
    let encoder = net.finish()?;

    let mut net = Net::new(group, "z", &[parts.dim]);
    let last = parts.opening.len() - 1;
    for (index, module) in parts.opening.iter().enumerate() {
        net.linear(&module.name);
        // What fills the small picture is followed by a function in most, but not in AntixK's.
        if let Some(function) = between
            && (index < last || !is_antix)
        {
            net.then(Operation::Pointwise { function });
        }
    }
    net.reshape(&[parts.first, start, start]);
    stack::build(&mut net, &parts.decoder, up, between, false, hints);
    picture(&mut net, image, outer, hints);
    let mut blueprint = Blueprint::of_vectors(Kind::Vae, parts.dim, image, net.finish()?);
    blueprint.encoder = Some(encoder);
    blueprint.why = format!(
        "its layers fit one another as convolutions, mean and log variance of {} numbers, and back to \
         {side}x{side} pixels",
        parts.dim
    );
    if hints.activation.is_none() && !is_antix {
        let sentence = "functions and strides are not in the file; they are taken to be relu between \
                        layers, after the matrix that opens the decoder too, and sigmoid at the end";
        blueprint.notes.push(sentence.to_owned());
    }
    Ok(blueprint)
}
