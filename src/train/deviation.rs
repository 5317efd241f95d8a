//! The standard deviation over small groups of a batch as one more channel, by which a discriminator
//! sees how much pictures differ (Karras et al. 2018).

use burn::tensor::Tensor;

/// Adds a channel that says how much the pictures of a group differ: the standard deviation over
/// the group of each number, averaged over all numbers. As in StyleGAN2, the group of picture `i`
/// are the pictures `i` modulo `batch / group`. The batch must hold whole groups.
pub fn with_deviation(x: Tensor<4>, group: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let groups = batch / group;
    let y = x
        .clone()
        .reshape([group, groups, channels * height * width]);
    let y = y.clone() - y.mean_dim(0);
    let deviation = (y.square().mean_dim(0) + 1e-8).sqrt().mean_dim(2);
    let channel = deviation
        .reshape([1, groups, 1, 1])
        .expand([group, groups, height, width])
        .reshape([batch, 1, height, width]);
    Tensor::cat(vec![x, channel], 1)
}

/// How fast the result of [`with_deviation`] changes when `x` changes by `t`.
pub fn with_deviation_derivative(x: Tensor<4>, t: Tensor<4>, group: usize) -> Tensor<4> {
    let [batch, channels, height, width] = x.dims();
    let groups = batch / group;
    let shape = [group, groups, channels * height * width];
    let y = x.reshape(shape);
    let y = y.clone() - y.mean_dim(0);
    let deviation = (y.clone().square().mean_dim(0) + 1e-8).sqrt();
    // The change of the mean falls out, because `y` sums to zero over the group.
    let change = ((y * t.clone().reshape(shape)).mean_dim(0) / deviation).mean_dim(2);
    let channel = change
        .reshape([1, groups, 1, 1])
        .expand([group, groups, height, width])
        .reshape([batch, 1, height, width]);
    Tensor::cat(vec![t, channel], 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::download;
    use burn::tensor::{Device, TensorData};
    use serde::Deserialize;

    /// Made by `tests/data/make_style_reference.py`.
    #[derive(Deserialize)]
    struct Reference {
        deviation: DeviationCase,
    }

    #[derive(Deserialize)]
    struct DeviationCase {
        shape: [usize; 4],
        group: usize,
        x: Vec<f32>,
        result: Vec<f32>,
    }

    #[test]
    fn the_deviation_of_groups_is_what_numpy_gives() {
        let text = include_str!("../../tests/data/style_reference.json");
        let reference: Reference = serde_json::from_str(text).expect("it is JSON");
        let case = reference.deviation;
        let data = TensorData::new(case.x, case.shape);
        let x = Tensor::from_data(data, &Device::flex());
        let found = download(with_deviation(x, case.group)).expect("the CPU works");
        assert_eq!(found.len(), case.result.len());
        for (found, wanted) in found.iter().zip(&case.result) {
            assert!((found - wanted).abs() < 1e-5, "{found}, not {wanted}");
        }
    }
}
