//! Style-based generators: against numbers computed with NumPy, through the engine in every
//! space, on wgpu against the CPU, and with files that lie.

use crate::support::{Driver, gpu, shot};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use zscape::engine::{
    DeviceChoice, Event, Job, ModelInfo, ModelSource, Picture, PreviewRequest, StageId,
};
use zscape::latent::{NoiseMode, Sampler, Space, SpaceShape};
use zscape::model::cpu::Plan;
use zscape::model::file::StoredTensor;
use zscape::model::graph::GraphNetwork;
use zscape::model::manifest::{ImageSpec, Manifest};
use zscape::model::style::{
    StyleSpec, mapping_graph, plan, random_manifest, random_model, synthesis_graph,
};
use zscape::model::{BoundGraph, Generator, ModelFile, device, download};

use burn::tensor::{Device, Tensor, TensorData};

#[derive(Deserialize)]
struct Reference {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    spec: StyleSpec,
    tensors: BTreeMap<String, Vec<f32>>,
    z: Vec<f32>,
    w: Vec<f32>,
    styles: Vec<f32>,
    noise: Vec<Vec<f32>>,
    pictures: Vec<f32>,
    pictures_without_noise: Vec<f32>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("../data/style_reference.json")).expect("it is JSON")
}

fn assert_close(what: &str, found: &[f32], wanted: &[f32]) {
    assert_eq!(found.len(), wanted.len(), "{what}");
    for (index, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        assert!(
            (found - wanted).abs() <= 1e-4 * wanted.abs().max(1.0),
            "{what}, number {index}: {found}, not {wanted}"
        );
    }
}

/// The values of a graph that was made for the specification of a case.
fn run(graph: &BoundGraph, case: &Case, device: &Device, inputs: &[&[f32]]) -> Vec<f32> {
    let mut shapes = graph.plan.values.iter();
    let inputs = inputs.iter().map(|values| {
        let len = shapes.next().expect("as many inputs").len;
        let data = TensorData::new(values.to_vec(), [values.len() / len, len]);
        Tensor::<2>::from_data(data, device)
    });
    let network = GraphNetwork::of_plan(graph.plan.clone(), device, |name| {
        let binding = graph.binding(name)?;
        let values = case.tensors.get(&binding.tensor)?.clone();
        let len = values.len();
        Some(Tensor::<1>::from_data(TensorData::new(values, [len]), device) * binding.factor)
    })
    .expect("all tensors are there");
    let mut outputs = network.forward(inputs.collect()).expect("the inputs fit");
    download(outputs.remove(0)).expect("it works")
}

/// The same on the plan for the CPU.
fn run_plan(graph: &BoundGraph, case: &Case, inputs: &[&[f32]]) -> Vec<f32> {
    let plan = Plan::compile(&graph.plan, |name| {
        let binding = graph.binding(name)?;
        let values = case.tensors.get(&binding.tensor)?.iter();
        Some(values.map(|value| value * binding.factor).collect())
    })
    .expect("all tensors are there");
    plan.run(inputs).expect("the inputs fit").remove(0)
}

