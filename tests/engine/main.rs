//! Tests of models, engine and GPU without a window.

mod display_pass;
mod engine_flow;
mod gpu_against_cpu;
mod model_files;
mod support;
mod training;
