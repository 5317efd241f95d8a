//! `train` and `eval`.

use super::args::{EvalArgs, TrainArgs};
use super::error::CliError;
use super::{interrupt, say, source};
use crate::train::{self, TrainOptions};

/// `zscape train`
pub fn train(args: TrainArgs) -> Result<(), CliError> {
    let options = TrainOptions {
        recipe: args.recipe,
        data: args.data,
        output: args.output,
        resume: args.resume,
        finish: args.finish,
        device: args.device.into(),
    };
    interrupt::watch();
    for (measure, value) in train::run(&options, &mut interrupt::asked)? {
        say(&format!("{measure}: {value:.5}"))?;
    }
    Ok(())
}

/// `zscape eval`
pub fn eval(args: &EvalArgs) -> Result<(), CliError> {
    let source = source::find(&args.model)?;
    let judge = args.judge.as_deref().map(source::find).transpose()?;
    let report = train::eval::evaluate(&source, judge.as_ref(), &args.data, args.device.into())?;
    if args.json {
        let text = serde_json::to_string_pretty(&report)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        say(&text)
    } else {
        say(report.to_string().trim_end())
    }
}
