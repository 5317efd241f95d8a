//! The device that decodes, and what is needed to show its pictures.

use super::bridge;
use super::{DeviceChoice, DeviceInfo, EngineOptions, Picture};
use crate::gpu::display::{DisplayPass, rgba_from_planes};
use crate::gpu::{self, Gpu};
use crate::latent::{Code, NoiseMode, Sampler};
use crate::model::gradient::{SquaredError, Tape};
use crate::model::manifest::ImageSpec;
use crate::model::process::{Budget, Decoder, Inputs, Pictures, Process, Step};
use crate::model::{self, Fault, Generator, ModelError, ModelFile, download};
use burn::tensor::Device;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The batch sizes that a GPU sees: each shape is compiled once.
pub const BATCH_SHAPES: [usize; 3] = [1, 8, 64];

/// The smallest batch shape that holds `count` codes.
pub fn padded_batch(count: usize) -> usize {
    BATCH_SHAPES
        .into_iter()
        .find(|&shape| shape >= count)
        .unwrap_or(count)
}

/// What an encoder says of one picture, on the CPU.
pub struct EncodedPicture {
    pub mu: Code,
    /// Log variance of each number of the code; `None` where the encoder gives codes alone.
    pub logvar: Option<Vec<f32>>,
}

/// A device with its display pass, if pictures stay on it.
pub struct Backend {
    pub device: Device,
    pub info: DeviceInfo,
    /// Present when decoding happens on the window's own device.
    display: Option<(DisplayPass, Gpu)>,
}

impl Backend {
    /// The device that the options ask for, or the CPU with the reason.
    pub fn choose(options: &EngineOptions) -> Self {
        if options.device == DeviceChoice::Cpu {
            return Self::cpu(None);
        }
        let shared = options.gpu.is_some();
        let found = match &options.gpu {
            Some(gpu) => Ok(gpu.clone()),
            None => gpu::headless(options.device == DeviceChoice::Auto),
        };
        match found {
            Err(error) => Self::cpu(Some(error.to_string())),
            Ok(gpu) if options.device == DeviceChoice::Auto && gpu::is_software(&gpu.adapter) => {
                let name = gpu.adapter.get_info().name;
                Self::cpu(Some(format!("the graphics adapter {name} is software")))
            }
            Ok(gpu) => {
                // A driver that panics must not take the engine with it.
                match catch_unwind(AssertUnwindSafe(|| Self::gpu(gpu, shared))) {
                    Ok(Ok(compute)) => compute,
                    Ok(Err(error)) => Self::cpu(Some(error.to_string())),
                    Err(_) => Self::cpu(Some("the GPU could not be set up".to_owned())),
                }
            }
        }
    }

