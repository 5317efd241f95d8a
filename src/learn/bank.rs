//! All questions: those that are built in, and a teacher's.

use super::Fault;
use super::index::Index;
use super::path::StudyPath;
use super::question::{Level, Question, ToolName};
use super::read;
use super::search::{Hit, SearchIndex};
use super::text::Text;
use crate::files::load;
use crate::latent::expr::Expr;
use std::collections::BTreeMap;
use std::mem::Discriminant;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The most files of a teacher's folder.
pub const MAX_FILES: usize = 2000;
/// The most bytes of them together (32 MiB): the built-in questions have two.
const MAX_FOLDER_BYTES: usize = 32 << 20;

/// Name and text of every built-in file, listed by the build script.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/question_files.rs"));

/// The texts of the built-in questions without their heads, as Markdown.
pub(super) fn built_in_bodies() -> impl Iterator<Item = String> {
    let bodies = FILES.iter().map(|(_, text)| read::body_of(text));
    bodies.map(|body| Text::read(body, 1).0.markdown)
}

/// Questions in their order: those of the list, then others by topic, level and id.
#[derive(Clone, Debug, Default)]
pub struct Bank {
    questions: Vec<Arc<Question>>,
    places: BTreeMap<String, usize>,
    index: Index,
    faults: Vec<Fault>,
    search: SearchIndex,
}

/// What a folder brought.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct FolderReport {
    /// Ids that are new.
    pub added: Vec<String>,
    /// Ids whose questions were replaced.
    pub replaced: Vec<String>,
    /// What is wrong with the files that were left out.
    pub faults: Vec<Fault>,
}

impl FolderReport {
    /// One sentence for the person: what was added, what was replaced, what was left out.
    pub fn sentence(&self) -> String {
        let count = |n: usize| match n {
            1 => "1 question".to_owned(),
            n => format!("{n} questions"),
        };
        let mut text = format!("{} added", count(self.added.len()));
        if !self.replaced.is_empty() {
            let names = self.replaced.join(", ");
            text.push_str(&format!(
                ", {} replaced ({names})",
                count(self.replaced.len())
            ));
        }
        if let Some(first) = self.faults.first() {
            let broken = super::check::unique_files(&self.faults);
            let plural = if broken == 1 { "" } else { "s" };
            text.push_str(&format!(", {broken} file{plural} left out; {first}"));
        }
        text
    }
}

/// Which questions to list; the default lists all.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Filter {
    pub topic: Option<String>,
    pub level: Option<Level>,
}

impl Filter {
    /// Whether a question is to be listed.
    pub fn admits(&self, question: &Question) -> bool {
        self.topic
            .as_ref()
            .is_none_or(|topic| *topic == question.topic)
            && self.level.is_none_or(|level| level == question.level)
    }
}

impl Bank {
    /// The questions that are built in. Reads them all, about a millisecond for ten.
    pub fn built_in() -> Self {
        let mut bank = Self::default();
        match Index::built_in() {
            Ok(index) => bank.index = index,
            Err(reason) => bank
                .faults
                .push(Fault::new("assets/questions/index.toml", 0, reason)),
        }
        for id in super::check::twice(bank.index.entries().map(|(_, _, id)| id)) {
            let reason = format!("the list has {id:?} twice");
            bank.faults
                .push(Fault::new("assets/questions/index.toml", 0, reason));
        }
        for (inside, text) in FILES {
            let name = format!("assets/questions/{inside}");
            match read::question(&name, inside, text.as_bytes()) {
                Ok(mut question) => {
                    question.is_built_in = true;
                    let file = question.file.clone();
                    if bank.put(question) {
                        let reason = "another file has this id too";
                        bank.faults.push(Fault::new(&file, 0, reason));
                    }
                }
                Err(faults) => bank.faults.extend(faults),
            }
        }
        bank.arrange();
        bank
    }

    /// The built-in questions and those of a folder. `folder` may be broken in any way.
    pub fn with_folder(folder: &Path) -> (Self, FolderReport) {
        let mut bank = Self::built_in();
        let report = bank.add_folder(folder);
        (bank, report)
    }

    /// Adds the question files of a teacher's folder, right in it or in folders by topic. A file
    /// with an id that is there already takes its place.
    pub fn add_folder(&mut self, folder: &Path) -> FolderReport {
        let mut report = FolderReport::default();
        let mut files = Vec::new();
        if let Err(fault) = list(folder, Path::new(""), &mut files) {
            report.faults.push(fault);
        }
        if files.is_empty() && report.faults.is_empty() {
            let name = folder.display().to_string();
            let reason = "there is no question file (topic/id.md or id.md) in this folder";
            report.faults.push(Fault::new(&name, 0, reason));
        }
        self.add_listed(files, report)
    }

