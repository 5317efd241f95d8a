//! Glow (Kingma and Dhariwal 2018) as rosinality's glow-pytorch writes it: `blocks.0.flows.0.actnorm.loc`,
//! `blocks.0.flows.0.coupling.net.0.weight`, `blocks.0.prior.conv.weight`. A flow: the same tensors lead from a
//! code to a picture and back. A code is the numbers that each block sets aside, those of the finest first, each as far from
//! what the rest lets expect as a standard normal number would be.

use super::super::blueprint::{Blueprint, Kind};
use super::super::derived::Rule;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, part, window};
use super::Architecture;
use crate::model::graph::{Function, Operation};

pub struct Glow;

/// The side of pictures where nobody says another.
const SIDE: usize = 64;
const MAX_BLOCKS: usize = 8;
const MAX_FLOWS: usize = 256;
/// The most numbers of a picture.
const MAX_NUMBERS: usize = 1 << 24;

impl Architecture for Glow {
    fn title(&self) -> &'static str {
        "Glow"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        // A prefix that all names have in common is left out of them.
        let roots = ["blocks.", ""];
        let root = roots.into_iter().find(|root| {
            let is_there = |name: &str| group.has(&format!("{root}0.{name}"));
            is_there("flows.0.actnorm.loc") && is_there("prior.conv.weight")
        })?;
        Some(Model::of(group, root, hints).and_then(Model::blueprint))
    }
}

struct Model<'a> {
    group: &'a Group<'a>,
    /// What stands before the number of a block.
    root: &'static str,
    image: [usize; 3],
    /// How many flows each block has.
    flows: Vec<usize>,
    /// Whether the size of pictures was only assumed.
    assumed: bool,
}

/// Which way a flow is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToCode,
    ToPicture,
}

impl<'a> Model<'a> {
    fn of(group: &'a Group<'a>, root: &'static str, hints: &Hints) -> Result<Self, String> {
        let loc = group.shape(&format!("{root}0.flows.0.actnorm.loc"));
        let channels = loc.unwrap_or_default().iter().product::<usize>() / 4;
        let has = &|block: usize, flow: usize| {
            group.has(&format!("{root}{block}.flows.{flow}.actnorm.loc"))
        };
        let flows =
            (0..MAX_BLOCKS).map(|block| (0..MAX_FLOWS).take_while(move |&flow| has(block, flow)));
        let flows = flows.map(Iterator::count).take_while(|&count| count > 0);
        let flows: Vec<usize> = flows.collect();
        let sides = hints.image.map(|[_, height, width]| [height, width]);
        let [height, width] = sides.unwrap_or([SIDE; 2]);
        let step = 1_usize << flows.len();
        let sizes = [channels, height, width];
        let len = sizes
            .iter()
            .try_fold(1_usize, |len, side| len.checked_mul(*side));
        if len.is_none_or(|len| len > MAX_NUMBERS) {
            return Err(format!("pictures of {width}x{height} pixels are too large"));
        }
        if sizes.contains(&0) || height % step != 0 || width % step != 0 {
            return Err(format!(
                "its {} blocks halve the picture, and {width}x{height} pixels cannot be halved so often",
                flows.len()
            ));
        }
        Ok(Self {
            group,
            root,
            image: [channels, height, width],
            flows,
            assumed: sides.is_none(),
        })
    }

    fn blueprint(self) -> Result<Blueprint, String> {
        let [channels, height, width] = self.image;
        let len = channels
            .checked_mul(height)
            .and_then(|it| it.checked_mul(width));
        let len = len.ok_or("its pictures are too large")?;
        let decoder = self.decoder(len)?;
        let mut blueprint = Blueprint::of_vectors(Kind::General, len, self.image, decoder);
        blueprint.encoder = Some(self.encoder(len)?);
        blueprint.why = format!(
            "it has actnorm, invconv, coupling and prior in {} blocks",
            self.flows.len()
        );
        if self.assumed {
            blueprint.notes.push(format!(
                "nobody says how large its pictures are; {SIDE}x{SIDE} is assumed (hint: image)"
            ));
        }
        blueprint.notes.push(
            "pictures of seeds are usually drawn at a temperature of 0.7: 0.7*seed(1)".to_owned(),
        );
        Ok(blueprint)
    }

    /// The shape of what the flows of a block work on.
    fn inside(&self, block: usize) -> [usize; 3] {
        let [channels, height, width] = self.image;
        let halvings = block + 1;
        [
            channels << (halvings + 1),
            height >> halvings,
            width >> halvings,
        ]
    }

