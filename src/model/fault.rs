//! Why something could not be done, and whose fault it is.

/// A failure with one sentence for people. Whose fault it is decides what happens next: a request
/// is refused, a device is given up for the CPU, and the rest is reported as it is.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// What was asked for cannot be done; another request can.
    #[error("{0}")]
    Request(String),
    /// The device was lost or gave no sound numbers; the same can be done on another.
    #[error("{0}")]
    Device(String),
    /// The program or the machine failed; no other request or device helps.
    #[error("{0}")]
    Program(String),
}

impl Fault {
    /// What went wrong, as one sentence.
    pub fn sentence(&self) -> &str {
        match self {
            Self::Request(sentence) | Self::Device(sentence) | Self::Program(sentence) => sentence,
        }
    }

    /// The same fault with another sentence.
    #[must_use]
    pub fn reworded(self, reword: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Request(sentence) => Self::Request(reword(sentence)),
            Self::Device(sentence) => Self::Device(reword(sentence)),
            Self::Program(sentence) => Self::Program(reword(sentence)),
        }
    }
}
