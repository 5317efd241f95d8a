//! Pictures that are redrawn by a sampler, and the noise that one is made of.

use crate::graph_files::{DENOISER, bytes};
use crate::support::{Driver, cpu, shot};
use std::ops::Range;
use std::sync::Arc;
use zscape::engine::{Event, InvertOptions, InvertStep, Job, JobId, ModelInfo, ModelSource};
use zscape::latent::{Code, Original, Sampler, SessionNames, Shot};

const MODEL: &str = "digits-ddpm";

/// Few steps: what is tested holds for any number.
fn few(shot: Shot) -> Shot {
    let steps = 4;
    shot.with_sampler(Sampler {
        steps,
        ..Sampler::default()
    })
}

/// The pictures of expressions, one after the other.
fn pictures(
    driver: &Driver,
    model: &ModelInfo,
    names: &Arc<SessionNames>,
    texts: &[&str],
) -> Vec<Vec<f32>> {
    let shots = texts.iter().map(|text| few(shot(&model.id, text)));
    let job = driver.engine.submit(Job::Decode {
        shots: shots.collect(),
        names: Arc::clone(names),
    });
    let all = driver.pictures(job);
    all.chunks(model.manifest.image.len())
        .map(<[f32]>::to_vec)
        .collect()
}

fn encoded(driver: &Driver, model: &ModelInfo, picture: &[f32]) -> Code {
    let job = driver.engine.submit(Job::Encode {
        model: model.id.clone(),
        picture: picture.into(),
    });
    driver.wait("an encoding", |event| match event {
        Event::Encoded { job: of, encoding } if of == job => {
            assert!(encoding.mse < 1e-12, "it is the picture itself");
            Some(encoding.mu.clone())
        }
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

/// A picture of the model, and the names of a session that has it as `@picture`.
fn picture_of(driver: &Driver, model: &ModelInfo) -> (Vec<f32>, Arc<SessionNames>) {
    let picture = pictures(driver, model, &Arc::default(), &["seed(3)"]).remove(0);
    let mut names = SessionNames::default();
    let code = encoded(driver, model, &picture);
    names.codes.insert("picture".to_owned(), code);
    (picture, Arc::new(names))
}

fn apart(a: &[f32], b: &[f32]) -> f32 {
    let pairs = a.iter().zip(b);
    pairs.map(|(a, b)| (a - b).powi(2)).sum::<f32>() / a.len() as f32
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6)
}

/// What a random network predicts is of no use, but what is held and what is not does not depend on it.
fn random(driver: &Driver) -> Arc<ModelInfo> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, bytes(DENOISER)).expect("it can be written");
    driver.engine.load(ModelSource::File(path));
    driver.wait("the model is loaded", |event| match event {
        Event::Loaded(info) => Some(info),
        Event::LoadFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

#[test]
fn strength_0_is_the_picture_and_strength_1_a_new_one() {
    let driver = cpu();
    for model in [driver.load(MODEL), random(&driver)] {
        let (picture, names) = picture_of(&driver, &model);
        let found = pictures(
            &driver,
            &model,
            &names,
            &[
                "@picture",
                "edit(seed(7), @picture, 0)",
                "edit(seed(7), @picture, 1)",
                "seed(7)",
                "edit(seed(7), @picture, 0.5)",
                "edit(seed(8), @picture, 0.5)",
            ],
        );
        let [still, none, all, new, half, other] = &found[..] else {
            panic!("six pictures");
        };
        let name = &model.id.name;
        assert!(same(still, &picture) && same(none, &picture), "{name}");
        assert!(all == new, "{name}: the noise alone counts");
        assert!(!same(half, &picture) && !same(half, new), "{name}");
        assert!(half != other, "{name}: another noise is another picture");
    }
}

/// The stronger, the further from the picture, and the class that is asked for counts.
#[test]
fn a_digit_is_redrawn_the_further_the_stronger() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let (picture, names) = picture_of(&driver, &model);
    let mean = |strength: f32| {
        let texts = (10..16).map(|seed| format!("edit(seed({seed}), @picture, {strength})"));
        let texts: Vec<String> = texts.collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let all = pictures(&driver, &model, &names, &texts);
        let distances = all.iter().map(|found| apart(found, &picture));
        distances.sum::<f32>() / all.len() as f32
    };
    let distances = [0.1, 0.4, 0.7, 1.0].map(mean);
    assert!(distances.is_sorted() && distances[0] > 0.0, "{distances:?}");
    assert!(distances[3] > 4.0 * distances[0], "{distances:?}");
}

#[test]
fn what_lies_outside_of_the_cells_is_the_picture() {
    let driver = cpu();
    for model in [driver.load(MODEL), random(&driver)] {
        let (picture, names) = picture_of(&driver, &model);
        let [width, height] = model.cells().expect("it begins with noise");
        let (cells, channels) = (width * height, model.manifest.image.channels);
        let middle = cells / 3..cells / 2;
        let text = |seed: u32| {
            let Range { start, end } = middle.clone();
            format!("edit(seed({seed}), @picture, 1, cells [{start}..{end}])")
        };
        let (first, second) = (text(7), text(8));
        let found = pictures(&driver, &model, &names, &[&first, &second]);
        for filling in &found {
            for channel in 0..channels {
                let at = |cell: usize| channel * cells + cell;
                let held = (0..cells).filter(|cell| !middle.contains(cell));
                for cell in held {
                    let apart = (filling[at(cell)] - picture[at(cell)]).abs();
                    assert!(apart < 1e-6, "cell {cell}: {apart}");
                }
            }
            assert!(!same(filling, &picture));
        }
        assert!(found[0] != found[1], "another seed is another filling");
    }
}

/// Codes of one job that begin at different strengths are as they are alone.
#[test]
fn a_walk_between_strengths_is_drawn_picture_by_picture() {
    let driver = cpu();
    let model = random(&driver);
    let (_, names) = picture_of(&driver, &model);
    let texts = [
        "edit(seed(1), @picture, 0.2)",
        "edit(seed(2), @picture, 0.2, cells [0..3])",
        "seed(3)",
        "lerp(edit(seed(1), @picture, 0.2), seed(3), 0.5)",
        "edit(seed(1), @picture, 0)",
    ];
    let together = pictures(&driver, &model, &names, &texts);
    for (text, found) in texts.iter().zip(together) {
        let alone = pictures(&driver, &model, &names, &[text]).remove(0);
        assert!(alone == found, "{text}");
    }
}

fn invert(driver: &Driver, model: &ModelInfo, picture: &[f32], steps: usize) -> JobId {
    driver.engine.submit(Job::Invert {
        model: model.id.clone(),
        picture: picture.into(),
        options: InvertOptions {
            steps,
            ..InvertOptions::default()
        },
    })
}

fn inverted(driver: &Driver, model: &ModelInfo, picture: &[f32], steps: usize) -> InvertStep {
    let job = invert(driver, model, picture, steps);
    let mut best = None;
    let mut progress = Vec::new();
    driver.wait("an inversion", |event| match event {
        Event::InvertStep { job: of, found } if of == job => {
            best = Some(found);
            None
        }
        Event::Progress {
            job: of,
            done,
            total,
        } if of == job => {
            progress.push((done, total));
            None
        }
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        Event::JobDone { job: of } if of == job => Some(()),
        _ => None,
    });
    assert!(
        progress.is_sorted() && progress.len() > steps,
        "{progress:?}"
    );
    assert!(progress.last().is_some_and(|(done, total)| done == total));
    best.expect("it found a code")
}

#[test]
fn the_noise_of_a_digit_leads_back_to_it() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let shots =
        ["given(seed(3), \"3\")", "given(seed(4), \"8\")"].map(|text| shot(&model.id, text));
    let job = driver.engine.submit(Job::Decode {
        shots: shots.to_vec(),
        names: Arc::default(),
    });
    let made = driver.pictures(job);
    let len = model.manifest.image.len();
    for picture in made.chunks(len) {
        let found = [5, 20, 50].map(|steps| inverted(&driver, &model, picture, steps));
        let errors = found.each_ref().map(|found| found.best_mse);
        println!("mean squared errors of 5, 20 and 50 steps: {errors:?}");
        assert!(errors[2] < 0.002, "{errors:?}");
        let code = &found[2].best_code;
        assert_eq!(code.space, model.start);
        assert!(code.original.is_none(), "it is noise");
        // Of the length of noise: 0.68 of the root of its number of dimensions was measured, for a picture
        // that the model has not drawn from such noise may be of an unlikely one.
        let norm = code.norm() / (len as f32).sqrt();
        assert!((0.5..1.2).contains(&norm), "{norm}");
        // Drawn again from the session by the same steps it is what the job showed.
        let mut names = SessionNames::default();
        names.codes.insert("found".to_owned(), code.clone());
        let again = shot(&model.id, "@found").with_sampler(Sampler::ddim_without_guidance(50));
        let job = driver.engine.submit(Job::Decode {
            shots: vec![again],
            names: Arc::new(names),
        });
        assert!(driver.pictures(job) == found[2].picture);
    }
}

#[test]
fn what_cannot_be_inverted_or_redrawn_is_a_sentence() {
    let driver = cpu();
    let model = driver.load(MODEL);
    let picture = vec![0.5; model.manifest.image.len()];
    let failure = |job| {
        driver.wait("a failure", |event| match event {
            Event::JobFailed { job: of, fault } if of == job => Some(fault.to_string()),
            Event::JobDone { job: of } if of == job => panic!("the job should fail"),
            _ => None,
        })
    };
    for (steps, part) in [(0, "0 steps"), (10_000_000, "10000000 steps")] {
        let fault = failure(invert(&driver, &model, &picture, steps));
        assert!(fault.contains(part), "{fault}");
    }
    let decode = |text: &str| {
        driver.engine.submit(Job::Decode {
            shots: vec![shot(&model.id, text)],
            names: Arc::default(),
        })
    };
    let fault = failure(decode("edit(seed(1), encode(\"no such file.png\"), 0.5)"));
    assert!(fault.contains("no such file.png"), "{fault}");
    let fault = failure(decode("edit(seed(1), seed(2), 1, cells [700..800])"));
    assert!(fault.contains("the largest range is 0..784"), "{fault}");
    // A code from a file may bring a picture of another size.
    let mut names = SessionNames::default();
    let mut code = encoded(&driver, &model, &picture);
    code.original = Some(Arc::new(Original::still(vec![0.0; 9])));
    names.codes.insert("odd".to_owned(), code);
    let fault = failure(driver.engine.submit(Job::Decode {
        shots: vec![shot(&model.id, "@odd")],
        names: Arc::new(names),
    }));
    assert!(
        fault.contains("@odd") && fault.contains("9 numbers, not 784"),
        "{fault}"
    );
    let gan = driver.load("digits-gan");
    let fault = failure(driver.engine.submit(Job::Decode {
        shots: vec![shot(&gan.id, "edit(seed(1), seed(2), 0.5)")],
        names: Arc::default(),
    }));
    assert!(fault.contains("in one step"), "{fault}");
    // A cancel in the middle ends it, and the engine goes on.
    let job = invert(&driver, &model, &picture, 1000);
    driver.wait("its beginning", |event| match event {
        Event::Progress { job: of, .. } if of == job => Some(()),
        _ => None,
    });
    driver.engine.cancel(job);
    driver.wait("its end", |event| match event {
        Event::JobCancelled { job: of } if of == job => Some(()),
        Event::JobDone { job: of } if of == job => panic!("it should be cancelled"),
        _ => None,
    });
    assert!(driver.frame(&model.id, 1, "seed(1)").step >= 1);
}
