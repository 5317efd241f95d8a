//! A model of another program that nobody has told how it is built, while a person describes it.
//!
//! The description is a draft of the file of hints beside the model. Each change is checked at once against the
//! tensors of the file; no weight is read for it.

use crate::model::foreign::{Hints, Outline, Undescribed};
use std::path::Path;

/// As many changes can be taken back.
const MAX_STEPS: usize = 200;

/// A file and the draft of what is said of it.
#[derive(Debug)]
pub struct Describing {
    file: Undescribed,
    draft: Hints,
    outline: Outline,
    /// The drafts before this one, the latest last.
    before: Vec<Hints>,
    /// Whether the file of hints is being written.
    pub(super) is_saving: bool,
    /// Why it could not be written.
    pub not_saved: Option<String>,
}

/// What the form asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum DescribeAction {
    /// Show the form.
    Begin,
    /// Change the draft.
    Edit(Box<Hints>),
    /// Take the last change back.
    Undo,
    /// Write the file of hints and open the model.
    Save,
}

impl Describing {
    pub(super) fn new(file: Undescribed) -> Self {
        let draft = file.guess();
        Self {
            outline: file.outline(&draft),
            draft,
            file,
            before: Vec::new(),
            is_saving: false,
            not_saved: None,
        }
    }

    /// Whether a file that was opened again is this one, of which something was said already.
    pub(super) fn is_begun_for(&self, file: &Undescribed) -> bool {
        self.can_undo() && self.file.is_same(file)
    }

    /// The number of the first layer that does not fit, from 0.
    pub fn misfit(&self) -> Option<usize> {
        let layers = self.draft.decoder.as_ref().map_or(0, |it| it.layers.len());
        let fitting = self.outline.shapes.len();
        (self.outline.outcome.is_err() && fitting < layers).then_some(fitting)
    }

    /// The picture that the layers end in, where the draft says another.
    pub fn other_picture(&self) -> Option<[usize; 3]> {
        let layers = self.draft.decoder.as_ref().map_or(0, |it| it.layers.len());
        let &[channels, height, width] = &self.outline.shapes.last()?[..] else {
            return None;
        };
        let end = [channels, height, width];
        let is_end = self.outline.shapes.len() == layers && matches!(channels, 1 | 3);
        (is_end && self.draft.image != Some(end)).then_some(end)
    }

    /// What is in the file.
    pub fn file(&self) -> &Undescribed {
        &self.file
    }

    pub fn draft(&self) -> &Hints {
        &self.draft
    }

    /// What the draft comes to.
    pub fn outline(&self) -> &Outline {
        &self.outline
    }

    /// Whether a change can be taken back.
    pub fn can_undo(&self) -> bool {
        !self.before.is_empty()
    }

    /// Why the draft cannot be saved now.
    ///
    /// # Errors
    /// A sentence.
    pub fn check(&self) -> Result<(), String> {
        if self.is_saving {
            return Err("It is being written".to_owned());
        }
        self.outline.outcome.clone().map(drop)
    }

    /// Whether the hints of this file are being written.
    pub(super) fn is_of_saving(&self, path: &Path) -> bool {
        self.is_saving && self.file.path() == path
    }

    pub(super) fn edit(&mut self, draft: Hints) {
        if draft == self.draft {
            return;
        }
        let before = std::mem::replace(&mut self.draft, draft);
        // A number that is dragged, or a title that is typed, is one step.
        if !self
            .before
            .last()
            .is_some_and(|last| is_same_kind_of_change(last, &before, &self.draft))
        {
            self.before.push(before);
        }
        let surplus = self.before.len().saturating_sub(MAX_STEPS);
        self.before.drain(..surplus);
        self.changed();
    }

    pub(super) fn undo(&mut self) {
        if let Some(before) = self.before.pop() {
            self.draft = before;
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.outline = self.file.outline(&self.draft);
        self.not_saved = None;
    }
}

/// Whether two changes in a row, from `first` to `second` to `third`, change the same one value.
fn is_same_kind_of_change(first: &Hints, second: &Hints, third: &Hints) -> bool {
    match (changed_line(first, second), changed_line(second, third)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// The only line in which two drafts differ, where it says another value of the same thing.
fn changed_line(a: &Hints, b: &Hints) -> Option<usize> {
    let (a, b) = (a.to_string(), b.to_string());
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let head = |line: &str| line.split(['=', ',']).next().map(str::to_owned);
    let mut differing = (0..a.len().max(b.len())).filter(|&line| a.get(line) != b.get(line));
    let line = differing.next()?;
    let is_alone = a.len() == b.len() && differing.next().is_none();
    (is_alone && head(a[line]) == head(b[line])).then_some(line)
}