fn compare_with_numpy(run: impl Fn(&BoundGraph, &Case, &[&[f32]]) -> Vec<f32>) {
    let image = ImageSpec {
        channels: 3,
        height: 8,
        width: 8,
    };
    for case in reference().cases {
        let mapping = mapping_graph(&case.spec).expect("the sizes are sound");
        let w = run(&mapping, &case, &[&case.z]);
        assert_close("w", &w, &case.w);

        let sizes = plan(&case.spec, image).expect("the sizes are sound");
        let synthesis = synthesis_graph(&case.spec, &sizes, 3).expect("the sizes are sound");
        // The reference has noise of its own for each of two pictures; here all items share it.
        let len = case.styles.len() / 2;
        for item in 0..2 {
            let styles = &case.styles[item * len..][..len];
            let noise: Vec<&[f32]> = case
                .noise
                .iter()
                .map(|layer| &layer[item * layer.len() / 2..][..layer.len() / 2])
                .collect();
            let silence: Vec<Vec<f32>> = noise.iter().map(|n| vec![0.0; n.len()]).collect();
            let silence: Vec<&[f32]> = silence.iter().map(Vec::as_slice).collect();
            for (what, noise, wanted) in [
                ("pictures", &noise, &case.pictures),
                ("without noise", &silence, &case.pictures_without_noise),
            ] {
                let noise = if case.spec.noise { &noise[..] } else { &[] };
                let inputs = [&[styles][..], noise].concat();
                let found = run(&synthesis, &case, &inputs);
                let wanted = &wanted[item * found.len()..][..found.len()];
                // The reference has about -1..1.
                let wanted: Vec<f32> = wanted
                    .iter()
                    .map(|x| (x * 0.5 + 0.5).clamp(0.0, 1.0))
                    .collect();
                assert_close(what, &found, &wanted);
            }
        }
    }
}

#[test]
fn networks_give_what_numpy_gives() {
    let device = device::cpu();
    compare_with_numpy(|graph, case, inputs| run(graph, case, &device, inputs));
    compare_with_numpy(run_plan);
}

/// The random model in a file, and a driver that has loaded it.
struct Loaded {
    driver: Driver,
    model: Arc<ModelInfo>,
    _folder: tempfile::TempDir,
}

fn load(device: DeviceChoice) -> Loaded {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("random.safetensors");
    std::fs::write(&path, random_model(3).expect("it is sound")).expect("a file");
    let gpu = (device == DeviceChoice::Gpu).then(gpu);
    let driver = Driver::new(device, gpu);
    driver.engine.load(ModelSource::File(path));
    let model = driver.wait("the random model", |event| match event {
        Event::Loaded(info) => Some(info),
        Event::LoadFailed { fault, .. } => panic!("{fault}"),
        _ => None,
    });
    Loaded {
        driver,
        model,
        _folder: folder,
    }
}

impl Loaded {
    fn pictures_with(&self, expressions: &[&str], noise: NoiseMode) -> Vec<Vec<f32>> {
        let count = expressions.len();
        let draw =
            |text: &&str| shot(&self.model.id, text).with_sampler(Sampler::with_noise(noise));
        let job = self.driver.engine.submit(Job::Decode {
            shots: expressions.iter().map(draw).collect(),
            names: Arc::default(),
        });
        let values = self.driver.pictures(job);
        let pictures: Vec<_> = values
            .chunks_exact(self.model.manifest.image.len())
            .map(<[f32]>::to_vec)
            .collect();
        assert_eq!(pictures.len(), count);
        pictures
    }

