//! How visits become figures: what a session adds to which minute, what minutes make of an hour and a day, who counts as
//! a visitor, when an access point was full, and what must be withheld before figures are published.
//!
//! Everything here is a function of its arguments: ledger rows, pseudonyms, a time zone and `now` come in. The reasons
//! stand in `controller/docs/decisions/0008-statistics-ledger.md`.

mod ask;
mod buckets;
mod civil;
mod load;
mod measure;
mod minutes;
mod pseudonym;
mod publish;
mod rollup;
mod rule;
mod sketch;
mod slot;
mod withhold;

pub use ask::{Ask, BadRange, By, EARLIEST_MS, LATEST_MS, MOST_DAYS, MOST_HOUR_DAYS, Step};
pub use buckets::{DWELL_BOUNDS_MS, DWELL_BUCKETS, TIME_BOUNDS_MS, TIME_BUCKETS, dwell_bucket, time_bucket};
pub use civil::{Days, Span};
pub use load::{BusyHour, HourPeak, Load, busy_hours};
pub use measure::{LANGUAGES, Measure, OTHER_LANGUAGE};
pub use minutes::{
    COUNTED_BYTES_MAX, Increments, LONGEST_MS, MINUTE_MS, SessionState, minute_of, presence_hours,
    presence_outside,
};
pub use pseudonym::{DayKey, Pseudonym, is_randomised};
pub use publish::DayTable;
pub use rollup::{Counts, HourRows, Key, Rollup, day_of_hours, hour};
pub use rule::{Wording, counting_rule};
pub use sketch::{Sketch, SketchError};
pub use slot::{Funnel, LanguageVisits, MinuteFigures, Slot, Times};
pub use withhold::{Cell, Published, withhold};
