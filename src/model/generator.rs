//! A loaded model on one device: codes to pictures, and back where there is an encoder.

mod inputs;

use super::bound_graph::BoundGraph;
use super::device;
use super::diffusion::Diffusion;
use super::file::ModelFile;
use super::flow;
use super::judge_gradient::JudgeGradient;
use super::manifest::{ImageSpec, Manifest, Role};
use super::network::Network;
use super::network_form::NetworkForm;
use super::noise::Noise;
use super::runner::{Runner, upload_rows};
use super::sketch;
use super::style_scales::{self, SCALES};
use super::wiring::Wiring;
use super::written::Written;
use super::{cpu::causal::Causal, grid};
use crate::latent::expr::LayerRange;
use crate::latent::{Lead, NoiseMode, Sampler, Space, SpaceShape, Vocabulary, VocabularyKind};
use burn::tensor::{Device, Tensor, TensorData};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Multiplications that take about a tenth of a second on two cores: what takes more is sketched within that.
const SKETCH_WORK: usize = 1 << 33;

/// Why a model could not be built or run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModelError(pub String);

/// What an encoder says of pictures.
pub struct Encoded {
    /// The space of the codes.
    pub space: Space,
    /// `[batch, numbers]`
    pub mu: Tensor<2>,
    /// Log variance, `[batch, numbers]`; `None` where the encoder gives codes alone.
    pub logvar: Option<Tensor<2>>,
}

/// The networks of a model on a device.
#[derive(Clone, Debug)]
pub struct Generator {
    device: Device,
    image: ImageSpec,
    spaces: BTreeMap<Space, SpaceShape>,
    /// What each space leads to on the way to the decoder.
    leads: BTreeMap<Space, Lead>,
    start: Space,
    /// The space whose codes the decoder takes.
    takes: Space,
    /// The weights of a condition where nothing is said.
    unsaid: Vec<f32>,
    /// Whether the words are classes, of which a code has one.
    has_classes: bool,
    /// The spaces of which the codes still have a condition.
    conditional: Vec<Space>,
    /// The map that takes the condition, where the decoder does not.
    conditional_map: Option<(Space, Space)>,
    maker: Maker,
    /// Always on the CPU, so that a code is mapped alike on every device.
    maps: Vec<Map>,
    encoder: Option<Encoder>,
    density: Option<Runner>,
    /// The first layers of a slow decoder.
    sketch: Option<Runner>,
    /// See [`Self::style_scales`].
    style_scales: Option<[LayerRange; SCALES]>,
    /// See [`Self::activation_bytes`].
    activation_bytes: usize,
    /// See [`Self::decode_work`] and [`Self::map_work`].
    work: [usize; 2],
}

/// What makes a picture of rows of codes and conditions.
#[derive(Clone, Debug)]
enum Maker {
    /// A decoder, with what it takes besides.
    Decoder(Runner, Noise),
    /// A sampler over a denoiser.
    Diffusion(Box<Diffusion>),
    /// A network that says what comes next, and a decoder of what it wrote.
    Written(Box<Written>),
}

#[derive(Clone, Debug)]
struct Map {
    from: Space,
    to: Space,
    runner: Runner,
    /// Whether it scores the indices of a grid.
    scores: bool,
}

#[derive(Clone, Debug)]
struct Encoder {
    runner: Runner,
    gives: Space,
    gives_logvar: bool,
    /// How many places a grid has whose indices it scores; 0 where it gives codes.
    scored_places: usize,
}

