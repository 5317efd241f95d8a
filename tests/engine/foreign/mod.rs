//! Models that other programs wrote.

mod hostile;
mod parity;
