//! Real pictures in the eyes of the judges: what samples are measured by where the data is not at hand.
//!
//! Only the features of a judge are kept, from which no picture can be made. They are of no use to
//! another judge, so each file goes with the hash of its own.

use crate::document::npy;
use crate::latent::likeness::Gaussian;
use crate::model::judge;
use crate::model::manifest::Manifest;
use std::sync::OnceLock;

/// The most numbers of a file: 10,000 pictures of 128 features.
const MOST: usize = 1_280_000;

/// The features of real pictures, row after row.
#[derive(Debug)]
pub struct Reference {
    pub dim: usize,
    pub features: Vec<f32>,
    pub fitted: Gaussian,
}

/// A file of features, with the judge that saw them.
struct Kept {
    judge: &'static str,
    /// SHA-256 of the judge's file.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "a test compares it with the catalogue")
    )]
    hash: &'static str,
    /// An array `[pictures, features]`, as `zscape eval JUDGE --features` writes it.
    bytes: &'static [u8],
}

static KEPT: [Kept; 2] = [
    Kept {
        judge: "digits-judge",
        hash: "90432480325b1cd8f55a818bac582fd3d5c84ebb031ee9d33995a98cd76947aa",
        bytes: include_bytes!("../../assets/judges/digits-judge.npy"),
    },
    Kept {
        judge: "faces-judge",
        hash: "24c8f2e1bcbbbeb1e0bcdf6a1bc11e8dc9557d99cb5b16e2542479cd9c7b5c1a",
        bytes: include_bytes!("../../assets/judges/faces-judge.npy"),
    },
];

/// The real pictures that those of a model are measured by; `None` where none are kept.
pub fn reference_for(model: &Manifest) -> Option<&'static Reference> {
    static READ: [OnceLock<Option<Reference>>; KEPT.len()] =
        [const { OnceLock::new() }; KEPT.len()];
    let judge = judge::entry_for(model)?;
    let index = KEPT.iter().position(|kept| kept.judge == judge.name)?;
    READ[index].get_or_init(|| read(KEPT[index].bytes)).as_ref()
}

/// Whether there are any, without reading them.
pub fn has_reference(model: &Manifest) -> bool {
    let judge = judge::entry_for(model);
    judge.is_some_and(|judge| KEPT.iter().any(|kept| kept.judge == judge.name))
}

fn read(bytes: &[u8]) -> Option<Reference> {
    let array = npy::read_array(bytes, MOST).ok()?;
    let dim = *array.shape.get(1)?;
    let features = array.values;
    (dim > 0 && features.len() > dim).then(|| Reference {
        dim,
        fitted: Gaussian::fit(&features, dim),
        features,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ModelFile, catalogue};

    #[test]
    fn features_are_those_of_the_judge_of_the_catalogue() {
        for kept in &KEPT {
            let entry = catalogue::find(kept.judge).expect("it is built in");
            let file = ModelFile::from_bytes(entry.bytes).expect("it is sound");
            assert_eq!(
                file.hash, kept.hash,
                "{}: its features must be written again",
                kept.judge
            );
            let read = read(kept.bytes).expect("an array of rows");
            assert!(read.features.iter().all(|value| value.is_finite()));
            assert!(read.features.len() / read.dim >= 500, "{}", kept.judge);
        }
    }
}
