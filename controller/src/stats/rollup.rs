//! Keeps hours and days up to date: takes in what changed in the ledger since the watermark, every two seconds.
//!
//! A changed hour is made anew from all its minutes, a day from its hours, and both are written with the watermark in
//! one transaction: whatever is interrupted is made again and comes out the same.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use session_core::UnixMs;
use stats_core::{Days, Key, Rollup, Span, Step, day_of_hours, hour};
use store::{Progress, RollupRow, Rollups, Store, StoreError};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::pseudonyms::Pseudonyms;

/// How often changes are taken in.
const EVERY: Duration = Duration::from_secs(2);
/// Raised when figures are counted in another way: all that can be is made anew then.
const COUNTING: u32 = 1;
const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 86_400_000;

/// What keeps the figures up to date, before it runs.
pub struct RollUp {
    store: Store,
    rollups: Rollups,
    days: Days,
    ledger_days: u32,
    up_to_ms: Arc<AtomicU64>,
    /// Hours of the day that was made last, so that they need not be read again.
    latest: Option<Latest>,
}

/// What was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Hours.
    pub hours: usize,
    /// Days.
    pub days: usize,
}

/// Roll-ups by beginning of the hour and key.
type Hours = BTreeMap<(u64, Key), Rollup>;

struct Latest {
    day: Span,
    hours: Hours,
    watermark: u64,
}

impl RollUp {
    pub(super) fn new(
        store: Store,
        rollups: Rollups,
        days: Days,
        ledger_days: u32,
        up_to_ms: Arc<AtomicU64>,
    ) -> Self {
        Self { store, rollups, days, ledger_days, up_to_ms, latest: None }
    }

    /// Goes on until `stop`. Destroys old day keys too.
    pub async fn run(mut self, pseudonyms: Pseudonyms, stop: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            let now_ms = clock::unix_ms();
            pseudonyms.destroy_old(now_ms);
            tokio::select! {
                done = self.keep_up(now_ms) => if let Err(error) = done {
                    self.latest = None;
                    tracing::warn!(%error, "figures could not be brought up to date; trying again");
                },
                // What is under way is made again at the next start.
                () = stop.cancelled() => return,
            }
        }
    }

    pub(super) async fn keep_up(&mut self, now_ms: u64) -> Result<(), StoreError> {
        self.catch_up().await?;
        self.up_to_ms.store(now_ms, Ordering::Relaxed);
        self.prune(now_ms).await
    }

    /// Throws away what can be made anew and makes it.
    ///
    /// # Errors
    /// What the store says.
    pub async fn rebuild(&mut self) -> Result<Made, StoreError> {
        let ledger = self.store.ledger_state().await?;
        self.rollups.begin_anew(ledger.id, &self.basis().await?).await?;
        self.latest = None;
        self.catch_up().await
    }

    /// Takes in what changed.
    ///
    /// # Errors
    /// What the store says.
    pub async fn catch_up(&mut self) -> Result<Made, StoreError> {
        let progress = self.begin().await?;
        // Read before the rows: what is newer than this is taken in again next time.
        let ledger = self.store.ledger_state().await?;
        let mut made = Made::default();
        if ledger.sequence == progress.watermark {
            return Ok(made);
        }
        let mut changed: BTreeMap<Span, BTreeSet<Span>> = BTreeMap::new();
        for minute in self.store.ledger_changes(progress.watermark).await? {
            let day = self.days.day_of(minute);
            if day.start_ms < progress.sealed_ms {
                tracing::debug!("what happened before the kept days is in the sessions and in no figure");
                continue;
            }
            changed.entry(day).or_default().insert(self.days.hour_of(minute));
        }
        let zone_of = self.store.zone_of_access_points().await?;
        let last = changed.keys().next_back().copied();
        if last.is_none() {
            self.rollups.write(&[], progress.watermark, Some(ledger.sequence)).await?;
        }
        for (day, hours) in changed {
            made.days += 1;
            made.hours += hours.len();
            let mut rows = Vec::new();
            let mut of_day = self.hours_of(day, progress.watermark).await?;
            for span in hours {
                for (key, rollup) in hour(&self.store.ledger_hour(span).await?, &zone_of) {
                    of_day.insert((span.start_ms, key.clone()), rollup.clone());
                    rows.push(RollupRow { step: Step::Hour, span, key, rollup });
                }
            }
            rows.extend(day_rows(day, &of_day));
            let to = (last == Some(day)).then_some(ledger.sequence);
            self.rollups.write(&rows, progress.watermark, to).await?;
            self.latest = to.map(|watermark| Latest { day, hours: of_day, watermark });
        }
        Ok(made)
    }

    /// How far the figures have come; begins anew when they were made from something else.
    async fn begin(&mut self) -> Result<Progress, StoreError> {
        let (progress, ledger) = (self.rollups.progress().await?, self.store.ledger_state().await?);
        let basis = self.basis().await?;
        let same = progress.ledger == ledger.id && progress.basis == basis;
        if same && progress.watermark <= ledger.sequence {
            return Ok(progress);
        }
        if !progress.ledger.is_empty() {
            tracing::info!(
                "figures are made anew: time zone, zones, counting or database are not what they were made from"
            );
        }
        self.rollups.begin_anew(ledger.id, &basis).await?;
        self.latest = None;
        self.rollups.progress().await
    }

    /// What figures depend on besides the ledger.
    async fn basis(&self) -> Result<String, StoreError> {
        let zones = self.store.zone_of_access_points().await?;
        Ok(serde_json::json!([COUNTING, self.days.name(), zones]).to_string())
    }

    /// The hours of a day as they were made last.
    async fn hours_of(&mut self, day: Span, watermark: u64) -> Result<Hours, StoreError> {
        match self.latest.take() {
            Some(latest) if latest.day == day && latest.watermark == watermark => Ok(latest.hours),
            Some(_) | None => {
                let hours = self.rollups.hours(day).await?;
                Ok(hours.into_iter().map(|(start, key, rollup)| ((start, key), rollup)).collect())
            }
        }
    }

    /// Lets minutes and devices of days before the kept ones go, an hour at a time so that nobody waits for it; their
    /// days are sealed first, so that no roll-up is made anew from what is left.
    async fn prune(&self, now_ms: u64) -> Result<(), StoreError> {
        let kept_ms = u64::from(self.ledger_days) * DAY_MS;
        let horizon = self.days.day_of(now_ms.saturating_sub(kept_ms)).start_ms;
        let Some(oldest) = self.store.ledger_start().await?.filter(|oldest| oldest.0 < horizon) else {
            return Ok(());
        };
        self.rollups.seal(horizon).await?;
        let mut before = oldest.0;
        while before < horizon {
            // The next hour, or the next in which there is anything.
            let next = self.store.ledger_start().await?.map_or(horizon, |start| start.0);
            before = next.max(before).saturating_add(HOUR_MS).min(horizon);
            self.store.prune_ledger(UnixMs(before)).await?;
        }
        Ok(())
    }
}

fn day_rows(day: Span, hours: &Hours) -> Vec<RollupRow> {
    let mut by_key: BTreeMap<&Key, Vec<&Rollup>> = BTreeMap::new();
    for ((_, key), rollup) in hours {
        by_key.entry(key).or_default().push(rollup);
    }
    let row = |(key, rollups): (&Key, Vec<&Rollup>)| RollupRow {
        step: Step::Day,
        span: day,
        key: key.clone(),
        rollup: day_of_hours(rollups),
    };
    by_key.into_iter().map(row).collect()
}
