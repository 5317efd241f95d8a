//! Style-based generators (Karras et al. 2019 and 2020, "StyleGAN2"): a mapping network from z
//! to w, and a synthesis network whose every layer takes a style, a vector in w, of its own.
//!
//! All sizes come from a [`StyleSpec`], so that any depth and width loads. The hazards guarded
//! against are those of a file that says too much ([`plan`] bounds every size before anything is
//! allocated) and a mapping network that differs from device to device (it always runs on the
//! CPU, so that a code in w is the same everywhere).

mod cpu;
mod graphs;
mod operations;
mod random;
mod spec;

pub use graphs::{mapping_graph, synthesis_graph};
pub use operations::{SLOPE, noisy_activation, scaled_convolution};
pub use random::{RANDOM_SPEC_NAME, random_manifest, random_model};
pub use spec::{
    Initial, KERNEL, LayerPlan, Output, StyleParameter, StylePlan, StyleSpec, Upsampling, plan,
};
