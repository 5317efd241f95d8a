//! `questions --check`: whether question files are sound, and how well they teach.

use super::list::chosen;
use super::measuring::Engines;
use crate::cli::args::QuestionsArgs;
use crate::cli::error::CliError;
use crate::cli::{interrupt, progress, say};
use crate::learn::models::Models;
use crate::learn::statistics::Statistics;
use crate::learn::trial::Trial;
use crate::learn::{Bank, Fault, Question, TaskKind, advice, check as on_paper};

/// What a check finds.
#[derive(Default)]
struct Findings {
    faults: Vec<Fault>,
    /// What is not wrong and should be looked at again.
    warnings: Vec<Fault>,
}

/// `zscape questions --check`
pub fn check(args: &QuestionsArgs) -> Result<(), CliError> {
    let mut bank = Bank::built_in();
    let mut report = None;
    if let Some(folder) = &args.bank.questions {
        report = Some(bank.add_folder(folder));
    }
    let models = Models::built_in().map_err(CliError::Failed)?;
    let chosen = chosen(args, &bank)?;
    let findings = findings(args, &bank, &chosen, &models)?;
    if let Some(report) = report.filter(|report| !report.replaced.is_empty()) {
        let replaced = report.replaced.join(", ");
        say(&format!("replaced by files of the folder: {replaced}"))?;
    }
    let figures = || match args.stats {
        true => say(&Statistics::of(chosen.iter().copied()).to_string()),
        false => Ok(()),
    };
    for warning in &findings.warnings {
        say(&format!("warning: {warning}"))?;
    }
    // Behind the warnings, for they have to be seen first.
    for fault in &findings.faults {
        say(&fault.to_string())?;
    }
    figures()?;
    if !findings.faults.is_empty() {
        let count = counted(findings.faults.len(), "fault");
        return Err(CliError::BadInput(format!("{count} in the question files")));
    }
    say(&summary(&chosen, findings.warnings.len()))
}

fn summary(chosen: &[&Question], warnings: usize) -> String {
    let verb = if chosen.len() == 1 { "is" } else { "are" };
    let mut words = format!(
        "{} {verb} sound, with {}, {} and {}",
        counted(chosen.len(), "question"),
        counted(
            chosen.iter().filter(|it| it.scene.is_some()).count(),
            "scene"
        ),
        counted(chosen.iter().map(|it| it.tasks.len()).sum(), "task"),
        counted(chosen.iter().map(|it| it.claims.len()).sum(), "claim"),
    );
    if warnings > 0 {
        words += &format!("; {}", counted(warnings, "warning"));
    }
    words
}

/// `1 scene`, `2 scenes`
fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// What is found on paper in the whole bank, and with pictures in the chosen questions. Faults of
/// the others are left out; a file without a question is everybody's fault.
fn findings(
    args: &QuestionsArgs,
    bank: &Bank,
    chosen: &[&Question],
    models: &Models,
) -> Result<Findings, CliError> {
    let mut findings = Findings {
        faults: on_paper::bank(bank, models, args.complete),
        warnings: Vec::new(),
    };
    if args.measure {
        measure(args, chosen, models, &mut findings)?;
    } else {
        for question in chosen {
            findings.warnings.extend(advice::warnings(question, None));
        }
    }
    let is_chosen = |file: &str| chosen.iter().any(|it| it.file == file);
    let of_others = bank.questions().iter().map(|it| it.file.as_str());
    let of_others: Vec<&str> = of_others.filter(|file| !is_chosen(file)).collect();
    let is_meant = |fault: &Fault| !of_others.contains(&fault.file.as_str());
    findings.faults.retain(is_meant);
    findings.faults.sort();
    findings.warnings.sort();
    Ok(findings)
}

/// Tries the tasks of those questions that are sound on paper, and measures their claims.
fn measure(
    args: &QuestionsArgs,
    questions: &[&Question],
    models: &Models,
    findings: &mut Findings,
) -> Result<(), CliError> {
    let mut engines = Engines::new(args.device.into());
    let bar = progress::bar(questions.len(), "questions");
    for &question in questions {
        if interrupt::asked() {
            return Err(CliError::Interrupted);
        }
        let has_fault = |fault: &Fault| fault.file == question.file;
        let is_sound = !findings.faults.iter().any(has_fault);
        let mut trial = Trial::of(question);
        if is_sound && !waits_for_a_model(question, models) {
            match trial.faults(&mut engines) {
                Ok(found) => findings.faults.extend(found),
                Err(reason) => match engines.take_error() {
                    Some(error) => return Err(error),
                    None => findings.faults.push(Fault {
                        file: question.file.clone(),
                        line: 0,
                        reason,
                    }),
                },
            }
        }
        let warnings = advice::warnings(question, Some(trial.measurements()));
        findings.warnings.extend(warnings);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// Whether a question has pictures of a model that is not built in yet.
fn waits_for_a_model(question: &Question, models: &Models) -> bool {
    let scene = question.scene.iter().map(|scene| scene.model.as_str());
    let panes = question.tasks.iter().flat_map(|task| match &task.kind {
        TaskKind::Which { left, right, .. } => vec![left.model.as_str(), right.model.as_str()],
        _ => Vec::new(),
    });
    let claims = question.claims.iter();
    let claims = claims.filter_map(|claim| claim.model(question));
    scene
        .chain(panes)
        .chain(claims)
        .any(|name| models.get(name).is_none_or(|model| model.is_announced))
}
