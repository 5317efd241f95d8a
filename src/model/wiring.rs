//! The networks of a model as graphs, whatever form its manifest has them in, each checked against
//! the spaces and the picture that it leads between.
//!
//! A manifest comes from a file. What passes here runs within [`MAX_LIVE`] numbers and
//! [`MAX_MULTIPLY_ADDS`] for one picture, so that neither memory nor time is without bound.

mod classifier;
mod conditions;
mod denoiser;
mod prior;

pub use conditions::takes_condition;
pub use denoiser::DenoiserGraph;
pub use prior::PriorGraph;

use super::bound_graph::BoundGraph;
use super::family::Encoding;
use super::flow;
use super::graph::{GraphSpec, NodeSpec, Operation, OutputSpec};
use super::manifest::{Manifest, MapSpec, Role};
use super::network_form::NetworkForm;
use super::noise::NoiseInput;
use super::shapes::Shape;
use super::style::{self, StyleSpec};
use crate::latent::{Space, SpaceShape};
use classifier::classifier_graph;
use conditions::{check_conditions, with_one_input};

/// Most numbers that a network of a file may keep alive at once for one picture (1 GiB as f32).
pub const MAX_LIVE: usize = 1 << 28;
/// Most multiplications that a network of a file may take for one picture: more than a minute on
/// any machine that this program is made for.
pub const MAX_MULTIPLY_ADDS: usize = 1 << 40;

/// The checked networks of a model.
#[derive(Clone, Debug)]
pub struct Wiring {
    pub decoder: Option<DecoderGraph>,
    pub denoiser: Option<DenoiserGraph>,
    /// Leads from noise in x to indices in codes.
    pub prior: Option<PriorGraph>,
    pub maps: Vec<MapGraph>,
    pub encoder: Option<EncoderGraph>,
    /// From a picture to the natural logarithm of its density.
    pub density: Option<BoundGraph>,
    /// Scores and features of pictures.
    pub classifier: Option<BoundGraph>,
}

/// What makes pictures in 0..1, its first output.
#[derive(Clone, Debug)]
pub struct DecoderGraph {
    pub graph: BoundGraph,
    /// The space whose codes its first input takes, followed by the weights of their conditions.
    pub takes: Space,
    /// What its other inputs take.
    pub noise: Vec<NoiseInput>,
}

/// What leads from one space to another.
#[derive(Clone, Debug)]
pub struct MapGraph {
    pub from: Space,
    pub to: Space,
    /// Whether it scores the indices of a grid instead of giving numbers.
    pub scores: bool,
    pub graph: BoundGraph,
}

/// What finds the codes of pictures: a code, and its log variance as a second output where it
/// gives a distribution.
#[derive(Clone, Debug)]
pub struct EncoderGraph {
    pub graph: BoundGraph,
    pub gives: Space,
    pub gives_logvar: bool,
    /// How many indices it scores at each place, where its codes are grids of them.
    pub scores: Option<usize>,
}

