//! `train` and `eval`.

use super::args::{DecoderArgs, EvalArgs, TrainArgs};
use super::error::CliError;
use super::{interrupt, progress, say, source};
use crate::document::npy::NpyWriter;
use crate::document::png;
use crate::files::save;
use crate::latent::NoiseMode;
use crate::model::quality;
use crate::train::eval::Manner;
use crate::train::{self, TrainOptions};
use std::path::Path;

/// How many real pictures samples are measured by.
const REFERENCES: usize = 2000;

/// `zscape train`
pub fn train(args: TrainArgs) -> Result<(), CliError> {
    let options = TrainOptions {
        recipe: args.recipe,
        data: args.data,
        output: args.output,
        resume: args.resume,
        finish: args.finish,
        skip_eval: args.skip_eval,
        device: args.device.into(),
    };
    let checkpoint = train::checkpoint_beside(&options.output);
    let output = Some(options.output.as_path());
    source::check_apart(&[Some(&options.recipe)], &[output, Some(&checkpoint)])?;
    interrupt::watch();
    let quality = train::run(&options, &mut interrupt::asked)?;
    if options.skip_eval {
        return measure_later(&options.output);
    }
    say(&quality::lines(&quality).join("\n"))
}

fn measure_later(model: &Path) -> Result<(), CliError> {
    say(&format!("{}: measure it with eval", model.display()))
}

/// `zscape decoder`
pub fn decoder(args: &DecoderArgs) -> Result<(), CliError> {
    let (model, from) = (source::find(&args.model)?, source::find(&args.from)?);
    source::check_apart(&[Some(&args.from)], &[Some(&args.output)])?;
    save::check_place(&args.output)?;
    train::replace_decoder(&model, &from, &args.output)?;
    measure_later(&args.output)
}

/// `zscape eval`
pub fn eval(args: &EvalArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let judge = args.judge.as_deref().map(source::find).transpose()?;
    // The model itself may be written anew, with what was measured.
    let (output, neighbours) = (args.output.as_deref(), args.neighbours.as_deref());
    let features = args.features.as_deref();
    let judge_file = args.judge.as_deref();
    source::check_apart(&[judge_file], &[output, neighbours, features])?;
    source::check_apart(&[Some(&args.model)], &[neighbours, features])?;
    // Minutes later would be too late to learn that an output cannot be written.
    for path in [output, neighbours, features].into_iter().flatten() {
        save::check_place(path)?;
    }
    let sampler = args.steps.sampler(NoiseMode::Const, args.sampler.method)?;
    let psi = args.truncation.unwrap_or(1.0);
    if !psi.is_finite() {
        let fault = format!("a truncation of {psi} is no number");
        return Err(CliError::BadInput(fault));
    }
    let manner = Manner { sampler, psi };
    let report = progress::watched("pictures", |watch| {
        let device = args.device.into();
        train::eval::evaluate(&source, judge.as_ref(), &args.data, device, manner, watch)
    })?;
    if let Some(path) = &args.neighbours {
        let sheet = report.sheet.as_ref().ok_or_else(|| {
            let fault =
                "it is no generator whose samples could be judged, so they have no neighbours";
            CliError::bad_input(args.model.display(), fault)
        })?;
        let bytes = png::encode_plain(sheet).map_err(|e| CliError::Failed(e.to_string()))?;
        save::save(path, &bytes)?;
    }
    if let Some(path) = features {
        let device = args.device.into();
        let (values, dim) = train::eval::features(&source, &args.data, device, REFERENCES)?;
        let mut file = NpyWriter::create(path, &[(values.len() / dim.max(1)) as u64, dim as u64])?;
        file.push(&values)?;
        file.finish()?;
    }
    if let Some(path) = &args.output {
        report.write_model(path)?;
    }
    if args.json {
        let text = serde_json::to_string_pretty(&report)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        say(&text)
    } else {
        say(report.to_string().trim_end())
    }
}
