//! Values that follow from others: computed once for each key, not in every frame.
//!
//! The hazards are a panel that computes sixty times a second what has not changed, and a stored
//! value that outlives what it was computed from. The key is compared on every use, so nothing
//! has to be invalidated by hand; a key is cheap to make and to compare (numbers, addresses).

use std::cell::RefCell;
use std::fmt;
use std::sync::{Arc, Weak};

/// One value, with the key that it was computed for.
///
/// Panels read the state through shared references, so the value is stored behind a cell.
pub struct Derived<K, V: ?Sized> {
    kept: RefCell<Option<(K, Arc<V>)>>,
}

impl<K, V: ?Sized> Default for Derived<K, V> {
    fn default() -> Self {
        Self {
            kept: RefCell::new(None),
        }
    }
}

impl<K: PartialEq, V> Derived<K, V> {
    /// The value for `key`; computed by `make` unless the last call had an equal key.
    pub fn get(&self, key: K, make: impl FnOnce() -> V) -> Arc<V> {
        if let Some(value) = self.known(&key) {
            return value;
        }
        // Nothing is borrowed here: `make` may use other derived values.
        let value = Arc::new(make());
        *self.kept.borrow_mut() = Some((key, Arc::clone(&value)));
        value
    }

    /// As [`get`](Self::get), for a key that is copied only with a new value.
    pub fn get_ref(&self, key: &K, make: impl FnOnce() -> V) -> Arc<V>
    where
        K: Clone,
    {
        match self.known(key) {
            Some(value) => value,
            None => self.get(key.clone(), make),
        }
    }

    fn known(&self, key: &K) -> Option<Arc<V>> {
        let kept = self.kept.borrow();
        let (known, value) = kept.as_ref()?;
        (known == key).then(|| Arc::clone(value))
    }
}

impl<K, V: ?Sized> fmt::Debug for Derived<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.kept.borrow() {
            Some(_) => "Derived(computed)",
            None => "Derived(empty)",
        })
    }
}

/// A shared value as a key: equal while it is the same allocation.
///
/// It holds a weak reference, which has two effects. The address is given to no other value
/// meanwhile. And [`Arc::make_mut`] moves a value away from weak references before it changes it,
/// so a changed value is another key, and having been a key costs it no copy.
pub struct ByAddress<T: ?Sized>(Weak<T>);

impl<T: ?Sized> ByAddress<T> {
    pub fn new(value: &Arc<T>) -> Self {
        Self(Arc::downgrade(value))
    }
}

impl<T: ?Sized> PartialEq for ByAddress<T> {
    fn eq(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.0, &other.0)
    }
}

impl<T: ?Sized> fmt::Debug for ByAddress<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:p}", self.0.as_ptr())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn a_value_is_computed_once_for_each_key() {
        let made = Cell::new(0);
        let derived = Derived::default();
        let square = |number: u32| {
            *derived.get(number, || {
                made.set(made.get() + 1);
                number * number
            })
        };
        assert_eq!([square(3), square(3), square(4), square(4)], [9, 9, 16, 16]);
        assert_eq!(made.get(), 2);
        assert_eq!(square(3), 9, "the newest key is kept, no older one");
        assert_eq!(made.get(), 3);
    }

    #[test]
    fn equal_values_at_other_addresses_are_other_keys() {
        let [a, b] = [Arc::new(1), Arc::new(1)];
        assert_eq!(ByAddress::new(&a), ByAddress::new(&a));
        assert_ne!(ByAddress::new(&a), ByAddress::new(&b));
    }

    #[test]
    fn a_changed_value_is_another_key() {
        let mut value = Arc::new([1, 2]);
        let key = ByAddress::new(&value);
        Arc::make_mut(&mut value)[0] = 3;
        assert_ne!(key, ByAddress::new(&value));
        let address = Arc::as_ptr(&value);
        Arc::make_mut(&mut value)[0] = 4;
        assert_eq!(Arc::as_ptr(&value), address, "nothing is a key of it");
    }

    #[test]
    fn one_derived_value_may_use_another() {
        let (inner, outer) = (Derived::default(), Derived::default());
        let value = outer.get(1, || *inner.get(1, || 2) + 1);
        assert_eq!(*value, 3);
    }
}
