//! Where a picture would have to change for the judge to see more of what is asked for: what leads the
//! steps of a sampler in classifier guidance (Dhariwal and Nichol 2021).

use super::bound_graph::BoundGraph;
use super::file::ModelFile;
use super::graph::GraphNetwork;
use super::judge::{Weights, entry_for};
use super::manifest::{LabelKind, Manifest};
use super::runner::{network, upload_rows};
use super::{ModelError, device, download};
use crate::latent::stands_for;
use burn::tensor::activation::{log_sigmoid, log_softmax, softmax};
use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use std::sync::OnceLock;

/// The least probability that is told from 0, so that its logarithm is finite.
const LEAST: f32 = 1e-6;

/// The judge of a model's pictures behind the model's decoder, in a graph of gradients; made when it is
/// first asked.
#[derive(Debug)]
pub struct JudgeGradient {
    /// The decoder, with a file of its tensors alone; `None` where `x` is a picture.
    decoder: Option<(BoundGraph, ModelFile)>,
    model: Manifest,
    /// Numbers of `x`.
    x_len: usize,
    base: Device,
    networks: OnceLock<Result<Networks, String>>,
}

#[derive(Debug)]
struct Networks {
    device: Device,
    decoder: Option<GraphNetwork>,
    classifier: GraphNetwork,
    kind: LabelKind,
    labels: usize,
    /// The label that each word of the model stands for.
    places: Vec<Option<usize>>,
}

impl JudgeGradient {
    /// That of a model's file; `None` where the catalogue has no judge of its pictures, or nothing can be
    /// asked of it.
    pub fn of(
        file: &ModelFile,
        decoder: Option<&BoundGraph>,
        x_len: usize,
        base: &Device,
    ) -> Option<Self> {
        let model = &file.manifest;
        entry_for(model).filter(|_| model.conditions.is_some())?;
        let decoder = decoder.map(|graph| {
            let names = graph.plan.all_parameters();
            let bound = names.filter_map(|it| graph.binding(&it.name));
            let tensors = bound.filter_map(|it| {
                let tensor = file.tensors.get(&it.tensor)?.clone();
                Some((it.tensor, tensor))
            });
            let tensors = tensors.collect();
            let part = ModelFile {
                manifest: model.clone(),
                tensors,
                hash: file.hash.clone(),
            };
            (graph.clone(), part)
        });
        Some(Self {
            decoder,
            model: model.clone(),
            x_len,
            base: base.clone(),
            networks: OnceLock::new(),
        })
    }

    fn networks(&self) -> Result<&Networks, ModelError> {
        let made = self
            .networks
            .get_or_init(|| self.make().map_err(|error| error.0));
        made.as_ref().map_err(|fault| ModelError(fault.clone()))
    }

    fn make(&self) -> Result<Networks, ModelError> {
        let device = self.base.clone().autodiff();
        let decoder = self.decoder.as_ref();
        let decoder = decoder.map(|(graph, file)| network(graph, file, &device));
        let judge = Weights::of(&self.model)?;
        let judge = judge.ok_or_else(|| ModelError("no judge knows its pictures".to_owned()))?;
        let labels = &judge.file.manifest.classes;
        let words = self.model.conditions.iter().flat_map(|it| &it.words);
        let place = |word: &String| labels.iter().position(|label| stands_for(word, label));
        Ok(Networks {
            decoder: decoder.transpose().map_err(ModelError)?,
            classifier: network(&judge.graph, &judge.file, &device).map_err(ModelError)?,
            kind: judge.file.manifest.labels,
            labels: labels.len(),
            places: words.map(place).collect(),
            device,
        })
    }

    /// The gradient in each number of `data`, rows of `x` without noise, of the logarithm of the
    /// probability that the judge gives to what each row is asked for. `weights` are those of the words,
    /// row after row; where one is negative, that of the contrary counts.
    ///
    /// # Errors
    /// When the device was lost, or the built-in judge is not sound.
    pub fn at(&self, data: &[f32], weights: &[f32]) -> Result<Vec<f32>, ModelError> {
        let networks = self.networks()?;
        let words = networks.places.len().max(1);
        if self.base != device::cpu() {
            return networks.gradient(data, weights, self.x_len);
        }
        // Row by row, so that a picture has the same bits whatever is drawn beside it.
        let rows = data
            .par_chunks(self.x_len.max(1))
            .zip(weights.par_chunks(words));
        let found: Result<Vec<Vec<f32>>, ModelError> = rows
            .map(|(data, weights)| networks.gradient(data, weights, self.x_len))
            .collect();
        Ok(found?.concat())
    }
}

impl Networks {
    fn gradient(
        &self,
        data: &[f32],
        weights: &[f32],
        x_len: usize,
    ) -> Result<Vec<f32>, ModelError> {
        let mut asked = [Vec::new(), Vec::new()];
        for row in weights.chunks_exact(self.places.len().max(1)) {
            let mut of_labels = [vec![0.0; self.labels], vec![0.0; self.labels]];
            for (place, weight) in self.places.iter().zip(row) {
                if let Some(place) = *place {
                    of_labels[0][place] += weight.max(0.0);
                    of_labels[1][place] += (-weight).max(0.0);
                }
            }
            for (all, row) in asked.iter_mut().zip(of_labels) {
                all.extend(row);
            }
        }
        let [wanted, unwanted] = asked.map(|all| upload_rows(&all, self.labels, &self.device));
        let x = upload_rows(data, x_len, &self.device).require_grad();
        let pictures = match &self.decoder {
            Some(decoder) => decoder.forward_one(x.clone()).map_err(ModelError)?,
            // What lies outside is not cut off: it would have no gradient there.
            None => (x.clone() + 1.0) / 2.0,
        };
        let scores = self.classifier.forward_one(pictures).map_err(ModelError)?;
        let [holds, does_not] = match self.kind {
            LabelKind::Classes => {
                let others = (-softmax(scores.clone(), 1) + 1.0).clamp_min(LEAST);
                [log_softmax(scores, 1), others.log()]
            }
            LabelKind::Flags => [log_sigmoid(scores.clone()), log_sigmoid(-scores)],
        };
        let likelihood: Tensor<1> = (holds * wanted + does_not * unwanted).sum();
        let mut gradients = likelihood.backward();
        match x.grad_remove(&mut gradients) {
            Some(gradient) => download(gradient.inner()),
            // A picture that does not depend on its code.
            None => Ok(vec![0.0; data.len()]),
        }
    }
}
