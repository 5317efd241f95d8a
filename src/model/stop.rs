//! Ending a computation between two layers of a network.
//!
//! The hazard here is a foreign model whose picture takes minutes: cancelling it or closing the
//! program should not have to wait for the last layer.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

thread_local! {
    /// What ends the networks that this thread runs.
    static WATCHED: RefCell<Stop> = RefCell::default();
}

/// Asks networks to end early. All clones are one.
#[derive(Clone, Default, Debug)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on networks that this thread runs end with an error when `self` is set.
    pub fn watch(&self) {
        WATCHED.set(self.clone());
    }

    /// What the networks of this thread watch; without [`Self::watch`] nothing sets it.
    pub fn watched() -> Self {
        WATCHED.with_borrow(Self::clone)
    }

    /// Asks, or asks no more.
    pub fn set(&self, is_set: bool) {
        self.0.store(is_set, Ordering::Relaxed);
    }

    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Fails when the computation should end.
    ///
    /// # Errors
    /// A sentence when it is set.
    pub fn check(&self) -> Result<(), String> {
        match self.is_set() {
            true => Err("the computation was stopped".to_owned()),
            false => Ok(()),
        }
    }
}
