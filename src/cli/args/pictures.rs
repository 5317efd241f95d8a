//! The arguments of commands that draw.

use super::{DeviceArgs, EditArgs, MAX_SIZE, MethodArgs, OutputArgs, StepArgs, WayMethodArgs};
use crate::cli::error::CliError;
use crate::document::raster::Layout;
use crate::document::seeds::SeedList;
use crate::document::{Subject, animation};
use crate::latent::expr::Expr;
use crate::latent::path::{Easing, Method};
use crate::latent::{Condition, NoiseMode, Sampler, Space, Vocabulary, sampling};
use crate::render;
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// The largest enlargement.
const MAX_SCALE: i64 = render::MAX_SCALE as i64;
/// The widest gap, in pixels.
const MAX_GAP: i64 = render::MAX_GAP as i64;
const MAX_FRAMES: i64 = animation::MAX_FRAMES as i64;
/// The most pictures in a row or a column.
const MAX_ROW: i64 = 1_000;

#[derive(Debug, Args)]
pub struct RenderArgs {
    /// A name from `zscape models`, or a model file; with --from only where the recipe's model
    /// is not built in
    #[arg(required_unless_present = "from")]
    pub model: Option<PathBuf>,
    /// Which picture, such as "slerp(seed(3), seed(9), 0.4)"
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    pub expression: Option<String>,
    /// Draw again what is in this file, from the recipe that it carries
    #[arg(long, value_name = "FILE", conflicts_with_all = ["npy", "steps_out", "steps_show", "size", "scale", "smooth", "codes", "noise", "class", "prompt", "negative", "input", "strength", "mask", "method", "steps", "schedule", "eta", "guidance", "turns"])]
    pub from: Option<PathBuf>,
    /// With --from, draw with a model of the same name even if it is another one
    #[arg(long, requires = "from")]
    pub any_model: bool,
    /// The PNG to write; with --from also what holds the recipe's animation. Without it --from
    /// draws a picture only to compare it with the file
    #[arg(short = 'o', long = "output", value_name = "OUT.png")]
    #[arg(required_unless_present_any = ["npy", "from", "steps_out"])]
    pub png: Option<PathBuf>,
    /// The NumPy array to write, f32 in 0..1
    #[arg(long, value_name = "OUT.npy")]
    pub npy: Option<PathBuf>,
    /// Where to write the picture after each step of a sampler: a strip.png, an animation .gif,
    /// .apng, .webp or .mp4, a folder, or step_###.png
    #[arg(long, value_name = "PATH")]
    pub steps_out: Option<PathBuf>,
    /// What to show of each step: x0, the picture that the network sees behind the noise, x_t, the noisy
    /// picture that the step began with, both, or, of a model that writes place by place, the likelihoods
    /// beside the picture
    #[arg(
        long,
        value_name = "WHAT",
        requires = "steps_out",
        value_enum,
        default_value_t
    )]
    pub steps_show: StepsShow,
    /// Pixels on the longer side of the PNG; by default those that the model makes
    #[arg(long, value_name = "N", conflicts_with = "scale")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MAX_SIZE))]
    pub size: Option<u32>,
    #[command(flatten)]
    pub look: LookArgs,
    #[command(flatten)]
    pub sampler: MethodArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub condition: ConditionArgs,
    #[command(flatten)]
    pub edit: EditArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// What is shown of each step.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub enum StepsShow {
    #[default]
    #[value(name = "x0")]
    Data,
    #[value(name = "x_t")]
    Noisy,
    Both,
    Likelihoods,
}

impl From<StepsShow> for render::StepsShown {
    fn from(shown: StepsShow) -> Self {
        match shown {
            StepsShow::Data => Self::Data,
            StepsShow::Noisy => Self::Noisy,
            StepsShow::Both => Self::Both,
            StepsShow::Likelihoods => Self::Likelihoods,
        }
    }
}

