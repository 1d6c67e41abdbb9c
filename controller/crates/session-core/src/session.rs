//! A session: what one access point observed of one device under one grant.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::{ApId, GrantId, Mac, SessionId, UnixMs};

/// Most addresses of one session that are kept.
pub const ADDRESSES_MAX: usize = 16;

/// What names a session: ids are made by agents, so one agent cannot write into another's session.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    /// The access point that observes it.
    pub ap: ApId,
    /// Its id there.
    pub id: SessionId,
}

/// All that an access point says of one session at one moment: absolute, so that a repeat changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionReport {
    /// The session's id.
    pub id: SessionId,
    /// The grant it runs under.
    pub grant: GrantId,
    /// The device.
    pub mac: Mac,
    /// First packet.
    pub opened: UnixMs,
    /// Last packet.
    pub last_packet: UnixMs,
    /// Bytes from the device since it opened.
    pub bytes_up: u64,
    /// Bytes to the device since it opened.
    pub bytes_down: u64,
    /// Packets from the device.
    pub packets_up: u64,
    /// Packets to the device.
    pub packets_down: u64,
    /// Why it closed; `None` while it runs.
    pub end: Option<SessionEnd>,
    /// The device's addresses seen in it; the first [`ADDRESSES_MAX`] different ones are kept.
    pub addresses: Vec<IpAddr>,
}

/// A session as the controller knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// What names it.
    pub key: SessionKey,
    /// The grant it runs under; perhaps one this domain does not know (any more).
    pub grant: GrantId,
    /// The device.
    pub mac: Mac,
    /// First packet.
    pub opened: UnixMs,
    /// Last packet.
    pub last_packet: UnixMs,
    /// Bytes from the device.
    pub bytes_up: u64,
    /// Bytes to the device.
    pub bytes_down: u64,
    /// Packets from the device.
    pub packets_up: u64,
    /// Packets to the device.
    pub packets_down: u64,
    /// Why it closed; `None` while it runs.
    pub end: Option<SessionEnd>,
    /// Addresses of the device.
    pub addresses: BTreeSet<IpAddr>,
}

/// Why a session closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SessionEnd {
    /// No traffic for the idle time; the grant goes on.
    Idle,
    /// The station left this access point; the grant goes on.
    Departed,
    /// The grant ended by its time.
    GrantExpired,
    /// A tombstone ended the grant.
    GrantRevoked,
    /// The access point restarted and the kernel's counters were gone.
    AgentRestart,
    /// The controller presumes it: the access point did not speak of it again. Its own word, should it come, replaces
    /// this one.
    Lost,
}

/// Counters and times are kept as signed 64-bit numbers further on.
const COUNTER_MAX: u64 = i64::MAX as u64;

impl Session {
    /// The session as its first report describes it.
    pub(crate) fn opened(ap: &ApId, report: &SessionReport) -> Self {
        let mut session = Self {
            key: SessionKey { ap: ap.clone(), id: report.id },
            grant: report.grant,
            mac: report.mac,
            opened: report.opened.min(UnixMs::MAX),
            last_packet: UnixMs(0),
            bytes_up: 0,
            bytes_down: 0,
            packets_up: 0,
            packets_down: 0,
            end: None,
            addresses: BTreeSet::new(),
        };
        session.merge(report);
        session
    }

    /// Takes in one more report, in whatever order reports come: counters and the last packet only rise, the opening
    /// only moves back, the first end said by the access point stands. Returns whether anything changed.
    pub(crate) fn merge(&mut self, report: &SessionReport) -> bool {
        let mut changed = false;
        for (kept, said) in [
            (&mut self.bytes_up, report.bytes_up),
            (&mut self.bytes_down, report.bytes_down),
            (&mut self.packets_up, report.packets_up),
            (&mut self.packets_down, report.packets_down),
            (&mut self.last_packet.0, report.last_packet.0),
        ] {
            let said = said.min(COUNTER_MAX);
            changed |= said > *kept;
            *kept = said.max(*kept);
        }
        if report.opened < self.opened {
            self.opened = report.opened;
            changed = true;
        }
        if matches!(self.end, None | Some(SessionEnd::Lost)) && report.end.is_some() && self.end != report.end
        {
            self.end = report.end;
            changed = true;
        }
        for address in &report.addresses {
            if self.addresses.len() < ADDRESSES_MAX {
                changed |= self.addresses.insert(*address);
            }
        }
        changed
    }

    /// Bytes of both directions.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes_up.saturating_add(self.bytes_down)
    }
}
