//! The one place that asks for the time; everything below gets `now` as an argument.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// This software was not there before: 2026-01-01T00:00:00Z, in Unix milliseconds.
const EARLIEST_MS: u64 = 1_767_225_600_000;
/// Two clocks that differ by more are worth a word.
const TOLD_OFF_MS: u64 = 5 * 60_000;

/// The system's clock says a time at which nothing could be granted rightly.
#[derive(Debug, thiserror::Error)]
#[error(
    "the system's clock stands before 2026; set it (timedatectl set-ntp true) and start again: visits would get wrong days and ends"
)]
pub struct ClockError;

/// Whether visits can be granted by a clock that says `now_ms`, over a database whose `newest_ms` entry is from then. A
/// sentence when both may be right but do not agree.
///
/// # Errors
/// [`ClockError`] when no machine on which this runs can be right.
pub fn check(now_ms: u64, newest_ms: Option<u64>) -> Result<Option<String>, ClockError> {
    if now_ms < EARLIEST_MS {
        return Err(ClockError);
    }
    let ahead = newest_ms.and_then(|newest| newest.checked_sub(now_ms)).filter(|ahead| *ahead > TOLD_OFF_MS);
    Ok(ahead.map(|ahead| {
        format!(
            "the newest entry of the database is {} later than the system's clock: it is wrong now or was wrong then; check it with timedatectl",
            minutes(ahead)
        )
    }))
}

/// A sentence when an access point whose clock says `theirs_ms` is far from a controller whose clock says `ours_ms`.
#[must_use]
pub fn apart(ours_ms: u64, theirs_ms: u64) -> Option<String> {
    let off = ours_ms.abs_diff(theirs_ms);
    let way = if theirs_ms < ours_ms { "behind" } else { "ahead" };
    (off > TOLD_OFF_MS).then(|| format!("{} {way}", minutes(off)))
}

fn minutes(millis: u64) -> humantime::FormattedDuration {
    humantime::format_duration(Duration::from_secs((millis + 30_000) / 60_000 * 60))
}

/// Milliseconds since 1970 by the system's clock; 0 for a clock before that.
#[must_use]
pub fn unix_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;
    const HOUR: u64 = 3_600_000;

    #[test]
    fn a_clock_of_1970_is_refused_and_one_that_was_set_back_is_told() {
        assert!(check(0, None).unwrap_err().to_string().contains("timedatectl"));
        assert_eq!(check(NOW, None).unwrap(), None);
        assert_eq!(check(NOW, Some(NOW - 300 * 24 * HOUR)).unwrap(), None);
        assert_eq!(check(NOW, Some(NOW + 1000)).unwrap(), None);
        assert!(check(NOW, Some(NOW + 2 * HOUR)).unwrap().unwrap().contains("2h later"));
    }

    #[test]
    fn an_access_point_two_hours_off_is_named_and_one_a_second_off_is_not() {
        assert_eq!(apart(NOW, NOW - 1000), None);
        assert_eq!(apart(NOW, NOW + 2 * HOUR).unwrap(), "2h ahead");
        assert_eq!(apart(NOW, NOW - 2 * HOUR).unwrap(), "2h behind");
    }
}
