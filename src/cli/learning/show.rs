//! `question`: one question on a page.

use super::page::Page;
use crate::cli::args::QuestionArgs;
use crate::cli::error::CliError;
use crate::cli::say;
use crate::learn::task::{Item, Order, Side};
use crate::learn::toy::{Toy, terminal};
use crate::learn::{Bank, Question, Scene, Task, TaskKind};
use std::io::IsTerminal as _;

/// The width without a terminal, and the widest that reads well.
const WIDTH: usize = 80;
const WIDEST: usize = 100;

/// `zscape question`
pub fn question(args: &QuestionArgs) -> Result<(), CliError> {
    let bank = super::open(&args.bank)?;
    let Some(question) = bank.get(&args.id) else {
        return Err(super::unknown(&bank, &args.id));
    };
    let width = args.width.map_or_else(terminal_width, usize::from);
    say(&page(question, &bank, width, args.solutions))
}

/// The width of the terminal, so far as it reads well.
fn terminal_width() -> usize {
    if !std::io::stdout().is_terminal() {
        return WIDTH;
    }
    let found = terminal_size::terminal_size();
    found.map_or(WIDTH, |(width, _)| usize::from(width.0).clamp(20, WIDEST))
}

fn page(question: &Question, bank: &Bank, width: usize, with_solutions: bool) -> String {
    let mut page = Page::new(width);
    page.heading(&question.question, '=');
    let topics = bank.topics();
    let topic = topics.iter().find(|(id, _)| *id == question.topic);
    let topic = topic.map_or(question.topic.as_str(), |(_, title)| title);
    let level = question.level.key();
    page.wrap(&format!("{topic}, {level} ({})", question.id), "", "");
    if let Some(month) = question.as_of {
        page.wrap(&format!("As of {month}"), "", "");
    }
    page.blank();
    page.markdown(&question.answer.markdown);
    page.heading("Deeper", '-');
    page.markdown(&question.deeper.markdown);
    page.heading("What a right answer says", '-');
    for point in &question.covers {
        page.wrap(point, "- ", "  ");
    }
    if let Some(scene) = &question.scene {
        page.heading("Scene", '-');
        write_scene(&mut page, scene);
    }
    if let Some(toy) = &question.toy {
        page.heading(toy.start.kind().title(), '-');
        write_toy(&mut page, toy);
    }
    if !question.tasks.is_empty() {
        page.heading("Tasks", '-');
        for (number, task) in question.tasks.iter().enumerate() {
            write_task(&mut page, number + 1, task, with_solutions);
            page.blank();
        }
    }
    page.heading("See also", '-');
    for id in &question.related {
        match bank.get(id) {
            Some(other) => page.wrap(&format!("{} ({id})", other.question), "- ", "  "),
            None => page.wrap(id, "- ", "  "),
        }
    }
    page.finish()
}

fn write_scene(page: &mut Page, scene: &Scene) {
    page.wrap(&scene.caption, "", "");
    page.blank();
    if let Some(nearest) = &scene.nearest {
        page.wrap(nearest, "", "");
        page.blank();
    }
    page.wrap(&format!("model {}", scene.model), "  ", "    ");
    if let Some(beside) = &scene.beside {
        page.wrap(&format!("beside it {beside}"), "  ", "    ");
    }
    page.wrap(&format!("tool {}", scene.tool.key()), "  ", "    ");
    let expression = format!("expression {}", scene.expression.text);
    page.wrap(&expression, "  ", "    ");
    for watched in &scene.watch {
        page.wrap(&format!("watch {}", watched.text), "  ", "    ");
    }
}

fn write_toy(page: &mut Page, toy: &Toy) {
    page.wrap(&toy.caption, "", "");
    page.blank();
    page.wrap(&toy.start.to_string(), "  ", "    ");
    let shown = terminal::page(&toy.start);
    page.verbatim(&shown.lines.join("\n"), "  ");
    for paragraph in &shown.paragraphs {
        page.wrap(paragraph, "  ", "    ");
    }
    page.blank();
    page.wrap(toy.start.kind().about(), "", "");
}

fn write_task(page: &mut Page, number: usize, task: &Task, with_solutions: bool) {
    let mark = format!("{number}. ");
    let indent = " ".repeat(mark.len());
    page.wrap(&task.ask, &mark, &indent);
    let mut list = |mark: &str, text: &str| {
        let first = format!("{indent}{mark} ");
        let rest = " ".repeat(first.len());
        page.wrap(text, &first, &rest);
    };
    match &task.kind {
        TaskKind::Choose { options } => {
            // In the order of the window, so that the place gives nothing away.
            for place in task.shown_order(0) {
                let option = &options[place];
                let mark = match (with_solutions, option.is_right) {
                    (true, true) => "[x]",
                    (true, false) => "[ ]",
                    (false, _) => "-",
                };
                list(mark, &option.text);
                if with_solutions {
                    list(" ", &option.because);
                }
            }
        }
        TaskKind::Predict { quantity, unit, .. } => {
            let unit = if unit.is_empty() { "a number" } else { unit };
            list("predict", &format!("{} ({unit})", quantity.text));
        }
        TaskKind::Compare { left, right, .. } => {
            list("left", &left.text);
            list("right", &right.text);
        }
        TaskKind::Set {
            goals,
            hint,
            solution,
            ..
        } => {
            for goal in goals {
                list("reach", &goal.text);
            }
            if let Some(hint) = hint {
                list("hint", hint);
            }
            if with_solutions {
                list("solution", &solution.to_string());
            }
        }
        TaskKind::Which {
            left,
            right,
            answer,
            ..
        } => {
            if with_solutions {
                list(
                    "left",
                    &format!("{} of {}", left.expression.text, left.model),
                );
                list(
                    "right",
                    &format!("{} of {}", right.expression.text, right.model),
                );
                let side = match answer {
                    Side::Left => "left",
                    Side::Right => "right",
                };
                list("answer", side);
            } else {
                list("-", "two pictures without names, which the window shows");
            }
        }
        TaskKind::Order { order, .. } => {
            for place in task.shown_order(0) {
                list("-", order.label(place));
            }
            if with_solutions {
                match order {
                    Order::Items(items) => list("order", &in_steps(items)),
                    Order::Measured { by, .. } => list("order by", &by.text),
                }
            }
        }
        TaskKind::Explain { points } => {
            if with_solutions {
                for point in points {
                    list("point", point);
                }
            }
        }
    }
    if let Some(because) = task.because().filter(|_| with_solutions) {
        list("because", because);
    }
}

/// Things in a right order; those of one step, which may stand in any, are joined by "and".
fn in_steps(items: &[Item]) -> String {
    let steps = items.chunk_by(|a, b| a.step == b.step);
    let words = steps.map(|step| {
        let texts: Vec<&str> = step.iter().map(|item| item.text.as_str()).collect();
        texts.join(" and ")
    });
    words.collect::<Vec<_>>().join("; ")
}
