//! The prepared networks of the CPU against burn's, which say what a layer means.

use crate::support::Numbers;
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::BTreeMap;
use zscape::latent::NoiseMode;
use zscape::model::cpu::Plan;
use zscape::model::graph;
use zscape::model::manifest::{LayerSpec, NetworkSpec, Role};
use zscape::model::network::Network;
use zscape::model::{Family, Generator, ModelFile, Stop, catalogue, download, shapes, upload};

/// Batches below, at and above what a tile and a part of the cores hold.
const BATCHES: [usize; 4] = [1, 3, 8, 64];

/// Cores below, at and above what is usual, with parts that divide nothing evenly.
const THREADS: [usize; 4] = [1, 2, 3, 7];

/// What a function gives on so many cores.
fn on_threads<T: Send>(threads: usize, run: impl FnOnce() -> T + Send) -> T {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.expect("threads can be started").install(run)
}

/// Tensors that keep the size of activations, some as f16 holds them and some not.
fn tensors(spec: &NetworkSpec, numbers: &mut Numbers) -> BTreeMap<String, Vec<f32>> {
    let plan = shapes::plan(spec).expect("the network is sound");
    let rounds = numbers.below(2) == 0;
    let parameters = plan.parameters.into_iter().map(|parameter| {
        let scale = 1.7 / (parameter.fan_in.max(3) as f32).sqrt();
        // A variance is above zero.
        let is_variance = parameter.name.ends_with("variance");
        let mut value = || match numbers.number() * scale {
            value if is_variance => value.abs() + 0.5,
            value if rounds => half::f16::from_f32(value).to_f32(),
            value => value,
        };
        let count = parameter.shape.iter().product();
        (parameter.name, (0..count).map(|_| value()).collect())
    });
    parameters.collect()
}

/// The plan of a network of layers.
fn prepare(spec: &NetworkSpec, tensors: &BTreeMap<String, Vec<f32>>) -> Result<Plan, String> {
    let graph = graph::plan(&graph::of_chain(spec)?)?;
    Plan::compile(&graph, |name| {
        tensors.get(name).map(|values| values[..].into())
    })
}

/// The only output for the only input.
fn run(plan: &Plan, inputs: &[f32]) -> Vec<f32> {
    let mut outputs = plan.run(&[inputs]).expect("the inputs fit");
    outputs.remove(0)
}

fn by_burn(spec: &NetworkSpec, tensors: &BTreeMap<String, Vec<f32>>, inputs: &[f32]) -> Vec<f32> {
    let device = Device::flex();
    let tensor = |values: Vec<f32>, shape: [usize; 1]| {
        Tensor::<1>::from_data(TensorData::new(values, shape), &device)
    };
    let network = Network::new(spec, |name| {
        let values = tensors.get(name)?.clone();
        let count = values.len();
        Some(tensor(values, [count]))
    })
    .expect("the network is sound");
    let row: usize = spec.input.iter().product();
    let inputs = tensor(inputs.to_vec(), [inputs.len()]).reshape([inputs.len() / row, row]);
    download(network.forward(inputs)).expect("the CPU works")
}

#[track_caller]
fn assert_close(found: &[f32], wanted: &[f32], what: &str) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (at, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let largest = 1e-5 * wanted.abs().max(1.0);
        assert!(
            (found - wanted).abs() <= largest,
            "{what}: number {at} is {found} and not {wanted}"
        );
    }
}

/// Checks a plan against burn's results, and every row of a batch against the same row alone.
fn assert_agrees(spec: &NetworkSpec, seed: u64) {
    let what = format!("seed {seed}, {:?} to {:?}", spec.input, spec.layers);
    let mut numbers = Numbers::new(seed);
    let tensors = tensors(spec, &mut numbers);
    let plan = prepare(spec, &tensors).unwrap_or_else(|fault| panic!("{what}: {fault}"));
    let row: usize = spec.input.iter().product();
    let inputs = numbers.numbers(BATCHES[3] * row);
    let wanted = by_burn(spec, &tensors, &inputs);
    let len = wanted.len() / BATCHES[3];
    let whole = run(&plan, &inputs);
    assert_close(&whole, &wanted, &what);
    for batch in BATCHES {
        let first = numbers.below(BATCHES[3] - batch + 1);
        let found = run(&plan, &inputs[first * row..(first + batch) * row]);
        let same = &whole[first * len..(first + batch) * len];
        assert!(
            found
                .iter()
                .zip(same)
                .all(|(a, b)| a.to_bits() == b.to_bits()),
            "{what}: a batch of {batch} has other bits than the same rows of 64"
        );
    }
}

