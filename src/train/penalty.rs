//! The gradient penalties R1, on real pictures, and R2, on generated ones (Mescheder et al.
//! 2018), without a derivative of a derivative.

use burn::tensor::Tensor;

/// A loss of first order with the gradient of `gamma / 2 * mean(|g|^2)`, where `g` is the
/// gradient of the sum of a discriminator's results at each of `pictures`.
///
/// With `g` held fixed, the penalty's gradient in the weights is that of `gamma / batch` times
/// the derivative of the sum along `g`, all pictures moving at once. `derivative(pictures,
/// direction)` is that of each result, inside the graph of the weights; `fixed` is the
/// discriminator with its weights outside the graph.
pub fn gradient_penalty(
    derivative: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2>,
    fixed: impl Fn(Tensor<2>) -> Tensor<2>,
    pictures: Tensor<2>,
    gamma: f64,
) -> Tensor<1> {
    let leaf = Tensor::from_inner(pictures.clone().inner()).require_grad();
    let mut gradients = fixed(leaf.clone()).sum().backward();
    let gradient = match leaf.grad_remove(&mut gradients) {
        Some(gradient) => Tensor::from_inner(gradient.inner()),
        // Pictures that the discriminator does not look at have no gradient.
        None => pictures.zeros_like(),
    };
    derivative(pictures, gradient).mean() * gamma
}

/// `loss` with the penalties on `real` and on `fake` pictures, by their weights.
pub fn add_penalties(
    loss: Tensor<1>,
    derivative: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2>,
    fixed: impl Fn(Tensor<2>) -> Tensor<2>,
    [real, fake]: [Tensor<2>; 2],
    [r1, r2]: [f64; 2],
) -> Tensor<1> {
    let mut loss = loss;
    for (pictures, gamma) in [(real, r1), (fake, r2)] {
        if gamma > 0.0 {
            loss = loss + gradient_penalty(&derivative, &fixed, pictures, gamma);
        }
    }
    loss
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::download;
    use crate::train::task::rows;
    use burn::tensor::Device;

    /// Of half the square of a picture the gradient is the picture itself.
    #[test]
    fn each_kind_of_picture_has_its_own_weight() {
        let device = Device::flex().autodiff();
        let real = rows(vec![1.0, 2.0, 0.0, 2.0], 2, &device);
        let fake = rows(vec![3.0, 0.0, 1.0, 0.0], 2, &device);
        let judge = |x: Tensor<2>| x.square().sum_dim(1) * 0.5;
        let derivative = |x: Tensor<2>, direction: Tensor<2>| (x * direction).sum_dim(1);
        for (gammas, wanted) in [
            ([0.0, 0.0], 10.0),
            ([2.0, 0.0], 19.0),
            ([0.0, 3.0], 25.0),
            ([2.0, 3.0], 34.0),
        ] {
            let loss: Tensor<1> = Tensor::full([1], 10.0, &device);
            let pictures = [real.clone(), fake.clone()];
            let found = add_penalties(loss, derivative, judge, pictures, gammas);
            let found = download(found.inner()).expect("the CPU works")[0];
            assert_eq!(found, wanted, "the loss with the weights {gammas:?}");
        }
    }
}
