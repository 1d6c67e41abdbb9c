//! What access points of other makes say of their sessions by RADIUS (RFC 2866), freed from its packets.
//!
//! Such an access point has no journal and no ids of ours: a record names its session by NAS and Acct-Session-Id, which
//! is used again after a restart, and comes late, twice or out of turn. [`crate::Domain::account`] finds the session a
//! record speaks of and reports it as an agent's session is reported; from there on there is one kind of session.

use std::net::IpAddr;

use crate::{ApId, GrantId, Mac, SessionEnd, SessionId, SessionKey, UnixMs};

/// How long after its last record arrived a session's name is remembered, in milliseconds: a record that arrives later
/// begins another session.
pub const ACCOUNTING_KEPT_MS: u64 = 24 * 3_600_000;

/// One access point as it names itself: the NAS entry it is known by, and its own NAS-Identifier or address, because
/// one entry may stand for a whole network of access points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Nas {
    /// The access point of its sessions, `nas:` and the name of the entry.
    pub ap: ApId,
    /// Its NAS-Identifier or else its address, as it was sent.
    pub origin: Vec<u8>,
}

/// What a record says happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountingKind {
    /// Acct-Status-Type Start.
    Start,
    /// Interim-Update.
    Interim,
    /// Stop.
    Stop {
        /// Why, in the words that all sessions share.
        end: SessionEnd,
        /// Acct-Terminate-Cause as it was sent, 0 for none.
        cause: u32,
    },
}

/// A byte counter as RADIUS carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Octets {
    /// Acct-Input-Octets or Acct-Output-Octets: the lower 32 bits.
    pub low: u32,
    /// Acct-Input-Gigawords or Acct-Output-Gigawords (RFC 2869 5.1), when the NAS sends them.
    pub gigawords: Option<u32>,
}

impl Octets {
    /// The counter's value; without gigawords the lower part alone.
    #[must_use]
    pub fn bytes(self) -> u64 {
        (u64::from(self.gigawords.unwrap_or(0)) << 32) | u64::from(self.low)
    }
}

/// Names a record carries, byte for byte: they come from the air and need not be text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StationNames {
    /// User-Name.
    pub user: Vec<u8>,
    /// Calling-Station-Id: the device.
    pub calling: Vec<u8>,
    /// Called-Station-Id: the access point's radio.
    pub called: Vec<u8>,
    /// The SSID, where Called-Station-Id ends with it.
    pub ssid: Vec<u8>,
}

/// One Accounting-Request about one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountingRecord {
    /// Who sent it.
    pub nas: Nas,
    /// Acct-Session-Id.
    pub session: Vec<u8>,
    /// What happened.
    pub kind: AccountingKind,
    /// When it happened: arrival less Acct-Delay-Time, or Event-Timestamp.
    pub event: UnixMs,
    /// Whether the NAS said when; else `event` is the arrival, and the record may have waited.
    pub dated: bool,
    /// Acct-Session-Time.
    pub session_secs: Option<u32>,
    /// The visit, from the Class that Access-Accept handed out; without it the session is a visit of its own.
    pub grant: Option<GrantId>,
    /// The device, when Calling-Station-Id is a MAC.
    pub mac: Option<Mac>,
    /// Bytes from the device.
    pub up: Octets,
    /// Bytes to the device.
    pub down: Octets,
    /// Packets from the device.
    pub packets_up: u32,
    /// Packets to the device.
    pub packets_down: u32,
    /// Framed addresses.
    pub addresses: Vec<IpAddr>,
    /// The names it carries.
    pub names: StationNames,
    /// A random id, for the case that the session is new.
    pub fresh: SessionId,
}

/// What only RADIUS knows of a session; the rest is the [`crate::Session`] of the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NasSession {
    /// The session.
    pub key: SessionKey,
    /// The access point as it names itself.
    pub origin: Vec<u8>,
    /// Acct-Session-Id.
    pub session: Vec<u8>,
    /// Names of the records, the first that was not empty.
    pub names: StationNames,
    /// When it began, by the earliest its records say.
    pub started: UnixMs,
    /// The latest event of its records.
    pub heard: UnixMs,
    /// When its last record arrived.
    pub arrived: UnixMs,
    /// The longest Acct-Session-Time of its records, in seconds; 0 when only a Start was heard.
    pub session_secs: u32,
    /// When it was over, by a Stop or by a restart of the access point.
    pub closed: Option<UnixMs>,
    /// Acct-Terminate-Cause of the Stop, 0 for none.
    pub cause: u32,
    /// Whether a counter fell back without Gigawords: more bytes passed than are counted.
    pub wrapped: bool,
}

/// An access point said that it began anew, or stops: Accounting-On or -Off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NasRestart {
    /// Who said it.
    pub nas: Nas,
    /// When.
    pub at: UnixMs,
}
