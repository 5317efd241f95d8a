//! How far work has come, on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// Bar, count, rate and the time that is left; drawn only on a terminal. `unit` is in the plural.
pub fn bar(count: usize, unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(count as u64);
    let form = format!("{{wide_bar}} {{pos}}/{{len}} {unit}  {{per_sec}}  {{eta}} left");
    match ProgressStyle::with_template(&form) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
