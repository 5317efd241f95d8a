//! The denoiser of a diffusion model in the layout of diffusers' UNet2DModel:
//! `down_blocks.0.resnets.0.time_emb_proj.weight`. Its `config.json` and the `scheduler_config.json` beside it
//! or in the folder `scheduler` next to its own say what the weights do not.

use super::super::blueprint::Blueprint;
use super::super::group::Group;
use super::super::hints::Hints;
use super::super::net::{BuiltNet, Net, Weight, window};
use super::Architecture;
use super::blocks::{Blocks, MAX_BLOCKS};
use crate::latent::Space;
use crate::latent::sampling::{Noising, Prediction};
use crate::model::diffusion::DiffusionSpec;
use crate::model::graph::{Function, Operation, Window};
use std::collections::BTreeMap;

pub struct Unet;

/// The side of pictures where nobody says another.
const SIDE: usize = 32;
/// The period of the slowest wave of a time.
const MAX_PERIOD: f32 = 10_000.0;

impl Architecture for Unet {
    fn title(&self) -> &'static str {
        "U-Net of a diffusion model (UNet2DModel)"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let &[first, channels, 3, 3] = group.shape("conv_in.weight")? else {
            return None;
        };
        group.shape("time_embedding.linear_1.weight")?;
        group.shape("down_blocks.0.resnets.0.conv1.weight")?;
        group.shape("mid_block.resnets.0.conv1.weight")?;
        Some(blueprint(group, hints, [first, channels]))
    }
}

/// What the settings of diffusers say, with its own values where they are silent.
struct Settings<'a>(&'a BTreeMap<String, String>);

impl Settings<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.0
            .get(key)
            .map(String::as_str)
            .filter(|it| *it != "null")
    }

    fn number<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        self.text(key)?.parse().ok()
    }

    /// A setting that is 0 or 1 wherever diffusers writes it.
    fn zero_or_one(&self, key: &str, usual: usize) -> Result<usize, String> {
        match self.number::<f32>(key) {
            None => Ok(usual),
            Some(0.0) => Ok(0),
            Some(1.0) => Ok(1),
            Some(other) => Err(format!("its setting {key} is {other}; 0 and 1 are known")),
        }
    }

    /// Refuses what the graph would not compute.
    fn check(&self) -> Result<(), String> {
        let embedding = self
            .text("config.time_embedding_type")
            .unwrap_or("positional");
        if embedding != "positional" {
            return Err(format!(
                "its time is embedded as {embedding:?}; \"positional\" is known"
            ));
        }
        let function = self.text("config.act_fn").unwrap_or("silu");
        if !matches!(function, "silu" | "swish") {
            return Err(format!(
                "it has the function {function:?}; \"silu\" is known"
            ));
        }
        let is_one = |key: &str| self.number::<f32>(key).is_none_or(|value| value == 1.0);
        if !is_one("config.mid_block_scale_factor")
            || self.text("config.center_input_sample") == Some("true")
        {
            return Err("its blocks are scaled, or its pictures centred".to_owned());
        }
        Ok(())
    }

    /// How its data was mixed with noise, and what it gives; and what was assumed.
    fn diffusion(&self) -> Result<(DiffusionSpec, Option<String>), String> {
        let prediction = match self.text("scheduler.prediction_type") {
            None | Some("epsilon") => Prediction::Noise,
            Some("v_prediction") => Prediction::V,
            Some("sample") => Prediction::Data,
            Some(other) => return Err(format!("it predicts {other:?}, which is not known")),
        };
        let steps: usize = self.number("scheduler.num_train_timesteps").unwrap_or(1000);
        let betas =
            ["scheduler.beta_start", "scheduler.beta_end"].map(|key| self.number::<f64>(key));
        let noising = match self.text("scheduler.beta_schedule") {
            None | Some("linear") if steps == 1000 && are_usual(betas) => Noising::Linear,
            Some("squaredcos_cap_v2") if steps == 1000 => Noising::Cosine,
            other => {
                let [first, last] =
                    betas.map(|beta| beta.map_or("?".to_owned(), |beta| beta.to_string()));
                return Err(format!(
                    "its noise schedule is {:?} from {first} to {last} in {steps} steps; known are \"linear\" \
                     from 0.0001 to 0.02 and \"squaredcos_cap_v2\", in 1000 steps",
                    other.unwrap_or("linear")
                ));
            }
        };
        let is_said = self.0.keys().any(|key| key.starts_with("scheduler."));
        let note = (!is_said).then(|| {
            "no scheduler_config.json was found; it is taken to predict noise, on the linear schedule".to_owned()
        });
        Ok((
            DiffusionSpec {
                noising,
                prediction,
            },
            note,
        ))
    }
}

/// Whether betas are those of the linear schedule, as far as they are said.
fn are_usual([first, last]: [Option<f64>; 2]) -> bool {
    let close = |beta: Option<f64>, usual: f64| beta.is_none_or(|beta| (beta - usual).abs() < 1e-9);
    close(first, 1e-4) && close(last, 0.02)
}

