//! VAEs, conditional VAEs and GANs of full matrices alone, whatever their layers are called: what a
//! layer is follows from the sizes that fit one another, in the order of the file.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::{Group, Module, ModuleKind, is_logvar, is_mean};
use super::super::hints::{Activation, Hints, Posterior, Range};
use super::super::net::{BuiltNet, Net};
use super::Architecture;
use crate::model::graph::{Function, Operation};

pub struct LinearVae;
pub struct LinearGenerator;

/// The most classes that are believed to be classes.
const MAX_CLASSES: usize = 256;
/// The smallest picture that is taken for one, in pixels of a side.
const MIN_SIDE: usize = 16;

/// Ends an encoder that gave means and log variances in one vector.
pub fn mean_and_logvar(net: &mut Net<'_>, dim: usize, posterior: Posterior) {
    let (shape, axis) = match posterior {
        Posterior::Pairs => ([dim, 2], 1),
        Posterior::Halves => ([2, dim], 0),
    };
    net.reshape(&shape);
    net.then(Operation::Split {
        axis,
        sizes: vec![1; 2],
    });
    let split = net.at();
    for (index, name) in ["z", "logvar"].into_iter().enumerate() {
        net.go_to(&format!("{split}.{index}"));
        net.reshape(&[dim]);
        let at = net.at();
        net.output(name, &at);
    }
}

/// Ends a decoder: a function, and numbers in 0..1.
pub fn picture(net: &mut Net<'_>, image: [usize; 3], output: Activation, hints: &Hints) {
    let output = hints.output.unwrap_or(output);
    if let Some(function) = output.function() {
        net.function(function);
    }
    let usual = match output {
        Activation::Tanh => Range::Signed,
        _ => Range::Unit,
    };
    if hints.range.unwrap_or(usual) == Range::Signed {
        net.scale(0.5, 0.5);
    }
    if output.function().is_none() {
        net.function(Function::Clamp { min: 0.0, max: 1.0 });
    }
    net.reshape(&image);
    let at = net.at();
    net.output("picture", &at);
}

/// The picture of so many numbers: what a person says, or a square, grey before coloured.
pub fn square(numbers: usize, hints: &Hints) -> Option<[usize; 3]> {
    if let Some(image) = hints.image {
        let product = image
            .iter()
            .try_fold(1_usize, |product, &side| product.checked_mul(side));
        return (product == Some(numbers)).then_some(image);
    }
    [1, 3].into_iter().find_map(|channels| {
        let side = (numbers / channels).isqrt();
        let fits = side >= MIN_SIDE && channels * side * side == numbers;
        fits.then_some([channels, side, side])
    })
}

/// A full matrix.
#[derive(Clone, Copy, Debug)]
struct Matrix<'a> {
    module: &'a str,
    inputs: usize,
    outputs: usize,
}

fn matrices(modules: &[Module]) -> Option<Vec<Matrix<'_>>> {
    let matrix = |module: &'_ Module| match module.kind {
        ModuleKind::Linear { inputs, outputs } => Some((inputs, outputs)),
        _ => None,
    };
    let found = modules.iter().map(|module| {
        let (inputs, outputs) = matrix(module)?;
        Some(Matrix {
            module: &module.name,
            inputs,
            outputs,
        })
    });
    found.collect()
}

/// The layers of a VAE: what encodes, the two that give mean and log variance (or one that gives
/// both), and what decodes.
struct Parts<'a> {
    encoder: Vec<Matrix<'a>>,
    mean: Matrix<'a>,
    logvar: Option<Matrix<'a>>,
    decoder: Vec<Matrix<'a>>,
    /// Inputs of both halves beside picture and code.
    classes: usize,
    dim: usize,
}

