//! Quick pictures of slow decoders.

use crate::foreign::parity::drawn;
use crate::foreign_files::Form;
use crate::support::{Driver, shot};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use zscape::engine::{
    Decoders, DeviceChoice, Event, Fault, Frame, ModelInfo, PreviewRequest, StageId,
};
use zscape::latent::{NoiseMode, Sampler};
use zscape::model::process::{Budget, Decoder, Inputs, Pictures, Process, Step};
use zscape::model::sketch::sketch;
use zscape::model::{Generator, ModelFile, Runner, Stop, Wiring, device};

/// A style-based generator in rosinality's layout, of channels for each size from 4x4 pixels up. What two of
/// them have in common they have from the same draw.
fn generator(folder: &Path, channels: &[usize]) -> ModelFile {
    let (z, w) = (6, 8);
    let mut tensors: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: String, shape: &[usize]| tensors.push((name, shape.to_vec()));
    add("style.1.weight".to_owned(), &[w, z]);
    add("style.1.bias".to_owned(), &[w]);
    add("input.input".to_owned(), &[1, channels[0], 4, 4]);
    let mut before = channels[0];
    for index in 0..2 * channels.len() - 1 {
        let size = index.div_ceil(2);
        let (after, side) = (channels[size], 4 << size);
        let module = match index {
            0 => "conv1".to_owned(),
            index => format!("convs.{}", index - 1),
        };
        let mut layer = |module: &str, outputs: usize, inputs: usize, kernel: usize| {
            add(
                format!("{module}.conv.weight"),
                &[1, outputs, inputs, kernel, kernel],
            );
            add(format!("{module}.conv.modulation.weight"), &[inputs, w]);
            add(format!("{module}.conv.modulation.bias"), &[inputs]);
        };
        layer(&module, after, before, 3);
        let rgb = match size {
            0 => "to_rgb1".to_owned(),
            size => format!("to_rgbs.{}", size - 1),
        };
        if index % 2 == 0 {
            layer(&rgb, 3, after, 1);
            add(format!("{rgb}.bias"), &[1, 3, 1, 1]);
        }
        add(format!("{module}.activate.bias"), &[after]);
        add(format!("{module}.noise.weight"), &[1]);
        add(format!("noises.noise_{index}"), &[1, 1, side, side]);
        before = after;
    }
    let path = folder.join(format!("{}.pt", channels.len()));
    let bytes = Form::TorchZip.bytes(&drawn("sketched", &tensors));
    std::fs::write(&path, bytes).expect("the folder is there");
    ModelFile::read(&path).expect("it is a StyleGAN2")
}

/// A picture twice as large in both directions, pixel centres aligned.
fn doubled(picture: &[f32], side: usize) -> Vec<f32> {
    let at = |channel: usize, row: usize, column: usize| {
        picture[(channel * side + row.min(side - 1)) * side + column.min(side - 1)]
    };
    let near = |index: usize| match index % 2 {
        0 => [index / 2, (index / 2).saturating_sub(1)],
        _ => [index / 2, index / 2 + 1],
    };
    let mut found = Vec::new();
    for channel in 0..3 {
        for row in 0..2 * side {
            for column in 0..2 * side {
                let rows = near(row).into_iter().zip([0.75, 0.25]);
                let sum = rows.flat_map(|(row, of_row)| {
                    let columns = near(column).into_iter().zip([0.75, 0.25]);
                    columns.map(move |(column, of_column)| {
                        of_row * of_column * at(channel, row, column)
                    })
                });
                found.push(sum.sum::<f32>());
            }
        }
    }
    found
}

#[test]
fn a_sketch_is_what_the_generator_of_the_first_layers_draws() {
    let folder = tempfile::tempdir().expect("a folder");
    let large = generator(folder.path(), &[7, 6, 5, 4]);
    let small = generator(folder.path(), &[7, 6, 5]);
    let wiring = Wiring::of(&large.manifest).expect("it is sound");
    let graph = wiring.decoder.expect("it decodes").graph;
    let whole = graph.plan.multiply_adds;
    let found = sketch(&graph, large.manifest.image, whole - 1).expect("it has sums");
    assert!(found.plan.multiply_adds < whole);
    assert!(
        sketch(&graph, large.manifest.image, whole).is_none(),
        "it is quick itself"
    );
    assert!(
        sketch(&graph, large.manifest.image, 1).is_none(),
        "nothing is that quick"
    );

    let [large_one, small_one] =
        [&large, &small].map(|file| Generator::new(file, &device::cpu()).expect("it is sound"));
    let codes = [0.5, -1.0, 2.0, 0.1, 0.3, -0.7];
    let inputs = large_one.inputs(large_one.start(), &codes).expect("a code");
    let noises: Vec<Vec<f32>> = (0..7)
        .map(|index| large.tensors[&format!("noise.noise{index}")].values.clone())
        .collect();
    let mut all: Vec<&[f32]> = vec![&inputs];
    all.extend(noises.iter().map(Vec::as_slice));
    let sketched = Runner::new(&found, &large, &device::cpu())
        .expect("it is sound")
        .values(&all);
    let sketched = sketched.expect("the CPU works");
    let inputs = small_one.inputs(small_one.start(), &codes).expect("a code");
    let picture = small_one
        .decode_to_vec(&inputs, NoiseMode::Const)
        .expect("the CPU works");
    let wanted = doubled(&picture, 16);
    assert_eq!(sketched.len(), 3 * 32 * 32);
    let differences = sketched.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
    let largest = differences.fold(0.0, f32::max);
    assert!(largest < 1e-5, "{largest}");
    let mean = wanted.iter().sum::<f32>() / wanted.len() as f32;
    assert!(
        wanted.iter().any(|value| (value - mean).abs() > 0.05),
        "it is no picture"
    );
}

