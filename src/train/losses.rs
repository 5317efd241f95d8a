//! Losses, each a mean over the batch.

use burn::tensor::{Tensor, activation};

/// Cross entropy of grey values in 0..1 under Bernoulli logits, summed over pixels, in nats.
///
/// The form `max(l, 0) - l*x + ln(1 + exp(-|l|))` has no overflow.
pub fn bernoulli(logits: Tensor<2>, pictures: Tensor<2>) -> Tensor<1> {
    let tail = logits.clone().abs().neg().exp().log1p();
    (activation::relu(logits.clone()) - logits * pictures + tail)
        .sum_dim(1)
        .mean()
}

/// Squared error of pixels in 0..1, averaged over pixels.
pub fn squared(pictures: Tensor<2>, wanted: Tensor<2>) -> Tensor<1> {
    (pictures - wanted).square().mean()
}

/// KL divergence of a diagonal normal from the standard normal, in nats
/// (Kingma and Welling 2014, appendix B).
pub fn kl_divergence(mu: Tensor<2>, logvar: Tensor<2>) -> Tensor<1> {
    let per_dim = mu.square() + logvar.clone().exp() - logvar - 1.0;
    per_dim.sum_dim(1).mean() * 0.5
}

/// Cross entropy of class logits, in nats, with labels as one-hot rows.
pub fn cross_entropy(logits: Tensor<2>, one_hot: Tensor<2>) -> Tensor<1> {
    (activation::log_softmax(logits, 1) * one_hot)
        .sum_dim(1)
        .mean()
        .neg()
}

/// `mean(ln(1 + exp(x)))`: the non-saturating loss of a GAN (Goodfellow et al. 2014).
pub fn softplus_mean(x: Tensor<2>) -> Tensor<1> {
    (activation::relu(x.clone()) + x.abs().neg().exp().log1p()).mean()
}
