//! What a generator learns in one step, and from whom.

use super::StyleTask;
use crate::model::{ModelError, download};
use crate::train::drift::Found;
use crate::train::parameters::{LeafGradients, Leaves};
use crate::train::task::rows;
use burn::tensor::Tensor;

/// What a generator's step has found for one part of a batch.
pub(super) struct Taught {
    pub(super) generator: LeafGradients,
    pub(super) encoder: Option<LeafGradients>,
    /// The labels, where shares are kept.
    pub(super) found: Option<Found>,
    /// The probability of each label in each decoded picture.
    pub(super) looks: Option<Vec<f32>>,
    /// The codes that were drawn, and what they show, for the learner beside a teacher.
    pub(super) drawn: Option<(Vec<f32>, Vec<u8>)>,
    /// The losses by name.
    pub(super) shown: Vec<(&'static str, f32)>,
}

impl StyleTask {
    /// The gradients of the generator, and of the encoder where there is one, for one part.
    /// `judged` is what is seen of generated and of real pictures; the real ones in 0..1 are the
    /// encoder's.
    pub(super) fn teach_part(
        &self,
        generator: &Leaves,
        judged: Option<(Tensor<2>, Tensor<2>)>,
        pictures: &[f32],
        (step, place): (u64, u64),
    ) -> Result<Taught, ModelError> {
        let mut shown = Vec::new();
        let (mut loss, mut found, mut seen, mut drawn) = (None, None, None, None);
        if let Some((fake, real)) = judged {
            let weight = self.adversarial_weight(step);
            // The generator's step asks for no gradient in the critic's weights.
            let critic = self.judge(|name| self.critic.fixed(name))?;
            let kind = self.settings.loss;
            let judgement = critic.forward(fake.clone());
            let adversarial = kind.of_generator(judgement, || critic.forward(real.clone()));
            shown.push(("generator", adversarial.clone().inner()));
            let mut whole = adversarial;
            if let Some((looks, decoder)) = self.looks_at(step) {
                let pictures = decoder.forward_one(fake.clone()).map_err(ModelError)?;
                let (told, labels) = looks.loss(pictures)?;
                shown.push(("looks", told.clone().inner()));
                whole = whole + told;
                seen = Some(labels);
            }
            if let Some(teacher) = &self.teacher {
                let looks = self.looks.as_ref().zip(seen.as_ref());
                let labels = looks.map_or_else(Vec::new, |((looks, _), seen)| looks.labels(seen));
                whole = whole + teacher.loss(&fake, &labels, place)?;
                drawn = Some((download(fake.clone().inner())?, labels));
            }
            if let Some(shares) = &self.shares {
                let (drift, labels) = shares.loss(fake, real)?;
                whole = whole + drift;
                found = Some(labels);
            }
            loss = Some(whole * weight);
        }
        let mut encoder_leaves = None;
        if let Some(encoder) = &self.encoder {
            // Beside a discriminator, half of the pictures keep what was learned.
            let len = self.view.image.len();
            let all = pictures.len() / len.max(1);
            let count = if loss.is_some() { all.div_ceil(2) } else { all };
            let pictures = rows(pictures[..count * len].to_vec(), len, &self.device);
            let leaves = encoder.parameters.leaves();
            let (again, [error, kl]) =
                self.autoencode((generator, &leaves), encoder, pictures, (step, place))?;
            shown.extend([("reconstruction", error), ("kl", kl)]);
            loss = Some(match loss {
                Some(loss) => loss + again,
                None => again,
            });
            encoder_leaves = Some(leaves);
        }
        let loss = loss.ok_or_else(|| ModelError("there is nothing to learn from".to_owned()))?;
        let mut gradients = loss.backward();
        let shown = shown.into_iter();
        let shown = shown.map(|(name, value)| Ok((name, download(value)?[0])));
        Ok(Taught {
            generator: generator.gradients(&mut gradients),
            encoder: encoder_leaves.map(|leaves| leaves.gradients(&mut gradients)),
            found,
            looks: seen,
            drawn,
            shown: shown.collect::<Result<_, ModelError>>()?,
        })
    }
}