/// A decoder that has a sketch of its pictures, all of one grey, and whose step waits until a test allows it.
struct Sketched {
    generator: Arc<Generator>,
    gate: Arc<Gate>,
}

struct Gate {
    begins: Mutex<Sender<()>>,
    allowed: Mutex<Receiver<()>>,
}

struct Waiting {
    plain: Box<dyn Process>,
    gate: Arc<Gate>,
}

impl Decoder for Sketched {
    fn steps(&self, _: &Sampler) -> usize {
        1
    }

    fn sketch(&self, _: &Inputs, _: &Sampler) -> Result<Option<Pictures>, Fault> {
        let grey = vec![0.5; self.generator.image().len()];
        Ok(Some(Pictures::Values(grey)))
    }

    fn begin(
        self: Arc<Self>,
        inputs: Inputs,
        sampler: &Sampler,
    ) -> Result<Box<dyn Process>, Fault> {
        Ok(Box::new(Waiting {
            plain: Arc::clone(&self.generator).begin(inputs, sampler)?,
            gate: Arc::clone(&self.gate),
        }))
    }
}

impl Process for Waiting {
    fn step(&mut self, budget: Budget) -> Result<Step, Fault> {
        let over = || Fault::Program("the test is over".to_owned());
        let begins = self.gate.begins.lock().expect("no test panicked in here");
        begins.send(()).map_err(|_| over())?;
        let allowed = self.gate.allowed.lock().expect("as above");
        // As a network does between two layers.
        let stop = Stop::watched();
        loop {
            stop.check().map_err(Fault::Program)?;
            match allowed.recv_timeout(Duration::from_millis(1)) {
                Ok(()) => return self.plain.step(budget),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(over()),
            }
        }
    }
}

#[test]
fn a_sketch_comes_first_and_the_next_request_ends_what_sharpens_it() {
    let (begins, begun) = channel();
    let (allow, allowed) = channel();
    let gate = Arc::new(Gate {
        begins: Mutex::new(begins),
        allowed: Mutex::new(allowed),
    });
    let decoders = Decoders::new(move |_, generator| {
        Arc::new(Sketched {
            generator,
            gate: Arc::clone(&gate),
        })
    });
    let driver = Driver::with_decoders(DeviceChoice::Cpu, None, decoders);
    let model: Arc<ModelInfo> = driver.load("digits-vae2");
    let request = |generation: u64| {
        driver.engine.preview(PreviewRequest {
            stage: StageId(0),
            generation,
            shot: shot(&model.id, &format!("seed({generation})")),
            names: Arc::default(),
        });
    };
    let frame = || -> Frame {
        driver.wait("a frame", |event| match event {
            Event::Frame(frame) => Some(frame),
            Event::PreviewFailed { fault, .. } => panic!("{fault}"),
            _ => None,
        })
    };
    let is_grey = |frame: &Frame| {
        let zscape::engine::Picture::Pixels { rgba, .. } = &frame.picture else {
            panic!("the CPU gives pixels");
        };
        rgba.chunks_exact(4).all(|pixel| pixel == &rgba[..4])
    };
    request(1);
    let first = frame();
    assert_eq!((first.generation, first.step, first.of), (1, 0, 1));
    assert!(!first.is_last() && is_grey(&first));
    // It is being sharpened when the hand moves on.
    begun.recv().expect("the hand rests");
    request(2);
    let second = frame();
    assert_eq!((second.generation, second.step), (2, 0));
    // The hand moves before anything was sharpened.
    request(3);
    let third = frame();
    assert_eq!((third.generation, third.step), (3, 0));
    allow.send(()).expect("the engine is there");
    let sharp = frame();
    assert_eq!((sharp.generation, sharp.step, sharp.of), (3, 1, 1));
    assert!(sharp.is_last() && !is_grey(&sharp));
}

#[test]
fn styles_are_coarse_middle_and_fine_by_the_size_of_their_layers() {
    let folder = tempfile::tempdir().expect("a folder");
    let ends = |channels: &[usize]| {
        let file = generator(folder.path(), channels);
        let generator = Generator::new(&file, &device::cpu()).expect("it is sound");
        let scales = generator.style_scales().expect("it has styles");
        scales.map(|scale| scale.end)
    };
    // To 8, 32 and 64 pixels; nothing is fine in a picture of 32, which is divided in thirds.
    assert_eq!(ends(&[4, 4, 3, 3, 2]), [3, 7, 10]);
    assert_eq!(ends(&[4, 4, 3, 3]), [2, 5, 8]);
}