impl Generator {
    /// Uploads the networks of a checked file.
    ///
    /// # Errors
    /// When the file is of a family without a decoder.
    pub fn new(file: &ModelFile, device: &Device) -> Result<Self, ModelError> {
        let manifest = &file.manifest;
        let start = manifest
            .start_space()
            .ok_or_else(|| ModelError("it has no latent space to walk through".to_owned()))?;
        let networks = Wiring::of(manifest)
            .map_err(|fault| ModelError(format!("{}: {fault}", manifest.name)))?;
        let leads = manifest.spaces.keys();
        let leads = leads.filter_map(|&space| Some((space, manifest.lead(space)?)));
        let maps = networks.maps.iter().map(|map| {
            Ok(Map {
                from: map.from,
                to: map.to,
                scores: map.scores,
                runner: Runner::new(&map.graph, file, &device::cpu())?,
            })
        });
        // The encoder of a diffusion model is its sampler's.
        let (data_encoder, encoder) = match (&networks.denoiser, networks.encoder) {
            (Some(_), encoder) => (encoder, None),
            (None, encoder) => (None, encoder),
        };
        let encoder = encoder.map(|encoder| {
            Ok(Encoder {
                runner: Runner::new(&encoder.graph, file, device)?,
                gives: encoder.gives,
                gives_logvar: encoder.gives_logvar,
                scored_places: encoder.scores.map_or(0, |_| {
                    let shape = manifest.spaces.get(&encoder.gives);
                    shape.and_then(|shape| shape.checked_len()).unwrap_or(0)
                }),
            })
        });
        let density = networks.density.as_ref();
        let density = density.map(|graph| Runner::new(graph, file, device));
        let map_work = networks.maps.iter().map(|map| map.graph.plan.multiply_adds);
        let map_work = map_work.sum();
        let plans = [
            networks.denoiser.as_ref().map(|one| &one.graph.plan),
            networks.prior.as_ref().map(|one| &one.graph.plan),
            networks.decoder.as_ref().map(|one| &one.graph.plan),
        ];
        let peaks = plans.iter().flatten().map(|plan| plan.peak_numbers);
        let peak = peaks.max().unwrap_or(0);
        let [denoising, writing, decoding] =
            plans.map(|plan| plan.map_or(0, |plan| plan.multiply_adds));
        let evaluations = Sampler::default().steps;
        let decode_work = denoising
            .saturating_mul(evaluations)
            .saturating_add(writing)
            .saturating_add(decoding);
        let runner = |graph: &BoundGraph| Runner::new(graph, file, device);
        // A GPU is quick enough, and memory there is short.
        let is_sketched =
            *device == device::cpu() && networks.denoiser.is_none() && networks.prior.is_none();
        let sketch = networks.decoder.as_ref().filter(|_| is_sketched);
        let sketch = sketch.and_then(|it| sketch::sketch(&it.graph, manifest.image, SKETCH_WORK));
        let sketch = sketch.as_ref().map(runner).transpose()?;
        let style_scales = match (&networks.decoder, manifest.spaces.get(&Space::W_PLUS)) {
            (Some(decoder), Some(&SpaceShape::Layers { layers, .. })) => {
                Some(match decoder.takes == Space::W_PLUS {
                    true => style_scales::scales(&decoder.graph.plan, layers),
                    false => style_scales::thirds(layers),
                })
            }
            _ => None,
        };
        let (takes, maker) = match (networks.denoiser, networks.decoder) {
            (Some(denoiser), decoder) => {
                let shape = manifest.spaces.get(&denoiser.takes);
                let x_len = shape.and_then(|shape| shape.checked_len()).unwrap_or(0);
                let graph = decoder.as_ref().map(|decoder| &decoder.graph);
                let judge = JudgeGradient::of(file, graph, x_len, device);
                let diffusion = Diffusion {
                    judge: judge.map(Arc::new),
                    spec: denoiser.spec,
                    denoiser: runner(&denoiser.graph)?,
                    decoder: decoder.map(|decoder| runner(&decoder.graph)).transpose()?,
                    encoder: data_encoder
                        .map(|encoder| runner(&encoder.graph))
                        .transpose()?,
                    x_len,
                    words: manifest.decoder_words(),
                    negates_by_guidance: negates_by_guidance(manifest),
                };
                (denoiser.takes, Maker::Diffusion(Box::new(diffusion)))
            }
            (None, Some(decoder)) if let Some(prior) = &networks.prior => {
                let [height, width] = prior.sides;
                let fault = |fault| ModelError(format!("{}: {fault}", manifest.name));
                let causal = Causal::new(&prior.graph, file, [height, width, prior.levels]);
                let written = Written {
                    prior: causal.map_err(fault)?,
                    // As everything that leads to a code, so that a code is written alike on every device.
                    whole: Runner::new(&prior.graph, file, &device::cpu())?,
                    decoder: runner(&decoder.graph)?,
                    words: manifest.condition_len(),
                    negates_by_guidance: negates_by_guidance(manifest),
                };
                (decoder.takes, Maker::Written(Box::new(written)))
            }
            (None, Some(decoder)) => {
                let noise = Noise::of(file, decoder.noise);
                (
                    decoder.takes,
                    Maker::Decoder(runner(&decoder.graph)?, noise),
                )
            }
            (None, None) => return Err(ModelError("it has no decoder".to_owned())),
        };
        Ok(Self {
            device: device.clone(),
            image: manifest.image,
            spaces: manifest.spaces.clone(),
            leads: leads.collect(),
            start,
            takes,
            unsaid: manifest
                .conditions
                .as_ref()
                .map_or_else(Vec::new, Vocabulary::unsaid),
            has_classes: manifest
                .conditions
                .as_ref()
                .is_some_and(|words| words.kind == VocabularyKind::Classes),
            conditional: manifest
                .spaces
                .keys()
                .copied()
                .filter(|space| manifest.takes_condition(*space))
                .collect(),
            conditional_map: manifest.conditional_map(),
            maker,
            maps: maps.collect::<Result<_, ModelError>>()?,
            encoder: encoder.transpose()?,
            density: density.transpose()?,
            sketch,
            style_scales,
            activation_bytes: peak.saturating_mul(size_of::<f32>()),
            work: [decode_work, map_work],
        })
    }

