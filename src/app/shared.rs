//! A value that is shared until somebody changes it.
//!
//! The settings of all tools are held by the state, by the last settled place and by every
//! scene. Shared one by one, an edit of one tool leaves the settings of all others alone.

use super::derived::ByAddress;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// A value behind a reference count: a clone is cheap, and a mutable borrow of one that others
/// hold too makes a copy first. In files it looks as the value does.
#[derive(Default, Debug)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    pub fn new(value: T) -> Self {
        Self(Arc::new(value))
    }

    /// Whether the value has no content, as the settings of a tool that has none.
    pub fn holds_nothing(&self) -> bool {
        size_of::<T>() == 0
    }

    /// The value as a key of derived values.
    pub fn address(&self) -> ByAddress<T> {
        ByAddress::new(&self.0)
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The same value is equal without being compared.
impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<T: PartialEq> PartialEq<T> for Shared<T> {
    fn eq(&self, other: &T) -> bool {
        *self.0 == *other
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

impl<T: Serialize> Serialize for Shared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Shared<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_copies_only_what_others_hold() {
        let mut mine = Shared::new(vec![1, 2]);
        mine.push(3);
        let held = mine.clone();
        assert_eq!(held, mine);
        mine[0] = 9;
        assert_eq!((*held).clone(), [1, 2, 3]);
        assert_eq!((*mine).clone(), [9, 2, 3]);
        assert_ne!(held, mine);
        drop(held);
        let address = mine.as_ptr();
        mine[1] = 8;
        assert_eq!(mine.as_ptr(), address, "nobody else holds it");
    }

    #[test]
    fn files_hold_the_value_itself() {
        let shared = Shared::new(vec![1, 2]);
        let text = serde_json::to_string(&shared).expect("numbers are JSON");
        assert_eq!(text, "[1,2]");
        let read: Shared<Vec<i32>> = serde_json::from_str(&text).expect("it was just written");
        assert_eq!(read, shared);
    }
}
