//! What the autoencoder under a latent diffusion model loses of pictures: no sampler can do better.

use super::BATCH;
use crate::model::diffusion::Diffusion;
use crate::model::manifest::{Manifest, Role};
use crate::model::quality::Quality;
use crate::train::TrainError;
use crate::train::dataset::Dataset;
use crate::train::progress::Progress;

/// The pictures that [`measure`] encodes.
pub fn work(manifest: &Manifest, test: &Dataset) -> usize {
    let has_both = [Role::Denoiser, Role::Decoder, Role::Encoder]
        .iter()
        .all(|role| manifest.networks.contains_key(role));
    if has_both { test.len() } else { 0 }
}

/// The mean squared error of test pictures that are encoded and decoded again. Empty where the data
/// are the pictures themselves, or the file holds no encoder.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    diffusion: &Diffusion,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    if diffusion.decoder.is_none() {
        return Ok(Quality::new());
    }
    let (mut squared, mut count) = (0.0, 0_usize);
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let pictures = test.pictures(first..last);
        let Some(data) = diffusion.data(&pictures)? else {
            return Ok(Quality::new());
        };
        for (found, wanted) in diffusion.decoded(&data)?.iter().zip(&pictures) {
            squared += f64::from(found - wanted).powi(2);
        }
        count += pictures.len();
        progress.step(last - first)?;
    }
    let mse = squared / count.max(1) as f64;
    Ok(Quality::from([("autoencoder_mse".to_owned(), mse)]))
}
