//! Sampling with a denoiser: from noise to data in steps, as diffusion models and flows do it.
//!
//! Pure arithmetic on `f32`, with factors in `f64`; networks are behind [`Denoiser`]. A [`Method`]
//! is one file in `methods/`: it is given what the network says of `x` at one [`Level`] and leads
//! `x` to the next. All work on `x = alpha * x0 + sigma * noise` at any scale, so a formula that its
//! paper writes for `x / alpha` stands here with `alpha` put back.
//!
//! [`Sampling`] is a run that can be stopped between any two evaluations of the network.
//! `docs/sampling.md` compares the conventions with those of diffusers.

mod denoiser;
mod gaussian;
mod held;
mod inversion;
mod level;
mod methods;
mod name;
mod run;
mod schedule;

pub use denoiser::{Denoiser, Estimate, Prediction};
pub use gaussian::{Gaussian, NoGaussian};
pub use held::Held;
pub use inversion::Inversion;
pub use level::Level;
pub use methods::Method;
pub use name::{Name, NameError};
pub use run::{Draw, Leg, Sampling};
pub use schedule::{MAX_STEPS, Moment, Noising, Schedule, TRAINING_STEPS};

/// Why settings are refused.
#[derive(Clone, Copy, PartialEq, Debug, thiserror::Error)]
pub enum SamplingError {
    #[error("{0} steps cannot be taken: a sampler takes from 1 to {MAX_STEPS}")]
    Steps(usize),
    #[error("an eta of {0} is refused: it is a number from 0, no noise, to 1")]
    Eta(f64),
    #[error(
        "other settings after step {after} of {steps} are refused: a step must lie before and one after"
    )]
    Turn { after: usize, steps: usize },
    #[error("pictures that are made together have to begin at one strength")]
    Strengths,
    #[error("a guidance of {0} is refused: it is a number from {least} to {most}", least = GUIDANCE[0], most = GUIDANCE[1])]
    Guidance(f32),
    #[error("a guidance by the judge of {0} is refused: it is a number from {least} to {most}", least = JUDGE_GUIDANCE[0], most = JUDGE_GUIDANCE[1])]
    JudgeGuidance(f32),
    #[error("a temperature of {0} is refused: it is a number from {least} to {most}", least = TEMPERATURE[0], most = TEMPERATURE[1])]
    Temperature(f32),
    #[error("no judge knows the pictures of this model, so none can guide it")]
    NoJudge,
}

/// The least and the largest scale of classifier-free guidance: at 0 a condition counts nothing, at 1
/// as much as in training.
pub const GUIDANCE: [f32; 2] = [0.0, 100.0];

/// The least and the largest scale of guidance by a classifier (Dhariwal and Nichol 2021): at 0 it is not
/// asked, at 1 its word counts as much as probability theory says.
pub const JUDGE_GUIDANCE: [f32; 2] = [0.0, 100.0];

/// The least and the largest temperature: at 0 the likeliest is always chosen, at 1 each as often as the
/// model says.
pub const TEMPERATURE: [f32; 2] = [0.0, 10.0];

/// Checks how much noise a method adds, as a share of what DDPM adds.
///
/// # Errors
/// When it is not in 0..=1.
pub fn check_eta(eta: f64) -> Result<(), SamplingError> {
    match (0.0..=1.0).contains(&eta) {
        true => Ok(()),
        false => Err(SamplingError::Eta(eta)),
    }
}

/// The sum of vectors of one length, each times its factor, rounded once at the end.
fn combine(terms: &[(f64, &[f32])]) -> Vec<f32> {
    let len = terms.first().map_or(0, |(_, values)| values.len());
    let mut sums = vec![0.0_f64; len];
    for &(factor, values) in terms {
        for (sum, &value) in sums.iter_mut().zip(values) {
            *sum += factor * f64::from(value);
        }
    }
    sums.into_iter().map(|sum| sum as f32).collect()
}
