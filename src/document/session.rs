//! A session: the history, the bookmarks and all else that is kept together in one file.

use super::bookmarks::{self, BookmarkError, Bookmarks};
use super::change::{Change, ChangeError, SessionView};
use super::directions::{DirectionError, MAX_DIRECTIONS, StoredDirection};
use super::earlier::upgraded;
use super::history::History;
use super::snapshot::{ModelLink, Snapshot};
use crate::latent::expr::limits::MAX_TEXT_BYTES;
use crate::latent::expr::parse;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Everything that a session file holds.
///
/// It changes only through [`apply`](Self::apply), so that a journal of its changes makes it
/// again.
#[derive(Clone, Default, Debug)]
pub struct Session {
    pub(super) history: History<Snapshot>,
    pub(super) bookmarks: Bookmarks,
    pub(super) view: SessionView,
    /// What was found in models; what tools are set to refers to it by its place. None goes, as
    /// older steps may refer to it.
    pub(super) directions: Vec<Arc<StoredDirection>>,
    /// What the open tool is set to now.
    pub(super) tool: Option<Arc<Value>>,
    /// Whether no step remembers the tool as it is set now.
    pub(super) is_tool_new: bool,
}

/// Whether the tool is new says only how much a step weighs.
impl PartialEq for Session {
    fn eq(&self, other: &Self) -> bool {
        self.history == other.history
            && self.bookmarks == other.bookmarks
            && self.view == other.view
            && self.directions == other.directions
            && self.tool == other.tool
    }
}

impl Session {
    pub fn history(&self) -> &History<Snapshot> {
        &self.history
    }

    pub fn bookmarks(&self) -> &Bookmarks {
        &self.bookmarks
    }

    /// Directions that were found in models, by their numbers.
    pub fn directions(&self) -> &[Arc<StoredDirection>] {
        &self.directions
    }

    pub fn view(&self) -> SessionView {
        self.view
    }

    pub fn tool(&self) -> Option<&Arc<Value>> {
        self.tool.as_ref()
    }

    /// Whether nothing is in it that somebody could miss: at most the state of the start.
    pub fn is_pristine(&self) -> bool {
        self.history.len() <= 1 && self.bookmarks.all().is_empty()
    }

