//! Generative models: the file format, the networks, the catalogue, the device that they run on.

mod bound_graph;
pub mod catalogue;
pub mod cpu;
pub mod device;
pub mod directions;
pub mod family;
mod fault;
pub mod file;
pub mod fold;
mod generator;
pub mod gradient;
pub mod graph;
pub mod judge;
pub mod layer_change;
pub mod manifest;
pub mod measurement;
pub mod network;
mod network_form;
mod noise;
pub mod process;
pub mod quality;
pub mod reading;
mod runner;
pub mod shapes;
mod spaces;
pub mod statistics;
pub mod style;
mod wiring;

pub use bound_graph::BoundGraph;
pub use fault::Fault;
pub use file::{ModelFile, ModelFileError};
pub use generator::{Encoded, Generator, ModelError, download, upload};
pub use manifest::{Family, Manifest};
pub use network_form::NetworkForm;
pub use runner::Runner;
pub use wiring::Wiring;
