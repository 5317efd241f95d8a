//! The arguments, as clap reads them.

mod editing;
mod learning;
mod pictures;
mod sampling;

pub use editing::*;
pub use learning::*;
pub use pictures::*;
pub use sampling::*;

use crate::engine::DeviceChoice;
use crate::render;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The longest side of a rendered picture, in pixels.
const MAX_SIZE: i64 = render::MAX_SIDE as i64;

/// Explore the latent spaces of generative models: without a command, in a window.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to open: a model by its name from `zscape models`, or any file that can be dropped on the
    /// window, such as a model, a session, a picture, codes or questions
    pub model: Option<PathBuf>,
    /// Open the window, wait for the first picture, print one line of JSON and leave
    #[arg(long)]
    pub smoke: bool,
    /// A folder of your own models, listed beside those that are built in
    #[arg(long, value_name = "DIR")]
    pub models: Option<PathBuf>,
    /// A folder of your own question files, added to those that are built in
    #[arg(long, value_name = "DIR")]
    pub questions: Option<PathBuf>,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the models that are built in
    Models(ModelsArgs),
    /// Show what a model file holds, of whatever program, or the recipe in a picture
    Inspect(InspectArgs),
    /// Make a model file of one that another program wrote
    Import(ImportArgs),
    /// Draw the picture of an expression, or a picture again
    Render(RenderArgs),
    /// Write the code that an expression gives
    Code(CodeArgs),
    /// Write the codes of many expressions
    Codes(CodesArgs),
    /// Find the code of a picture and write it
    Invert(InvertArgs),
    /// Draw the pictures of many seeds, or of codes in a file
    Grid(GridArgs),
    /// Draw pictures on the way between keyframes, side by side
    Strip(StripArgs),
    /// Draw the pictures between four corners
    Sheet(SheetArgs),
    /// Write an animation of the way between keyframes
    Animate(AnimateArgs),
    /// Train a model
    Train(TrainArgs),
    /// Measure the quality of a model on test data
    Eval(EvalArgs),
    /// Give a model of codes the decoder of another file
    Decoder(DecoderArgs),
    /// Find directions that mean something, measure them, and store them in a model file
    Directions(DirectionsArgs),
    /// Measure the speed of a model on this machine
    Bench(BenchArgs),
    /// Run a sampling method on data of which the exact answer is known
    Sampler(SamplerArgs),
    /// List the questions, find some, or check their files
    Questions(QuestionsArgs),
    /// Show a question with its answer
    Question(QuestionArgs),
    /// Show or export what was learned
    Progress(ProgressArgs),
    /// Print what a shell needs to complete commands
    Completions(CompletionsArgs),
    /// Print a page of the manual
    Man(ManArgs),
}

#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command that the page is about, if not the program as a whole
    pub command: Option<String>,
}