impl Wiring {
    /// Builds and checks all networks of a manifest.
    ///
    /// # Errors
    /// A sentence when they, the spaces and the picture do not fit one another.
    pub fn of(manifest: &Manifest) -> Result<Self, String> {
        let traits = manifest.family.traits();
        for role in traits.networks {
            if !manifest.networks.contains_key(role) {
                return Err(format!("it has no {}", role.name()));
            }
        }
        let mut roles = manifest.networks.keys();
        if let Some(other) =
            roles.find(|role| !traits.networks.contains(role) && !traits.optional.contains(role))
        {
            let role = other.name();
            return Err(format!("a {role} does not belong to this family"));
        }
        check_family_spaces(manifest)?;
        check_conditions(manifest)?;
        // The decoder comes first: whether the spaces lead to it depends on what it takes.
        let form = manifest.networks.get(&Role::Decoder);
        let decoder = match (&manifest.style, &manifest.flow, form) {
            (Some(spec), ..) => Some(synthesis(manifest, spec)?),
            (None, Some(spec), _) => Some(DecoderGraph {
                graph: bounded("decoder", flow::decoder_graph(spec, manifest.image)?)?,
                takes: Space::Z,
                noise: Vec::new(),
            }),
            (None, None, Some(form)) => Some(decoder(manifest, form)?),
            (None, None, None) => None,
        };
        let denoiser = denoiser::denoiser(manifest)?;
        if let (Some(denoiser), Some(decoder)) = (&denoiser, &decoder)
            && denoiser.takes != decoder.takes
        {
            return Err(format!(
                "the decoder takes codes in {}, but the denoiser those in {}",
                decoder.takes, denoiser.takes
            ));
        }
        if traits.generates {
            manifest.check_spaces()?;
        }
        let prior = prior::prior(manifest)?;
        let mut maps = Vec::new();
        if let Some(spec) = &manifest.style {
            maps.push(MapGraph {
                from: Space::Z,
                to: Space::W,
                scores: false,
                graph: style::mapping_graph(spec)?,
            });
        }
        for spec in &manifest.maps {
            maps.push(map(manifest, spec)?);
        }
        let form = manifest.networks.get(&Role::Encoder);
        let encoder = match (&manifest.flow, form) {
            (Some(spec), _) => Some(EncoderGraph {
                graph: bounded("encoder", flow::encoder_graph(spec, manifest.image)?)?,
                gives: Space::Z,
                gives_logvar: false,
                scores: None,
            }),
            (None, Some(form)) => Some(encoder_graph(manifest, form)?),
            (None, None) => None,
        };
        let density = manifest.flow.as_ref().map(|spec| {
            let graph = flow::density_graph(spec, manifest.image)?;
            bounded("density", graph)
        });
        let classifier = manifest.networks.get(&Role::Classifier);
        let classifier = classifier.map(|form| classifier_graph(manifest, form));
        Ok(Self {
            decoder,
            denoiser,
            prior,
            maps,
            encoder,
            density: density.transpose()?,
            classifier: classifier.transpose()?,
        })
    }

    /// All graphs.
    pub fn graphs(&self) -> impl Iterator<Item = &BoundGraph> {
        let decoder = self.decoder.iter().map(|decoder| &decoder.graph);
        let denoiser = self.denoiser.iter().map(|denoiser| &denoiser.graph);
        let maps = self.maps.iter().map(|map| &map.graph);
        let encoder = self.encoder.iter().map(|encoder| &encoder.graph);
        let prior = self.prior.iter().map(|prior| &prior.graph);
        let makers = decoder.chain(denoiser).chain(prior);
        let others = encoder.chain(&self.density).chain(&self.classifier);
        makers.chain(maps).chain(others)
    }
}

/// Checks that a model has the spaces of its family: the general one may have any.
fn check_family_spaces(manifest: &Manifest) -> Result<(), String> {
    let traits = manifest.family.traits();
    match (&manifest.style, traits.has_styles) {
        (Some(spec), true) => return check_style_spaces(manifest, spec),
        (None, true) => return Err("it has no section \"style\"".to_owned()),
        (Some(_), false) => {
            return Err("only style-based models have a section \"style\"".to_owned());
        }
        (None, false) => {}
    }
    match (&manifest.flow, traits.has_likelihood) {
        (Some(_), true) => {
            let dim = manifest.image.len();
            if manifest.spaces.get(&Space::Z) != Some(&SpaceShape::Vector { dim }) {
                return Err(format!(
                    "the space z must be {dim}, as many as a picture has"
                ));
            }
        }
        (None, true) => return Err("it has no section \"flow\"".to_owned()),
        (Some(_), false) => return Err("only flows have a section \"flow\"".to_owned()),
        (None, false) => {}
    }
    if !traits.generates {
        return if manifest.spaces.is_empty() && manifest.maps.is_empty() {
            Ok(())
        } else {
            Err(format!("a {} has no latent space", traits.title))
        };
    }
    if traits.has_any_spaces {
        return Ok(());
    }
    if !matches!(
        manifest.spaces.get(&Space::Z),
        Some(SpaceShape::Vector { .. })
    ) {
        return Err("z must be a vector".to_owned());
    }
    match manifest.spaces.keys().find(|&&space| space != Space::Z) {
        Some(space) => Err(format!("models of this family have no {space} space")),
        None => Ok(()),
    }
}

