//! Tests of the pure layers: no tensors, no window.

mod document;
mod latent;
mod layering;
mod shaders;