    /// Makes one change.
    ///
    /// # Errors
    ///
    /// When it makes no sense here; then nothing has changed.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::AddDirection(direction) => {
                direction.check()?;
                if self.directions.len() == MAX_DIRECTIONS {
                    return Err(DirectionError::TooMany.into());
                }
                self.directions.push(Arc::new((**direction).clone()));
            }
            Change::Tool(value) => {
                self.tool = value.clone().map(Arc::new);
                self.is_tool_new = true;
            }
            Change::Step {
                model,
                expression,
                sampler,
                at_secs,
                amends,
            } => {
                if expression.len() > MAX_TEXT_BYTES || !model.is_sound() {
                    return Err(ChangeError::StepTooLong);
                }
                let state = Snapshot {
                    model: self.shared(model),
                    expression: expression.as_str().into(),
                    sampler: **sampler,
                    tool: self.tool.clone(),
                };
                let weight_bytes = state.weight_bytes(self.is_tool_new);
                let is_amended =
                    *amends && self.history.amend(state.clone(), *at_secs, weight_bytes);
                if !is_amended {
                    self.history.push(state, *at_secs, weight_bytes);
                }
                self.is_tool_new = false;
            }
            Change::GoTo(id) => {
                if !self.history.go_to(*id) {
                    return Err(ChangeError::NoStep(*id));
                }
                self.tool = self.history.current_state().and_then(|it| it.tool.clone());
                self.is_tool_new = false;
            }
            Change::AddBookmark(bookmark) => {
                self.bookmarks.check_new_name(&bookmark.name)?;
                bookmark.check()?;
                self.make_room(&bookmark.name)?;
                self.bookmarks.add((**bookmark).clone())?;
            }
            Change::RenameBookmark { from, to } => {
                if self.bookmarks.get(from).is_none() {
                    return Err(BookmarkError::Unknown(from.clone()).into());
                }
                self.bookmarks.check_new_name(to)?;
                self.make_room(to)?;
                self.rename(from, to)?;
            }
            Change::DescribeBookmark { name, tags, note } => {
                let bookmark = self.bookmarks.find_mut(name)?;
                let mut changed = bookmark.clone();
                changed.tags.clone_from(tags);
                changed.note.clone_from(note);
                changed.check()?;
                *bookmark = changed;
            }
            Change::MoveBookmark { name, before } => {
                self.bookmarks.move_before(name, before.as_deref())?;
            }
            Change::DeleteBookmark(name) => self.bookmarks.find_mut(name)?.is_deleted = true,
            Change::RestoreBookmark(name) => self.bookmarks.find_mut(name)?.is_deleted = false,
            Change::View(view) => self.view = *view,
        }
        Ok(())
    }

    /// A change of an earlier version, with its expression in today's language.
    pub(super) fn upgraded(&self, mut change: Change) -> Change {
        match &mut change {
            Change::Step {
                model, expression, ..
            } => {
                let today = upgraded(expression, &model.name, || self.bookmarks.names());
                today.into_iter().for_each(|today| *expression = today);
            }
            Change::AddBookmark(bookmark) => {
                let names = || self.bookmarks.names();
                let today = upgraded(&bookmark.expression, &bookmark.model.name, names);
                today
                    .into_iter()
                    .for_each(|today| bookmark.expression = today);
            }
            _ => {}
        }
        change
    }

    /// Whether a step or a bookmark refers to `@name`.
    pub fn uses_name(&self, name: &str) -> bool {
        let steps = self.history.iter().map(|(_, step)| &*step.state.expression);
        let bookmarks = self.bookmarks.all().iter();
        steps
            .chain(bookmarks.map(|bookmark| bookmark.expression.as_str()))
            .filter(|text| text.contains('@'))
            .any(|text| parse(text).is_ok_and(|expression| expression.refers_to(name)))
    }

    /// Gives a deleted bookmark another name, so that this one can be given again.
    fn make_room(&mut self, name: &str) -> Result<(), ChangeError> {
        match self.bookmarks.room_for(name) {
            Some(other) => self.rename(name, &other),
            None => Ok(()),
        }
    }

    fn rename(&mut self, from: &str, to: &str) -> Result<(), ChangeError> {
        self.bookmarks.rename(from, to)?;
        // What steps share they share afterwards. The old values are held, so that no address is
        // given to another one meanwhile.
        let mut tools: HashMap<*const Value, [Arc<Value>; 2]> = HashMap::new();
        let mut rename_tool = |tool: &mut Option<Arc<Value>>| {
            let Some(known) = tool else { return };
            let [_, renamed] = tools.entry(Arc::as_ptr(known)).or_insert_with(|| {
                let renamed = bookmarks::renamed_in_json(known, from, to);
                let renamed = renamed.map_or_else(|| Arc::clone(known), Arc::new);
                [Arc::clone(known), renamed]
            });
            *known = Arc::clone(renamed);
        };
        rename_tool(&mut self.tool);
        self.history.rewrite(|state| {
            rename_tool(&mut state.tool);
            let Some(text) = bookmarks::renamed(&state.expression, from, to) else {
                return 0;
            };
            let more = text.len() as isize - state.expression.len() as isize;
            state.expression = text.into();
            more
        });
        Ok(())
    }

    /// The same model as that of the current step takes no memory again.
    fn shared(&self, model: &ModelLink) -> Arc<ModelLink> {
        match self.history.current_state() {
            Some(state) if *state.model == *model => Arc::clone(&state.model),
            _ => Arc::new(model.clone()),
        }
    }
}
