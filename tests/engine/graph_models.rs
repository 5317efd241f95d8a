//! Model files whose networks are graphs, from the file to the picture, the code and the verdict.

use crate::support::{Driver, cpu, gpu};
use burn::tensor::Device;
use std::sync::Arc;
use zscape::engine::{DeviceChoice, Event, InvertOptions, Job, ModelInfo, ModelSource, Picture};
use zscape::latent::seed::{seed_code, seed_indices};
use zscape::latent::{Code, NoiseMode, Space, SpaceShape};
use zscape::model::gradient::Tape;
use zscape::model::{Generator, ModelFile, Runner, Wiring, device, download};

use crate::graph_files::{
    ASKED, CODES, GENERATORS, HIDDEN, JUDGE, LAID_OUT, MAPPED, PICTURE, RESIDUAL, bytes,
};

fn file(name: &str) -> ModelFile {
    ModelFile::from_bytes(&bytes(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

fn generator(name: &str, device: &Device) -> Generator {
    Generator::new(&file(name), device).unwrap_or_else(|fault| panic!("{name}: {fault}"))
}

/// Codes of some seeds in the space of seeds, row after row.
fn codes(name: &str, count: u32) -> Vec<f32> {
    let manifest = file(name).manifest;
    let start = manifest.start_space().expect("it generates");
    let shape = manifest.spaces[&start];
    let len = shape.checked_len().expect("it fits");
    (0..count)
        .flat_map(|seed| match shape {
            SpaceShape::Grid { levels, .. } => seed_indices(seed, len, levels)
                .into_iter()
                .map(|index| index as f32)
                .collect(),
            _ => seed_code(seed, len),
        })
        .collect()
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
fn every_kind_of_space_decodes_to_pictures_that_depend_on_the_code() {
    for name in GENERATORS {
        let generator = generator(name, &device::cpu());
        let codes = codes(name, 3);
        let inputs = generator.inputs(generator.start(), &codes).expect(name);
        let pictures = generator
            .decode_to_vec(&inputs, NoiseMode::Const)
            .expect(name);
        let len = generator.image().len();
        assert_eq!(pictures.len(), 3 * len, "{name}");
        assert!(pictures.iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
        let spread = |a: &[f32], b: &[f32]| {
            let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
            (squares.sum::<f32>() / len as f32).sqrt()
        };
        let change = spread(&pictures[..len], &pictures[len..2 * len]);
        assert!(change > 0.01, "{name}: {change}");
        // The same picture whatever else is in the batch.
        let alone = generator
            .decode_to_vec(&inputs[..generator.input_len()], NoiseMode::Const)
            .expect(name);
        assert!(alone == pictures[..len], "{name}");
    }
}

/// A condition goes with its code, in the numbers that a decoder takes and in the picture.
#[test]
fn pictures_depend_on_what_is_asked_for() {
    let generator = generator(ASKED, &device::cpu());
    assert_eq!(
        (
            generator.start_len(),
            generator.condition_len(),
            generator.input_len()
        ),
        (8, 3, 11)
    );
    let codes = codes(ASKED, 2);
    let decode = |conditions: &[f32]| {
        let inputs = generator.inputs_given(Space::Z, &codes, conditions);
        generator
            .decode_to_vec(&inputs.expect("they fit"), NoiseMode::Const)
            .expect("it decodes")
    };
    let (plain, len) = (decode(&[]), generator.image().len());
    assert!(
        plain == decode(&[0.0; 6]),
        "nothing said is a weight of zero for all words"
    );
    let asked = decode(&[0.0, 0.0, 0.0, 1.0, -1.0, 0.5]);
    assert!(plain[..len] == asked[..len] && plain[len..] != asked[len..]);
    let fault = generator
        .inputs_given(Space::Z, &codes, &[0.0; 5])
        .expect_err("one is missing");
    assert!(fault.to_string().contains("5 weights"), "{fault}");
    let code = Code {
        condition: vec![1.0, 0.0, 0.0],
        ..Code::vector(Space::Z, codes[..8].to_vec())
    };
    let row = generator.input_of(&code).expect("it fits");
    assert_eq!(row, [&codes[..8], &[1.0, 0.0, 0.0]].concat());
}

#[test]
fn a_gpu_makes_the_same_pictures() {
    let gpu = gpu();
    let gpu = device::shared(gpu.instance, gpu.adapter, gpu.device, gpu.queue).expect("a device");
    for name in GENERATORS {
        let inputs = |generator: &Generator| {
            let inputs = generator.inputs(generator.start(), &codes(name, 2));
            inputs.expect(name)
        };
        let [cpu, other] = [&device::cpu(), &gpu].map(|device| {
            let generator = generator(name, device);
            let pictures = generator.decode(&inputs(&generator), NoiseMode::Const);
            download(pictures.expect(name)).expect(name)
        });
        let worst = cpu.iter().zip(&other).map(|(a, b)| (a - b).abs());
        let worst = worst.fold(0.0, f32::max);
        assert!(worst < 1e-4, "{name}: {worst}");
    }
}

#[test]
fn what_a_graph_model_can_do_is_what_its_manifest_says() {
    let can = |name: &str| file(name).manifest.capabilities();
    let residual = can(RESIDUAL);
    assert!(residual.encodes && residual.encodes_distribution && residual.takes_noise);
    assert!(residual.has_prior && residual.style_layers.is_none());
    assert_eq!(residual.spaces, [Space::Z]);
    let picture = can(PICTURE);
    assert!(picture.has_prior && !picture.takes_noise && !picture.encodes);
    assert_eq!(picture.start, Some(Space::X));
    let codes = can(CODES);
    assert!(!codes.has_prior && codes.generates);
    assert_eq!(codes.start, Space::named("codes").ok());
    let mapped = can(MAPPED);
    assert_eq!(mapped.style_layers, Some(3));
    assert_eq!(mapped.start, Some(Space::Z));
    assert!(can(JUDGE).classifies && !can(JUDGE).generates);
}

#[test]
fn noise_goes_into_the_inputs_after_the_first() {
    let generator = generator(RESIDUAL, &device::cpu());
    let code = codes(RESIDUAL, 1);
    let picture = |noise| generator.decode_to_vec(&code, noise).expect("it decodes");
    assert!(picture(NoiseMode::Const) == picture(NoiseMode::Const));
    assert!(picture(NoiseMode::Const) != picture(NoiseMode::None));
    assert!(picture(NoiseMode::Random { seed: 1 }) != picture(NoiseMode::Random { seed: 2 }));
    // A file may hold the constant noise.
    let mut stored = file(RESIDUAL);
    let shape = vec![1, 8, 8];
    let values = vec![0.0; 64];
    let tensor = zscape::model::file::StoredTensor { shape, values };
    stored.tensors.insert("noise.grain".to_owned(), tensor);
    let bytes = ModelFile::to_bytes(&stored.manifest, &stored.tensors).expect("it is sound");
    let silent = ModelFile::from_bytes(&bytes).expect("it is sound");
    let silent = Generator::new(&silent, &device::cpu()).expect("it is sound");
    let silent = silent
        .decode_to_vec(&code, NoiseMode::Const)
        .expect("it decodes");
    assert!(silent == picture(NoiseMode::None));
}

/// Expressions, each with its space or with a part of the sentence that refuses it.
type Texts = &'static [(&'static str, &'static str)];

/// What an expression is worth in each of the models, and why others are refused.
#[test]
fn expressions_are_checked_against_the_spaces_of_the_manifest() {
    let driver = cpu();
    let cases: [(&str, Texts, Texts); 6] = [
        (
            RESIDUAL,
            &[
                ("seed(1) + 2*dir(\"z3\")", "z"),
                ("slerp(seed(1), seed(2), 0.5)", "z"),
                ("truncate(seed(1), 0.5)", "z"),
            ],
            &[
                ("w(seed(1))", "has no w space"),
                ("mix(seed(1), seed(2), layers 0..2)", "has no w+ space"),
                ("[1, 2]", "z of graph-residual has 12"),
                ("dir(\"x1\")", "has no x space"),
            ],
        ),
        (
            PICTURE,
            &[
                ("seed(1)", "x"),
                ("0.5*seed(1) + dir(\"x100\")", "x"),
                ("cross(seed(1), seed(2), 3)", "x"),
                ("truncate(seed(1), 0.5)", "x"),
            ],
            &[
                ("dir(\"z0\")", "has no z space"),
                ("dir(\"x128\")", "the axes of x are x0 to x127"),
            ],
        ),
        (
            CODES,
            &[
                ("seed(1)", "codes"),
                ("cross(seed(1), seed(2), 3, lock [0..4])", "codes"),
                ("vary(seed(1), 2, 0.25)", "codes"),
                ("mix(seed(1), seed(2), cells [0..8])", "codes"),
                (
                    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 30, 31]",
                    "codes",
                ),
            ],
            &[
                (
                    "seed(1) + seed(2)",
                    "codes in codes of graph-codes are indices",
                ),
                ("lerp(seed(1), seed(2), 0.5)", "cannot be interpolated"),
                ("truncate(seed(1), 0.5)", "cannot be truncated"),
                ("0.5*seed(1)", "cannot be scaled"),
                (
                    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 32]",
                    "32 is not an index into the codebook of codes",
                ),
                (
                    "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0.5]",
                    "0.5 is not an index",
                ),
            ],
        ),
        (
            MAPPED,
            &[
                ("seed(1)", "z"),
                ("w(seed(1))", "w"),
                ("truncate(seed(1), 0.7)", "w"),
                ("seed(1) + dir(\"w3\")", "w"),
                ("mix(seed(1), seed(2), layers 1..3)", "w+"),
                ("map(seed(1), \"w+\")", "w+"),
            ],
            &[
                ("mix(seed(1), seed(2), layers 1..4)", "3 layers"),
                (
                    "w(w(seed(1)))",
                    "is in w already, and w(...) takes a code in z",
                ),
                ("at(\"w\", [1, 2])", "w of graph-mapped has 10"),
            ],
        ),
        (
            LAID_OUT,
            &[
                ("seed(1)", "z"),
                ("seed(1) + 2*dir(\"z3\")", "z"),
                ("truncate(seed(1), 0.5)", "z"),
                ("slerp(seed(1), seed(2), 0.5)", "z"),
                ("map(seed(1), \"codes\")", "codes"),
                ("vary(map(seed(1), \"codes\"), 2, 0.25)", "codes"),
                (
                    "mix(map(seed(1), \"codes\"), seed(2), cells [0..8])",
                    "codes",
                ),
            ],
            &[
                ("map(seed(1), \"codes\") + dir(\"z1\")", "moves in z, and"),
                ("0.5*map(seed(1), \"codes\")", "cannot be scaled"),
                ("w(seed(1))", "has no w space"),
            ],
        ),
        (
            HIDDEN,
            &[
                ("seed(1)", "z"),
                ("map(seed(1), \"h\")", "h"),
                ("seed(1) + 3*dir(\"h7\")", "h"),
                ("truncate(seed(1), 0.5)", "h"),
                ("mix(seed(1), seed(2), cells [0..4])", "z"),
                ("mix(map(seed(1), \"h\"), seed(2), cells [0..32])", "h"),
            ],
            &[
                ("w(seed(1))", "graph-hidden has no w space"),
                (
                    "map(map(seed(1), \"h\"), \"h\")",
                    "is in h already, and map(...) takes",
                ),
                ("map(seed(1), \"h\") + dir(\"z1\")", "moves in z, and"),
                ("mix(seed(1), seed(2), layers 0..2)", "has no w+ space"),
            ],
        ),
    ];
    for (name, allowed, refused) in cases {
        let model = load(&driver, name);
        for (index, (text, space)) in allowed.iter().enumerate() {
            let frame = driver.frame(&model.id, index as u64 + 1, text);
            assert_eq!(frame.code.space.name(), *space, "{name}: {text}");
            assert!(matches!(frame.picture, Picture::Pixels { .. }), "{name}");
        }
        for (index, (text, part)) in refused.iter().enumerate() {
            let generation = 100 + index as u64;
            driver.request(&model.id, generation, text);
            let fault = driver.wait("a refusal", |event| match event {
                Event::PreviewFailed {
                    generation: of,
                    fault,
                    ..
                } if of == generation => Some(fault.to_string()),
                Event::Frame(frame) if frame.generation == generation => {
                    panic!("{name} drew {text}")
                }
                _ => None,
            });
            assert!(fault.contains(part), "{name}, {text}: {fault}");
        }
    }
}

#[test]
fn seeds_of_a_grid_are_indices_each_as_likely_as_the_others() {
    let driver = cpu();
    let model = load(&driver, CODES);
    let code = driver.frame(&model.id, 1, "seed(3)").code;
    // floor(numpy.random.RandomState(3).random_sample(16) * 32)
    let expected = [17, 22, 9, 16, 28, 28, 4, 6, 1, 14, 0, 14, 20, 8, 21, 18];
    assert_eq!(code.values.indices(), expected);
    assert!(model.ranked_dims.is_empty() && model.start_sigma.is_empty());
}

#[test]
fn gradients_follow_the_codes_of_every_real_space() {
    for name in [RESIDUAL, PICTURE, MAPPED, HIDDEN] {
        let file = file(name);
        let generator = Generator::new(&file, &device::cpu()).expect(name);
        let tape = Tape::new(&file, &device::cpu()).expect(name);
        let inputs = generator
            .inputs(generator.start(), &codes(name, 1))
            .expect(name);
        let target = vec![0.25; generator.image().len()];
        let found = tape
            .squared_error(&generator, &inputs, &target)
            .expect(name);
        let error = |inputs: &[f32]| {
            let found = tape.squared_error(&generator, inputs, &target);
            f64::from(found.expect(name).errors[0])
        };
        for index in [0, inputs.len() / 2, inputs.len() - 1] {
            let moved = |step: f32| {
                let mut moved = inputs.clone();
                moved[index] += step;
                error(&moved)
            };
            let slope = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            let gradient = f64::from(found.gradients[index]);
            let tolerance = 2e-5 + 0.05 * slope.abs();
            assert!(
                (gradient - slope).abs() < tolerance,
                "{name}, {index}: {gradient} and {slope}"
            );
        }
    }
}

#[test]
fn pictures_are_encoded_and_searched() {
    let driver = cpu();
    for name in GENERATORS {
        let model = load(&driver, name);
        let picture: Arc<[f32]> = vec![0.4; model.manifest.image.len()].into();
        let encodes = model.manifest.capabilities().encodes;
        let job = driver.engine.submit(Job::Encode {
            model: model.id.clone(),
            picture: picture.clone(),
        });
        let encoded = driver.wait("an encoding", |event| match event {
            Event::Encoded { job: of, encoding } if of == job => Some(Ok(encoding)),
            Event::JobFailed { job: of, fault } if of == job => Some(Err(fault.to_string())),
            _ => None,
        });
        match encoded {
            Ok(encoding) => {
                assert!(encodes, "{name}");
                assert_eq!(encoding.mu.space, model.manifest.encoded_space());
                let deviations = encoding.sigma.as_ref().map(Vec::len);
                assert_eq!(deviations, (name != LAID_OUT).then_some(12), "{name}");
            }
            Err(fault) => assert!(!encodes && fault.contains("no encoder"), "{name}: {fault}"),
        }
        let job = driver.engine.submit(Job::Invert {
            model: model.id.clone(),
            picture,
            options: InvertOptions {
                seeds: 4,
                steps: 20,
                ..InvertOptions::default()
            },
        });
        let mut losses = Vec::new();
        let mut last = None;
        let failed = driver.wait("an inversion", |event| match event {
            Event::InvertStep { job: of, found } if of == job => {
                losses.extend(found.losses);
                last = Some(found.best_code);
                None
            }
            Event::JobFailed { job: of, fault } if of == job => Some(Some(fault.to_string())),
            Event::JobDone { job: of } if of == job => Some(None),
            _ => None,
        });
        if [CODES, LAID_OUT].contains(&name) {
            let fault = failed.expect("indices have no gradient");
            assert!(fault.contains("indices into a codebook"), "{fault}");
            continue;
        }
        assert_eq!(failed, None, "{name}");
        let best = losses.iter().copied().fold(f32::INFINITY, f32::min);
        assert!(best < 0.95 * losses[0], "{name}: {} to {best}", losses[0]);
        let space = last.expect("a code").space;
        assert_eq!(Some(space), model.manifest.searched_space(), "{name}");
    }
}

#[test]
fn a_graph_judges() {
    let file = file(JUDGE);
    let networks = Wiring::of(&file.manifest).expect("it is sound");
    let graph = networks.classifier.expect("it is a classifier");
    let judge = Runner::new(&graph, &file, &device::cpu()).expect("it is sound");
    let found = judge
        .tensors(&[&vec![0.5; 2 * 3 * 16 * 16]])
        .expect("it judges");
    let shapes: Vec<[usize; 2]> = found.iter().map(|tensor| tensor.dims()).collect();
    assert_eq!(
        shapes,
        [[2, 3], [2, 8]],
        "scores, and the features before them"
    );
    let driver = Driver::new(DeviceChoice::Cpu, None);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("judge.safetensors");
    std::fs::write(&path, bytes(JUDGE)).expect("it can be written");
    driver.engine.load(ModelSource::File(path));
    let fault = driver.wait("a refusal", |event| match event {
        Event::LoadFailed { fault, .. } => Some(fault.to_string()),
        Event::Loaded(_) => panic!("a judge has no pictures"),
        _ => None,
    });
    assert!(fault.contains("no latent space"), "{fault}");
}
