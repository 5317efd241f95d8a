//! Tests of models, engine and GPU without a window.
#![expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that the program has to survive"
)]

mod beginning;
mod cpu_plan;
mod diffusion;
mod directions;
mod display_pass;
mod dolls;
mod editing;
mod engine_flow;
mod examining;
mod finding_codes;
mod flow;
mod foreign;
#[path = "../shared/foreign_files.rs"]
mod foreign_files;
mod fuzz;
mod gpu_against_cpu;
mod graph;
#[path = "../shared/graph_models.rs"]
mod graph_files;
mod graph_manifests;
mod graph_models;
mod grids;
mod guided_by_judge;
mod heavy_models;
mod latent_diffusion;
mod layer_change;
mod learning_scenes;
mod model_files;
#[path = "../shared/mutation.rs"]
mod mutation;
mod producing;
mod refining;
mod scheduling;
mod sketch;
mod steps;
mod style;
mod support;
mod teaching;
mod training;
mod translation;
mod whitening;
mod writing;
