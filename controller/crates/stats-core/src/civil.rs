//! Civil days of the operator's time zone, and the hours they have.

use jiff::Timestamp;
use jiff::civil::{Weekday, date};
use jiff::tz::TimeZone;

const HOUR_MS: u64 = 3_600_000;

/// A piece of time, from its beginning to before its end, Unix milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First millisecond.
    pub start_ms: u64,
    /// The millisecond after the last.
    pub end_ms: u64,
}

impl Span {
    /// Whether a moment lies in it.
    #[must_use]
    pub fn holds(&self, ms: u64) -> bool {
        self.start_ms <= ms && ms < self.end_ms
    }
}

/// The civil days of a time zone. A day with a change of clocks has 23 or 25 hours; hours are counted from midnight.
#[derive(Debug, Clone)]
pub struct Days {
    zone: TimeZone,
}

impl Days {
    /// The days of `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The zone's name, or its offset when it has none.
    #[must_use]
    pub fn name(&self) -> String {
        self.zone.iana_name().map_or_else(|| format!("{:?}", self.zone), str::to_owned)
    }

    /// The civil day that holds a moment. Moments no calendar knows belong to its last day.
    #[must_use]
    pub fn day_of(&self, ms: u64) -> Span {
        let now = i64::try_from(ms)
            .ok()
            .and_then(|ms| Timestamp::from_millisecond(ms).ok())
            .unwrap_or(Timestamp::MAX)
            .to_zoned_datetime(self.zone.clone());
        let millis = |at: jiff::Timestamp| u64::try_from(at.as_millisecond()).ok();
        let start = now.start_of_day().ok().and_then(|start| millis(start.timestamp())).unwrap_or(0);
        let end = now.tomorrow().and_then(|day| day.start_of_day()).ok();
        let end = end.and_then(|end| millis(end.timestamp())).unwrap_or(u64::MAX);
        Span { start_ms: start, end_ms: end }
    }

    /// The number of the civil day that holds a moment: days since 1970-01-01.
    #[must_use]
    pub fn number_of(&self, ms: u64) -> i32 {
        let moment = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let day = moment.unwrap_or(Timestamp::MAX).to_zoned_datetime(self.zone.clone()).date();
        day.since((jiff::Unit::Day, date(1970, 1, 1))).map_or(0, |span| span.get_days())
    }

    /// The hour of its day that holds a moment.
    #[must_use]
    pub fn hour_of(&self, ms: u64) -> Span {
        hour_in(self.day_of(ms), ms)
    }

    /// The hours of a day, the first first.
    #[must_use]
    pub fn hours_of(day: Span) -> Vec<Span> {
        let starts = (day.start_ms..day.end_ms).step_by(HOUR_MS as usize);
        starts.take(25).map(|start| hour_in(day, start)).collect()
    }

    /// The days that a range touches, the first first; at most `most` of them.
    #[must_use]
    pub fn days_in(&self, from_ms: u64, to_ms: u64, most: usize) -> Vec<Span> {
        let mut days = Vec::new();
        let mut at = from_ms;
        while at < to_ms && days.len() < most {
            let day = self.day_of(at);
            days.push(day);
            if day.end_ms <= at {
                break;
            }
            at = day.end_ms;
        }
        days
    }

    /// The hour of the week that holds a moment, by the clock on the wall: 0 is Monday from 0:00.
    #[must_use]
    pub fn hour_of_week(&self, ms: u64) -> u16 {
        let moment = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let now = moment.unwrap_or(Timestamp::MAX).to_zoned_datetime(self.zone.clone());
        let days = now.weekday().since(Weekday::Monday);
        u16::try_from(days).unwrap_or(0) * 24 + u16::try_from(now.hour()).unwrap_or(0)
    }

    /// The beginning of the week (Monday) that holds a moment.
    #[must_use]
    pub fn week_start(&self, ms: u64) -> u64 {
        let mut day = self.day_of(ms);
        for _ in 0..self.hour_of_week(ms) / 24 {
            day = self.day_of(day.start_ms.saturating_sub(1));
        }
        day.start_ms
    }
}

/// The hour of `day` that holds `ms`; the last one of a day may be shorter.
pub(crate) fn hour_in(day: Span, ms: u64) -> Span {
    let start_ms = day.start_ms + ms.saturating_sub(day.start_ms) / HOUR_MS * HOUR_MS;
    Span { start_ms, end_ms: start_ms.saturating_add(HOUR_MS).min(day.end_ms) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]
mod tests {
    use super::*;

    /// 2026-11-24T16:59:59.999Z: the last millisecond of that Tuesday in Ha Noi.
    const LAST_MS: u64 = 1_795_539_599_999;

    fn days(zone: &str) -> Days {
        Days::new(TimeZone::get(zone).unwrap())
    }

    #[test]
    fn days_and_hours_of_ha_noi_begin_at_its_own_midnight() {
        let days = days("Asia/Ho_Chi_Minh");
        let day = days.day_of(LAST_MS);
        assert_eq!((day.end_ms, day.end_ms - day.start_ms), (LAST_MS + 1, 24 * HOUR_MS));
        assert_eq!(days.day_of(LAST_MS + 1).start_ms, LAST_MS + 1);
        assert_eq!(days.number_of(LAST_MS) + 1, days.number_of(LAST_MS + 1));
        let hour = days.hour_of(LAST_MS);
        assert_eq!((hour.end_ms, hour.end_ms - hour.start_ms), (LAST_MS + 1, HOUR_MS));
        assert_eq!(Days::hours_of(day).len(), 24);
        assert_eq!(days.hour_of_week(LAST_MS), 24 + 23);
        assert_eq!(days.week_start(LAST_MS), day.start_ms - 24 * HOUR_MS);
        assert_eq!(days.week_start(days.week_start(LAST_MS)), days.week_start(LAST_MS));
    }

    #[test]
    fn a_day_with_a_change_of_clocks_has_its_own_number_of_hours() {
        let days = days("Europe/Berlin");
        // 2026-03-29T00:00+01:00 and 2026-10-25T00:00+02:00.
        for (midnight, hours) in [(1_774_738_800_000, 23), (1_792_879_200_000, 25)] {
            let day = days.day_of(midnight + HOUR_MS);
            assert_eq!(day.start_ms, midnight);
            let found = Days::hours_of(day);
            assert_eq!(found.len(), hours);
            assert_eq!(found.last().unwrap().end_ms, day.end_ms);
            assert!(found.windows(2).all(|pair| pair[0].end_ms == pair[1].start_ms));
        }
    }

    #[test]
    fn a_zone_off_by_half_an_hour_has_hours_from_its_midnight() {
        let days = days("Asia/Kolkata");
        let hour = days.hour_of(LAST_MS);
        assert_eq!(hour.start_ms % HOUR_MS, HOUR_MS / 2);
    }

    #[test]
    fn odd_clocks_have_a_day_too_and_ranges_end() {
        let days = days("UTC");
        assert!(days.day_of(u64::MAX).holds(days.day_of(u64::MAX).start_ms));
        assert_eq!(days.days_in(0, 86_400_000 * 3, 100).len(), 3);
        assert_eq!(days.days_in(5, 86_400_000 * 3 + 1, 100).len(), 4);
        assert_eq!(days.days_in(0, u64::MAX, 7).len(), 7);
        assert!(days.days_in(9, 9, 7).is_empty());
        assert!(days.days_in(u64::MAX - 1, u64::MAX, 7).len() <= 7);
    }
}