fn activation(numbers: &mut Numbers) -> LayerSpec {
    match numbers.below(6) {
        0 => LayerSpec::Relu,
        1 => LayerSpec::LeakyRelu { slope: 0.2 },
        2 => LayerSpec::Silu,
        3 => LayerSpec::Tanh,
        4 => LayerSpec::Sigmoid,
        _ => LayerSpec::Dropout { probability: 0.5 },
    }
}

/// A layer for a vector or a picture.
fn layer(numbers: &mut Numbers, shape: shapes::Shape) -> LayerSpec {
    match shape {
        shapes::Shape::Flat(features) => match numbers.below(5) {
            0 => {
                let sides: Vec<usize> = (1..=7)
                    .filter(|side| features.is_multiple_of(*side))
                    .collect();
                let height = sides[numbers.below(sides.len())];
                LayerSpec::Reshape {
                    channels: features / height,
                    height,
                    width: 1,
                }
            }
            1 => activation(numbers),
            2 => LayerSpec::BatchNorm,
            _ => LayerSpec::Dense {
                outputs: 1 + numbers.below(140),
            },
        },
        shapes::Shape::Image {
            channels,
            height,
            width,
        } => match numbers.below(10) {
            0 => LayerSpec::Flatten,
            1 if channels.is_multiple_of(4) => LayerSpec::PixelShuffle { factor: 2 },
            1 if channels.is_multiple_of(9) => LayerSpec::PixelShuffle { factor: 3 },
            2 => LayerSpec::Upsample {
                factor: 1 + numbers.below(3),
            },
            3 | 4 => LayerSpec::ConvTranspose {
                channels: 1 + numbers.below(20),
            },
            5 | 6 => LayerSpec::Conv {
                channels: [1, 4, 9, 18, 35][numbers.below(5)],
                kernel: (1 + numbers.below(5)).min(height).min(width),
                stride: 1 + numbers.below(2),
            },
            7 => LayerSpec::BatchNorm,
            8 if numbers.below(2) == 0 => LayerSpec::MeanPool,
            _ => activation(numbers),
        },
    }
}

/// A network of some layers that do not grow beyond a few thousand numbers.
fn random_network(seed: u64) -> NetworkSpec {
    let mut numbers = Numbers::new(seed.wrapping_mul(7919) + 1);
    let input = match numbers.below(2) {
        0 => vec![1 + numbers.below(40)],
        _ => (0..3).map(|_| 1 + numbers.below(7)).collect(),
    };
    let mut spec = NetworkSpec {
        input,
        layers: Vec::new(),
    };
    let count = 1 + numbers.below(8);
    while spec.layers.len() < count {
        let shape = shapes::plan(&spec).expect("sound so far").output();
        spec.layers.push(layer(&mut numbers, shape));
        let size = shapes::plan(&spec).map(|plan| plan.output().checked_len());
        if !matches!(size, Ok(Ok(1..=6000))) {
            spec.layers.pop();
        }
    }
    spec
}

#[test]
fn random_networks_of_all_layers_agree_with_burn() {
    let mut seen = BTreeMap::new();
    for seed in 0..200 {
        let spec = random_network(seed);
        for layer in &spec.layers {
            let name = serde_json::to_value(layer).expect("a layer is data")["layer"].to_string();
            *seen.entry(name).or_insert(0) += 1;
        }
        assert_agrees(&spec, seed);
    }
    // Every kind that the manifest knows.
    assert_eq!(seen.len(), 15, "{seen:?}");
    assert!(seen.values().all(|&count| count >= 5), "{seen:?}");
}

#[test]
fn heavy_layers_that_are_divided_over_cores_agree_with_burn() {
    let spec = NetworkSpec {
        input: vec![300],
        layers: vec![
            LayerSpec::Dense {
                outputs: 4 * 63 * 61,
            },
            LayerSpec::LeakyRelu { slope: 0.1 },
            LayerSpec::Reshape {
                channels: 4,
                height: 63,
                width: 61,
            },
            LayerSpec::Conv {
                channels: 33,
                kernel: 3,
                stride: 1,
            },
            LayerSpec::Silu,
            LayerSpec::ConvTranspose { channels: 5 },
            LayerSpec::Tanh,
        ],
    };
    let mut numbers = Numbers::new(5);
    let tensors = tensors(&spec, &mut numbers);
    let plan = prepare(&spec, &tensors).expect("all layers are known");
    let inputs = numbers.numbers(3 * 300);
    let wanted = by_burn(&spec, &tensors, &inputs);
    let together = run(&plan, &inputs);
    assert_close(&together, &wanted, "three heavy decodes");
    assert_eq!(run(&plan, &inputs[..300]), together[..together.len() / 3]);
    for threads in THREADS {
        let found = on_threads(threads, || run(&plan, &inputs));
        assert_eq!(found, together, "on {threads} threads");
    }
}

