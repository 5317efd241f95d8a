//! Flows of coupling layers: networks that can be gone through in both directions, so that a picture
//! has exactly one code, and a known density (Dinh et al. 2017, Kingma and Dhariwal 2018).
//!
//! Pixels become real numbers by a logit. On each level a picture is folded into four times as many
//! channels of half the sides, and goes through steps: a matrix mixes the channels, then one half of
//! them says by how much the other is scaled and shifted. After a level half of the channels are
//! finished; z is all that is finished, one after the other.
//!
//! A file stores each tensor once, as the way from picture to code takes it. The other way takes
//! the inverses of the matrices, computed from what is stored, so both ways fit together however
//! the numbers were rounded.

mod bits;
mod graphs;
mod spec;

pub use bits::{VALUES, bits_per_dimension, middle};
pub use graphs::{DENSITY, check_matrices, decoder_graph, density_graph, encoder_graph, mix_of};
pub use spec::{FlowSpec, Level};
