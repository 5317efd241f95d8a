//! Undo and redo as a tree: what was undone stays reachable when something else is done.
//!
//! The hazard that this module guards against is a lost step. Nothing is ever overwritten:
//! a change after an undo starts a branch beside the old one. Only a history beyond its
//! [`Limits`] forgets, and then its oldest steps first.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::fmt;

/// The number of a step: it grows with every step and is never given twice in one history.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct NodeId(u64);

impl NodeId {
    /// The step with this number; it may not exist.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, from 0.
    pub fn number(self) -> u64 {
        self.0
    }
}

/// As people count: the first step is 1.
impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.saturating_add(1))
    }
}

/// How much a history keeps before it forgets its oldest steps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    pub nodes: usize,
    /// Of all steps together, as their makers say.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            nodes: MAX_NODES,
            bytes: MAX_BYTES,
        }
    }
}

/// A step every second for a day.
pub const MAX_NODES: usize = 100_000;
/// 10,000 steps with a code of 512 numbers written out.
pub const MAX_BYTES: usize = 64 << 20;

/// One step.
#[derive(Clone, Debug)]
pub struct Node<S> {
    pub state: S,
    /// When it was settled, in seconds since 1970.
    pub at_secs: u64,
    weight_bytes: usize,
    parent: Option<NodeId>,
    /// Oldest first.
    children: Vec<NodeId>,
    /// The child that redo goes to.
    redo: Option<NodeId>,
}

impl<S> Node<S> {
    /// The step before; `None` where the history begins or has forgotten what was before.
    pub fn parent(&self) -> Option<NodeId> {
        self.parent
    }

    /// The steps that came after, oldest first.
    pub fn children(&self) -> &[NodeId] {
        &self.children
    }

    /// The step that redo goes to.
    pub fn redo(&self) -> Option<NodeId> {
        self.redo
    }
}

/// A step as it is written down.
#[derive(Clone, PartialEq, Debug)]
pub struct Part<S> {
    pub state: S,
    pub at_secs: u64,
    /// About how much memory the state takes.
    pub weight_bytes: usize,
    pub parent: Option<NodeId>,
    pub redo: Option<NodeId>,
}

/// Why written steps are no history.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("it has {0} steps; this program reads up to {MAX_NODES}")]
    TooMany(usize),
    #[error("its first step has the number {0}, which is too large")]
    FirstTooLarge(u64),
    #[error("its step {node} comes from step {parent}, which is not one before it")]
    Parent { node: NodeId, parent: NodeId },
    #[error("it stands at step {0}, which does not exist")]
    Current(NodeId),
}

/// Every settled state, each with the one that it came from.
///
/// The current step always lies on the chain that redo follows from its root, so that the
/// [row](Self::row) of steps does not change while somebody goes back and forth in it.
#[derive(Clone, Debug)]
pub struct History<S> {
    /// The number of the first step in `nodes`.
    first: u64,
    nodes: VecDeque<Node<S>>,
    /// Steps without a parent.
    roots: BTreeSet<NodeId>,
    current: Option<NodeId>,
    bytes: usize,
    limits: Limits,
}

impl<S> Default for History<S> {
    fn default() -> Self {
        Self::with_limits(Limits::default())
    }
}

/// The same steps in the same order; how much they weigh is no difference.
impl<S: PartialEq> PartialEq for History<S> {
    fn eq(&self, other: &Self) -> bool {
        let is_same = |(a, b): (&Node<S>, &Node<S>)| {
            a.state == b.state && a.at_secs == b.at_secs && a.parent == b.parent && a.redo == b.redo
        };
        self.first == other.first
            && self.current == other.current
            && self.nodes.len() == other.nodes.len()
            && self.nodes.iter().zip(&other.nodes).all(is_same)
    }
}

impl<S> History<S> {
    /// An empty history that keeps this much.
    pub fn with_limits(limits: Limits) -> Self {
        Self {
            first: 0,
            nodes: VecDeque::new(),
            roots: BTreeSet::new(),
            current: None,
            bytes: 0,
            limits,
        }
    }

