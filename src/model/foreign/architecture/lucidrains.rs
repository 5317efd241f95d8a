//! StyleGAN2 as the package stylegan2-pytorch by Phil Wang ("lucidrains") writes it from version 1 on: `GAN.SE.net.0.weight`,
//! `GAN.GE.blocks.0.conv1.weight`. Its styles are one for each size, its noise is one picture that all layers share, and
//! nothing is scaled by the square root of two.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, part, window};
use super::Architecture;
use crate::latent::{Space, SpaceShape};
use crate::model::graph::{Function, Operation, PadMode, ResizeMode};

pub struct Lucidrains;

/// What the mapping network multiplies its weights by.
const MAPPING_RATE: f32 = 0.1;
const SLOPE: f32 = 0.2;
/// The filter after each doubling of the picture.
const TAPS: [f32; 3] = [0.25, 0.5, 0.25];
/// `sigmoid(1.702 x)` is close to the share of normal numbers below x (Hendrycks and Gimpel 2016), and so
/// makes uniform noise of normal noise.
const NORMAL_TO_UNIFORM: f32 = 1.702;
/// The most sizes of pictures, from 4 pixels up.
const MAX_SIZES: usize = 10;

/// Mapping and synthesis networks with averaged weights come before those in training.
const PAIRS: [[&str; 2]; 2] = [["SE.", "GE."], ["S.", "G."]];

impl Architecture for Lucidrains {
    fn title(&self) -> &'static str {
        "StyleGAN2 of stylegan2-pytorch"
    }

    fn recognise(&self, group: &Group<'_>, _: &Hints) -> Option<Result<Blueprint, String>> {
        let has = |[mapping, synthesis]: &&[&str; 2]| {
            group.has(&format!("{synthesis}blocks.0.to_style1.weight"))
                && group.has(&format!("{mapping}net.0.weight"))
        };
        let &[mapping, synthesis] = PAIRS.iter().find(has)?;
        for others in ["S.", "G.", "SE.", "GE.", "D.", "D_aug.", "D_cl."] {
            if ![mapping, synthesis].contains(&others) {
                group.leave_out(others);
            }
        }
        let model = Model {
            group,
            mapping,
            synthesis,
        };
        Some(model.blueprint())
    }
}

struct Model<'a> {
    group: &'a Group<'a>,
    /// What stands before the names of each network.
    mapping: &'static str,
    synthesis: &'static str,
}

