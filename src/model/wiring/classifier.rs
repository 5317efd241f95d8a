//! The network that judges pictures.

use super::Network;
use crate::model::bound_graph::BoundGraph;
use crate::model::graph::{GraphPlan, OutputSpec};
use crate::model::manifest::Manifest;
use crate::model::network_form::NetworkForm;

/// Gives a score for each label, and as a second output the features that pictures are compared by:
/// those of the graph, or else what its last node takes of the picture.
pub(super) fn classifier_graph(
    manifest: &Manifest,
    form: &NetworkForm,
) -> Result<BoundGraph, String> {
    let spec = form.graph();
    let mut spec = spec
        .map_err(|fault| format!("classifier: {fault}"))?
        .into_owned();
    if let [scores] = &spec.outputs[..] {
        // The runner finds outputs by their order; a name only has to differ.
        let mut names = ["features", "compared"].into_iter();
        let name = names.find(|name| scores.name != *name).unwrap_or_default();
        let graph = BoundGraph::with_prefix(&spec, "classifier.");
        let graph = graph.map_err(|fault| format!("classifier: {fault}"))?;
        let value = value_before(&graph.plan, graph.plan.outputs[0]).to_owned();
        spec.outputs.push(OutputSpec {
            name: name.to_owned(),
            value,
        });
    }
    let network = Network::of_spec("classifier", "classifier.", &spec)?;
    network.takes_numbers(manifest.image.len())?;
    network.gives_numbers(0, manifest.classes.len())?;
    Ok(network.graph)
}

/// The name of what a value is made of: the first that its node takes and that is not the same for
/// all items, or else the value itself.
fn value_before(plan: &GraphPlan, value: usize) -> &str {
    let taken = plan.maker(value).map_or(&[][..], |node| &plan.takes[node]);
    let before = taken.iter().find(|&&taken| !plan.values[taken].shared);
    plan.name(*before.unwrap_or(&value))
}
