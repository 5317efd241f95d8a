//! The two forms in which a manifest writes a network down: a list of layers, which the trainers
//! know, and a graph, which can be anything.

use super::graph::{self, GraphSpec, InputSpec, NodeSpec, OutputSpec};
use super::manifest::{LayerSpec, NetworkSpec};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use std::fmt;

/// A network of a manifest. Its fields say which form it has: `layers` or `nodes`.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum NetworkForm {
    Layers(NetworkSpec),
    Graph(GraphSpec),
}

impl NetworkForm {
    /// The list of layers, unless it is a graph.
    pub fn layers(&self) -> Option<&NetworkSpec> {
        match self {
            Self::Layers(spec) => Some(spec),
            Self::Graph(_) => None,
        }
    }

    /// The network as a graph.
    ///
    /// # Errors
    /// When the layers do not fit one another.
    pub fn graph(&self) -> Result<Cow<'_, GraphSpec>, String> {
        match self {
            Self::Layers(spec) => graph::of_chain(spec).map(Cow::Owned),
            Self::Graph(spec) => Ok(Cow::Borrowed(spec)),
        }
    }
}

impl From<NetworkSpec> for NetworkForm {
    fn from(spec: NetworkSpec) -> Self {
        Self::Layers(spec)
    }
}

impl From<GraphSpec> for NetworkForm {
    fn from(spec: GraphSpec) -> Self {
        Self::Graph(spec)
    }
}

/// `6 layers` or `a graph of 40 nodes`
impl fmt::Display for NetworkForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Layers(spec) => write!(f, "{} layers", spec.layers.len()),
            Self::Graph(spec) => write!(f, "a graph of {} nodes", spec.nodes.len()),
        }
    }
}

/// Written out, for an untagged enum loses the reason why neither form could be read.
impl<'de> Deserialize<'de> for NetworkForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Written {
            input: Option<Vec<usize>>,
            layers: Option<Vec<LayerSpec>>,
            inputs: Option<Vec<InputSpec>>,
            nodes: Option<Vec<NodeSpec>>,
            outputs: Option<Vec<OutputSpec>>,
        }
        let Written {
            input,
            layers,
            inputs,
            nodes,
            outputs,
        } = Written::deserialize(deserializer)?;
        match (layers, nodes) {
            (Some(_), Some(_)) => Err(D::Error::custom(
                "a network has either layers or nodes, not both",
            )),
            (_, Some(nodes)) => Ok(Self::Graph(GraphSpec {
                inputs: inputs.ok_or_else(|| D::Error::missing_field("inputs"))?,
                nodes,
                outputs: outputs.ok_or_else(|| D::Error::missing_field("outputs"))?,
            })),
            (layers, None) => Ok(Self::Layers(NetworkSpec {
                input: input.ok_or_else(|| D::Error::missing_field("input"))?,
                layers: layers.ok_or_else(|| D::Error::missing_field("layers"))?,
            })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<NetworkForm, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn both_forms_are_read_as_they_are_written() {
        for text in [
            r#"{"input":[8],"layers":[{"layer":"dense","outputs":4},{"layer":"relu"}]}"#,
            concat!(
                r#"{"inputs":[{"name":"z","shape":[2]}],"#,
                r#""nodes":[{"name":"a","operation":{"op":"linear","outputs":4},"inputs":["z"]}],"#,
                r#""outputs":[{"name":"y","value":"a"}]}"#
            ),
        ] {
            let form = read(text).unwrap();
            assert_eq!(serde_json::to_string(&form).unwrap(), text);
        }
        let layers = read(r#"{"input":[8],"layers":[]}"#).unwrap();
        assert!(layers.layers().is_some());
        assert_eq!(layers.to_string(), "0 layers");
    }

    #[test]
    fn what_is_neither_is_refused_with_the_reason() {
        for (text, part) in [
            ("{}", "input"),
            (r#"{"input":[8]}"#, "layers"),
            (r#"{"nodes":[]}"#, "inputs"),
            (r#"{"inputs":[],"nodes":[]}"#, "outputs"),
            (r#"{"input":[1],"layers":[],"nodes":[]}"#, "not both"),
            (r#"{"input":[1],"layers":[{"layer":"goose"}]}"#, "goose"),
            (
                r#"{"inputs":[],"outputs":[],"nodes":[{"name":"a","operation":{"op":"goose"}}]}"#,
                "goose",
            ),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.contains(part), "{text}: {fault}");
        }
    }
}
