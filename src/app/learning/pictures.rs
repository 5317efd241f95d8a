//! The pictures that the open question shows: those of its figures, of its task and of a verdict.

use super::Learning;
use crate::app::Workspace;
use crate::app::pictures::{PictureRequest, SetKey};
use crate::engine::ModelSource;
use crate::latent::Sampler;
use crate::latent::expr::Expr;
use crate::learn::figure::Content;
use crate::learn::task::Order;
use crate::learn::{Depiction, Quantity, Question, TaskKind};

/// The most pictures that a task and its verdict show.
pub const MAX_PICTURES: usize = 8;

/// The places of the pictures.
const PICTURES: [SetKey; MAX_PICTURES] = [
    SetKey("task 1"),
    SetKey("task 2"),
    SetKey("task 3"),
    SetKey("task 4"),
    SetKey("task 5"),
    SetKey("task 6"),
    SetKey("task 7"),
    SetKey("task 8"),
];

/// A picture that a task shows.
#[derive(Clone, PartialEq, Debug)]
pub struct TaskPicture {
    /// A built-in model by name.
    pub model: String,
    pub expression: Expr,
    pub sampler: Sampler,
}

impl TaskPicture {
    /// A picture of a question that draws with `usual`.
    fn new(model: &str, depiction: Depiction, usual: Sampler) -> Self {
        Self {
            model: model.to_owned(),
            expression: depiction.expression,
            sampler: depiction.settings.on(usual),
        }
    }
}

/// The set in which picture `index` of the open task comes.
pub fn picture_key(index: usize) -> SetKey {
    PICTURES[index.min(MAX_PICTURES - 1)]
}

/// The sets in which the pictures of figures come.
const FIGURES: [SetKey; 6] = [
    SetKey("figure 1"),
    SetKey("figure 2"),
    SetKey("figure 3"),
    SetKey("figure 4"),
    SetKey("figure 5"),
    SetKey("figure 6"),
];

/// The set in which the pictures of a figure of the open question come.
pub fn figure_key(number: usize) -> SetKey {
    FIGURES[number.min(FIGURES.len() - 1)]
}

impl Learning {
    /// The pictures of the open task: first its own, then what its verdict shows.
    pub fn task_pictures(&self) -> Vec<TaskPicture> {
        let Some((question, open)) = self.open_question() else {
            return Vec::new();
        };
        let mut pictures = own_pictures(question, open.task);
        if let Some((_, Ok(verdict))) = &open.judged
            && !self.is_timed()
        {
            let shown = verdict.counter_examples.iter();
            let usual = question.sampler();
            pictures
                .extend(shown.map(|it| TaskPicture::new(&it.model, it.depiction.clone(), usual)));
        }
        pictures.truncate(MAX_PICTURES);
        pictures
    }

    /// How many of the pictures belong to the task itself.
    pub fn own_picture_count(&self) -> usize {
        self.open_question().map_or(0, |(question, open)| {
            own_pictures(question, open.task).len().min(MAX_PICTURES)
        })
    }

    /// The pictures in the figures of the open question, once its answer is shown.
    fn figure_requests(&self, workspace: &mut Workspace) -> Vec<PictureRequest> {
        let Some((question, open)) = self.open_question() else {
            return Vec::new();
        };
        if !open.is_revealed {
            return Vec::new();
        }
        let figures = question
            .answer
            .figures
            .iter()
            .chain(&question.deeper.figures);
        let mut requests = Vec::new();
        for (number, figure) in figures.take(FIGURES.len()).enumerate() {
            let Content::Pictures(pictures) = &figure.content else {
                continue;
            };
            let source = ModelSource::Catalogue(pictures.model.clone());
            // What cannot be loaded leaves its place empty.
            if let Ok(Some(model)) = workspace.need_model(&source) {
                let formulas = &pictures.expressions;
                let shown = formulas.iter().map(|formula| formula.expr.clone());
                // A figure shows what it says, whatever the window draws with.
                let usual = question.sampler();
                let samplers = formulas.iter().map(|formula| formula.settings.on(usual));
                let request = PictureRequest::new(figure_key(number), &model, shown);
                requests.push(request.each_drawn_with(samplers));
            }
        }
        requests
    }

    /// The pictures that the open task shows.
    pub(in crate::app) fn requests(&mut self, workspace: &mut Workspace) -> Vec<PictureRequest> {
        if !workspace.view.learning {
            return Vec::new();
        }
        let mut requests = self.figure_requests(workspace);
        for (index, picture) in self.task_pictures().into_iter().enumerate() {
            let source = ModelSource::Catalogue(picture.model);
            // What cannot be loaded leaves its place empty; the check says why.
            if let Ok(Some(model)) = workspace.need_model(&source) {
                let key = picture_key(index);
                let request = PictureRequest::new(key, &model, [picture.expression]);
                requests.push(request.drawn_with(picture.sampler));
            }
        }
        requests
    }
}

/// What a task shows before it is answered.
fn own_pictures(question: &Question, task: usize) -> Vec<TaskPicture> {
    let usual = question.sampler();
    let of = |model: &str, depiction: Depiction| TaskPicture::new(model, depiction, usual);
    let Some(task) = question.tasks.get(task) else {
        return Vec::new();
    };
    match (&task.kind, question.model()) {
        (TaskKind::Which { left, right, .. }, _) => [left, right]
            .map(|pane| of(&pane.model, pane.expression.depiction()))
            .to_vec(),
        (TaskKind::Compare { left, right, .. }, Some(model)) => {
            // A side of two pictures, such as a change, is shown by its second one.
            let side = |quantity: &Quantity| {
                let last = quantity.depictions(None).ok()?.pop()?;
                Some(of(model, last))
            };
            match (side(left), side(right)) {
                (Some(left), Some(right)) => vec![left, right],
                _ => Vec::new(),
            }
        }
        (
            TaskKind::Order {
                order: Order::Measured { expressions, .. },
                ..
            },
            Some(model),
        ) => expressions
            .iter()
            .map(|it| of(model, it.depiction()))
            .collect(),
        _ => Vec::new(),
    }
}
