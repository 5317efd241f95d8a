//! A file of weights whose architecture is not known, for a person to say how it is built: what is in it, a first guess,
//! and what a draft of hints comes to.

use super::architecture::{layers_so_far, square};
use super::container::Container;
use super::group::{Group, Module, ModuleKind, part_of};
use super::hints::{Activation, Hints, Layer, Layers, Range, hints_beside};
use super::{Foreign, companions};
use std::path::{Path, PathBuf};

/// The most layers that a guess has.
const MAX_GUESSED: usize = 100;
/// The most layers of a draft whose shapes are shown.
const MAX_FOLLOWED: usize = 200;
/// Layers of a generator have words from here on in their names ([`part_of`]).
const FIRST_OF_DECODER: usize = 3;

/// A file that was looked at and whose architecture is not known.
#[derive(Clone, Debug)]
pub struct Undescribed {
    path: PathBuf,
    container: Container,
    /// Why it was not opened, as a sentence.
    pub why: String,
    /// Its layers by the names of their modules, in the order of the file, each with what it looks like.
    pub modules: Vec<(String, Part)>,
    /// What stands in the file of hints beside it already.
    begun: Option<Hints>,
}

/// What a module of a file looks like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Such as `linear 20 to 1568`.
    pub shape: String,
    kind: ModuleKind,
}

/// What a draft of hints comes to.
#[derive(Clone, PartialEq, Debug)]
pub struct Outline {
    /// The shape after each layer of the decoder, as far as they fit.
    pub shapes: Vec<Vec<usize>>,
    /// What the model would be, or what is wrong with the draft, as a sentence.
    pub outcome: Result<String, String>,
}

