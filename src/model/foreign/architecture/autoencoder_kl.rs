//! The autoencoders of latent diffusion (Rombach et al. 2022) in the layout of diffusers' AutoencoderKL and VQModel,
//! `decoder.mid_block.resnets.0.conv1.weight`, and in that of taming-transformers and CompVis, `decoder.mid.block_1.conv1.weight`.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, window};
use super::Architecture;
use super::blocks::Blocks;
use super::layout::Layout;
use crate::latent::{Space, SpaceShape};
use crate::model::graph::{Function, Operation, ReduceMode, Window};

pub struct AutoencoderKl;

/// The one with a codebook (van den Oord et al. 2017). Its codes are pictures of real numbers, which the decoder takes
/// to the nearest entries.
pub struct VqModel;

/// The side of codes where nobody says another.
const SIDE: usize = 32;
/// What codes are divided by where no `config.json` says it: those of Stable Diffusion 1 and 2 then have
/// a deviation of 1.
const SCALING: f32 = 0.18215;
const EPSILON: f32 = 1e-6;
const CODEBOOK: &str = "quantize.embedding.weight";
/// How much the difference of two squared distances counts among the entries of a codebook: the nearest has all
/// the weight, unless two are as good as equally far.
const SHARPNESS: f32 = 1e4;

impl Architecture for AutoencoderKl {
    fn title(&self) -> &'static str {
        "autoencoder of latent diffusion (AutoencoderKL)"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let ([latent, channels], layout) = sizes(group)?;
        Some(blueprint(group, hints, [latent, channels], layout))
    }
}

impl Architecture for VqModel {
    fn title(&self) -> &'static str {
        "autoencoder with a codebook (VQModel)"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let ([_, channels], layout) = sizes(group)?;
        let &[entries, latent] = group.shape(CODEBOOK)? else {
            return None;
        };
        let blueprint = blueprint(group, hints, [latent, channels], layout);
        Some(blueprint.map(|mut blueprint| {
            blueprint.notes.push(format!(
                "codes are real numbers; the decoder takes each place to the nearest of {entries} entries"
            ));
            blueprint
        }))
    }
}

/// Channels of codes as the decoder takes them, and of pictures; and what the modules are called.
fn sizes(group: &Group<'_>) -> Option<([usize; 2], Layout)> {
    let &[_, latent, 3, 3] = group.shape("decoder.conv_in.weight")? else {
        return None;
    };
    let &[channels, ..] = group.shape("decoder.conv_out.weight")? else {
        return None;
    };
    Some(([latent, channels], Layout::of(group)?))
}

/// What a `config.json` says, and the side of a picture.
struct Settings {
    groups: usize,
    scaling: f32,
    shift: f32,
}

impl Settings {
    fn of(hints: &Hints, usual_scaling: f32) -> Self {
        fn number<T: std::str::FromStr>(hints: &Hints, key: &str) -> Option<T> {
            hints.facts.get(key)?.parse().ok()
        }
        let usual = |value: &f32| value.is_finite() && *value > 0.0;
        Self {
            groups: number(hints, "config.norm_num_groups").unwrap_or(32),
            scaling: number(hints, "config.scaling_factor")
                .filter(usual)
                .unwrap_or(usual_scaling),
            shift: number(hints, "config.shift_factor").unwrap_or(0.0),
        }
    }

    /// Attention has one head.
    fn blocks<'a>(&self, group: &'a Group<'a>) -> Blocks<'a> {
        Blocks {
            group,
            groups: self.groups,
            epsilon: EPSILON,
            embedding: None,
            scale_shift: false,
            head: None,
        }
    }
}

fn blueprint(
    group: &Group<'_>,
    hints: &Hints,
    [latent, channels]: [usize; 2],
    layout: Layout,
) -> Result<Blueprint, String> {
    // What trained beside it.
    for beside in layout.beside() {
        group.leave_out(beside);
    }
    // Those of taming-transformers are taken as they come.
    let is_plain = layout == Layout::CompVis && group.has(CODEBOOK);
    let settings = Settings::of(hints, if is_plain { 1.0 } else { SCALING });
    let [height, width] = hints.latent.unwrap_or([SIDE; 2]);
    let shape = SpaceShape::Image {
        channels: latent,
        height,
        width,
    };
    let mut side = [height, width];
    let decoder = decoder(group, &settings, layout, latent, &mut side)?;
    let image = [channels, side[0], side[1]];
    let len = shape.checked_len().unwrap_or(0);
    let mut blueprint = Blueprint::of_vectors(Kind::General, len, image, decoder);
    blueprint.spaces.insert(Space::Z, shape);
    if group.has("encoder.conv_in.weight") {
        let encoder = encoder(group, &settings, layout, image, [latent, height, width])?;
        blueprint.encoder = Some(encoder);
    }
    blueprint.why = format!(
        "it has {}, and {latent} channels become {channels}",
        layout.words()
    );
    if settings.scaling != 1.0 {
        blueprint.notes.push(format!(
            "codes are divided by {}, so that those of pictures have a deviation of about 1",
            settings.scaling
        ));
    }
    Ok(blueprint)
}

