//! The networks between label maps and pictures, as graphs.

use crate::model::graph::{Function, GraphSpec, InputSpec, Operation, OutputSpec};
use crate::train::graph_builder::GraphBuilder;
use serde::{Deserialize, Serialize};

/// Part of the slope of a leaky ReLU below zero.
const LEAK: f32 = 0.2;
const MAX_CHANNELS: usize = 1024;

/// What these networks are built of, and what they are taught by: the section `translation` of a recipe.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationSettings {
    /// Numbers that stand for a label.
    pub features: usize,
    /// Channels at the sides of the map, at half of them, and so on.
    pub channels: Vec<usize>,
    /// Channels of what draws label maps from z, at a quarter of their sides.
    pub map_channels: usize,
    /// Numbers of its layers before there are places, in which what belongs together is decided.
    pub map_hidden: usize,
    /// How many pairs of a batch the networks of pictures see; label maps of all of it are coded, as that costs
    /// less. All, where this is not given.
    #[serde(default)]
    pub pairs: Option<usize>,
    /// Weight of the mean absolute error of the picture.
    pub absolute: f64,
    /// Weight of what the discriminator says.
    pub adversarial: f64,
    /// Part of the run before there is a discriminator.
    pub lead: f64,
}

/// The label map and the picture that the networks lie between.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Of the map.
    pub side: usize,
    pub labels: usize,
    /// `[channels, height, width]`
    pub picture: [usize; 3],
    pub z_dim: usize,
}

impl TranslationSettings {
    pub fn is_sound(&self) -> bool {
        let is_size = |size: usize| (1..=MAX_CHANNELS).contains(&size);
        is_size(self.features)
            && is_size(self.map_channels)
            && is_size(self.map_hidden)
            && self.pairs != Some(0)
            && (1..=6).contains(&self.channels.len())
            && self.channels.iter().all(|&channels| is_size(channels))
            && [self.absolute, self.adversarial]
                .iter()
                .all(|weight| (0.0..f64::INFINITY).contains(weight))
            && self.absolute > 0.0
            && (0.0..=1.0).contains(&self.lead)
    }

    /// From a label map, `codes` `[side, side]`, to a picture in 0..1: a U-Net (Ronneberger et al. 2015)
    /// at the sides of the map, whose pixels are several of the picture.
    ///
    /// # Errors
    /// When the sizes do not fit one another.
    pub fn decoder(&self, sizes: Sizes) -> Result<GraphSpec, String> {
        let factor = self.factor(sizes)?;
        let mut net = GraphBuilder::default();
        let map = net.embedded("labels", "codes", sizes.labels, self.features);
        let x = self.unet(&mut net, &map, sizes.side);
        let [channels, ..] = sizes.picture;
        let x = net.conv_3("out", &x, channels * factor * factor, 1);
        let x = match factor {
            1 => x,
            factor => net.add("pixels", Operation::PixelShuffle { factor }, &[&x]),
        };
        net.function("picture", &x, Function::Sigmoid);
        let inputs = vec![map_input(sizes)];
        Ok(graph(net, inputs, &[("picture", "picture")]))
    }

    /// From a picture to a score for each label at each place of its map, `[labels, side, side]`.
    ///
    /// # Errors
    /// As for [`Self::decoder`].
    pub fn encoder(&self, sizes: Sizes) -> Result<GraphSpec, String> {
        let factor = self.factor(sizes)?;
        let mut net = GraphBuilder::default();
        let x = unshuffled(&mut net, factor);
        let x = self.unet(&mut net, &x, sizes.side);
        net.conv_1("scores", &x, sizes.labels);
        let inputs = vec![picture_input(sizes)];
        Ok(graph(net, inputs, &[("codes", "scores")]))
    }

    /// From a picture and the label map that it belongs to, to a number for each patch that says how real it
    /// is (PatchGAN, Isola et al. 2017).
    ///
    /// # Errors
    /// As for [`Self::decoder`].
    pub fn discriminator(&self, sizes: Sizes) -> Result<GraphSpec, String> {
        let factor = self.factor(sizes)?;
        let mut net = GraphBuilder::default();
        let map = net.embedded("labels", "codes", sizes.labels, self.features);
        let seen = unshuffled(&mut net, factor);
        let mut x = net.joined("both", &[&seen, &map]);
        for (level, &channels) in self.channels.iter().take(2).enumerate() {
            x = net.conv_3(&format!("conv{level}"), &x, channels, 1 + level.min(1));
            let function = Function::LeakyRelu { slope: LEAK };
            x = net.function(&format!("leaky{level}"), &x, function);
        }
        net.conv_3("patches", &x, 1, 1);
        let inputs = vec![picture_input(sizes), map_input(sizes)];
        Ok(graph(net, inputs, &[("patches", "patches")]))
    }

