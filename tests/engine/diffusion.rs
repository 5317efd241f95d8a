//! Models that make pictures in steps, from the file to the frame.

use crate::graph_files::{DENOISER, DIGITS_DENOISER, LATENT_DENOISER, bytes, manifest, tensors};
use crate::support::{Driver, cpu, shot};
use serde_json::json;
use std::sync::Arc;
use zscape::engine::{Event, Fault, Job, ModelInfo, ModelSource, PreviewRequest, StageId};
use zscape::latent::likeness::Likeness;
use zscape::latent::sampling::{Method, Name as _, Schedule};
use zscape::latent::{Code, NoiseMode, Sampler, SamplerPart, Space};
use zscape::model::process::{Budget, Decoder as _, Pictures};
use zscape::model::{Generator, Manifest, ModelFile, device};

fn file(name: &str) -> ModelFile {
    ModelFile::from_bytes(&bytes(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn generator(name: &str) -> Arc<Generator> {
    let generator = Generator::new(&file(name), &device::cpu());
    Arc::new(generator.unwrap_or_else(|fault| panic!("{name}: {fault}")))
}

/// Rows of seeds with the weights of what is asked for.
fn rows(generator: &Generator, seeds: std::ops::Range<u32>, condition: &[f32]) -> Vec<f32> {
    let len = generator.start_len();
    let codes = seeds.flat_map(|seed| zscape::latent::seed::seed_code(seed, len));
    let codes: Vec<f32> = codes.collect();
    let conditions = condition.repeat(codes.len() / len);
    let rows = generator.inputs_given(Space::X, &codes, &conditions);
    rows.expect("sound codes")
}

/// The pictures of all steps.
fn steps(generator: &Arc<Generator>, inputs: Vec<f32>, sampler: &Sampler) -> Vec<Vec<f32>> {
    let process = Arc::clone(generator).begin(inputs.into(), sampler);
    let mut process = process.unwrap_or_else(|fault| panic!("{fault}"));
    let of = generator.steps(sampler);
    let mut found = Vec::new();
    for done in 1..=of {
        let step = process
            .step(Budget { is_watched: true })
            .expect("the CPU works");
        assert_eq!((step.done, step.of, step.is_last()), (done, of, done == of));
        let Some(Pictures::Values(values)) = step.pictures else {
            panic!("step {done} shows nothing");
        };
        assert!(
            values.iter().all(|value| (0.0..=1.0).contains(value)),
            "step {done}"
        );
        found.push(values);
    }
    found
}

fn last(generator: &Arc<Generator>, inputs: Vec<f32>, sampler: &Sampler) -> Vec<f32> {
    steps(generator, inputs, sampler)
        .pop()
        .expect("there is a step")
}

#[test]
fn every_method_makes_pictures_that_depend_on_the_noise_alone() {
    for name in [DENOISER, LATENT_DENOISER] {
        let generator = generator(name);
        let len = generator.image().len();
        for &method in Method::ALL {
            let sampler = Sampler {
                method,
                steps: 7,
                ..Sampler::default()
            };
            let inputs = rows(&generator, 0..3, &[0.0, 1.0, 0.0]);
            let pictures = last(&generator, inputs.clone(), &sampler);
            assert_eq!(pictures.len(), 3 * len, "{name} {method}");
            assert!(
                pictures.iter().all(|value| value.is_finite()),
                "{name} {method}"
            );
            assert_ne!(pictures[..len], pictures[len..2 * len], "{name} {method}");
            // The same bits whatever else is in the batch, with new noise too.
            let alone = &inputs[generator.input_len()..2 * generator.input_len()];
            let alone = last(&generator, alone.to_vec(), &sampler);
            assert!(alone == pictures[len..2 * len], "{name} {method}");
        }
    }
}

#[test]
fn settings_change_the_picture_and_the_usual_ones_are_those_of_a_plain_decode() {
    let generator = generator(DENOISER);
    let inputs = rows(&generator, 4..5, &[1.0, 0.0, 0.0]);
    let usual = last(&generator, inputs.clone(), &Sampler::default());
    let plain = generator
        .decode_to_vec(&inputs, NoiseMode::Const)
        .expect("the CPU works");
    assert_eq!(usual, plain);
    let with = |change: &dyn Fn(&mut Sampler)| {
        let mut sampler = Sampler::default();
        change(&mut sampler);
        last(&generator, inputs.clone(), &sampler)
    };
    assert_ne!(usual, with(&|it| it.steps = 3));
    assert_ne!(usual, with(&|it| it.method = Method::Ddim));
    assert_ne!(usual, with(&|it| it.schedule = Some(Schedule::Karras)));
    assert_ne!(usual, with(&|it| it.guidance = 3.0));
    let new_noise = |eta, noise| {
        with(&move |it: &mut Sampler| {
            it.method = Method::Ddim;
            it.eta = Some(eta);
            it.noise = noise;
        })
    };
    let random = |seed| NoiseMode::Random { seed };
    assert_eq!(new_noise(0.0, random(1)), new_noise(0.0, random(2)));
    assert_ne!(new_noise(1.0, random(1)), new_noise(1.0, random(2)));
    assert_eq!(new_noise(1.0, random(1)), new_noise(1.0, random(1)));
}

/// A way that goes on by the settings it had is the same way, and other settings change only what
/// comes after.
#[test]
fn a_way_in_two_parts_goes_on_from_the_noisy_picture() {
    for name in [DENOISER, LATENT_DENOISER] {
        let generator = generator(name);
        let inputs = rows(&generator, 2..4, &[1.0, 0.0, 0.0]);
        let part = |method, steps, guidance| SamplerPart {
            method,
            steps,
            guidance,
            ..SamplerPart::default()
        };
        let whole = Sampler::of_part(NoiseMode::Const, part(Method::Ddim, 10, 2.0));
        let pictures = steps(&generator, inputs.clone(), &whole);
        let same = whole.turned(4, part(Method::Ddim, 6, 2.0)).expect("a turn");
        let again = steps(&generator, inputs.clone(), &same);
        // But for rounding: on the straight line the times are computed again.
        let apart = again.concat().into_iter().zip(pictures.concat());
        let most = apart.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(most < 1e-4, "{name}: nothing was changed, but {most}");
        let other = whole.turned(4, part(Method::Heun, 3, 5.0)).expect("a turn");
        let other = other.turned(6, part(Method::Ddpm, 2, 0.0)).expect("a turn");
        let changed = steps(&generator, inputs.clone(), &other);
        assert_eq!(changed.len(), 4 + 2 + 2, "{name}");
        assert!(
            changed[..4] == pictures[..4],
            "{name}: what lies before stays"
        );
        assert!(changed[4..8] != pictures[4..8], "{name}");
        assert!(
            last(&generator, inputs, &other) == changed[7],
            "{name}: it can be made again"
        );
    }
}

/// Guidance goes from what the network says of nothing through what it says of the condition.
#[test]
fn guidance_weighs_the_condition() {
    let generator = generator(DENOISER);
    let picture = |condition: &[f32], guidance| {
        let sampler = Sampler {
            // One step, in which the prediction is the picture.
            steps: 1,
            guidance,
            ..Sampler::default()
        };
        last(&generator, rows(&generator, 7..8, condition), &sampler)
    };
    let asked = [0.0, 0.0, 1.0];
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near(&picture(&asked, 0.0), &picture(&[0.0; 3], 1.0)));
    assert!(near(&picture(&[0.0; 3], 5.0), &picture(&[0.0; 3], 1.0)));
    assert!(!near(&picture(&asked, 1.0), &picture(&[0.0; 3], 1.0)));
    let [none, half, one] = [0.0, 0.5, 1.0].map(|guidance| picture(&asked, guidance));
    for ((none, half), one) in none.iter().zip(&half).zip(&one) {
        // Where nothing is cut off at black or white.
        if [none, one]
            .iter()
            .all(|value| (0.01..0.99).contains(*value))
        {
            assert!((half - f32::midpoint(*none, *one)).abs() < 1e-4);
        }
    }
}

/// A class with a weight below 0 stands in place of nothing: the picture is led away from it.
#[test]
fn a_negative_class_is_what_guidance_leads_away_from() {
    let generator = generator(DENOISER);
    let picture = |condition: &[f32], guidance| {
        let sampler = Sampler {
            steps: 1,
            guidance,
            ..Sampler::default()
        };
        last(&generator, rows(&generator, 7..8, condition), &sampler)
    };
    let (asked, avoided) = ([1.0, 0.0, 0.0], [0.0, 0.0, 1.0]);
    let both = [1.0, 0.0, -1.0];
    assert!(
        picture(&both, 1.0) == picture(&asked, 1.0),
        "it counts by guidance alone"
    );
    assert!(picture(&both, 0.0) == picture(&avoided, 1.0));
    assert!(picture(&both, 3.0) != picture(&asked, 3.0));
    // In one step the prediction is the picture, where nothing is cut off.
    let [one, other, led] = [
        picture(&asked, 1.0),
        picture(&avoided, 1.0),
        picture(&both, 1.5),
    ];
    for ((one, other), led) in one.iter().zip(&other).zip(&led) {
        let wanted = other + 1.5 * (one - other);
        if [*one, *other, wanted]
            .iter()
            .all(|it| (0.01..0.99).contains(it))
        {
            assert!((led - wanted).abs() < 1e-4, "{led} {wanted}");
        }
    }
    let alone = picture(&[0.0, 0.0, -1.0], 2.0);
    assert!(
        alone != picture(&[0.0; 3], 2.0),
        "also without anything that is asked for"
    );
}

fn load(driver: &Driver, name: &str) -> Arc<ModelInfo> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, bytes(name)).expect("it can be written");
    driver.engine.load(ModelSource::File(path));
    driver.wait("the model is loaded", |event| match event {
        Event::Loaded(info) => Some(info),
        Event::LoadFailed { fault, .. } => panic!("{name}: {fault}"),
        _ => None,
    })
}