fn check_style_spaces(manifest: &Manifest, spec: &StyleSpec) -> Result<(), String> {
    style::plan(spec, manifest.image)?;
    let wanted = [
        (Space::Z, SpaceShape::Vector { dim: spec.z_dim }),
        (Space::W, SpaceShape::Vector { dim: spec.w_dim }),
        (
            Space::W_PLUS,
            SpaceShape::Layers {
                layers: spec.num_ws,
                dim: spec.w_dim,
            },
        ),
    ];
    for (space, shape) in wanted {
        if manifest.spaces.get(&space) != Some(&shape) {
            return Err(format!("the space {space} must be {shape}"));
        }
    }
    Ok(())
}

fn synthesis(manifest: &Manifest, spec: &StyleSpec) -> Result<DecoderGraph, String> {
    let plan = style::plan(spec, manifest.image)?;
    let mut graph = style::synthesis_graph(spec, &plan, manifest.image.channels)?;
    if let Some(decoder) = code_decoder(manifest)? {
        graph = bounded("synthesis", graph.then(&decoder, "decoder.")?)?;
    }
    let layers = plan.layers.iter().enumerate().filter(|_| spec.noise);
    let noise = layers.map(|(index, layer)| NoiseInput {
        tensor: format!("synthesis.{index}.noise"),
        shape: vec![layer.side, layer.side],
    });
    Ok(DecoderGraph {
        graph,
        takes: Space::W_PLUS,
        noise: noise.collect(),
    })
}

/// What makes pictures of the codes that a style-based generator gives, where it gives such.
///
/// # Errors
/// When it is missing, or there without codes, or does not take them.
pub(super) fn code_decoder(manifest: &Manifest) -> Result<Option<BoundGraph>, String> {
    let codes = manifest.style.as_ref().and_then(|style| style.codes);
    match (codes, manifest.networks.get(&Role::Decoder)) {
        (Some(codes), Some(form)) => {
            let network = Network::new("decoder", "decoder.", form)?;
            network.takes_numbers(codes.iter().product())?;
            network.gives_numbers(0, manifest.image.len())?;
            Ok(Some(network.graph))
        }
        (Some(_), None) => Err("it has no decoder of its codes".to_owned()),
        (None, Some(_)) if manifest.style.is_some() => {
            Err("a decoder belongs to styles that give codes".to_owned())
        }
        (None, _) => Ok(None),
    }
}

fn decoder(manifest: &Manifest, form: &NetworkForm) -> Result<DecoderGraph, String> {
    // A denoiser has seen to the condition before.
    let words = match manifest.diffusion {
        Some(_) => 0,
        None => manifest.decoder_words(),
    };
    let mut network = Network::new("decoder", "decoder.", form)?;
    network.gives_numbers(0, manifest.image.len())?;
    let (takes, noise) = match form {
        NetworkForm::Layers(_) => {
            let code = len(manifest, Space::Z)?;
            network.takes_numbers(code.saturating_add(words))?;
            (Space::Z, Vec::new())
        }
        NetworkForm::Graph(spec) => {
            let takes = network.space(manifest)?;
            let others = match words {
                0 => 1,
                words => {
                    let spec = with_one_input("decoder", spec, len(manifest, takes)?, words)?;
                    network = Network::of_spec("decoder", "decoder.", &spec)?;
                    2
                }
            };
            (takes, noise_inputs(spec, others)?)
        }
    };
    Ok(DecoderGraph {
        graph: network.graph,
        takes,
        noise,
    })
}

/// The inputs of a decoder after those for the code and its condition.
fn noise_inputs(spec: &GraphSpec, others: usize) -> Result<Vec<NoiseInput>, String> {
    let others = spec.inputs.iter().skip(others);
    others
        .map(|input| {
            if !input.shared {
                return Err(format!(
                    "the decoder's input {:?} is not shared; inputs after those for code and \
                     condition take noise, the same for all pictures",
                    input.name
                ));
            }
            Ok(NoiseInput {
                tensor: format!("noise.{}", input.name),
                shape: input.shape.clone(),
            })
        })
        .collect()
}

