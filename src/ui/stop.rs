//! SIGTERM, SIGHUP and Ctrl+C in the terminal close the window in order, as its own button does.
//!
//! The hazard here is a session that the next start takes for that of a crash. The handler runs on a
//! thread of its own; it only wakes the window, which closes in its next frame.

use eframe::egui::Context;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);
/// The window that is woken.
static WINDOW: OnceLock<Context> = OnceLock::new();

/// What a process ends with that was asked to end twice: 128 and the number of SIGTERM.
const ENDED_AT_ONCE: i32 = 143;

/// From now on a signal closes the window of this context; a second one ends the process.
#[expect(
    clippy::disallowed_methods,
    reason = "who asks twice does not want to wait for destructors"
)]
pub fn watch(ctx: &Context) {
    if WINDOW.set(ctx.clone()).is_err() {
        return;
    }
    let watching = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(ENDED_AT_ONCE);
        }
        if let Some(ctx) = WINDOW.get() {
            ctx.request_repaint();
        }
    });
    if let Err(fault) = watching {
        // Signals then end the process, as they do everywhere.
        log::warn!("signals cannot be watched: {fault}");
    }
}

/// Whether a signal has asked the program to end.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}
