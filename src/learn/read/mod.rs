//! A question file to a question.

mod claims;
mod raw;
mod scene;
mod tasks;
mod toy;

use super::Fault;
use super::calendar::Month;
use super::measure::Quantity;
use super::question::{Formula, HeadLines, Level, Question, ToolName};
use super::task::TaskKind;
use super::text::{Text, is_id};
use super::toy::Kind;
use raw::RawHead;
use std::ops::Range;
use toml::Spanned;

/// The longest question file, in bytes.
pub const MAX_FILE_BYTES: usize = 256 << 10;

/// The line before and after the head.
const FENCE: &str = "+++";

/// Reads a question file. `name` is how faults call it; `inside` is its place in its folder: the
/// last part without the ending is the id, and a folder before it the topic.
///
/// # Errors
/// Everything that is wrong with the file by itself, in the order of its lines, at least one
/// fault. Whether it fits the models and the other questions says [`check`](super::check).
pub fn question(name: &str, inside: &str, bytes: &[u8]) -> Result<Question, Vec<Fault>> {
    let whole = |line, reason: &str| vec![Fault::new(name, line, reason)];
    if bytes.len() > MAX_FILE_BYTES {
        let most = MAX_FILE_BYTES >> 10;
        return Err(whole(0, &format!("it is larger than {most} KiB")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
        whole(line, "it is not UTF-8 text")
    })?;
    // What editors of another system put in; lines keep their numbers.
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let [head, body] = split(&text).map_err(|(line, reason)| whole(line, reason))?;
    let mut reader = Reader {
        name,
        inside,
        text: &text,
        head_start: head.start,
        toy: None,
        faults: Vec::new(),
    };
    let found = reader.question(head, body);
    let mut faults = reader.faults;
    match found {
        Some(question) if faults.is_empty() => Ok(question),
        _ => {
            faults.sort();
            faults.dedup();
            Err(faults)
        }
    }
}

/// Where the head and the body lie in a file.
fn split(text: &str) -> Result<[Range<usize>; 2], (usize, &'static str)> {
    let mut at = 0;
    let mut start = None;
    for (index, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        match start {
            None if line.trim_end() == FENCE => start = Some(end),
            None if line.trim().is_empty() => {}
            None => return Err((index + 1, "a head between two lines +++ has to come first")),
            Some(start) if line.trim_end() == FENCE => return Ok([start..at, end..text.len()]),
            Some(_) => {}
        }
        at = end;
    }
    match start {
        None => Err((1, "it is empty")),
        Some(_) => Err((
            text.lines().count(),
            "the line +++ after the head is missing",
        )),
    }
}

/// What stands after the head of a file; nothing where there is no head.
pub(super) fn body_of(text: &str) -> &str {
    let body = split(text).ok().and_then(|[_, body]| text.get(body));
    body.unwrap_or_default()
}

/// Collects faults while it reads.
struct Reader<'a> {
    name: &'a str,
    inside: &'a str,
    text: &'a str,
    /// Where the head begins in the text.
    head_start: usize,
    /// The kind of the question's toy, which its tasks may set.
    toy: Option<Kind>,
    faults: Vec<Fault>,
}