#[test]
fn a_preview_shows_every_step_and_a_setting_out_of_range_is_a_sentence() {
    let driver = cpu();
    let model = load(&driver, DENOISER);
    assert!(model.manifest.capabilities().takes_steps);
    let request = |generation, sampler| {
        driver.engine.preview(PreviewRequest {
            stage: StageId(0),
            generation,
            shot: shot(&model.id, "given(seed(3), \"square\")").with_sampler(sampler),
            names: Arc::default(),
        });
    };
    let usual = Sampler::default();
    request(1, Sampler { steps: 5, ..usual });
    let mut seen = Vec::new();
    let code: Code = driver.wait("the last step", |event| match event {
        Event::Frame(frame) => {
            seen.push((frame.step, frame.of));
            frame.is_last().then_some(frame.code)
        }
        Event::PreviewFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert_eq!(seen, [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]);
    assert_eq!(
        (code.space, &code.condition[..]),
        (Space::X, &[0.0, 1.0, 0.0][..])
    );
    for (generation, sampler, part) in [
        (2, Sampler { steps: 0, ..usual }, "0 steps"),
        (
            3,
            Sampler {
                steps: 10_000_000,
                ..usual
            },
            "10000000 steps",
        ),
        (
            4,
            Sampler {
                eta: Some(f32::NAN),
                ..usual
            },
            "eta of NaN",
        ),
        (
            5,
            Sampler {
                guidance: f32::NAN,
                ..usual
            },
            "guidance of NaN",
        ),
        (
            6,
            Sampler {
                judge: 1.0,
                ..usual
            },
            "no judge knows",
        ),
        (
            7,
            Sampler {
                judge: f32::NAN,
                ..usual
            },
            "by the judge of NaN",
        ),
    ] {
        request(generation, sampler);
        let fault = driver.wait("a refusal", |event| match event {
            Event::PreviewFailed { fault, .. } => Some(fault),
            Event::Frame(frame) => panic!("{sampler:?} gave step {}", frame.step),
            _ => None,
        });
        assert!(matches!(fault, Fault::Request(_)), "{fault}");
        assert!(fault.to_string().contains(part), "{fault}");
    }
    // A job of several pictures gives what the preview shows.
    let job = driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, "seed(1)"); 2],
        names: Arc::default(),
    });
    let pictures = driver.pictures(job);
    let len = model.manifest.image.len();
    assert_eq!(pictures.len(), 2 * len);
    assert!(pictures[..len] == pictures[len..]);
}

