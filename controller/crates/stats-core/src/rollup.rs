//! Roll-ups: what the minutes of an hour make of it, and the hours of a day of that.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    DWELL_BUCKETS, Funnel, LANGUAGES, LanguageVisits, Measure, OTHER_LANGUAGE, Pseudonym, Sketch, Slot, Span,
    Times,
};

/// What a roll-up is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Everything.
    All,
    /// One access point.
    Ap(String),
    /// One zone.
    Zone(String),
}

/// All that is kept of one slot of time. Roll-ups of different times, or of different access points at one time but
/// for the peak, add up.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollup {
    /// Sums and histograms.
    pub counts: Counts,
    /// Users in the fullest minute.
    pub peak_users: u64,
    /// Visitors.
    pub visitors: Sketch,
    /// Visitors whose address is randomised.
    pub randomised: Sketch,
}

/// What adds up by plain addition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
    /// Milliseconds that sessions lasted.
    pub person_ms: u64,
    /// Hours of presence without a pseudonym.
    pub uncounted: u64,
    /// Sessions closed by dwell bucket.
    pub dwell: [u64; DWELL_BUCKETS],
    /// Accepted visits by place in [`LANGUAGES`], and those in another one.
    pub languages: [u64; LANGUAGES.len() + 1],
    /// The funnel.
    pub funnel: Funnel,
    /// Times between its steps.
    pub times: Times,
}

/// What the ledger holds of one hour.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HourRows {
    /// Access point, code of the measure, sum over the hour; [`Measure::Present`] does not count here.
    pub sums: Vec<(String, u16, i64)>,
    /// Access point, minute, sessions present in it.
    pub present: Vec<(String, u64, i64)>,
    /// Access point, pseudonym, whether its address is randomised; each device once per access point, in order.
    pub devices: Vec<(String, Pseudonym, bool)>,
}

/// The roll-ups of one hour: of each access point of which there is a row, of their zones, and of all.
#[must_use]
pub fn hour(rows: &HourRows, zone_of: &BTreeMap<String, String>) -> BTreeMap<Key, Rollup> {
    let keys = |ap: &str| {
        let zone = zone_of.get(ap).map(|zone| Key::Zone(zone.clone()));
        [Some(Key::Ap(ap.to_owned())), zone, Some(Key::All)].into_iter().flatten()
    };
    let mut counts: BTreeMap<Key, Counts> = BTreeMap::new();
    for (ap, code, n) in &rows.sums {
        for key in keys(ap) {
            counts.entry(key).or_default().add(Measure::of(*code), *n);
        }
    }
    let mut users: BTreeMap<Key, BTreeMap<u64, i64>> = BTreeMap::new();
    for (ap, minute, n) in &rows.present {
        for key in keys(ap) {
            *users.entry(key).or_default().entry(*minute).or_default() += n;
        }
    }
    let mut devices: BTreeMap<Key, BTreeSet<(Pseudonym, bool)>> = BTreeMap::new();
    for (ap, pseudonym, randomised) in &rows.devices {
        for key in keys(ap) {
            devices.entry(key).or_default().insert((*pseudonym, *randomised));
        }
    }
    let names: BTreeSet<Key> = counts.keys().chain(users.keys()).chain(devices.keys()).cloned().collect();
    let rollup = |key: &Key| {
        let most = users.get(key).and_then(|minutes| minutes.values().max()).copied().unwrap_or(0);
        let seen = || devices.get(key).into_iter().flatten();
        Rollup {
            counts: counts.get(key).cloned().unwrap_or_default(),
            peak_users: u64::try_from(most).unwrap_or(0),
            visitors: Sketch::of(seen().map(|(pseudonym, _)| *pseudonym)),
            randomised: Sketch::of(seen().filter(|(_, made_up)| *made_up).map(|(pseudonym, _)| *pseudonym)),
        }
    };
    names.iter().map(|key| (key.clone(), rollup(key))).collect()
}

/// The roll-up of a day from those of its hours, in their order.
#[must_use]
pub fn day_of_hours<'a>(hours: impl IntoIterator<Item = &'a Rollup>) -> Rollup {
    let hours: Vec<&Rollup> = hours.into_iter().collect();
    let mut counts = Counts::default();
    hours.iter().for_each(|hour| counts.extend(&hour.counts));
    Rollup {
        counts,
        peak_users: hours.iter().map(|hour| hour.peak_users).max().unwrap_or(0),
        visitors: Sketch::union(hours.iter().map(|hour| &hour.visitors)),
        randomised: Sketch::union(hours.iter().map(|hour| &hour.randomised)),
    }
}

