//! Real NVP (Dinh et al. 2017) as the repository chrischute/real-nvp writes it: `flows.in_couplings.0.st_net.in_norm.weight`,
//! `flows.in_couplings.0.rescale.weight_g`, `flows.next_block.in_couplings.0…`. A flow: the same tensors lead from a code to
//! a picture and back. A code is laid out as its picture is; each scale hands on every second pixel, as on a checkerboard.

use super::super::blueprint::{Blueprint, Kind};
use super::super::derived::Rule;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, part, window};
use super::Architecture;
use crate::model::graph::{Function, Operation};

pub struct RealNvp;

/// The side of pictures where nobody says another: that of CIFAR-10.
const SIDE: usize = 32;
/// Added to variances.
const EPSILON: f32 = 1e-5;
/// How much of the range of its numbers a picture takes where the file does not say it.
const CONSTRAINT: f32 = 0.9;
const CONSTRAINED_BY: &str = "data_constraint";
const MAX_SCALES: usize = 8;
/// The most couplings of a kind in a scale, and the most blocks of the network of a coupling.
const MAX_COUNT: usize = 64;
/// The most numbers of a picture.
const MAX_NUMBERS: usize = 1 << 24;

impl Architecture for RealNvp {
    fn title(&self) -> &'static str {
        "Real NVP"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        // A prefix that all names have in common is left out of them.
        let roots = ["flows.", ""];
        // A part of what was refused is no model of its own.
        let is_part = group.prefix.ends_with("next_block.")
            || (group.prefix.ends_with("flows.") && group.is_beside(CONSTRAINED_BY));
        if is_part {
            return None;
        }
        let root = roots.into_iter().find(|root| {
            let is_there = |name: &str| group.has(&format!("{root}in_couplings.0.{name}"));
            is_there("st_net.in_norm.running_mean") && is_there("st_net.out_norm.running_mean")
        })?;
        Some(Model::of(group, root, hints).and_then(Model::blueprint))
    }
}

struct Model<'a> {
    group: &'a Group<'a>,
    image: [usize; 3],
    scales: Vec<Scale>,
    /// How much of the range of its numbers a picture takes.
    constraint: f32,
    /// Whether the size of pictures was only assumed.
    assumed: bool,
}

/// A scale with its couplings, by their modules.
struct Scale {
    /// Of pixels, as on a checkerboard.
    inner: Vec<String>,
    /// Of channels, on pixels of twice the size; none in the last scale.
    outer: Vec<String>,
}

/// Which way a flow is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    ToCode,
    ToPicture,
}

impl<'a> Model<'a> {
    fn of(group: &'a Group<'a>, root: &str, hints: &Hints) -> Result<Self, String> {
        let couplings = |scale: usize, list: &str| {
            let modules = (0..MAX_COUNT).map(|index| {
                let next = "next_block.".repeat(scale);
                format!("{root}{next}{list}.{index}")
            });
            let is_there = |module: &String| group.has(&part(module, "st_net.in_norm.weight"));
            modules.take_while(is_there).collect::<Vec<String>>()
        };
        let scales = (0..MAX_SCALES).map(|scale| Scale {
            inner: couplings(scale, "in_couplings"),
            outer: couplings(scale, "out_couplings"),
        });
        let scales: Vec<Scale> = scales.take_while(|scale| !scale.inner.is_empty()).collect();
        let outer = scales.iter().map(|scale| !scale.outer.is_empty());
        if !outer.eq((1..=scales.len()).map(|at| at < scales.len())) {
            return Err(
                "its scales are not all there: each but the last has in_couplings and out_couplings"
                    .to_owned(),
            );
        }
        let channels = scales.first().and_then(|scale| {
            let norm = part(&scale.inner[0], "st_net.in_norm.weight");
            group.shape(&norm)?.first().copied()
        });
        let sides = hints.image.map(|[_, height, width]| [height, width]);
        let [height, width] = sides.unwrap_or([SIDE; 2]);
        let image = [channels.unwrap_or(0), height, width];
        let len = image
            .iter()
            .try_fold(1_usize, |len, side| len.checked_mul(*side));
        if len.is_none_or(|len| len > MAX_NUMBERS) {
            return Err(format!("pictures of {width}x{height} pixels are too large"));
        }
        let step = 1_usize << scales.len().saturating_sub(1);
        if image.contains(&0) || height % step != 0 || width % step != 0 {
            return Err(format!(
                "its {} scales halve the picture, and {width}x{height} pixels cannot be halved so often",
                scales.len()
            ));
        }
        let constraint = match group.has(CONSTRAINED_BY) {
            true => group
                .values(CONSTRAINED_BY)?
                .first()
                .copied()
                .unwrap_or(0.0),
            false => CONSTRAINT,
        };
        if !(constraint > 0.0 && constraint < 1.0) {
            return Err(format!(
                "its data_constraint is {constraint}, which is no number between 0 and 1"
            ));
        }
        Ok(Self {
            group,
            image,
            scales,
            constraint,
            assumed: sides.is_none(),
        })
    }

