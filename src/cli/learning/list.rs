//! `questions`: which there are, and whether they are sound.

use super::measuring::Engines;
use crate::cli::args::QuestionsArgs;
use crate::cli::error::CliError;
use crate::cli::{interrupt, progress, say};
use crate::learn::question::{Question, Scene};
use crate::learn::text::Target;
use crate::learn::{Bank, Fault, Filter, check, models, trial};
use serde_json::{Value, json};

/// `zscape questions`
pub fn questions(args: &QuestionsArgs) -> Result<(), CliError> {
    if args.check {
        return check(args);
    }
    let bank = super::open(&args.bank)?;
    let filter = Filter {
        topic: args.topic.clone(),
        level: args.level.map(Into::into),
    };
    if let Some(topic) = &args.topic
        && !bank.topics().iter().any(|(id, _)| id == topic)
    {
        let known: Vec<&str> = bank.topics().iter().map(|(id, _)| *id).collect();
        let fault = format!("there is no such topic, only {}", known.join(", "));
        return Err(CliError::bad_input(format!("--topic {topic}"), fault));
    }
    let found: Vec<&Question> = match &args.search {
        Some(words) => {
            let hits = bank.search(words, &filter);
            hits.into_iter().map(|hit| &**hit.question).collect()
        }
        None => bank.filtered(&filter),
    };
    if args.json {
        let records: Vec<Value> = found.into_iter().map(record).collect();
        let text = serde_json::to_string_pretty(&records)
            .map_err(|fault| CliError::Failed(fault.to_string()))?;
        return say(&text);
    }
    if found.is_empty() {
        return say("no question fits");
    }
    let widest = |part: fn(&Question) -> &str| {
        let lengths = found.iter().map(|question| part(question).len());
        lengths.max().unwrap_or(0)
    };
    let (ids, topics) = (widest(|q| &q.id), widest(|q| &q.topic));
    let lines: Vec<String> = found
        .iter()
        .map(|question| {
            format!(
                "{:<ids$}  {:<12}  {:<topics$}  {}",
                question.id,
                question.level.key(),
                question.topic,
                question.question
            )
        })
        .collect();
    say(&lines.join("\n"))
}

/// A question for other programs.
fn record(question: &Question) -> Value {
    let tools: Vec<&str> = question.tools.iter().map(|tool| tool.key()).collect();
    let links = question.answer.links.iter().chain(&question.deeper.links);
    let links: Vec<&str> = links
        .filter_map(|link| match &link.target {
            Target::Question(id) => Some(id.as_str()),
            _ => None,
        })
        .collect();
    let tasks: Vec<Value> = question
        .tasks
        .iter()
        .map(|task| {
            let criteria: Vec<&str> = task.criteria.iter().map(|c| c.key()).collect();
            json!({ "kind": task.kind_name(), "ask": task.ask, "criteria": criteria })
        })
        .collect();
    json!({
        "id": question.id,
        "question": question.question,
        "level": question.level.key(),
        "topic": question.topic,
        "tools": tools,
        "models": question.models,
        "related": question.related,
        "covers": question.covers,
        "scene": question.scene.as_ref().map(scene_record),
        "tasks": tasks,
        "answer": question.answer.markdown,
        "deeper": question.deeper.markdown,
        "links": links,
        "file": question.file,
        "built_in": question.is_built_in,
    })
}

fn scene_record(scene: &Scene) -> Value {
    let locked: Vec<&str> = scene.locked.iter().map(|control| control.key()).collect();
    json!({
        "model": scene.model,
        "expression": scene.expression.text,
        "tool": scene.tool.key(),
        "beside": scene.beside,
        "locked": locked,
        "caption": scene.caption,
        "nearest": scene.nearest,
    })
}

/// `zscape questions --check`
fn check(args: &QuestionsArgs) -> Result<(), CliError> {
    let mut bank = Bank::built_in();
    let mut report = None;
    if let Some(folder) = &args.bank.questions {
        report = Some(bank.add_folder(folder));
    }
    let models = models::Models::built_in().map_err(CliError::Failed)?;
    let mut faults = check::bank(&bank, &models, args.complete);
    if args.measure {
        faults.extend(measure(args, &bank, &models, &faults)?);
    }
    faults.sort();
    if let Some(report) = report.filter(|report| !report.replaced.is_empty()) {
        let replaced = report.replaced.join(", ");
        say(&format!("replaced by files of the folder: {replaced}"))?;
    }
    let count = bank.questions().len();
    if faults.is_empty() {
        let scenes = bank.questions().iter().filter(|q| q.scene.is_some());
        let tasks: usize = bank.questions().iter().map(|q| q.tasks.len()).sum();
        let scenes = scenes.count();
        return say(&format!(
            "{count} questions are sound, with {scenes} scenes and {tasks} tasks"
        ));
    }
    let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
    say(&lines.join("\n"))?;
    let plural = if faults.len() == 1 { "" } else { "s" };
    Err(CliError::BadInput(format!(
        "{} fault{plural} in the question files",
        faults.len()
    )))
}

/// Tries the tasks of all questions that are sound on paper.
fn measure(
    args: &QuestionsArgs,
    bank: &Bank,
    models: &models::Models,
    known: &[Fault],
) -> Result<Vec<Fault>, CliError> {
    let mut engines = Engines::new(args.device.into());
    let bar = progress::bar(bank.questions().len(), "questions");
    let mut faults = Vec::new();
    for question in bank.questions() {
        if interrupt::asked() {
            return Err(CliError::Interrupted);
        }
        let is_sound = !known.iter().any(|fault| fault.file == question.file);
        if is_sound && !waits_for_a_model(question, models) {
            match trial::question(question, &mut engines) {
                Ok(found) => faults.extend(found),
                Err(reason) => match engines.take_error() {
                    Some(error) => return Err(error),
                    None => faults.push(Fault {
                        file: question.file.clone(),
                        line: 0,
                        reason,
                    }),
                },
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(faults)
}

/// Whether a question has pictures of a model that is not built in yet.
fn waits_for_a_model(question: &Question, models: &models::Models) -> bool {
    use crate::learn::TaskKind;
    let scene = question.scene.iter().map(|scene| scene.model.as_str());
    let panes = question.tasks.iter().flat_map(|task| match &task.kind {
        TaskKind::Which { left, right, .. } => vec![left.model.as_str(), right.model.as_str()],
        _ => Vec::new(),
    });
    scene
        .chain(panes)
        .any(|name| models.get(name).is_none_or(|model| model.is_announced))
}