impl Counts {
    /// Adds a sum of the ledger. What a session took back in this hour it added in it or will in another: no sum of a
    /// whole hour is below 0 but for bytes of clocks that leap, and those count as 0.
    fn add(&mut self, measure: Option<Measure>, n: i64) {
        let place = |list: &mut [u64], at: u8, last: usize| {
            if let Some(count) = list.get_mut(usize::from(at).min(last)) {
                put(count, n);
            }
        };
        match measure {
            None | Some(Measure::Present) => {}
            Some(Measure::BytesUp) => put(&mut self.bytes_up, n),
            Some(Measure::BytesDown) => put(&mut self.bytes_down, n),
            Some(Measure::PersonMs) => put(&mut self.person_ms, n),
            Some(Measure::Sessions) => put(&mut self.sessions, n),
            Some(Measure::Visits) => put(&mut self.visits, n),
            Some(Measure::Uncounted) => put(&mut self.uncounted, n),
            Some(Measure::Redirect) => put(&mut self.funnel.redirect, n),
            Some(Measure::Page) => put(&mut self.funnel.page, n),
            Some(Measure::Accept) => put(&mut self.funnel.accept, n),
            Some(Measure::GateOpen) => put(&mut self.funnel.gate_open, n),
            Some(Measure::FirstByte) => put(&mut self.funnel.first_byte, n),
            Some(Measure::Dwell(at)) => place(&mut self.dwell, at, usize::MAX),
            Some(Measure::Language(at)) => place(&mut self.languages, at, LANGUAGES.len()),
            Some(Measure::PageToAccept(at)) => place(&mut self.times.page_to_accept, at, usize::MAX),
            Some(Measure::AcceptToGate(at)) => place(&mut self.times.accept_to_gate, at, usize::MAX),
            Some(Measure::GateToFirstByte(at)) => place(&mut self.times.gate_to_first_byte, at, usize::MAX),
        }
    }

    fn extend(&mut self, more: &Self) {
        for (count, n) in [
            (&mut self.visits, more.visits),
            (&mut self.sessions, more.sessions),
            (&mut self.bytes_up, more.bytes_up),
            (&mut self.bytes_down, more.bytes_down),
            (&mut self.person_ms, more.person_ms),
            (&mut self.uncounted, more.uncounted),
            (&mut self.funnel.redirect, more.funnel.redirect),
            (&mut self.funnel.page, more.funnel.page),
            (&mut self.funnel.accept, more.funnel.accept),
            (&mut self.funnel.gate_open, more.funnel.gate_open),
            (&mut self.funnel.first_byte, more.funnel.first_byte),
        ] {
            *count = count.saturating_add(n);
        }
        let lists: [(&mut [u64], &[u64]); 5] = [
            (&mut self.dwell, &more.dwell),
            (&mut self.languages, &more.languages),
            (&mut self.times.page_to_accept, &more.times.page_to_accept),
            (&mut self.times.accept_to_gate, &more.times.accept_to_gate),
            (&mut self.times.gate_to_first_byte, &more.times.gate_to_first_byte),
        ];
        for (counts, more) in lists {
            counts.iter_mut().zip(more).for_each(|(count, n)| *count = count.saturating_add(*n));
        }
    }
}

fn put(count: &mut u64, n: i64) {
    *count = count.saturating_add_signed(n);
}

impl Slot {
    /// The figures of a roll-up, without its sketches.
    #[must_use]
    pub fn new(
        span: Span,
        key: &Key,
        counts: Counts,
        peak_users: u64,
        visitors: u64,
        randomised: u64,
    ) -> Self {
        let key = match key {
            Key::All => "all".to_owned(),
            Key::Ap(id) | Key::Zone(id) => id.clone(),
        };
        let length_ms = span.end_ms.saturating_sub(span.start_ms).max(1);
        let names = LANGUAGES.iter().copied().chain([OTHER_LANGUAGE]);
        let used = names.zip(counts.languages).filter(|(_, visits)| *visits > 0);
        let mut languages: Vec<LanguageVisits> =
            used.map(|(language, visits)| LanguageVisits { language: language.to_owned(), visits }).collect();
        languages.sort_by_key(|language| std::cmp::Reverse(language.visits));
        Self {
            start_ms: span.start_ms,
            end_ms: span.end_ms,
            key,
            visits: counts.visits,
            sessions: counts.sessions,
            bytes_up: counts.bytes_up,
            bytes_down: counts.bytes_down,
            mean_users: counts.person_ms as f64 / length_ms as f64,
            peak_users,
            visitors,
            randomised_share: (visitors > 0).then(|| (randomised as f64 / visitors as f64).min(1.0)),
            uncounted: counts.uncounted,
            dwell: counts.dwell,
            languages,
            funnel: counts.funnel,
            times: counts.times,
        }
    }
}

#[cfg(test)]
mod tests;