    /// The shape of what a block sets aside: half of its channels, all of them in the last.
    fn aside(&self, block: usize) -> [usize; 3] {
        let [channels, height, width] = self.inside(block);
        match block + 1 == self.flows.len() {
            true => [channels, height, width],
            false => [channels / 2, height, width],
        }
    }

    fn decoder(&self, len: usize) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "z", &[len]);
        let blocks = 0..self.flows.len();
        let lens = blocks
            .clone()
            .map(|block| self.aside(block).iter().product());
        net.then(Operation::Split {
            axis: 0,
            sizes: lens.collect(),
        });
        let split = net.at();
        let parts = blocks.clone().map(|block| format!("{split}.{block}"));
        let parts: Vec<String> = parts.collect();
        let mut above: Option<String> = None;
        for (block, part) in blocks.zip(&parts).rev() {
            let [mean, log_deviation] = self.expected(&mut net, block, above.as_deref());
            net.go_to(&log_deviation);
            net.function(Function::Exp);
            let deviation = net.at();
            net.go_to(part);
            net.reshape(&self.aside(block));
            let drawn = net.at();
            let apart = net.node(Operation::Multiply, &[&drawn, &deviation]);
            net.add(&mean, &apart);
            if let Some(above) = above {
                let aside = net.at();
                net.node(Operation::Concatenate { axis: 0 }, &[&above, &aside]);
            }
            for flow in (0..self.flows[block]).rev() {
                self.flow(&mut net, [block, flow], Way::ToPicture);
            }
            net.then(Operation::PixelShuffle { factor: 2 });
            above = Some(net.at());
        }
        net.scale(1.0, 0.5);
        net.function(Function::Clamp { min: 0.0, max: 1.0 });
        net.reshape(&self.image);
        let at = net.at();
        net.output("picture", &at);
        net.finish()
    }

    fn encoder(&self, len: usize) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "picture", &self.image);
        net.scale(1.0, -0.5);
        let mut parts = Vec::new();
        for block in 0..self.flows.len() {
            net.then(Operation::PixelUnshuffle { factor: 2 });
            for flow in 0..self.flows[block] {
                self.flow(&mut net, [block, flow], Way::ToCode);
            }
            let is_last = block + 1 == self.flows.len();
            let [kept, aside] = match is_last {
                true => [None, Some(net.at())],
                false => halves(&mut net, self.inside(block)[0]).map(Some),
            };
            let aside = aside.unwrap_or_default();
            let [mean, log_deviation] = self.expected(&mut net, block, kept.as_deref());
            net.go_to(&log_deviation);
            net.scale(-1.0, 0.0).function(Function::Exp);
            let factor = net.at();
            let apart = net.node(Operation::Subtract, &[&aside, &mean]);
            net.node(Operation::Multiply, &[&apart, &factor]);
            net.reshape(&[self.aside(block).iter().product()]);
            parts.push(net.at());
            if let Some(kept) = kept {
                net.go_to(&kept);
            }
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts[..] {
            [one] => net.go_to(one),
            _ => drop(net.node(Operation::Concatenate { axis: 0 }, &parts)),
        }
        net.reshape(&[len]);
        let at = net.at();
        net.output("z", &at);
        net.finish()
    }

    /// Mean and log deviation of what a block sets aside, by what it keeps; the last keeps nothing.
    fn expected(&self, net: &mut Net<'_>, block: usize, kept: Option<&str>) -> [String; 2] {
        let module = format!("{}{block}.prior", self.root);
        match kept {
            Some(kept) => {
                net.go_to(kept);
                net.scale(1.0, -1.0);
            }
            None => {
                let shape = self.inside(block);
                net.given(&shape, vec![-1.0; shape.iter().product()]);
            }
        }
        self.begun_at_zero(net, &module);
        halves(net, self.aside(block)[0].saturating_mul(2))
    }

    /// A convolution that began at zero, of a value from which one was subtracted: around the picture it sees ones.
    fn begun_at_zero(&self, net: &mut Net<'_>, module: &str) {
        let [kernel, bias, scale] =
            ["conv.weight", "conv.bias", "scale"].map(|name| part(module, name));
        let shape = self.group.shape(&kernel).unwrap_or_default();
        let channels = shape.first().copied().unwrap_or(1);
        net.then(Operation::Conv {
            channels,
            kernel: [3; 2],
            window: window(1, 1),
            groups: 1,
            bias: true,
        });
        net.derived("weight", Rule::ZeroKernel, &[&kernel, &scale]);
        net.derived("bias", Rule::ZeroBias, &[&kernel, &bias, &scale]);
    }

    fn flow(&self, net: &mut Net<'_>, [block, flow]: [usize; 2], way: Way) {
        let module = format!("{}{block}.flows.{flow}", self.root);
        let channels = self.inside(block)[0];
        match way {
            Way::ToCode => {
                self.norm(net, &module, way);
                self.mix(net, &module, channels, way);
                self.couple(net, &module, channels, way);
            }
            Way::ToPicture => {
                self.couple(net, &module, channels, way);
                self.mix(net, &module, channels, way);
                self.norm(net, &module, way);
            }
        }
    }

    /// A summand and then a factor for each channel.
    fn norm(&self, net: &mut Net<'_>, module: &str, way: Way) {
        let [summand, factor] = ["loc", "scale"].map(|name| format!("{module}.actnorm.{name}"));
        let (weight, bias) = (true, true);
        net.then(Operation::Affine { weight, bias });
        match way {
            Way::ToCode => {
                net.weight_of("weight", &factor, Weight::Same);
                net.derived("bias", Rule::Product, &[&factor, &summand]);
            }
            Way::ToPicture => {
                net.derived("weight", Rule::Reciprocal, &[&factor]);
                net.weight_of("bias", &summand, Weight::Same);
                net.times("bias", -1.0);
            }
        }
    }

    /// A matrix on the channels of every pixel.
    fn mix(&self, net: &mut Net<'_>, module: &str, channels: usize, way: Way) {
        let name = |tensor: &str| format!("{module}.invconv.{tensor}");
        net.then(Operation::Conv {
            channels,
            kernel: [1; 2],
            window: window(1, 0),
            groups: 1,
            bias: false,
        });
        let undo = way == Way::ToPicture;
        if self.group.has(&name("w_l")) {
            let sources = ["w_p", "w_l", "w_u", "w_s", "s_sign"].map(name);
            let sources = sources.each_ref().map(String::as_str);
            net.derived("weight", Rule::Triangles { undo }, &sources);
            for mask in ["u_mask", "l_mask", "l_eye"] {
                self.group.take(&name(mask));
            }
        } else if undo {
            net.derived("weight", Rule::Inverse, &[&name("weight")]);
        } else {
            net.weight_of("weight", &name("weight"), Weight::Same);
        }
    }

    /// The second half of the channels changed by what the first half says.
    fn couple(&self, net: &mut Net<'_>, module: &str, channels: usize, way: Way) {
        let [first, second] = halves(net, channels);
        net.go_to(&first);
        for (layer, padding) in [(0, 1), (2, 0)] {
            net.conv(
                &format!("{module}.coupling.net.{layer}"),
                window(1, padding),
            );
            net.relu();
        }
        net.scale(1.0, -1.0);
        let last = format!("{module}.coupling.net.4");
        self.begun_at_zero(net, &last);
        let shape = self.group.shape(&part(&last, "conv.weight"));
        let changed = if shape.and_then(|shape| shape.first()) == Some(&channels) {
            let [factor, summand] = halves(net, channels);
            net.go_to(&factor);
            net.scale(1.0, 2.0).function(Function::Sigmoid);
            let factor = net.at();
            match way {
                Way::ToCode => {
                    let moved = net.node(Operation::Add, &[&second, &summand]);
                    net.node(Operation::Multiply, &[&moved, &factor])
                }
                Way::ToPicture => {
                    let grown = net.node(Operation::Divide, &[&second, &factor]);
                    net.node(Operation::Subtract, &[&grown, &summand])
                }
            }
        } else {
            let summand = net.at();
            let operation = match way {
                Way::ToCode => Operation::Add,
                Way::ToPicture => Operation::Subtract,
            };
            net.node(operation, &[&second, &summand])
        };
        net.node(Operation::Concatenate { axis: 0 }, &[&first, &changed]);
    }
}

/// Both halves of the channels of what the last node gave.
fn halves(net: &mut Net<'_>, channels: usize) -> [String; 2] {
    let sizes = vec![channels / 2; 2];
    net.then(Operation::Split { axis: 0, sizes });
    let split = net.at();
    [0, 1].map(|half| format!("{split}.{half}"))
}
