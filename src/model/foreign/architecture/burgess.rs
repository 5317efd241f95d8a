//! The VAE of Burgess et al. 2018, as the repository disentangling-vae (Dubois et al. 2019) writes it:
//! `encoder.conv1` to `encoder.mu_logvar_gen`, `decoder.lin1` to `decoder.convT3`.

use super::super::blueprint::{Blueprint, Kind};
use super::super::group::Group;
use super::super::hints::{Hints, Posterior};
use super::super::net::{BuiltNet, Net, window};
use super::Architecture;
use super::linear::mean_and_logvar;
use crate::model::graph::Function;

pub struct Burgess;

/// The side of the smallest picture within, and its channels.
const START: usize = 4;

impl Architecture for Burgess {
    fn title(&self) -> &'static str {
        "VAE of Burgess et al., as in disentangling-vae"
    }

    fn recognise(&self, group: &Group<'_>, hints: &Hints) -> Option<Result<Blueprint, String>> {
        let &[_, dim] = group.shape("decoder.lin1.weight")? else {
            return None;
        };
        let &[_, channels, ..] = group.shape("decoder.convT3.weight")? else {
            return None;
        };
        group.shape("encoder.mu_logvar_gen.weight")?;
        let hidden = *group.shape("decoder.convT1.weight")?.first()?;
        // One more layer on each side for 64 pixels.
        let is_large = group.has("decoder.convT_64.weight");
        let side = if is_large { 64 } else { 32 };
        let image = [channels, side, side];
        Some((|| {
            let encoder = encoder(group, image, dim, is_large, hints)?;
            let decoder = decoder(group, hidden, dim, is_large)?;
            let mut blueprint = Blueprint::of_vectors(Kind::Vae, dim, image, decoder);
            blueprint.encoder = Some(encoder);
            blueprint.why = "it has encoder.mu_logvar_gen and decoder.convT3".to_owned();
            Ok(blueprint)
        })())
    }
}

fn encoder(
    group: &Group<'_>,
    image: [usize; 3],
    dim: usize,
    is_large: bool,
    hints: &Hints,
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "picture", &image);
    for module in ["encoder.conv1", "encoder.conv2", "encoder.conv3"] {
        net.conv(module, window(2, 1)).relu();
    }
    if is_large {
        net.conv("encoder.conv_64", window(2, 1)).relu();
    }
    let flat = group
        .shape("encoder.lin1.weight")
        .and_then(|shape| shape.last());
    net.reshape(&[flat.copied().unwrap_or(0)]);
    net.linear("encoder.lin1").relu();
    net.linear("encoder.lin2").relu();
    net.linear("encoder.mu_logvar_gen");
    let posterior = hints.posterior.unwrap_or(Posterior::Pairs);
    mean_and_logvar(&mut net, dim, posterior);
    net.finish()
}

fn decoder(
    group: &Group<'_>,
    hidden: usize,
    dim: usize,
    is_large: bool,
) -> Result<BuiltNet, String> {
    let mut net = Net::new(group, "z", &[dim]);
    for module in ["decoder.lin1", "decoder.lin2", "decoder.lin3"] {
        net.linear(module).relu();
    }
    net.reshape(&[hidden, START, START]);
    if is_large {
        net.conv_transpose("decoder.convT_64", window(2, 1), [0; 2])
            .relu();
    }
    for module in ["decoder.convT1", "decoder.convT2"] {
        net.conv_transpose(module, window(2, 1), [0; 2]).relu();
    }
    net.conv_transpose("decoder.convT3", window(2, 1), [0; 2]);
    net.function(Function::Sigmoid);
    let at = net.at();
    net.output("picture", &at);
    net.finish()
}
