//! Generative models: the file format, the networks, the catalogue, the device that they run on.

pub mod manifest;

pub use manifest::{Family, Manifest};