fn blueprint(
    group: &Group<'_>,
    hints: &Hints,
    [first, channels]: [usize; 2],
) -> Result<Blueprint, String> {
    let settings = Settings(&hints.facts);
    settings.check()?;
    if !matches!(channels, 1 | 3) {
        return Err(format!(
            "it works on {channels} channels: codes of an autoencoder, whose decoder is another file"
        ));
    }
    let (diffusion, note) = settings.diffusion()?;
    let said = settings.number("config.sample_size").map(|side| [side; 2]);
    let of_hints = hints.image.map(|[_, height, width]| [height, width]);
    let sides = of_hints.or(said);
    let [height, width] = sides.unwrap_or([SIDE; 2]);
    let image = [channels, height, width];
    let classes = group
        .shape("class_embedding.weight")
        .and_then(|it| it.first().copied());
    let denoiser = denoiser(group, &settings, image, first, classes)?;

    let mut blueprint = Blueprint::of_denoiser(image, denoiser, diffusion);
    if let Some(count) = classes {
        blueprint.with_classes(count, &hints.classes);
    }
    blueprint.why =
        format!("it has time_embedding, down_blocks and mid_block, and takes {channels} channels");
    blueprint.notes.extend(note);
    if sides.is_none() {
        blueprint.notes.push(format!(
            "nobody says how large its pictures are; {SIDE}x{SIDE} is assumed (hint: image)"
        ));
    }
    Ok(blueprint)
}

fn denoiser(
    group: &Group<'_>,
    settings: &Settings<'_>,
    image: [usize; 3],
    first: usize,
    classes: Option<usize>,
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, Space::X.name(), &image);
    if let Some(classes) = classes {
        net.input("condition", &[classes]);
    }
    net.input("time", &[1]);
    let embedding = embedding(&mut net, group, settings, first, classes)?;
    let usual = |value: &f32| value.is_finite() && *value > 0.0;
    let blocks = Blocks {
        group,
        groups: settings.number("config.norm_num_groups").unwrap_or(32),
        epsilon: settings
            .number("config.norm_eps")
            .filter(usual)
            .unwrap_or(1e-5),
        embedding: Some(embedding),
        scale_shift: settings.text("config.resnet_time_scale_shift") == Some("scale_shift"),
        // Without settings the number of heads cannot be seen; 8 channels each are usual.
        head: match settings.0.contains_key("config.attention_head_dim") {
            true => settings.number("config.attention_head_dim"),
            false => Some(8),
        },
    };
    net.go_to(Space::X.name());
    net.conv("conv_in", window(1, 1));
    let mut side = [image[1], image[2]];
    let mut skips = vec![net.at()];
    for block in 0..MAX_BLOCKS {
        let block = format!("down_blocks.{block}");
        for (index, module) in blocks.residuals(&block).enumerate() {
            blocks.residual(&mut net, &module);
            blocks.attention(&mut net, &format!("{block}.attentions.{index}"), side);
            skips.push(net.at());
        }
        let down = format!("{block}.downsamplers.0.conv");
        if group.has(&format!("{down}.weight")) {
            let padding = settings.zero_or_one("config.downsample_padding", 1)?;
            net.conv(&down, halving(padding));
            side = side.map(|side| halved(side, padding));
            skips.push(net.at());
        }
    }
    blocks.middle(&mut net, "mid_block", side);
    for block in 0..MAX_BLOCKS {
        let block = format!("up_blocks.{block}");
        for (index, module) in blocks.residuals(&block).enumerate() {
            let skip = skips
                .pop()
                .ok_or("it has more blocks on the way up than down")?;
            let x = net.at();
            net.node(Operation::Concatenate { axis: 0 }, &[&x, &skip]);
            blocks.residual(&mut net, &module);
            blocks.attention(&mut net, &format!("{block}.attentions.{index}"), side);
        }
        let up = format!("{block}.upsamplers.0.conv");
        if group.has(&format!("{up}.weight")) {
            side = side.map(|side| side.saturating_mul(2));
            net.upsample(side[0], side[1]);
            net.conv(&up, window(1, 1));
        }
    }
    net.group_norm("conv_norm_out", blocks.groups, blocks.epsilon);
    net.function(Function::Silu);
    net.conv("conv_out", window(1, 1));
    let at = net.at();
    net.output("prediction", &at);
    net.finish()
}

/// The window of a convolution that halves: with a padding of 0, diffusers adds a border below and on the
/// right alone.
fn halving(padding: usize) -> Window {
    Window {
        stride: [2; 2],
        padding: match padding {
            0 => [0, 0, 1, 1],
            padding => [padding; 4],
        },
        ..Window::default()
    }
}

/// What a kernel of 3 leaves of a side.
fn halved(side: usize, padding: usize) -> usize {
    let around = if padding == 0 {
        1
    } else {
        2usize.saturating_mul(padding)
    };
    side.saturating_add(around).saturating_sub(3) / 2 + 1
}

/// What tells every block the time, and the class where there are any.
fn embedding(
    net: &mut Net<'_>,
    group: &Group<'_>,
    settings: &Settings<'_>,
    features: usize,
    classes: Option<usize>,
) -> Result<String, String> {
    net.go_to("time");
    net.then(Operation::TimeEmbedding {
        features,
        max_period: MAX_PERIOD,
        cosine_first: settings.text("config.flip_sin_to_cos") != Some("false"),
        shift: settings.zero_or_one("config.freq_shift", 0)? as f32,
        scale: 1.0,
    });
    net.linear("time_embedding.linear_1");
    net.function(Function::Silu);
    net.linear("time_embedding.linear_2");
    let of_class = group.shape("class_embedding.weight");
    if let (Some(_), Some(&[_, outputs])) = (classes, of_class) {
        let time = net.at();
        net.go_to("condition");
        net.matrix("class_embedding.weight", outputs, Weight::Same);
        let class = net.at();
        net.add(&time, &class);
    }
    net.function(Function::Silu);
    Ok(net.at())
}