fn chains(layers: &[Matrix<'_>]) -> bool {
    layers
        .windows(2)
        .all(|pair| pair[0].outputs == pair[1].inputs)
}

fn parts<'a>(all: &[Matrix<'a>]) -> Option<Parts<'a>> {
    for heads in 1..all.len() {
        let (encoder, rest) = all.split_at(heads);
        let before = encoder.last()?.outputs;
        for two in [true, false] {
            let count = 1 + usize::from(two);
            if rest.len() <= count {
                continue;
            }
            let (head, decoder) = rest.split_at(count);
            let (mut mean, mut logvar) = (head[0], head.get(1).copied());
            // Some make the other one first.
            if let Some(other) = logvar
                && is_logvar(mean.module)
                && is_mean(other.module)
            {
                (mean, logvar) = (other, Some(mean));
            }
            let is_pair = logvar.is_none_or(|logvar| {
                (logvar.inputs, logvar.outputs) == (mean.inputs, mean.outputs)
            });
            let dim = match logvar {
                Some(_) => mean.outputs,
                None if mean.outputs % 2 == 0 => mean.outputs / 2,
                None => continue,
            };
            let numbers = decoder.last()?.outputs;
            let (of_picture, of_code) = (encoder[0].inputs, decoder[0].inputs);
            let classes = of_picture.checked_sub(numbers);
            let Some(classes) = classes.filter(|&classes| of_code == dim + classes) else {
                continue;
            };
            let is_sound = is_pair
                && mean.inputs == before
                && classes <= MAX_CLASSES
                && dim > 0
                && chains(encoder)
                && chains(decoder);
            if is_sound {
                return Some(Parts {
                    encoder: encoder.to_vec(),
                    mean,
                    logvar,
                    decoder: decoder.to_vec(),
                    classes,
                    dim,
                });
            }
        }
    }
    None
}

impl Architecture for LinearVae {
    fn title(&self) -> &'static str {
        "VAE of full matrices"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        group.orders().iter().find_map(|modules| {
            let all = matrices(modules)?;
            let found = parts(&all)?;
            let numbers = found.decoder.last()?.outputs;
            let image = square(numbers, hints)?;
            Some(vae(group, hints, &found, image))
        })
    }
}

fn vae(
    group: &Group<'_>,
    hints: &Hints,
    found: &Parts<'_>,
    image: [usize; 3],
) -> Result<Blueprint, String> {
    let decoder = decoder(group, hints, found, image)?;
    let mut blueprint = Blueprint::of_vectors(Kind::Vae, found.dim, image, decoder);
    let names: Vec<&str> = found.encoder.iter().map(|layer| layer.module).collect();
    let heads = match &found.logvar {
        Some(logvar) => format!("{} and {}", found.mean.module, logvar.module),
        None => format!("{} for both", found.mean.module),
    };
    blueprint.why = format!(
        "its matrices fit one another as {} into mean and log variance ({heads}), and back to {} \
         numbers",
        names.join(", "),
        image.iter().product::<usize>()
    );
    if found.classes == 0 {
        blueprint.encoder = Some(encoder(group, hints, found, image)?);
    } else {
        blueprint.with_classes(found.classes, &hints.classes);
        blueprint.kind = Kind::General;
        for layer in found
            .encoder
            .iter()
            .chain([&found.mean])
            .chain(&found.logvar)
        {
            group.leave_out(layer.module);
        }
        blueprint.notes.push(format!(
            "both halves take one of {} classes; pictures are not encoded, for that needs their class",
            found.classes
        ));
    }
    if hints.activation.is_none() {
        blueprint.notes.push(
            "the function between its layers is not in the file; it is taken to be relu".to_owned(),
        );
    }
    Ok(blueprint)
}

fn encoder(
    group: &Group<'_>,
    hints: &Hints,
    found: &Parts<'_>,
    image: [usize; 3],
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "picture", &image);
    if hints.range == Some(Range::Signed) || hints.output == Some(Activation::Tanh) {
        net.scale(2.0, -1.0);
    }
    net.reshape(&[image.iter().product()]);
    for layer in &found.encoder {
        net.linear(layer.module);
        if let Some(function) = hints.activation_or(Activation::Relu) {
            net.function(function);
        }
    }
    let features = net.at();
    match &found.logvar {
        Some(logvar) => {
            for (module, name) in [(found.mean.module, "z"), (logvar.module, "logvar")] {
                net.go_to(&features);
                net.linear(module);
                let at = net.at();
                net.output(name, &at);
            }
        }
        None => {
            net.linear(found.mean.module);
            let posterior = hints.posterior.unwrap_or(Posterior::Halves);
            mean_and_logvar(&mut net, found.dim, posterior);
        }
    }
    net.finish()
}

