//! Counts refused tries (enrolments, sign-ins) per source, so that guessing is slow; memory is bounded whoever asks.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use super::source_of;

/// Sources remembered in a window; further ones share one count.
const MOST_SOURCES: usize = 4096;

/// Refused tries of the window that runs.
pub struct Attempts {
    /// Refusals one source may collect in a window.
    most: u32,
    /// Length of the window in milliseconds.
    window_ms: u64,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    since_ms: u64,
    refusals: HashMap<IpAddr, u32>,
}

impl Attempts {
    /// Lets a source be refused `most` times in `window_ms` milliseconds.
    #[must_use]
    pub fn new(most: u32, window_ms: u64) -> Self {
        Self { most, window_ms, window: Mutex::default() }
    }

    /// Whether `peer` may try at `now_ms`.
    pub fn may_try(&self, peer: IpAddr, now_ms: u64) -> bool {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now_ms, self.window_ms);
        let source = window.source(peer);
        window.refusals.get(&source).is_none_or(|count| *count < self.most)
    }

    /// Counts one refusal against `peer`.
    pub fn refused(&self, peer: IpAddr, now_ms: u64) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        window.turn(now_ms, self.window_ms);
        let source = window.source(peer);
        let count = window.refusals.entry(source).or_insert(0);
        *count = count.saturating_add(1);
    }
}

impl Window {
    fn turn(&mut self, now_ms: u64, window_ms: u64) {
        if now_ms.abs_diff(self.since_ms) >= window_ms {
            self.since_ms = now_ms;
            self.refusals.clear();
        }
    }

    /// The source of `peer`, or "everybody else" when there are too many.
    fn source(&self, peer: IpAddr) -> IpAddr {
        let source = source_of(peer);
        if self.refusals.len() >= MOST_SOURCES && !self.refusals.contains_key(&source) {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        } else {
            source
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_stopped_after_ten_refusals_and_may_try_again_a_minute_later() {
        let attempts = Attempts::new(10, 60_000);
        let (guesser, neighbour) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        for _ in 0..10 {
            assert!(attempts.may_try(guesser, 1_000));
            attempts.refused(guesser, 1_000);
        }
        assert!(!attempts.may_try(guesser, 2_000));
        assert!(attempts.may_try(neighbour, 2_000));
        assert!(attempts.may_try(guesser, 62_000));
    }

    #[test]
    fn one_ipv6_network_is_one_source() {
        let attempts = Attempts::new(10, 60_000);
        for last in 0..10_u16 {
            attempts.refused(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]), 0);
        }
        assert!(!attempts.may_try(IpAddr::from([0x2001, 0xdb8, 0, 0, 9, 9, 9, 9]), 0));
        assert!(attempts.may_try(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, 0]), 0));
    }

    #[test]
    fn memory_is_bounded_and_a_clock_set_back_does_not_lock_anybody_out() {
        let attempts = Attempts::new(10, 60_000);
        for source in 0..10_000_u32 {
            attempts.refused(IpAddr::from(source.to_be_bytes()), 100_000);
        }
        assert!(attempts.window.lock().unwrap().refusals.len() <= MOST_SOURCES + 1);
        assert!(!attempts.may_try(IpAddr::from([9, 9, 9, 9]), 100_000));
        assert!(attempts.may_try(IpAddr::from([9, 9, 9, 9]), 5));
    }
}
