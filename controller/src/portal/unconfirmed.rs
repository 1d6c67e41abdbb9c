//! Grants that a tap made and that the access point had not confirmed when the visitor was answered.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use session_core::GrantId;

/// Grants remembered; when more wait, something is wrong with the access points and not with the funnel.
const MOST: usize = 4096;

/// Remembered until their visitor is seen on line, so that each opened gate is counted once.
#[derive(Default)]
pub struct Unconfirmed(Mutex<BTreeSet<GrantId>>);

impl Unconfirmed {
    /// Remembers one.
    pub fn add(&self, grant: GrantId) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < MOST {
            waiting.insert(grant);
        }
    }

    /// Forgets one. Returns whether it was there.
    pub fn take(&self, grant: GrantId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&grant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_that_opens_late_is_counted_once() {
        let waiting = Unconfirmed::default();
        waiting.add(GrantId([1; 16]));
        assert!(!waiting.take(GrantId([2; 16])));
        assert!(waiting.take(GrantId([1; 16])));
        assert!(!waiting.take(GrantId([1; 16])));
    }

    #[test]
    fn no_more_are_remembered_than_there_is_room_for() {
        let waiting = Unconfirmed::default();
        for n in 0..5000_u128 {
            waiting.add(GrantId(n.to_be_bytes()));
        }
        assert_eq!(waiting.0.lock().unwrap().len(), MOST);
    }
}
