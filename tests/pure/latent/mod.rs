//! The language of latent codes and the numbers behind it.

mod kinds;
mod language;
mod prior;
mod sampling;
mod sefa;
mod space;
mod toy;
mod values;
