//! What a change of a session adds to which minute.
//!
//! Nearly all of it is a function of the session's row: the ledger gets the difference between what the row after the
//! change is worth and what the row before it was, so that repeated and late reports count nothing twice, and the order
//! of reports does not matter. Only the minute of bytes depends on it: new bytes belong to the last packet there is.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::civil::Span;
use crate::{EARLIEST_MS, LATEST_MS, Measure};

/// A minute.
pub const MINUTE_MS: u64 = 60_000;
/// A session counts as present for at most this long, a week: a clock that leaps does not fill the ledger.
pub const LONGEST_MS: u64 = 7 * 86_400_000;
/// Bytes of one session and direction that are counted, 4 TiB: more is a fault, and sums must stay numbers.
pub const COUNTED_BYTES_MAX: u64 = 1 << 42;

const HOUR_MS: u64 = 3_600_000;

/// A session as far as figures are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionState {
    /// First packet, Unix milliseconds.
    pub opened_ms: u64,
    /// Last packet, Unix milliseconds.
    pub last_ms: u64,
    /// Bytes from the device.
    pub bytes_up: u64,
    /// Bytes to the device.
    pub bytes_down: u64,
    /// Whether it has closed.
    pub ended: bool,
}

impl SessionState {
    /// The row after a report, by the rules of the store: counters and the last packet only rise, the opening only
    /// moves back, what has closed stays closed.
    #[must_use]
    pub fn merged(self, said: Self) -> Self {
        Self {
            opened_ms: self.opened_ms.min(said.opened_ms),
            last_ms: self.last_ms.max(said.last_ms),
            bytes_up: self.bytes_up.max(said.bytes_up),
            bytes_down: self.bytes_down.max(said.bytes_down),
            ended: self.ended || said.ended,
        }
    }

    /// From when to when it counts as present; nothing for times that cannot be.
    fn present(&self) -> Option<(u64, u64)> {
        let from = self.opened_ms;
        let to = self.last_ms.min(from.saturating_add(LONGEST_MS)).min(LATEST_MS);
        (from >= EARLIEST_MS && from <= to).then_some((from, to))
    }

    fn present_ms(&self) -> Range<u64> {
        self.present().map_or(0..0, |(from, to)| from..to)
    }

    fn present_minutes(&self) -> Range<u64> {
        self.present().map_or(0..0, |(from, to)| from / MINUTE_MS..to / MINUTE_MS + 1)
    }

    /// The hours of `day` it was present in, counted from the day's beginning.
    fn present_hours(&self, day: Span) -> Range<u64> {
        let Some((from, to)) = self.present() else { return 0..0 };
        if to < day.start_ms || from >= day.end_ms {
            return 0..0;
        }
        let first = from.max(day.start_ms) - day.start_ms;
        let last = to.min(day.end_ms.saturating_sub(1)) - day.start_ms;
        first / HOUR_MS..last / HOUR_MS + 1
    }
}

/// The beginnings of the hours of `day` in which the session was present after the change and not before it.
pub fn presence_hours(
    before: Option<&SessionState>,
    after: &SessionState,
    day: Span,
) -> impl Iterator<Item = u64> {
    let had = before.map_or(0..0, |before| before.present_hours(day));
    pieces(&after.present_hours(day), &had)
        .into_iter()
        .flatten()
        .map(move |hour| day.start_ms + hour * HOUR_MS)
}

/// Moments, one for each hour, in which the session was newly present and on none of `days`: nobody can say there which
/// visitor it was.
pub fn presence_outside(
    before: Option<&SessionState>,
    after: &SessionState,
    days: &[Span],
) -> impl Iterator<Item = u64> {
    let all = Span { start_ms: 0, end_ms: u64::MAX };
    let from_ms = after.opened_ms;
    let moments = presence_hours(before, after, all).map(move |hour| hour.max(from_ms));
    moments.filter(|moment| !days.iter().any(|day| day.holds(*moment)))
}

/// Numbers to be added to the ledger, by minute, access point and measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Increments {
    by_ap: BTreeMap<String, Counts>,
}

/// Numbers of one access point, by beginning of the minute and code of the measure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Counts(BTreeMap<(u64, u16), i64>);

impl Increments {
    /// Adds `n` at the minute of `at_ms`; moments that cannot be count for the first or last minute there can be.
    pub fn add(&mut self, ap: &str, at_ms: u64, measure: Measure, n: i64) {
        self.of_ap(ap).add(at_ms, measure, n);
    }