#[derive(Debug, Args)]
pub struct GridArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Seeds and ranges of seeds, such as 0-9,12,40-45
    #[arg(long, required_unless_present = "codes")]
    pub seeds: Option<SeedList>,
    /// Truncation psi: below 1 draws codes towards the mean
    #[arg(long, value_name = "PSI", allow_negative_numbers = true)]
    pub truncation: Option<f32>,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub look: LookArgs,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub sampler: MethodArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub condition: ConditionArgs,
    #[command(flatten)]
    pub edit: EditArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct StripArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Two or more keyframes
    #[arg(value_name = "EXPR", required = true, num_args = 1..)]
    pub keyframes: Vec<String>,
    /// How many pictures
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_ROW))]
    pub count: u32,
    #[command(flatten)]
    pub way: WayArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub look: LookArgs,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub sampler: WayMethodArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub condition: ConditionArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct SheetArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// The corners: top left, top right, bottom left, bottom right
    #[arg(value_name = "EXPR", required = true, num_args = 4)]
    pub corners: Vec<String>,
    /// How many pictures in a row
    #[arg(long, value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MAX_ROW))]
    pub columns: u32,
    /// How many rows
    #[arg(long, value_name = "N", default_value_t = 8)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MAX_ROW))]
    pub rows: u32,
    #[command(flatten)]
    pub way: WayArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub look: LookArgs,
    #[command(flatten)]
    pub layout: LayoutArgs,
    #[command(flatten)]
    pub sampler: WayMethodArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub condition: ConditionArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct AnimateArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Two or more keyframes
    #[arg(value_name = "EXPR", required = true, num_args = 1..)]
    pub keyframes: Vec<String>,
    /// How many frames
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=MAX_FRAMES))]
    pub frames: u32,
    /// How long all of it is shown, in seconds
    #[arg(long, value_name = "S", conflicts_with = "fps")]
    pub seconds: Option<f64>,
    /// Frames a second
    #[arg(long, value_name = "F", default_value_t = 25.0)]
    pub fps: f64,
    /// Lead back to the first keyframe
    #[arg(long = "loop")]
    pub closed: bool,
    /// Show it once, not again and again
    #[arg(long)]
    pub once: bool,
    #[command(flatten)]
    pub way: WayArgs,
    /// How each leg between keyframes begins and ends
    #[arg(long, value_name = "EASING", default_value_t, value_parser = easings())]
    pub easing: Easing,
    /// Make every frame the same step as a picture
    #[arg(long)]
    pub even: bool,
    /// OUT.gif, OUT.png (APNG), OUT.webp, OUT.mp4 (needs ffmpeg), a folder, or OUT_####.png
    #[arg(short = 'o', long, value_name = "OUT")]
    pub output: PathBuf,
    #[command(flatten)]
    pub look: LookArgs,
    #[command(flatten)]
    pub sampler: WayMethodArgs,
    #[command(flatten)]
    pub names: NameArgs,
    #[command(flatten)]
    pub condition: ConditionArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct CodesArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Expressions, one for each code
    #[arg(value_name = "EXPR", required = true, num_args = 1..)]
    pub expressions: Vec<String>,
    /// The NumPy file to write: OUT.npz with arrays by name, or OUT.npy with one array
    #[arg(short = 'o', long, value_name = "OUT.npz")]
    pub output: PathBuf,
    /// The space to write, such as z, w or w+, where the model leads from that of the expressions to it
    #[arg(long, value_parser = Space::named)]
    pub space: Option<Space>,
    /// A name for each code, separated by commas; without names an array has all codes of a space
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    pub names: Vec<String>,
    #[command(flatten)]
    pub known: NameArgs,
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// How large, and how.
#[derive(Clone, Copy, Debug, Args)]
pub struct LookArgs {
    /// Enlarge every picture this many times
    #[arg(long, value_name = "K", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=MAX_SCALE))]
    pub scale: u32,
    /// Enlarge smoothly, not into squares
    #[arg(long)]
    pub smooth: bool,
}

/// What is between pictures.
#[derive(Clone, Copy, Debug, Args)]
pub struct LayoutArgs {
    /// Pixels between pictures
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u32).range(0..=MAX_GAP))]
    pub gap: u32,
    /// The colour of the gaps
    #[arg(long, value_name = "RRGGBB", default_value = "000000", value_parser = colour)]
    pub background: [u8; 3],
}

impl LayoutArgs {
    /// Whether pictures touch.
    pub fn is_plain(self) -> bool {
        self.gap == 0
    }

    /// Pictures in rows of `columns`, laid out like this.
    pub fn sheet(self, pictures: &[Expr], columns: usize) -> Subject {
        let layout = Layout {
            columns,
            gap: self.gap as usize,
            background: self.background,
        };
        Subject::sheet(pictures, layout)
    }
}

/// The way between keyframes.
#[derive(Clone, Copy, Debug, Args)]
pub struct WayArgs {
    /// The way between keyframes: round the sphere, or straight
    #[arg(long, value_name = "METHOD", default_value_t, value_parser = methods())]
    pub method: Method,
}

/// What expressions may use beside the model, and how it decodes.
#[derive(Debug, Args)]
pub struct NameArgs {
    /// A .npz or .npy file whose codes expressions may use as @name
    #[arg(long, value_name = "FILE")]
    pub codes: Vec<PathBuf>,
    /// The noise of style-based models: const, none, or a seed
    #[arg(long, value_name = "NOISE", default_value = "const")]
    pub noise: NoiseMode,
    #[command(flatten)]
    pub steps: StepArgs,
}

