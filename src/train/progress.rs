//! How far a long measurement has come.

use super::TrainError;

/// What is told how many pictures of how many are done, and says whether to go on.
pub type Watch<'a> = &'a mut dyn FnMut(usize, usize) -> bool;

pub struct Progress<'a> {
    watch: Watch<'a>,
    pub done: usize,
    pub total: usize,
}

impl<'a> Progress<'a> {
    pub fn new(watch: Watch<'a>, total: usize) -> Self {
        Self {
            watch,
            done: 0,
            total,
        }
    }

    /// Counts pictures that are done.
    ///
    /// # Errors
    /// When the work was told to stop.
    pub fn step(&mut self, pictures: usize) -> Result<(), TrainError> {
        self.done += pictures;
        if (self.watch)(self.done, self.total.max(self.done)) {
            Ok(())
        } else {
            Err(TrainError::Interrupted)
        }
    }
}