/// A film shows the noise that each step began with and what the network saw behind it.
#[test]
fn a_film_goes_from_the_noise_to_the_picture() {
    let driver = cpu();
    let model = load(&driver, DENOISER);
    let usual = Sampler::default();
    let shot =
        shot(&model.id, "given(seed(3), \"square\")").with_sampler(Sampler { steps: 4, ..usual });
    let job = driver.engine.submit(Job::Steps {
        shot: shot.clone(),
        names: Arc::default(),
    });
    let mut film = Vec::new();
    driver.wait("the film", |event| match event {
        Event::Step { values, noisy, .. } => {
            film.push((noisy.expect("a sampler removes noise"), values));
            None
        }
        Event::JobDone { job: done } => (done == job).then_some(()),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    assert_eq!(film.len(), 4);
    // At first there is the noise of the seed alone.
    let seed = zscape::latent::seed::seed_code(3, model.manifest.image.len());
    let first = seed.iter().map(|x| ((x + 1.0) / 2.0).clamp(0.0, 1.0));
    assert!(
        first
            .zip(&film[0].0)
            .all(|(wanted, x)| (wanted - x).abs() < 1e-3)
    );
    for pair in film.windows(2) {
        assert!(pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1);
    }
    let decode = driver.engine.submit(Job::Decode {
        shots: vec![shot],
        names: Arc::default(),
    });
    assert!(
        driver.pictures(decode) == film[3].1,
        "the last is the picture"
    );
}

fn assessed(driver: &Driver, shots: Vec<zscape::latent::Shot>) -> Result<Likeness, Fault> {
    driver.engine.submit(Job::Assess {
        shots,
        names: Arc::default(),
    });
    driver.wait("what was measured", |event| match event {
        Event::Assessed { likeness, .. } => Some(Ok(likeness)),
        Event::JobFailed { fault, .. } => Some(Err(fault)),
        _ => None,
    })
}

/// Pictures are measured as a set, beside the features of real ones.
#[test]
fn pictures_are_measured_beside_real_ones() {
    let driver = cpu();
    let model = load(&driver, DIGITS_DENOISER);
    assert!(model.has_reference);
    let shots = |model: &ModelInfo, count: u32, text: &dyn Fn(u32) -> String| {
        let shot = |seed| {
            let sampler = Sampler {
                steps: 2,
                ..Sampler::default()
            };
            shot(&model.id, &text(seed)).with_sampler(sampler)
        };
        (0..count).map(shot).collect::<Vec<_>>()
    };
    let asked = |seed| format!("given(seed({seed}), \"8\")");
    let found = assessed(&driver, shots(&model, 40, &asked)).expect("it is measured");
    assert_eq!(found.count, 40);
    assert!(
        found.frechet > 50.0,
        "random weights draw no digits: {}",
        found.frechet
    );
    for share in [found.precision, found.recall, found.clipped] {
        assert!((0.0..=1.0).contains(&share), "{found:?}");
    }
    assert!(found.confidence.is_some_and(|it| (0.1..=1.0).contains(&it)));
    assert!(found.obeyed.is_some_and(|it| (0.0..=1.0).contains(&it)));
    let again = assessed(&driver, shots(&model, 40, &asked)).expect("it is measured");
    assert_eq!(found, again);
    let plain = |seed| format!("seed({seed})");
    let unasked = assessed(&driver, shots(&model, 40, &plain)).expect("it is measured");
    assert_eq!(unasked.obeyed, None);
    assert_ne!(unasked.frechet, found.frechet);
    // A generator that draws digits is much nearer.
    let digits = driver.load("digits-gan");
    let near = assessed(&driver, shots(&digits, 40, &plain)).expect("it is measured");
    assert!(
        near.frechet < found.frechet / 2.0,
        "{} {}",
        near.frechet,
        found.frechet
    );
    assert!(near.precision > found.precision);
    // Of attributes every one that is asked for or ruled out counts.
    let faces = driver.load("faces-ldm");
    let obeyed = |words: &'static str| {
        let text = move |seed| format!("given(seed({seed}), {words})");
        let shots = shots(&faces, 20, &text).into_iter();
        let shots = shots.map(|shot| {
            shot.with_sampler(Sampler {
                steps: 10,
                guidance: 4.0,
                ..Sampler::default()
            })
        });
        let found = assessed(&driver, shots.collect()).expect("it is measured");
        found.obeyed.expect("words are asked for")
    };
    let (wanted, unwanted) = (obeyed("\"glasses\""), obeyed("-\"glasses\""));
    assert!(wanted > 0.8 && unwanted > 0.8, "{wanted} {unwanted}");
    let rare = obeyed("\"glasses\", \"wink\"");
    assert!(rare < 0.5, "hardly a face winks: {rare}");
    // What cannot be measured is a sentence.
    let few = assessed(&driver, shots(&digits, 3, &plain)).expect_err("too few");
    assert!(few.to_string().contains("3 pictures cannot"), "{few}");
    let unknown = load(&driver, DENOISER);
    assert!(!unknown.has_reference);
    let unjudged = assessed(&driver, shots(&unknown, 40, &plain)).expect_err("no judge");
    assert!(
        unjudged.to_string().contains("no real pictures"),
        "{unjudged}"
    );
}

#[test]
fn manifests_that_do_not_fit_are_refused_in_a_sentence() {
    let without = |key: &str| {
        let mut manifest = manifest(DENOISER);
        manifest.as_object_mut().expect("an object").remove(key);
        manifest
    };
    let with = |pointer: &str, value: serde_json::Value| {
        let mut manifest = manifest(LATENT_DENOISER);
        *manifest.pointer_mut(pointer).expect("it is there") = value;
        manifest
    };
    let last_input = "/networks/denoiser/inputs/2";
    for (manifest, part) in [
        (without("diffusion"), "no section \"diffusion\""),
        (without("networks"), "no denoiser"),
        (with("/family", json!("graph")), "denoiser does not belong"),
        (
            with(last_input, json!({"name": "time", "shape": [2]})),
            "node",
        ),
        (
            with(
                last_input,
                json!({"name": "time", "shape": [1], "shared": true}),
            ),
            "last input must be a time",
        ),
        (with("/spaces/x/channels", json!(3)), "codes in x have"),
        (
            with("/conditions/words", json!(["smile"])),
            "second input must be",
        ),
        (
            with(
                "/networks",
                json!({"denoiser": manifest(LATENT_DENOISER)["networks"]["denoiser"]}),
            ),
            "needs a decoder",
        ),
    ] {
        let manifest: Manifest = serde_json::from_value(manifest).expect("it is a manifest");
        let tensors = tensors(&serde_json::from_value(self::manifest(DENOISER)).expect("sound"));
        let fault = ModelFile::to_bytes(&manifest, &tensors)
            .expect_err(part)
            .to_string();
        assert!(fault.contains(part), "{fault:?} has no {part:?}");
    }
}
