//! Theme, widgets and panels: read the state, push commands.
//!
//! The hazards here are a window that waits and a panel that changes state behind the others'
//! backs. Nothing in here touches a tensor or a file; panels get the state to read and a queue
//! to put actions into.

use eframe::egui;
mod dialogs;
pub(crate) mod drag;
pub(crate) mod overlays;
pub(crate) mod panels;
pub(crate) mod parts;
pub(crate) mod picture;
mod shortcuts;
mod smoke;
mod stop;
mod storage;
pub(crate) mod textures;
pub(crate) mod theme;
pub(crate) mod widgets;
mod window;

pub use storage::{Remembered, load as remembered};
pub use window::ZscapeWindow;

use crate::app::MEMORY_FILE;
use crate::engine::{DeviceChoice, ModelSource};
use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetup, WgpuSetupCreateNew};
use smoke::{Outcome, Smoke};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// How to open the window.
#[derive(Clone, Debug)]
pub struct WindowOptions {
    /// The model to begin with; else that of the last run, else the default.
    pub model: Option<ModelSource>,
    pub device: DeviceChoice,
    /// A session file to open.
    pub session: Option<PathBuf>,
    /// Any other file, to open as if it were dropped.
    pub file: Option<PathBuf>,
    /// Where sessions are kept from start to start; `None` keeps none.
    pub autosave: Option<PathBuf>,
    /// The folder of one's own models, which the window lists; `None` for none.
    pub models: Option<PathBuf>,
    /// A teacher's folder of questions.
    pub questions: Option<PathBuf>,
    /// Where progress is kept from start to start; `None` keeps none.
    pub progress: Option<PathBuf>,
    /// Where the window is remembered from start to start; `None` keeps nothing.
    pub memory: Option<PathBuf>,
    /// Close as soon as the first picture is on the screen, and print how long it took.
    pub smoke: bool,
    /// When the process began.
    pub started: Instant,
}

/// Why there is no window.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WindowError {
    #[error("there is no display to open a window on; `zscape render` makes pictures without one")]
    NoDisplay,
    #[error("the window could not be opened ({0}); `zscape render` makes pictures without one")]
    Creation(String),
    #[error("the window did not show a picture: {0}")]
    Smoke(String),
}

impl WindowError {
    /// What the process ends with: 2 where the machine cannot show a window.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoDisplay | Self::Creation(_) => 2,
            Self::Smoke(_) => 1,
        }
    }
}

/// The smallest window, in points.
pub(crate) const MIN_SIZE: [f32; 2] = [800.0, 560.0];

/// The name under which the window and its data are known to the desktop.
const APP_ID: &str = "zscape";

/// The folder of one's own models, in the folder of what the window remembers.
const MODELS_FOLDER: &str = "models";

/// The file of what was learned, in the folder of what the window remembers.
pub const PROGRESS_FILE: &str = "progress.json";

/// Opens the window and returns when it is closed.
///
/// # Errors
///
/// When there is no display, no window could be made, or a smoke start showed no picture.
pub fn run(mut options: WindowOptions) -> Result<(), WindowError> {
    if !has_display() {
        return Err(WindowError::NoDisplay);
    }
    let outcome = Outcome::default();
    let smoke = options
        .smoke
        .then(|| Smoke::new(options.started, options.model.clone(), Arc::clone(&outcome)));
    let is_smoke = options.smoke;
    if !is_smoke && options.autosave.is_none() {
        options.autosave = eframe::storage_dir(APP_ID).map(|folder| folder.join("autosave"));
    }
    if !is_smoke && options.progress.is_none() {
        options.progress = data_folder().map(|folder| folder.join(PROGRESS_FILE));
    }
    if !is_smoke && options.models.is_none() {
        options.models = data_folder().map(|folder| folder.join(MODELS_FOLDER));
    }
    if !is_smoke && options.memory.is_none() {
        options.memory = data_folder().map(|folder| folder.join(MEMORY_FILE));
    }
    let native = eframe::NativeOptions {
        viewport: egui::ViewportBuilder::default()
            .with_app_id(APP_ID)
            .with_title("zscape")
            .with_icon(icon())
            .with_inner_size([1280.0, 800.0])
            .with_min_inner_size(MIN_SIZE),
        renderer: eframe::Renderer::Wgpu,
        wgpu_options: wgpu_options(),
        persist_window: !is_smoke,
        // The theme finds fonts without a library that would be asked at every start.
        system_font_fallback: false,
        centered: true,
        ..Default::default()
    };
    let create = Box::new(|cc: &eframe::CreationContext<'_>| {
        let window = ZscapeWindow::with_smoke(cc, options, smoke)?;
        stop::watch(&cc.egui_ctx);
        Ok(Box::new(window) as Box<dyn eframe::App>)
    });
    eframe::run_native(APP_ID, native, create)
        .map_err(|err| WindowError::Creation(without_sources(&err.to_string())))?;
    if !is_smoke {
        return Ok(());
    }
    let outcome = outcome
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    match outcome {
        Some(Ok(first)) => {
            let line =
                serde_json::to_string(&first).map_err(|err| WindowError::Smoke(err.to_string()))?;
            writeln!(std::io::stdout(), "{line}").map_err(|err| WindowError::Smoke(err.to_string()))
        }
        Some(Err(message)) => Err(WindowError::Smoke(message)),
        None => Err(WindowError::Smoke("it was closed before".to_owned())),
    }
}

/// The picture of the window in lists of windows.
fn icon() -> egui::IconData {
    let bytes = include_bytes!("../../packaging/zscape.png");
    // A picture of our own is sound; without it the window has none.
    eframe::icon_data::from_png_bytes(bytes).unwrap_or_default()
}

/// A message of a library without the places in its source that it quotes.
fn without_sources(message: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in message.split_whitespace() {
        if word.contains(".rs:") {
            // As in "os error at /…/x11.rs:12: no display".
            while words
                .last()
                .is_some_and(|last| matches!(*last, "at" | "in"))
            {
                words.pop();
            }
        } else {
            words.push(word);
        }
    }
    words.join(" ")
}

/// The built-in questions that explain panels which are no tools'.
pub const EXPLAINED_PANELS: [&str; 2] = [
    panels::bookmarks::EXPLAINED_BY,
    panels::learning::EXPLAINED_BY,
];

/// The folder of what the window remembers, where the system has one.
pub fn data_folder() -> Option<std::path::PathBuf> {
    eframe::storage_dir("zscape")
}

/// Whether a window can be opened at all. Only for X11 and Wayland is that known before trying.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

/// The window's device: with everything the adapter offers, because the engine shares it.
fn wgpu_options() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.device_descriptor = Arc::new(crate::gpu::device_descriptor);
    WgpuConfiguration {
        wgpu_setup: WgpuSetup::CreateNew(setup),
        ..eframe::NativeOptions::default().wgpu_options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_nothing_of_source_files() {
        let message = "winit: os error at /home/ann/.cargo/registry/src/winit-0.30/src/x11.rs:765: no display";
        assert_eq!(without_sources(message), "winit: os error no display");
        assert_eq!(without_sources("no adapter"), "no adapter");
    }
}