    fn blueprint(self) -> Result<Blueprint, String> {
        let len = self.image.iter().product();
        let decoder = self.decoder(len)?;
        let mut blueprint = Blueprint::of_vectors(Kind::General, len, self.image, decoder);
        blueprint.encoder = Some(self.encoder(len)?);
        blueprint.why = format!(
            "it has couplings of pixels and of channels in {} scales",
            self.scales.len()
        );
        if self.assumed {
            blueprint.notes.push(format!(
                "nobody says how large its pictures are; {SIDE}x{SIDE} is assumed (hint: image)"
            ));
        }
        blueprint.notes.push(format!(
            "its pictures use {} of the range from black to white, and so does an encoded picture when it comes back",
            self.constraint
        ));
        Ok(blueprint)
    }

    fn decoder(&self, len: usize) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "z", &[len]);
        net.reshape(&self.image);
        self.scale(&mut net, 0, Way::ToPicture)?;
        net.function(Function::Sigmoid);
        let at = net.at();
        net.output("picture", &at);
        net.finish()
    }

    fn encoder(&self, len: usize) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "picture", &self.image);
        net.function(Function::Clamp { min: 0.0, max: 1.0 });
        // A colour of 256 was anywhere within its step when it was learned; here it lies in the middle.
        let offset = (self.constraint * (1.0 / 256.0 - 1.0) + 1.0) / 2.0;
        net.scale(self.constraint * 255.0 / 256.0, offset);
        let value = net.at();
        net.function(Function::Log);
        let log = net.at();
        net.go_to(&value);
        net.scale(-1.0, 1.0).function(Function::Log);
        let other = net.at();
        net.node(Operation::Subtract, &[&log, &other]);
        self.scale(&mut net, 0, Way::ToCode)?;
        net.reshape(&[len]);
        let at = net.at();
        net.output("z", &at);
        net.finish()
    }

    /// The shape of what a scale takes and gives.
    fn shape(&self, scale: usize) -> [usize; 3] {
        let [channels, height, width] = self.image;
        [channels << scale, height >> scale, width >> scale]
    }

    /// A scale with all that it hands on to.
    fn scale(&self, net: &mut Net<'_>, at: usize, way: Way) -> Result<(), String> {
        let Scale { inner, outer } = &self.scales[at];
        match way {
            Way::ToCode => {
                for (index, module) in inner.iter().enumerate() {
                    self.couple_pixels(net, module, (self.shape(at), index), way)?;
                }
                if outer.is_empty() {
                    return Ok(());
                }
                net.then(Operation::PixelUnshuffle { factor: 2 });
                for (index, module) in outer.iter().enumerate() {
                    self.couple_channels(net, module, (self.shape(at)[0], index), way)?;
                }
                net.then(Operation::PixelShuffle { factor: 2 });
                self.next(net, at, way)
            }
            Way::ToPicture => {
                if !outer.is_empty() {
                    self.next(net, at, way)?;
                    net.then(Operation::PixelUnshuffle { factor: 2 });
                    for (index, module) in outer.iter().enumerate().rev() {
                        self.couple_channels(net, module, (self.shape(at)[0], index), way)?;
                    }
                    net.then(Operation::PixelShuffle { factor: 2 });
                }
                for (index, module) in inner.iter().enumerate().rev() {
                    self.couple_pixels(net, module, (self.shape(at), index), way)?;
                }
                Ok(())
            }
        }
    }

    /// The next scale changes both pixels of one diagonal of each square of four; the other two stay.
    fn next(&self, net: &mut Net<'_>, at: usize, way: Way) -> Result<(), String> {
        let [channels, height, width] = self.shape(at);
        let [half_height, half_width] = [height / 2, width / 2];
        net.then(Operation::PixelUnshuffle { factor: 2 });
        net.reshape(&[channels, 4, half_height, half_width]);
        let order = vec![1, 0, 2, 3];
        net.then(Operation::Permute { order });
        let corners = parts(net, [1; 4]);
        net.node(
            Operation::Concatenate { axis: 0 },
            &[&corners[0], &corners[3]],
        );
        net.reshape(&self.shape(at + 1));
        self.scale(net, at + 1, way)?;
        net.reshape(&[2, channels, half_height, half_width]);
        let changed = parts(net, [1; 2]);
        net.node(
            Operation::Concatenate { axis: 0 },
            &[&changed[0], &corners[1], &corners[2], &changed[1]],
        );
        let order = vec![1, 0, 2, 3];
        net.then(Operation::Permute { order });
        net.reshape(&[4 * channels, half_height, half_width]);
        net.then(Operation::PixelShuffle { factor: 2 });
        Ok(())
    }

    /// Half of the pixels changed by what the others say.
    fn couple_pixels(
        &self,
        net: &mut Net<'_>,
        module: &str,
        (shape, index): ([usize; 3], usize),
        way: Way,
    ) -> Result<(), String> {
        let [channels, height, width] = shape;
        let x = net.at();
        let mut mask = |kept: usize| {
            let pixels = (0..height * width).map(|at| at / width + at % width + index);
            let pixels = pixels.map(|at| f32::from(u8::from(at % 2 == kept)));
            net.given(&[1, height, width], pixels.collect());
            net.at()
        };
        let [kept, changed] = [mask(1), mask(0)];
        net.node(Operation::Multiply, &[&x, &kept]);
        let found = self.found(net, module, channels, true)?;
        let [log_factor, summand] =
            found.map(|value| net.node(Operation::Multiply, &[&value, &changed]));
        moved(net, &x, [&log_factor, &summand], way);
        Ok(())
    }

    /// Half of the channels changed by what the others say.
    fn couple_channels(
        &self,
        net: &mut Net<'_>,
        module: &str,
        (channels, index): (usize, usize),
        way: Way,
    ) -> Result<(), String> {
        // The channels of four pixels, of which half are kept.
        let half = 2 * channels;
        let [first, second] = parts(net, [half; 2]);
        let is_first = index % 2 == 1;
        let (kept, changed) = match is_first {
            true => (&first, &second),
            false => (&second, &first),
        };
        net.go_to(kept);
        let [log_factor, summand] = self.found(net, module, half, false)?;
        let changed = moved(net, changed, [&log_factor, &summand], way);
        let both = match is_first {
            true => [kept.as_str(), &changed],
            false => [&changed, kept.as_str()],
        };
        net.node(Operation::Concatenate { axis: 0 }, &both);
        Ok(())
    }

    /// The logarithms of factors, and the summands, that the network of a coupling finds in what the last node gave.
    fn found(
        &self,
        net: &mut Net<'_>,
        module: &str,
        channels: usize,
        doubled: bool,
    ) -> Result<[String; 2], String> {
        let network = part(module, "st_net");
        net.batch_norm(&part(&network, "in_norm"), EPSILON);
        if doubled {
            // Half of the pixels are zero.
            net.scale(2.0, 0.0);
        }
        let x = net.at();
        net.scale(-1.0, 0.0);
        let negated = net.at();
        net.node(Operation::Concatenate { axis: 0 }, &[&x, &negated]);
        net.relu();
        self.conv(net, &part(&network, "in_conv"))?;
        let mut x = net.at();
        self.conv(net, &part(&network, "in_skip"))?;
        let mut sum = net.at();
        for block in 0..MAX_COUNT {
            let module = part(&network, &format!("blocks.{block}"));
            if !self.group.has(&part(&module, "in_norm.weight")) {
                break;
            }
            net.go_to(&x);
            for half in ["in", "out"] {
                net.batch_norm(&part(&module, &format!("{half}_norm")), EPSILON);
                net.relu();
                self.conv(net, &part(&module, &format!("{half}_conv")))?;
            }
            let changed = net.at();
            x = net.add(&changed, &x).at();
            self.conv(net, &part(&network, &format!("skips.{block}")))?;
            let skipped = net.at();
            sum = net.add(&sum, &skipped).at();
        }
        net.batch_norm(&part(&network, "out_norm"), EPSILON);
        net.relu();
        self.conv(net, &part(&network, "out_conv"))?;
        let [log_factor, summand] = parts(net, [channels; 2]);
        net.go_to(&log_factor);
        net.function(Function::Tanh);
        let (weight, bias) = (true, false);
        net.then(Operation::Affine { weight, bias });
        self.weigh(net, &part(module, "rescale"))?;
        Ok([net.at(), summand])
    }

    /// A convolution that keeps the size of the picture.
    fn conv(&self, net: &mut Net<'_>, module: &str) -> Result<(), String> {
        let module = part(module, "conv");
        let [channels, _, height, width] = self.weight(&module)?[..] else {
            return Err(format!(
                "the weight of {module:?} is that of no convolution"
            ));
        };
        let bias = part(&module, "bias");
        let has_bias = self.group.has(&bias);
        net.then(Operation::Conv {
            channels,
            kernel: [height, width],
            window: window(1, height / 2),
            groups: 1,
            bias: has_bias,
        });
        self.weigh(net, &module)?;
        if has_bias {
            net.bias_of(&bias);
        }
        Ok(())
    }

    /// The lengths and what is brought to them, by the names of a module and of the two ways in which PyTorch keeps them.
    fn normalised(&self, module: &str) -> Option<[String; 2]> {
        [
            ["weight_g", "weight_v"],
            [
                "parametrizations.weight.original0",
                "parametrizations.weight.original1",
            ],
        ]
        .map(|names| names.map(|name| part(module, name)))
        .into_iter()
        .find(|[_, weight]| self.group.has(weight))
    }

    /// The shape of the weight of a module.
    fn weight(&self, module: &str) -> Result<&[usize], String> {
        let name = match self.normalised(module) {
            Some([_, weight]) => weight,
            None => part(module, "weight"),
        };
        let shape = self.group.shape(&name);
        shape.ok_or_else(|| format!("the weight of {module:?} is missing"))
    }

    /// Lets the weight of the last node be that of a module.
    fn weigh(&self, net: &mut Net<'_>, module: &str) -> Result<(), String> {
        self.weight(module)?;
        match self.normalised(module) {
            Some([lengths, weight]) => {
                net.derived("weight", Rule::WeightNorm, &[&lengths, &weight]);
            }
            None => {
                net.weight_of("weight", &part(module, "weight"), Weight::Same);
            }
        }
        Ok(())
    }
}

/// A value changed by logarithms of factors and by summands.
fn moved(net: &mut Net<'_>, value: &str, [log_factor, summand]: [&str; 2], way: Way) -> String {
    net.go_to(log_factor);
    match way {
        Way::ToCode => {
            net.function(Function::Exp);
            let factor = net.at();
            let moved = net.node(Operation::Add, &[value, summand]);
            net.node(Operation::Multiply, &[&moved, &factor])
        }
        Way::ToPicture => {
            net.scale(-1.0, 0.0).function(Function::Exp);
            let factor = net.at();
            let grown = net.node(Operation::Multiply, &[value, &factor]);
            net.node(Operation::Subtract, &[&grown, summand])
        }
    }
}

/// The parts of these sizes along the first axis of what the last node gave.
fn parts<const COUNT: usize>(net: &mut Net<'_>, sizes: [usize; COUNT]) -> [String; COUNT] {
    net.then(Operation::Split {
        axis: 0,
        sizes: sizes.to_vec(),
    });
    let split = net.at();
    std::array::from_fn(|part| format!("{split}.{part}"))
}
