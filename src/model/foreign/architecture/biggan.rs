//! BigGAN-deep (Brock et al. 2019) as the package pytorch-pretrained-biggan writes it: `embeddings.weight`,
//! `generator.gen_z.weight_orig`, `generator.layers.0.bn_0.running_means`. Every normalisation is told code and class;
//! every second block doubles the picture; weights are divided by their largest singular value.

use super::super::blueprint::{Blueprint, Kind};
use super::super::derived::Rule;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, part, window};
use super::Architecture;
use crate::latent::MAX_WORDS;
use crate::model::graph::{Function, Operation};

pub struct BigGan;

/// Added to variances.
const EPSILON: f32 = 1e-4;
/// The side of the first picture.
const FIRST: usize = 4;
/// Channels of a finished picture; the last layer gives more, which were never looked at.
const CHANNELS: usize = 3;
const MAX_LAYERS: usize = 64;
/// The most blocks that double the picture.
const MAX_DOUBLINGS: usize = 9;

impl Architecture for BigGan {
    fn title(&self) -> &'static str {
        "BigGAN-deep"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        group.shape("generator.bn.running_means")?;
        let &[z, classes] = group.shape("embeddings.weight")? else {
            return None;
        };
        let model = Model { group, z, classes };
        Some(model.blueprint(hints))
    }
}

struct Model<'a> {
    group: &'a Group<'a>,
    z: usize,
    classes: usize,
}

/// How many sets of statistics its normalisations have.
fn group_rows(group: &Group<'_>) -> usize {
    let shape = group.shape("generator.bn.running_means");
    shape.and_then(|shape| shape.first()).copied().unwrap_or(0)
}

/// A layer of the generator.
enum Layer {
    Block(String),
    Attention(String),
}

