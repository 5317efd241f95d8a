//! Directions found in codes or in what they do to the picture, each with what a step along it
//! changes.

use super::picture_axes::PictureAxes;
use super::{Decoding, JobContext, Slice, Work};
use crate::engine::background::Background;
use crate::engine::{DirectionSource, Event, Evidence, FoundDirection, ModelInfo};
use crate::latent::expr::Expr;
use crate::latent::pca::{Pca, PcaError};
use crate::latent::probe::{Found, ProbeError, class_difference, linear_probe};
use crate::latent::seed::seed_code;
use crate::latent::{Code, Direction, SessionNames, Space};
use crate::model::Fault;
use std::sync::Arc;

/// Random codes around which a change is measured: as many as for raw dimensions.
const CENTRES: u32 = 8;
/// Directions whose pictures are decoded together: 64, as in a tile.
const MEASURED_AT_ONCE: usize = 4;
/// Codes of w whose components are found (GANSpace, Härkönen et al. 2020).
const SAMPLES: usize = 10_000;
/// Codes that are mapped in one slice.
const MAPPED_AT_ONCE: usize = 500;
/// The most directions that are measured in one job.
const MAX_DIRECTIONS: usize = 1024;

pub struct Directions {
    source: DirectionSource,
    stage: Stage,
}

enum Stage {
    Begin,
    /// Drawing codes of w.
    Sample {
        w: Vec<f32>,
        count: usize,
    },
    /// Taking the Jacobian of the decoder.
    Differentiate {
        axes: Box<PictureAxes>,
        count: usize,
    },
    /// The mathematics runs on its own thread.
    Fit(Background<Result<Vec<Candidate>, String>>),
    Measure {
        candidates: Vec<Candidate>,
        found: Vec<FoundDirection>,
        /// The pictures of the next few candidates.
        decoding: Option<Box<Decoding>>,
    },
}

/// A direction that is not measured yet.
pub(super) struct Candidate {
    pub(super) direction: Direction,
    pub(super) evidence: Evidence,
}

impl Directions {
    pub fn new(source: DirectionSource) -> Self {
        Self {
            source,
            stage: Stage::Begin,
        }
    }

    fn begin(&self, cx: &JobContext<'_>) -> Result<Stage, Fault> {
        let info = &cx.model.info;
        match &self.source {
            &DirectionSource::Components { count } => {
                if info.encoded.len() > 1 {
                    let info = Arc::clone(info);
                    return fit(cx, move || data_components(&info, count));
                }
                if info.maps_z_to_w() {
                    return Ok(Stage::Sample {
                        w: Vec::new(),
                        count,
                    });
                }
                differentiate(cx, count)
            }
            &DirectionSource::PictureChange { count } => differentiate(cx, count),
            &DirectionSource::ClassDifference { from, to } => {
                let (from_name, to_name) = (class_name(info, from)?, class_name(info, to)?);
                let name = format!("{from_name} to {to_name}");
                labelled(cx, name, move |rows, labels| {
                    class_difference(rows, labels, from, to)
                })
            }
            &DirectionSource::Probe { class } => {
                let name = format!("probe: {}", class_name(info, class)?);
                labelled(cx, name, move |rows, labels| {
                    linear_probe(rows, labels, class)
                })
            }
            DirectionSource::Given(directions) => {
                if directions.len() > MAX_DIRECTIONS {
                    return Err(Fault::Request(format!(
                        "{} directions are too many to measure; up to {MAX_DIRECTIONS} are",
                        directions.len()
                    )));
                }
                let candidates = directions.iter().cloned().map(|direction| Candidate {
                    direction,
                    evidence: Evidence::None,
                });
                Ok(measure(candidates.collect()))
            }
        }
    }
}

fn measure(candidates: Vec<Candidate>) -> Stage {
    Stage::Measure {
        candidates,
        found: Vec::new(),
        decoding: None,
    }
}

