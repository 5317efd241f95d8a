//! How far work has come, on standard error.

use super::interrupt;
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

/// Does work that tells how far it is, done and in all, under a bar; Ctrl+C asks it to stop.
pub fn watched<T>(unit: &str, work: impl FnOnce(&mut dyn FnMut(usize, usize) -> bool) -> T) -> T {
    interrupt::watch();
    let bar = bar(0, unit);
    let result = work(&mut |done, total| {
        bar.set_length(total as u64);
        bar.set_position(done as u64);
        !interrupt::asked()
    });
    bar.finish_and_clear();
    result
}
