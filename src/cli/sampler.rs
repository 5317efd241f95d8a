//! `sampler`: a sampling method on data whose best denoiser is known, so that it can be compared
//! with other implementations.

use super::args::SamplerArgs;
use super::error::CliError;
use super::{interrupt, say, source};
use crate::document::npy::{self, Array, NpyWriter};
use crate::files;
use crate::latent::sampling::{Gaussian, Method, Moment, Name as _, Noising, Sampling, Schedule};
use crate::latent::seed::NormalStream;
use serde::{Serialize, Serializer};
use std::path::Path;

/// The most numbers that are read: 64 MiB of them.
const MAX_NUMBERS: usize = 1 << 24;

/// What `--json` prints.
#[derive(Serialize)]
struct Steps {
    method: &'static str,
    schedule: &'static str,
    /// In order of use; the last is where it ends.
    steps: Vec<StepLevel>,
}

#[derive(Serialize)]
struct StepLevel {
    #[serde(serialize_with = "whole_where_possible")]
    t: f64,
    alpha_bar: f64,
}

/// Whole times index a schedule, so they are written as such.
fn whole_where_possible<S: Serializer>(t: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    match t.fract() == 0.0 {
        true => serializer.serialize_i64(*t as i64),
        false => serializer.serialize_f64(*t),
    }
}

/// `zscape sampler`
pub fn sampler(args: &SamplerArgs) -> Result<(), CliError> {
    let moments = moments(args)?;
    let steps = Steps {
        method: args.method.name(),
        schedule: args.schedule.name(),
        steps: moments.iter().map(step_level).collect(),
    };
    if let (Some(denoiser), Some(noise), Some(output)) = (args.denoiser, &args.noise, &args.output)
    {
        source::check_apart(&[Some(noise)], &[Some(output)])?;
        run(args, moments, denoiser, noise, output)?;
    }
    if args.json {
        let text = serde_json::to_string(&steps);
        say(&text.map_err(|fault| CliError::Failed(fault.to_string()))?)?;
    }
    Ok(())
}

fn step_level(moment: &Moment) -> StepLevel {
    StepLevel {
        t: moment.time,
        alpha_bar: moment.level.alpha_bar(),
    }
}

fn moments(args: &SamplerArgs) -> Result<Vec<Moment>, CliError> {
    let (schedule, noising) = match (args.method, args.schedule) {
        // A flow has a path of its own.
        (Method::Flow, _) => (Schedule::Line, Noising::Line),
        (_, Schedule::Cosine) => (Schedule::Cosine, Noising::Cosine),
        (_, schedule) => (schedule, Noising::Linear),
    };
    let moments = schedule.moments(args.steps, noising);
    moments.map_err(|fault| CliError::BadInput(fault.to_string()))
}

fn run(
    args: &SamplerArgs,
    moments: Vec<Moment>,
    mut denoiser: Gaussian,
    noise: &Path,
    output: &Path,
) -> Result<(), CliError> {
    let Array { shape, values } = read(noise)?;
    let mut stream = NormalStream::new(args.seed);
    let draw = Box::new(move |noise: &mut [f32]| stream.fill(noise));
    let sampling = Sampling::new(args.method, moments, values, args.eta, draw);
    let mut sampling = sampling.map_err(|fault| CliError::BadInput(fault.to_string()))?;
    interrupt::watch();
    while sampling.done() < sampling.steps() {
        if interrupt::asked() {
            return Err(CliError::Interrupted);
        }
        let Ok(()) = sampling.step(&mut denoiser);
    }
    let shape: Vec<u64> = shape.iter().map(|&side| side as u64).collect();
    let mut file = NpyWriter::create(output, &shape)?;
    file.push(sampling.x())?;
    Ok(file.finish()?)
}

/// The noise to begin with.
fn read(path: &Path) -> Result<Array, CliError> {
    let about = |fault: String| CliError::bad_input(path.display(), fault);
    let limit = (MAX_NUMBERS * size_of::<f64>() + npy::MAX_HEAD) as u64;
    let bytes =
        files::load::read(path, limit).map_err(|fault| CliError::BadInput(fault.to_string()))?;
    let array = npy::read_array(&bytes, MAX_NUMBERS).map_err(|fault| about(fault.to_string()))?;
    if array.values.is_empty() {
        return Err(about("it holds no numbers".to_owned()));
    }
    match array.values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(about(format!("it holds {value}, which is no noise"))),
        None => Ok(array),
    }
}