/// Runs `work` on its own thread.
fn fit(
    cx: &JobContext<'_>,
    work: impl FnOnce() -> Result<Vec<Candidate>, String> + Send + 'static,
) -> Result<Stage, Fault> {
    Background::start(cx.waker, work).map(Stage::Fit)
}

fn differentiate(cx: &JobContext<'_>, count: usize) -> Result<Stage, Fault> {
    let axes = Box::new(PictureAxes::new(cx)?);
    Ok(Stage::Differentiate { axes, count })
}

/// One direction from the labelled codes of a model.
fn labelled(
    cx: &JobContext<'_>,
    name: String,
    find: impl FnOnce(&[&[f32]], &[u8]) -> Result<Found, ProbeError> + Send + 'static,
) -> Result<Stage, Fault> {
    let info = Arc::clone(&cx.model.info);
    let start = info.start;
    if info.encoded.is_empty() {
        return Err(Fault::Request(format!(
            "{} has no labelled codes to tell classes apart",
            info.id.name
        )));
    }
    fit(cx, move || {
        let (rows, labels): (Vec<&[f32]>, Vec<u8>) = info
            .encoded
            .iter()
            .map(|(code, label)| (code.as_slice(), *label))
            .unzip();
        let found = find(&rows, &labels).map_err(|error| error.to_string())?;
        Ok(vec![Candidate {
            direction: Direction {
                name,
                space: start,
                values: found.step,
            },
            evidence: Evidence::Accuracy {
                accuracy: found.accuracy as f32,
                baseline: found.baseline as f32,
            },
        }])
    })
}

/// The name of a class; its number where the manifest gives none.
fn class_name(info: &ModelInfo, class: u8) -> Result<String, Fault> {
    match info.manifest.classes.get(usize::from(class)) {
        Some(name) => Ok(name.clone()),
        None if info.manifest.classes.is_empty() => Ok(class.to_string()),
        None => Err(Fault::Request(format!(
            "{} has no class {class}; its {} classes are numbered from 0",
            info.id.name,
            info.manifest.classes.len()
        ))),
    }
}

fn data_components(info: &ModelInfo, count: usize) -> Result<Vec<Candidate>, String> {
    let rows: Vec<&[f32]> = info.encoded.iter().map(|(code, _)| &code[..]).collect();
    components(Pca::of(&rows), count, info.start)
}

/// The first `count` components as directions.
fn components(
    pca: Result<Pca, PcaError>,
    count: usize,
    space: Space,
) -> Result<Vec<Candidate>, String> {
    let pca = pca.map_err(|error| error.to_string())?;
    let count = count.min(pca.components.len()).min(MAX_DIRECTIONS);
    let candidate = |number: usize| {
        let values = pca.step(number)?;
        // A component along which nothing varies is a direction by chance.
        if values.iter().all(|&value| value == 0.0) {
            return None;
        }
        Some(Candidate {
            direction: Direction {
                name: format!("PC {}", number + 1),
                space,
                values,
            },
            evidence: Evidence::Variance {
                share: pca.share(number) as f32,
            },
        })
    };
    Ok((0..count).filter_map(candidate).collect())
}

/// The codes a step ahead and a step back around every centre, by way of the language.
fn steps(cx: &JobContext<'_>, direction: &Direction) -> Result<Vec<Code>, Fault> {
    let names = SessionNames {
        directions: vec![direction.clone()],
        ..SessionNames::default()
    };
    let mut codes = Vec::with_capacity(2 * CENTRES as usize);
    for seed in 0..CENTRES {
        // A seed is mapped where the direction is not in z.
        let centre = Expr::Seed(seed);
        for join in [Expr::Add, Expr::Sub] {
            let step = Box::new(Expr::Direction(direction.name.clone()));
            codes.push(cx.evaluate(&join(Box::new(centre.clone()), step), &names)?);
        }
    }
    Ok(codes)
}