fn decoder(
    group: &Group<'_>,
    hints: &Hints,
    found: &Parts<'_>,
    image: [usize; 3],
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "z", &[found.dim]);
    if found.classes > 0 {
        net.input("condition", &[found.classes]);
        net.node(Operation::Concatenate { axis: 0 }, &["z", "condition"]);
    }
    let last = found.decoder.len() - 1;
    for (index, layer) in found.decoder.iter().enumerate() {
        net.linear(layer.module);
        if let Some(function) = hints.activation_or(Activation::Relu)
            && index < last
        {
            net.function(function);
        }
    }
    picture(&mut net, image, Activation::Sigmoid, hints);
    net.finish()
}

impl Architecture for LinearGenerator {
    fn title(&self) -> &'static str {
        "GAN of full matrices"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        group.orders().iter().find_map(|modules| {
            let (dim, numbers) = widening(modules)?;
            let image = square(numbers, hints)?;
            Some(generator(group, hints, modules, dim, image))
        })
    }
}

/// Numbers that a chain of matrices and norms takes and gives, if it gives more.
fn widening(modules: &[Module]) -> Option<(usize, usize)> {
    let mut width = None;
    let mut dim = None;
    let mut count = 0;
    for module in modules {
        match module.kind {
            ModuleKind::Linear { inputs, outputs } if width.is_none_or(|it| it == inputs) => {
                dim.get_or_insert(inputs);
                width = Some(outputs);
                count += 1;
            }
            ModuleKind::BatchNorm(features) if width == Some(features) => {}
            _ => return None,
        }
    }
    let (dim, numbers) = (dim?, width?);
    // A classifier or an encoder gets smaller.
    (count > 1 && dim < numbers).then_some((dim, numbers))
}

fn generator(
    group: &Group<'_>,
    hints: &Hints,
    modules: &[Module],
    dim: usize,
    image: [usize; 3],
) -> Result<Blueprint, String> {
    let has_norms = modules
        .iter()
        .any(|module| matches!(module.kind, ModuleKind::BatchNorm(_)));
    // The collection PyTorch-GAN gives its norms 0.8 where an epsilon belongs.
    let is_of_collection = has_norms && group.prefix.ends_with("model.");
    let epsilon = hints
        .epsilon
        .unwrap_or(if is_of_collection { 0.8 } else { 1e-5 });
    let mut net = Net::new(group, "z", &[dim]);
    for (index, module) in modules.iter().enumerate() {
        match module.kind {
            ModuleKind::BatchNorm(_) => net.batch_norm(&module.name, epsilon),
            _ => net.linear(&module.name),
        };
        let next = modules.get(index + 1);
        let norm_follows = next.is_some_and(|next| matches!(next.kind, ModuleKind::BatchNorm(_)));
        if let Some(function) = hints.activation_or(Activation::LeakyRelu)
            && next.is_some()
            && !norm_follows
        {
            net.function(function);
        }
    }
    picture(&mut net, image, Activation::Tanh, hints);
    let mut blueprint = Blueprint::of_vectors(Kind::Gan, dim, image, net.finish()?);
    blueprint.why = format!(
        "its matrices lead from {dim} numbers to {}",
        image.iter().product::<usize>()
    );
    if hints.activation.is_none() {
        let sentence = "the functions are not in the file; they are taken to be leaky_relu between \
                        layers and tanh at the end";
        blueprint.notes.push(sentence.to_owned());
    }
    if is_of_collection && hints.epsilon.is_none() {
        let sentence =
            "its norms are taken to have the epsilon 0.8, as in the collection PyTorch-GAN";
        blueprint.notes.push(sentence.to_owned());
    }
    Ok(blueprint)
}
