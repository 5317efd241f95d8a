//! The window, driven by the names of its controls, with the real engine on the CPU.

mod arithmetic;
mod commands;
mod expressions;
mod first_start;
mod models;
mod support;
mod walking;
