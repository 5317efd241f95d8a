//! Sessions as files: readable JSON with a version. `docs/session.md` describes the form.
//!
//! The hazard that this module guards against is a file that somebody else made: its size is
//! known before it is read, every count has a bound, and nothing in it refers to what is not
//! there. What cannot be read is said in one sentence, and nothing of it is taken over.

use super::bookmarks::{Bookmark, BookmarkError, Bookmarks, MAX_BOOKMARKS};
use super::change::SessionView;
use super::directions::{DirectionError, MAX_DIRECTIONS, StoredDirection};
use super::earlier::upgraded;
use super::history::{History, HistoryError, MAX_NODES, NodeId, Part};
use super::json::{self, free_values, is_default};
use super::recipe::program;
use super::session::Session;
use super::snapshot::{ModelLink, Snapshot};
use crate::files::kind::BYTE_ORDER_MARK;
use crate::files::save::{self, SaveError};
use crate::latent::Sampler;
use crate::latent::expr::limits::MAX_TEXT_BYTES;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The version of the form that this program writes, and the newest that it reads.
///
/// 2 adds directions and the sampler of steps, and its truncation acts in w where a model has a w.
pub const SESSION_VERSION: u64 = 2;
/// The first version in which truncation of a code in z acts in w.
pub(super) const VERSION_WITH_W: u64 = 2;
/// How the name of a session file ends, without the dot.
pub const ENDING: &str = "zscape";
/// The largest file that is read or written.
pub const MAX_FILE_BYTES: u64 = 128 << 20;

/// Why a text is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("it is not a zscape session")]
    NoSession,
    #[error("it is damaged: {0}")]
    Damaged(serde_json::Error),
    #[error(
        "it has the session format {0}, and this program reads up to {SESSION_VERSION}; \
         a newer zscape can open it"
    )]
    Version(u64),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error("its step {step} refers to {what} {index}, which it does not have")]
    Index {
        step: NodeId,
        what: &'static str,
        index: usize,
    },
    #[error("the expression of its step {0} is longer than {MAX_TEXT_BYTES} bytes")]
    TooLong(NodeId),
    #[error("the name or the path of one of its models is too long")]
    Model,
    #[error("a bookmark in it cannot be kept: {0}")]
    Bookmark(#[from] BookmarkError),
    #[error("a direction in it cannot be kept: {0}")]
    Direction(#[from] DirectionError),
    #[error("it is larger than {} MiB", MAX_FILE_BYTES >> 20)]
    TooLarge,
    #[error("it cannot be written as JSON: {0}")]
    Write(serde_json::Error),
}

/// Why a session file was not read or not written; one sentence that names it.
#[derive(Debug, thiserror::Error)]
pub enum SessionFileError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: {error}", path.display())]
    Content { path: PathBuf, error: SessionError },
    #[error(transparent)]
    Save(#[from] SaveError),
}

/// A session as it is written: models and settings of tools stand once, steps refer to them.
#[derive(Serialize, Deserialize)]
pub(super) struct Written<'a> {
    pub(super) zscape_session: u64,
    #[serde(default)]
    program: String,
    /// What is shown; the same as the current step, unless a tool was set since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scene: Option<Scene<'a>>,
    #[serde(default)]
    view: SessionView,
    #[serde(default, deserialize_with = "json::list::<MAX_NODES, _, _>")]
    models: Vec<Cow<'a, ModelLink>>,
    #[serde(
        default,
        deserialize_with = "owned_values",
        skip_serializing_if = "Vec::is_empty"
    )]
    tools: Vec<Cow<'a, Value>>,
    #[serde(
        default,
        deserialize_with = "json::list::<MAX_DIRECTIONS, _, _>",
        skip_serializing_if = "Vec::is_empty"
    )]
    directions: Vec<Cow<'a, StoredDirection>>,
    #[serde(default, deserialize_with = "json::list::<MAX_BOOKMARKS, _, _>")]
    bookmarks: Vec<Cow<'a, Bookmark>>,
    #[serde(default)]
    history: Steps<'a>,
}

/// One scene: what makes a picture, and the tool beside it.
#[derive(Serialize, Deserialize)]
struct Scene<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<usize>,
    #[serde(default)]
    expression: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    sampler: Sampler,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool: Option<usize>,
}

#[derive(Default, Serialize, Deserialize)]
struct Steps<'a> {
    /// The number of the first step; the others follow one by one.
    #[serde(default)]
    first: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    current: Option<NodeId>,
    #[serde(default, deserialize_with = "json::list::<MAX_NODES, _, _>")]
    steps: Vec<Step<'a>>,
}

