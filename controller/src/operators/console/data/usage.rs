//! Figures of a period, from the roll-ups.

use std::collections::BTreeMap;

use jiff::civil::Date;
use store::Name;

use super::funnel::{dwell, funnel};
use crate::operators::console::desk::Desk;
use crate::operators::console::view::{
    BusyHour, CountingRule, Estimate, Period, PhoneLanguage, RangeError, Step as Shown, Usage, Zone,
};
use crate::stats::{Ask, By, Slot, Stats, StatsError, Step};

/// Below this many visitors the sketch counts one by one.
const EXACT: u64 = 200;
/// Days that the page shows by day and by hour: a longer table is for the API.
const MOST_DAYS: u32 = 400;
const MOST_DAYS_BY_HOUR: u32 = 31;
/// Days that are shown when nobody says which.
const USUAL_DAYS: i32 = 28;
/// Busiest hours that are named.
const MOST_BUSY: usize = 6;
const HOUR_MS: u64 = 3_600_000;

/// What was asked for in the form, as typed.
pub struct Asked<'a> {
    /// First day.
    pub from: &'a str,
    /// Last day.
    pub to: &'a str,
    /// Whether hours are wanted.
    pub by_hour: bool,
}

/// The figures of what was asked for; of the usual period when that is impossible.
///
/// # Errors
/// What the figures say.
pub async fn usage(desk: &Desk, asked: &Asked<'_>) -> Result<Usage, StatsError> {
    let today = desk.frame.civil(desk.frame.now_ms).date();
    let (range, error) = match range(asked, today) {
        Ok(range) => (range, None),
        Err(error) => (usual(today, asked.by_hour), Some(error)),
    };
    let step = if asked.by_hour { Step::Hour } else { Step::Day };
    let (from_ms, to_ms) = (midnight(desk, range.0), midnight(desk, range.1.tomorrow().unwrap_or(range.1)));
    let ask = |by, step| Ask { from_ms, to_ms, by, step };
    let stats = &desk.web.stats;
    let slots = stats.series(ask(By::All, step)).await?;
    let days = stats.series(ask(By::All, Step::Day)).await?;
    let whole = Slot::added(&days);
    let names: BTreeMap<String, Name> =
        desk.store.zones().await?.into_iter().map(|zone| (zone.id, zone.name)).collect();
    let zones = zones(stats.totals(ask(By::Zone, Step::Day)).await?, &names);
    let hours = if asked.by_hour { slots.clone() } else { stats.series(ask(By::All, Step::Hour)).await? };
    let up_to_ms = Some(stats.up_to_ms()).filter(|up_to| *up_to > 0);
    let recorded_to = up_to_ms.unwrap_or(0);
    Ok(Usage {
        from: range.0,
        to: range.1,
        step: if asked.by_hour { Shown::Hour } else { Shown::Day },
        error,
        typed: error.map(|_| (asked.from.to_owned(), asked.to.to_owned())),
        sum: whole
            .as_ref()
            .map_or_else(Period::default, |slot| Period { unique: sum_of(&days), ..period(slot) }),
        periods: periods(&slots, stats.starts(ask(By::All, step)).map_err(StatsError::Range)?, recorded_to),
        zones,
        languages: languages(whole.as_ref()),
        dwell: whole.as_ref().map(dwell).unwrap_or_default(),
        busiest: busiest(hours),
        funnel: whole.as_ref().map(funnel).unwrap_or_default(),
        rule: CountingRule {
            error_permille: Stats::ERROR_PERMILLE,
            randomised_permille: whole
                .as_ref()
                .and_then(|slot| slot.randomised_share)
                .map(|share| (share * 1000.0).round() as u32),
            up_to_ms,
        },
    })
}

/// The period that was asked for; what is left out is the usual.
fn range(asked: &Asked<'_>, today: Date) -> Result<(Date, Date), RangeError> {
    let usual = usual(today, asked.by_hour);
    let date = |text: &str, usual| match text.trim() {
        "" => Ok(usual),
        text => text.parse::<Date>().map_err(|_| RangeError::NoDate),
    };
    let (from, to) = (date(asked.from, usual.0)?, date(asked.to, usual.1)?);
    if from > to {
        return Err(RangeError::Backwards);
    }
    // Figures can exist in these years.
    if from.year() < 2020 || to.year() > 2098 {
        return Err(RangeError::NoDate);
    }
    let most_days = if asked.by_hour { MOST_DAYS_BY_HOUR } else { MOST_DAYS };
    let days = (to - from).get_days();
    if i64::from(days) >= i64::from(most_days) {
        return Err(RangeError::TooLong { most_days });
    }
    Ok((from, to))
}

fn usual(today: Date, by_hour: bool) -> (Date, Date) {
    let back = if by_hour { 0 } else { USUAL_DAYS - 1 };
    let first = today.checked_sub(jiff::Span::new().days(back)).unwrap_or(today);
    (first, today)
}

/// When a civil day begins, Unix milliseconds.
fn midnight(desk: &Desk, date: Date) -> u64 {
    let zoned = date.to_zoned_datetime(desk.frame.zone.clone());
    zoned.ok().and_then(|begin| u64::try_from(begin.timestamp().as_millisecond()).ok()).unwrap_or(0)
}

