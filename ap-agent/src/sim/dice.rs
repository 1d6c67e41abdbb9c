//! Chance for simulated visitors: one seed from the system, then numbers that cost nothing.

/// A row of random numbers (SplitMix64); good for walks, not for secrets.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn from_system() -> Self {
        let mut seed = [0; 8];
        // Without randomness every run is the same one.
        let _ = getrandom::fill(&mut seed);
        Self(u64::from_ne_bytes(seed))
    }

    /// Another row for another visitor.
    pub(super) fn split(&mut self) -> Self {
        Self(self.roll())
    }

    pub(super) fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Anything from 0 to just below `end`; 0 for an `end` of 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.roll().checked_rem(end).unwrap_or(0)
    }

    /// Anything from half of `middle` to one and a half of it.
    pub(super) fn about(&mut self, middle: std::time::Duration) -> std::time::Duration {
        let millis = u64::try_from(middle.as_millis()).unwrap_or(u64::MAX);
        std::time::Duration::from_millis(millis / 2 + self.below(millis.saturating_add(1)))
    }
}
