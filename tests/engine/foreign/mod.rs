//! Models that other programs wrote.

mod describing;
mod hostile;
mod onnx;
pub mod parity;
mod refusals;
mod unet;
