//! The walking streets of this weekend, as a small drawing.

use jiff::ToSpan;
use jiff::civil::{DateTime, Weekday};

use crate::civil;
use crate::guide::map::short;
use crate::shell::Shell;
use crate::text::Html;

/// Friday to Sunday, this one or the next.
pub(crate) struct Week {
    pub(crate) days: Vec<Day>,
    /// Where "now" stands in the drawing, when it is such a day.
    pub(crate) now: Option<String>,
    /// `start`, `middle` or `end`: so that the word stays inside.
    pub(crate) now_anchor: &'static str,
}

/// A day's place in the drawing and its name.
pub(crate) struct Day {
    pub(crate) x: u64,
    pub(crate) says: Html,
}

/// Units of one day in the drawing, and from one day to the next.
const DAY: f64 = 118.0;
const STEP: f64 = 120.0;

/// The weekend that is, or the next one.
pub(crate) fn week(shell: &Shell, now: DateTime) -> Week {
    let since_friday = match now.weekday() {
        Weekday::Friday => 0,
        Weekday::Saturday => 1,
        Weekday::Sunday => 2,
        Weekday::Monday => -4,
        Weekday::Tuesday => -3,
        Weekday::Wednesday => -2,
        Weekday::Thursday => -1,
    };
    let day = |(after, key, x): (i32, &'static str, u64)| {
        // A calendar ends in the year 9999; until then the sum is a date.
        let date = now.checked_add((after - since_friday).days()).unwrap_or(now);
        let values =
            vec![("weekday", shell.say(key).into()), ("date", civil::date(shell.text(), date).into())];
        Day { x, says: shell.tell("walking-day", values) }
    };
    let days = [(0, "friday-short", 0), (1, "saturday-short", 120), (2, "sunday-short", 240)].map(day);
    let of_day = (f64::from(now.hour()) * 60.0 + f64::from(now.minute())) / 1440.0;
    let x = f64::from(since_friday) * STEP + of_day * DAY;
    let now_anchor = match x {
        x if x < 16.0 => "start",
        x if x > 340.0 => "end",
        _ => "middle",
    };
    Week { days: days.into(), now: (since_friday >= 0).then(|| short(x)), now_anchor }
}
