//! Figures: counted where things happen, rolled up beside the database, asked by the API and the console.

mod counter;
mod rollup;
mod tally;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use stats_core::{
    Ask, BadRange, BusyHour, By, DWELL_BOUNDS_MS, Funnel, LanguageVisits, Load, MinuteFigures, Published,
    Slot, Step, TIME_BOUNDS_MS, Times, Wording,
};
use stats_core::{DayTable, Days, HourPeak, MINUTE_MS, Measure, Span, busy_hours, minute_of};
use store::{Rollups, Store, StoreError};

pub use counter::Counter;
pub use rollup::RollUp;
pub use tally::Tally;

use crate::clock;
use crate::config::StatsConfig;

/// Minutes that can be asked for: two days.
const MOST_MINUTES: u32 = 2_880;
/// Weeks that can be looked back.
const MOST_WEEKS: u16 = 52;
const WEEK_MS: u64 = 7 * 86_400_000;

/// Records of a day still come for this long after its end: as long as its key lives, in milliseconds.
const LATE_MS: u64 = 86_400_000;

/// Why there are no figures.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatsError {
    /// The question cannot be answered: the asker's fault.
    #[error(transparent)]
    Range(#[from] BadRange),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The figures. Cheap to clone.
#[derive(Clone)]
pub struct Stats {
    store: Store,
    rollups: Rollups,
    days: Days,
    min_cell: u64,
    capacity_users: u32,
    busy_share: f64,
    up_to_ms: Arc<AtomicU64>,
}

impl Stats {
    /// The standard error of an estimate of many visitors, in thousandths: that of a sketch of 2^12 registers.
    pub const ERROR_PERMILLE: u32 = 16;

    /// Opens the figures beside the database at `url`, and what keeps them up to date.
    ///
    /// # Errors
    /// What the store says.
    pub async fn open(store: Store, url: &str, config: &StatsConfig) -> Result<(Self, RollUp), StoreError> {
        let rollups = Rollups::open(url).await?;
        let days = Days::new(config.timezone.clone());
        let up_to_ms = Arc::new(AtomicU64::new(0));
        let worker = RollUp::new(
            store.clone(),
            rollups.clone(),
            days.clone(),
            config.ledger_days,
            Arc::clone(&up_to_ms),
        );
        let stats = Self {
            store,
            rollups,
            days,
            min_cell: u64::from(config.min_cell),
            capacity_users: config.capacity_users,
            busy_share: config.busy_share,
            up_to_ms,
        };
        Ok((stats, worker))
    }

    /// Closes the file of figures.
    pub async fn close(&self) {
        self.rollups.close().await;
    }

    /// When hours and days were brought up to date last, Unix milliseconds; 0 before the first time.
    #[must_use]
    pub fn up_to_ms(&self) -> u64 {
        self.up_to_ms.load(Ordering::Relaxed)
    }

    /// Users an access point is meant for at a time (`stats.capacity_users`).
    #[must_use]
    pub fn capacity_users(&self) -> u32 {
        self.capacity_users
    }

    /// Part of its capacity above which an hour counts as busy (`stats.busy_share`).
    #[must_use]
    pub fn busy_share(&self) -> f64 {
        self.busy_share
    }

    /// The civil days figures are counted by.
    #[must_use]
    pub fn days(&self) -> &Days {
        &self.days
    }

    /// The figures of a range, whole: for operators who are signed in. Ordered by time, then by key. A slot in which
    /// nothing was counted is not in the list; [`Stats::starts`] has the beginnings of all.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn series(&self, ask: Ask) -> Result<Vec<Slot>, StatsError> {
        let span = self.span(ask)?;
        Ok(self.rollups.slots(ask.step, ask.by, span).await?)
    }

    /// A page of the same, at most `limit` slots: those behind the slot that begins at a time and has a key. A year of hours
    /// by access point is more than should be held at once.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn page(
        &self,
        ask: Ask,
        after: Option<(u64, &str)>,
        limit: u32,
    ) -> Result<Vec<Slot>, StatsError> {
        let span = self.span(ask)?;
        Ok(self.rollups.slots_after(ask.step, ask.by, span, after, limit).await?)
    }

    /// The figures of all civil days a range touches, added up: one slot per key, ordered by key. Visitors of several
    /// days add up; the step of the question does not matter.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn totals(&self, ask: Ask) -> Result<Vec<Slot>, StatsError> {
        let mut by_key: BTreeMap<String, Vec<Slot>> = BTreeMap::new();
        for slot in self.series(Ask { step: Step::Day, ..ask }).await? {
            by_key.entry(slot.key.clone()).or_default().push(slot);
        }
        Ok(by_key.values().filter_map(|slots| Slot::added(slots)).collect())
    }

    /// The figures of a range as they may be published: cells of fewer people than `stats.min_cell` are withheld, with
    /// others so that none can be computed from totals. Which ones depends on whole civil days and not on the question.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn series_public(&self, ask: Ask) -> Result<Vec<Published>, StatsError> {
        let span = self.span(ask)?;
        let whole = self.span(Ask { step: Step::Day, ..ask })?;
        let mut tables: BTreeMap<u64, DayTable> = BTreeMap::new();
        for step in [Step::Day, Step::Hour] {
            for by in [By::All, By::Zone, By::Ap] {
                for slot in self.rollups.slots(step, by, whole).await? {
                    let day = self.days.day_of(slot.start_ms).start_ms;
                    tables.entry(day).or_default().add(step, by, slot);
                }
            }
        }
        // What is withheld of a day may change while records of it still come: two answers would give away the difference.
        let now = clock::unix_ms();
        let complete = |start: u64| self.days.day_of(start).end_ms.saturating_add(LATE_MS) <= now;
        tables.retain(|start, _| complete(*start));
        let zone_of = self.store.zone_of_access_points().await?;
        let days = tables.values().flat_map(|day| day.published(ask.step, ask.by, &zone_of, self.min_cell));
        Ok(days.filter(|slot| span.holds(slot.start_ms())).collect())
    }

    /// The beginnings of a range's slots, Unix milliseconds.
    ///
    /// # Errors
    /// [`BadRange`].
    pub fn starts(&self, ask: Ask) -> Result<Vec<u64>, BadRange> {
        let span = self.span(ask)?;
        let days = self.days.days_in(span.start_ms, span.end_ms, usize::MAX);
        Ok(match ask.step {
            Step::Day => days.iter().map(|day| day.start_ms).collect(),
            Step::Hour => {
                let hours = days.into_iter().flat_map(Days::hours_of).map(|hour| hour.start_ms);
                hours.filter(|start| span.holds(*start)).collect()
            }
        })
    }

    /// The last `minutes` minutes (1 to 2,880) of one access point, or of all; one entry for each minute, the newest
    /// last, which still runs. Read from the ledger: up to date with the last commit.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn minutes(&self, ap: Option<&str>, minutes: u32) -> Result<Vec<MinuteFigures>, StatsError> {
        let last = minute_of(clock::unix_ms());
        let first = last.saturating_sub(u64::from(minutes.clamp(1, MOST_MINUTES) - 1) * MINUTE_MS);
        let span = Span { start_ms: first, end_ms: last + MINUTE_MS };
        let empty = |start_ms| MinuteFigures { start_ms, ..MinuteFigures::default() };
        let mut found: BTreeMap<u64, MinuteFigures> =
            (first..=last).step_by(MINUTE_MS as usize).map(|start| (start, empty(start))).collect();
        for row in self.store.ledger_minutes(ap, span).await? {
            let Some(figures) = found.get_mut(&row.minute_ms) else { continue };
            let n = u64::try_from(row.n).unwrap_or(0);
            if let Some(measure) = Measure::of(row.measure) {
                figures.set(measure, n);
            }
        }
        Ok(found.into_values().collect())
    }

    /// The hours of the week in which access points were near their capacity, in the last `weeks` (1 to 52) whole weeks
    /// from Monday on. Every access point has its line.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn load(&self, weeks: u16) -> Result<Vec<Load>, StatsError> {
        let weeks = weeks.clamp(1, MOST_WEEKS);
        let starts = self.week_starts(weeks);
        let (Some(end_ms), Some(start_ms)) = (starts.first().copied(), starts.last().copied()) else {
            return Ok(Vec::new());
        };
        let weeks_ago = |at: u64| starts.iter().skip(1).position(|start| *start <= at);
        let found = self.rollups.hour_peaks(Span { start_ms, end_ms }).await?;
        let mut aps: Vec<String> =
            self.store.access_points().await?.into_iter().map(|point| point.id.0).collect();
        aps.extend(self.store.nas_clients().await?.into_iter().map(|nas| format!("nas:{}", nas.name)));
        let peaks: Vec<HourPeak> = found
            .into_iter()
            .filter_map(|(ap, at, peak_users)| {
                let weeks_ago = u16::try_from(weeks_ago(at)?).ok()?;
                Some(HourPeak { ap, weeks_ago, hour: self.days.hour_of_week(at), peak_users })
            })
            .collect();
        Ok(busy_hours(&aps, &peaks, weeks, self.capacity_users, self.busy_share))
    }

    /// The whole weeks [`Stats::load`] looks at: when the first began and the last ended, Unix milliseconds.
    #[must_use]
    pub fn load_span(&self, weeks: u16) -> (u64, u64) {
        let starts = self.week_starts(weeks.clamp(1, MOST_WEEKS));
        (starts.last().copied().unwrap_or(0), starts.first().copied().unwrap_or(0))
    }

    /// Zones by id, with their access points (`nas:NAME` for those of other vendors).
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn zones(&self) -> Result<BTreeMap<String, Vec<String>>, StatsError> {
        let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (ap, zone) in self.store.zone_of_access_points().await? {
            zones.entry(zone).or_default().push(ap);
        }
        Ok(zones)
    }

    /// How visitors are counted, in words for people.
    #[must_use]
    pub fn counting_rule(wording: Wording) -> &'static str {
        stats_core::counting_rule(wording)
    }

    /// The beginnings of this week and of `weeks` before it, the latest first.
    fn week_starts(&self, weeks: u16) -> Vec<u64> {
        let mut starts = vec![self.days.week_start(clock::unix_ms())];
        for _ in 0..weeks {
            let next = starts.last().copied().unwrap_or(0);
            // A week with a change of clocks is an hour longer or shorter: half a day before its end is in it.
            starts.push(self.days.week_start(next.saturating_sub(WEEK_MS / 14)));
        }
        starts
    }

    /// The slots of a question: from the beginning of the one that holds `from`.
    fn span(&self, ask: Ask) -> Result<Span, BadRange> {
        ask.check()?;
        let first = match ask.step {
            Step::Hour => self.days.hour_of(ask.from_ms),
            Step::Day => self.days.day_of(ask.from_ms),
        };
        let end_ms = match ask.step {
            Step::Hour => ask.to_ms,
            Step::Day => self.days.day_of(ask.to_ms - 1).end_ms,
        };
        Ok(Span { start_ms: first.start_ms, end_ms })
    }
}

#[cfg(test)]
mod tests;
