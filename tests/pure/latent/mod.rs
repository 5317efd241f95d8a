//! The language of latent codes and the numbers behind it.

mod language;
mod toy;
mod values;
