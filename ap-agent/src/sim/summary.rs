//! What came of a simulation, as one JSON object.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::status::Status;

/// Distinct reasons that are kept of failures.
const REASONS: usize = 16;

/// Counted while visitors walk.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Counted>);

#[derive(Debug, Default, Clone)]
struct Counted {
    taps: Vec<Duration>,
    had_to_wait: u64,
    failed: BTreeMap<String, u64>,
    walks: u64,
    thrown_out: u64,
    online: u64,
    bytes_up: u64,
    bytes_down: u64,
}

impl Tally {
    fn count(&self, change: impl FnOnce(&mut Counted)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn tapped(&self, took: Duration) {
        self.count(|counted| counted.taps.push(took));
    }

    pub(super) fn had_to_wait(&self) {
        self.count(|counted| counted.had_to_wait += 1);
    }

    pub(super) fn tap_failed(&self, reason: &str) {
        self.count(|counted| {
            if counted.failed.len() < REASONS || counted.failed.contains_key(reason) {
                *counted.failed.entry(reason.to_owned()).or_default() += 1;
            }
        });
    }

    pub(super) fn walked(&self) {
        self.count(|counted| counted.walks += 1);
    }

    pub(super) fn thrown_out(&self) {
        self.count(|counted| counted.thrown_out += 1);
    }

    pub(super) fn moved(&self, up: u64, down: u64) {
        self.count(|counted| {
            counted.bytes_up += up;
            counted.bytes_down += down;
        });
    }

    pub(super) fn stands(&self, online: bool) {
        self.count(|counted| counted.online += u64::from(online));
    }
}

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Access points.
    pub aps: usize,
    /// Those the controller serves at the end.
    pub connected: usize,
    /// Visitors.
    pub visitors: usize,
    /// Those on line at the end.
    pub online: u64,
    /// Taps answered with 303.
    pub taps: usize,
    /// Half of them took no longer, in milliseconds.
    pub tap_p50_ms: f64,
    /// 95 of 100 took no longer, in milliseconds.
    pub tap_p95_ms: f64,
    /// The slowest, in milliseconds.
    pub tap_max_ms: f64,
    /// Taps answered with a page that asks for patience.
    pub taps_had_to_wait: u64,
    /// Taps without success, by reason.
    pub taps_failed: BTreeMap<String, u64>,
    /// Walks from one access point to another.
    pub walks: u64,
    /// Times a visitor who was on line met a closed gate.
    pub thrown_out: u64,
    /// Bytes visitors sent.
    pub bytes_up: u64,
    /// Bytes visitors received.
    pub bytes_down: u64,
    /// Sessions open at the end.
    pub sessions: usize,
    /// Journal records the controller has on disk.
    pub journal_durable: u64,
    /// Journal records it has not.
    pub journal_pending: u64,
    /// What access points say is wrong, and how many say so.
    pub problems: BTreeMap<String, usize>,
}

impl Summary {
    pub(super) fn of(visitors: usize, tally: &Tally) -> Self {
        let mut counted = tally.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        counted.taps.sort_unstable();
        let at = |part: f64| {
            let last = counted.taps.len().saturating_sub(1);
            let place = (part * last as f64).ceil() as usize;
            counted.taps.get(place).map_or(0.0, |took| (took.as_secs_f64() * 10_000.0).round() / 10.0)
        };
        Self {
            visitors,
            online: counted.online,
            taps: counted.taps.len(),
            tap_p50_ms: at(0.5),
            tap_p95_ms: at(0.95),
            tap_max_ms: at(1.0),
            taps_had_to_wait: counted.had_to_wait,
            taps_failed: counted.failed,
            walks: counted.walks,
            thrown_out: counted.thrown_out,
            bytes_up: counted.bytes_up,
            bytes_down: counted.bytes_down,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, status: &Status) {
        self.aps += 1;
        self.connected += usize::from(status.connected);
        self.sessions += status.sessions;
        self.journal_durable += status.journal_durable;
        self.journal_pending += status.journal_pending;
        for problem in &status.problems {
            *self.problems.entry(problem.clone()).or_default() += 1;
        }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string_pretty(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_taps() {
        let tally = Tally::default();
        for ms in (1..=100).rev() {
            tally.tapped(Duration::from_millis(ms));
        }
        let summary = Summary::of(3, &tally);
        assert_eq!((summary.taps, summary.tap_p95_ms, summary.tap_max_ms), (100, 96.0, 100.0));
        assert_eq!(Summary::of(0, &Tally::default()).tap_max_ms, 0.0);
    }
}
