//! Whether question files fit the models, the other questions and the list of the bank.

use super::Fault;
use super::bank::Bank;
use super::figure::Content;
use super::glossary::Glossary;
use super::measure::{Detail, HERE, Measure, Quantity};
use super::models::{ModelSketch, Models};
use super::path::StudyPath;
use super::question::{Formula, Preset, Question, Spot, ToolName};
use super::task::{Order, TaskKind};
use super::text::Target;
use super::toy::Subject;
use crate::document::photo::sample_names;
use crate::latent::expr::suggest;
use crate::latent::{Space, SpaceShape};
use std::collections::BTreeSet;

/// Checks the whole bank: the faults of files that were not read, and what is wrong between
/// files, models and the list. `complete` asks for every id of the list and for models that are
/// built in; without it the bank may still grow.
pub fn bank(bank: &Bank, models: &Models, complete: bool) -> Vec<Fault> {
    let mut faults = bank.faults().to_vec();
    for question in bank.questions() {
        faults.extend(question_faults(question, bank, models, complete));
    }
    if let Err(reason) = StudyPath::of(bank) {
        faults.push(Fault::new("assets/questions/path.toml", 0, reason));
    }
    if bank.questions().iter().any(|question| question.is_built_in) {
        faults.extend(Glossary::built_in().faults(bank));
    }
    for (topic, level, id) in bank.index().entries() {
        let file = format!("assets/questions/{}/{id}.md", topic.id);
        match bank.get(id) {
            Some(question) if !question.is_built_in => {}
            Some(question) if (question.topic.as_str(), question.level) != (&topic.id, level) => {
                let reason = format!(
                    "the list has it as {} in {}, the file as {} in {}",
                    level.key(),
                    topic.id,
                    question.level.key(),
                    question.topic
                );
                faults.push(Fault::new(&file, 0, reason));
            }
            Some(_) => {}
            // A file that was not read has its own fault.
            None if complete && !faults.iter().any(|fault| fault.file == file) => {
                faults.push(Fault::new(&file, 0, "the file is missing"));
            }
            None => {}
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// What does not fit in one question.
pub fn question_faults(
    question: &Question,
    bank: &Bank,
    models: &Models,
    complete: bool,
) -> Vec<Fault> {
    let mut checker = Checker {
        question,
        bank,
        models,
        complete,
        faults: Vec::new(),
    };
    checker.head();
    checker.scene();
    checker.tasks();
    checker.claims();
    checker.links();
    checker.faults
}

struct Checker<'a> {
    question: &'a Question,
    bank: &'a Bank,
    models: &'a Models,
    complete: bool,
    faults: Vec<Fault>,
}

impl<'a> Checker<'a> {
    fn fault(&mut self, line: usize, reason: impl Into<String>) {
        let file = &self.question.file;
        self.faults.push(Fault::new(file, line, reason));
    }

    /// The model of a name, noting when there is none.
    fn model(&mut self, name: &str, line: usize) -> Option<&'a ModelSketch> {
        let found = self.models.get(name);
        match found {
            None => {
                let known = self.models.names().join(", ");
                self.fault(line, format!("there is no model {name:?}, only {known}"));
            }
            Some(model) if model.is_announced && self.complete => {
                self.fault(line, format!("the model {name} is not built in yet"));
            }
            Some(_) => {}
        }
        found
    }

    /// Checks an expression; gives its space and shape.
    fn formula(&mut self, formula: &Formula, model: &ModelSketch) -> Option<(Space, SpaceShape)> {
        let mut files = formula.expr.photos();
        if let Some(file) = files.find(|file| !sample_names().any(|name| name == *file)) {
            let known: Vec<&str> = sample_names().collect();
            let known = known.join(" and ");
            let reason = format!(
                "{:?} reads the picture file {file:?}; question files use pictures that are built in: {known}",
                formula.text
            );
            self.fault(formula.line, reason);
            return None;
        }
        match model.check(&formula.expr) {
            Ok(found) => Some(found),
            Err(error) => {
                let reason = format!("the expression {:?} is wrong: {error}", formula.text);
                self.fault(formula.line, reason);
                None
            }
        }
    }

    fn head(&mut self) {
        let question = self.question;
        for name in &question.models {
            self.model(name, question.lines.models);
        }
        for id in &question.related {
            self.linked(id, question.lines.related, "related names");
        }
        let (topic, line) = (&question.topic, 0);
        if question.is_built_in && self.bank.index().topic(topic).is_none() {
            self.fault(line, format!("the list has no topic {topic:?}"));
        }
        if question.is_built_in
            && !self
                .bank
                .index()
                .entries()
                .any(|(_, _, id)| id == question.id)
        {
            self.fault(line, "the list of the bank does not have this id");
        }
    }

    /// Checks that a question is there, or will be.
    fn linked(&mut self, id: &str, line: usize, what: &str) {
        let is_planned = self.bank.index().entries().any(|(_, _, other)| other == id);
        if self.bank.get(id).is_some() || (is_planned && !self.complete) {
            return;
        }
        let known = self.bank.questions().iter().map(|q| q.id.as_str());
        let hint = match suggest(id, known) {
            Some(near) => format!("; did you mean {near}?"),
            None => String::new(),
        };
        self.fault(line, format!("{what} {id:?}, which is no question{hint}"));
    }

    fn scene(&mut self) {
        let Some(scene) = &self.question.scene else {
            return;
        };
        let Some(model) = self.model(&scene.model, scene.line) else {
            return;
        };
        let place = self.formula(&scene.expression, model);
        if let Some((space, shape)) = place {
            let model = model.with_code(HERE, space, shape);
            for watched in &scene.watch {
                self.quantity(watched, scene.line, Some(&model));
            }
        }
        if let Some(preset) = &scene.preset {
            for formula in preset.formulas() {
                self.formula(formula, model);
            }
            let dim = model.spaces.get(&Space::Z).map_or(0, |shape| shape.dim());
            if let Preset::MapAxes(axes) = preset
                && axes.iter().any(|&axis| axis >= dim)
            {
                let reason = format!("{} has {dim} axes, from 0", scene.model);
                self.fault(scene.line, reason);
            }
        }
        if scene.tool == ToolName::Styles && !model.spaces.contains_key(&Space::W_PLUS) {
            let reason = format!("{} has no styles for the tool styles", scene.model);
            self.fault(scene.line, reason);
        }
        if let Some(name) = &scene.beside
            && let Some(beside) = self.model(name, scene.line)
        {
            self.formula(&scene.expression, beside);
        }
    }

    fn tasks(&mut self) {
        let question = self.question;
        let scene = question.scene.as_ref();
        let model = scene.and_then(|scene| self.models.get(&scene.model));
        for task in &question.tasks {
            match &task.kind {
                TaskKind::Choose { options } => {
                    for show in options.iter().filter_map(|option| option.show.as_ref()) {
                        if let Some(model) = model {
                            self.formula(show, model);
                        }
                    }
                }
                TaskKind::Predict { quantity, .. } => {
                    self.quantity(quantity, task.line, model);
                }
                TaskKind::Compare { left, right, .. } => {
                    self.quantity(left, task.line, model);
                    self.quantity(right, task.line, model);
                }
                TaskKind::Set {
                    start,
                    goals,
                    solution,
                    ..
                } => {
                    let Spot::Picture(solution) = solution else {
                        for goal in goals {
                            self.quantity(&goal.quantity, task.line, None);
                        }
                        continue;
                    };
                    let Some(model) = model else { continue };
                    if let Some(start) = start.as_ref().and_then(Spot::formula) {
                        self.formula(start, model);
                    }
                    let Some((space, shape)) = self.formula(solution, model) else {
                        continue;
                    };
                    let model = model.with_code(HERE, space, shape);
                    for goal in goals {
                        self.quantity(&goal.quantity, task.line, Some(&model));
                    }
                }
                TaskKind::Which { left, right, .. } => {
                    for pane in [left, right] {
                        if let Some(model) = self.model(&pane.model, task.line) {
                            self.formula(&pane.expression, model);
                        }
                    }
                    if (&left.model, left.expression.depiction())
                        == (&right.model, right.expression.depiction())
                    {
                        self.fault(task.line, "left and right are the same picture");
                    }
                }
                TaskKind::Order {
                    order: Order::Measured { expressions, by },
                    ..
                } => {
                    let Some(model) = model else { continue };
                    for formula in expressions {
                        if let Some((space, shape)) = self.formula(formula, model) {
                            let model = model.with_code(HERE, space, shape);
                            self.quantity(by, task.line, Some(&model));
                        }
                    }
                }
                TaskKind::Order { .. } | TaskKind::Explain { .. } => {}
            }
        }
    }

    fn claims(&mut self) {
        let question = self.question;
        for claim in &question.claims {
            match claim.model(question) {
                _ if !claim.needs_model() => {
                    for quantity in claim.samples() {
                        self.quantity(quantity, claim.line, None);
                    }
                }
                Some(name) => {
                    let Some(model) = self.model(name, claim.line) else {
                        continue;
                    };
                    for quantity in claim.samples() {
                        self.quantity(quantity, claim.line, Some(model));
                    }
                }
                None => self.fault(claim.line, "this claim names no model"),
            }
        }
    }

    /// Checks that a model can give a number.
    fn quantity(&mut self, quantity: &Quantity, line: usize, model: Option<&ModelSketch>) {
        if let Detail::Toy(probe) = &quantity.detail {
            let here = self.question.toy.as_ref().map(|toy| &toy.start);
            // What is set in the file is measured; what is on the window only has to be there.
            let found = match probe.subject {
                Subject::Here if here.map(|it| Some(it.kind())) == Some(quantity.measure.toy()) => {
                    Ok(0.0)
                }
                _ => quantity.of_toy(here),
            };
            if let Err(reason) = found {
                self.fault(line, reason);
            }
            return;
        }
        let Some(model) = model else { return };
        let mut found = Vec::new();
        for argument in &quantity.arguments {
            let Some(space) = self.formula(argument, model) else {
                return;
            };
            found.push(space);
        }
        let line = quantity
            .arguments
            .first()
            .map_or(line, |argument| argument.line);
        let (measure, text, name) = (quantity.measure, &quantity.text, &model.name);
        let in_z = found.iter().all(|(space, _)| *space == Space::Z);
        let len = found.first().and_then(|(_, shape)| shape.checked_len());
        let fault = match measure {
            _ if measure.needs_judge() && model.judged.is_none() => {
                format!("nothing judges the pictures of {name}")
            }
            _ if measure.needs_classes() && !model.has_classes() => {
                format!("the pictures of {name} have any number of labels; measure probability")
            }
            Measure::Probability if !has_label(model, quantity) => {
                let known = model.judged.iter().flat_map(|(_, labels)| labels);
                let known: Vec<&str> = known.map(String::as_str).collect();
                format!("the labels of {name} are {}", known.join(", "))
            }
            Measure::ReconstructionError if !model.has_encoder => format!("{name} has no encoder"),
            Measure::BitsPerDim if !model.has_likelihood => format!("{name} knows no densities"),
            Measure::Nearest if !model.has_encoded => format!("{name} has no encoded data"),
            Measure::Nearest | Measure::LogDensity if !in_z => "the code is not in z".to_owned(),
            Measure::Distance | Measure::Angle
                if found.windows(2).any(|pair| pair[0] != pair[1]) =>
            {
                "the two codes lie in different spaces".to_owned()
            }
            Measure::Coordinate if !has_coordinate(len, quantity) => {
                format!("a code has {} numbers, from 0", len.unwrap_or(0))
            }
            _ => return,
        };
        self.fault(line, format!("{text:?} cannot be measured: {fault}"));
    }

    /// Checks what the texts lead to and show.
    fn links(&mut self) {
        let question = self.question;
        let model = question.model().and_then(|name| self.models.get(name));
        for figure in question
            .answer
            .figures
            .iter()
            .chain(&question.deeper.figures)
        {
            let Content::Pictures(pictures) = &figure.content else {
                continue;
            };
            if let Some(model) = self.model(&pictures.model, figure.line) {
                for formula in &pictures.expressions {
                    self.formula(formula, model);
                }
            }
        }
        for link in question.answer.links.iter().chain(&question.deeper.links) {
            match &link.target {
                Target::Question(id) => self.linked(id, link.line, "a link leads to"),
                Target::Show(formula) => match model {
                    Some(model) => {
                        self.formula(formula, model);
                    }
                    None => {
                        let reason = "a link shows an expression, but no model is named";
                        self.fault(link.line, reason);
                    }
                },
                Target::Tool(_) | Target::Web(_) => {}
            }
        }
    }
}

/// Whether a judge knows the label that is measured.
fn has_label(model: &ModelSketch, quantity: &Quantity) -> bool {
    matches!(&quantity.detail, Detail::Label(label) if model.has_label(Some(label)))
}

/// Whether a code of this length has the number that is measured.
fn has_coordinate(len: Option<usize>, quantity: &Quantity) -> bool {
    matches!(quantity.detail, Detail::Coordinate(index) if Some(index) < len)
}

/// Ids that stand twice in a list.
pub(super) fn twice<'a>(ids: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    ids.into_iter().filter(|id| !seen.insert(*id)).collect()
}

/// How many files have faults.
pub(super) fn unique_files(faults: &[Fault]) -> usize {
    let files: BTreeSet<&str> = faults.iter().map(|fault| fault.file.as_str()).collect();
    files.len()
}
