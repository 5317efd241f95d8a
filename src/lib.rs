//! zscape: a desktop explorer of the latent spaces of generative models.
//!
//! One idea carries the program: every picture is the value of an [expression](latent::expr).
//! The layers below may import only layers that stand above them in this list; a test under
//! `tests/` reads the `use` lines and fails on an arrow that runs the other way.

pub mod latent;

pub mod files;

pub mod model;

pub mod gpu;

pub mod document;

pub mod learn;

pub mod engine;

pub mod render;

pub mod app;

pub mod ui;

pub mod train;

pub mod cli;
