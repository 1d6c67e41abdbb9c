//! Who may do what: the plan a visitor gets, and which civil day its use counts for.

pub mod credential;
pub mod password;
pub mod units;

use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;
use session_core::{CivilDay, Plan, UnixMs};
use store::{Store, StoreError};

/// The plans as the store has them, and the rules of this controller.
pub struct Policy {
    zone: TimeZone,
    portal_plan: String,
    plans: RwLock<BTreeMap<String, Plan>>,
}

/// The civil day that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// Its number.
    pub day: CivilDay,
    /// When the next one begins.
    pub ends: UnixMs,
}

impl Policy {
    /// The rules with the plans as they are.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(store: &Store, zone: TimeZone, portal_plan: String) -> Result<Self, StoreError> {
        let policy = Self { zone, portal_plan, plans: RwLock::default() };
        policy.renew(store).await?;
        Ok(policy)
    }

    /// Takes over the plans as they are now. Running visits keep the terms they were given.
    ///
    /// # Errors
    /// What the store says; the plans stay as they were then.
    pub async fn renew(&self, store: &Store) -> Result<(), StoreError> {
        let plans = store.plans().await?.into_iter().map(|plan| (plan.name.clone(), plan)).collect();
        *self.plans.write().unwrap_or_else(PoisonError::into_inner) = plans;
        Ok(())
    }

    /// The plan of a visitor who only taps; `None` when nobody has made it.
    #[must_use]
    pub fn portal_plan(&self) -> Option<Plan> {
        self.plans.read().unwrap_or_else(PoisonError::into_inner).get(&self.portal_plan).cloned()
    }

    /// A plan by its name.
    #[must_use]
    pub fn plan(&self, name: &str) -> Option<Plan> {
        self.plans.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// The civil day at `now_ms`.
    #[must_use]
    pub fn today(&self, now_ms: u64) -> Today {
        today(&self.zone, now_ms)
    }
}

fn today(zone: &TimeZone, now_ms: u64) -> Today {
    // Times no calendar knows are taken as its last moment.
    let now = i64::try_from(now_ms)
        .ok()
        .and_then(|ms| Timestamp::from_millisecond(ms).ok())
        .unwrap_or(Timestamp::MAX)
        .to_zoned_datetime(zone.clone());
    let since = now.date().since((jiff::Unit::Day, date(1970, 1, 1))).map_or(0, |span| span.get_days());
    let ends = now
        .tomorrow()
        .and_then(|tomorrow| tomorrow.start_of_day())
        .ok()
        .and_then(|start| u64::try_from(start.timestamp().as_millisecond()).ok())
        .unwrap_or(UnixMs::MAX.0);
    Today { day: CivilDay(since), ends: UnixMs(ends) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-24T16:59:59.999Z: the last millisecond of that day in Ha Noi.
    const LAST_MS: u64 = 1_795_539_599_999;

    #[test]
    fn a_day_in_ha_noi_ends_at_its_own_midnight() {
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        let before = today(&zone, LAST_MS);
        let after = today(&zone, LAST_MS + 1);
        assert_eq!(before.ends, UnixMs(LAST_MS + 1));
        assert_eq!(after.day.0, before.day.0 + 1);
        assert_eq!(after.ends, UnixMs(LAST_MS + 1 + 86_400_000));
    }

    #[test]
    fn the_first_day_has_number_zero_and_odd_clocks_have_a_day_too() {
        assert_eq!(today(&TimeZone::UTC, 0), Today { day: CivilDay(0), ends: UnixMs(86_400_000) });
        assert!(today(&TimeZone::UTC, u64::MAX).day.0 > 2_000_000);
    }

    #[test]
    fn a_day_of_23_hours_ends_after_23_hours() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        // 2026-03-29T00:00+01:00, the night clocks go forward.
        let midnight = 1_774_738_800_000;
        assert_eq!(today(&zone, midnight).ends, UnixMs(midnight + 23 * 3_600_000));
    }
}
