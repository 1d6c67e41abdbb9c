//! The first page: what is wrong now, then what is.

use super::{ApRef, ApRow, Estimate, Moment, Untrusted};

/// The overview.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// What is wrong now, the worst first; empty is good news.
    pub problems: Vec<Problem>,
    /// Every access point, for the map and its table.
    pub sites: Vec<ApRow>,
    /// Figures of now and of today.
    pub totals: Totals,
    /// Devices on line in the last 24 hours, hour by hour.
    pub day: Vec<Moment>,
}

/// Something that is wrong now.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// Where; `None` when it is the controller itself.
    pub ap: Option<ApRef>,
    /// What.
    pub trouble: Trouble,
    /// Since when, if that is known.
    pub since_ms: Option<u64>,
}

/// The kinds of trouble the console can name.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// The access point has no link to the controller. Visitors who are on line there stay so.
    Silent,
    /// Every place is taken.
    Full {
        /// Devices on line there.
        devices: u32,
        /// Places it has.
        capacity: u32,
    },
    /// The agent reports this itself.
    AgentSays(Untrusted),
    /// Records wait in the agent's journal for longer than they should.
    JournalBehind {
        /// Records that are not durable yet.
        records: u64,
    },
    /// The access point runs another configuration than it should.
    OtherConfiguration {
        /// Version it has.
        has: u64,
        /// Version it should have.
        wanted: u64,
    },
    /// Its key was revoked.
    Revoked,
    /// The controller says this about itself.
    Controller(String),
}

/// Figures of now and of today.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Devices on line now.
    pub devices: u32,
    /// Places of all access points that say how many they have.
    pub capacity: Option<u32>,
    /// Devices on line a week ago at the same time.
    pub week_ago: Option<u32>,
    /// Different devices since the civil day began.
    pub unique_today: Option<Estimate>,
    /// Visits that began since the civil day began.
    pub visits_today: Option<u64>,
    /// Bytes from the internet to visitors since the civil day began.
    pub down_today_bytes: Option<u64>,
    /// Bytes from visitors to the internet since the civil day began.
    pub up_today_bytes: Option<u64>,
}