impl Reader<'_> {
    fn fault(&mut self, line: usize, reason: impl Into<String>) {
        self.faults.push(Fault::new(self.name, line, reason));
    }

    /// The line of a place in the whole text.
    fn line(&self, place: usize) -> usize {
        let before = self.text.as_bytes().get(..place).unwrap_or_default();
        1 + before.iter().filter(|&&byte| byte == b'\n').count()
    }

    /// The line of something in the head.
    fn line_of<T>(&self, found: &Spanned<T>) -> usize {
        self.line(self.head_start + found.span().start)
    }

    fn question(&mut self, head: Range<usize>, body: Range<usize>) -> Option<Question> {
        let source = self.text.get(head.clone())?;
        let raw: RawHead = match toml::from_str(source) {
            Ok(raw) => raw,
            Err(error) => {
                let place = error.span().map_or(0, |span| span.start);
                let line = self.line(head.start + place);
                self.fault(line, format!("in the head, {}", error.message()));
                return None;
            }
        };
        let id = self.id(&raw);
        let level = self.word(
            &raw.level,
            "level",
            Level::of_key,
            &keys(&Level::ALL, |l| l.key()),
        );
        let topic = self.topic(&raw);
        let tools: Vec<ToolName> = raw
            .tools
            .iter()
            .filter_map(|tool| self.tool(tool))
            .collect();
        let wording = self.words(&raw.question, "question");
        let lines = HeadLines {
            models: self.line_of(&raw.models),
            related: self.line_of(&raw.related),
        };
        let related = raw.related.get_ref();
        if !(2..=5).contains(&related.len()) {
            let count = related.len();
            self.fault(
                lines.related,
                format!("related names {count} questions, not 2 to 5"),
            );
        }
        for other in related {
            if !is_id(other) {
                self.fault(
                    lines.related,
                    format!("related names {other:?}, which is no id"),
                );
            }
            if *other == id {
                self.fault(lines.related, "related names the question itself");
            }
        }
        let covers = raw.covers.get_ref();
        let covers_line = self.line_of(&raw.covers);
        self.check_points("covers", covers, 20, covers_line);
        let scene = raw.scene.as_ref().and_then(|scene| self.scene(scene));
        let toy = raw.toy.as_ref().and_then(|toy| self.toy(toy));
        self.toy = toy.as_ref().map(|toy| toy.start.kind());
        let tasks: Vec<_> = raw.task.iter().filter_map(|task| self.task(task)).collect();
        let claims = raw.claim.iter().filter_map(|claim| self.claim(claim));
        let claims = claims.collect();
        let as_of = raw.as_of.as_ref().and_then(|month| self.month(month));
        self.suit(&raw, &tasks);
        let (answer, deeper) = self.body(body);
        Some(Question {
            id,
            question: wording,
            level: level?,
            topic,
            tools,
            models: raw.models.get_ref().clone(),
            related: related.clone(),
            covers: covers.clone(),
            as_of,
            scene,
            toy,
            tasks,
            claims,
            answer,
            deeper,
            file: self.name.to_owned(),
            is_built_in: false,
            lines,
        })
    }

    /// Notes what is wrong with a list of points of a rubric.
    fn check_points(&mut self, key: &str, points: &[String], most: usize, line: usize) {
        let count = points.len();
        if !(1..=most).contains(&count) {
            self.fault(line, format!("{key} has {count} points, not 1 to {most}"));
        }
        if points.iter().any(|point| point.trim().is_empty()) {
            self.fault(line, format!("a point of {key} is empty"));
        }
        if let Some(twice) = first_twice(points) {
            self.fault(line, format!("{key} has the point {twice:?} twice"));
        }
    }

    fn month(&mut self, found: &Spanned<String>) -> Option<Month> {
        match found.get_ref().parse() {
            Ok(month) => Some(month),
            Err(reason) => {
                let line = self.line_of(found);
                self.fault(line, format!("as_of: {reason}"));
                None
            }
        }
    }

    fn id(&mut self, raw: &RawHead) -> String {
        let id = raw.id.get_ref();
        let line = self.line_of(&raw.id);
        let file = self.inside.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file.strip_suffix(".md").unwrap_or(file);
        if !is_id(id) {
            self.fault(
                line,
                format!("the id {id:?} is not of lower-case letters, digits and hyphens"),
            );
        } else if id != stem {
            self.fault(
                line,
                format!("the id {id:?} is not the name of the file, {stem:?}"),
            );
        }
        id.clone()
    }

    fn topic(&mut self, raw: &RawHead) -> String {
        let topic = raw.topic.get_ref();
        let line = self.line_of(&raw.topic);
        let folder = self.inside.rsplit_once(['/', '\\']);
        let folder = folder.and_then(|(folder, _)| folder.rsplit(['/', '\\']).next());
        if !is_id(topic) {
            self.fault(
                line,
                format!("the topic {topic:?} is not of lower-case letters, digits and hyphens"),
            );
        } else if let Some(folder) = folder
            && folder != topic
        {
            self.fault(
                line,
                format!("the topic {topic:?} is not the folder, {folder:?}"),
            );
        }
        topic.clone()
    }

    /// Whether the tasks suit a question with or without a scene.
    fn suit(&mut self, raw: &RawHead, tasks: &[super::Task]) {
        if raw.task.len() > 4 {
            let line = raw.task.get(4).map_or(0, |task| self.line_of(task));
            let count = raw.task.len();
            self.fault(
                line,
                format!("there are {count} tasks, and up to 4 are shown"),
            );
        }
        let scene = raw
            .scene
            .as_ref()
            .map(|scene| ("scene", self.line_of(scene)));
        let toy = raw.toy.as_ref().map(|toy| ("toy", self.line_of(toy)));
        let only_words = tasks
            .iter()
            .all(|task| matches!(task.kind, TaskKind::Explain { .. }));
        // A task with a fault of its own is not missing.
        if let Some((what, line)) = scene.or(toy)
            && only_words
            && tasks.len() == raw.task.len()
        {
            self.fault(
                line,
                format!("a {what} needs a task of another kind than explain"),
            );
        }
        for task in tasks {
            let [needs_scene, needs_toy] = needs(&task.kind);
            let kind = task.kind_name();
            if needs_scene && raw.scene.is_none() {
                let reason = format!("this {kind} task shows pictures, which needs a scene");
                self.fault(task.line, reason);
            }
            if needs_toy && raw.toy.is_none() {
                let reason = format!("this {kind} task measures a toy, which needs one");
                self.fault(task.line, reason);
            }
        }
    }

    /// The short answer and the longer explanation.
    fn body(&mut self, body: Range<usize>) -> (Text, Text) {
        let text = self.text;
        let source = text.get(body.clone()).unwrap_or_default();
        let first_line = self.line(body.start);
        let mut at = 0;
        let mut parts = None;
        for line in source.split_inclusive('\n') {
            if line.trim_end() == "## Deeper" {
                parts = Some((&source[..at], &source[at + line.len()..]));
                break;
            }
            at += line.len();
        }
        let Some((answer, deeper)) = parts else {
            self.fault(first_line, "the line \"## Deeper\" is missing");
            return Default::default();
        };
        let deeper_line = first_line + answer.matches('\n').count() + 1;
        let mut read = |source: &str, line: usize, what: &str| {
            let (text, faults) = Text::read(source, line);
            for (line, reason) in faults {
                self.fault(line, reason);
            }
            if text.markdown.is_empty() {
                self.fault(line, format!("{what} is empty"));
            }
            text
        };
        (
            read(answer, first_line, "the short answer"),
            read(deeper, deeper_line, "the part after \"## Deeper\""),
        )
    }

    /// A text that must say something.
    fn words(&mut self, found: &Spanned<String>, what: &str) -> String {
        let words = found.get_ref().trim();
        if words.is_empty() {
            let line = self.line_of(found);
            self.fault(line, format!("{what} is empty"));
        }
        words.to_owned()
    }

    /// A word of a list.
    fn word<T>(
        &mut self,
        found: &Spanned<String>,
        what: &str,
        of_key: impl Fn(&str) -> Option<T>,
        known: &str,
    ) -> Option<T> {
        let value = of_key(found.get_ref());
        if value.is_none() {
            let line = self.line_of(found);
            let reason = format!("{what} is {:?}, not one of {known}", found.get_ref());
            self.fault(line, reason);
        }
        value
    }

    fn tool(&mut self, found: &Spanned<String>) -> Option<ToolName> {
        let known = keys(&ToolName::ALL, |tool| tool.key());
        self.word(found, "a tool", ToolName::of_key, &known)
    }

    /// An expression that a question file may hold.
    fn formula(&mut self, found: &Spanned<String>) -> Option<Formula> {
        let line = self.line_of(found);
        let text = found.get_ref();
        match Formula::read(text, line) {
            Ok(formula) => Some(formula),
            Err(error) => {
                self.fault(line, format!("the expression {text:?} {error}"));
                None
            }
        }
    }

    fn formulas(&mut self, found: &[Spanned<String>]) -> Vec<Formula> {
        found.iter().filter_map(|text| self.formula(text)).collect()
    }
}

