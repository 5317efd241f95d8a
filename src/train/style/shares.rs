//! Keeping a generator to the shares of the labels in the data.
//!
//! A discriminator judges one picture, or a few: it hardly notices that beards are shown three times as often as
//! in the data, and bald heads a tenth as often. A small classifier, trained beside on labelled data, says how often each label
//! is shown. Where its share differs from that of the data, the generator is moved along the gradient of
//! their divergence. This matches statistics of a batch as Salimans et al. (2016) match features, with labels in place of
//! the discriminator's inner values, and with means over many batches.

use super::view::View;
use crate::model::{ModelError, download};
use crate::train::classifier::label_rows;
use crate::train::dataset::DataForm;
use crate::train::drift::{Drift, Found};
use crate::train::losses;
use crate::train::parameters::Parameters;
use crate::train::recipe::Recipe;
use crate::train::settings::LabelShares;
use crate::train::task::{picture_network, rows};
use burn::tensor::{Device, Tensor, activation};
use std::collections::BTreeMap;

/// A classifier of what both networks see, and how often it finds each label.
pub struct Shares {
    settings: LabelShares,
    classifier: Parameters,
    drift: Drift,
}

impl Shares {
    /// # Errors
    /// When the layers of the classifier do not fit one another.
    pub fn new(
        (recipe, settings): (&Recipe, LabelShares),
        view: &View,
        data: &DataForm,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let spec = picture_network(view.seen, &recipe.classifier);
        let seed = recipe.training.seed + 3;
        // Adam as it is usual for classifiers: momentum is what a game of two networks does without.
        Ok(Self {
            classifier: Parameters::new(&spec, seed, (0.9, 0.999), device)?,
            settings,
            drift: Drift::new(data.labels.len(), settings.half_life),
        })
    }

    /// One step of the classifier on labelled data, as it is seen; gives its loss.
    ///
    /// # Errors
    /// When the device fails.
    pub fn learn(
        &mut self,
        seen: Tensor<2>,
        labels: &[u8],
        data: &DataForm,
        learning_rate: f64,
    ) -> Result<f32, ModelError> {
        let wanted = label_rows(data.kind, labels, data.labels.len());
        let wanted = rows(wanted, data.labels.len(), &seen.device());
        let logits = self.classifier.network()?.forward(seen);
        let loss = losses::bernoulli(logits, wanted);
        let shown = loss.clone().inner();
        let rate = learning_rate * self.settings.classifier_rate;
        self.classifier.step(&mut loss.backward(), rate, 0.0);
        Ok(download(shown)?[0])
    }

    /// The loss of generated pictures beside real ones, and the labels found in both.
    ///
    /// # Errors
    /// When the device fails.
    pub fn loss(
        &self,
        drawn: Tensor<2>,
        real: Tensor<2>,
    ) -> Result<(Tensor<1>, Found), ModelError> {
        let network = self.classifier.fixed_network()?;
        let mean = |seen| activation::sigmoid(network.forward(seen)).mean_dim(0);
        let (drawn, real) = (mean(drawn), mean(real));
        let loss = self.drift.loss(drawn.clone()) * self.settings.weight;
        let found = Found {
            drawn: download(drawn.flatten::<1>(0, 1).inner())?,
            real: download(real.flatten::<1>(0, 1).inner())?,
        };
        Ok((loss, found))
    }

    /// The divergence of all shares, in nats.
    pub fn divergence(&self) -> f32 {
        self.drift.divergence()
    }

    /// Takes what was found in the parts of a batch of so many pictures.
    pub fn note(&mut self, parts: &[Found], batch: usize) {
        self.drift.note(parts, batch);
    }

    /// Everything that a resumed run needs.
    ///
    /// # Errors
    /// When the device fails.
    pub fn save(&self, into: &mut BTreeMap<String, Vec<f32>>) -> Result<(), ModelError> {
        self.classifier.save("classifier", into)?;
        self.drift.save(NAME, into);
        Ok(())
    }

    /// Takes back what [`Self::save`] gave.
    ///
    /// # Errors
    /// When the state is of another recipe.
    pub fn restore(
        &mut self,
        from: &mut BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<(), ModelError> {
        self.drift.restore(NAME, from)?;
        self.classifier.restore("classifier", from, device)
    }
}

/// What its means are called in a checkpoint.
const NAME: &str = "shares";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::manifest::{ImageSpec, LabelKind};
    use crate::train::critic::CriticSpec;

