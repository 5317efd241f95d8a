//! Flows of coupling layers: networks that can be gone through in both directions, so that a picture
//! has exactly one code, and a known density (Dinh et al. 2017).
//!
//! A coupling changes some pixels by what the others say about them, and leaves the others as they are.
//! Here each one replaces a pixel by how far it is along its own distribution, as the number of a standard
//! normal with the same share below it. That distribution is a histogram whose bins a network makes more or
//! less likely: a piecewise linear coupling (Müller et al. 2019). So a pixel that is either paper or ink is
//! as easy to describe as one that varies smoothly, and the density is a product of probabilities.
//!
//! The couplings go from the last pixels to the first: those changed first see the whole picture as it is,
//! those changed last only the coarse one, of which every pixel is far from the next. Since a coupling sees
//! nothing that was changed before, all are computed at once on the way to the code; on the way back one
//! follows the other, from the coarse picture to the finest gaps.

mod bits;
mod couplings;
mod graphs;
mod spec;

pub use bits::{VALUES, bits_per_dimension, dequantised};
pub use graphs::{DENSITY, decoder_graph, density_graph, encoder_graph, given};
pub use spec::FlowSpec;