fn decoder(
    group: &Group<'_>,
    settings: &Settings,
    layout: Layout,
    latent: usize,
    side: &mut [usize; 2],
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "z", &[latent, side[0], side[1]]);
    net.scale(1.0 / settings.scaling, settings.shift);
    if let Some(&[entries, _]) = group.shape(CODEBOOK) {
        quantise(&mut net, entries, [latent, side[0], side[1]]);
    }
    if group.has("post_quant_conv.weight") {
        net.conv("post_quant_conv", window(1, 0));
    }
    net.conv("decoder.conv_in", window(1, 1));
    let blocks = settings.blocks(group);
    blocks.around(&mut net, &layout.middle("decoder"), *side);
    for stage in layout.upwards(group) {
        for (residual, attention) in &stage.blocks {
            blocks.residual(&mut net, residual);
            blocks.attention(&mut net, attention, *side);
        }
        if let Some(up) = &stage.resampling {
            *side = side.map(|side| side.saturating_mul(2));
            net.upsample(side[0], side[1]);
            net.conv(up, window(1, 1));
        }
    }
    net.group_norm(&layout.norm("decoder"), settings.groups, EPSILON);
    net.function(Function::Silu);
    net.conv("decoder.conv_out", window(1, 1));
    net.scale(0.5, 0.5);
    net.function(Function::Clamp { min: 0.0, max: 1.0 });
    let at = net.at();
    net.output("picture", &at);
    net.finish()
}

/// Takes each place of a code to the nearest entry of the codebook.
fn quantise(net: &mut Net<'_>, entries: usize, [latent, height, width]: [usize; 3]) {
    let code = net.at();
    net.constant(CODEBOOK, &[entries, latent]);
    net.function(Function::Square);
    net.then(Operation::Reduce {
        axis: 1,
        mode: ReduceMode::Sum,
    });
    let lengths = net.at();
    net.go_to(&code);
    net.reshape(&[latent, height.saturating_mul(width)]);
    net.then(Operation::Permute { order: vec![1, 0] });
    net.matrix(CODEBOOK, entries, Weight::Transposed);
    net.scale(2.0, 0.0);
    let products = net.at();
    net.node(Operation::Subtract, &[&products, &lengths]);
    net.scale(SHARPNESS, 0.0);
    net.then(Operation::Softmax { axis: 1 });
    net.matrix(CODEBOOK, latent, Weight::Same);
    net.then(Operation::Permute { order: vec![1, 0] });
    net.reshape(&[latent, height, width]);
}

fn encoder(
    group: &Group<'_>,
    settings: &Settings,
    layout: Layout,
    image: [usize; 3],
    code: [usize; 3],
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "picture", &image);
    net.scale(2.0, -1.0);
    net.conv("encoder.conv_in", window(1, 1));
    let blocks = settings.blocks(group);
    let [_, mut height, mut width] = image;
    for stage in layout.downwards(group) {
        for (residual, attention) in &stage.blocks {
            blocks.residual(&mut net, residual);
            blocks.attention(&mut net, attention, [height, width]);
        }
        if let Some(down) = &stage.resampling {
            (height, width) = (height / 2, width / 2);
            // A border below and on the right alone.
            let window = Window {
                stride: [2; 2],
                padding: [0, 0, 1, 1],
                ..Window::default()
            };
            net.conv(down, window);
        }
    }
    blocks.around(&mut net, &layout.middle("encoder"), [height, width]);
    net.group_norm(&layout.norm("encoder"), settings.groups, EPSILON);
    net.function(Function::Silu);
    net.conv("encoder.conv_out", window(1, 1));
    if group.has("quant_conv.weight") {
        net.conv("quant_conv", window(1, 0));
    }
    let scaling = settings.scaling;
    if group.has(CODEBOOK) {
        net.scale(scaling, -settings.shift * scaling);
        let at = net.at();
        net.output("z", &at);
        return net.finish();
    }
    let both = net.at();
    net.node(
        Operation::Split {
            axis: 0,
            sizes: vec![code[0]; 2],
        },
        &[&both],
    );
    let split = net.at();
    let scales = [
        ("z", scaling, -settings.shift * scaling),
        // The log of the variance of what is multiplied.
        ("logvar", 1.0, 2.0 * scaling.ln()),
    ];
    for (index, (name, factor, offset)) in scales.into_iter().enumerate() {
        net.go_to(&format!("{split}.{index}"));
        net.scale(factor, offset);
        let at = net.at();
        net.output(name, &at);
    }
    net.finish()
}