    /// Puts together what [`parts`](Self::parts) gave.
    ///
    /// # Errors
    ///
    /// When there are too many, or their numbers do not make a tree. A redo that is not a
    /// child is no error; it becomes the newest child.
    pub fn from_parts(
        first: u64,
        parts: Vec<Part<S>>,
        current: Option<NodeId>,
    ) -> Result<Self, HistoryError> {
        let limits = Limits::default();
        if parts.len() > limits.nodes {
            return Err(HistoryError::TooMany(parts.len()));
        }
        // So that no number of a later step can overflow.
        if first > u64::from(u32::MAX) * MAX_NODES as u64 {
            return Err(HistoryError::FirstTooLarge(first));
        }
        let mut history = Self::with_limits(limits);
        history.first = first;
        let mut redos = Vec::new();
        for part in parts {
            let node = history.next_id();
            if let Some(parent) = part.parent {
                let Some(found) = history.node_mut(parent) else {
                    return Err(HistoryError::Parent { node, parent });
                };
                found.children.push(node);
                found.redo = Some(node);
            }
            redos.extend(part.redo.map(|redo| (node, redo)));
            history.store(part.state, part.at_secs, part.parent, part.weight_bytes);
        }
        for (node, redo) in redos {
            if history.get(redo).is_some_and(|it| it.parent == Some(node))
                && let Some(node) = history.node_mut(node)
            {
                node.redo = Some(redo);
            }
        }
        let current = current.unwrap_or(history.last_id());
        if !history.go_to(current) && !history.nodes.is_empty() {
            return Err(HistoryError::Current(current));
        }
        history.trim();
        Ok(history)
    }

    /// Every step as it is to be written down, oldest first; their numbers follow one another
    /// from [`first`](Self::first).
    pub fn parts(&self) -> impl Iterator<Item = Part<&S>> {
        self.nodes.iter().map(|node| Part {
            state: &node.state,
            at_secs: node.at_secs,
            weight_bytes: node.weight_bytes,
            parent: node.parent,
            redo: node.redo,
        })
    }

    /// The number of the oldest step that is kept.
    pub fn first(&self) -> NodeId {
        NodeId(self.first)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What all steps weigh, in bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A step, unless it is forgotten or was never made.
    pub fn get(&self, id: NodeId) -> Option<&Node<S>> {
        self.nodes.get(self.index(id)?)
    }

    /// Where the user is; `None` in an empty history.
    pub fn current(&self) -> Option<NodeId> {
        self.current
    }

    /// The state where the user is.
    pub fn current_state(&self) -> Option<&S> {
        Some(&self.get(self.current?)?.state)
    }

    /// Adds a step after the current one and goes there. `weight_bytes` is about how much memory
    /// the state takes.
    pub fn push(&mut self, state: S, at_secs: u64, weight_bytes: usize) -> NodeId {
        let (id, parent) = (self.next_id(), self.current);
        if let Some(parent) = parent.and_then(|parent| self.node_mut(parent)) {
            parent.children.push(id);
            parent.redo = Some(id);
        }
        self.store(state, at_secs, parent, weight_bytes);
        self.current = Some(id);
        self.trim();
        id
    }

    /// Puts a state in the place of the current one, unless something came after it. Returns whether
    /// it did; `weight_bytes` as in [`push`](Self::push).
    pub fn amend(&mut self, state: S, at_secs: u64, weight_bytes: usize) -> bool {
        let current = self.current.and_then(|current| self.node_mut(current));
        let Some(node) = current.filter(|node| node.children.is_empty()) else {
            return false;
        };
        let before = std::mem::replace(&mut node.weight_bytes, weight_bytes);
        (node.state, node.at_secs) = (state, at_secs);
        self.bytes = self.bytes - before + weight_bytes;
        self.trim();
        true
    }

    /// Where undo goes.
    pub fn undo_target(&self) -> Option<NodeId> {
        self.get(self.current?)?.parent
    }

    /// Where redo goes.
    pub fn redo_target(&self) -> Option<NodeId> {
        self.get(self.current?)?.redo
    }

    /// Goes to the step before.
    pub fn undo(&mut self) -> Option<NodeId> {
        let target = self.undo_target()?;
        self.go_to(target);
        Some(target)
    }

    /// Goes to the step after: the newest, or the one that was undone last.
    pub fn redo(&mut self) -> Option<NodeId> {
        let target = self.redo_target()?;
        self.go_to(target);
        Some(target)
    }

    /// Goes to any step. Returns whether there is such a step.
    ///
    /// Takes time in the number of steps before it.
    pub fn go_to(&mut self, id: NodeId) -> bool {
        if self.get(id).is_none() {
            return false;
        }
        self.current = Some(id);
        let mut child = id;
        while let Some(parent) = self.get(child).and_then(Node::parent) {
            if let Some(parent) = self.node_mut(parent) {
                parent.redo = Some(child);
            }
            child = parent;
        }
        true
    }

    /// The steps that lead to the current one and on from there by redo, oldest first.
    ///
    /// Takes time in its length.
    pub fn row(&self) -> Vec<NodeId> {
        let parent = |id: &NodeId| self.get(*id).and_then(Node::parent);
        let redo = |id: &NodeId| self.get(*id).and_then(Node::redo);
        let mut row: Vec<NodeId> = std::iter::successors(self.current, parent).collect();
        row.reverse();
        row.extend(std::iter::successors(self.redo_target(), redo));
        row
    }

    /// The steps that were made at the same place as this one, without itself, oldest first.
    pub fn siblings(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let parent = self.get(id).and_then(Node::parent);
        let children = parent.and_then(|parent| self.get(parent));
        let roots = (parent.is_none() && self.get(id).is_some()).then_some(&self.roots);
        children
            .into_iter()
            .flat_map(|parent| &parent.children)
            .chain(roots.into_iter().flatten())
            .copied()
            .filter(move |sibling| *sibling != id)
    }

    /// How many [siblings](Self::siblings) a step has, without counting them.
    pub fn sibling_count(&self, id: NodeId) -> usize {
        let Some(node) = self.get(id) else { return 0 };
        let all = match node.parent.and_then(|parent| self.get(parent)) {
            Some(parent) => parent.children.len(),
            None => self.roots.len(),
        };
        all.saturating_sub(1)
    }

    /// Every step with its number, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (NodeId, &Node<S>)> {
        let numbered = self.nodes.iter().enumerate();
        numbered.map(|(index, node)| (NodeId(self.first + index as u64), node))
    }

