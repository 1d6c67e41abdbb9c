//! The figures of one slot of time, as the API and the console read them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DWELL_BUCKETS, Measure, TIME_BUCKETS};

/// All figures of one access point, one zone or all of them, in one hour or civil day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins, Unix milliseconds.
    pub start_ms: u64,
    /// When it ends, Unix milliseconds.
    pub end_ms: u64,
    /// Id of the access point or zone; `all` for all of them.
    pub key: String,
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
    /// Users present on average: time present divided by the slot's length.
    pub mean_users: f64,
    /// Users present in the fullest minute.
    pub peak_users: u64,
    /// Visitors by the counting rule, estimated; exact below a few hundred.
    pub visitors: u64,
    /// Part of the visitors whose address is randomised (locally administered), 0 to 1; none without visitors.
    pub randomised_share: Option<f64>,
    /// Hours of presence for which no visitor could be counted, because their report came after the day's key was gone.
    pub uncounted: u64,
    /// Sessions that closed, by time from first to last packet; bounds in [`crate::DWELL_BOUNDS_MS`].
    pub dwell: [u64; DWELL_BUCKETS],
    /// Accepted visits by language of the portal, the most used first.
    pub languages: Vec<LanguageVisits>,
    /// From the redirect to the first byte.
    pub funnel: Funnel,
    /// Times between its steps.
    pub times: Times,
}

/// Accepted visits in one language of the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageVisits {
    /// BCP 47 tag, or `other`.
    pub language: String,
    /// Visits.
    pub visits: u64,
}

/// How many came how far. Each step counts for the access point where it happened and the minute it happened in, so a
/// later step may exceed an earlier one in a short slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Requests that an access point redirected to the portal; a device makes several.
    pub redirect: u64,
    /// Devices that were shown the page with the button.
    pub page: u64,
    /// Visits that a tap on it began.
    pub accept: u64,
    /// Visits whose gate the access point has confirmed.
    pub gate_open: u64,
    /// Of the visits that a tap began, those with a first packet.
    pub first_byte: u64,
}

/// Times between the funnel's steps, counted by bucket; bounds in [`crate::TIME_BOUNDS_MS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// From the page to the tap.
    pub page_to_accept: [u64; TIME_BUCKETS],
    /// From the tap to the gate's confirmation.
    pub accept_to_gate: [u64; TIME_BUCKETS],
    /// From there to the first packet.
    pub gate_to_first_byte: [u64; TIME_BUCKETS],
}

/// The figures of one minute, for live plots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteFigures {
    /// When it begins, Unix milliseconds.
    pub start_ms: u64,
    /// Users present in it.
    pub users: u64,
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
}

impl MinuteFigures {
    /// Puts a number of the ledger in its place; measures that no plot shows have none.
    pub fn set(&mut self, measure: Measure, n: u64) {
        match measure {
            Measure::Present => self.users = n,
            Measure::Visits => self.visits = n,
            Measure::Sessions => self.sessions = n,
            Measure::BytesUp => self.bytes_up = n,
            Measure::BytesDown => self.bytes_down = n,
            Measure::PersonMs
            | Measure::Uncounted
            | Measure::Redirect
            | Measure::Page
            | Measure::Accept
            | Measure::GateOpen
            | Measure::FirstByte
            | Measure::Dwell(_)
            | Measure::Language(_)
            | Measure::PageToAccept(_)
            | Measure::AcceptToGate(_)
            | Measure::GateToFirstByte(_) => {}
        }
    }
}