    pub fn image(&self) -> ImageSpec {
        self.image
    }

    /// The space that seeds are drawn in.
    pub fn start(&self) -> Space {
        self.start
    }

    /// What a space leads to on the way to the decoder.
    pub fn lead(&self, space: Space) -> Option<Lead> {
        self.leads.get(&space).copied()
    }

    /// Numbers of a code in the space that seeds are drawn in.
    pub fn start_len(&self) -> usize {
        self.len_of(self.start)
    }

    /// The space whose codes the decoder takes.
    pub fn decoder_space(&self) -> Space {
        self.takes
    }

    /// Numbers of a row as [`Self::decode`] takes it: a code in the space before the decoder, and the
    /// weights of its condition if the decoder takes one.
    pub fn input_len(&self) -> usize {
        match &self.maker {
            Maker::Written(written) => written.row_len(),
            _ => self.len_of(self.takes) + self.decoder_words(),
        }
    }

    /// How many weights of a condition follow the code in such a row.
    pub fn decoder_words(&self) -> usize {
        match self.conditional_map {
            Some(_) => 0,
            None => self.unsaid.len(),
        }
    }

    /// Whether what is said of a code in a space still counts: not behind the map that takes it.
    pub fn takes_condition(&self, space: Space) -> bool {
        self.conditional.contains(&space)
    }

    /// How many weights a condition has; 0 where the model takes none.
    pub fn condition_len(&self) -> usize {
        self.unsaid.len()
    }

    fn len_of(&self, space: Space) -> usize {
        let shape = self.spaces.get(&space);
        shape.and_then(|shape| shape.checked_len()).unwrap_or(0)
    }

    /// How many style inputs there are, and how long each is, where codes in w are taken for the
    /// rows of w+.
    pub fn styles(&self) -> Option<[usize; 2]> {
        match self.spaces.get(&Space::W_PLUS) {
            Some(&SpaceShape::Layers { layers, dim })
                if self.leads.get(&Space::W) == Some(&Lead::Rows(Space::W_PLUS)) =>
            {
                Some([layers, dim])
            }
            _ => None,
        }
    }

    /// Which rows of w+ are coarse, middle and fine styles, where there are such rows.
    pub fn style_scales(&self) -> Option<[LayerRange; SCALES]> {
        self.style_scales
    }

    pub fn device(&self) -> &Device {
        &self.device
    }

    /// Bytes of activations that decoding one picture keeps alive at once, by the order of the
    /// graph's nodes: what batches can be sized by. A device may need some more within a node.
    pub fn activation_bytes(&self) -> usize {
        self.activation_bytes
    }

    /// Multiplications for one picture by the decoder alone.
    pub fn decode_work(&self) -> usize {
        self.work[0]
    }

    /// Multiplications for one code by all networks before the decoder.
    pub fn map_work(&self) -> usize {
        self.work[1]
    }

    pub fn has_encoder(&self) -> bool {
        self.encoder.is_some()
    }

    /// The space of the codes that [`Self::encode`] finds; `None` without an encoder.
    pub fn encoded_space(&self) -> Option<Space> {
        self.encoder.as_ref().map(|encoder| encoder.gives)
    }