    fn data() -> DataForm {
        DataForm {
            image: ImageSpec {
                channels: 3,
                height: 64,
                width: 64,
            },
            kind: LabelKind::Flags,
            labels: ["hat", "beard", "wink"].map(str::to_owned).to_vec(),
            groups: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// Shares of the recipe for faces, with one dense layer to the three labels for a classifier.
    fn fresh() -> (Shares, usize) {
        let text = include_str!("../../../assets/recipes/faces-stylegan.toml");
        let mut recipe = Recipe::parse(text).expect("it is sound");
        recipe.classifier = toml::from_str::<BTreeMap<String, Vec<_>>>(
            "of = [{ layer = \"flatten\" }, { layer = \"dense\", outputs = 3 }]",
        )
        .expect("layers")
        .remove("of")
        .expect("they are there");
        let mut style = recipe.style.clone().expect("it has styles");
        style.codes = recipe.autoencoder.as_ref().map(|it| it.codes);
        let critic = CriticSpec {
            channels: vec![1],
            group: 1,
            difference_gain: 1.0,
        };
        let data = data();
        let view = View::new(&style, &critic, data.image);
        let settings = LabelShares {
            weight: 1.0,
            half_life: 64,
            classifier_rate: 1.0,
        };
        let device = Device::flex().autodiff();
        let shares = Shares::new((&recipe, settings), &view, &data, &device);
        (shares.expect("sound"), view.seen.len())
    }

    /// What is drawn follows the gradient until it has the shares of the data, as the classifier sees
    /// them after it has learned.
    #[test]
    fn what_is_drawn_comes_to_the_shares_of_the_data() {
        let (mut shares, len) = fresh();
        let device = Device::flex().autodiff();
        // Labels that the first three numbers show: one picture of eight has the first, and so on.
        let (count, first) = (64, [8, 2, 4]);
        let has = |row: usize, label: usize| row.is_multiple_of(first[label]);
        let mut real = vec![0.0; count * len];
        let mut labels = vec![0; count * 3];
        for row in 0..count {
            for label in 0..3 {
                let shown = has(row, label);
                real[row * len + label] = if shown { 1.0 } else { -1.0 };
                labels[row * 3 + label] = u8::from(shown);
            }
        }
        let real = rows(real, len, &device);
        for _ in 0..300 {
            let loss = shares.learn(real.clone(), &labels, &data(), 0.02);
            assert!(loss.expect("the CPU works").is_finite());
        }
        let mut drawn = rows(vec![0.1; count * len], len, &device);
        let before = {
            let (_, found) = shares.loss(drawn.clone(), real.clone()).expect("found");
            (0..20).for_each(|_| shares.note(std::slice::from_ref(&found), count));
            shares.divergence()
        };
        for _ in 0..400 {
            let leaf = Tensor::from_inner(drawn.inner()).require_grad();
            let (loss, found) = shares.loss(leaf.clone(), real.clone()).expect("found");
            let gradient = leaf
                .grad(&loss.backward())
                .expect("it hangs on the pictures");
            drawn = Tensor::from_inner(leaf.inner() - gradient * 4.0);
            shares.note(&[found], count);
        }
        let after = shares.divergence();
        assert!(before > 0.3, "{before} nats at the beginning");
        assert!(after < 0.1 * before, "{after} of {before} nats are left");
    }

    #[test]
    fn a_resumed_run_goes_on_with_its_shares() {
        let (mut shares, _) = fresh();
        let found = Found {
            drawn: vec![0.125, 0.25, 0.5],
            real: vec![0.5; 3],
        };
        shares.note(&[found], 1 << 20);
        let mut state = BTreeMap::new();
        shares.save(&mut state).expect("the CPU works");
        let (mut resumed, _) = fresh();
        let device = Device::flex().autodiff();
        let restored = resumed.restore(&mut state.clone(), &device);
        restored.expect("it is its own state");
        assert!(shares.divergence() > 0.1);
        assert!((resumed.divergence() - shares.divergence()).abs() < 1e-6);
        state.remove("shares.real");
        let error = resumed
            .restore(&mut state, &device)
            .expect_err("incomplete");
        assert!(error.to_string().contains("shares.real"), "{error}");
    }
}
