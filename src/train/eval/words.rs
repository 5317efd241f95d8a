//! Whether pictures show the words that they are asked to show.

use super::BATCH;
use super::generator::sample_codes;
use super::judge::Judge;
use crate::latent::VocabularyKind;
use crate::model::Generator;
use crate::model::manifest::{LabelKind, Manifest};
use crate::model::quality::Quality;
use crate::train::TrainError;
use crate::train::conditions::Asked;
use crate::train::progress::Progress;

/// The pictures that [`alone`] draws.
pub fn work(manifest: &Manifest) -> usize {
    let words = manifest.conditions.as_ref();
    let attributes = words.filter(|words| words.kind == VocabularyKind::Attributes);
    attributes.map_or(0, |words| words.words.len() * BATCH)
}

/// How often samples show what was asked of them, as the judge sees it: on average and by word. Empty where
/// nothing is asked.
pub fn obedience(judge: &Judge, asked: &Asked<'_>, conditions: &[f32], holds: &[u8]) -> Quality {
    let Some(labels) = asked.labels() else {
        return Quality::new();
    };
    let names = judge.labels();
    let words = labels.len().max(1);
    let mut obeyed = vec![[0_usize; 2]; words];
    let samples = conditions.chunks_exact(words);
    for (condition, holds) in samples.zip(holds.chunks_exact(names.len().max(1))) {
        for (word, &weight) in condition.iter().enumerate() {
            // Of classes only the one that was asked for can be obeyed.
            let is_asked = match judge.kind() {
                LabelKind::Classes => weight > 0.0,
                LabelKind::Flags => weight != 0.0,
            };
            let is_seen = labels.get(word).and_then(|label| holds.get(*label)) == Some(&1);
            if is_asked {
                obeyed[word][0] += usize::from(is_seen == (weight > 0.0));
                obeyed[word][1] += 1;
            }
        }
    }
    let share = |[right, all]: [usize; 2]| right as f64 / all.max(1) as f64;
    let all = obeyed
        .iter()
        .fold([0, 0], |sum, of| [sum[0] + of[0], sum[1] + of[1]]);
    let mut quality = Quality::from([("condition_obeyed".to_owned(), share(all))]);
    for (&label, counts) in labels.iter().zip(&obeyed) {
        if let Some(name) = names.get(label) {
            quality.insert(format!("condition_obeyed_of_{name}"), share(*counts));
        }
    }
    quality
}

/// How often a picture shows an attribute that is all it is asked to show, by word: what somebody sees
/// who types one word. Empty where the words are no attributes.
///
/// # Errors
/// When the device fails, or the work was stopped.
pub fn alone(
    generator: &Generator,
    judge: &Judge,
    asked: &Asked<'_>,
    progress: &mut Progress<'_>,
) -> Result<Quality, TrainError> {
    let Some(labels) = asked.labels().filter(|_| judge.kind() == LabelKind::Flags) else {
        return Ok(Quality::new());
    };
    let names = judge.labels();
    let mut quality = Quality::new();
    let mut least = 1.0f64;
    for (word, &label) in labels.iter().enumerate() {
        let codes = sample_codes(word, generator.start_len());
        let condition = (0..labels.len()).map(|other| f32::from(u8::from(other == word)));
        let conditions: Vec<f32> = condition.collect::<Vec<f32>>().repeat(BATCH);
        let pictures = asked.pictures_given(generator, &codes, &conditions)?;
        let verdicts = judge.judge(&pictures)?;
        let rows = verdicts.probabilities.chunks_exact(names.len().max(1));
        let shown = rows.filter(|row| row.get(label).is_some_and(|it| *it > 0.5));
        let share = shown.count() as f64 / BATCH as f64;
        least = least.min(share);
        if let Some(name) = names.get(label) {
            quality.insert(format!("word_obeyed_of_{name}"), share);
        }
        progress.step(BATCH)?;
    }
    quality.insert("least_word_obeyed".to_owned(), least);
    Ok(quality)
}
