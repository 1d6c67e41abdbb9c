//! Counts what is open per key and refuses more than a bound: one phone, one access point cannot take it all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

/// Open places per key. Cheap to clone.
pub struct Slots<K> {
    most: usize,
    open: Arc<Mutex<HashMap<K, usize>>>,
}

impl<K> Clone for Slots<K> {
    fn clone(&self) -> Self {
        Self { most: self.most, open: Arc::clone(&self.open) }
    }
}

impl<K: Eq + Hash + Clone> Slots<K> {
    /// At most `most` places for every key.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// Takes a place for `key`, or `None` when all are taken.
    pub fn take(&self, key: K) -> Option<Slot<K>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(key.clone()).or_insert(0);
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Slot { slots: self.clone(), key })
    }
}

/// One place; given back when dropped.
pub struct Slot<K: Eq + Hash + Clone> {
    slots: Slots<K>,
    key: K,
}

impl<K: Eq + Hash + Clone> Drop for Slot<K> {
    fn drop(&mut self) {
        let mut open = self.slots.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gets_no_more_than_its_places_and_returns_them() {
        let slots = Slots::new(2);
        let first = slots.take("a").unwrap();
        let _second = slots.take("a").unwrap();
        assert!(slots.take("a").is_none());
        assert!(slots.take("b").is_some());
        drop(first);
        assert!(slots.take("a").is_some());
        assert_eq!(slots.open.lock().unwrap().len(), 1);
    }
}