#[test]
fn shipped_decoders_agree_with_burn() {
    let device = Device::flex();
    for entry in catalogue::entries() {
        let file = ModelFile::from_bytes(entry.bytes).expect("a shipped file is sound");
        if file.z_dim().is_none() {
            continue;
        }
        let network = upload(&file, Role::Decoder, &device).expect("the tensors fit");
        // Synthesis networks and graphs have no list of layers to prepare.
        let Some(network) = network else {
            let families = [Family::StyleGan, Family::Translation, Family::Flow];
            assert!(families.contains(&file.manifest.family), "{}", entry.name);
            continue;
        };
        let generator = Generator::new(&file, &device).expect("it has a decoder");
        let dim = generator.input_len();
        let codes: Vec<f32> = Numbers::new(11)
            .numbers(BATCHES[3] * dim)
            .iter()
            .map(|x| 3.0 * x)
            .collect();
        let whole = generator
            .decode_to_vec(&codes, NoiseMode::Const)
            .expect("the CPU works");
        for threads in THREADS {
            let decode = || generator.decode_to_vec(&codes, NoiseMode::Const);
            let found = on_threads(threads, decode).expect("the CPU works");
            assert_eq!(found, whole, "{} on {threads} threads", entry.name);
        }
        let len = generator.image().len();
        for batch in BATCHES {
            let first = BATCHES[3] - batch;
            let codes = &codes[first * dim..];
            let input = TensorData::new(codes.to_vec(), [batch, dim]);
            let wanted = download(network.forward(Tensor::from_data(input, &device)));
            let found = generator
                .decode_to_vec(codes, NoiseMode::Const)
                .expect("the CPU works");
            assert_close(&found, &wanted.expect("the CPU works"), entry.name);
            assert_eq!(
                found,
                whole[first * len..],
                "{} in a batch of {batch}",
                entry.name
            );
            let as_tensor = generator.decode(codes, NoiseMode::Const);
            let as_tensor = download(as_tensor.expect("the codes fit")).expect("the CPU works");
            assert_eq!(as_tensor, found);
        }
    }
}

#[test]
fn unsound_networks_and_tensors_are_refused_in_a_sentence() {
    let dense = |input: &[usize]| NetworkSpec {
        input: input.to_vec(),
        layers: vec![LayerSpec::Dense { outputs: 3 }],
    };
    let tensors = |weights: usize| {
        BTreeMap::from([
            ("0.weight".to_owned(), vec![0.0; weights]),
            ("0.bias".to_owned(), vec![0.0; 3]),
        ])
    };
    assert!(prepare(&dense(&[2]), &tensors(6)).is_ok());
    for (input, tensors, part) in [
        (&[2][..], BTreeMap::new(), "no tensor \"0.weight\""),
        (&[2], tensors(1), "1 numbers, not 6"),
        (&[2, 1, 1], tensors(6), "needs a vector"),
    ] {
        let fault = prepare(&dense(input), &tensors).expect_err("it is not sound");
        assert!(fault.contains(part), "{fault:?} should contain {part:?}");
    }
    let plan = prepare(&dense(&[2]), &tensors(6)).expect("it is sound");
    for inputs in [&[][..], &[&[0.0; 3][..]], &[&[0.0; 2], &[0.0; 2]]] {
        assert!(plan.run(inputs).is_err());
    }
}

#[test]
fn a_stop_ends_the_networks_of_its_thread() {
    let entry = catalogue::find("faces-stylegan").expect("it is built in");
    let file = ModelFile::from_bytes(entry.bytes).expect("a shipped file is sound");
    let generator = Generator::new(&file, &zscape::model::device::cpu()).expect("it has a decoder");
    let codes = vec![0.5; 5 * generator.start_len()];
    let inputs = generator.inputs(generator.start(), &codes).expect("codes");
    let decode = || generator.decode_to_vec(&inputs, NoiseMode::Const);
    let before = decode().expect("nothing stops it");
    let stop = Stop::default();
    stop.watch();
    assert!(decode().expect("it is not set") == before);
    stop.set(true);
    let fault = decode().expect_err("it is set").to_string();
    assert!(fault.contains("stopped"), "{fault}");
    assert!(generator.w_from_z(&codes).is_err());
    // Other threads watch nothing.
    let elsewhere = std::thread::scope(|scope| scope.spawn(decode).join());
    assert!(elsewhere.expect("no panic").expect("it goes on") == before);
    stop.set(false);
    assert!(decode().expect("it is not set any more") == before);
}