    /// Adds question files, such as those dropped on the window.
    pub fn add_files(&mut self, files: &[PathBuf]) -> FolderReport {
        let listed = files.iter().take(MAX_FILES).map(|path| {
            let name = path.file_name().unwrap_or_default();
            (path.clone(), PathBuf::from(name))
        });
        self.add_listed(listed.collect(), FolderReport::default())
    }

    /// Adds files, each with its place inside its folder.
    fn add_listed(
        &mut self,
        files: Vec<(PathBuf, PathBuf)>,
        mut report: FolderReport,
    ) -> FolderReport {
        let mut come: BTreeMap<String, String> = BTreeMap::new();
        let mut room = MAX_FOLDER_BYTES;
        for (path, inside) in files {
            let name = path.display().to_string();
            let inside = inside.display().to_string();
            let bytes = match load::read(&path, read::MAX_FILE_BYTES as u64) {
                Ok(bytes) => bytes,
                Err(error) => {
                    let reason = format!("the file cannot be read: {}", error.fault);
                    report.faults.push(Fault::new(&name, 0, reason));
                    continue;
                }
            };
            let Some(left) = room.checked_sub(bytes.len()) else {
                let reason = format!(
                    "only the first {} MiB of a folder are read",
                    MAX_FOLDER_BYTES >> 20
                );
                report.faults.push(Fault::new(&name, 0, &reason));
                break;
            };
            room = left;
            match read::question(&name, &inside, &bytes) {
                Err(faults) => report.faults.extend(faults),
                Ok(question) => {
                    if let Some(other) = come.insert(question.id.clone(), name.clone()) {
                        let reason = format!("{other} has the same id and was read before");
                        report.faults.push(Fault::new(&name, 0, reason));
                        continue;
                    }
                    let id = question.id.clone();
                    if self.put(question) {
                        report.replaced.push(id);
                    } else {
                        report.added.push(id);
                    }
                }
            }
        }
        self.faults.extend(report.faults.iter().cloned());
        self.arrange();
        report
    }

    /// Puts a question in; gives whether it took the place of another.
    fn put(&mut self, question: Question) -> bool {
        match self.places.get(&question.id) {
            Some(&place) => {
                if let Some(old) = self.questions.get_mut(place) {
                    *old = Arc::new(question);
                }
                true
            }
            None => {
                self.places
                    .insert(question.id.clone(), self.questions.len());
                self.questions.push(Arc::new(question));
                false
            }
        }
    }

    /// Brings the questions into their order.
    fn arrange(&mut self) {
        let listed: BTreeMap<&str, usize> = self
            .index
            .entries()
            .enumerate()
            .map(|(place, (_, _, id))| (id, place))
            .collect();
        self.questions.sort_by_cached_key(|question| {
            let place = listed.get(question.id.as_str()).copied();
            (
                place.unwrap_or(usize::MAX),
                question.topic.clone(),
                question.level,
                question.id.clone(),
            )
        });
        self.places = self
            .questions
            .iter()
            .enumerate()
            .map(|(place, question)| (question.id.clone(), place))
            .collect();
        self.search = SearchIndex::of(&self.questions);
    }

    /// All questions in order.
    pub fn questions(&self) -> &[Arc<Question>] {
        &self.questions
    }

    /// The question of an id.
    pub fn get(&self, id: &str) -> Option<&Arc<Question>> {
        self.questions.get(*self.places.get(id)?)
    }

    /// What is wrong with files that were left out, built-in ones too.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The list of the built-in bank.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Topics that have questions, with the names that people read, in order.
    pub fn topics(&self) -> Vec<(&str, &str)> {
        let mut topics: Vec<(&str, &str)> = Vec::new();
        for topic in &self.index.topics {
            if self.questions.iter().any(|q| q.topic == topic.id) {
                topics.push((&topic.id, &topic.title));
            }
        }
        for question in &self.questions {
            if !topics.iter().any(|(id, _)| *id == question.topic) {
                topics.push((&question.topic, &question.topic));
            }
        }
        topics
    }

    /// The questions that a filter admits, in order.
    pub fn filtered(&self, filter: &Filter) -> Vec<&Question> {
        let all = self.questions.iter().map(|question| &**question);
        all.filter(|q| filter.admits(q)).collect()
    }

