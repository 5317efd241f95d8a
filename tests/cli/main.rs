//! The program as people and scripts use it: arguments in; files, lines and exit codes out.
#![expect(
    clippy::disallowed_methods,
    reason = "tests write the broken files that the program has to survive"
)]

mod arguments;
mod data;
mod expressions;
mod inspecting;
mod interrupted;
mod model_files;
mod outputs;
mod speed;
mod support;
mod window;
