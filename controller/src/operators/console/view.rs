//! What each page shows, as plain data: the pages are pure functions of these structs, and `data` fills them.
//!
//! Times are Unix milliseconds, amounts of data are bytes, durations are seconds. Names from the air are bytes.

mod access_point;
mod audit;
mod load;
mod nas;
mod overview;
mod session;
mod sign_in;
mod usage;

pub use access_point::{
    AccessPointPage, AccessPoints, ApOrder, ApRow, ApState, Configuration, Journal, Kind, Link, Load24,
};
pub use audit::{Audit, AuditRow};
pub use load::{Heat, Load, LoadHour, LoadRow};
pub use nas::{AccountRow, Accounts, NasClients, NasRow};
pub use overview::{Overview, Problem, Totals, Trouble};
pub use session::{Kick, KickDone, KickPage, SessionRow, Sessions};
pub use sign_in::{Countries, MySignIns, SignIn, SignInRow};
pub use usage::{
    BusyHour, CountingRule, DwellBin, FunnelStep, Language as PhoneLanguage, Period, RangeError, Step, Usage,
    Zone,
};

use jiff::tz::TimeZone;
use store::Name;

pub use crate::geo::Country;

use super::language::Language;

/// What stands around a page: who looks at it, when and where, and in which language.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Language of the page.
    pub language: Language,
    /// Name of the signed-in operator; `None` on the pages around the sign-in.
    pub operator: Option<String>,
    /// The moment the data is of.
    pub now_ms: u64,
    /// The operator's time zone (`stats.timezone`).
    pub zone: TimeZone,
    /// Path and query of this page: where a change of language leads back to.
    pub path: String,
    /// How many things are wrong now; the navigation shows it.
    pub problems: usize,
}

/// An access point as other things name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApRef {
    /// Its id (`hk-01`), or `nas:` and the name of a NAS.
    pub id: String,
    /// Its name for people.
    pub name: Name,
}

/// Bytes that a stranger chose: an SSID, a host name, a User-Name, a User-Agent. Pages print them with everything made
/// visible that cannot be seen, and never as markup.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Untrusted(pub Vec<u8>);

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// A number of devices that was counted by a sketch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// The likeliest number.
    pub devices: u64,
    /// Half the width of the range that holds the true number 19 times of 20.
    pub plus_minus: u64,
}

/// One moment of a plot of amounts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Moment {
    /// When the step begins.
    pub start_ms: u64,
    /// Mean of the devices that were on line together; `None` where nothing was recorded.
    pub mean: Option<f64>,
    /// Most devices that were on line together; `None` where nothing was recorded.
    pub peak: Option<u32>,
}

/// Why a page cannot be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// There is no such page, or what it was about is gone.
    NotFound,
    /// The operator's role may not do this.
    NotAllowed,
    /// The store cannot answer now.
    Unavailable,
    /// What was asked for makes no sense.
    BadRequest,
}
