//! Time as people around the lake say it: hours and days of Hanoi, durations, amounts of data.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz;

use crate::language::Language;
use crate::text::{Html, Text, Value};

/// Civil time of Hanoi. Vietnam is seven hours ahead of UTC the whole year and has been since 1975, so no zone table
/// is needed. A time outside the calendar is the first moment of 1970.
pub(crate) fn hanoi(unix_ms: u64) -> DateTime {
    let timestamp = i64::try_from(unix_ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
    tz::offset(7).to_datetime(timestamp.unwrap_or(Timestamp::UNIX_EPOCH))
}

/// `HH:MM`, 24 hours.
pub(crate) fn clock(time: DateTime) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `HH:MM:SS`, 24 hours.
pub(crate) fn clock_with_seconds(time: DateTime) -> String {
    format!("{}:{:02}", clock(time), time.second())
}

/// `HH:MM` of a minute of the day; 1440 is 24:00, later minutes belong to the next day.
pub(crate) fn minute(minute_of_day: u16) -> String {
    let within = if minute_of_day == 1440 { 1440 } else { minute_of_day % 1440 };
    format!("{:02}:{:02}", within / 60, within % 60)
}

/// A date such as "20 Nov" or "20/11".
pub(crate) fn date(text: Text, time: DateTime) -> Html {
    let day = u64::from(time.day().unsigned_abs());
    let month = u64::from(time.month().unsigned_abs());
    text.tell("date", vec![("day", day.into()), ("month", month.into())])
}

/// A day of the week, inside a sentence.
pub(crate) fn weekday(text: Text, day: Weekday) -> Html {
    text.say(match day {
        Weekday::Monday => "monday",
        Weekday::Tuesday => "tuesday",
        Weekday::Wednesday => "wednesday",
        Weekday::Thursday => "thursday",
        Weekday::Friday => "friday",
        Weekday::Saturday => "saturday",
        Weekday::Sunday => "sunday",
    })
}

/// "until 08:10", "until 08:10 tomorrow", "until 08:10 on 22 Nov", seen from `now_ms`.
pub(crate) fn until(text: Text, now_ms: u64, end_ms: u64) -> Html {
    let (now, end) = (hanoi(now_ms), hanoi(end_ms));
    let time = ("time", Value::from(clock(end)));
    if end.date() == now.date() {
        text.tell("until-today", vec![time])
    } else if now.date().tomorrow().is_ok_and(|tomorrow| tomorrow == end.date()) {
        text.tell("until-tomorrow", vec![time])
    } else {
        text.tell("until-date", vec![time, ("date", date(text, end).into())])
    }
}

/// A length of time such as "11 h 58 min" or "40 min"; whole minutes, rounded up so that it is 0 only at the end.
pub(crate) fn duration(text: Text, secs: u64) -> Html {
    let minutes = secs.div_ceil(60);
    let (hours, rest) = (minutes / 60, minutes % 60);
    match (hours, rest) {
        (0, rest) => text.tell("minutes", vec![("minutes", rest.into())]),
        (hours, 0) => text.tell("hours", vec![("hours", hours.into())]),
        (hours, rest) => text.tell("hours-minutes", vec![("hours", hours.into()), ("minutes", rest.into())]),
    }
}

/// An amount of data such as "1.2 GB" or "640 MB": powers of ten, as on the bills of phone companies.
pub(crate) fn data(text: Text, bytes: u64) -> Html {
    const MEGA: u64 = 1_000_000;
    const GIGA: u64 = 1_000_000_000;
    if bytes >= GIGA {
        let tenths = bytes / (GIGA / 10);
        text.tell("gigabytes", vec![("amount", decimal(text.language, tenths).into())])
    } else {
        text.tell("megabytes", vec![("amount", (bytes / MEGA).to_string().into())])
    }
}

fn decimal(language: Language, tenths: u64) -> String {
    match (tenths / 10, tenths % 10) {
        (whole, 0) => whole.to_string(),
        (whole, tenth) => format!("{whole}{}{tenth}", language.decimal_mark()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Text = Text { language: Language::En };
    const VI: Text = Text { language: Language::Vi };
    /// Friday 20 November 2026, 20:12:40 in Hanoi.
    const NOW_MS: u64 = 1_795_180_360_000;

    #[test]
    fn the_clock_of_hanoi_is_seven_hours_ahead() {
        assert_eq!(clock_with_seconds(hanoi(NOW_MS)), "20:12:40");
        assert_eq!(hanoi(NOW_MS).weekday(), Weekday::Friday);
        assert_eq!(clock(hanoi(0)), "07:00");
        assert_eq!(clock(hanoi(u64::MAX)), "07:00");
    }

    #[test]
    fn an_end_names_the_day_only_when_it_is_another() {
        let hour = 3_600_000;
        assert_eq!(until(EN, NOW_MS, NOW_MS + hour).as_str(), "until 21:12");
        assert_eq!(until(EN, NOW_MS, NOW_MS + 12 * hour).as_str(), "until 08:12 tomorrow");
        assert_eq!(until(EN, NOW_MS, NOW_MS + 48 * hour).as_str(), "until 20:12 on 22 Nov");
        assert_eq!(until(VI, NOW_MS, NOW_MS + 48 * hour).as_str(), "đến 20:12 ngày 22/11");
    }

    #[test]
    fn durations_and_data_are_said_in_the_units_people_use() {
        assert_eq!(duration(EN, 43_080).as_str(), "11 h 58 min");
        assert_eq!(duration(EN, 43_200).as_str(), "12 hours");
        assert_eq!(duration(EN, 3_600).as_str(), "1 hour");
        assert_eq!(duration(EN, 1).as_str(), "1 min");
        assert_eq!(duration(EN, 0).as_str(), "0 min");
        assert_eq!(data(EN, 1_250_000_000).as_str(), "1.2 GB");
        assert_eq!(data(VI, 1_250_000_000).as_str(), "1,2 GB");
        assert_eq!(data(VI, 2_000_000_000).as_str(), "2 GB");
        assert_eq!(data(EN, 640_999_999).as_str(), "640 MB");
        assert_eq!(data(EN, 12).as_str(), "0 MB");
    }
}
