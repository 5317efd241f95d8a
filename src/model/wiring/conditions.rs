//! Conditions beside a code: the words of a model, and the input that takes their weights.

use crate::model::graph::{GraphSpec, InputSpec, NodeSpec, Operation};
use crate::model::manifest::Manifest;
use crate::model::network_form::NetworkForm;
use std::collections::BTreeSet;

/// A network that takes a code and its condition one after the other in its first input instead of in
/// two, so that a row of numbers is all that a picture is made of.
///
/// # Errors
/// When the second input takes no condition of so many words.
pub(super) fn with_one_input(
    called: &str,
    spec: &GraphSpec,
    code: usize,
    words: usize,
) -> Result<GraphSpec, String> {
    let [first, second, ..] = &spec.inputs[..] else {
        return Err(format!("the {called} has no input for the condition"));
    };
    if second.name != CONDITION_INPUT || second.shared || second.shape != [words] {
        return Err(format!(
            "the {called}'s second input must be {CONDITION_INPUT:?}, of the shape [{words}] and not shared"
        ));
    }
    let inputs = spec.inputs.iter().map(|input| input.name.as_str());
    let nodes = spec.nodes.iter().map(|node| node.name.as_str());
    let used: BTreeSet<&str> = inputs.chain(nodes).collect();
    let mut free = (0..).map(|n| format!("row{n}"));
    let mut free = || {
        free.find(|name| !used.contains(name.as_str()))
            .unwrap_or_default()
    };
    let (row, split) = (free(), free());
    let part = |input: &InputSpec, part: usize| NodeSpec {
        name: input.name.clone(),
        operation: Operation::Reshape {
            shape: input.shape.clone(),
        },
        inputs: vec![format!("{split}.{part}")],
    };
    let mut joined = spec.clone();
    let nodes = [
        NodeSpec {
            name: split.clone(),
            operation: Operation::Split {
                axis: 0,
                sizes: vec![code, words],
            },
            inputs: vec![row.clone()],
        },
        part(first, 0),
        part(second, 1),
    ];
    joined.nodes.splice(0..0, nodes);
    let row = InputSpec {
        name: row,
        shape: vec![code.saturating_add(words)],
        shared: false,
    };
    joined.inputs.splice(0..2, [row]);
    Ok(joined)
}

/// Whether the second input of a network takes a condition.
pub fn takes_condition(form: &NetworkForm) -> bool {
    match form {
        NetworkForm::Layers(_) => false,
        NetworkForm::Graph(spec) => {
            let second = spec.inputs.get(1);
            second.is_some_and(|input| input.name == CONDITION_INPUT)
        }
    }
}

/// What a graph calls the input that takes a condition.
const CONDITION_INPUT: &str = "condition";

/// Checks the words of the conditions.
pub(super) fn check_conditions(manifest: &Manifest) -> Result<(), String> {
    let Some(vocabulary) = &manifest.conditions else {
        return Ok(());
    };
    vocabulary.check()?;
    let traits = manifest.family.traits();
    if !traits.generates {
        return Err(format!("a {} takes no conditions", traits.title));
    }
    if traits.has_styles {
        return Err("style-based models take no conditions".to_owned());
    }
    Ok(())
}