#[derive(Serialize, Deserialize)]
struct Step<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent: Option<NodeId>,
    model: usize,
    expression: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "is_default")]
    sampler: Sampler,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tool: Option<usize>,
    #[serde(default)]
    at_secs: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redo: Option<NodeId>,
}

fn owned_values<'de, 'a, D>(deserializer: D) -> Result<Vec<Cow<'a, Value>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Ok(free_values(deserializer)?
        .into_iter()
        .map(Cow::Owned)
        .collect())
}

/// Hands out a number for everything new.
struct Table<'a, K, V: ToOwned + ?Sized> {
    numbers: HashMap<K, usize>,
    entries: Vec<Cow<'a, V>>,
}

impl<'a, K: std::hash::Hash + Eq, V: ToOwned + ?Sized> Table<'a, K, V> {
    fn new() -> Self {
        Self {
            numbers: HashMap::new(),
            entries: Vec::new(),
        }
    }

    fn number(&mut self, key: K, entry: &'a V) -> usize {
        *self.numbers.entry(key).or_insert_with(|| {
            self.entries.push(Cow::Borrowed(entry));
            self.entries.len() - 1
        })
    }
}

impl<'a> Written<'a> {
    pub(super) fn from_session(session: &'a Session) -> Self {
        let mut models: Table<'a, &'a ModelLink, ModelLink> = Table::new();
        // By address: what steps share in memory they share in the file.
        let mut tools: Table<'a, *const Value, Value> = Table::new();
        let mut number_tool = |tool: &'a Option<Arc<Value>>| {
            tool.as_ref()
                .map(|tool| tools.number(Arc::as_ptr(tool), tool))
        };
        let steps = session.history.parts().map(|part| Step {
            parent: part.parent,
            model: models.number(&part.state.model, &part.state.model),
            expression: Cow::Borrowed(&part.state.expression),
            sampler: part.state.sampler,
            tool: number_tool(&part.state.tool),
            at_secs: part.at_secs,
            redo: part.redo,
        });
        let history = Steps {
            first: session.history.first().number(),
            current: session.history.current(),
            steps: steps.collect(),
        };
        let state = session.history.current_state();
        let scene = Scene {
            model: state.map(|state| models.number(&state.model, &state.model)),
            expression: Cow::Borrowed(state.map_or("", |state| &state.expression)),
            sampler: state.map_or_else(Sampler::default, |state| state.sampler),
            tool: number_tool(&session.tool),
        };
        Self {
            zscape_session: SESSION_VERSION,
            program: program(),
            scene: Some(scene),
            view: session.view,
            directions: session
                .directions
                .iter()
                .map(|it| Cow::Borrowed(&**it))
                .collect(),
            bookmarks: session.bookmarks.all().iter().map(Cow::Borrowed).collect(),
            history,
            models: models.entries,
            tools: tools.entries,
        }
    }

    pub(super) fn into_session(self) -> Result<Session, SessionError> {
        if self.zscape_session > SESSION_VERSION {
            return Err(SessionError::Version(self.zscape_session));
        }
        let is_earlier = self.zscape_session < VERSION_WITH_W;
        let mut bookmarks = Bookmarks::default();
        for bookmark in self.bookmarks {
            bookmarks.add(bookmark.into_owned())?;
        }
        let names = bookmarks.names();
        if is_earlier {
            bookmarks.upgrade(&names);
        }
        let models: Vec<Arc<ModelLink>> = self
            .models
            .into_iter()
            .map(|model| Arc::new(model.into_owned()))
            .collect();
        if !models.iter().all(|model| model.is_sound()) {
            return Err(SessionError::Model);
        }
        let tools: Vec<Arc<Value>> = self
            .tools
            .into_iter()
            .map(|tool| Arc::new(tool.into_owned()))
            .collect();
        let (steps, current, first) =
            (self.history.steps, self.history.current, self.history.first);
        let scene_tool = self.scene.as_ref().map(|scene| scene.tool);
        let steps = match self.scene {
            // A session that somebody wrote by hand may have nothing else.
            Some(scene) if steps.is_empty() => scene.into_step().into_iter().collect(),
            _ => steps,
        };
        let mut is_tool_used = vec![false; tools.len()];
        let mut parts = Vec::with_capacity(steps.len());
        for (index, step) in steps.into_iter().enumerate() {
            let id = NodeId::new(first.saturating_add(index as u64));
            let missing = |what, index| SessionError::Index {
                step: id,
                what,
                index,
            };
            if step.expression.len() > MAX_TEXT_BYTES {
                return Err(SessionError::TooLong(id));
            }
            let model = models.get(step.model);
            let model = model.ok_or_else(|| missing("the model", step.model))?;
            let tool = match step.tool {
                Some(number) => {
                    let tool = tools.get(number);
                    Some(tool.ok_or_else(|| missing("the tool settings", number))?)
                }
                None => None,
            };
            let is_tool_new = step
                .tool
                .is_some_and(|number| !std::mem::replace(&mut is_tool_used[number], true));
            let today =
                is_earlier.then(|| upgraded(&step.expression, &model.name, || names.clone()));
            let state = Snapshot {
                model: Arc::clone(model),
                expression: match today.flatten() {
                    Some(today) => today.into(),
                    None => step.expression.into(),
                },
                sampler: step.sampler,
                tool: tool.map(Arc::clone),
            };
            parts.push(Part {
                weight_bytes: state.weight_bytes(is_tool_new),
                state,
                at_secs: step.at_secs,
                parent: step.parent,
                redo: step.redo,
            });
        }
        let history = History::from_parts(first, parts, current)?;
        let tool = match scene_tool {
            Some(number) => number.and_then(|number| tools.get(number)),
            None => history
                .current_state()
                .and_then(|state| state.tool.as_ref()),
        };
        let mut session = Session {
            tool: tool.map(Arc::clone),
            view: self.view,
            ..Session::default()
        };
        session.history = history;
        session.bookmarks = bookmarks;
        for direction in self.directions {
            direction.check()?;
            session.directions.push(Arc::new(direction.into_owned()));
        }
        Ok(session)
    }
}

