//! An engine driven step by step.

use std::sync::Arc;
use std::time::{Duration, Instant};
use zscape::engine::{
    Decoders, DeviceChoice, Engine, EngineOptions, Event, Frame, Job, JobId, ModelId, ModelInfo,
    ModelSource, PreviewRequest, SharedGpu, StageId,
};
use zscape::latent::expr::{self, Expr};
use zscape::latent::{Sampler, Shot};

/// Long enough for a software adapter that compiles its first kernels beside other tests.
const PATIENCE: Duration = Duration::from_secs(600);

pub struct Driver {
    pub engine: Engine,
}

impl Driver {
    pub fn new(device: DeviceChoice, gpu: Option<SharedGpu>) -> Self {
        Self::with_decoders(device, gpu, Decoders::default())
    }

    /// An engine whose models decode in another way.
    pub fn with_decoders(device: DeviceChoice, gpu: Option<SharedGpu>, decoders: Decoders) -> Self {
        Self::with_options(EngineOptions {
            device,
            gpu,
            wake: Arc::new(|| {}),
            decoders,
        })
    }

    pub fn with_options(options: EngineOptions) -> Self {
        let engine = Engine::start(options);
        Self {
            engine: engine.expect("a thread can be started"),
        }
    }

    /// Waits for the first event that `pick` takes; the others are dropped.
    pub fn wait<T>(&self, what: &str, mut pick: impl FnMut(Event) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if let Ok(event) = self.engine.wait_event(Duration::from_millis(100))
                && let Some(found) = pick(event)
            {
                return found;
            }
        }
        panic!("no event within {PATIENCE:?}: {what}");
    }

    pub fn load(&self, name: &str) -> Arc<ModelInfo> {
        self.engine.load(ModelSource::Catalogue(name.to_owned()));
        self.wait("the model is loaded", |event| match event {
            Event::Loaded(info) => Some(info),
            Event::LoadFailed { fault, .. } => panic!("{name} is refused: {fault}"),
            _ => None,
        })
    }

    /// A style-based model with random weights, through a file.
    pub fn load_random_style(&self) -> Arc<ModelInfo> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("random.safetensors");
        let bytes = zscape::model::style::random_model(1).expect("sound");
        std::fs::write(&path, bytes).expect("it can be written");
        self.engine.load(ModelSource::File(path));
        self.wait("the model is loaded", |event| match event {
            Event::Loaded(info) => Some(info),
            Event::LoadFailed { fault, .. } => panic!("{fault}"),
            _ => None,
        })
    }

    pub fn request(&self, model: &ModelId, generation: u64, expression: &str) {
        self.engine.preview(PreviewRequest {
            stage: StageId::default(),
            generation,
            shot: shot(model, expression),
            names: Arc::default(),
        });
    }

    pub fn frame(&self, model: &ModelId, generation: u64, expression: &str) -> Frame {
        self.request(model, generation, expression);
        self.wait("a frame", |event| match event {
            Event::Frame(frame) if frame.generation == generation => Some(frame),
            Event::PreviewFailed { fault, .. } => panic!("{expression}: {fault}"),
            _ => None,
        })
    }

    pub fn decode(&self, model: &ModelId, seeds: std::ops::Range<u32>) -> JobId {
        self.decode_with(model, seeds, Sampler::default())
    }

    pub fn decode_with(
        &self,
        model: &ModelId,
        seeds: std::ops::Range<u32>,
        sampler: Sampler,
    ) -> JobId {
        let shot = |seed| Shot::new(model.clone(), Expr::Seed(seed)).with_sampler(sampler);
        self.engine.submit(Job::Decode {
            shots: seeds.map(shot).collect(),
            names: Arc::default(),
        })
    }

    /// The pictures of a decode job, one after the other.
    pub fn pictures(&self, job: JobId) -> Vec<f32> {
        let mut pictures = Vec::new();
        self.wait("a decode job", |event| match event {
            Event::Tile {
                job: of, values, ..
            } if of == job => {
                pictures.extend(values);
                None
            }
            Event::JobFailed { fault, .. } => panic!("the job failed: {fault}"),
            Event::JobDone { job: of } if of == job => Some(()),
            _ => None,
        });
        pictures
    }
}

/// The picture of an expression with the default settings.
pub fn shot(model: &ModelId, expression: &str) -> Shot {
    let expression = expr::parse(expression).expect("the expression is sound");
    Shot::new(model.clone(), expression)
}

/// A driver of an engine on the CPU.
pub fn cpu() -> Driver {
    Driver::new(DeviceChoice::Cpu, None)
}

/// A device of this machine, software or not; a machine without one fails the test.
pub fn gpu() -> SharedGpu {
    match zscape::gpu::headless(false) {
        Ok(gpu) => gpu,
        Err(error) => panic!("this test needs a Vulkan driver: {error}"),
    }
}

/// Numbers without end between -1 and 1: a linear congruential generator (Knuth's MMIX).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn bits(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.bits() as usize % end
    }

    pub fn number(&mut self) -> f32 {
        self.bits() as f32 / (1u64 << 30) as f32 - 1.0
    }

    pub fn numbers(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.number()).collect()
    }
}