    /// The CPU, with the reason if a GPU was wanted.
    pub fn cpu(fallback: Option<String>) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let plural = if cores == 1 { "" } else { "s" };
        let adapter = format!("CPU, {cores} core{plural}");
        let info = DeviceInfo {
            backend: "flex",
            adapter,
            fallback,
        };
        Self {
            device: model::device::cpu(),
            info,
            display: None,
        }
    }

    fn gpu(gpu: Gpu, shared: bool) -> Result<Self, ModelError> {
        let Gpu {
            instance,
            adapter,
            device,
            queue,
        } = gpu.clone();
        let burn_device =
            model::device::shared(instance, adapter.clone(), device.clone(), queue.clone())?;
        // The compute runtime's handler panics on any error, also on the window's.
        device.on_uncaptured_error(Arc::new(|error| log::error!("GPU: {error}")));
        let info = DeviceInfo {
            backend: "wgpu",
            adapter: adapter.get_info().name,
            fallback: None,
        };
        let display = shared.then(|| (DisplayPass::new(&device, &queue), gpu));
        Ok(Self {
            device: burn_device,
            info,
            display,
        })
    }

    pub fn is_gpu(&self) -> bool {
        self.info.backend == "wgpu"
    }

    /// Whose fault an error of device work is: a GPU can be given up, the CPU cannot.
    pub fn fault(&self, error: impl std::fmt::Display) -> Fault {
        if self.is_gpu() {
            Fault::Device(error.to_string())
        } else {
            Fault::Program(error.to_string())
        }
    }

    /// Does one step of a process.
    ///
    /// # Errors
    /// Those of the process; a panic in it is one too.
    pub fn step(&self, process: &mut dyn Process, budget: Budget) -> Result<Step, Fault> {
        self.guard(|| process.step(budget))
    }

    /// A quick picture of what some inputs will become, where the whole takes long.
    ///
    /// # Errors
    /// Those of the decoder; a panic in it is one too.
    pub fn sketch(
        &self,
        decoder: &dyn Decoder,
        inputs: &Inputs,
        sampler: &Sampler,
    ) -> Result<Option<Pictures>, Fault> {
        self.guard(|| decoder.sketch(inputs, sampler))
    }

    /// The noisy pictures that the last step of a process began with; see [`Process::noisy`].
    ///
    /// # Errors
    /// Those of the process; a panic in it is one too.
    pub fn noisy(&self, process: &mut dyn Process) -> Result<Option<Pictures>, Fault> {
        self.guard(|| process.noisy())
    }

    /// Makes the first of some pictures one that can be shown, waited for.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn show(&self, pictures: Pictures, image: ImageSpec) -> Result<Picture, Fault> {
        match (pictures, &self.display) {
            (Pictures::Tensor(tensor), Some((pass, gpu))) => self.guard(|| {
                let texture =
                    bridge::texture(*tensor, image, pass).map_err(|error| self.fault(error))?;
                gpu.device
                    .poll(wgpu::PollType::wait_indefinitely())
                    .map_err(|error| self.fault(error))?;
                Ok(Picture::Texture { texture, image })
            }),
            (pictures, _) => {
                let values = self.values(pictures, image)?;
                let rgba = Arc::from(rgba_from_planes(&values, image));
                Ok(Picture::Pixels { rgba, image })
            }
        }
    }

    /// The numbers of some pictures, f32 `[count, C, H, W]`, waited for.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn values(&self, pictures: Pictures, image: ImageSpec) -> Result<Vec<f32>, Fault> {
        let values = match pictures {
            Pictures::Values(values) => values,
            Pictures::Tensor(tensor) => self.run(|| download(*tensor))?,
        };
        // A lost device may give no numbers instead of an error.
        if !values.is_empty() && values.len().is_multiple_of(image.len()) {
            Ok(values)
        } else {
            Err(self.fault("the device gave no picture"))
        }
    }

    /// Decodes rows of decoder inputs to f32 `[count, C, H, W]`, padded to a known shape on a GPU.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn decode(
        &self,
        generator: &Generator,
        inputs: &[f32],
        noise: NoiseMode,
    ) -> Result<Vec<f32>, Fault> {
        let image = generator.image();
        let count = inputs.len() / generator.input_len().max(1);
        let values = self.run(|| {
            if !self.is_gpu() {
                return generator.decode_to_vec(inputs, noise);
            }
            let padded = self.padded(inputs.to_vec(), generator.input_len());
            generator.decode_to_vec(&padded, noise)
        })?;
        let mut values = self.values(Pictures::Values(values), image)?;
        values.truncate(count * image.len());
        Ok(values)
    }

    /// Rows of decoder inputs, on a GPU as many as a shape that is compiled.
    pub fn padded(&self, mut inputs: Vec<f32>, row: usize) -> Vec<f32> {
        if self.is_gpu() {
            let count = inputs.len() / row.max(1);
            inputs.resize(padded_batch(count) * row, 0.0);
        }
        inputs
    }

    /// What the encoder says of one picture; `None` without an encoder.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn encode(
        &self,
        generator: &Generator,
        picture: &[f32],
    ) -> Result<Option<EncodedPicture>, Fault> {
        self.run(|| {
            let Some(encoded) = generator.encode(picture)? else {
                return Ok(None);
            };
            Ok(Some(EncodedPicture {
                mu: generator.code(encoded.space, download(encoded.mu)?)?,
                logvar: encoded.logvar.map(download).transpose()?,
            }))
        })
    }

    /// A decoder on this device that gives gradients.
    ///
    /// # Errors
    /// When the file does not fit the device.
    pub fn tape(&self, file: &ModelFile) -> Result<Tape, Fault> {
        self.run(|| Tape::new(file, &self.device))
    }

    /// The errors of the pictures of decoder inputs against `target`, with their gradients.
    ///
    /// # Errors
    /// When the device was lost.
    pub fn squared_error(
        &self,
        tape: &Tape,
        generator: &Generator,
        inputs: &[f32],
        target: &[f32],
    ) -> Result<SquaredError, Fault> {
        let found = self.run(|| tape.squared_error(generator, inputs, target))?;
        // A lost device may give no numbers instead of an error.
        let rows = inputs.len() / generator.input_len().max(1);
        if found.errors.len() == rows
            && found.gradients.len() == inputs.len()
            && found.pictures.len() == rows * target.len()
        {
            Ok(found)
        } else {
            Err(self.fault("the device gave no gradients"))
        }
    }

    /// Runs device work of a model; a panic of the runtime becomes an error.
    ///
    /// # Errors
    /// Those of the work, as faults of this device.
    pub fn run<T>(&self, work: impl FnOnce() -> Result<T, ModelError>) -> Result<T, Fault> {
        self.guard(|| work().map_err(|error| self.fault(error)))
    }

    fn guard<T>(&self, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            let adapter = &self.info.adapter;
            Err(self.fault(format_args!("{adapter} stopped working")))
        })
    }
}
