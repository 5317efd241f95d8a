//! Graph networks: every operation on every runner, and specifications that lie.

mod hostile;
mod random;
mod reference;