    /// Adds what a change of a session's row is worth.
    pub fn session(&mut self, ap: &str, before: Option<&SessionState>, after: &SessionState) {
        if before != Some(after) {
            self.of_ap(ap).session(before, after);
        }
    }

    /// The rows to be added: beginning of the minute, access point, code of the measure, number (never 0).
    pub fn rows(&self) -> impl Iterator<Item = (u64, &str, u16, i64)> {
        self.by_ap.iter().flat_map(|(ap, counts)| {
            let told = counts.0.iter().filter(|(_, n)| **n != 0);
            told.map(|((minute_ms, code), n)| (*minute_ms, ap.as_str(), *code, *n))
        })
    }

    /// Adds all of `other`.
    pub fn extend(&mut self, other: &Self) {
        for (minute_ms, ap, code, n) in other.rows() {
            *self.of_ap(ap).0.entry((minute_ms, code)).or_default() += n;
        }
    }

    /// Whether there is nothing to add.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows().next().is_none()
    }

    fn of_ap(&mut self, ap: &str) -> &mut Counts {
        self.by_ap.entry(ap.to_owned()).or_default()
    }
}

impl Counts {
    fn add(&mut self, at_ms: u64, measure: Measure, n: i64) {
        let minute_ms = minute_of(at_ms.clamp(EARLIEST_MS, LATEST_MS));
        if n != 0 {
            *self.0.entry((minute_ms, measure.code())).or_default() += n;
        }
    }

    fn session(&mut self, before: Option<&SessionState>, after: &SessionState) {
        let had = |number: fn(&SessionState) -> u64| before.map_or(0, number);
        let counted = |bytes: u64| bytes.min(COUNTED_BYTES_MAX);
        let up = difference(counted(after.bytes_up), counted(had(|before| before.bytes_up)));
        let down = difference(counted(after.bytes_down), counted(had(|before| before.bytes_down)));
        self.add(after.last_ms, Measure::BytesUp, up);
        self.add(after.last_ms, Measure::BytesDown, down);
        if before.is_none_or(|before| before.opened_ms != after.opened_ms) {
            if let Some(before) = before {
                self.add(before.opened_ms, Measure::Sessions, -1);
            }
            self.add(after.opened_ms, Measure::Sessions, 1);
        }
        self.closed(before.filter(|before| before.ended), -1);
        self.closed(Some(after).filter(|after| after.ended), 1);
        self.presence(before, after);
    }

    fn closed(&mut self, session: Option<&SessionState>, n: i64) {
        if let Some(session) = session {
            let dwell_ms = session.last_ms.saturating_sub(session.opened_ms);
            self.add(session.last_ms, Measure::dwell(dwell_ms), n);
        }
    }

    fn presence(&mut self, before: Option<&SessionState>, after: &SessionState) {
        let (has_ms, had_ms) = (after.present_ms(), before.map_or(0..0, SessionState::present_ms));
        for (now, then, sign) in [(&has_ms, &had_ms, 1), (&had_ms, &has_ms, -1)] {
            for piece in pieces(now, then) {
                self.person_ms(piece, sign);
            }
        }
        let (has, had) = (after.present_minutes(), before.map_or(0..0, SessionState::present_minutes));
        for (now, then, sign) in [(&has, &had, 1), (&had, &has, -1)] {
            for minute in pieces(now, then).into_iter().flatten() {
                self.add(minute * MINUTE_MS, Measure::Present, sign);
            }
        }
    }

    fn person_ms(&mut self, piece: Range<u64>, sign: i64) {
        let mut at = piece.start;
        while at < piece.end {
            let until = (at / MINUTE_MS + 1).saturating_mul(MINUTE_MS).min(piece.end);
            self.add(at, Measure::PersonMs, sign * difference(until, at));
            at = until;
        }
    }
}

/// The beginning of the minute that holds a moment.
#[must_use]
pub fn minute_of(ms: u64) -> u64 {
    ms / MINUTE_MS * MINUTE_MS
}

/// What of `a` does not lie in `b`: at most a piece before it and a piece behind it.
fn pieces(a: &Range<u64>, b: &Range<u64>) -> [Range<u64>; 2] {
    if b.is_empty() {
        return [a.clone(), 0..0];
    }
    [a.start..a.end.min(b.start).max(a.start), a.start.max(b.end).min(a.end)..a.end]
}

fn difference(more: u64, less: u64) -> i64 {
    let wide = i128::from(more) - i128::from(less);
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests;
