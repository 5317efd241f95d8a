//! `questions`: which there are.

use crate::cli::args::QuestionsArgs;
use crate::cli::error::CliError;
use crate::cli::say;
use crate::learn::calendar::Month;
use crate::learn::question::{Question, Scene};
use crate::learn::text::Target;
use crate::learn::toy::Toy;
use crate::learn::{Bank, Filter, TaskKind};
use serde_json::{Value, json};

/// `zscape questions`
pub fn questions(args: &QuestionsArgs) -> Result<(), CliError> {
    if args.check {
        return super::check::check(args);
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
pub(super) fn chosen<'b>(
    args: &QuestionsArgs,
    bank: &'b Bank,
) -> Result<Vec<&'b Question>, CliError> {
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
    let claims: Vec<&str> = question.claims.iter().map(|it| it.says.as_str()).collect();
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
        "as_of": question.as_of.map(Month::key),
        "scene": question.scene.as_ref().map(scene_record),
        "toy": question.toy.as_ref().map(toy_record),
        "tasks": tasks,
        "claims": claims,
        "answer": question.answer.markdown,
        "deeper": question.deeper.markdown,
        "links": links,
        "file": question.file,
        "built_in": question.is_built_in,
    })
}

fn toy_record(toy: &Toy) -> Value {
    json!({
        "kind": toy.start.kind().key(),
        "start": toy.start.to_string(),
        "caption": toy.caption,
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