/// How far a number of visitors may be off.
#[must_use]
pub fn estimate(visitors: u64) -> Estimate {
    let off =
        if visitors < EXACT { 0 } else { (visitors * u64::from(Stats::ERROR_PERMILLE) * 2).div_ceil(1000) };
    Estimate { devices: visitors, plus_minus: off }
}

/// Visitors of several days: the days' errors are independent of each other.
fn sum_of(days: &[Slot]) -> Option<Estimate> {
    let each = days.iter().map(|day| estimate(day.visitors));
    let squares: f64 = each.clone().map(|one| (one.plus_minus as f64).powi(2)).sum();
    let devices = each.map(|one| one.devices).sum();
    Some(Estimate { devices, plus_minus: squares.sqrt().ceil() as u64 })
}

/// A slot as a page shows it.
fn period(slot: &Slot) -> Period {
    Period {
        start_ms: slot.start_ms,
        recorded: true,
        visits: slot.visits,
        sessions: slot.sessions,
        unique: Some(estimate(slot.visitors)),
        down_bytes: slot.bytes_down,
        up_bytes: slot.bytes_up,
        mean_devices: slot.mean_users,
        peak_devices: u32::try_from(slot.peak_users).unwrap_or(u32::MAX),
    }
}

/// One period for each slot. One without figures between others was quiet; before the first and after what is counted
/// nobody knows.
fn periods(slots: &[Slot], starts: Vec<u64>, recorded_to: u64) -> Vec<Period> {
    let first = slots.first().map_or(u64::MAX, |slot| slot.start_ms);
    let found: BTreeMap<u64, &Slot> = slots.iter().map(|slot| (slot.start_ms, slot)).collect();
    let quiet = |start_ms| Period {
        start_ms,
        recorded: start_ms > first && start_ms < recorded_to,
        ..Period::default()
    };
    starts
        .into_iter()
        .map(|start| found.get(&start).map_or_else(|| quiet(start), |slot| period(slot)))
        .collect()
}

fn zones(slots: Vec<Slot>, names: &BTreeMap<String, Name>) -> Vec<Zone> {
    let mut zones: Vec<Zone> =
        slots.iter().map(|slot| Zone { name: names.get(&slot.key).cloned(), period: period(slot) }).collect();
    zones.sort_by_key(|zone| std::cmp::Reverse(zone.period.visits));
    zones
}

fn languages(whole: Option<&Slot>) -> Vec<PhoneLanguage> {
    let language = |(tag, visits): (&str, u64)| PhoneLanguage {
        tag: if tag == "other" { String::new() } else { tag.to_owned() },
        visits,
    };
    let found = whole.map(|slot| slot.languages.as_slice()).unwrap_or_default();
    found.iter().map(|one| language((one.language.as_str(), one.visits))).collect()
}

fn busiest(mut hours: Vec<Slot>) -> Vec<BusyHour> {
    hours.retain(|hour| hour.peak_users > 0 && hour.end_ms.saturating_sub(hour.start_ms) <= HOUR_MS);
    hours.sort_by_key(|hour| (std::cmp::Reverse(hour.peak_users), hour.start_ms));
    hours
        .iter()
        .take(MOST_BUSY)
        .map(|hour| BusyHour {
            start_ms: hour.start_ms,
            peak_devices: u32::try_from(hour.peak_users).unwrap_or(u32::MAX),
            mean_devices: hour.mean_users,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn asked(from: &str, to: &str, by_hour: bool) -> Result<(Date, Date), RangeError> {
        range(&Asked { from, to, by_hour }, date(2026, 11, 24))
    }

    #[test]
    fn what_is_left_out_is_the_usual_and_the_impossible_is_named() {
        assert_eq!(asked("", "", false), Ok((date(2026, 10, 28), date(2026, 11, 24))));
        assert_eq!(asked("", "", true), Ok((date(2026, 11, 24), date(2026, 11, 24))));
        assert_eq!(asked("2026-11-01", "2026-11-01", false), Ok((date(2026, 11, 1), date(2026, 11, 1))));
        assert_eq!(asked("2026-11-25", "2026-11-01", false), Err(RangeError::Backwards));
        for wrong in ["yesterday", "2026-02-30", "'; drop", "0001-01-01"] {
            assert_eq!(asked(wrong, "2026-11-24", false), Err(RangeError::NoDate), "{wrong}");
        }
        assert_eq!(asked("2026-11-24", "9999-12-31", false), Err(RangeError::NoDate));
        assert_eq!(asked("2025-01-01", "", false), Err(RangeError::TooLong { most_days: 400 }));
        assert_eq!(asked("2026-10-24", "", true), Err(RangeError::TooLong { most_days: 31 }));
        assert!(asked("2026-10-25", "", true).is_ok());
    }

    #[test]
    fn few_visitors_are_counted_one_by_one() {
        assert_eq!(estimate(12), Estimate { devices: 12, plus_minus: 0 });
        assert_eq!(estimate(10_000), Estimate { devices: 10_000, plus_minus: 320 });
    }
}
