//! The program as people and scripts use it: arguments in; files, lines and exit codes out.
#![expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that the program has to survive"
)]

mod animations;
mod arguments;
mod codes;
mod data;
mod directions;
mod disks;
mod earlier;
mod editing;
mod expressions;
mod ffmpeg;
mod foreign;
#[path = "../shared/foreign_files.rs"]
mod foreign_files;
#[path = "../shared/graph_models.rs"]
mod graph_files;
mod graph_models;
mod inspecting;
mod installing;
mod interrupted;
mod killed;
mod kills;
mod model_files;
mod outputs;
mod questions;
mod readme;
mod replay;
mod sampler;
mod sheets;
mod speed;
mod steps;
mod support;
mod window;