fn map(manifest: &Manifest, spec: &MapSpec) -> Result<MapGraph, String> {
    let MapSpec { from, to, network } = spec;
    let called = format!("map from {from} to {to}");
    let prefix = format!("map.{from}.{to}.");
    let code = len(manifest, *from)?;
    let (network, takes) = match network {
        NetworkForm::Graph(graph) if takes_condition(network) => {
            let words = manifest.condition_len();
            let graph = with_one_input(&called, graph, code, words)?;
            let network = Network::of_spec(&called, &prefix, &graph)?;
            (network, code.saturating_add(words))
        }
        _ => (Network::new(&called, &prefix, network)?, code),
    };
    network.takes_numbers(takes)?;
    let levels = match manifest.spaces.get(to) {
        Some(SpaceShape::Grid { levels, .. }) => Some(*levels as usize),
        _ => None,
    };
    let numbers = len(manifest, *to)?.saturating_mul(levels.unwrap_or(1));
    network.gives_numbers(0, numbers)?;
    Ok(MapGraph {
        from: *from,
        to: *to,
        scores: levels.is_some(),
        graph: network.graph,
    })
}

fn encoder_graph(manifest: &Manifest, form: &NetworkForm) -> Result<EncoderGraph, String> {
    let encoding = manifest.family.traits().encoding;
    let network = match form {
        NetworkForm::Layers(_) => {
            let mut spec = form.graph().map_err(|fault| format!("encoder: {fault}"))?;
            let dim = len(manifest, Space::Z)?;
            if encoding == Encoding::Distribution {
                let network = Network::new("encoder", "encoder.", form)?;
                network.gives_numbers(0, dim.saturating_mul(2))?;
                halve(spec.to_mut(), dim, ["mu", "logvar"]);
            }
            Network::of_spec("encoder", "encoder.", &spec)?
        }
        NetworkForm::Graph(_) => Network::new("encoder", "encoder.", form)?,
    };
    network.takes_numbers(manifest.image.len())?;
    let outputs = &network.graph.plan.spec.outputs;
    let gives = match form {
        NetworkForm::Layers(_) => Space::Z,
        NetworkForm::Graph(_) => {
            let name = &outputs[0].name;
            named_space(manifest, name).ok_or_else(|| {
                format!("the encoder's first output {name:?} is named after no space")
            })?
        }
    };
    let scores = match manifest.spaces.get(&gives) {
        Some(SpaceShape::Grid { levels, .. }) => Some(*levels as usize),
        _ => None,
    };
    let expected = match encoding {
        _ if scores.is_some() => 1..=1,
        Encoding::Distribution => 2..=2,
        Encoding::Code => 1..=1,
        Encoding::None => 1..=2,
    };
    if !expected.contains(&outputs.len()) {
        return Err(format!(
            "the encoder has {} outputs, not {}",
            outputs.len(),
            expected.start()
        ));
    }
    for output in 0..outputs.len() {
        let numbers = len(manifest, gives)?;
        network.gives_numbers(output, numbers.saturating_mul(scores.unwrap_or(1)))?;
    }
    Ok(EncoderGraph {
        gives,
        scores,
        gives_logvar: outputs.len() == 2,
        graph: network.graph,
    })
}

/// Lets a network that gives `dim` means and log variances in one vector give them as two outputs.
pub fn halve(spec: &mut GraphSpec, dim: usize, names: [&str; 2]) {
    let Some(both) = spec.outputs.pop() else {
        return;
    };
    // The nodes of a list of layers have numbers for names.
    let flat = "flat".to_owned();
    spec.nodes.push(NodeSpec {
        name: flat.clone(),
        operation: Operation::Reshape {
            shape: vec![2 * dim],
        },
        inputs: vec![both.value],
    });
    spec.nodes.push(NodeSpec {
        name: "half".to_owned(),
        operation: Operation::Split {
            axis: 0,
            sizes: vec![dim; 2],
        },
        inputs: vec![flat],
    });
    for (name, value) in names.into_iter().zip(["half.0", "half.1"]) {
        spec.outputs.push(OutputSpec {
            name: name.to_owned(),
            value: value.to_owned(),
        });
    }
}

/// The space of a name among those of a model.
fn named_space(manifest: &Manifest, name: &str) -> Option<Space> {
    let mut spaces = manifest.spaces.keys().copied();
    spaces.find(|space| space.name() == name)
}