impl<'a> Scene<'a> {
    fn into_step(self) -> Option<Step<'a>> {
        Some(Step {
            parent: None,
            model: self.model?,
            expression: self.expression,
            sampler: self.sampler,
            tool: self.tool,
            at_secs: 0,
            redo: None,
        })
    }
}

/// The text of a session file.
///
/// # Errors
///
/// When it would be larger than what is read.
pub fn to_bytes(session: &Session) -> Result<Vec<u8>, SessionError> {
    let bytes = json::to_lines(&Written::from_session(session)).map_err(SessionError::Write)?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(SessionError::TooLarge);
    }
    Ok(bytes)
}

/// Reads what [`to_bytes`] wrote.
///
/// # Errors
///
/// When it is no session, a damaged one, or one of a newer version.
pub fn from_bytes(bytes: &[u8]) -> Result<Session, SessionError> {
    /// The one field that says how to read the others.
    #[derive(Deserialize)]
    struct Head {
        zscape_session: Option<u64>,
    }
    if bytes.len() as u64 > MAX_FILE_BYTES {
        return Err(SessionError::TooLarge);
    }
    // Editors of other systems begin texts with a mark of their byte order.
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let head: Head = serde_json::from_slice(bytes).map_err(|error| {
        let begins_as_one = bytes.trim_ascii_start().starts_with(b"{");
        match begins_as_one {
            true => SessionError::Damaged(error),
            false => SessionError::NoSession,
        }
    })?;
    match head.zscape_session {
        None => return Err(SessionError::NoSession),
        Some(version) if version > SESSION_VERSION => return Err(SessionError::Version(version)),
        Some(_) => {}
    }
    let written: Written<'_> = serde_json::from_slice(bytes).map_err(SessionError::Damaged)?;
    written.into_session()
}

/// Writes a session beside `path` and renames it.
///
/// # Errors
///
/// When it is too large or cannot be written there; a file that was there is as it was.
pub fn write(path: &Path, session: &Session) -> Result<(), SessionFileError> {
    let bytes = to_bytes(session).map_err(|error| SessionFileError::Content {
        path: path.to_owned(),
        error,
    })?;
    Ok(save::save(path, &bytes)?)
}

/// Reads a session file.
///
/// # Errors
///
/// When it cannot be read or holds no session; the sentence names it.
pub fn read(path: &Path) -> Result<Session, SessionFileError> {
    let io = |error| SessionFileError::Io {
        path: path.to_owned(),
        error,
    };
    let content = |error| SessionFileError::Content {
        path: path.to_owned(),
        error,
    };
    // Before it is opened: opening a pipe waits until something writes into it.
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        return Err(io(io::Error::other("it is not an ordinary file")));
    }
    if metadata.len() > MAX_FILE_BYTES {
        return Err(content(SessionError::TooLarge));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(io)?;
    file.take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    from_bytes(&bytes).map_err(content)
}
