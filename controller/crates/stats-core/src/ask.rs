//! What may be asked for: a range of time, by what, in which steps.

use serde::{Deserialize, Serialize};

/// 2020-01-01T00:00:00Z: nothing of this system is older.
pub const EARLIEST_MS: u64 = 1_577_836_800_000;
/// 2100-01-01T00:00:00Z: later moments are faults of a clock.
pub const LATEST_MS: u64 = 4_102_444_800_000;
/// Longest range by hour, in days.
pub const MOST_HOUR_DAYS: u64 = 400;
/// Longest range by day, in days.
pub const MOST_DAYS: u64 = 3_700;

const DAY_MS: u64 = 86_400_000;

/// A question for figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// From this moment on, Unix milliseconds; the slot that holds it is the first.
    pub from_ms: u64,
    /// Before this moment, Unix milliseconds.
    pub to_ms: u64,
    /// One row per what.
    pub by: By,
    /// One row per how long.
    pub step: Step,
}

/// What figures are split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Not at all.
    All,
    /// By access point.
    Ap,
    /// By zone.
    Zone,
}

/// How long a slot is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// An hour of a civil day.
    Hour,
    /// A civil day.
    Day,
}

/// A range of time that cannot be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRange {
    /// It ends before it begins.
    #[error("the range ends at or before its beginning: give a `from` that is earlier than `to`")]
    Backwards,
    /// Before 2020 or after 2099.
    #[error("the range leaves the years 2020 to 2099, in which figures can exist: correct `from` or `to`")]
    NoSuchTime,
    /// Too many hours.
    #[error("by hour at most {MOST_HOUR_DAYS} days can be asked for: shorten the range or ask by day")]
    TooManyHours,
    /// Too many days.
    #[error("at most {MOST_DAYS} days can be asked for: shorten the range")]
    TooManyDays,
}

impl Ask {
    /// Says what is wrong with the range.
    ///
    /// # Errors
    /// [`BadRange`].
    pub fn check(&self) -> Result<(), BadRange> {
        if self.from_ms >= self.to_ms {
            return Err(BadRange::Backwards);
        }
        if self.from_ms < EARLIEST_MS || self.to_ms > LATEST_MS {
            return Err(BadRange::NoSuchTime);
        }
        let length_ms = self.to_ms - self.from_ms;
        match self.step {
            Step::Hour if length_ms > MOST_HOUR_DAYS * DAY_MS => Err(BadRange::TooManyHours),
            Step::Day if length_ms > MOST_DAYS * DAY_MS => Err(BadRange::TooManyDays),
            Step::Hour | Step::Day => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use super::*;

    fn check(from_ms: u64, to_ms: u64, step: Step) -> Result<(), BadRange> {
        Ask { from_ms, to_ms, by: By::All, step }.check()
    }

    #[test]
    fn ranges_that_cannot_be_are_refused_each_with_its_sentence() {
        let start = EARLIEST_MS;
        assert_eq!(check(start, start + 1, Step::Hour), Ok(()));
        assert_eq!(check(start, start + 400 * DAY_MS, Step::Hour), Ok(()));
        assert_eq!(check(start, start, Step::Hour), Err(BadRange::Backwards));
        assert_eq!(check(start + 5, start, Step::Day), Err(BadRange::Backwards));
        assert_eq!(check(start - 1, start, Step::Day), Err(BadRange::NoSuchTime));
        assert_eq!(check(start, u64::MAX, Step::Day), Err(BadRange::NoSuchTime));
        assert_eq!(check(start, start + 400 * DAY_MS + 1, Step::Hour), Err(BadRange::TooManyHours));
        assert_eq!(check(start, start + 400 * DAY_MS + 1, Step::Day), Ok(()));
        assert_eq!(check(start, start + 3_701 * DAY_MS, Step::Day), Err(BadRange::TooManyDays));
        assert!(check(start, start, Step::Day).unwrap_err().to_string().contains("earlier than `to`"));
    }
}