/// Numbers of a code.
fn len(manifest: &Manifest, space: Space) -> Result<usize, String> {
    let shape = manifest.spaces.get(&space);
    let shape = shape.ok_or_else(|| format!("it has no {space} space"))?;
    let len = shape.checked_len();
    len.ok_or_else(|| format!("codes in {space} ({shape}) do not fit into memory"))
}

/// A graph that takes neither too much memory nor too much time.
fn bounded(called: &str, graph: BoundGraph) -> Result<BoundGraph, String> {
    if graph.plan.peak_numbers > MAX_LIVE {
        return Err(format!(
            "the {called} keeps {} numbers at once; {MAX_LIVE} are allowed",
            graph.plan.peak_numbers
        ));
    }
    if graph.plan.multiply_adds > MAX_MULTIPLY_ADDS {
        return Err(format!(
            "the {called} takes {} multiplications; {MAX_MULTIPLY_ADDS} are allowed",
            graph.plan.multiply_adds
        ));
    }
    Ok(graph)
}

/// A network with what messages call it.
struct Network<'a> {
    called: &'a str,
    graph: BoundGraph,
}

impl<'a> Network<'a> {
    fn new(called: &'a str, prefix: &str, form: &NetworkForm) -> Result<Self, String> {
        let spec = form.graph().map_err(|fault| format!("{called}: {fault}"))?;
        Self::of_spec(called, prefix, &spec)
    }

    fn of_spec(called: &'a str, prefix: &str, spec: &GraphSpec) -> Result<Self, String> {
        let graph = BoundGraph::with_prefix(spec, prefix);
        let graph = graph.map_err(|fault| format!("{called}: {fault}"))?;
        let graph = bounded(called, graph)?;
        let outputs = graph.plan.outputs.iter();
        let is_fixed = |value: &usize| graph.plan.values[*value].shared;
        if outputs.clone().any(is_fixed) {
            return Err(format!("the {called} does not depend on what it takes"));
        }
        Ok(Self { called, graph })
    }

    /// Checks that it has one input of so many numbers.
    fn takes_numbers(&self, wanted: usize) -> Result<(), String> {
        let called = self.called;
        let plan = &self.graph.plan;
        let [_] = &plan.spec.inputs[..] else {
            return Err(format!(
                "the {called} takes {} inputs, not 1",
                plan.spec.inputs.len()
            ));
        };
        match plan.values[0].len {
            found if found == wanted => Ok(()),
            found => Err(format!("the {called} takes {found} numbers, not {wanted}")),
        }
    }

    /// Checks that an output has so many numbers.
    fn gives_numbers(&self, output: usize, wanted: usize) -> Result<(), String> {
        let plan = &self.graph.plan;
        let found = plan.values[plan.outputs[output]].len;
        if found == wanted {
            Ok(())
        } else {
            let called = self.called;
            Err(format!("the {called} gives {found} numbers, not {wanted}"))
        }
    }

    /// The space that the first input is named after, whose codes it must take.
    fn space(&self, manifest: &Manifest) -> Result<Space, String> {
        let called = self.called;
        let inputs = &self.graph.plan.spec.inputs;
        let Some(input) = inputs.first() else {
            return Err(format!("the {called} has no input"));
        };
        let name = &input.name;
        let space = named_space(manifest, name);
        let space = space.ok_or_else(|| {
            format!("the {called}'s first input {name:?} is named after no space")
        })?;
        if input.shared {
            return Err(format!("the {called}'s input {name:?} must not be shared"));
        }
        let wanted = manifest.spaces.get(&space).copied().map(SpaceShape::sides);
        if wanted.as_ref() != Some(&input.shape) {
            return Err(format!(
                "the {called}'s input {name:?} has the shape {:?}, but codes in {space} have {:?}",
                input.shape,
                wanted.unwrap_or_default()
            ));
        }
        Ok(space)
    }
}

/// Checks the size of the picture.
pub(super) fn check_picture(manifest: &Manifest) -> Result<(), String> {
    let image = manifest.image;
    let picture = Shape::Image {
        channels: image.channels,
        height: image.height,
        width: image.width,
    };
    picture
        .checked_len()
        .map_err(|fault| format!("the picture: {fault}"))?;
    if !matches!(image.channels, 1 | 3) {
        return Err(format!(
            "pictures have {} channels; 1 and 3 are known",
            image.channels
        ));
    }
    Ok(())
}
