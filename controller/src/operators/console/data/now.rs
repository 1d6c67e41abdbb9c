//! Figures of now and of today, for the overview and the pages of access points.

use std::collections::BTreeMap;

use session_core::UnixMs;

use super::usage::estimate;
use crate::operators::console::desk::Desk;
use crate::operators::console::view::{ApRow, Moment, Overview, Totals};
use crate::operators::web::Web;
use crate::stats::{Ask, By, MinuteFigures, Slot, StatsError, Step};

const HOUR_MS: u64 = 3_600_000;
const WEEK_MS: u64 = 7 * 24 * HOUR_MS;
/// Minutes of a plot of a day.
const DAY_MINUTES: u32 = 24 * 60;

/// The overview.
///
/// # Errors
/// What the figures say.
pub async fn overview(desk: &Desk) -> Result<Overview, StatsError> {
    let sites = rows(desk).await?;
    let now = desk.now();
    let all = slot_of(&desk.web, now, Step::Day).await?;
    let week_ago = slot_of(&desk.web, UnixMs(now.0.saturating_sub(WEEK_MS)), Step::Hour).await?;
    let sum = |figures: Vec<u32>| figures.into_iter().fold(0, u32::saturating_add);
    let totals = Totals {
        devices: sum(sites.iter().filter_map(|row| row.devices).collect()),
        capacity: Some(sum(sites
            .iter()
            .filter(|row| row.devices.is_some())
            .filter_map(|row| row.capacity)
            .collect())),
        week_ago: week_ago.map(|slot| slot.mean_users.round() as u32),
        unique_today: all.as_ref().map(|slot| estimate(slot.visitors)),
        visits_today: all.as_ref().map(|slot| slot.visits),
        down_today_bytes: all.as_ref().map(|slot| slot.bytes_down),
        up_today_bytes: all.as_ref().map(|slot| slot.bytes_up),
    };
    Ok(Overview { problems: desk.sites.problems.clone(), sites, totals, day: day(&desk.web, None).await? })
}

/// The access points with what each has moved today.
///
/// # Errors
/// What the figures say.
pub async fn rows(desk: &Desk) -> Result<Vec<ApRow>, StatsError> {
    let ask = whole_slot(&desk.web, desk.now(), Step::Day, By::Ap);
    let bytes: BTreeMap<String, u64> = desk
        .web
        .stats
        .series(ask)
        .await?
        .into_iter()
        .map(|slot| (slot.key, slot.bytes_up.saturating_add(slot.bytes_down)))
        .collect();
    let with_bytes =
        |row: &ApRow| ApRow { today_bytes: Some(bytes.get(&row.ap.id).copied().unwrap_or(0)), ..row.clone() };
    Ok(desk.sites.rows.iter().map(with_bytes).collect())
}

/// Devices on line hour by hour in the last 24 hours, at one access point or at all.
///
/// # Errors
/// What the figures say.
pub async fn day(web: &Web, ap: Option<&str>) -> Result<Vec<Moment>, StatsError> {
    let minutes = web.stats.minutes(ap, DAY_MINUTES).await?;
    let mut hours: Vec<(u64, Vec<&MinuteFigures>)> = Vec::new();
    for minute in &minutes {
        let start = minute.start_ms - minute.start_ms % HOUR_MS;
        match hours.last_mut() {
            Some((hour, within)) if *hour == start => within.push(minute),
            Some(_) | None => hours.push((start, vec![minute])),
        }
    }
    let moment = |(start_ms, within): (u64, Vec<&MinuteFigures>)| {
        let sum: u64 = within.iter().map(|minute| minute.users).sum();
        let peak = within.iter().map(|minute| minute.users).max();
        Moment {
            start_ms,
            mean: (!within.is_empty()).then(|| sum as f64 / within.len() as f64),
            peak: peak.map(|peak| u32::try_from(peak).unwrap_or(u32::MAX)),
        }
    };
    // The first hour has begun before the minutes that were asked for.
    let cut = hours.len().saturating_sub(24);
    Ok(hours.into_iter().skip(cut).map(moment).collect())
}

/// All figures of the hour or civil day that holds a moment; `None` when nothing was counted.
async fn slot_of(web: &Web, at: UnixMs, step: Step) -> Result<Option<Slot>, StatsError> {
    Ok(web.stats.series(whole_slot(web, at, step, By::All)).await?.into_iter().next())
}

/// The question for the hour or civil day that holds a moment.
fn whole_slot(web: &Web, at: UnixMs, step: Step, by: By) -> Ask {
    let days = web.stats.days();
    let span = match step {
        Step::Hour => days.hour_of(at.0),
        Step::Day => days.day_of(at.0),
    };
    Ask { from_ms: span.start_ms, to_ms: span.end_ms, by, step }
}
