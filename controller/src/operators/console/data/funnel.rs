//! How far visitors came, how long each step took, and how long sessions lasted: from counts by bucket.

use crate::operators::console::view::{DwellBin, FunnelStep};
use crate::stats::{DWELL_BOUNDS_MS, Slot, TIME_BOUNDS_MS};

/// The way to the internet, step by step.
#[must_use]
pub fn funnel(slot: &Slot) -> Vec<FunnelStep> {
    let (counts, times) = (&slot.funnel, &slot.times);
    let step = |step, visitors, buckets: Option<&[u64]>| FunnelStep {
        step,
        visitors,
        half_ms: buckets.and_then(|buckets| within(buckets, 50)),
        most_ms: buckets.and_then(|buckets| within(buckets, 95)),
    };
    vec![
        step("redirect", counts.redirect, None),
        step("page", counts.page, None),
        step("accept", counts.accept, Some(&times.page_to_accept)),
        step("gate", counts.gate_open, Some(&times.accept_to_gate)),
        step("first-byte", counts.first_byte, Some(&times.gate_to_first_byte)),
    ]
}

/// The bound below which `percent` of what is in the buckets lies; `None` of nothing, and where there is no bound.
fn within(buckets: &[u64], percent: u64) -> Option<u64> {
    let all: u64 = buckets.iter().sum();
    let wanted = (all * percent).div_ceil(100);
    let mut seen = 0;
    let at = buckets.iter().position(|count| {
        seen += count;
        wanted > 0 && seen >= wanted
    })?;
    TIME_BOUNDS_MS.get(at).copied()
}

/// How long sessions lasted.
#[must_use]
pub fn dwell(slot: &Slot) -> Vec<DwellBin> {
    let bound = |at: usize| DWELL_BOUNDS_MS.get(at).map(|bound| bound / 1000);
    let bin = |(at, sessions): (usize, &u64)| DwellBin {
        from_secs: at.checked_sub(1).and_then(bound).unwrap_or(0),
        to_secs: bound(at),
        visits: *sessions,
    };
    slot.dwell.iter().enumerate().map(bin).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_a_step_lies_below_the_bound_of_its_bucket() {
        let mut buckets = [0; TIME_BOUNDS_MS.len() + 1];
        assert_eq!(within(&buckets, 50), None);
        buckets[2] = 94;
        buckets[5] = 6;
        assert_eq!(within(&buckets, 50), Some(500));
        assert_eq!(within(&buckets, 95), Some(5_000));
        buckets[10] = 100;
        assert_eq!(within(&buckets, 95), None);
    }
}
