//! How much memory a run takes, computed before any of it is allocated: a recipe is a file from
//! anywhere, and every number in it can be a thousand times too large.

use crate::model::graph::GraphPlan;
use crate::model::shapes::NetworkPlan;
use crate::model::style::StylePlan;

/// The most bytes that a run may take (16 GiB).
const MAX_BYTES: usize = 16 << 30;
/// A weight, its gradient, Adam's two moments and the average that ships.
const COPIES_OF_WEIGHT: usize = 5;
/// What a layer gives is kept for the way back, where its gradient joins it.
const COPIES_OF_ACTIVATION: usize = 2;
const BYTES: usize = size_of::<f32>();

/// The numbers that a run keeps. All sums saturate.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RunMemory {
    weights: usize,
    /// For one picture of a batch.
    activations: usize,
    /// Data that is kept from the beginning to the end.
    data: usize,
}

impl RunMemory {
    /// Weights alone, by their shapes.
    pub fn of_weights<'a>(shapes: impl Iterator<Item = &'a [usize]>) -> Self {
        let lens = shapes.map(|shape| shape.iter().copied().fold(1, usize::saturating_mul));
        Self {
            weights: lens.fold(0, usize::saturating_add),
            ..Self::default()
        }
    }

    /// A chain of layers.
    ///
    /// # Errors
    /// When an activation is absurd.
    pub fn of_layers(plan: &NetworkPlan) -> Result<Self, String> {
        let shapes = plan.parameters.iter().map(|it| it.shape.as_slice());
        let mut memory = Self::of_weights(shapes);
        for shape in &plan.outputs {
            memory.activations = memory.activations.saturating_add(shape.checked_len()?);
        }
        Ok(memory)
    }

    /// A graph.
    pub fn of_graph(plan: &GraphPlan) -> Self {
        let shapes = plan.all_parameters().map(|it| it.shape.as_slice());
        let lens = plan.values.iter().map(|value| value.len);
        Self {
            activations: lens.fold(0, usize::saturating_add),
            ..Self::of_weights(shapes)
        }
    }

    /// A style-based generator. Its discriminator sees the same sides with about as many channels.
    pub fn of_style(plan: &StylePlan) -> Self {
        let shapes = plan.parameters.iter().map(|it| it.shape.as_slice());
        let lens = plan.layers.iter().map(|layer| {
            let channels = layer.inputs.saturating_add(layer.outputs);
            channels.saturating_mul(layer.side.saturating_mul(layer.side))
        });
        Self {
            activations: lens.fold(0, usize::saturating_add),
            ..Self::of_weights(shapes)
        }
    }

    /// What two networks take that are trained in one run.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            weights: self.weights.saturating_add(other.weights),
            activations: self.activations.saturating_add(other.activations),
            data: self.data.saturating_add(other.data),
        }
    }

    /// With so many rows of data of a length, which are kept.
    #[must_use]
    pub fn and_data(self, rows: usize, len: usize) -> Self {
        Self {
            data: self.data.saturating_add(rows.saturating_mul(len)),
            ..self
        }
    }

    /// Bytes of a run with batches of `batch` pictures.
    fn bytes(self, batch: usize) -> usize {
        let weights = self.weights.saturating_mul(COPIES_OF_WEIGHT);
        let batch = self.activations.saturating_mul(batch);
        let activations = batch.saturating_mul(COPIES_OF_ACTIVATION);
        let numbers = weights
            .saturating_add(activations)
            .saturating_add(self.data);
        numbers.saturating_mul(BYTES)
    }

    /// # Errors
    /// A sentence when a run with batches of `batch` pictures takes more than any should.
    pub fn check(self, batch: usize) -> Result<(), String> {
        let bytes = self.bytes(batch);
        if bytes <= MAX_BYTES {
            return Ok(());
        }
        let gib = |bytes: usize| bytes >> 30;
        Err(format!(
            "needs about {} GiB of memory, of which {} GiB are weights and data; it may take {} GiB",
            gib(bytes),
            gib(self.bytes(0)),
            gib(MAX_BYTES)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_and_weights_are_counted_together() {
        let weights = RunMemory::of_weights([[1 << 10, 1 << 10].as_slice(), &[4]].into_iter());
        assert_eq!(weights.weights, (1 << 20) + 4);
        let memory = weights.and(RunMemory {
            activations: 1 << 20,
            ..RunMemory::default()
        });
        // 5 * 4 MiB of weights and 2 * 4 MiB for each picture.
        assert_eq!(memory.bytes(2) >> 20, 20 + 16);
        assert!(memory.check(2).is_ok());
        let fault = memory.check(8192).expect_err("64 GiB");
        assert!(fault.contains("about 64 GiB"), "{fault}");
        // 4 MiB for each thousand rows of a thousand numbers.
        assert_eq!(memory.and_data(10 << 10, 1 << 10).bytes(2) >> 20, 36 + 40);
        assert!(memory.and_data(10_000_000, 1 << 10).check(2).is_err());
    }

    #[test]
    fn absurd_sizes_do_not_wrap_round() {
        let huge = RunMemory::of_weights([[usize::MAX, 3].as_slice(), &[7]].into_iter());
        assert!(huge.check(1).is_err());
        assert!(huge.and(huge).check(usize::MAX).is_err());
    }
}
