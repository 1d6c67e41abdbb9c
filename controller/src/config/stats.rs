//! How figures are counted, kept and published.

use super::parse::{self, Raw};
use super::read::Reader;

/// How figures are counted.
#[derive(Debug, Clone)]
pub struct StatsConfig {
    /// The zone whose civil days plans, quotas and statistics use.
    pub timezone: jiff::tz::TimeZone,
    /// Cells of fewer people are withheld from what is published.
    pub min_cell: u32,
    /// Part of its capacity above which an hour of an access point counts as busy.
    pub busy_share: f64,
    /// Users an access point is meant for at a time. 50 is what the WiFi4EU programme asks of each of its outdoor access
    /// points; the lake's first system was announced for 1,000 users on 31 stations, 32 each (VnExpress, 2016-08-29).
    pub capacity_users: u32,
    /// Days for which minutes and the hours' devices are kept, so that figures can be made anew from them; hours and
    /// days themselves are kept for ever. 40 hold a month and what an access point out of reach reports late; more grows
    /// the database, about 4 MB a day with 34 busy access points.
    pub ledger_days: u32,
}

impl StatsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            timezone: reader.take("stats.timezone", default_zone(), parse::timezone),
            min_cell: reader.take("stats.min_cell", 10, |raw: &Raw| parse::whole(raw, 1..=1000)),
            busy_share: reader.take("stats.busy_share", 0.8, parse::share),
            capacity_users: reader
                .take("stats.capacity_users", 50, |raw: &Raw| parse::whole(raw, 1..=100_000)),
            ledger_days: reader.take("stats.ledger_days", 40, |raw: &Raw| parse::whole(raw, 3..=400)),
        }
    }
}

fn default_zone() -> jiff::tz::TimeZone {
    // The zone's data is compiled in, so the name is known wherever the binary runs.
    jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap_or(jiff::tz::TimeZone::UTC)
}
