//! The list of access points, and one of them.

use store::Name;

use super::{ApRef, Moment, Problem, SessionRow, Untrusted};

/// The list.
#[derive(Debug, Clone, Default)]
pub struct AccessPoints {
    /// Every access point, in any order.
    pub rows: Vec<ApRow>,
    /// The order they are to be shown in.
    pub order: ApOrder,
}

/// The order of a list of access points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApOrder {
    /// The worst state first, in it the fullest.
    #[default]
    State,
    /// By id.
    Id,
    /// The most devices first.
    Devices,
    /// The most data first.
    Data,
}

impl ApOrder {
    /// The order for the value of `?sort=`; the usual one for another word.
    #[must_use]
    pub fn from_word(word: &str) -> Self {
        match word {
            "id" => Self::Id,
            "devices" => Self::Devices,
            "data" => Self::Data,
            _ => Self::State,
        }
    }
}

/// One access point in a list and on the map.
#[derive(Debug, Clone, PartialEq)]
pub struct ApRow {
    /// Which.
    pub ap: ApRef,
    /// How it takes part.
    pub kind: Kind,
    /// Name of its zone.
    pub zone: Option<Name>,
    /// Latitude and longitude, WGS 84 degrees; a NAS may have no place.
    pub place: Option<(f64, f64)>,
    /// How it is.
    pub state: ApState,
    /// Devices on line there; `None` when it does not say.
    pub devices: Option<u32>,
    /// Devices it has room for; `None` when nobody said.
    pub capacity: Option<u32>,
    /// Bytes in both directions since the civil day began.
    pub today_bytes: Option<u64>,
    /// Records in its journal that are not durable yet.
    pub journal_records: Option<u64>,
    /// Last word of it.
    pub heard_ms: Option<u64>,
}

/// How an access point takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It runs our agent.
    Agent,
    /// It speaks RADIUS.
    Radius,
}

/// How an access point is, as one word on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApState {
    /// No link, though it was enrolled.
    Down,
    /// Every place is taken.
    Full,
    /// It reports trouble.
    Trouble,
    /// Its journal or its configuration is behind.
    Behind,
    /// All is well.
    Up,
    /// It speaks RADIUS and has no session: nobody knows how it is.
    Quiet,
    /// It was never enrolled.
    New,
    /// Its key was revoked.
    Retired,
}

/// One access point.
#[derive(Debug, Clone)]
pub struct AccessPointPage {
    /// The same as in the list.
    pub row: ApRow,
    /// What is wrong with it now.
    pub problems: Vec<Problem>,
    /// Its link; `None` for a NAS.
    pub link: Option<Link>,
    /// Its journal; `None` for a NAS.
    pub journal: Option<Journal>,
    /// Its configuration; `None` for a NAS.
    pub configuration: Option<Configuration>,
    /// Its load.
    pub load: Load24,
    /// Its sessions, newest first.
    pub sessions: Vec<SessionRow>,
}

/// The control link of an agent.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Link {
    /// Whether it is up.
    pub up: bool,
    /// Since when it is so.
    pub since_ms: Option<u64>,
    /// When the agent enrolled last.
    pub enrolled_ms: Option<u64>,
    /// Version of the agent, in its own words.
    pub version: Option<Untrusted>,
    /// Stations it knows to be present, strangers included.
    pub stations: Option<u32>,
    /// Grants in its gate.
    pub grants: Option<u32>,
}

/// What waits in the journal of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Journal {
    /// Records that are not durable yet; `None` without a link.
    pub waiting: Option<u64>,
}

/// The configuration of an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Configuration {
    /// Version it should have.
    pub wanted: Option<u64>,
    /// Version it has; `None` when it has not said.
    pub applied: Option<u64>,
}

/// Load of an access point in the last 24 hours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Load24 {
    /// Devices on line, hour by hour.
    pub hours: Vec<Moment>,
    /// Devices it has room for.
    pub capacity: Option<u32>,
}
