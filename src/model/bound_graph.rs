//! A graph with the tensors of a file that belong to it.

use super::file::ModelFile;
use super::graph::{self, GraphPlan, GraphSpec};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A checked graph, and which tensor of a file each of its parameters is.
#[derive(Clone, Debug)]
pub struct BoundGraph {
    pub plan: Arc<GraphPlan>,
    naming: Naming,
}

#[derive(Clone, Debug)]
enum Naming {
    /// The names of the graph with this in front.
    Prefix(String),
    /// Each name of the graph.
    Each(BTreeMap<String, Binding>),
}

/// A tensor of a file, and what it is multiplied by.
#[derive(Clone, PartialEq, Debug)]
pub struct Binding {
    pub tensor: String,
    /// Tensors may be stored as they are trained, with an equalised learning rate (Karras et al.
    /// 2018); the factor makes of them what the network works with.
    pub factor: f32,
}

impl BoundGraph {
    /// A graph whose tensors stand in the file under their names with `prefix` in front.
    ///
    /// # Errors
    /// When the graph is not sound.
    pub fn with_prefix(spec: &GraphSpec, prefix: &str) -> Result<Self, String> {
        Ok(Self {
            plan: Arc::new(graph::plan(spec)?),
            naming: Naming::Prefix(prefix.to_owned()),
        })
    }

    /// A graph with the place of each of its tensors.
    ///
    /// # Errors
    /// When the graph is not sound.
    pub fn with_bindings(
        spec: &GraphSpec,
        bindings: BTreeMap<String, Binding>,
    ) -> Result<Self, String> {
        Ok(Self {
            plan: Arc::new(graph::plan(spec)?),
            naming: Naming::Each(bindings),
        })
    }

    /// The tensors with their shapes of a graph that was made by [`Self::with_prefix`]; for others
    /// only the maker of the bindings knows them.
    pub fn prefixed_tensors(&self) -> Vec<(String, Vec<usize>)> {
        let Naming::Prefix(prefix) = &self.naming else {
            return Vec::new();
        };
        let parameters = self.plan.all_parameters();
        let named = parameters.map(|one| (format!("{prefix}{}", one.name), one.shape.clone()));
        named.collect()
    }

    /// The tensor of a file that a parameter of the graph is, and the factor that makes it so.
    pub fn binding(&self, name: &str) -> Option<Binding> {
        match &self.naming {
            Naming::Prefix(prefix) => Some(Binding {
                tensor: format!("{prefix}{name}"),
                factor: 1.0,
            }),
            Naming::Each(bindings) => bindings.get(name).cloned(),
        }
    }

    /// The numbers of a parameter of the graph.
    pub fn values<'a>(&self, file: &'a ModelFile, name: &str) -> Option<Cow<'a, [f32]>> {
        let Binding { tensor, factor } = self.binding(name)?;
        let values = &file.tensors.get(&tensor)?.values;
        Some(if factor == 1.0 {
            Cow::Borrowed(&values[..])
        } else {
            Cow::Owned(values.iter().map(|value| value * factor).collect())
        })
    }
}
