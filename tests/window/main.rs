//! The window, driven by the names of its controls, with the real engine on the CPU.

mod arithmetic;
mod autosave;
mod budget;
mod commands;
mod compare;
mod conditions;
mod directions;
mod document;
mod dropping;
mod encode;
mod exports;
mod expressions;
mod figures;
mod first_hour;
mod first_start;
#[path = "../shared/foreign_files.rs"]
mod foreign_files;
#[path = "../shared/graph_models.rs"]
mod graph_files;
mod interpolate;
mod learning;
mod learning_tasks;
mod map;
mod matrix;
mod messages;
mod models;
mod noise;
mod old_sessions;
mod on_gpu;
mod parameters;
mod promises;
mod quitting;
mod redraw;
mod sample;
mod school;
mod seeds;
mod snapshots;
mod speed;
mod stored_directions;
mod styles;
mod support;
mod tour;
mod toys;
mod variations;
mod walking;
mod where_am_i;