#[derive(Debug, Args)]
pub struct InspectArgs {
    /// A model file of zscape or of another program, or a picture or an animation that zscape wrote
    pub file: PathBuf,
    /// The encoder of a model whose encoder is a file of its own
    #[arg(long, value_name = "FILE")]
    pub encoder: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// A file of weights that another program wrote
    pub file: PathBuf,
    /// The encoder, where it is a file of its own
    #[arg(long, value_name = "FILE")]
    pub encoder: Option<PathBuf>,
    /// The model file to write; else it lies beside FILE under its name
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub output: Option<PathBuf>,
    /// How numbers are stored; f16 halves the file and rounds
    #[arg(long, value_enum, default_value_t)]
    pub precision: PrecisionArg,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum PrecisionArg {
    F16,
    #[default]
    F32,
}

#[derive(Debug, Args)]
pub struct CodeArgs {
    #[command(flatten)]
    pub subject: SubjectArgs,
    /// The NumPy archive to write: an array `z`, `w` or `w_plus`
    #[arg(long, value_name = "OUT.npz")]
    pub npz: PathBuf,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct TrainArgs {
    /// The recipe, a TOML file
    pub recipe: PathBuf,
    /// The folder of the training data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The model file to write
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub output: PathBuf,
    /// Go on from the checkpoint beside the output
    #[arg(long)]
    pub resume: bool,
    /// Train no further: make the model of the checkpoint beside the output
    #[arg(long, conflicts_with = "resume")]
    pub finish: bool,
    /// Write the model without measuring its quality; `eval -o` measures it later
    #[arg(long)]
    pub skip_eval: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct EvalArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// The folder of the test data
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// The classifier that judges a generator, if not the built-in one of its data
    #[arg(long, value_name = "MODEL")]
    pub judge: Option<PathBuf>,
    /// The model file to write: the same model with what was measured in its manifest
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    pub sampler: MethodArgs,
    #[command(flatten)]
    pub steps: StepArgs,
    /// Truncation psi of samples: below 1 draws codes towards the mean
    #[arg(long, value_name = "PSI", allow_negative_numbers = true)]
    pub truncation: Option<f32>,
    /// The PNG to write of a generator: samples beside the training pictures nearest to them
    #[arg(long, value_name = "OUT.png")]
    pub neighbours: Option<PathBuf>,
    /// The NumPy array to write of a classifier: what it sees in the first 2000 test pictures, by which
    /// the window measures samples where the data is not at hand
    #[arg(long, value_name = "OUT.npy")]
    pub features: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct DecoderArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// The model with the decoder, such as the autoencoder whose codes the model learned, refined
    #[arg(long, value_name = "MODEL")]
    pub from: PathBuf,
    /// The model file to write: the same model with that decoder, and nothing measured with the old one
    #[arg(short, long, value_name = "OUT.safetensors")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct DirectionsArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// The folder of the data: measures the judge anew, and lends pictures with labels to models
    /// that encode
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The model file to write: the same model with the directions in it
    #[arg(
        short,
        long,
        value_name = "OUT.safetensors",
        required_unless_present = "json"
    )]
    pub output: Option<PathBuf>,
    /// The classifier that judges, if not the built-in one of the model's data
    #[arg(long, value_name = "MODEL")]
    pub judge: Option<PathBuf>,
    /// Random codes that are drawn to find directions
    #[arg(long, value_name = "COUNT", default_value_t = 10_000)]
    pub samples: usize,
    /// What the codes are drawn with
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

#[derive(Debug, Args)]
pub struct BenchArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Time how soon a picture comes while a file of 10,000 pictures, a search for directions and
    /// an inversion run
    #[arg(long)]
    pub busy: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

/// A model and an expression.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// Which picture, such as "slerp(seed(3), seed(9), 0.4)"
    #[arg(value_name = "EXPR", allow_hyphen_values = true)]
    pub expression: String,
}

/// Where pictures go: at least one place.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub struct OutputArgs {
    /// The PNG to write
    #[arg(short = 'o', long = "output", value_name = "OUT.png")]
    pub png: Option<PathBuf>,
    /// The NumPy array to write, f32 in 0..1
    #[arg(long, value_name = "OUT.npy")]
    pub npy: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Args)]
pub struct DeviceArgs {
    /// What decodes
    #[arg(long, value_enum, default_value_t)]
    pub device: DeviceArg,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum DeviceArg {
    /// The GPU where there is one, else the CPU
    #[default]
    Auto,
    Gpu,
    Cpu,
}

impl From<DeviceArgs> for DeviceChoice {
    fn from(args: DeviceArgs) -> Self {
        match args.device {
            DeviceArg::Auto => Self::Auto,
            DeviceArg::Gpu => Self::Gpu,
            DeviceArg::Cpu => Self::Cpu,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_expression_may_begin_with_a_minus() {
        let args = [
            "zscape",
            "render",
            "digits-gan",
            "-1.5*seed(3)",
            "-o",
            "a.png",
        ];
        let cli = Cli::try_parse_from(args).expect("the arguments are right");
        match cli.command {
            Some(Command::Render(args)) => {
                assert_eq!(args.expression.as_deref(), Some("-1.5*seed(3)"));
                assert_eq!(args.png, Some(PathBuf::from("a.png")));
            }
            other => panic!("{other:?} is no render"),
        }
    }

    #[test]
    fn no_output_is_a_usage_error() {
        assert!(Cli::try_parse_from(["zscape", "render", "digits-gan", "seed(3)"]).is_err());
        assert!(Cli::try_parse_from(["zscape", "grid", "digits-gan", "--seeds", "1"]).is_err());
    }

    #[test]
    fn a_model_opens_in_the_window() {
        let cli = Cli::try_parse_from(["zscape", "digits-gan", "--device", "cpu"])
            .expect("the arguments are right");
        assert_eq!(cli.model, Some(PathBuf::from("digits-gan")));
        assert!(cli.command.is_none());
    }
}
