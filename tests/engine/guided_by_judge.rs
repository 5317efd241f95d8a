//! Guidance by the gradient of the judge, on the models that ship.

use crate::support::{cpu, shot};
use std::sync::Arc;
use zscape::engine::Job;
use zscape::latent::Sampler;
use zscape::latent::seed::seed_code;
use zscape::model::judge::Classifier;
use zscape::model::{Generator, Manifest, ModelFile, catalogue, device};

/// The models that make pictures in steps and have a judge, with a word.
const MODELS: [(&str, &str); 2] = [("digits-ddpm", "3"), ("faces-ldm", "glasses")];

fn file(name: &str) -> ModelFile {
    let entry = catalogue::find(name).unwrap_or_else(|| panic!("{name} ships"));
    ModelFile::from_bytes(entry.bytes).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// How sure the judge is of a word, by what it sees alone: without guidance by the network's own word.
fn shares(name: &str, word: &str, judge: f32) -> Vec<f32> {
    let driver = cpu();
    let model = driver.load(name);
    let sampler = Sampler {
        steps: 10,
        guidance: 0.0,
        judge,
        ..Sampler::default()
    };
    let shots = (0..12).map(|seed| {
        let text = format!("given(seed({seed}), \"{word}\")");
        shot(&model.id, &text).with_sampler(sampler)
    });
    let job = driver.engine.submit(Job::Decode {
        shots: shots.collect(),
        names: Arc::default(),
    });
    let pictures = driver.pictures(job);
    chances(&model.manifest, word, &pictures)
}

/// The probability that the judge gives to a word in each of some pictures.
fn chances(model: &Manifest, word: &str, pictures: &[f32]) -> Vec<f32> {
    let classifier = Classifier::of(model, &device::cpu());
    let classifier = classifier.expect("it is sound").expect("it has a judge");
    let judgements = classifier.judge(pictures).expect("the CPU works");
    let chances = judgements.iter().map(|it| it.probability(word));
    chances.map(|it| it.expect("the judge knows it")).collect()
}

#[test]
fn the_judge_alone_leads_to_what_is_asked_for() {
    for (name, word) in MODELS {
        let mean = |judge| {
            let all = shares(name, word, judge);
            all.iter().sum::<f32>() / all.len() as f32
        };
        let [without, with] = [0.0, 5.0].map(mean);
        assert!(
            with > without + 0.3,
            "{name}, {word}: {without} without the judge, {with} with it"
        );
    }
}

#[test]
fn a_picture_is_led_alike_beside_others() {
    let driver = cpu();
    let model = driver.load("digits-ddpm");
    let sampler = Sampler {
        steps: 4,
        judge: 3.0,
        ..Sampler::default()
    };
    let decoded = |texts: &[&str]| {
        let shots = texts.iter();
        let shots = shots.map(|text| shot(&model.id, text).with_sampler(sampler));
        let job = driver.engine.submit(Job::Decode {
            shots: shots.collect(),
            names: Arc::default(),
        });
        driver.pictures(job)
    };
    let texts = [r#"given(seed(1), "3")"#, r#"given(seed(2), "4", -"9")"#];
    let (alone, beside) = (decoded(&texts[1..]), decoded(&texts));
    assert!(beside[alone.len()..] == alone, "the same bits");
}

/// The gradient is that of the logarithm of the judge's probability, by differences.
#[test]
fn the_gradient_is_that_of_what_the_judge_says() {
    for (name, word) in MODELS {
        let file = file(name);
        let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
        let diffusion = generator.diffusion().expect("it makes pictures in steps");
        let judge = diffusion.judge.as_ref().expect("it has a judge");
        let words = file.manifest.conditions.as_ref().expect("it has words");
        let index = words.index(word).expect("it knows the word");
        for weight in [1.0, -1.0] {
            let mut weights = vec![0.0; words.words.len()];
            weights[index] = weight;
            // In the middle of the range of pixels, where nothing is cut off.
            let at = seed_code(5, diffusion.x_len);
            let at: Vec<f32> = at.iter().map(|value| 0.2 * value).collect();
            let likelihood = |x: &[f32]| {
                let pictures = diffusion.decoded(x).expect("the CPU works");
                let chance = f64::from(chances(&file.manifest, word, &pictures)[0]);
                match weight > 0.0 {
                    true => chance.ln(),
                    false => (1.0 - chance).ln(),
                }
            };
            let found = judge.at(&at, &weights).expect("the CPU works");
            let length = found.iter().map(|it| f64::from(*it).powi(2)).sum::<f64>();
            let length = length.sqrt();
            assert!(length > 1e-6, "{name} {weight}: no gradient");
            // Along the gradient, the likelihood rises by its length.
            let step = (0.01 / length).min(0.05);
            let moved = |sign: f64| -> Vec<f32> {
                let moves = at.iter().zip(&found);
                moves
                    .map(|(x, g)| x + (sign * step * f64::from(*g) / length) as f32)
                    .collect()
            };
            let rise = (likelihood(&moved(1.0)) - likelihood(&moved(-1.0))) / (2.0 * step);
            assert!(
                (rise / length - 1.0).abs() < 0.05,
                "{name} {weight}: {rise} by differences, {length} by the gradient"
            );
        }
    }
}
