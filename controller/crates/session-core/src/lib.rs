//! Grants, sessions and visits of one roaming domain: a pure machine that the controller's shell drives.
//!
//! A **grant** says that a device may use one network until a time, under a plan. A **session** is what one access
//! point observed of it. A **visit** is all sessions of one grant, so a visit has the grant's id and is derived, never
//! kept. Events, `now` and randomness come in as arguments; what must be written or told to access points comes out
//! of [`Domain::poll_output`].
//!
//! The reasons for these words stand in `controller/docs/decisions/0001-sessions-grants-visits.md`.

mod accounting;
mod domain;
mod grant;
mod ids;
mod output;
mod plan;
mod session;
mod visit;

pub use accounting::{
    ACCOUNTING_KEPT_MS, AccountingKind, AccountingRecord, Nas, NasRestart, NasSession, Octets, StationNames,
};
pub use domain::{Connect, Connected, Domain, GrantChange, Limits, Refusal, Stored, Tally, UnknownGrant};
pub use grant::{EndCause, Grant, GrantEnd, NUMBER_MAX, Position, Subject};
pub use ids::{ApId, CivilDay, DomainId, GrantId, Mac, NetworkId, SessionId, UnixMs};
pub use output::Output;
pub use plan::Plan;
pub use session::{ADDRESSES_MAX, Session, SessionEnd, SessionKey, SessionReport};
pub use visit::{DayUsage, Visit};
