//! Codes to take from: the names of the session and the model, and seeds without end.

use crate::app::pictures::{PictureRequest, SetKey};
use crate::engine::ModelInfo;
use crate::latent::Code;
use crate::latent::expr::Expr;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The pictures of what can be taken.
pub const PICTURES: SetKey = SetKey("sources");

/// How many seeds stand there at once.
pub const SEEDS: u32 = 15;

/// How far the seeds were leafed through.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub first_seed: u32,
}

impl Settings {
    /// Leafs to this seed.
    pub fn show_from(&mut self, seed: u32) {
        self.first_seed = seed.min(u32::MAX - SEEDS);
    }

    /// The names first, then the seeds.
    pub fn expressions(&self, model: &ModelInfo, session: &BTreeMap<String, Code>) -> Vec<Expr> {
        let own = model
            .named
            .keys()
            .filter(|name| !session.contains_key(*name));
        // Codes of a model with other spaces have no picture here.
        let fits = |code: &Code| model.manifest.spaces.get(&code.space) == Some(&code.shape);
        let session = session.iter().filter(|(_, code)| fits(code));
        let names = session.map(|(name, _)| name).chain(own);
        let names = names.cloned().map(Expr::Named);
        let seeds = (self.first_seed..self.first_seed.saturating_add(SEEDS)).map(Expr::Seed);
        names.chain(seeds).collect()
    }

    pub(super) fn request(
        &self,
        model: &ModelInfo,
        session: &BTreeMap<String, Code>,
    ) -> PictureRequest {
        PictureRequest::new(PICTURES, model, self.expressions(model, session))
    }
}
