//! A grant: one device may use one network until a time, under a plan.

use crate::{ApId, CivilDay, GrantId, Mac, NetworkId, UnixMs};

/// Highest [`Grant::number`]: the flow marks of access points keep 30 bits for it.
pub const NUMBER_MAX: u32 = (1 << 30) - 1;

/// A place in a domain's grant log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Rises when a database was restored.
    pub epoch: u64,
    /// Rises by one with every entry.
    pub sequence: u64,
}

/// Who holds a grant; the plan's number of devices counts per subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// The device itself: a visitor who only tapped.
    Device(Mac),
    /// An account by its name.
    Account(String),
}

/// A device's permission. The terms are copied from the plan, so an edited plan changes no running visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its id; the visit's id too.
    pub id: GrantId,
    /// From 1, rises with every entry of the log about this grant; the higher one wins.
    pub revision: u64,
    /// 1 to [`NUMBER_MAX`], unique among the domain's live grants: the flow mark on access points.
    pub number: u32,
    /// The network it is for.
    pub network: NetworkId,
    /// The device it is for.
    pub mac: Mac,
    /// Who holds it.
    pub subject: Subject,
    /// Where the visitor tapped.
    pub ap: ApId,
    /// Name of the plan whose terms follow.
    pub plan: String,
    /// Sessions close after this long without traffic, in seconds.
    pub idle_secs: u32,
    /// Bytes per device and day, `None` for no bound.
    pub quota_bytes: Option<u64>,
    /// Rate to the device in bits per second, 0 for no bound.
    pub down_bps: u64,
    /// Rate from the device in bits per second, 0 for no bound.
    pub up_bps: u64,
    /// The civil day it was made on: its whole time and all its bytes count for that day.
    pub day: CivilDay,
    /// When that day ends; until then what was used is remembered.
    pub day_ends: UnixMs,
    /// When it was made.
    pub starts: UnixMs,
    /// When it ends by itself.
    pub ends: UnixMs,
    /// Why and when it ended; `None` while it is live.
    pub ended: Option<GrantEnd>,
    /// Its latest entry in the log.
    pub entry: Position,
}

impl Grant {
    /// Whether the device may be on line at `now`.
    #[must_use]
    pub fn is_live(&self, now: UnixMs) -> bool {
        self.ended.is_none() && now < self.ends
    }

    /// Time it has taken from the day's allowance by `now`, in milliseconds.
    #[must_use]
    pub fn used_ms(&self, now: UnixMs) -> u64 {
        let until = self.ended.map_or_else(|| now.min(self.ends), |end| end.at);
        until.ms_since(self.starts)
    }
}

/// How a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GrantEnd {
    /// Why.
    pub cause: EndCause,
    /// When; for [`EndCause::TimeUp`] the grant's own end, however late that was noticed.
    pub at: UnixMs,
}

/// Why a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndCause {
    /// Its end came. Every gate has the end, so no entry of the log is needed.
    TimeUp,
    /// The visitor logged out.
    LoggedOut,
    /// An operator ended it.
    Kicked {
        /// Whether the device was put on the block list as well.
        block: bool,
    },
    /// The day's bytes were used up.
    QuotaUsed,
    /// Its plan was changed or withdrawn.
    PlanChanged,
}
