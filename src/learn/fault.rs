//! What is wrong with a question file, for the person who wrote it.

use std::fmt;

/// One fault of one file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Fault {
    /// The file, as it was named or built in.
    pub file: String,
    /// The line, from 1; 0 when the fault is not at a line.
    pub line: usize,
    /// One sentence without a full stop.
    pub reason: String,
}

impl Fault {
    pub(super) fn new(file: &str, line: usize, reason: impl Into<String>) -> Self {
        // What comes from a file may hold line ends and more text than anybody wants to read.
        let reason: String = reason.into();
        let mut words = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = words.char_indices().nth(400) {
            words.truncate(end);
            words.push('…');
        }
        Self {
            file: file.to_owned(),
            line,
            reason: words,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.reason),
            line => write!(f, "{}:{line}: {}", self.file, self.reason),
        }
    }
}
