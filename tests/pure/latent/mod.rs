//! The language of latent codes and the numbers behind it.

mod editing;
mod kinds;
mod language;
mod painting;
mod prior;
mod sampling;
mod sefa;
mod space;
mod toy;
mod values;
