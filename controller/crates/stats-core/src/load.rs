//! Load planning: in which hours of the week an access point was near its capacity, and in how many of the last weeks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Hours of a week.
const HOURS: u16 = 7 * 24;

/// The most users of one access point in one hour of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HourPeak {
    /// The access point.
    pub ap: String,
    /// Weeks ago: 0 is the latest whole week.
    pub weeks_ago: u16,
    /// Hour of the week: 0 is Monday from 0:00 to 1:00, 167 Sunday from 23:00.
    pub hour: u16,
    /// Users in the fullest minute.
    pub peak_users: u64,
}

/// How near an access point came to its capacity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// The access point.
    pub ap: String,
    /// Users it is meant for at a time.
    pub capacity_users: u32,
    /// Users from which an hour counts as busy.
    pub busy_users: u64,
    /// Whole weeks looked at, the latest ones.
    pub weeks: u16,
    /// The most users in any hour of these weeks.
    pub peak_users: u64,
    /// The hours that were busy at least once, the most often busy first, then as the week goes.
    pub busy: Vec<BusyHour>,
}

/// An hour of the week that was busy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusyHour {
    /// 0 is Monday.
    pub weekday: u8,
    /// The hour of the day it begins with, 0 to 23.
    pub hour: u8,
    /// In how many of the weeks it was busy.
    pub weeks: u16,
    /// The most users in it in these weeks.
    pub peak_users: u64,
}

/// Finds the busy hours: those with more users than `share` of `capacity_users` in their fullest minute. Every access
/// point of `aps` has its line, also one without any hour; peaks of others, and of longer ago than `weeks`, are left out.
#[must_use]
pub fn busy_hours(
    aps: &[String],
    peaks: &[HourPeak],
    weeks: u16,
    capacity_users: u32,
    share: f64,
) -> Vec<Load> {
    let bound = f64::from(capacity_users) * share;
    // Whole numbers above a bound begin one above its floor.
    let busy_users = bound.max(0.0).floor() as u64 + 1;
    let mut lines: BTreeMap<&str, BTreeMap<u16, (u16, u64)>> = BTreeMap::new();
    let mut most: BTreeMap<&str, u64> = BTreeMap::new();
    for peak in peaks.iter().filter(|peak| peak.weeks_ago < weeks && peak.hour < HOURS) {
        let seen = most.entry(&peak.ap).or_default();
        *seen = peak.peak_users.max(*seen);
        if peak.peak_users >= busy_users {
            let (times, users) = lines.entry(&peak.ap).or_default().entry(peak.hour).or_default();
            *times += 1;
            *users = peak.peak_users.max(*users);
        }
    }
    let line = |ap: &String| {
        let hours = lines.get(ap.as_str()).into_iter().flatten();
        let mut busy: Vec<BusyHour> = hours.map(|(hour, seen)| BusyHour::new(*hour, *seen)).collect();
        busy.sort_by_key(|hour| (std::cmp::Reverse(hour.weeks), hour.weekday, hour.hour));
        let peak_users = most.get(ap.as_str()).copied().unwrap_or(0);
        Load { ap: ap.clone(), capacity_users, busy_users, weeks, peak_users, busy }
    };
    aps.iter().map(line).collect()
}

impl BusyHour {
    fn new(hour_of_week: u16, (weeks, peak_users): (u16, u64)) -> Self {
        let part = |number: u16| u8::try_from(number).unwrap_or(u8::MAX);
        Self { weekday: part(hour_of_week / 24), hour: part(hour_of_week % 24), weeks, peak_users }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]
mod tests {
    use super::*;

    fn peak(ap: &str, weeks_ago: u16, hour: u16, peak_users: u64) -> HourPeak {
        HourPeak { ap: ap.to_owned(), weeks_ago, hour, peak_users }
    }

    #[test]
    fn an_hour_is_busy_above_the_share_and_is_counted_once_a_week() {
        let saturday_20 = 5 * 24 + 20;
        let peaks = [
            peak("hk-01", 0, saturday_20, 41),
            peak("hk-01", 1, saturday_20, 60),
            peak("hk-01", 2, saturday_20, 40),
            peak("hk-01", 8, saturday_20, 99),
            peak("hk-01", 3, 0, 45),
            peak("hk-02", 0, 0, 40),
        ];
        let aps = ["hk-01", "hk-02", "hk-03"].map(str::to_owned);
        let loads = busy_hours(&aps, &peaks, 8, 50, 0.8);
        assert_eq!(loads.len(), 3);
        assert_eq!((loads[0].busy_users, loads[0].peak_users), (41, 60));
        let hours: Vec<_> = loads[0].busy.iter().map(|hour| (hour.weekday, hour.hour, hour.weeks)).collect();
        assert_eq!(hours, [(5, 20, 2), (0, 0, 1)]);
        assert_eq!(loads[0].busy[0].peak_users, 60);
        assert!(loads[1].busy.is_empty() && loads[1].peak_users == 40);
        assert!(loads[2].busy.is_empty() && loads[2].peak_users == 0);
    }
}
