//! How long to wait before the next try: doubling to a limit, with full jitter so that access points do not come in step.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(500);
/// No pause is longer than this, whatever the configuration says.
const LONGEST: Duration = Duration::from_secs(30);

/// The pauses of one row of failures.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The pause before the next try: anything between half a step and a whole one, and no longer than `away`, the
    /// silence after which the controller counts as away.
    pub(super) fn next_pause(&mut self, away: Duration) -> Duration {
        let step = FIRST.saturating_mul(1 << self.failures.min(6)).min(LONGEST).min(away.max(FIRST));
        self.failures = self.failures.saturating_add(1);
        let mut random = [0; 4];
        // Without randomness the whole step is waited for.
        let part = getrandom::fill(&mut random).map_or(u32::MAX, |()| u32::from_ne_bytes(random));
        step / 2 + step.mul_f64(0.5 * f64::from(part) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute_and_are_never_in_step() {
        let mut backoff = Backoff::default();
        let pauses: Vec<Duration> = (0..20).map(|_| backoff.next_pause(LONGEST)).collect();
        for (nth, pause) in pauses.iter().enumerate() {
            let step = FIRST.saturating_mul(1 << nth.min(6)).min(LONGEST);
            assert!(*pause >= step / 2 && *pause <= step, "pause {nth} is {pause:?}, step {step:?}");
        }
        assert!((0..20).all(|_| backoff.next_pause(Duration::from_secs(2)) <= Duration::from_secs(2)));
        let late: std::collections::BTreeSet<_> = pauses.iter().skip(8).collect();
        assert!(late.len() > 6);
    }
}
