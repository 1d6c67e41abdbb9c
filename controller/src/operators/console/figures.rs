//! Numbers, times and amounts as the page's language writes them, each with its unit.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};

use super::language::Language;
use super::text::{Html, Value, tell};
use super::view::Frame;

/// A whole number in groups of three.
pub(super) fn whole(language: Language, number: u64) -> String {
    let mark = match language {
        Language::Vi => '.',
        Language::En => ',',
    };
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// A number with one digit after the mark, which is left out when it is 0.
pub(super) fn tenths(language: Language, number: f64) -> String {
    let mark = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    let tenths = (number.max(0.0) * 10.0).round() as u64;
    match tenths % 10 {
        0 => whole(language, tenths / 10),
        rest => format!("{}{mark}{rest}", whole(language, tenths / 10)),
    }
}

/// An amount of data in powers of ten: `214 GB`, `1.2 MB`, `0 B`.
pub(super) fn data(language: Language, bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes}\u{a0}B");
    }
    let (mut amount, mut unit) = (bytes as f64 / 1e3, 0);
    // What would be rounded to 1000 is one of the next unit.
    while amount >= 999.5 && unit + 1 < UNITS.len() {
        amount /= 1e3;
        unit += 1;
    }
    let shown =
        if amount < 99.95 { tenths(language, amount) } else { whole(language, amount.round() as u64) };
    format!("{shown}\u{a0}{}", UNITS.get(unit).copied().unwrap_or_default())
}

/// `part` of `all` in whole per cent.
pub(super) fn percent(part: u64, all: u64) -> u64 {
    if all == 0 { 0 } else { (part as f64 * 100.0 / all as f64).round() as u64 }
}

/// Thousandths as per cent: `7 %`, `1.6 %`.
pub(super) fn permille(language: Language, permille: u32) -> String {
    format!("{}\u{a0}%", tenths(language, f64::from(permille) / 10.0))
}

/// A length of time: `40 s`, `31 min`, `12 h 04 min`, `3 d 4 h`.
pub(super) fn duration(language: Language, secs: u64) -> Html {
    let (minutes, hours, days) = (secs / 60, secs / 3600, secs / 86_400);
    let two =
        |key, big: u64, small: u64| tell(language, key, vec![("big", big.into()), ("small", small.into())]);
    match (days, hours, minutes) {
        (0, 0, 0) => tell(language, "for-seconds", vec![("n", secs.into())]),
        (0, 0, minutes) => tell(language, "for-minutes", vec![("n", minutes.into())]),
        (0, hours, minutes) if minutes.is_multiple_of(60) => {
            tell(language, "for-hours", vec![("n", hours.into())])
        }
        (0, hours, minutes) => two("for-hours-minutes", hours, minutes % 60),
        (days, hours, _) if hours.is_multiple_of(24) => tell(language, "for-days", vec![("n", days.into())]),
        (days, hours, _) => two("for-days-hours", days, hours % 24),
    }
}

/// Milliseconds as `0.42 s` or `38 s`.
pub(super) fn latency(language: Language, ms: u64) -> String {
    let mark = match language {
        Language::Vi => ',',
        Language::En => '.',
    };
    match ms {
        0..=9_999 => format!("{}{mark}{:02}\u{a0}s", ms / 1000, ms % 1000 / 10),
        longer => format!("{}\u{a0}s", longer / 1000),
    }
}

impl Frame {
    /// Civil time of the operator.
    pub(super) fn civil(&self, unix_ms: u64) -> DateTime {
        let moment = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        self.zone.to_datetime(moment.unwrap_or(Timestamp::UNIX_EPOCH))
    }

    /// `20:12`.
    pub(super) fn clock(&self, unix_ms: u64) -> String {
        let time = self.civil(unix_ms);
        format!("{:02}:{:02}", time.hour(), time.minute())
    }

    /// `20:12:40`.
    pub(super) fn clock_with_seconds(&self, unix_ms: u64) -> String {
        format!("{}:{:02}", self.clock(unix_ms), self.civil(unix_ms).second())
    }

    /// `20 Nov 2026`.
    pub(super) fn date(&self, date: Date) -> Html {
        let (day, month) = (u64::from(date.day().unsigned_abs()), u64::from(date.month().unsigned_abs()));
        let values =
            vec![("day", day.into()), ("month", month.into()), ("year", date.year().to_string().into())];
        tell(self.language, "date", values)
    }

    /// `20 Nov`.
    pub(super) fn short_date(&self, date: Date) -> Html {
        let (day, month) = (u64::from(date.day().unsigned_abs()), u64::from(date.month().unsigned_abs()));
        tell(self.language, "date-short", vec![("day", day.into()), ("month", month.into())])
    }

    /// `Fri 20 Nov`.
    pub(super) fn day(&self, date: Date) -> Html {
        let weekday = self.weekday(date.weekday().to_monday_zero_offset().unsigned_abs());
        let values = vec![("weekday", Value::from(weekday)), ("date", self.short_date(date).into())];
        tell(self.language, "day", values)
    }

    /// Short name of a weekday; 0 is Monday.
    pub(super) fn weekday(&self, from_monday: u8) -> Html {
        let keys = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        tell(self.language, keys.get(usize::from(from_monday)).copied().unwrap_or("sun"), Vec::new())
    }

    /// `20:12` on the same civil day, otherwise `19 Nov, 20:12`.
    pub(super) fn moment(&self, unix_ms: u64) -> Html {
        let then = self.civil(unix_ms);
        let clock = self.clock(unix_ms);
        if then.date() == self.civil(self.now_ms).date() {
            return Html::text(&clock);
        }
        let date = if then.year() == self.civil(self.now_ms).year() {
            self.short_date(then.date())
        } else {
            self.date(then.date())
        };
        tell(self.language, "date-clock", vec![("date", date.into()), ("clock", clock.into())])
    }

    /// How long ago.
    pub(super) fn ago_secs(&self, unix_ms: u64) -> u64 {
        self.now_ms.saturating_sub(unix_ms) / 1000
    }
}

/// Whether a day is one of a weekend around the lake: the walking street is open from Friday evening to Sunday.
pub(super) fn weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Friday | Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_the_language_writes_them() {
        assert_eq!(whole(Language::En, 1_234_567), "1,234,567");
        assert_eq!(whole(Language::Vi, 1_234_567), "1.234.567");
        assert_eq!(whole(Language::En, 123), "123");
        assert_eq!(tenths(Language::Vi, 1.25), "1,3");
        assert_eq!(data(Language::En, 0), "0\u{a0}B");
        assert_eq!(data(Language::En, 1_250_000), "1.3\u{a0}MB");
        assert_eq!(data(Language::En, 999_999), "1\u{a0}MB");
        assert_eq!(data(Language::Vi, 214_400_000_000), "214\u{a0}GB");
        assert_eq!(data(Language::En, u64::MAX), "18,447\u{a0}PB");
        assert_eq!(latency(Language::En, 420), "0.42\u{a0}s");
        assert_eq!(latency(Language::Vi, 38_400), "38\u{a0}s");
        assert_eq!(percent(1, 3), 33);
        assert_eq!(percent(1, 0), 0);
    }

    #[test]
    fn lengths_of_time_keep_two_units_at_most() {
        let said = |secs| duration(Language::En, secs).to_string();
        assert_eq!(said(40), "40 s");
        assert_eq!(said(1_860), "31 min");
        assert_eq!(said(7_200), "2 h");
        assert_eq!(said(43_440), "12 h 4 min");
        assert_eq!(said(273_600), "3 d 4 h");
        assert_eq!(said(172_800), "2 d");
    }
}
