//! The grids that pictures are decoded from, and what a model that writes them expects at a place.

use crate::support::{Driver, cpu, shot};
use std::sync::Arc;
use zscape::engine::{Event, Job, ModelInfo};
use zscape::latent::{NoiseMode, Sampler, SamplerPart, Shot};
use zscape::model::{Generator, ModelFile, catalogue, device};

fn grids(driver: &Driver, shots: Vec<Shot>) -> Result<Vec<Arc<[u32]>>, String> {
    let names = Arc::default();
    let job = driver.engine.submit(Job::Grids { shots, names });
    driver.wait("grids", |event| match event {
        Event::Grids { job: of, grids } if of == job => Some(Ok(grids)),
        Event::JobFailed { job: of, fault } if of == job => Some(Err(fault.to_string())),
        _ => None,
    })
}

fn expected(
    driver: &Driver,
    shot: Shot,
    grid: &Arc<[u32]>,
    place: usize,
) -> Result<Vec<f32>, String> {
    let job = driver.engine.submit(Job::Expect {
        shot,
        names: Arc::default(),
        grid: Arc::clone(grid),
        place,
    });
    driver.wait("what is expected", |event| match event {
        Event::Expected {
            job: of,
            probabilities,
        } if of == job => Some(Ok(probabilities)),
        Event::JobFailed { job: of, fault } if of == job => Some(Err(fault.to_string())),
        _ => None,
    })
}

fn at_temperature(shot: Shot, temperature: f32) -> Shot {
    let part = SamplerPart {
        temperature,
        ..SamplerPart::default()
    };
    shot.with_sampler(Sampler::of_part(NoiseMode::Const, part))
}

fn evaluated(driver: &Driver, model: &ModelInfo, text: &str) -> Vec<u32> {
    let job = driver.engine.submit(Job::Evaluate {
        shot: shot(&model.id, text),
        names: Arc::default(),
    });
    driver.wait("the code", |event| match event {
        Event::Evaluated { job: of, code } if of == job => Some(code.values.indices().to_vec()),
        Event::JobFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    })
}

#[test]
fn a_grid_is_what_the_picture_is_decoded_from() {
    let driver = cpu();
    let model = driver.load("faces-vq");
    let texts = [
        "seed(3)",
        "map(seed(3), \"codes\")",
        "mix(seed(3), fill(\"codes\", 17), cells [0, 8..10])",
        "given(seed(3), \"smile\")",
    ];
    let shots = texts.iter().map(|text| shot(&model.id, text)).collect();
    let found = grids(&driver, shots).expect("it has grids");
    assert_eq!(*found[0], evaluated(&driver, &model, texts[1])[..]);
    assert_eq!(found[0], found[1]);
    let mut painted = found[0].to_vec();
    for cell in [0, 8, 9] {
        painted[cell] = 17;
    }
    assert_eq!(found[2][..], painted[..]);
    assert_eq!(found[2][..], evaluated(&driver, &model, texts[2])[..]);
    let given = evaluated(&driver, &model, "map(given(seed(3), \"smile\"), \"codes\")");
    assert_eq!(found[3][..], given[..]);
    // The settings of the sampler count for what it writes.
    let cold = at_temperature(shot(&model.id, "seed(3)"), 0.0);
    let cold = grids(&driver, vec![cold, shot(&model.id, "seed(3)")]).expect("it has grids");
    assert!(cold[0] != cold[1]);
    assert_eq!(cold[1], found[0]);
    // Of many seeds the codebook is used by most entries.
    let many = (0..30).map(|seed| shot(&model.id, &format!("seed({seed})")));
    let many = grids(&driver, many.collect()).expect("it has grids");
    let usage = zscape::latent::painting::Usage::of(512, many.iter().map(|grid| &**grid));
    assert!(usage.used() > 200, "{}", usage.used());
    assert!(usage.perplexity() > 100.0, "{}", usage.perplexity());

    let other = driver.load("digits-vae2");
    let refused = grids(&driver, vec![shot(&other.id, "seed(3)")]).expect_err("it has none");
    assert!(refused.contains("no codes that are indices"), "{refused}");
}

