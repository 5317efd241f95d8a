//! Ctrl+C: the first ends the work in order, the second at once.

use super::error;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl+C only sets what [`asked`] reads, and a second one ends the process.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever presses Ctrl+C twice does not want to wait for destructors"
)]
pub fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let watching = ctrlc::set_handler(|| {
            if ASKED.swap(true, Ordering::Relaxed) {
                std::process::exit(i32::from(error::FAILED));
            }
        });
        if let Err(fault) = watching {
            // Ctrl+C then ends the process, as it does everywhere.
            log::warn!("Ctrl+C cannot be watched: {fault}");
        }
    });
}

/// Whether Ctrl+C was pressed.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