impl NameArgs {
    /// The settings of a decode, with a method that is chosen elsewhere.
    ///
    /// # Errors
    /// A sentence about a change of the settings that cannot be made.
    pub fn sampler(&self, method: Option<sampling::Method>) -> Result<Sampler, CliError> {
        self.steps.sampler(self.noise, method)
    }
}

/// What pictures of a conditional model are asked to show. An expression that says so itself, by
/// `given(...)`, is drawn as it says.
#[derive(Debug, Args)]
pub struct ConditionArgs {
    /// The class of a conditional model: a name, or weights as in "0.4 3, 0.6 8"
    #[arg(long, value_name = "CLASS", value_parser = Prompt::read, conflicts_with = "prompt")]
    pub class: Option<Prompt>,
    /// What a model that takes words is asked for, as in "smile, not hat, 0.5 glasses"
    #[arg(long, value_name = "WORDS", value_parser = Prompt::read)]
    pub prompt: Option<Prompt>,
    /// What it is asked not to draw, as in "hat, beard"
    #[arg(long, value_name = "WORDS", value_parser = Prompt::read)]
    pub negative: Option<Prompt>,
}

/// What a text asks for, and the words that it asks for and against.
#[derive(Clone, Debug)]
pub struct Prompt {
    asked: Condition,
    contradicted: Vec<String>,
}

impl Prompt {
    fn read(text: &str) -> Result<Self, String> {
        Ok(Self {
            asked: Condition::of_prompt(text)?,
            contradicted: Condition::contradicted(text),
        })
    }
}

impl ConditionArgs {
    /// Everything that was asked for and against.
    fn condition(&self) -> Condition {
        let mut condition = Condition::default();
        let asked_for = self.class.iter().chain(&self.prompt);
        for (word, weight) in asked_for.flat_map(|prompt| prompt.asked.iter()) {
            condition.set(word, weight);
        }
        let against = self.negative.iter();
        for (word, weight) in against.flat_map(|prompt| prompt.asked.iter()) {
            condition.set(word, -weight);
        }
        condition
    }

    /// Sentences on words of a model that exclude each other, or that are asked for and against.
    pub fn notes(&self, vocabulary: Option<&Vocabulary>) -> Vec<String> {
        let conflict = vocabulary.and_then(|words| words.conflict_note(&self.condition()));
        let all = [&self.class, &self.prompt, &self.negative];
        let own = all.into_iter().flatten();
        let mut words: Vec<&str> = own
            .flat_map(|prompt| prompt.contradicted.iter().map(String::as_str))
            .collect();
        if let (Some(prompt), Some(negative)) = (&self.prompt, &self.negative) {
            for word in prompt.asked.shared(&negative.asked) {
                if !words.contains(&word) {
                    words.push(word);
                }
            }
        }
        let contradiction = Condition::contradiction_note(&words);
        conflict.into_iter().chain(contradiction).collect()
    }

    /// An expression that says what was asked for, unless it does so itself.
    pub fn asked(&self, expression: Expr) -> Expr {
        let condition = self.condition();
        if condition.is_empty() || expression.is_given() {
            return expression;
        }
        Expr::Given(expression.into(), condition)
    }

    /// Whether anything is asked for.
    pub fn is_empty(&self) -> bool {
        self.class.is_none() && self.prompt.is_none() && self.negative.is_none()
    }
}

fn methods() -> impl clap::builder::TypedValueParser<Value = Method> {
    PossibleValuesParser::new(Method::ALL.map(Method::name)).try_map(|name| name.parse::<Method>())
}

fn easings() -> impl clap::builder::TypedValueParser<Value = Easing> {
    PossibleValuesParser::new(Easing::ALL.map(Easing::name)).try_map(|name| name.parse::<Easing>())
}

fn colour(text: &str) -> Result<[u8; 3], String> {
    let digits = text.trim_start_matches('#');
    let number = u32::from_str_radix(digits, 16);
    match number {
        Ok(number) if digits.len() == 6 && !digits.starts_with('+') => {
            let [_, red, green, blue] = number.to_be_bytes();
            Ok([red, green, blue])
        }
        _ => Err("a colour has six hexadecimal digits, such as ffffff".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_six_digits() {
        assert_eq!(colour("ff8000"), Ok([255, 128, 0]));
        assert_eq!(colour("#FFFFFF"), Ok([255; 3]));
        for text in ["", "fff", "ff80000", "gggggg", "-12345", "+12345"] {
            assert!(colour(text).is_err(), "{text}");
        }
    }
}
