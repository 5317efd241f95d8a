//! The denoiser of a model that makes pictures in steps.

use super::conditions::with_one_input;
use super::{Network, len};
use crate::latent::Space;
use crate::model::bound_graph::BoundGraph;
use crate::model::diffusion::DiffusionSpec;
use crate::model::manifest::{Manifest, Role};
use crate::model::network_form::NetworkForm;

/// What predicts what is behind noise.
#[derive(Clone, Debug)]
pub struct DenoiserGraph {
    pub graph: BoundGraph,
    /// The space whose codes its first input takes, followed by the weights of their conditions. The
    /// second takes a time.
    pub takes: Space,
    pub spec: DiffusionSpec,
}

/// The denoiser of a manifest, if it has one: it takes a code in the space after which its first input
/// is named, a condition where the model takes any, and a time, and gives as many numbers as the code
/// has.
pub(super) fn denoiser(manifest: &Manifest) -> Result<Option<DenoiserGraph>, String> {
    let form = manifest.networks.get(&Role::Denoiser);
    let (form, spec) = match (form, manifest.diffusion) {
        (Some(form), Some(spec)) => (form, spec),
        (None, None) => return Ok(None),
        (Some(_), None) => return Err("it has no section \"diffusion\"".to_owned()),
        (None, Some(_)) => {
            return Err("only models with a denoiser have a section \"diffusion\"".to_owned());
        }
    };
    let NetworkForm::Graph(graph) = form else {
        return Err("the denoiser is no graph".to_owned());
    };
    let mut network = Network::new("denoiser", "denoiser.", form)?;
    let takes = network.space(manifest)?;
    let code = len(manifest, takes)?;
    if !manifest
        .spaces
        .get(&takes)
        .is_some_and(|shape| shape.is_real())
    {
        return Err(format!("codes in {takes} are indices, which take no noise"));
    }
    network.gives_numbers(0, code)?;
    let words = manifest.decoder_words();
    if words > 0 {
        let joined = with_one_input("denoiser", graph, code, words)?;
        network = Network::of_spec("denoiser", "denoiser.", &joined)?;
    }
    let [_, time] = &network.graph.plan.spec.inputs[..] else {
        return Err("the denoiser takes a code, its condition if any, and a time".to_owned());
    };
    if time.shared || time.shape != [1] {
        return Err(
            "the denoiser's last input must be a time, of the shape [1] and not shared".to_owned(),
        );
    }
    if !manifest.networks.contains_key(&Role::Decoder) && code != manifest.image.len() {
        return Err(format!(
            "codes in {takes} have {code} numbers, pictures {}: it needs a decoder",
            manifest.image.len()
        ));
    }
    Ok(Some(DenoiserGraph {
        graph: network.graph,
        takes,
        spec,
    }))
}
