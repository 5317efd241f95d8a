//! Theme, widgets and panels: read the state, push commands.
use crate::engine::{DeviceChoice, ModelSource};
pub struct WindowOptions {
    pub model: Option<ModelSource>,
    pub device: DeviceChoice,
    pub smoke: bool,
    pub started: std::time::Instant,
}
#[derive(Debug, thiserror::Error)]
#[error("no window yet")]
pub struct WindowError;
impl WindowError {
    pub fn exit_code(&self) -> u8 {
        2
    }
}
pub fn run(_options: WindowOptions) -> Result<(), WindowError> {
    Err(WindowError)
}
