//! A picture to its code and back.

use super::{Decoding, JobContext, Slice, Work, mean_squared_error};
use crate::engine::compute::EncodedPicture;
use crate::engine::{Encoding, Event};
use crate::latent::Code;
use crate::model::Fault;
use std::sync::Arc;

pub struct Encode {
    picture: Arc<[f32]>,
    found: Option<Found>,
}

/// What the encoder said, while its code is being decoded.
struct Found {
    picture: Vec<f32>,
    mu: Code,
    sigma: Option<Vec<f32>>,
    kl: Option<Vec<f32>>,
    decoding: Decoding,
}

impl Encode {
    pub fn new(picture: Arc<[f32]>) -> Self {
        Self {
            picture,
            found: None,
        }
    }

    fn encode(&self, cx: &JobContext<'_>) -> Result<Found, Fault> {
        let picture = cx.picture(&self.picture)?;
        let found = cx.model.encode(cx.compute, &picture)?;
        let Some(EncodedPicture { mu, logvar }) = found else {
            let name = cx.name();
            return Err(Fault::Request(format!(
                "{name} has no encoder; its codes are found by inversion"
            )));
        };
        let sigma: Option<Vec<f32>> = logvar.as_ref().map(|logvar| {
            logvar
                .iter()
                .map(|&v| (f64::from(v) / 2.0).exp() as f32)
                .collect()
        });
        let numbers = mu.values.reals().iter().chain(sigma.iter().flatten());
        if numbers.into_iter().any(|value| !value.is_finite()) {
            let message = "the encoder gave numbers that are not finite".to_owned();
            return Err(Fault::Request(message));
        }
        let kl = logvar.map(|logvar| {
            let pairs = mu.values.reals().iter().zip(&logvar);
            pairs.map(|(&mu, &logvar)| kl_nats(mu, logvar)).collect()
        });
        Ok(Found {
            decoding: Decoding::plain(vec![mu.clone()]),
            picture,
            mu,
            sigma,
            kl,
        })
    }
}

impl Work for Encode {
    fn slice(&mut self, cx: &JobContext<'_>) -> Result<Slice, Fault> {
        let mut found = match self.found.take() {
            Some(found) => found,
            None => self.encode(cx)?,
        };
        let decoded = found.decoding.advance(cx.model, cx.compute);
        if !matches!(decoded, Ok(true)) {
            self.found = Some(found);
            return decoded.map(|_| Slice::More(Vec::new()));
        }
        let (_, reconstruction) = found.decoding.take();
        let image = cx.model.generator.image();
        let bits = cx.model.generator.bits_per_dimension(&found.picture);
        let bits = bits.map_err(|error| Fault::Program(error.to_string()))?;
        let encoding = Encoding {
            image,
            squared_error: squared_error(&found.picture, &reconstruction, image.channels),
            mse: mean_squared_error(&found.picture, &reconstruction) as f32,
            bits_per_dimension: bits.and_then(|bits| bits.first().copied()),
            mu: found.mu,
            sigma: found.sigma,
            kl: found.kl,
            reconstruction,
        };
        Ok(Slice::Done(vec![Event::Encoded {
            job: cx.job,
            encoding: Arc::new(encoding),
        }]))
    }
}

/// The divergence of a normal distribution from the standard normal one, in nats:
/// `(mu^2 + sigma^2 - 1 - ln sigma^2) / 2` (Kingma and Welling 2014, appendix B).
fn kl_nats(mu: f32, logvar: f32) -> f32 {
    let (mu, logvar) = (f64::from(mu), f64::from(logvar));
    (0.5 * (mu * mu + logvar.exp() - 1.0 - logvar)) as f32
}

/// The squared difference of each pixel, as the mean over the channels.
fn squared_error(a: &[f32], b: &[f32], channels: usize) -> Vec<f32> {
    let pixels = a.len() / channels.max(1);
    let mut sums = vec![0.0; pixels];
    for (index, (a, b)) in a.iter().zip(b).enumerate() {
        sums[index % pixels] += (a - b).powi(2);
    }
    let scale = 1.0 / channels.max(1) as f32;
    sums.iter_mut().for_each(|sum| *sum *= scale);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_normal_diverges_by_nothing() {
        assert_eq!(kl_nats(0.0, 0.0), 0.0);
        assert_eq!(kl_nats(2.0, 0.0), 2.0);
        assert!((kl_nats(0.0, 0.25f32.ln()) - 0.5 * (0.25 - 1.0 + 4f32.ln())).abs() < 1e-6);
    }

    #[test]
    fn errors_are_averaged_over_channels() {
        let a = [0.0, 0.0, 1.0, 0.5, 0.0, 1.0];
        let b = [1.0, 0.0, 1.0, 0.0, 0.0, 0.0];
        let found = squared_error(&a, &b, 3);
        for (found, expected) in found.iter().zip([1.0 / 3.0, (0.25 + 1.0) / 3.0]) {
            assert!((found - expected).abs() < 1e-6, "{found} and {expected}");
        }
        assert_eq!(found.len(), 2);
        assert_eq!(squared_error(&a, &b, 1).len(), 6);
    }
}
