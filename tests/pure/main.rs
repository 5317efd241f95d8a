//! Tests of the pure layers: no tensors, no window.
#![expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that readers have to survive"
)]

mod animations;
mod codes;
mod document;
mod history;
mod hostile;
mod latent;
mod layering;
mod learning;
#[path = "../shared/mutation.rs"]
mod mutation;
mod photos;
mod recipes;
mod sessions;
mod shaders;
mod support;