/// Whether a task needs the scene, and whether it needs the toy of its question.
fn needs(kind: &TaskKind) -> [bool; 2] {
    let of = |quantities: &[&Quantity]| {
        let of_toys = quantities.iter().filter(|it| it.measure.toy().is_some());
        let of_toys = of_toys.count();
        [of_toys < quantities.len(), of_toys > 0]
    };
    match kind {
        TaskKind::Choose { options } => [options.iter().any(|it| it.show.is_some()), false],
        TaskKind::Predict { quantity, .. } => of(&[quantity]),
        TaskKind::Compare { left, right, .. } => of(&[left, right]),
        TaskKind::Set { goals, .. } => {
            of(&goals.iter().map(|goal| &goal.quantity).collect::<Vec<_>>())
        }
        TaskKind::Which { .. } => [true, false],
        TaskKind::Order { order, .. } => [matches!(order, super::Order::Measured { .. }), false],
        TaskKind::Explain { .. } => [false, false],
    }
}

/// The first text that stands in a list for the second time.
fn first_twice(texts: &[String]) -> Option<&String> {
    let mut places = 1..texts.len();
    let place = places.find(|&place| texts[..place].contains(&texts[place]))?;
    texts.get(place)
}

/// The words of a list, for sentences.
fn keys<T: Copy>(all: &[T], key: impl Fn(T) -> &'static str) -> String {
    let words: Vec<&str> = all.iter().map(|&item| key(item)).collect();
    words.join(", ")
}
