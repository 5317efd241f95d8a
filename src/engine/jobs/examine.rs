//! Everything that can be measured of the pictures of some shots.

use super::{Decoding, JobContext, Slice, Work, mean_squared_error, next_batch};
use crate::engine::Event;
use crate::engine::compute::BATCH_SHAPES;
use crate::latent::neighbours::nearest;
use crate::latent::{Code, SessionNames, Shot};
use crate::model::Fault;
use crate::model::measurement::Measurement;
use std::sync::Arc;

pub struct Examine {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    found: Vec<Measurement>,
    stage: Stage,
}

/// A few pictures at a time: each is decoded twice where there is an encoder.
enum Stage {
    Next,
    Decode(Decoding),
    /// The pictures, judged, and what encoding and decoding makes of them.
    Reconstruct(Vec<Measurement>, Decoding),
}

impl Examine {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            found: Vec::new(),
            stage: Stage::Next,
        }
    }

    /// What follows a stage that is done.
    fn next(&mut self, cx: &JobContext<'_>, stage: Stage) -> Result<Stage, Fault> {
        match stage {
            Stage::Next => {
                let batch = next_batch(&self.shots[self.found.len()..], BATCH_SHAPES[1]);
                let codes = cx.codes(batch, &self.names)?;
                Ok(match batch.first() {
                    Some(shot) => Stage::Decode(Decoding::plain(codes).drawn_like(shot)),
                    None => Stage::Next,
                })
            }
            Stage::Decode(decoding) => {
                let (codes, pictures) = decoding.take();
                let (measurements, again) = judged(cx, codes, &pictures)?;
                let mut decoding = Decoding::plain(again);
                if let Some(shot) = self.shots.get(self.found.len()) {
                    decoding = decoding.drawn_like(shot);
                }
                Ok(Stage::Reconstruct(measurements, decoding))
            }
            Stage::Reconstruct(mut measurements, decoding) => {
                let (_, pictures) = decoding.take();
                let len = cx.model.generator.image().len();
                for (measurement, again) in measurements.iter_mut().zip(pictures.chunks_exact(len))
                {
                    let error = mean_squared_error(&measurement.picture, again);
                    measurement.reconstruction_mse = Some(error as f32);
                }
                self.found.append(&mut measurements);
                Ok(Stage::Next)
            }
        }
    }
}

impl Work for Examine {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let is_done = match &mut self.stage {
            Stage::Next => true,
            Stage::Decode(decoding) | Stage::Reconstruct(_, decoding) => {
                decoding.advance(cx.model, cx.compute)?
            }
        };
        let before = self.found.len();
        if is_done {
            let stage = std::mem::replace(&mut self.stage, Stage::Next);
            self.stage = self.next(cx, stage)?;
        }
        let job = cx.job;
        let (done, total) = (self.found.len(), self.shots.len());
        let progress = Event::Progress { job, done, total };
        if done < total {
            let is_news = done > before;
            return Ok(Slice::More(
                is_news.then_some(progress).into_iter().collect(),
            ));
        }
        let measurements = std::mem::take(&mut self.found);
        Ok(Slice::Done(vec![
            progress,
            Event::Examined { job, measurements },
        ]))
    }
}

/// All but the reconstruction errors, and the codes that the encoder finds, if there is one.
fn judged(
    cx: &JobContext<'_>,
    codes: Vec<Code>,
    pictures: &[f32],
) -> Result<(Vec<Measurement>, Vec<Code>), Fault> {
    let generator = &cx.model.generator;
    let image = generator.image();
    let fault = |error: crate::model::ModelError| Fault::Program(error.to_string());
    // The judge is on the CPU, whatever decodes.
    let verdicts = match cx.model.judge().map_err(fault)? {
        Some(judge) => Some(judge.judge(pictures).map_err(fault)?),
        None => None,
    };
    let bits = cx.model.generator.bits_per_dimension(pictures);
    let bits = bits.map_err(fault)?;
    let mut measurements = Vec::with_capacity(codes.len());
    let mut encoded = Vec::new();
    for (index, (code, picture)) in codes
        .into_iter()
        .zip(pictures.chunks_exact(image.len()))
        .enumerate()
    {
        // What is noised as it is has no error to measure.
        if generator.has_encoder()
            && let Some(found) = cx.model.encode(cx.compute, picture)?
        {
            encoded.push(found.mu);
        }
        let rows = &cx.model.info.encoded;
        let nearest = (code.space == generator.start())
            .then(|| {
                nearest(
                    code.values.reals(),
                    rows.iter().map(|(row, _)| row.as_slice()),
                    1,
                )
            })
            .and_then(|found| found.first().map(|neighbour| neighbour.distance));
        measurements.push(Measurement {
            code,
            image,
            picture: picture.to_vec(),
            judged: verdicts.as_ref().and_then(|all| all.get(index)).cloned(),
            reconstruction_mse: None,
            bits_per_dimension: bits.as_ref().and_then(|all| all.get(index)).copied(),
            nearest,
        });
    }
    Ok((measurements, encoded))
}
