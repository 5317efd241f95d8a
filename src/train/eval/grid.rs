//! What is measured of models whose codes are grids of indices: what is lost of a picture, how much of the
//! codebook is used, and how many bits a picture takes.

use super::{BATCH, encode_all};
use crate::latent::painting::Usage;
use crate::model::Generator;
use crate::model::manifest::Manifest;
use crate::model::quality::Quality;
use crate::train::TrainError;
use crate::train::conditions::Asked;
use crate::train::dataset::Dataset;
use crate::train::progress::Progress;

/// The pictures that [`measure`] encodes, decodes and reads.
pub fn work(manifest: &Manifest, test: &Dataset) -> usize {
    let reads = manifest.family.traits().writes();
    test.len() * (2 + usize::from(reads))
}

/// The squared error of test pictures that are encoded and decoded again; the share of the codebook that
/// they use, and its perplexity; and the bits that a place, and a number of the picture, takes
/// under the model that writes it.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    generator: &Generator,
    asked: &Asked<'_>,
    test: &Dataset,
    levels: usize,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let (codes, _) = encode_all(generator, test, progress)?;
    let Some(space) = generator.encoded_space() else {
        return Ok(Quality::new());
    };
    let places = codes.len() / test.len().max(1);
    let len = generator.image().len();
    // A sound encoder gives whole numbers.
    let indices: Vec<u32> = codes.iter().map(|&index| index as u32).collect();
    let usage = Usage::of(levels, [&indices[..]]);
    let (mut squared, mut nats) = (0.0, 0.0);
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let grids = &codes[first * places..last * places];
        let inputs = generator.inputs(space, grids)?;
        let found = generator.decode_to_vec(&inputs, crate::latent::NoiseMode::Const)?;
        for (found, wanted) in found.iter().zip(&test.pictures(first..last)) {
            squared += f64::from(found - wanted).powi(2);
        }
        progress.step(last - first)?;
        if let Some(written) = generator.written() {
            let likelihoods = written.log_likelihoods(grids, &asked.conditions(first..last))?;
            nats -= likelihoods.into_iter().map(f64::from).sum::<f64>();
            progress.step(last - first)?;
        }
    }
    let mse = squared / (test.len() * len).max(1) as f64;
    let mut quality = Quality::from([
        ("mse".to_owned(), mse),
        ("psnr_db".to_owned(), -10.0 * mse.log10()),
        (
            "codebook_used".to_owned(),
            usage.used() as f64 / levels.max(1) as f64,
        ),
        ("codebook_perplexity".to_owned(), usage.perplexity()),
    ]);
    if generator.written().is_some() {
        let bits = nats / std::f64::consts::LN_2 / test.len().max(1) as f64;
        quality.insert("bits_per_place".to_owned(), bits / places.max(1) as f64);
        quality.insert("bits_per_dimension".to_owned(), bits / len.max(1) as f64);
    }
    Ok(quality)
}