impl Undescribed {
    /// Looks at a file that could not be opened because of `why`. `None` where hints would not help: the
    /// file is broken, holds no weights, or says itself how it is wired.
    pub fn open(path: &Path, why: String) -> Option<Self> {
        let mut container = Container::open(path).ok()?;
        let (_, begun) = Hints::beside(path).ok()?;
        companions::read_config(&mut container, path);
        let modules = modules(&Group::whole(&container));
        if container.program.is_some() || modules.is_empty() {
            return None;
        }
        Some(Self {
            path: path.to_owned(),
            begun: (begun != Hints::default()).then_some(begun),
            container,
            why,
            modules,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file that a description is written to.
    pub fn hints_file(&self) -> Option<PathBuf> {
        hints_beside(&self.path)
    }

    /// Whether it is what was looked at before, with the same hints beside it.
    pub fn is_same(&self, other: &Self) -> bool {
        (&self.path, &self.modules, &self.begun) == (&other.path, &other.modules, &other.begun)
    }

    /// What all names of modules begin with, up to a dot: of no use where they stand one below the other.
    pub fn prefix(&self) -> &str {
        let mut names = self.modules.iter().map(|(name, _)| name.as_str());
        let first = names.next().unwrap_or_default();
        let common = names.fold(first, |common, name| {
            let same = common.bytes().zip(name.bytes());
            let len = same.take_while(|(a, b)| a == b).count();
            // Up to a dot, so never within a character.
            common[..common.floor_char_boundary(len)].trim_end_matches(|c| c != '.')
        });
        match self.modules.len() {
            0 | 1 => "",
            _ => common,
        }
    }

    /// Its rows for people, each with a name.
    pub fn rows(&self) -> Vec<(&'static str, String)> {
        let tensors = self.container.tensors.len();
        vec![
            ("file", self.path.display().to_string()),
            ("container", self.container.form.to_string()),
            ("tensors", tensors.to_string()),
            ("not opened", self.why.clone()),
        ]
    }

    /// Hints to begin with: those that are there, or a guess from the names and the shapes.
    pub fn guess(&self) -> Hints {
        let mut hints = self.begun.clone().unwrap_or_default();
        if hints.decoder.is_none() {
            let group = Group::whole(&self.container);
            let decoder = best_guess(&group);
            let end = layers_so_far(&group, &decoder, decoder.layers.len());
            hints.image = hints.image.or_else(|| match end.as_deref() {
                Ok(&[channels, height, width]) => Some([channels, height, width]),
                Ok(&[numbers]) => square(numbers, &Hints::default()),
                _ => None,
            });
            hints.decoder = Some(decoder);
        }
        hints.image.get_or_insert([3, 64, 64]);
        hints.range.get_or_insert(Range::Unit);
        hints
    }

    /// What a draft comes to.
    pub fn outline(&self, draft: &Hints) -> Outline {
        let group = Group::whole(&self.container);
        let mut shapes = Vec::new();
        let mut fault = None;
        if let Some(decoder) = &draft.decoder {
            // Each shape is followed from the beginning.
            for count in 1..=decoder.layers.len().min(MAX_FOLLOWED) {
                match layers_so_far(&group, decoder, count) {
                    Ok(shape) => shapes.push(shape),
                    Err(sentence) => {
                        let layer = &decoder.layers[count - 1];
                        let is_norm =
                            matches!(layer, Layer::BatchNorm { .. } | Layer::GroupNorm { .. });
                        let sentence = match shapes.last().map(Vec::as_slice) {
                            Some(&[numbers]) if is_norm || sentence.contains("[channels") => {
                                format!(
                                    "it needs a picture, and what it gets is {numbers} numbers in a row; a reshape \
                                     has to lie before it"
                                )
                            }
                            _ => without_node(&sentence).to_owned(),
                        };
                        fault = Some(format!("layer {count}, {layer}: {sentence}"));
                        break;
                    }
                }
            }
        }
        let outcome = match fault {
            Some(fault) => Err(fault),
            None => Foreign::of(self.container.clone(), &self.path, draft.clone()).map(|foreign| {
                let image = foreign.manifest.image;
                let spaces = foreign.manifest.spaces.iter();
                let spaces: Vec<String> = spaces
                    .map(|(space, shape)| format!("{space} of {shape}"))
                    .collect();
                format!(
                    "From {} to a picture of {}x{}, {}",
                    spaces.join(", "),
                    image.width,
                    image.height,
                    if image.channels == 1 { "grey" } else { "RGB" }
                )
            }),
        };
        Outline { shapes, outcome }
    }

    /// A reshape of what has the shape `from`: a square picture of as many channels as the layer `next` takes.
    pub fn reshape(&self, from: &[usize], next: Option<&Layer>) -> Layer {
        let module = next.and_then(Layer::module);
        let part = module.and_then(|module| self.modules.iter().find(|(name, _)| name == module));
        let channels = match (part.map(|(_, part)| &part.kind), next) {
            (Some(ModuleKind::BatchNorm(channels)), _) => *channels,
            (Some(ModuleKind::Kernel { sides, .. }), Some(Layer::Conv { .. })) => sides[1],
            (Some(ModuleKind::Kernel { sides, .. }), _) => sides[0],
            _ => 1,
        };
        let numbers = from
            .iter()
            .fold(1, |product: usize, &side| product.saturating_mul(side));
        square_of(numbers, channels.max(1))
    }

    /// The layer of a module, with settings that are usual for its shape.
    pub fn layer(&self, module: &str) -> Option<Layer> {
        let (name, part) = self.modules.iter().find(|(name, _)| name == module)?;
        Some(layer_of(name, part, None))
    }
}

fn modules(group: &Group<'_>) -> Vec<(String, Part)> {
    let order = group.orders().first();
    order.map_or_else(Vec::new, |order| parts(group, order))
}

/// Modules with what they look like.
fn parts(group: &Group<'_>, modules: &[Module]) -> Vec<(String, Part)> {
    let part = |Module { name, kind }: &Module| {
        let shape = match kind {
            ModuleKind::Linear { inputs, outputs } => format!("linear {inputs} to {outputs}"),
            ModuleKind::Kernel {
                sides: [a, b, height, width],
                ..
            } => format!("kernel {height}x{width}, {a} and {b} channels"),
            ModuleKind::BatchNorm(channels) => format!("batch norm of {channels}"),
            ModuleKind::Other => match group.shape(&super::net::part(name, "weight")) {
                Some([channels]) => format!("norm of {channels}"),
                _ => "of another kind".to_owned(),
            },
        };
        let kind = kind.clone();
        (name.clone(), Part { shape, kind })
    };
    modules.iter().map(part).collect()
}

/// A sentence about a graph without its node: people know layers by their numbers.
fn without_node(sentence: &str) -> &str {
    let rest = sentence.strip_prefix("node \"");
    let rest = rest.and_then(|rest| rest.split_once("\": "));
    rest.map_or(sentence, |(_, rest)| rest)
}

/// Of the guesses that the possible orders of the layers lead to, the one that goes furthest.
fn best_guess(group: &Group<'_>) -> Layers {
    let orders = group.orders().iter().map(|order| parts(group, order));
    let orders: Vec<Vec<(String, Part)>> = orders.collect();
    // Sorted by name, the matrix that a code goes into may stand anywhere.
    let matrices_first = orders.first().map(|order| {
        let mut order = order.clone();
        order.sort_by_key(|(_, part)| !matches!(part.kind, ModuleKind::Linear { .. }));
        order
    });
    let mut best: Option<(usize, Layers)> = None;
    for order in orders.iter().chain(&matrices_first) {
        let guessed = Layers {
            prefix: String::new(),
            layers: guess(order),
        };
        let missing = guessed.layers.len() - fitting(group, &guessed);
        if best.as_ref().is_none_or(|(least, _)| missing < *least) {
            best = Some((missing, guessed));
        }
    }
    best.map(|(_, layers)| layers).unwrap_or_default()
}

/// How many layers of a decoder fit one another, from the first on.
fn fitting(group: &Group<'_>, decoder: &Layers) -> usize {
    let counts: Vec<usize> = (1..=decoder.layers.len()).collect();
    // Where one does not fit, none after it does.
    counts.partition_point(|&count| layers_so_far(group, decoder, count).is_ok())
}

/// The layers of the decoder in their likeliest order: modules whose names say so, or all, with what has to lie
/// between them.
fn guess(modules: &[(String, Part)]) -> Vec<Layer> {
    let is_named = |(name, _): &&(String, Part)| part_of(name) >= FIRST_OF_DECODER;
    let named: Vec<_> = modules.iter().filter(is_named).collect();
    let chosen = match named.is_empty() {
        true => modules.iter().collect(),
        false => named,
    };
    let mut layers = Vec::new();
    let mut flow = Flow::Code;
    let count = chosen.len().min(MAX_GUESSED);
    for (index, (name, part)) in chosen.into_iter().take(MAX_GUESSED).enumerate() {
        let layer = layer_of(name, part, Some(flow));
        if let ModuleKind::BatchNorm(_) | ModuleKind::Other = part.kind {
            // The function comes after the norm.
            let function = layers.pop_if(|layer| matches!(layer, Layer::Function(_)));
            if let (Flow::Vector(len), ModuleKind::BatchNorm(channels)) = (flow, &part.kind)
                && len != *channels
            {
                layers.push(square_of(len, *channels));
                flow = Flow::Picture(*channels);
            }
            layers.push(layer);
            layers.extend(function);
            continue;
        }
        if let (Flow::Vector(len), &ModuleKind::Kernel { sides, .. }) = (flow, &part.kind) {
            let [a, b, ..] = sides;
            let is_transposed = matches!(layer, Layer::ConvTranspose { .. });
            layers.push(square_of(len, if is_transposed { a } else { b }));
        }
        flow = match (&layer, &part.kind) {
            (Layer::Linear { .. }, ModuleKind::Linear { outputs, .. }) => Flow::Vector(*outputs),
            (Layer::ConvTranspose { .. }, ModuleKind::Kernel { sides, .. }) => {
                Flow::Picture(sides[1])
            }
            (Layer::Conv { .. }, ModuleKind::Kernel { sides, .. }) => Flow::Picture(sides[0]),
            _ => flow,
        };
        layers.push(layer);
        let function = match index + 1 == count {
            true => Activation::Sigmoid,
            false => Activation::Relu,
        };
        layers.push(Layer::Function(function));
    }
    layers
}

/// The shape of the data between two layers, where it can be inferred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Flow {
    /// A code as it comes.
    Code,
    /// So many numbers.
    Vector(usize),
    /// A picture of so many channels.
    Picture(usize),
}

/// So many numbers as a square picture of channels.
fn square_of(len: usize, channels: usize) -> Layer {
    let side = (len / channels.max(1)).isqrt();
    Layer::Reshape {
        reshape: vec![channels, side, side],
    }
}

/// The layer of a module, after what flows into it.
fn layer_of(name: &str, part: &Part, flow: Option<Flow>) -> Layer {
    let module = name.to_owned();
    match part.kind {
        ModuleKind::Linear { .. } => Layer::Linear { linear: module },
        ModuleKind::BatchNorm(_) => Layer::BatchNorm {
            batch_norm: module,
            epsilon: super::hints::epsilon(),
        },
        ModuleKind::Kernel { sides, bias } => {
            let [side, _] = [sides[2], sides[3]];
            if !is_transposed(sides, bias, flow) {
                return Layer::Conv {
                    conv: module,
                    stride: 1,
                    padding: side / 2,
                    groups: 1,
                };
            }
            let [stride, padding, output_padding] = match (flow, side) {
                // A code becomes as many pixels as the kernel has.
                (Some(Flow::Code), _) => [1, 0, 0],
                (_, 2) => [2, 0, 0],
                (_, 3) => [2, 1, 1],
                (_, 4) => [2, 1, 0],
                (_, 5) => [2, 2, 1],
                (_, side) => [1, side / 2, 0],
            };
            Layer::ConvTranspose {
                conv_transpose: module,
                stride,
                padding,
                output_padding,
            }
        }
        ModuleKind::Other => Layer::GroupNorm {
            group_norm: module,
            groups: 32,
            epsilon: super::hints::epsilon(),
        },
    }
}

/// Whether a kernel `[a, b, height, width]` is that of a transposed convolution, from a to b channels: by its
/// bias, by the channels that flow into it, or, where both fit, because such kernels have even sides.
fn is_transposed([a, b, side, _]: [usize; 4], bias: Option<usize>, flow: Option<Flow>) -> bool {
    if a != b
        && let Some(bias) = bias
    {
        return bias == b;
    }
    match flow {
        Some(Flow::Picture(channels)) if a != b => channels == a,
        Some(Flow::Vector(len)) if a != b => {
            let is_square = |channels: usize| {
                let pixels = len / channels.max(1);
                channels * pixels == len && pixels.isqrt().pow(2) == pixels
            };
            is_square(a) && (!is_square(b) || side.is_multiple_of(2))
        }
        Some(Flow::Code) => true,
        _ => side.is_multiple_of(2),
    }
}
