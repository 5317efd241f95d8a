//! What is measured of models that make pictures of label maps: how far the pictures are from those that the
//! maps were made of, whether what is in the map is in the picture, and whether the map of a picture is found.

use super::judge::Judge;
use super::{BATCH, encode_all};
use crate::latent::{NoiseMode, Space};
use crate::model::quality::Quality;
use crate::model::{Generator, ModelFile};
use crate::train::TrainError;
use crate::train::dataset::Dataset;
use crate::train::progress::Progress;
use burn::tensor::Device;

/// The pictures that [`measure`] encodes and draws.
pub fn work(test: &Dataset) -> usize {
    2 * test.len()
}

/// The mean absolute error of pictures of held-out maps, the share of places whose label is found in the
/// picture, and, where there is a judge, how often it finds what a picture of the map shows
/// (`honoured`), with the label that it finds least often.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    generator: &Generator,
    judge: Option<&ModelFile>,
    test: &Dataset,
    device: &Device,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let judge = judge.map(|judge| Judge::new(judge, device)).transpose()?;
    let judge = judge.filter(|judge| judge.labels() == test.form.labels);
    let labels = test.form.labels.len();
    let (found, _) = encode_all(generator, test, progress)?;
    let (mut error, mut numbers) = (0.0, 0.0);
    let (mut right, mut places) = (0.0, 0.0);
    let mut shown = vec![[0.0; 2]; labels];
    let mut found = found.into_iter();
    for first in (0..test.len()).step_by(BATCH) {
        let last = (first + BATCH).min(test.len());
        let batch = test.batch(0, first..last);
        let maps: Vec<f32> = batch
            .layouts
            .iter()
            .map(|&label| f32::from(label))
            .collect();
        let inputs = generator.inputs(Space::CODES, &maps)?;
        let pictures = generator.decode_to_vec(&inputs, NoiseMode::Const)?;
        for (found, wanted) in pictures.iter().zip(&batch.pictures) {
            error += f64::from((found - wanted).abs());
        }
        numbers += pictures.len() as f64;
        for (wanted, found) in maps.iter().zip(found.by_ref()) {
            right += f64::from(u8::from(found == *wanted));
            places += 1.0;
        }
        if let Some(judge) = &judge {
            let verdicts = judge.judge(&pictures)?;
            let rows = verdicts.probabilities.chunks_exact(labels.max(1));
            for (row, truth) in rows.zip(batch.labels.chunks_exact(labels.max(1))) {
                for ((count, &probability), &holds) in shown.iter_mut().zip(row).zip(truth) {
                    count[0] += f64::from(holds);
                    count[1] += f64::from(u8::from(holds == 1 && probability > 0.5));
                }
            }
        }
        progress.step(last - first)?;
    }
    let mut quality = Quality::from([
        (
            "mean_absolute_error".to_owned(),
            error / f64::max(numbers, 1.0),
        ),
        ("labels_found".to_owned(), right / f64::max(places, 1.0)),
    ]);
    if judge.is_none() {
        return Ok(quality);
    }
    let [asked, honoured] = [0, 1].map(|at| shown.iter().map(|count| count[at]).sum::<f64>());
    quality.insert("honoured".to_owned(), honoured / asked.max(1.0));
    for (name, [asked, honoured]) in test.form.labels.iter().zip(shown) {
        if asked > 0.0 {
            quality.insert(format!("honoured_{name}"), honoured / asked);
        }
    }
    Ok(quality)
}
