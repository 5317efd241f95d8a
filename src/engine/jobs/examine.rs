//! Everything that can be measured of the pictures of some shots.

use super::{Fault, Site, Slice, Work, mean_squared_error, next_batch};
use crate::engine::Event;
use crate::engine::compute::BATCH_SHAPES;
use crate::latent::neighbours::nearest;
use crate::latent::{Code, NoiseMode, SessionNames, Shot, Space};
use crate::model::specimen::Specimen;
use std::sync::Arc;

pub struct Examine {
    shots: Vec<Shot>,
    names: Arc<SessionNames>,
    found: Vec<Specimen>,
}

impl Examine {
    pub fn new(shots: Vec<Shot>, names: Arc<SessionNames>) -> Self {
        Self {
            shots,
            names,
            found: Vec::new(),
        }
    }
}

impl Work for Examine {
    fn slice(&mut self, site: &Site<'_>) -> Result<Slice, Fault> {
        // Few at a time: each is decoded twice where there is an encoder.
        let batch = next_batch(&self.shots[self.found.len()..], BATCH_SHAPES[1]);
        if let Some(first) = batch.first() {
            let noise = first.sampler.noise;
            let codes = site.codes(batch, &self.names)?;
            self.found.extend(examined(site, codes, noise)?);
        }
        let job = site.job;
        let (done, total) = (self.found.len(), self.shots.len());
        let progress = Event::Progress { job, done, total };
        if done < total {
            return Ok(Slice::More(vec![progress]));
        }
        let specimens = std::mem::take(&mut self.found);
        Ok(Slice::Done(vec![
            progress,
            Event::Examined { job, specimens },
        ]))
    }
}

fn examined(site: &Site<'_>, codes: Vec<Code>, noise: NoiseMode) -> Result<Vec<Specimen>, Fault> {
    let generator = &site.model.generator;
    let image = generator.image();
    let pictures = site.decode(&codes, noise)?;
    let verdicts = match site.model.judge().map_err(Fault::device)? {
        Some(judge) => Some(judge.judge(&pictures).map_err(Fault::device)?),
        None => None,
    };
    let mut specimens = Vec::with_capacity(codes.len());
    for (index, (code, picture)) in codes
        .into_iter()
        .zip(pictures.chunks_exact(image.len()))
        .enumerate()
    {
        let encoded = site.compute.encode(generator, picture);
        let reconstruction_mse = match encoded.map_err(Fault::device)? {
            None => None,
            Some(encoded) => {
                let mu = Code::vector(Space::Z, encoded.mu);
                let again = site.decode(&[mu], noise)?;
                Some(mean_squared_error(picture, &again) as f32)
            }
        };
        let rows = &site.model.info.encoded;
        let nearest = (code.space == Space::Z)
            .then(|| nearest(&code.values, rows.iter().map(|(row, _)| row.as_slice()), 1))
            .and_then(|found| found.first().map(|neighbour| neighbour.distance));
        specimens.push(Specimen {
            code,
            image,
            picture: picture.to_vec(),
            judged: verdicts.as_ref().and_then(|all| all.get(index)).copied(),
            reconstruction_mse,
            nearest,
        });
    }
    Ok(specimens)
}
