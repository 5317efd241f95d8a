//! A graph with the tensors of a file that belong to it.

use super::file::{ModelFile, StoredTensor};
use super::graph::{self, GraphPlan, GraphSpec};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A checked graph, and which tensor of a file each of its parameters is.
#[derive(Clone, Debug)]
pub struct BoundGraph {
    pub plan: Arc<GraphPlan>,
    naming: Naming,
    /// Numbers that follow from the sizes of a model, so that no file stores them, by the graph's names.
    given: Arc<BTreeMap<String, Vec<f32>>>,
}

#[derive(Clone, Debug)]
enum Naming {
    /// The names of the graph with this in front.
    Prefix(String),
    /// Each name of the graph.
    Each(BTreeMap<String, Binding>),
}

/// A tensor of a file, and what is made of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Binding {
    pub tensor: String,
    /// Multiplies the numbers. Tensors may be stored as they are trained, with an equalised learning
    /// rate (Karras et al. 2018).
    pub factor: f32,
}

impl Binding {
    /// A tensor as it is stored.
    pub fn stored(tensor: String) -> Self {
        Self {
            tensor,
            factor: 1.0,
        }
    }
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
            given: Arc::default(),
        })
    }

    /// The same graph with numbers that no file stores: what `given` has for a parameter is used.
    #[must_use]
    pub fn with_given(self, given: BTreeMap<String, Vec<f32>>) -> Self {
        let given = Arc::new(given);
        Self { given, ..self }
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
            given: Arc::default(),
        })
    }

    /// This graph followed by another ([`GraphSpec::then`]).
    ///
    /// # Errors
    /// When they do not fit one another.
    pub fn then(&self, next: &Self, prefix: &str) -> Result<Self, String> {
        let parts = [("", self), (prefix, next)];
        let bindings = parts.into_iter().flat_map(|(prefix, graph)| {
            let bindings = graph.bindings().into_iter();
            bindings.map(move |(name, binding)| (format!("{prefix}{name}"), binding))
        });
        let given = parts.into_iter().flat_map(|(prefix, graph)| {
            let given = graph.given.iter();
            given.map(move |(name, values)| (format!("{prefix}{name}"), values.clone()))
        });
        let spec = self.plan.spec.then(&next.plan.spec, prefix);
        let joined = Self::with_bindings(&spec, bindings.collect())?;
        Ok(joined.with_given(given.collect()))
    }

    /// The tensors with their shapes of a graph that was made by [`Self::with_prefix`]; for others
    /// only the maker of the bindings knows them.
    pub fn prefixed_tensors(&self) -> Vec<(String, Vec<usize>)> {
        let Naming::Prefix(prefix) = &self.naming else {
            return Vec::new();
        };
        let parameters = self.plan.all_parameters();
        let stored = parameters.filter(|one| !self.given.contains_key(&one.name));
        let named = stored.map(|one| (format!("{prefix}{}", one.name), one.shape.clone()));
        named.collect()
    }

    /// The tensor of a file that a parameter of the graph is, and the factor that makes it so; `None` for
    /// one that no file stores.
    pub fn binding(&self, name: &str) -> Option<Binding> {
        if self.given.contains_key(name) {
            return None;
        }
        match &self.naming {
            Naming::Prefix(prefix) => Some(Binding::stored(format!("{prefix}{name}"))),
            Naming::Each(bindings) => bindings.get(name).cloned(),
        }
    }

    /// The bindings of all parameters that a file stores.
    pub fn bindings(&self) -> BTreeMap<String, Binding> {
        let parameters = self.plan.all_parameters();
        let bound = parameters.filter_map(|one| Some((one.name.clone(), self.binding(&one.name)?)));
        bound.collect()
    }

    /// The numbers of a parameter of the graph.
    pub fn values<'a>(&self, file: &'a ModelFile, name: &str) -> Option<Cow<'a, [f32]>> {
        self.values_of(&file.tensors, name)
    }

    /// The same from the tensors of a file.
    pub fn values_of<'a>(
        &self,
        tensors: &'a BTreeMap<String, StoredTensor>,
        name: &str,
    ) -> Option<Cow<'a, [f32]>> {
        if let Some(given) = self.given.get(name) {
            return Some(Cow::Owned(given.clone()));
        }
        let binding = self.binding(name)?;
        let factor = binding.factor;
        let stored = &tensors.get(&binding.tensor)?.values;
        Some(if factor == 1.0 {
            Cow::Borrowed(stored.as_slice())
        } else {
            Cow::Owned(stored.iter().map(|value| value * factor).collect())
        })
    }
}
