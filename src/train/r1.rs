//! The gradient penalty R1 (Mescheder et al. 2018) without a derivative of a derivative.

use burn::tensor::Tensor;

/// A loss of first order with the gradient of `gamma / 2 * mean(|g|^2)`, where `g` is the
/// gradient of the sum of a discriminator's results at each of `pictures`.
///
/// With `g` held fixed, the penalty's gradient in the weights is that of `gamma / batch` times
/// the derivative of the sum along `g`, all pictures moving at once. `derivative(pictures,
/// direction)` is that of each result, inside the graph of the weights; `fixed` is the
/// discriminator with its weights outside the graph.
pub fn r1_penalty(
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

/// Half the distance of the finite difference, as the root mean square over the batch of the
/// length of a step, in units of pixel values in -1..1.
const STEP: f64 = 0.01;

/// [`r1_penalty`] for a discriminator that can only be run forward and backward: a central
/// difference takes the place of the derivative.
///
/// That is right up to the square of the step where the discriminator is smooth. Leaky ReLUs are
/// not: every number that passes a bend within the step adds a jump divided by the step, and
/// with pictures and layers as large as those of the style-based recipes this noise is many
/// times the gradient. Use it for small networks alone.
///
/// `fixed` is the same discriminator with its weights outside the graph: a tape runs backward
/// only once, and the one of `discriminator` is still needed.
pub fn r1_surrogate(
    discriminator: impl Fn(Tensor<2>) -> Tensor<2>,
    fixed: impl Fn(Tensor<2>) -> Tensor<2>,
    pictures: Tensor<2>,
    gamma: f64,
) -> Tensor<1> {
    let leaf = Tensor::from_inner(pictures.clone().inner()).require_grad();
    let mut gradients = fixed(leaf.clone()).sum().backward();
    let Some(gradient) = leaf.grad_remove(&mut gradients) else {
        // Pictures that the discriminator does not look at have no gradient.
        return discriminator(pictures).sum() * 0.0;
    };
    let gradient: Tensor<2> = Tensor::from_inner(gradient.inner());
    // [1, 1]: the root mean square of the lengths of the gradients.
    let norm = (gradient.clone().square().sum_dim(1).mean_dim(0) + 1e-12).sqrt();
    let step = gradient / norm.clone() * STEP;
    let ahead = discriminator(pictures.clone() + step.clone());
    let behind = discriminator(pictures - step);
    let slope = (ahead - behind) / (2.0 * STEP);
    (slope * norm).mean() * gamma
}
