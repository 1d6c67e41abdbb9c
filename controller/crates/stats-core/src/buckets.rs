//! The bounds of the histograms. They are part of what is stored: a changed bound needs a new set of measures.

/// Number of dwell buckets.
pub const DWELL_BUCKETS: usize = 8;
/// Upper bounds of the dwell buckets but the last, which has none, in milliseconds: 1, 5, 15, 30 minutes, 1, 2, 4 hours.
pub const DWELL_BOUNDS_MS: [u64; DWELL_BUCKETS - 1] =
    [60_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000];

/// Number of buckets of the times between steps of the funnel.
pub const TIME_BUCKETS: usize = 11;
/// Upper bounds of these buckets but the last, which has none, in milliseconds.
pub const TIME_BOUNDS_MS: [u64; TIME_BUCKETS - 1] =
    [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000];

/// The bucket of a session that lasted `dwell_ms` from first to last packet; a bound belongs to the bucket above it.
#[must_use]
pub fn dwell_bucket(dwell_ms: u64) -> usize {
    DWELL_BOUNDS_MS.partition_point(|bound| *bound <= dwell_ms)
}

/// The bucket of a time between two steps of the funnel.
#[must_use]
pub fn time_bucket(time_ms: u64) -> usize {
    TIME_BOUNDS_MS.partition_point(|bound| *bound <= time_ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_bucket_above_it() {
        assert_eq!((dwell_bucket(0), dwell_bucket(59_999), dwell_bucket(60_000)), (0, 0, 1));
        assert_eq!((dwell_bucket(14_400_000), dwell_bucket(u64::MAX)), (7, 7));
        assert_eq!((time_bucket(99), time_bucket(100), time_bucket(u64::MAX)), (0, 1, 10));
    }
}