    /// From z to a score for each label at each place of a map.
    ///
    /// # Errors
    /// When the side of the map cannot be halved twice.
    pub fn map_decoder(&self, sizes: Sizes) -> Result<GraphSpec, String> {
        let quarter = self.quarter(sizes)?;
        let channels = self.map_channels;
        let mut net = GraphBuilder::default();
        let x = dense(&mut net, "hidden0", "z", self.map_hidden);
        let x = dense(&mut net, "hidden1", &x, self.map_hidden);
        let x = dense(&mut net, "first", &x, channels * quarter * quarter);
        let x = net.reshape("places", &x, &[channels, quarter, quarter]);
        let mut x = active(&mut net, "conv0", &x, channels, 1);
        // Fewer channels as there are more places.
        for (level, channels) in [(1, 3 * channels / 4), (2, 3 * channels / 8)] {
            x = net.resized(&format!("double{level}"), &x, [quarter << level; 2]);
            x = active(&mut net, &format!("conv{level}"), &x, channels.max(1), 1);
        }
        net.conv_1("scores", &x, sizes.labels);
        let inputs = vec![input("z", &[sizes.z_dim])];
        Ok(graph(net, inputs, &[("codes", "scores")]))
    }

    /// From a label map to the mean and the log variance of z; used in training only.
    ///
    /// # Errors
    /// As for [`Self::map_decoder`].
    pub fn map_encoder(&self, sizes: Sizes) -> Result<GraphSpec, String> {
        let quarter = self.quarter(sizes)?;
        let channels = self.map_channels;
        let mut net = GraphBuilder::default();
        let mut x = net.embedded("labels", "codes", sizes.labels, self.features);
        for (level, channels) in [(0, channels.div_ceil(2)), (1, channels)] {
            x = active(&mut net, &format!("conv{level}"), &x, channels, 2);
        }
        let x = net.reshape("flat", &x, &[channels * quarter * quarter]);
        let x = dense(&mut net, "hidden", &x, self.map_hidden);
        net.linear("mu", &x, sizes.z_dim);
        net.linear("logvar", &x, sizes.z_dim);
        let inputs = vec![map_input(sizes)];
        Ok(graph(net, inputs, &[("mu", "mu"), ("logvar", "logvar")]))
    }

    /// Features of each place of a map, from what stands there and around.
    fn unet(&self, net: &mut GraphBuilder, x: &str, side: usize) -> String {
        let mut x = x.to_owned();
        let mut skips = Vec::new();
        for (level, &channels) in self.channels.iter().enumerate() {
            let stride = 1 + level.min(1);
            x = active(net, &format!("down{level}_a"), &x, channels, stride);
            if level > 0 {
                x = active(net, &format!("down{level}_b"), &x, channels, 1);
            }
            skips.push(x.clone());
        }
        skips.pop();
        for (level, &channels) in self.channels.iter().enumerate().rev().skip(1) {
            // Narrow before it grows: that costs a quarter.
            x = active(net, &format!("narrow{level}"), &x, channels, 1);
            let sides = [side >> level; 2];
            x = net.resized(&format!("double{level}"), &x, sides);
            if let Some(skip) = skips.pop() {
                x = net.joined(&format!("joined{level}"), &[&x, &skip]);
            }
            x = active(net, &format!("up{level}_a"), &x, channels, 1);
            x = active(net, &format!("up{level}_b"), &x, channels, 1);
        }
        x
    }

    /// How many pixels of the picture lie along a place of the map.
    fn factor(&self, sizes: Sizes) -> Result<usize, String> {
        let [_, height, width] = sizes.picture;
        if height != width || !height.is_multiple_of(sizes.side) {
            return Err(format!(
                "pictures of {width}x{height} pixels are no multiple of a map of {0}x{0}",
                sizes.side
            ));
        }
        let halvings = self.channels.len() - 1;
        if !sizes.side.is_multiple_of(1 << halvings) {
            return Err(format!(
                "a map of {0}x{0} cannot be halved {halvings} times",
                sizes.side
            ));
        }
        Ok(height / sizes.side)
    }

    fn quarter(&self, sizes: Sizes) -> Result<usize, String> {
        if sizes.side.is_multiple_of(4) {
            Ok(sizes.side / 4)
        } else {
            Err(format!(
                "a map of {0}x{0} cannot be halved twice",
                sizes.side
            ))
        }
    }
}

/// A convolution with what follows it.
fn active(net: &mut GraphBuilder, name: &str, x: &str, channels: usize, stride: usize) -> String {
    let x = net.conv_3(name, x, channels, stride);
    net.silu(&format!("{name}_silu"), &x)
}

/// A dense layer with what follows it.
fn dense(net: &mut GraphBuilder, name: &str, x: &str, outputs: usize) -> String {
    let x = net.linear(name, x, outputs);
    net.silu(&format!("{name}_silu"), &x)
}

/// The pixels that lie at one place of the map, as channels.
fn unshuffled(net: &mut GraphBuilder, factor: usize) -> String {
    match factor {
        1 => "picture".to_owned(),
        factor => net.add("seen", Operation::PixelUnshuffle { factor }, &["picture"]),
    }
}

fn map_input(sizes: Sizes) -> InputSpec {
    input("codes", &[sizes.side, sizes.side])
}

fn picture_input(sizes: Sizes) -> InputSpec {
    input("picture", &sizes.picture)
}

fn input(name: &str, shape: &[usize]) -> InputSpec {
    InputSpec {
        name: name.to_owned(),
        shape: shape.to_vec(),
        shared: false,
    }
}

fn graph(net: GraphBuilder, inputs: Vec<InputSpec>, outputs: &[(&str, &str)]) -> GraphSpec {
    let outputs = outputs.iter();
    let outputs = outputs.map(|(name, value)| OutputSpec {
        name: (*name).to_owned(),
        value: (*value).to_owned(),
    });
    GraphSpec {
        inputs,
        nodes: net.nodes,
        outputs: outputs.collect(),
    }
}