impl Slot {
    /// Slots of one key added up: visitors of several days are the sum of the days', peaks the highest, means weighted by
    /// the slots' lengths. `None` of none.
    #[must_use]
    pub fn added(slots: &[Self]) -> Option<Self> {
        let mut sum = slots.first()?.clone();
        let length = |slot: &Self| slot.end_ms.saturating_sub(slot.start_ms) as f64;
        let randomised = |slot: &Self| slot.randomised_share.unwrap_or(0.0) * slot.visitors as f64;
        let (mut user_ms, mut whole_ms, mut made_up) =
            (sum.mean_users * length(&sum), length(&sum), randomised(&sum));
        for slot in slots.iter().skip(1) {
            user_ms += slot.mean_users * length(slot);
            whole_ms += length(slot);
            made_up += randomised(slot);
            sum.start_ms = sum.start_ms.min(slot.start_ms);
            sum.end_ms = sum.end_ms.max(slot.end_ms);
            sum.visits += slot.visits;
            sum.sessions += slot.sessions;
            sum.bytes_up = sum.bytes_up.saturating_add(slot.bytes_up);
            sum.bytes_down = sum.bytes_down.saturating_add(slot.bytes_down);
            sum.peak_users = sum.peak_users.max(slot.peak_users);
            sum.visitors += slot.visitors;
            sum.uncounted += slot.uncounted;
            sum.languages.extend(slot.languages.iter().cloned());
            sum.funnel.add(&slot.funnel);
            let (times, more) = (&mut sum.times, &slot.times);
            for (counts, more) in [
                (sum.dwell.as_mut_slice(), slot.dwell.as_slice()),
                (&mut times.page_to_accept, &more.page_to_accept),
                (&mut times.accept_to_gate, &more.accept_to_gate),
                (&mut times.gate_to_first_byte, &more.gate_to_first_byte),
            ] {
                counts.iter_mut().zip(more).for_each(|(count, n)| *count += n);
            }
        }
        sum.mean_users = user_ms / whole_ms.max(1.0);
        sum.randomised_share = (sum.visitors > 0).then(|| made_up / sum.visitors as f64);
        sum.languages = LanguageVisits::added(&sum.languages);
        Some(sum)
    }
}

impl LanguageVisits {
    fn added(all: &[Self]) -> Vec<Self> {
        let mut sums: BTreeMap<&str, u64> = BTreeMap::new();
        for Self { language, visits } in all {
            *sums.entry(language).or_default() += visits;
        }
        let mut added: Vec<Self> = sums
            .into_iter()
            .map(|(language, visits)| Self { language: language.to_owned(), visits })
            .collect();
        added.sort_by_key(|language| std::cmp::Reverse(language.visits));
        added
    }
}

impl Funnel {
    fn add(&mut self, more: &Self) {
        self.redirect += more.redirect;
        self.page += more.page;
        self.accept += more.accept;
        self.gate_open += more.gate_open;
        self.first_byte += more.first_byte;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail where it stands")]
mod tests {
    use super::*;
    use crate::{Counts, Key, Span};

    #[test]
    fn several_days_add_up() {
        let day = |start_ms: u64, length_ms: u64, visitors: u64, randomised: u64, peak_users: u64| {
            let mut counts = Counts { visits: 5, person_ms: 1000, ..Counts::default() };
            counts.languages[usize::from(start_ms > 0)] = 2;
            counts.dwell[1] = 3;
            counts.funnel.accept = 4;
            let span = Span { start_ms, end_ms: start_ms + length_ms };
            Slot::new(span, &Key::All, counts, peak_users, visitors, randomised)
        };
        let sum = Slot::added(&[day(0, 1000, 10, 5, 7), day(1000, 3000, 30, 3, 6)]).unwrap();
        assert_eq!(
            (sum.start_ms, sum.end_ms, sum.visits, sum.visitors, sum.peak_users),
            (0, 4000, 10, 40, 7)
        );
        assert!((sum.mean_users - 0.5).abs() < 1e-9 && (sum.randomised_share.unwrap() - 0.2).abs() < 1e-9);
        assert_eq!((sum.dwell[1], sum.funnel.accept, sum.languages.len()), (6, 8, 2));
        assert_eq!(Slot::added(&[]), None);
    }
}
