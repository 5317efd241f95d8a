//! What is measured of flows: how many bits the test pictures take, and how exactly a code leads back.

use super::BATCH;
use crate::latent::NoiseMode;
use crate::model::flow::bits_per_dimension;
use crate::model::quality::Quality;
use crate::model::{Generator, ModelError, download};
use crate::train::TrainError;
use crate::train::dataset::Dataset;
use crate::train::flow::dequantised;
use crate::train::progress::Progress;
use crate::train::random::{Purpose, Stream};

/// Test pictures that are encoded and decoded again.
const INVERTED: usize = 1000;

/// The pictures that [`measure`] looks at.
pub fn work(test: &Dataset) -> usize {
    test.len() + INVERTED.min(test.len())
}

/// The mean of the bits per dimension of the test pictures, each dequantised once, and the largest
/// difference between a pixel of a test picture and what comes back of it.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    generator: &Generator,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let len = generator.image().len();
    let mut stream = Stream::new(0, Purpose::Evaluate, 1);
    let (mut bits, mut largest) = (0.0, 0.0_f32);
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let pictures = dequantised(&test.pictures(first..last), &mut stream);
        let densities = generator.log_densities(&pictures)?;
        let densities = densities.ok_or_else(|| ModelError("it knows no densities".to_owned()))?;
        let of_batch = densities
            .iter()
            .map(|&it| bits_per_dimension(f64::from(it), len));
        bits += of_batch.sum::<f64>();
        progress.step(last - first)?;
        let inverted = last.min(INVERTED).saturating_sub(first);
        if inverted == 0 {
            continue;
        }
        let pictures = test.pictures(first..first + inverted);
        let Some(encoded) = generator.encode(&pictures)? else {
            continue;
        };
        let found = generator.decode_to_vec(&download(encoded.mu)?, NoiseMode::Const)?;
        let differences = found.iter().zip(&pictures).map(|(a, b)| (a - b).abs());
        largest = differences.fold(largest, f32::max);
        progress.step(inverted)?;
    }
    Ok(Quality::from([
        ("bits_per_dimension".to_owned(), bits / test.len() as f64),
        ("inverse_error".to_owned(), f64::from(largest)),
    ]))
}
