//! `[timers]`: how often access points report, sample, probe; tests scale them together.

use super::parse;
use super::read::Reader;

/// Timers the access points are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimersConfig {
    /// Counters are reported this often, in milliseconds.
    pub report_ms: u32,
    /// The kernel's sets are read this often, in milliseconds.
    pub sample_ms: u32,
    /// A silent station is probed this often, in milliseconds.
    pub presence_ms: u32,
    /// Probes without an answer until a station counts as gone.
    pub presence_misses: u32,
    /// The portal is probed this often, in milliseconds.
    pub portal_probe_ms: u32,
    /// Without a word from the other side for this long it counts as away, in milliseconds.
    pub away_ms: u32,
}

impl TimersConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut millis = |key: &'static str, default: u32| {
            reader.take(key, default, |raw| parse::whole(raw, 50..=3_600_000))
        };
        let timers = Self {
            report_ms: millis("timers.report_ms", 10_000),
            sample_ms: millis("timers.sample_ms", 1_000),
            presence_ms: millis("timers.presence_ms", 20_000),
            portal_probe_ms: millis("timers.portal_probe_ms", 10_000),
            away_ms: millis("timers.away_ms", 15_000),
            presence_misses: reader.take("timers.presence_misses", 3, |raw| parse::whole(raw, 1..=100)),
        };
        if timers.sample_ms > timers.report_ms {
            reader.fault(format!(
                "timers.sample_ms = {} is longer than timers.report_ms = {}: counters are read at least as often as reported",
                timers.sample_ms, timers.report_ms
            ));
        }
        timers
    }
}
