//! The arguments of the sampler on the command line.

use crate::cli::error::CliError;
use crate::latent::sampling::{
    GUIDANCE, Gaussian, JUDGE_GUIDANCE, MAX_STEPS, Method, Schedule, TEMPERATURE, check_eta,
};
use crate::latent::{NoiseMode, Sampler, SamplerPart, Turn, Turns};
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

/// How a model that makes pictures in steps makes them.
#[derive(Clone, Debug, Args)]
pub struct StepArgs {
    /// How many steps a sampler takes, 1 to 1000
    #[arg(long, value_name = "N", default_value_t = Sampler::default().steps)]
    #[arg(value_parser = steps, allow_negative_numbers = true)]
    pub steps: usize,
    /// At which noise levels a sampler looks: linear, cosine, karras, log-snr or line; by default
    /// those that the model was trained with
    #[arg(long, value_name = "SCHEDULE")]
    pub schedule: Option<Schedule>,
    /// How much noise ddim (otherwise 0) and euler-ancestral (otherwise 1) add, 0 to 1
    #[arg(long, value_name = "ETA", value_parser = eta, allow_negative_numbers = true)]
    pub eta: Option<f64>,
    /// How much a condition counts: 1 as in training, 0 not at all
    #[arg(long, value_name = "SCALE", default_value_t = Sampler::default().guidance)]
    #[arg(value_parser = guidance, allow_negative_numbers = true)]
    pub guidance: f32,
    /// How much the judge of the pictures leads each step towards what is asked for (classifier
    /// guidance): 0 not at all
    #[arg(long, value_name = "SCALE", default_value_t = Sampler::default().judge)]
    #[arg(value_parser = judge, allow_negative_numbers = true)]
    pub judge_guidance: f32,
    /// What scores are divided by where a picture is written place by place: at 0 the likeliest is always
    /// chosen, at 1 each as often as the model says
    #[arg(long, value_name = "NUMBER", default_value_t = Sampler::default().temperature)]
    #[arg(value_parser = temperature, allow_negative_numbers = true)]
    pub temperature: f32,
    /// Go on with other settings after so many steps, as in 8:ddim,steps=12,eta=0.5,guidance=2; up to
    /// three times, each counted from the one before
    #[arg(long = "then", value_name = "STEP:SETTINGS")]
    pub turns: Vec<Turn>,
}

impl StepArgs {
    /// The settings of a sampler, with the noise and the method that are chosen elsewhere.
    ///
    /// # Errors
    /// A sentence about a change of the settings that cannot be made.
    pub fn sampler(&self, noise: NoiseMode, method: Option<Method>) -> Result<Sampler, CliError> {
        let part = SamplerPart {
            method: method.unwrap_or(SamplerPart::default().method),
            steps: self.steps,
            schedule: self.schedule,
            eta: self.eta.map(|eta| eta as f32),
            guidance: self.guidance,
            judge: self.judge_guidance,
            temperature: self.temperature,
        };
        let refused = |fault: String| CliError::BadInput(fault);
        let turns = Turns::new(&self.turns).map_err(|fault| refused(fault.to_string()))?;
        let sampler = Sampler {
            turns,
            ..Sampler::of_part(noise, part)
        };
        sampler
            .check()
            .map_err(|fault| refused(fault.to_string()))?;
        Ok(sampler)
    }
}

/// The method of a sampler.
#[derive(Clone, Copy, Debug, Args)]
pub struct MethodArgs {
    /// How a sampler makes pictures: ddpm, ddim, dpm-solver++, unipc, euler, heun, euler-ancestral or
    /// flow
    #[arg(long, visible_alias = "sampler", value_name = "METHOD")]
    pub method: Option<Method>,
}

/// The same of commands whose method is that of the way between keyframes.
#[derive(Clone, Copy, Debug, Args)]
pub struct WayMethodArgs {
    /// How a sampler makes pictures: ddpm, ddim, dpm-solver++, unipc, euler, heun, euler-ancestral or
    /// flow
    #[arg(long, value_name = "METHOD")]
    pub sampler: Option<Method>,
}

fn guidance(text: &str) -> Result<f32, String> {
    scale(text, "guidance", GUIDANCE)
}

fn judge(text: &str) -> Result<f32, String> {
    scale(text, "the judge's guidance", JUDGE_GUIDANCE)
}

fn temperature(text: &str) -> Result<f32, String> {
    scale(text, "the temperature", TEMPERATURE)
}

fn scale(text: &str, name: &str, [least, most]: [f32; 2]) -> Result<f32, String> {
    let scale = text.trim().parse().ok();
    let scale = scale.filter(|scale| (least..=most).contains(scale));
    scale.ok_or_else(|| format!("{name} is a number from {least} to {most}"))
}

fn steps(text: &str) -> Result<usize, String> {
    let steps = text.trim().parse().ok();
    let steps = steps.filter(|steps| (1..=MAX_STEPS).contains(steps));
    steps.ok_or_else(|| format!("a sampler takes from 1 to {MAX_STEPS} steps"))
}

fn eta(text: &str) -> Result<f64, String> {
    let eta = text.trim().parse().ok();
    let eta = eta.filter(|eta| check_eta(*eta).is_ok());
    eta.ok_or_else(|| "eta is a number from 0, no noise, to 1".to_owned())
}
