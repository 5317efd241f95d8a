//! Codes to take from: the names of the session and the model, favourites, and seeds without end.

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

    /// What there is to take from.
    pub fn offered(
        &self,
        model: &ModelInfo,
        session: &BTreeMap<String, Code>,
        favourites: &[Expr],
    ) -> Offered {
        let own = model
            .named
            .keys()
            .filter(|name| !session.contains_key(*name));
        // Codes of a model with other spaces have no picture here.
        let fits = |code: &Code| model.manifest.spaces.get(&code.space) == Some(&code.shape);
        let session = session.iter().filter(|(_, code)| fits(code));
        let names = session.map(|(name, _)| name).chain(own);
        Offered {
            named: names.cloned().map(Expr::Named).collect(),
            favourites: favourites.to_vec(),
            seeds: (self.first_seed..self.first_seed.saturating_add(SEEDS))
                .map(Expr::Seed)
                .collect(),
        }
    }

    pub(super) fn request(
        &self,
        model: &ModelInfo,
        session: &BTreeMap<String, Code>,
        favourites: &[Expr],
    ) -> PictureRequest {
        let offered = self.offered(model, session, favourites);
        PictureRequest::new(PICTURES, model, offered.into_all())
    }
}

/// Codes to take from; their pictures come in this order.
pub struct Offered {
    pub named: Vec<Expr>,
    /// Those that were marked in Variations.
    pub favourites: Vec<Expr>,
    pub seeds: Vec<Expr>,
}

impl Offered {
    fn into_all(self) -> impl Iterator<Item = Expr> {
        let Self {
            named,
            favourites,
            seeds,
        } = self;
        named.into_iter().chain(favourites).chain(seeds)
    }
}