    /// The questions in which all words of `query` stand, the best first: words of the question
    /// count most, then the points that it covers, then the answer. Accents and case do not
    /// matter, and the last word may be unfinished. An empty query finds all in order.
    pub fn search(&self, query: &str, filter: &Filter) -> Vec<Hit<'_>> {
        let hits = self.search.find(query);
        hits.into_iter()
            .filter_map(|(place, score)| {
                let question = self.questions.get(place)?;
                filter.admits(question).then_some(Hit { question, score })
            })
            .collect()
    }

    /// The questions that fit what the person does, the best first: those whose scene opens this
    /// tool with this model, then those that concern both, then those that concern one; each time
    /// first those whose scene uses an operation of the current expression, such as `slerp`. Of
    /// equal ones the easier first, then by the order of the bank.
    pub fn fitting(
        &self,
        tool: ToolName,
        model: &str,
        current: &Operations,
    ) -> Vec<&Arc<Question>> {
        let mut found: Vec<(u32, &Arc<Question>)> = self
            .questions
            .iter()
            .filter_map(|question| {
                let fit = fit(question, tool, model, current);
                (fit > 0).then_some((fit, question))
            })
            .collect();
        found.sort_by_key(|(fit, question)| (std::cmp::Reverse(*fit), question.level));
        found.into_iter().map(|(_, question)| question).collect()
    }

    /// The study path over these questions.
    pub fn path(&self) -> StudyPath {
        StudyPath::of(self).unwrap_or_default()
    }
}

/// How well a question fits an open tool and model; 0 is not at all.
fn fit(question: &Question, tool: ToolName, model: &str, current: &Operations) -> u32 {
    let of_model = question.models.iter().any(|name| name == model);
    let of_tool = question.tools.contains(&tool);
    // A scene that only comes near to what is asked does not make a question fit.
    let own = question.scene.as_ref().filter(|it| it.nearest.is_none());
    let (scene_tool, scene_model) = match own {
        Some(scene) => (scene.tool == tool, scene.model == model),
        None => (false, false),
    };
    let both = (of_tool || scene_tool) && (of_model || scene_model);
    let fit = 16 * u32::from(scene_tool && scene_model)
        + 8 * u32::from(both)
        + 4 * u32::from(of_tool || scene_tool)
        + 2 * u32::from(of_model || scene_model);
    let shares_operation = own.is_some_and(|scene| {
        let of_scene = Operations::of(&scene.expression.expr);
        of_scene
            .0
            .iter()
            .any(|operation| current.0.contains(operation))
    });
    if fit > 0 && shares_operation {
        fit + 1
    } else {
        fit
    }
}

/// The operations in an expression that one asks questions about, each once: not what merely
/// names codes, and no sums, which are everywhere.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Operations(Vec<Discriminant<Expr>>);

impl Operations {
    pub fn of(expression: &Expr) -> Self {
        let mut found = Vec::new();
        let mut open = vec![expression];
        while let Some(expr) = open.pop() {
            let is_plain = matches!(
                expr,
                Expr::Seed(_)
                    | Expr::Vector(_)
                    | Expr::Named(_)
                    | Expr::Neg(_)
                    | Expr::Add(..)
                    | Expr::Scale(..)
            );
            let operation = std::mem::discriminant(expr);
            if !is_plain && !found.contains(&operation) {
                found.push(operation);
            }
            open.extend(expr.children());
        }
        Self(found)
    }
}

/// Lists the question files of a folder and of the folders in it, in the order of their names.
fn list(folder: &Path, inside: &Path, files: &mut Vec<(PathBuf, PathBuf)>) -> Result<(), Fault> {
    let fault = |reason: String| Fault::new(&folder.display().to_string(), 0, reason);
    let unreadable = |error: std::io::Error| fault(format!("the folder cannot be read: {error}"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        names.push(entry.map_err(unreadable)?.file_name());
        if names.len() > 10 * MAX_FILES {
            return Err(fault("the folder holds too many files".to_owned()));
        }
    }
    names.sort();
    for name in names {
        let path = folder.join(&name);
        let text = name.to_string_lossy();
        if text.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            // Folders by topic; what lies deeper is something else.
            if inside.as_os_str().is_empty() {
                list(&path, &inside.join(&name), files)?;
            }
        } else if text.to_lowercase().ends_with(".md") && !text.eq_ignore_ascii_case("readme.md") {
            if files.len() == MAX_FILES {
                return Err(fault(format!(
                    "only the first {MAX_FILES} question files are read"
                )));
            }
            files.push((path, inside.join(&name)));
        }
    }
    Ok(())
}