    /// Decodes what [`Self::inputs`] gave to pictures `[batch, channels * height * width]` in
    /// 0..1.
    ///
    /// # Errors
    /// When the numbers are no whole number of inputs.
    pub fn decode(&self, inputs: &[f32], noise: NoiseMode) -> Result<Tensor<2>, ModelError> {
        match &self.maker {
            Maker::Decoder(decoder, known) => {
                with_noise(known, inputs, noise, |inputs| decoder.tensor(inputs))
            }
            Maker::Diffusion(diffusion) => {
                let pictures = sampled(diffusion, inputs, &Sampler::with_noise(noise))?;
                Ok(upload_rows(&pictures, self.image.len(), &self.device))
            }
            Maker::Written(written) => {
                let sampler = Sampler::with_noise(noise);
                let grids = written.grids(&inputs.to_vec().into(), &sampler);
                written.decoder.tensor(&[&grids])
            }
        }
    }

    /// A quick picture for each of such inputs, `[batch, channels * height * width]` in 0..1; `None` where
    /// the decoder is quick itself, or has no picture before its last layers.
    ///
    /// # Errors
    /// When the numbers are no whole number of inputs.
    pub fn sketch(&self, inputs: &[f32], noise: NoiseMode) -> Result<Option<Vec<f32>>, ModelError> {
        let (Maker::Decoder(_, known), Some(sketch)) = (&self.maker, &self.sketch) else {
            return Ok(None);
        };
        with_noise(known, inputs, noise, |inputs| sketch.values(inputs)).map(Some)
    }

    /// What makes the pictures of a model that makes them in steps.
    pub fn diffusion(&self) -> Option<&Diffusion> {
        match &self.maker {
            Maker::Decoder(..) | Maker::Written(_) => None,
            Maker::Diffusion(diffusion) => Some(diffusion),
        }
    }

    /// What makes the pictures of a model that writes them place by place.
    pub fn written(&self) -> Option<&Written> {
        match &self.maker {
            Maker::Decoder(..) | Maker::Diffusion(_) => None,
            Maker::Written(written) => Some(written),
        }
    }

    /// Decodes as [`Self::decode`] does, to numbers on the CPU, f32
    /// `[batch, channels, height, width]`, waited for.
    ///
    /// On the CPU a picture has the same bits whatever else is in the batch.
    ///
    /// # Errors
    /// As for [`Self::decode`], or when the device was lost.
    pub fn decode_to_vec(&self, inputs: &[f32], noise: NoiseMode) -> Result<Vec<f32>, ModelError> {
        self.make(inputs, &Sampler::with_noise(noise))
    }

    /// The same with all settings.
    ///
    /// # Errors
    /// As for [`Self::decode_to_vec`], or when a setting is out of its range.
    pub fn make(&self, inputs: &[f32], sampler: &Sampler) -> Result<Vec<f32>, ModelError> {
        match &self.maker {
            Maker::Decoder(decoder, known) => with_noise(known, inputs, sampler.noise, |inputs| {
                decoder.values(inputs)
            }),
            Maker::Diffusion(diffusion) => sampled(diffusion, inputs, sampler),
            Maker::Written(written) => written.pictures(&inputs.to_vec().into(), sampler),
        }
    }

    /// Encodes pictures in 0..1, given one after the other, or gives `None` without an encoder.
    ///
    /// # Errors
    /// When the numbers are no whole number of pictures.
    pub fn encode(&self, pictures: &[f32]) -> Result<Option<Encoded>, ModelError> {
        let Some(encoder) = &self.encoder else {
            return Ok(None);
        };
        if encoder.scored_places > 0 {
            let places = encoder.scored_places;
            let scores = encoder.runner.values(&[pictures])?;
            let count = pictures.len() / self.image.len().max(1);
            let indices = grid::all_chosen(&scores, count, places);
            let indices: Vec<f32> = indices.map(|index| index as f32).collect();
            return Ok(Some(Encoded {
                space: encoder.gives,
                mu: upload_rows(&indices, places, &self.device),
                logvar: None,
            }));
        }
        let mut found = encoder.runner.tensors(&[pictures])?.into_iter();
        let lost = || ModelError("the encoder gave nothing".to_owned());
        Ok(Some(Encoded {
            space: encoder.gives,
            mu: found.next().ok_or_else(lost)?,
            logvar: if encoder.gives_logvar {
                Some(found.next().ok_or_else(lost)?)
            } else {
                None
            },
        }))
    }

