//! Tests of the pure layers: no tensors, no window.

mod latent;