/// The root mean square change of a pixel for one step, from pictures ahead and behind in turn:
/// half the difference, as [`crate::model::statistics::picture_change`] measures raw dimensions.
fn picture_change(pictures: &[f32], len: usize) -> f32 {
    let squares = pictures.chunks_exact(2 * len).map(|both| {
        let (ahead, behind) = both.split_at(len);
        super::mean_squared_error(ahead, behind) / 4.0
    });
    let count = pictures.len() / (2 * len).max(1);
    (squares.sum::<f64>() / count.max(1) as f64).sqrt() as f32
}

impl Work for Directions {
    fn is_ready(&self) -> bool {
        match &self.stage {
            Stage::Fit(background) => background.is_over(),
            _ => true,
        }
    }

    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let job = cx.job;
        let mut events = Vec::new();
        let next = match &mut self.stage {
            Stage::Begin => Some(self.begin(cx)?),
            Stage::Sample { w, count } => {
                let generator = &cx.model.generator;
                let info = &cx.model.info;
                let dim = info.manifest.spaces.get(&Space::W).map_or(0, |s| s.dim());
                let first = w.len() / dim.max(1);
                let seeds = first..(first + MAPPED_AT_ONCE).min(SAMPLES);
                let done = seeds.end;
                let z: Vec<f32> = seeds
                    .flat_map(|seed| seed_code(seed as u32, generator.start_len()))
                    .collect();
                w.extend(cx.mapped(&z)?);
                let total = SAMPLES;
                events.push(Event::Progress { job, done, total });
                if done < total {
                    None
                } else {
                    let (w, count) = (std::mem::take(w), *count);
                    Some(fit(cx, move || {
                        let rows: Vec<&[f32]> = w.chunks_exact(dim.max(1)).collect();
                        components(Pca::of(&rows), count, Space::W)
                    })?)
                }
            }
            Stage::Differentiate { axes, count } => {
                axes.slice(cx)?;
                let (done, total) = axes.progress();
                events.push(Event::Progress { job, done, total });
                if done < total {
                    None
                } else {
                    let count = (*count).min(MAX_DIRECTIONS);
                    let found = axes.take();
                    Some(fit(cx, move || Ok(found.directions(count)))?)
                }
            }
            Stage::Fit(background) => match background.take()? {
                Some(result) => Some(measure(result.map_err(Fault::Request)?)),
                None => None,
            },
            Stage::Measure {
                candidates,
                found,
                decoding,
            } => {
                let left = &candidates[found.len()..];
                let batch = &left[..left.len().min(MEASURED_AT_ONCE)];
                let under_way = match decoding {
                    Some(decoding) => decoding,
                    None => {
                        let mut codes = Vec::new();
                        for candidate in batch {
                            codes.extend(steps(cx, &candidate.direction)?);
                        }
                        decoding.insert(Box::new(Decoding::plain(codes)))
                    }
                };
                if !under_way.advance(cx.model, cx.compute)? {
                    return Ok(Slice::More(events));
                }
                let decoded = decoding.take().map(|decoding| decoding.take());
                let pictures = decoded.map(|(_, pictures)| pictures).unwrap_or_default();
                let len = cx.model.generator.image().len();
                let each = pictures.chunks_exact(2 * CENTRES as usize * len);
                for (candidate, pictures) in batch.iter().zip(each) {
                    found.push(FoundDirection {
                        direction: candidate.direction.clone(),
                        picture_change: picture_change(pictures, len),
                        evidence: candidate.evidence,
                    });
                }
                let (done, total) = (found.len(), candidates.len());
                events.push(Event::Progress { job, done, total });
                if done < total {
                    None
                } else {
                    let found = std::mem::take(found);
                    events.push(Event::Directions { job, found });
                    return Ok(Slice::Done(events));
                }
            }
        };
        if let Some(next) = next {
            self.stage = next;
        }
        Ok(Slice::More(events))
    }
}