    /// The natural logarithms of the densities of pictures in 0..1, given one after the other: of pixels
    /// that may have any value in 0..1. `None` where the model knows none.
    ///
    /// # Errors
    /// When the numbers are no whole number of pictures, or the device was lost.
    pub fn log_densities(&self, pictures: &[f32]) -> Result<Option<Vec<f32>>, ModelError> {
        let density = self.density.as_ref();
        density.map(|runner| runner.values(&[pictures])).transpose()
    }

    /// How many bits each number of a picture takes, for pictures in 0..1 of 256 values, given one
    /// after the other. `None` where the model knows no density.
    ///
    /// # Errors
    /// As for [`Self::log_densities`].
    pub fn bits_per_dimension(&self, pictures: &[f32]) -> Result<Option<Vec<f32>>, ModelError> {
        if let Maker::Written(written) = &self.maker
            && written.prior.places() == self.image.len()
        {
            return self.bits_of_grids(written, pictures).map(Some);
        }
        if self.density.is_none() {
            return Ok(None);
        }
        let middles = pictures.iter().map(|&pixel| flow::dequantised(pixel, 0.5));
        let middles: Vec<f32> = middles.collect();
        let len = self.image.len();
        let bits = |&log_density: &f32| flow::bits_per_dimension(log_density.into(), len) as f32;
        let found = self.log_densities(&middles)?;
        Ok(found.map(|all| all.iter().map(bits).collect()))
    }
}

impl Generator {
    /// The bits that each pixel of a picture takes where pixels are written, of which nothing is said.
    fn bits_of_grids(&self, written: &Written, pictures: &[f32]) -> Result<Vec<f32>, ModelError> {
        let Some(encoded) = self.encode(pictures)? else {
            return Ok(Vec::new());
        };
        let grids = download(encoded.mu)?;
        let places = written.prior.places();
        let unsaid: Vec<f32> = self.unsaid.repeat(grids.len() / places.max(1));
        let likelihoods = written.log_likelihoods(&grids, &unsaid)?;
        let bits = |nats: f32| -nats / std::f32::consts::LN_2 / places as f32;
        Ok(likelihoods.into_iter().map(bits).collect())
    }
}

/// Whether weights below 0 say what guidance leads away from: no picture is of a class less than not at all.
fn negates_by_guidance(manifest: &Manifest) -> bool {
    let words = manifest.conditions.as_ref();
    words.is_some_and(|words| words.kind == VocabularyKind::Classes)
}

/// Runs a decoder on codes and, where it adds any, noise.
fn with_noise<T>(
    noise: &Noise,
    codes: &[f32],
    mode: NoiseMode,
    run: impl FnOnce(&[&[f32]]) -> Result<T, ModelError>,
) -> Result<T, ModelError> {
    let noise = noise.of_mode(mode);
    let noise = noise.iter().map(Vec::as_slice);
    let inputs: Vec<&[f32]> = std::iter::once(codes).chain(noise).collect();
    run(&inputs)
}

/// All steps of a sampler.
fn sampled(
    diffusion: &Diffusion,
    inputs: &[f32],
    sampler: &Sampler,
) -> Result<Vec<f32>, ModelError> {
    let begun = diffusion.begin(&inputs.to_vec().into(), sampler);
    let mut run = begun.map_err(|fault| ModelError(fault.to_string()))?;
    loop {
        run.step(diffusion)?;
        let [done, of] = run.progress();
        if done >= of {
            return run.pictures(diffusion);
        }
    }
}

/// A network of layers of a file on a device, as training knows it, or `None` when the file has
/// no such network.
///
/// # Errors
/// When the file was changed after it was checked.
pub fn upload(
    file: &ModelFile,
    role: Role,
    device: &Device,
) -> Result<Option<Network>, ModelError> {
    let form = file.manifest.networks.get(&role);
    let Some(spec) = form.and_then(NetworkForm::layers) else {
        return Ok(None);
    };
    Network::new(spec, |name| {
        let values = &file.network_tensor(role, name)?.values;
        Some(Tensor::from_data(
            TensorData::new(values.clone(), [values.len()]),
            device,
        ))
    })
    .map(Some)
    .map_err(|fault| ModelError(format!("{}: {fault}", file.manifest.name)))
}

/// The numbers of a tensor, waited for.
///
/// # Errors
/// When the device was lost or the numbers are not `f32`.
pub fn download<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, ModelError> {
    tensor
        .try_into_data()
        .map_err(|error| ModelError(format!("the device failed: {error:?}")))?
        .try_into_vec::<f32>()
        .map_err(|error| ModelError(format!("the device gave other numbers: {error:?}")))
}
