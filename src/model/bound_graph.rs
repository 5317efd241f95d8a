//! A graph with the tensors of a file that belong to it.

use super::file::{ModelFile, StoredTensor};
use super::graph::{self, GraphPlan, GraphSpec};
use nalgebra::DMatrix;
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

/// A tensor of a file, and what is made of it.
#[derive(Clone, PartialEq, Debug)]
pub struct Binding {
    pub tensor: String,
    /// Multiplies the numbers. Tensors may be stored as they are trained, with an equalised learning
    /// rate (Karras et al. 2018).
    pub factor: f32,
    pub derived: Derived,
}

/// What is computed from a stored tensor before it is multiplied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Derived {
    AsStored,
    /// The inverse of a matrix `[side, side]`, so that two networks undo each other however its
    /// numbers were rounded.
    Inverse {
        side: usize,
    },
    /// The natural logarithm of the absolute determinant of such a matrix.
    LogDeterminant {
        side: usize,
    },
}

impl Binding {
    /// A tensor as it is stored.
    pub fn stored(tensor: String) -> Self {
        Self {
            tensor,
            factor: 1.0,
            derived: Derived::AsStored,
        }
    }
}

impl Derived {
    /// `None` for a matrix that has no inverse.
    fn of(self, values: &[f32]) -> Option<Cow<'_, [f32]>> {
        let matrix = |side: usize| {
            let numbers = values.iter().map(|&value| f64::from(value));
            (values.len() == side * side).then(|| DMatrix::from_row_iterator(side, side, numbers))
        };
        match self {
            Self::AsStored => Some(Cow::Borrowed(values)),
            Self::Inverse { side } => {
                let inverse = matrix(side)?.try_inverse()?;
                // nalgebra stores columns.
                let rows = inverse
                    .transpose()
                    .iter()
                    .map(|&value| value as f32)
                    .collect();
                Some(Cow::Owned(rows))
            }
            Self::LogDeterminant { side } => {
                let volume = matrix(side)?.determinant().abs().ln() as f32;
                volume.is_finite().then(|| Cow::Owned(vec![volume]))
            }
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

    /// This graph followed by another ([`GraphSpec::then`]).
    ///
    /// # Errors
    /// When they do not fit one another.
    pub fn then(&self, next: &Self, prefix: &str) -> Result<Self, String> {
        let own = self
            .plan
            .all_parameters()
            .map(|one| (String::new(), self, one));
        let others = next.plan.all_parameters();
        let others = others.map(|one| (prefix.to_owned(), next, one));
        let bindings = own.chain(others).filter_map(|(prefix, graph, one)| {
            let binding = graph.binding(&one.name)?;
            Some((format!("{prefix}{}", one.name), binding))
        });
        let spec = self.plan.spec.then(&next.plan.spec, prefix);
        Self::with_bindings(&spec, bindings.collect())
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
            Naming::Prefix(prefix) => Some(Binding::stored(format!("{prefix}{name}"))),
            Naming::Each(bindings) => bindings.get(name).cloned(),
        }
    }

    /// The bindings of all parameters.
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
        let binding = self.binding(name)?;
        let factor = binding.factor;
        let stored = &tensors.get(&binding.tensor)?.values;
        let values = binding.derived.of(stored)?;
        Some(if factor == 1.0 {
            values
        } else {
            Cow::Owned(values.iter().map(|value| value * factor).collect())
        })
    }
}