    fn pictures(&self, expressions: &[&str]) -> Vec<Vec<f32>> {
        self.pictures_with(expressions, NoiseMode::Const)
    }
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

/// Equal up to the rounding of sums in another order.
fn is_same(a: &[f32], b: &[f32]) -> bool {
    largest_difference(a, b) < 1e-5
}

#[test]
fn the_engine_decodes_codes_of_every_space() {
    let loaded = load(DeviceChoice::Cpu);
    let spaces = &loaded.model.manifest.spaces;
    assert_eq!(spaces[&Space::W], SpaceShape::Vector { dim: 32 });
    assert_eq!(
        spaces[&Space::W_PLUS],
        SpaceShape::Layers { layers: 7, dim: 32 }
    );
    assert_eq!(loaded.model.w_sigma.len(), 32);
    assert_eq!(loaded.model.ranked_w_dims.len(), 32);
    // One job with codes of all three spaces.
    let pictures = loaded.pictures(&[
        "seed(3)",
        "w(seed(3))",
        "mix(seed(3), seed(3), layers 2..5)",
        "mix(seed(3), seed(4), layers 0..7)",
        "seed(4)",
        "mix(seed(3), seed(4), layers 4..7)",
    ]);
    for (a, b, what) in [
        (0, 1, "w(...) is what z goes through"),
        (0, 2, "mixed with itself"),
        (3, 4, "all styles of the other"),
    ] {
        assert!(is_same(&pictures[a], &pictures[b]), "{what}");
    }
    for other in [0, 4] {
        assert!(largest_difference(&pictures[5], &pictures[other]) > 0.05);
    }
    let frame = loaded
        .driver
        .frame(&loaded.model.id, 1, "mix(seed(3), seed(4), layers 4..7)");
    assert_eq!(frame.code.space, Space::W_PLUS);
    assert_eq!(frame.code.values.len(), 7 * 32);
}

#[test]
fn psi_zero_is_one_picture_for_every_seed() {
    let loaded = load(DeviceChoice::Cpu);
    let pictures = loaded.pictures(&[
        "truncate(w(seed(1)), 0)",
        "truncate(w(seed(2)), 0)",
        "truncate(seed(2), 0, layers 0..7)",
        "truncate(seed(2), 0, layers 0..3)",
        "truncate(w(seed(2)), 1)",
        "seed(2)",
    ]);
    for (a, b) in [(0, 1), (0, 2), (4, 5)] {
        assert!(
            is_same(&pictures[a], &pictures[b]),
            "pictures {a} and {b} differ"
        );
    }
    for other in [0, 5] {
        assert!(
            largest_difference(&pictures[3], &pictures[other]) > 0.01,
            "half way"
        );
    }
}

#[test]
fn noise_is_what_the_sampler_says() {
    let loaded = load(DeviceChoice::Cpu);
    let with = |noise| loaded.pictures_with(&["seed(1)", "seed(5)"], noise);
    let constant = with(NoiseMode::Const);
    let none = with(NoiseMode::None);
    let random = with(NoiseMode::Random { seed: 9 });
    for (first, mode) in [
        (&constant, NoiseMode::Const),
        (&none, NoiseMode::None),
        (&random, NoiseMode::Random { seed: 9 }),
    ] {
        assert!(*first == with(mode), "{mode:?} differs from time to time");
    }
    let modes = [
        &constant,
        &none,
        &random,
        &with(NoiseMode::Random { seed: 10 }),
    ];
    for (index, a) in modes.iter().enumerate() {
        for b in &modes[..index] {
            assert!(
                largest_difference(&a[1], &b[1]) > 1e-3,
                "noise does nothing"
            );
        }
    }
    // A preview carries the setting too.
    loaded.driver.engine.preview(PreviewRequest {
        stage: StageId::default(),
        generation: 1,
        shot: shot(&loaded.model.id, "seed(5)").with_sampler(Sampler::with_noise(NoiseMode::None)),
        names: Arc::default(),
    });
    let picture = loaded.driver.wait("a frame", |event| match event {
        Event::Frame(frame) => Some(frame.picture),
        _ => None,
    });
    let Picture::Pixels { rgba, image } = picture else {
        panic!("the CPU gives bytes");
    };
    let plane = image.height * image.width;
    for (place, pixel) in rgba.chunks_exact(4).enumerate() {
        let red = f32::from(pixel[0]) / 255.0;
        assert!(
            (red - none[1][place]).abs() < 0.003,
            "pixel {place} of {plane}"
        );
    }
}

#[test]
fn wgpu_agrees_with_the_cpu() {
    let (on_gpu, on_cpu) = (load(DeviceChoice::Gpu), load(DeviceChoice::Cpu));
    let texts: Vec<String> = (0..5)
        .map(|seed| format!("mix(seed({seed}), seed(7), layers 4..7)"))
        .chain((0..65).map(|seed| format!("w(seed({seed}))")))
        .collect();
    for count in [1, 5, 70] {
        let texts: Vec<&str> = texts[..count].iter().map(String::as_str).collect();
        for noise in [
            NoiseMode::Const,
            NoiseMode::None,
            NoiseMode::Random { seed: 4 },
        ] {
            let a = on_gpu.pictures_with(&texts, noise).concat();
            let b = on_cpu.pictures_with(&texts, noise).concat();
            let square = |values: &mut dyn Iterator<Item = f32>| -> f64 {
                values.map(|v| f64::from(v).powi(2)).sum()
            };
            let difference = square(&mut a.iter().zip(&b).map(|(a, b)| a - b));
            let relative = (difference / square(&mut b.iter().copied())).sqrt();
            assert!(relative < 1e-3, "{relative:e} for {count} codes, {noise:?}");
        }
    }
}

fn tensors() -> BTreeMap<String, StoredTensor> {
    let bytes = random_model(1).expect("it is sound");
    ModelFile::from_bytes(&bytes).expect("it is sound").tensors
}

fn fault(manifest: &Manifest, tensors: &BTreeMap<String, StoredTensor>) -> String {
    ModelFile::to_bytes(manifest, tensors)
        .expect_err("the file lies")
        .to_string()
}

#[test]
fn files_that_lie_are_refused_in_a_sentence() {
    let style = |change: &dyn Fn(&mut StyleSpec)| {
        let mut manifest = random_manifest();
        change(manifest.style.as_mut().expect("it has styles"));
        manifest
    };
    let tensors = tensors();
    let cases: [(Manifest, &str); 8] = [
        (style(&|s| s.channels[0] = 1 << 60), "larger"),
        (style(&|s| s.channels = vec![8; 64]), "resolutions"),
        (style(&|s| s.channels = vec![16, 16, 12]), "16x16 pixels"),
        (style(&|s| s.num_ws = 900), "num_ws is 900"),
        (style(&|s| s.num_ws = 8), "the space w+ must be 8x32"),
        (style(&|s| s.w_dim = 16), "the space w must be 16"),
        (style(&|s| s.mapping_layers = 3), "mapping.2"),
        (style(&|s| s.noise = false), "noise_strength"),
    ];
    for (manifest, part) in cases {
        let fault = fault(&manifest, &tensors);
        assert!(fault.contains(part), "{fault:?} should contain {part:?}");
    }
    let mut manifest = random_manifest();
    manifest.style = None;
    assert!(fault(&manifest, &tensors).contains("no section \"style\""));

    let manifest = random_manifest();
    let changed = |name: &str, tensor: StoredTensor| {
        let mut tensors = tensors.clone();
        tensors.insert(name.to_owned(), tensor);
        fault(&manifest, &tensors)
    };
    let vector = |len: usize| StoredTensor::vector(vec![0.5; len]);
    for (name, len) in [
        ("synthesis.3.bias", 5),
        ("w.mean", 31),
        ("synthesis.9.noise", 4),
        ("synthesis.0.noise", 4),
        ("direction.w.smile", 3),
        ("mapping.7.weight", 4),
    ] {
        let fault = changed(name, vector(len));
        assert!(fault.contains(name), "{fault:?} should name {name}");
    }
    let infinite = StoredTensor::vector(vec![f32::INFINITY; 3]);
    assert!(changed("picture.0.bias", infinite).contains("picture.0.bias"));
}

#[test]
fn stored_noise_is_used() {
    let manifest = random_manifest();
    let mut tensors = tensors();
    let generator = |tensors: &BTreeMap<String, StoredTensor>| {
        let bytes = ModelFile::to_bytes(&manifest, tensors).expect("it is sound");
        let file = ModelFile::from_bytes(&bytes).expect("it is sound");
        Generator::new(&file, &device::cpu()).expect("it is sound")
    };
    let decode = |generator: &Generator| {
        let inputs = generator.inputs(Space::Z, &[0.5; 32]).expect("it has z");
        generator
            .decode_to_vec(&inputs, NoiseMode::Const)
            .expect("the CPU works")
    };
    let before = decode(&generator(&tensors));
    let noise = StoredTensor {
        shape: vec![32, 32],
        values: (0..1024).map(|i| (i as f32).sin()).collect(),
    };
    tensors.insert("synthesis.6.noise".to_owned(), noise);
    let after = decode(&generator(&tensors));
    assert!(largest_difference(&before, &after) > 1e-3);
}
