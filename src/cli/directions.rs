//! `directions`: directions that mean something, measured, and stored in a model file.

use super::args::DirectionsArgs;
use super::error::CliError;
use super::{progress, say, source};
use crate::files::save;
use crate::model::directions::{DirectionsRecord, MeasuredDirection};
use crate::train::directions::{DirectionsOptions, find};
use serde::Serialize;
use std::path::PathBuf;

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    model: &'a str,
    hash: &'a str,
    /// The file that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<&'a PathBuf>,
    #[serde(flatten)]
    record: &'a DirectionsRecord,
}

/// `zscape directions`
pub fn directions(args: DirectionsArgs) -> Result<(), CliError> {
    let options = DirectionsOptions {
        model: source::find(&args.model)?,
        judge: args.judge.as_deref().map(source::find).transpose()?,
        data: args.data,
        samples: args.samples,
        seed: args.seed,
        device: args.device.into(),
    };
    // Minutes later would be too late to learn that the output cannot be written.
    if let Some(path) = &args.output {
        source::check_apart(&[args.judge.as_deref()], &[Some(path)])?;
        save::check_place(path)?;
    }
    let found = progress::watched("pictures", |watch| find(&options, watch))?;
    if let Some(path) = &args.output {
        found.write(path)?;
    }
    if args.json {
        let (model, hash) = found.model();
        let report = Report {
            model,
            hash,
            output: args.output.as_ref(),
            record: found.record(),
        };
        let text = serde_json::to_string_pretty(&report)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        return say(&text);
    }
    say(&table(found.record()))
}

fn table(record: &DirectionsRecord) -> String {
    let mut lines = vec![format!(
        "judged by {}, {} samples, measured on {} at +{} sigma",
        record.judge, record.samples, record.measured, record.sigma
    )];
    let (best, rest): (Vec<_>, Vec<_>) = record.directions.iter().partition(|one| one.is_best);
    for (title, part) in [("best", best), ("others", rest)] {
        if !part.is_empty() {
            lines.push(title.to_owned());
        }
        lines.extend(part.into_iter().map(line));
    }
    if !record.left_out.is_empty() {
        lines.push("left out".to_owned());
    }
    for left in &record.left_out {
        lines.push(format!("  {:<24}{}", left.label, left.reason));
    }
    lines.join("\n")
}

fn line(one: &MeasuredDirection) -> String {
    format!(
        "  {:<24}{:<3}{:>6.1} % of a pixel per sigma  score {:.2}  {}",
        one.name,
        one.space,
        one.picture_change * 100.0,
        one.score,
        one.line()
    )
}
