//! The arguments of pictures that are redrawn, and of the search for the code of one.

use super::DeviceArgs;
use clap::Args;
use std::path::PathBuf;

/// A picture to begin with in place of noise alone. An expression may say so itself, by `edit(...)`.
#[derive(Debug, Args)]
pub struct EditArgs {
    /// A picture to redraw with the noise of the expression, for models that make pictures in steps
    #[arg(long, value_name = "PICTURE")]
    pub input: Option<PathBuf>,
    /// How much it is redrawn, from 0, the picture itself, to 1, a new one; 0.6 if nothing is said, and 1
    /// with a mask
    #[arg(long, value_name = "STRENGTH", requires = "input")]
    #[arg(value_parser = strength, allow_negative_numbers = true)]
    pub strength: Option<f32>,
    /// A picture of the model's size in which what is to be redrawn is white; the rest stays as it is
    #[arg(long, value_name = "MASK", requires = "input")]
    pub mask: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct InvertArgs {
    /// A name from `zscape models`, or a model file
    pub model: PathBuf,
    /// The picture whose code is looked for
    pub picture: PathBuf,
    /// The NumPy file to write, whose code expressions may use by --codes as @NAME
    #[arg(short = 'o', long, value_name = "OUT.npz")]
    pub output: PathBuf,
    /// The name of the code
    #[arg(long, default_value = "picture")]
    pub name: String,
    /// Steps of DDIM for a model that makes pictures in steps, 1 to 1000, usually 50; else steps of gradient
    /// descent, usually 300
    #[arg(long, value_name = "N")]
    pub steps: Option<usize>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub device: DeviceArgs,
}

fn strength(text: &str) -> Result<f32, String> {
    let strength = text.trim().parse().ok();
    let strength = strength.filter(|strength| (0.0..=1.0).contains(strength));
    strength.ok_or_else(|| {
        "strength is a number from 0, the picture itself, to 1, a new one".to_owned()
    })
}
