//! `questions`: which there are, and whether they are sound.

use super::measuring::Engines;
use crate::cli::args::QuestionsArgs;
use crate::cli::error::CliError;
use crate::cli::{interrupt, progress, say};
use crate::learn::question::{Question, Scene};
use crate::learn::text::Target;
use crate::learn::{Bank, Fault, Filter, TaskKind, check, models, trial};
use serde_json::{Value, json};

/// `zscape questions`
pub fn questions(args: &QuestionsArgs) -> Result<(), CliError> {
    if args.check {
        return check(args);
    }
    let bank = super::open(&args.bank)?;
    let found = chosen(args, &bank)?;
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

/// The questions that the filters leave.
fn chosen<'b>(args: &QuestionsArgs, bank: &'b Bank) -> Result<Vec<&'b Question>, CliError> {
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
    let mut found: Vec<&Question> = match &args.search {
        Some(words) => {
            let hits = bank.search(words, &filter);
            hits.into_iter().map(|hit| &**hit.question).collect()
        }
        None => bank.filtered(&filter),
    };
    if !args.ids.is_empty() {
        for id in &args.ids {
            if bank.get(id).is_none() {
                return Err(super::unknown(bank, id));
            }
        }
        found.retain(|question| args.ids.contains(&question.id));
    }
    Ok(found)
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
            let mut record =
                json!({ "kind": task.kind_name(), "ask": task.ask, "criteria": criteria });
            if let TaskKind::Explain { .. } = task.kind {
                record["points"] = json!(task.points(question));
            }
            record
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
        "as_of": question.as_of.map(|month| month.to_string()),
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
    let watch: Vec<&str> = scene.watch.iter().map(|it| it.text.as_str()).collect();
    json!({
        "model": scene.model,
        "expression": scene.expression.text,
        "tool": scene.tool.key(),
        "beside": scene.beside,
        "locked": locked,
        "caption": scene.caption,
        "nearest": scene.nearest,
        "watch": watch,
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
    let chosen = chosen(args, &bank)?;
    if args.measure {
        faults.extend(measure(args, &chosen, &models, &faults)?);
    }
    if chosen.len() < bank.questions().len() {
        // A file without a question is everybody's fault.
        let others = bank.questions().iter();
        let others: Vec<&str> = others
            .filter(|question| !chosen.iter().any(|it| it.id == question.id))
            .map(|question| question.file.as_str())
            .collect();
        faults.retain(|fault| !others.contains(&fault.file.as_str()));
    }
    faults.sort();
    if let Some(report) = report.filter(|report| !report.replaced.is_empty()) {
        let replaced = report.replaced.join(", ");
        say(&format!("replaced by files of the folder: {replaced}"))?;
    }
    if faults.is_empty() {
        let count = chosen.len();
        let (verb, plural) = if count == 1 { ("is", "") } else { ("are", "s") };
        let scenes = chosen.iter().filter(|it| it.scene.is_some()).count();
        let tasks: usize = chosen.iter().map(|it| it.tasks.len()).sum();
        let claims: usize = chosen.iter().map(|it| it.claims.len()).sum();
        return say(&format!(
            "{count} question{plural} {verb} sound, with {scenes} scenes, {tasks} tasks and \
             {claims} claims"
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

/// Tries the tasks of those questions that are sound on paper, and measures their claims.
fn measure(
    args: &QuestionsArgs,
    questions: &[&Question],
    models: &models::Models,
    known: &[Fault],
) -> Result<Vec<Fault>, CliError> {
    let mut engines = Engines::new(args.device.into());
    let bar = progress::bar(questions.len(), "questions");
    let mut faults = Vec::new();
    for &question in questions {
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