impl Model<'_> {
    fn blueprint(&self) -> Result<Blueprint, String> {
        let Self {
            group, synthesis, ..
        } = self;
        if group
            .names()
            .any(|name| name.starts_with(&format!("{synthesis}attns.")))
        {
            return Err("it has layers of attention, which are not read".to_owned());
        }
        if group.has(&format!("{synthesis}to_initial_block.weight")) {
            return Err(
                "it begins with a layer of w in place of a constant, which is not read".to_owned(),
            );
        }
        if !group.has(&format!("{synthesis}initial_conv.weight")) {
            return Err(
                "it was written by a version of the package before 1.0, which is not read"
                    .to_owned(),
            );
        }
        let sizes = (0..MAX_SIZES).take_while(|&size| group.has(&self.weight(size, "conv1")));
        let sizes = sizes.count().max(1);
        let side = 4_usize << (sizes - 1);
        let shape = group.shape(&format!("{}net.0.weight", self.mapping));
        let &[dim, _] = shape.unwrap_or_default() else {
            return Err("its mapping network is broken".to_owned());
        };
        let rgb = group.shape(&self.weight(sizes - 1, "to_rgb.conv"));
        let channels = rgb.and_then(|shape| shape.first()).copied().unwrap_or(0);
        if channels == 4 {
            return Err(
                "it draws transparent pictures, of four channels, which are not read".to_owned(),
            );
        }
        let image = [channels, side, side];
        let decoder = self.decoder([sizes, dim], image)?;
        let mut blueprint = Blueprint::of_vectors(Kind::General, dim, image, decoder);
        let rows = SpaceShape::Layers { layers: sizes, dim };
        let vector = SpaceShape::Vector { dim };
        blueprint
            .spaces
            .extend([(Space::W, vector), (Space::W_PLUS, rows)]);
        blueprint.maps = vec![(Space::Z, Space::W, self.map(dim)?)];
        blueprint.why = format!(
            "it has modulated convolutions in the layout of stylegan2-pytorch from 4x4 to {side}x{side} pixels"
        );
        blueprint.notes = vec![
            format!(
                "the networks {}* and {}* are used; the mapping network's rate is taken to be {MAPPING_RATE}",
                self.mapping, self.synthesis
            ),
            "its noise is uniform; ours is normal and made uniform on its way in".to_owned(),
        ];
        Ok(blueprint)
    }

    fn block(&self, size: usize, module: &str) -> String {
        format!("{}blocks.{size}.{module}", self.synthesis)
    }

    fn weight(&self, size: usize, module: &str) -> String {
        part(&self.block(size, module), "weight")
    }

    fn map(&self, dim: usize) -> Result<BuiltNet, String> {
        let mut net = Net::new(self.group, "z", &[dim]);
        // To a length of 1.
        net.normalise(1e-24);
        net.scale(1.0 / (dim.max(1) as f32).sqrt(), 0.0);
        let layers = (0..64).map(|layer| format!("{}net.{}", self.mapping, 2 * layer));
        for module in layers.take_while(|module| self.group.has(&part(module, "weight"))) {
            net.scaled_linear(&module, [MAPPING_RATE; 2]);
            net.function(Function::LeakyRelu { slope: SLOPE });
        }
        let at = net.at();
        net.output("w", &at);
        net.finish()
    }

    fn decoder(&self, [sizes, dim]: [usize; 2], image: [usize; 3]) -> Result<BuiltNet, String> {
        let group = self.group;
        let [_, side, _] = image;
        let mut net = Net::new(group, "w+", &[sizes, dim]);
        net.shared_input("noise", &[1, side, side]);
        net.go_to("noise");
        net.scale(NORMAL_TO_UNIFORM, 0.0);
        net.function(Function::Sigmoid);
        let noise = net.at();
        let start = format!("{}initial_block", self.synthesis);
        let shape = group.shape(&start).unwrap_or_default();
        let &[.., channels, 4, 4] = shape else {
            return Err(format!(
                "it starts from the shape {shape:?}, not from 4x4 pixels"
            ));
        };
        net.constant(&start, &[channels, 4, 4]);
        net.conv(&format!("{}initial_conv", self.synthesis), window(1, 1));
        let mut picture: Option<String> = None;
        for size in 0..sizes {
            let side = 4_usize << size;
            if size > 0 {
                net.resize(side, side, ResizeMode::Bilinear);
            }
            let x = net.at();
            net.go_to("w+");
            net.row(size, dim);
            let style = net.at();
            net.go_to(&noise);
            for axis in [1, 2] {
                let (start, end) = (0, side);
                net.then(Operation::Slice { axis, start, end });
            }
            let cut = net.at();
            net.go_to(&x);
            for layer in [1, 2] {
                let [conv, to_style] = ["conv", "to_style"].map(|name| format!("{name}{layer}"));
                self.convolve(&mut net, size, [&conv, &to_style], &style, true)?;
                let x = net.at();
                net.go_to(&cut);
                net.channel_matrix(&self.block(size, &format!("to_noise{layer}")));
                let noisy = net.at();
                net.add(&x, &noisy);
                net.function(Function::LeakyRelu { slope: SLOPE });
            }
            let x = net.at();
            let rgb = ["to_rgb.conv", "to_rgb.to_style"];
            self.convolve(&mut net, size, rgb, &style, false)?;
            if let Some(before) = picture.take() {
                let here = net.at();
                net.add(&before, &here);
            }
            if size + 1 < sizes {
                self.double_picture(&mut net, size)?;
            }
            picture = Some(net.at());
            net.go_to(&x);
        }
        net.go_to(&picture.ok_or("it has no layers")?);
        net.function(Function::Clamp { min: 0.0, max: 1.0 });
        net.reshape(&image);
        let at = net.at();
        net.output("picture", &at);
        net.finish()
    }

    /// A modulated convolution of a picture by the style of its size.
    fn convolve(
        &self,
        net: &mut Net<'_>,
        size: usize,
        [conv, to_style]: [&str; 2],
        style: &str,
        demodulate: bool,
    ) -> Result<(), String> {
        let weight = self.weight(size, conv);
        let &[channels, _, kernel, _] = self.group.shape(&weight).unwrap_or_default() else {
            return Err(format!("its layer {weight:?} is broken"));
        };
        let x = net.at();
        net.go_to(style);
        net.linear(&self.block(size, to_style)).scale(1.0, 1.0);
        let style = net.at();
        let operation = Operation::ModulatedConv {
            channels,
            kernel,
            up: 1,
            demodulate,
            gain: 1.0,
        };
        net.modulated(&weight, operation, [&x, &style], 1.0);
        Ok(())
    }

    fn double_picture(&self, net: &mut Net<'_>, size: usize) -> Result<(), String> {
        let filter = self.block(size, "to_rgb.upsample.1.f");
        if !self.group.has(&filter) {
            return Err(
                "it was written by a version of the package before 1.0, which is not read"
                    .to_owned(),
            );
        }
        self.group.take(&filter);
        let side = 8_usize << size;
        net.resize(side, side, ResizeMode::Bilinear);
        net.then(Operation::Pad {
            padding: [1; 4],
            mode: PadMode::Reflect,
        });
        net.then(Operation::Resample {
            taps: TAPS.to_vec(),
            up: 1,
            down: 1,
            padding: [0; 4],
            gain: 1.0,
        });
        Ok(())
    }
}