impl Model<'_> {
    fn blueprint(&self, hints: &Hints) -> Result<Blueprint, String> {
        if self.z == 0 || !(1..=MAX_WORDS).contains(&self.classes) {
            return Err(format!(
                "the matrix of its classes has the shape {:?}; 1 to {MAX_WORDS} classes are possible",
                [self.z, self.classes]
            ));
        }
        let layers = self.layers();
        let blocks = |layer: &&Layer| matches!(layer, Layer::Block(_));
        let doublings = layers.iter().filter(blocks).count() / 2;
        if !(1..=MAX_DOUBLINGS).contains(&doublings) {
            return Err(format!(
                "it has {} layers, which is no sound number",
                layers.len()
            ));
        }
        let side = FIRST << doublings;
        let image = [CHANNELS, side, side];
        let decoder = self.decoder(&layers, image)?;
        let mut blueprint = Blueprint::of_vectors(Kind::General, self.z, image, decoder);
        blueprint.with_classes(self.classes, &hints.classes);
        blueprint.why = format!(
            "it has embeddings, gen_z and {} layers from {FIRST}x{FIRST} to {side}x{side} pixels",
            layers.len()
        );
        let rows = group_rows(self.group);
        blueprint.notes.push(format!(
            "of the {rows} sets of statistics of its normalisations, one for each strength of truncation, it uses that \
             without truncation; a code times 0.5 is truncated, but its picture is not quite what the package gives for \
             truncation 0.5"
        ));
        Ok(blueprint)
    }

    fn layers(&self) -> Vec<Layer> {
        let layers = (0..MAX_LAYERS).map_while(|index| {
            let module = format!("generator.layers.{index}");
            if self.weight(&format!("{module}.conv_0")).is_some() {
                Some(Layer::Block(module))
            } else if self.weight(&format!("{module}.snconv1x1_theta")).is_some() {
                Some(Layer::Attention(module))
            } else {
                None
            }
        });
        layers.collect()
    }

    /// The shape of the weight of a module.
    fn weight(&self, module: &str) -> Option<&[usize]> {
        let shape = |name: &str| self.group.shape(&part(module, name));
        shape("weight_orig").or_else(|| shape("weight"))
    }

    /// Lets the weight of the last node be that of a module.
    fn weigh(&self, net: &mut Net<'_>, module: &str, turned: bool) {
        let [weight, u, v] = ["weight_orig", "weight_u", "weight_v"].map(|name| part(module, name));
        let rule = Rule::SpectralNorm { turned };
        if self.group.has(&v) {
            net.derived("weight", rule, &[&weight, &u, &v]);
        } else if self.group.has(&weight) {
            net.derived("weight", rule, &[&weight, &u]);
        } else {
            let weight = part(module, "weight");
            let kind = match turned {
                true => Weight::Transposed,
                false => Weight::Same,
            };
            net.weight_of("weight", &weight, kind);
        }
    }

    /// A convolution that keeps the size of the picture.
    fn conv(&self, net: &mut Net<'_>, module: &str) -> Result<(), String> {
        let Some(&[channels, _, height, width]) = self.weight(module) else {
            return Err(format!("its layer {module:?} is missing or broken"));
        };
        let bias = part(module, "bias");
        let has_bias = self.group.has(&bias);
        net.then(Operation::Conv {
            channels,
            kernel: [height, width],
            window: window(1, height / 2),
            groups: 1,
            bias: has_bias,
        });
        self.weigh(net, module, false);
        if has_bias {
            net.bias_of(&bias);
        }
        Ok(())
    }

    /// A full matrix.
    fn linear(&self, net: &mut Net<'_>, module: &str) -> Result<(), String> {
        let Some(&[outputs, _]) = self.weight(module) else {
            return Err(format!("its layer {module:?} is missing or broken"));
        };
        let bias = part(module, "bias");
        let has_bias = self.group.has(&bias);
        net.then(Operation::Linear {
            outputs,
            bias: has_bias,
        });
        self.weigh(net, module, true);
        if has_bias {
            net.bias_of(&bias);
        }
        Ok(())
    }

    /// The normalisation of a module by its statistics, without what follows it.
    fn standardise(&self, net: &mut Net<'_>, module: &str) -> Result<usize, String> {
        let [means, variances] = ["running_means", "running_vars"].map(|name| part(module, name));
        // One row for each strength of truncation, the last without any.
        let shape = self.group.shape(&means).unwrap_or_default();
        let &[rows, channels] = shape else {
            return Err(format!("its normalisation {module:?} is missing or broken"));
        };
        let last = rows.saturating_sub(1);
        net.then(Operation::BatchNorm { epsilon: EPSILON });
        net.derived("mean", Rule::Row(last), &[&means]);
        net.derived("variance", Rule::Row(last), &[&variances]);
        Ok(channels)
    }

    /// A normalisation that is told code and class, and the function after it.
    fn told(&self, net: &mut Net<'_>, module: &str, condition: &str) -> Result<(), String> {
        let channels = self.standardise(net, module)?;
        net.filled("gamma", 1.0).filled("beta", 0.0);
        let x = net.at();
        net.go_to(condition);
        self.linear(net, &format!("{module}.scale"))?;
        net.scale(1.0, 1.0).reshape(&[channels, 1, 1]);
        let factor = net.at();
        net.go_to(condition);
        self.linear(net, &format!("{module}.offset"))?;
        net.reshape(&[channels, 1, 1]);
        let summand = net.at();
        let scaled = net.node(Operation::Multiply, &[&x, &factor]);
        net.add(&scaled, &summand).relu();
        Ok(())
    }

    fn block(
        &self,
        net: &mut Net<'_>,
        module: &str,
        condition: &str,
        (side, doubles): (usize, bool),
    ) -> Result<(), String> {
        let start = net.at();
        for index in 0..4 {
            self.told(net, &format!("{module}.bn_{index}"), condition)?;
            if index == 1 && doubles {
                net.upsample(2 * side, 2 * side);
            }
            self.conv(net, &format!("{module}.conv_{index}"))?;
        }
        let changed = net.at();
        net.go_to(&start);
        let channels = |conv: &str, axis: usize| {
            let shape = self.weight(&format!("{module}.{conv}"));
            shape.and_then(|shape| shape.get(axis)).copied()
        };
        if let (Some(before), Some(after)) = (channels("conv_0", 1), channels("conv_3", 0))
            && after < before
        {
            let (axis, start, end) = (0, 0, after);
            net.then(Operation::Slice { axis, start, end });
        }
        if doubles {
            net.upsample(2 * side, 2 * side);
        }
        let kept = net.at();
        net.add(&kept, &changed);
        Ok(())
    }

    /// Attention of all places to a picture of half the size.
    fn attention(&self, net: &mut Net<'_>, module: &str, side: usize) -> Result<(), String> {
        let x = net.at();
        let places = side * side;
        let tokens = |net: &mut Net<'_>, name: &str, is_halved: bool| {
            net.go_to(&x);
            let conv = format!("{module}.snconv1x1_{name}");
            self.conv(net, &conv)?;
            if name == "theta" {
                // These products are not divided by the root of their length.
                let len = self.weight(&conv).and_then(|shape| shape.first()).copied();
                net.times("weight", (len.unwrap_or(1) as f32).sqrt());
            }
            if is_halved {
                net.then(Operation::MaxPool {
                    kernel: [2; 2],
                    window: window(2, 0),
                });
            }
            let channels = self.weight(&conv).and_then(|shape| shape.first()).copied();
            let places = if is_halved { places / 4 } else { places };
            net.reshape(&[channels.unwrap_or(1), places]);
            net.then(Operation::Permute { order: vec![1, 0] });
            Ok::<_, String>((net.at(), channels.unwrap_or(1)))
        };
        let (queries, _) = tokens(net, "theta", false)?;
        let (keys, _) = tokens(net, "phi", true)?;
        let (values, channels) = tokens(net, "g", true)?;
        let (heads, causal) = (1, false);
        net.node(
            Operation::Attention { heads, causal },
            &[&queries, &keys, &values],
        );
        net.then(Operation::Permute { order: vec![1, 0] });
        net.reshape(&[channels, side, side]);
        self.conv(net, &format!("{module}.snconv1x1_o_conv"))?;
        let found = net.at();
        net.constant(&part(module, "gamma"), &[1, 1, 1]);
        let gamma = net.at();
        let found = net.node(Operation::Multiply, &[&found, &gamma]);
        net.add(&x, &found);
        Ok(())
    }

    fn decoder(&self, layers: &[Layer], image: [usize; 3]) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "z", &[self.z]);
        net.input("condition", &[self.classes]);
        net.go_to("condition");
        net.linear("embeddings");
        let class = net.at();
        net.node(Operation::Concatenate { axis: 0 }, &["z", &class]);
        let condition = net.at();
        let numbers = self
            .weight("generator.gen_z")
            .and_then(|shape| shape.first());
        let channels = numbers.map_or(0, |numbers| numbers / (FIRST * FIRST));
        self.linear(&mut net, "generator.gen_z")?;
        net.reshape(&[FIRST, FIRST, channels]);
        net.then(Operation::Permute {
            order: vec![2, 0, 1],
        });
        let (mut side, mut doubles) = (FIRST, false);
        for layer in layers {
            match layer {
                Layer::Block(module) => {
                    self.block(&mut net, module, &condition, (side, doubles))?;
                    side <<= usize::from(doubles);
                    doubles = !doubles;
                }
                Layer::Attention(module) => self.attention(&mut net, module, side)?,
            }
        }
        self.standardise(&mut net, "generator.bn")?;
        let [gamma, beta] = ["weight", "bias"].map(|name| part("generator.bn", name));
        net.weight_of("gamma", &gamma, Weight::Same);
        net.weight_of("beta", &beta, Weight::Same);
        net.relu();
        self.picture(&mut net)?;
        net.function(Function::Tanh).scale(0.5, 0.5).reshape(&image);
        let at = net.at();
        net.output("picture", &at);
        net.finish()
    }

    /// The last convolution, of whose channels the first are the picture.
    fn picture(&self, net: &mut Net<'_>) -> Result<(), String> {
        let module = "generator.conv_to_rgb";
        let Some(&[channels, _, height, width]) = self.weight(module) else {
            return Err("its last layer is missing or broken".to_owned());
        };
        if channels < CHANNELS {
            return Err(format!("its last layer gives {channels} channels"));
        }
        net.then(Operation::Conv {
            channels: CHANNELS,
            kernel: [height, width],
            window: window(1, height / 2),
            groups: 1,
            bias: true,
        });
        if self.group.has(&part(module, "weight_orig")) {
            self.weigh(net, module, false);
        } else {
            net.derived("weight", Rule::First, &[&part(module, "weight")]);
        }
        net.derived("bias", Rule::First, &[&part(module, "bias")]);
        Ok(())
    }
}
