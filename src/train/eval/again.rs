//! What is left of a picture after it is encoded and decoded: no sampler of the codes can do better.

use super::BATCH;
use super::judge::{Judge, Verdicts};
use crate::latent::NoiseMode;
use crate::model::manifest::{LabelKind, Role};
use crate::model::quality::Quality;
use crate::model::{Generator, ModelError, ModelFile, download};
use crate::train::TrainError;
use crate::train::conditions::Asked;
use crate::train::dataset::Dataset;
use crate::train::measure::{Gaussian, frechet_distance};
use crate::train::progress::Progress;
use std::ops::Range;

/// The pictures that [`measure`] looks at. The code of a flow leaves nothing out.
pub fn work(file: &ModelFile, test: &Dataset) -> usize {
    let manifest = &file.manifest;
    if manifest.flow.is_none() && manifest.networks.contains_key(&Role::Encoder) {
        test.len()
    } else {
        0
    }
}

/// The Frechet distance of test pictures that were encoded and decoded again from the pictures as they were, in the
/// features of a judge, and which of their labels the judge still finds. Empty where nothing is encoded.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn measure(
    generator: &Generator,
    judge: &Judge,
    asked: &Asked<'_>,
    test: &Dataset,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let (mut before, mut after) = (Verdicts::default(), Verdicts::default());
    for first in (0..test.len()).step_by(BATCH) {
        let range = first..(first + BATCH).min(test.len());
        let real = test.pictures(range.clone());
        let Some(again) = pictures(generator, asked, &real, range.clone())? else {
            return Ok(Quality::new());
        };
        before.extend(judge.judge(&real)?);
        after.extend(judge.judge(&again)?);
        progress.step(range.len())?;
    }
    let dim = before.features.len() / test.len().max(1);
    let fit = |verdicts: &Verdicts| Gaussian::fit(&verdicts.features, dim);
    let distance = frechet_distance(&fit(&after), &fit(&before));
    let mut quality = Quality::from([("fd_of_reconstructions".to_owned(), distance)]);
    if judge.kind() == LabelKind::Flags {
        let (before, after) = (judge.holds(&before), judge.holds(&after));
        quality.extend(kept(judge.labels(), &before, &after));
    }
    Ok(quality)
}

/// The pictures of `range` of the test data, encoded and decoded again. `None` where the model has no
/// encoder.
///
/// # Errors
/// When the device fails.
fn pictures(
    generator: &Generator,
    asked: &Asked<'_>,
    pictures: &[f32],
    range: Range<usize>,
) -> Result<Option<Vec<f32>>, ModelError> {
    if let Some(diffusion) = generator.diffusion() {
        if diffusion.decoder.is_none() {
            return Ok(None);
        }
        let codes = diffusion.data(pictures)?;
        return codes.map(|codes| diffusion.decoded(&codes)).transpose();
    }
    let Some(encoded) = generator.encode(pictures)? else {
        return Ok(None);
    };
    let codes = download(encoded.mu)?;
    if encoded.space == generator.start() && generator.written().is_none() {
        return asked.pictures(generator, &codes, range).map(Some);
    }
    let inputs = generator.inputs(encoded.space, &codes)?;
    generator.decode_to_vec(&inputs, NoiseMode::Const).map(Some)
}

/// Of the pictures that have a label, the part in which a judge still finds it; the worst of the labels, and their
/// mean. Both tables hold 0 or 1 for each label, picture after picture.
fn kept(labels: &[String], before: &[u8], after: &[u8]) -> Quality {
    let rows = before.chunks_exact(labels.len().max(1));
    let rows = rows.zip(after.chunks_exact(labels.len().max(1)));
    let mut has = vec![0u32; labels.len()];
    let mut keeps = vec![0u32; labels.len()];
    for (before, after) in rows {
        for (label, (before, after)) in before.iter().zip(after).enumerate() {
            has[label] += u32::from(*before);
            keeps[label] += u32::from(before & after);
        }
    }
    let mut quality = Quality::new();
    let (mut sum, mut least, mut count) = (0.0, 1.0f64, 0.0);
    for (name, (has, keeps)) in labels.iter().zip(has.into_iter().zip(keeps)) {
        if has == 0 {
            continue;
        }
        let part = f64::from(keeps) / f64::from(has);
        quality.insert(format!("label_kept_of_{name}"), part);
        (sum, least, count) = (sum + part, least.min(part), count + 1.0);
    }
    if count > 0.0 {
        quality.insert("labels_kept".to_owned(), sum / count);
        quality.insert("least_label_kept".to_owned(), least);
    }
    quality
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_pictures_with_a_label_those_count_that_keep_it() {
        let labels = ["hat", "beard", "wink"].map(str::to_owned);
        let before = [1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 1, 0];
        let after = [1, 0, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0];
        let found = kept(&labels, &before, &after);
        let wanted = [
            ("label_kept_of_beard", 0.0),
            ("label_kept_of_hat", 0.75),
            ("labels_kept", 0.375),
            ("least_label_kept", 0.0),
        ];
        let wanted = wanted.map(|(name, part)| (name.to_owned(), part));
        assert_eq!(found, Quality::from(wanted), "no picture had a wink");
    }
}
