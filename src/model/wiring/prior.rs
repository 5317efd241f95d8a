//! The network that says what comes next in a grid of indices.

use super::{Network, len};
use crate::latent::{Space, SpaceShape};
use crate::model::bound_graph::BoundGraph;
use crate::model::cpu::causal;
use crate::model::manifest::{Manifest, Role};
use crate::model::network_form::NetworkForm;

/// What scores the indices at every place of a grid by what stands at those before it.
#[derive(Clone, Debug)]
pub struct PriorGraph {
    /// Takes a grid, and the weights of its condition where the model takes any.
    pub graph: BoundGraph,
    /// Height and width of the grid, and how many indices there are.
    pub sides: [usize; 2],
    pub levels: usize,
}

/// The prior of a manifest, if it has one: from a grid, and a condition where the model takes any, to a
/// score for each index at each place, none of which depends on that place or a later one.
pub(super) fn prior(manifest: &Manifest) -> Result<Option<PriorGraph>, String> {
    let Some(form) = manifest.networks.get(&Role::Prior) else {
        return Ok(None);
    };
    let NetworkForm::Graph(_) = form else {
        return Err("the prior is no graph".to_owned());
    };
    let network = Network::new("prior", "prior.", form)?;
    let takes = network.space(manifest)?;
    let Some(&SpaceShape::Grid {
        height,
        width,
        levels,
    }) = manifest
        .spaces
        .get(&takes)
        .filter(|_| takes == Space::CODES)
    else {
        return Err(format!(
            "the prior takes codes in {takes}, not indices in codes"
        ));
    };
    let noise = SpaceShape::Image {
        channels: 1,
        height,
        width,
    };
    if manifest.spaces.get(&Space::X) != Some(&noise) {
        return Err(format!(
            "the space x must be {noise}: a number for each place"
        ));
    }
    let levels = levels as usize;
    let places = len(manifest, takes)?;
    network.gives_numbers(0, places.saturating_mul(levels))?;
    let words = manifest.condition_len();
    let plan = &network.graph.plan;
    if plan.spec.inputs.len() != 1 + usize::from(words > 0) {
        return Err("the prior takes a grid, and its condition if any".to_owned());
    }
    if let Some(condition) = plan.spec.inputs.get(1)
        && (condition.shared || condition.shape != [words])
    {
        return Err(format!(
            "the prior's second input must be a condition of {words} weights"
        ));
    }
    causal::check(plan, [height, width, levels]).map_err(|fault| format!("the prior: {fault}"))?;
    Ok(Some(PriorGraph {
        graph: network.graph,
        sides: [height, width],
        levels,
    }))
}