    /// Changes states in place, for what is the same state in other words. `change` says how
    /// many bytes heavier a state is now.
    pub fn rewrite(&mut self, mut change: impl FnMut(&mut S) -> isize) {
        for node in &mut self.nodes {
            let more = change(&mut node.state);
            node.weight_bytes = node.weight_bytes.saturating_add_signed(more);
        }
        self.bytes = self.nodes.iter().map(|node| node.weight_bytes).sum();
        self.trim();
    }

    fn next_id(&self) -> NodeId {
        NodeId(self.first + self.nodes.len() as u64)
    }

    fn last_id(&self) -> NodeId {
        NodeId((self.first + self.nodes.len() as u64).saturating_sub(1))
    }

    fn index(&self, id: NodeId) -> Option<usize> {
        usize::try_from(id.0.checked_sub(self.first)?).ok()
    }

    fn node_mut(&mut self, id: NodeId) -> Option<&mut Node<S>> {
        let index = self.index(id)?;
        self.nodes.get_mut(index)
    }

    fn store(&mut self, state: S, at_secs: u64, parent: Option<NodeId>, weight_bytes: usize) {
        if parent.is_none() {
            self.roots.insert(self.next_id());
        }
        self.bytes += weight_bytes;
        self.nodes.push_back(Node {
            state,
            at_secs,
            weight_bytes,
            parent,
            children: Vec::new(),
            redo: None,
        });
    }

    /// Forgets the oldest steps until the rest is within the limits.
    fn trim(&mut self) {
        while self.nodes.len() > 1
            && (self.nodes.len() > self.limits.nodes || self.bytes > self.limits.bytes)
        {
            self.forget_oldest();
        }
        if self
            .current
            .is_some_and(|current| self.get(current).is_none())
        {
            self.go_to(self.last_id());
        }
    }

    /// The oldest step is always a root, for what it came from was older.
    fn forget_oldest(&mut self) {
        let id = self.first();
        let Some(node) = self.nodes.pop_front() else {
            return;
        };
        self.first += 1;
        self.bytes -= node.weight_bytes;
        self.roots.remove(&id);
        for child in node.children {
            if let Some(child) = self.node_mut(child) {
                child.parent = None;
            }
            self.roots.insert(child);
        }
    }
}
