//! The arguments of the sampler on the command line.

use crate::latent::sampling::{Gaussian, MAX_STEPS, Method, Schedule};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct SamplerArgs {
    /// ddpm, ddim, dpm-solver++, unipc, euler, heun, euler-ancestral or flow
    pub method: Method,
    /// How many steps, 1 to 1000
    #[arg(long, value_name = "N", value_parser = steps, allow_negative_numbers = true)]
    pub steps: usize,
    /// At which noise levels: linear, cosine, karras, log-snr or line; flow always goes by line
    #[arg(long, value_name = "SCHEDULE", default_value_t = Schedule::Linear)]
    pub schedule: Schedule,
    /// The data, as gaussian:MEAN,STD: the denoiser is its closed form
    #[arg(long, value_name = "DATA", required_unless_present = "json")]
    pub denoiser: Option<Gaussian>,
    /// The NumPy array of standard normal numbers to begin with, of any shape
    #[arg(long, value_name = "IN.npy", requires = "output")]
    pub noise: Option<PathBuf>,
    /// The NumPy array to write, f32 of the same shape
    #[arg(short, long, value_name = "OUT.npy", required_unless_present = "json")]
    #[arg(requires_all = ["noise", "denoiser"])]
    pub output: Option<PathBuf>,
    /// How much noise ddim (otherwise 0) and euler-ancestral (otherwise 1) add, 0 to 1
    #[arg(long, value_name = "ETA", value_parser = eta, allow_negative_numbers = true)]
    pub eta: Option<f64>,
    /// What noise is drawn with where a method adds some
    #[arg(long, default_value_t = 0)]
    pub seed: u32,
    /// Print the steps as JSON
    #[arg(long)]
    pub json: bool,
}

fn steps(text: &str) -> Result<usize, String> {
    let steps = text.trim().parse().ok();
    let steps = steps.filter(|steps| (1..=MAX_STEPS).contains(steps));
    steps.ok_or_else(|| format!("a sampler takes from 1 to {MAX_STEPS} steps"))
}

fn eta(text: &str) -> Result<f64, String> {
    let eta = text.trim().parse().ok();
    let eta = eta.filter(|eta| crate::latent::sampling::check_eta(*eta).is_ok());
    eta.ok_or_else(|| "eta is a number from 0, no noise, to 1".to_owned())
}