/// The likelihoods of the places of a grid, after one another, are the likelihood of the whole.
#[test]
fn what_is_expected_is_what_the_whole_network_says() {
    let driver = cpu();
    let model = driver.load("faces-vq");
    let entry = catalogue::find("faces-vq").expect("it is built in");
    let file = ModelFile::from_bytes(entry.bytes).expect("it is sound");
    let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
    let written = generator.written().expect("it writes");
    let plain = shot(&model.id, "seed(5)");
    let grid = grids(&driver, vec![plain.clone()])
        .expect("it has grids")
        .remove(0);
    let numbers: Vec<f32> = grid.iter().map(|index| *index as f32).collect();
    let nothing = generator.condition_len();
    let row = generator
        .inputs(zscape::latent::Space::CODES, &numbers)
        .expect("a grid");
    let condition = &row[row.len() - nothing..];
    let whole = written.log_likelihoods(&numbers, condition).expect("sound")[0];
    let mut sum = 0.0;
    for place in 0..grid.len() {
        let found = expected(&driver, plain.clone(), &grid, place).expect("it writes");
        assert_eq!(found.len(), 512);
        let all: f32 = found.iter().sum();
        assert!((all - 1.0).abs() < 1e-3, "place {place}: {all}");
        sum += found[grid[place] as usize].ln();
    }
    assert!((sum - whole).abs() < 0.01 * whole.abs(), "{sum} {whole}");

    // At a temperature of 0 what is written is what is expected, with a condition, too.
    let told = at_temperature(shot(&model.id, "given(seed(5), \"smile\")"), 0.0);
    let grid = grids(&driver, vec![told.clone()])
        .expect("it has grids")
        .remove(0);
    for place in [0, 7, 8, 40, 63] {
        let found = expected(&driver, told.clone(), &grid, place).expect("it writes");
        assert_eq!(found[grid[place] as usize], 1.0, "place {place}");
    }

    for (grid, place) in [(&grid, 64), (&Arc::from([1_u32, 2]), 0)] {
        let refused = expected(&driver, plain.clone(), grid, place).expect_err("it is refused");
        assert!(refused.contains("64 places"), "{refused}");
    }
    let other = driver.load("digits-vae2");
    let refused = expected(&driver, shot(&other.id, "seed(3)"), &grid, 0);
    let refused = refused.expect_err("it writes nothing");
    assert!(refused.contains("does not write"), "{refused}");
}

/// The film of a picture says of every place how it was chosen: as the model expects it there.
#[test]
fn a_film_says_how_every_place_was_chosen() {
    let driver = cpu();
    let model = driver.load("faces-vq");
    let shot = at_temperature(shot(&model.id, "given(seed(3), \"smile\")"), 0.7);
    let grid = grids(&driver, vec![shot.clone()])
        .expect("it has grids")
        .remove(0);
    let job = driver.engine.submit(Job::Steps {
        shot: shot.clone(),
        names: Arc::default(),
    });
    let mut chosen = Vec::new();
    driver.wait("the film", |event| match event {
        Event::Step {
            job: of, choices, ..
        } if of == job => {
            chosen.extend(choices.iter().cloned());
            None
        }
        Event::JobDone { job: of } if of == job => Some(()),
        _ => None,
    });
    let places: Vec<usize> = chosen.iter().map(|choice| choice.place).collect();
    assert_eq!(places, (0..64).collect::<Vec<_>>());
    let indices: Vec<u32> = chosen.iter().map(|choice| choice.index).collect();
    assert_eq!(indices, *grid);
    assert!(chosen.iter().all(|choice| !choice.is_given));
    for place in [0, 20, 63] {
        let expected = expected(&driver, shot.clone(), &grid, place).expect("it writes");
        for &(index, share) in &chosen[place].likely {
            let other = expected[index as usize];
            assert!((share - other).abs() < 1e-4, "{place}: {share} and {other}");
        }
        let best = expected.iter().copied().fold(0.0, f32::max);
        assert!((chosen[place].likely[0].1 - best).abs() < 1e-4);
    }
}
