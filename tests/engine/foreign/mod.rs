//! Models that other programs wrote.

mod hostile;
mod onnx;
mod parity;
mod unet;
