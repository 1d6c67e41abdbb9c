//! What the ledger counts. The numbers are stored: one that was used is never given another meaning.

use crate::{DWELL_BUCKETS, TIME_BUCKETS};

/// Languages of the portal that are told apart, as BCP 47 tags; a new one goes to the end.
pub const LANGUAGES: [&str; 11] =
    ["vi", "en", "ko", "zh-Hans", "zh-Hant", "ja", "fr", "ru", "de", "es", "th"];
/// The name of all others.
pub const OTHER_LANGUAGE: &str = "other";

const DWELL: u16 = 100;
const LANGUAGE: u16 = 200;
const OTHER: u16 = 299;
const PAGE_TO_ACCEPT: u16 = 300;
const ACCEPT_TO_GATE: u16 = 320;
const GATE_TO_FIRST_BYTE: u16 = 340;

/// One thing that is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Measure {
    /// Bytes from devices, at the minute of the session's last packet.
    BytesUp,
    /// Bytes to devices, likewise.
    BytesDown,
    /// Milliseconds that sessions lasted within the minute.
    PersonMs,
    /// Sessions that lasted into the minute.
    Present,
    /// Sessions opened.
    Sessions,
    /// Visits begun.
    Visits,
    /// Hours of presence without a pseudonym.
    Uncounted,
    /// Requests redirected to the portal.
    Redirect,
    /// Devices shown the page with the button.
    Page,
    /// Visits that a tap began.
    Accept,
    /// Visits whose gate is confirmed.
    GateOpen,
    /// Of the visits that a tap began, those with a first packet.
    FirstByte,
    /// Sessions closed, by dwell bucket.
    Dwell(u8),
    /// Accepted visits by language, as an index into [`LANGUAGES`]; beyond them [`OTHER_LANGUAGE`].
    Language(u8),
    /// Times from page to tap, by bucket.
    PageToAccept(u8),
    /// Times from tap to confirmed gate, by bucket.
    AcceptToGate(u8),
    /// Times from confirmed gate to first packet, by bucket.
    GateToFirstByte(u8),
}

impl Measure {
    /// The dwell bucket of a session that lasted `dwell_ms`.
    #[must_use]
    pub fn dwell(dwell_ms: u64) -> Self {
        Self::Dwell(u8::try_from(crate::dwell_bucket(dwell_ms)).unwrap_or(u8::MAX))
    }

    /// The measure of a portal's language.
    #[must_use]
    pub fn language(tag: &str) -> Self {
        let place = LANGUAGES.iter().position(|known| known.eq_ignore_ascii_case(tag));
        Self::Language(place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX))
    }

    /// The number that is stored.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Self::BytesUp => 1,
            Self::BytesDown => 2,
            Self::PersonMs => 3,
            Self::Present => 4,
            Self::Sessions => 5,
            Self::Visits => 6,
            Self::Uncounted => 7,
            Self::Redirect => 20,
            Self::Page => 21,
            Self::Accept => 22,
            Self::GateOpen => 23,
            Self::FirstByte => 24,
            Self::Dwell(bucket) => DWELL + u16::from(bucket),
            Self::Language(place) if usize::from(place) < LANGUAGES.len() => LANGUAGE + u16::from(place),
            Self::Language(_) => OTHER,
            Self::PageToAccept(bucket) => PAGE_TO_ACCEPT + u16::from(bucket),
            Self::AcceptToGate(bucket) => ACCEPT_TO_GATE + u16::from(bucket),
            Self::GateToFirstByte(bucket) => GATE_TO_FIRST_BYTE + u16::from(bucket),
        }
    }

    /// The measure of a stored number; `None` for one that a newer build knows.
    #[must_use]
    pub fn of(code: u16) -> Option<Self> {
        let within = |first: u16, count: usize| {
            let place = code.checked_sub(first)?;
            u8::try_from(place).ok().filter(|place| usize::from(*place) < count)
        };
        Some(match code {
            1 => Self::BytesUp,
            2 => Self::BytesDown,
            3 => Self::PersonMs,
            4 => Self::Present,
            5 => Self::Sessions,
            6 => Self::Visits,
            7 => Self::Uncounted,
            20 => Self::Redirect,
            21 => Self::Page,
            22 => Self::Accept,
            23 => Self::GateOpen,
            24 => Self::FirstByte,
            OTHER => Self::Language(u8::MAX),
            _ => within(DWELL, DWELL_BUCKETS)
                .map(Self::Dwell)
                .or_else(|| within(LANGUAGE, LANGUAGES.len()).map(Self::Language))
                .or_else(|| within(PAGE_TO_ACCEPT, TIME_BUCKETS).map(Self::PageToAccept))
                .or_else(|| within(ACCEPT_TO_GATE, TIME_BUCKETS).map(Self::AcceptToGate))
                .or_else(|| within(GATE_TO_FIRST_BYTE, TIME_BUCKETS).map(Self::GateToFirstByte))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_means_one_thing_and_comes_back() {
        let known: Vec<Measure> = (0..1000).filter_map(Measure::of).collect();
        assert_eq!(known.len(), 12 + DWELL_BUCKETS + LANGUAGES.len() + 1 + 3 * TIME_BUCKETS);
        for measure in known {
            assert_eq!(Measure::of(measure.code()), Some(measure));
        }
        assert_eq!(Measure::of(0), None);
    }

    #[test]
    fn a_language_the_ledger_does_not_tell_apart_is_another() {
        assert_eq!(Measure::language("vi"), Measure::Language(0));
        assert_eq!(Measure::language("ZH-HANT"), Measure::Language(4));
        assert_eq!(Measure::language("eo").code(), Measure::of(OTHER).map_or(0, Measure::code));
    }
}
