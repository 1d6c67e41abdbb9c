//! What is observed of granted devices on this access point: sessions open with traffic, add up, and close.
//!
//! Decisions only: readings of the kernel's counters and times come in, reports go out. The kernel counts per address
//! for as long as its table lives; a session's totals are what they were plus how far those counters moved. Totals and
//! readings are kept together in the ledger, so a restart goes on from any older state without losing or doubling a byte.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use agent_protocol::v1::{SessionEnd, SessionReport};
use gate_core::{Accounted, Mac, Observed};

#[cfg(test)]
mod tests;

/// Addresses of one device that are told and kept; what it had before them is folded into its totals.
pub const ADDRESSES_PER_DEVICE: usize = 16;
/// An address without traffic for this long gives its place in the kernel's sets back, in milliseconds.
const ADDRESS_IDLE_MS: u64 = 600_000;

/// The grant a device's traffic runs under.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Its id.
    pub grant_id: [u8; 16],
    /// Sessions close after this long without traffic, in seconds.
    pub idle_secs: u32,
}

/// An open session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: [u8; 16],
    /// The grant it runs under.
    pub terms: Terms,
    /// First packet, by the controller's clock.
    pub opened_ms: u64,
    /// Last packet.
    pub last_packet_ms: u64,
    /// From the device.
    pub up: Accounted,
    /// To the device.
    pub down: Accounted,
    /// Addresses the device used.
    pub addresses: BTreeSet<IpAddr>,
    /// Whether it changed since it was last reported.
    pub unreported: bool,
}

/// How far the kernel's counters of an address have been taken in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// From the address.
    pub up: Accounted,
    /// To the address.
    pub down: Accounted,
    /// When either last moved.
    pub moved_ms: u64,
}

/// What one look at the kernel led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outcome {
    /// Sessions that opened or closed, in order; each has to be in the journal.
    pub reports: Vec<SessionReport>,
    /// Accounting entries that are read for the last time; say [`Sessions::forgotten`] when the kernel gave them back.
    pub forget: Vec<(Mac, IpAddr)>,
}

/// All sessions of this access point.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sessions {
    open: BTreeMap<Mac, Session>,
    readings: BTreeMap<(Mac, IpAddr), Reading>,
    /// Bytes up and down of all sessions since this was made.
    moved: (u64, u64),
}

impl Sessions {
    /// Goes on from what the ledger kept. With `counters_gone` (the machine restarted, the kernel's sets are new) the
    /// sessions close, because nothing is known of the time between.
    #[must_use]
    pub fn restore(
        open: BTreeMap<Mac, Session>,
        readings: BTreeMap<(Mac, IpAddr), Reading>,
        counters_gone: bool,
    ) -> (Self, Vec<SessionReport>) {
        if !counters_gone {
            return (Self { open, readings, moved: (0, 0) }, Vec::new());
        }
        let ends = open.iter().map(|(mac, session)| session.report(*mac, SessionEnd::AgentRestart)).collect();
        (Self::default(), ends)
    }

    /// Sessions that are open.
    #[must_use]
    pub fn open(&self) -> &BTreeMap<Mac, Session> {
        &self.open
    }

    /// How far the kernel's counters were taken in.
    #[must_use]
    pub fn readings(&self) -> &BTreeMap<(Mac, IpAddr), Reading> {
        &self.readings
    }

    /// Bytes up and down of all sessions since the agent's start.
    #[must_use]
    pub fn moved(&self) -> (u64, u64) {
        self.moved
    }

    /// Takes in a look at the kernel. `terms` are the live grants by device; `new_id` makes ids of sessions.
    pub fn observe(
        &mut self,
        now_ms: u64,
        seen: &Observed,
        terms: &BTreeMap<Mac, Terms>,
        mut new_id: impl FnMut() -> [u8; 16],
    ) -> Outcome {
        let mut outcome = Outcome::default();
        for ((mac, address), more_up, more_down) in self.take_readings(seen, now_ms) {
            // Under another grant than before, the former session is over.
            if let (Some(session), Some(terms)) = (self.open.get(&mac), terms.get(&mac))
                && session.terms.grant_id != terms.grant_id
            {
                outcome.reports.extend(self.close(mac, SessionEnd::GrantRevoked));
            }
            let session = match (self.open.get_mut(&mac), terms.get(&mac)) {
                (Some(session), _) => session,
                (None, Some(terms)) => {
                    let session = self.open.entry(mac).or_insert(Session::new(new_id(), *terms, now_ms));
                    outcome.reports.push(session.report(mac, SessionEnd::Open));
                    session
                }
                // Counted in the moment between a grant's end and this look, after its session closed.
                (None, None) => continue,
            };
            session.take(address, more_up, more_down, now_ms);
            self.moved.0 = self.moved.0.saturating_add(more_up.bytes);
            self.moved.1 = self.moved.1.saturating_add(more_down.bytes);
        }
        for (mac, terms) in terms {
            if let Some(session) = self.open.get_mut(mac)
                && session.terms.grant_id == terms.grant_id
            {
                session.terms = *terms;
            }
        }
        outcome.reports.extend(self.close_idle(now_ms));
        outcome.forget = self.prune(now_ms, seen, terms);
        outcome
    }

    /// Closes a device's session, if it has one. Look at the kernel first, so that its last bytes are in.
    pub fn close(&mut self, mac: Mac, end: SessionEnd) -> Option<SessionReport> {
        self.open.remove(&mac).map(|session| session.report(mac, end))
    }

    /// Reports of all sessions that changed since they were last reported.
    pub fn due_reports(&mut self) -> Vec<SessionReport> {
        let changed = self.open.iter_mut().filter(|(_, session)| session.unreported);
        changed
            .map(|(mac, session)| {
                session.unreported = false;
                session.report(*mac, SessionEnd::Open)
            })
            .collect()
    }

    /// Reports of before were not kept: all open sessions are due again.
    pub fn report_all_again(&mut self) {
        for session in self.open.values_mut() {
            session.unreported = true;
        }
    }

    /// Says that the kernel gave these entries back: what it counts for them next counts from nothing.
    pub fn forgotten(&mut self, entries: &[(Mac, IpAddr)]) {
        for entry in entries {
            self.readings.remove(entry);
        }
    }

    /// How far each address moved since the last look, by its owner.
    fn take_readings(&mut self, seen: &Observed, now_ms: u64) -> Vec<((Mac, IpAddr), Accounted, Accounted)> {
        let mut keys: BTreeSet<(Mac, IpAddr)> = seen.up.keys().copied().collect();
        let mut owners: BTreeMap<IpAddr, Mac> = keys.iter().map(|(mac, address)| (*address, *mac)).collect();
        owners.extend(seen.bound.iter().map(|(address, mac)| (*address, *mac)));
        for address in seen.down.keys() {
            keys.extend(owners.get(address).map(|mac| (*mac, *address)));
        }
        let mut moved = Vec::new();
        for key in keys {
            let up = seen.up.get(&key).copied().unwrap_or_default();
            // An address that changed hands counts downward for its owner alone.
            let down = match owners.get(&key.1) {
                Some(owner) if *owner == key.0 => seen.down.get(&key.1).copied().unwrap_or_default(),
                _ => self.readings.get(&key).map(|reading| reading.down).unwrap_or_default(),
            };
            // What was counted downward for a former owner of the address is not this one's.
            let inherited = match self.readings.contains_key(&key) {
                true => Accounted::default(),
                false => self.down_of_others(key.1),
            };
            let former =
                self.readings.entry(key).or_insert(Reading { down: inherited, ..Reading::default() });
            let (more_up, more_down) = (since(former.up, up), since(former.down, down));
            if more_up.packets > 0 || more_down.packets > 0 {
                *former = Reading { up, down, moved_ms: now_ms };
                moved.push((key, more_up, more_down));
            }
        }
        moved
    }

    fn down_of_others(&self, address: IpAddr) -> Accounted {
        let of_address = self.readings.iter().filter(|((_, held), _)| *held == address);
        of_address.map(|(_, reading)| reading.down).max_by_key(|down| down.bytes).unwrap_or_default()
    }

    fn close_idle(&mut self, now_ms: u64) -> Vec<SessionReport> {
        let idle = |session: &Session| {
            let limit_ms = u64::from(session.terms.idle_secs) * 1000;
            limit_ms > 0 && now_ms.saturating_sub(session.last_packet_ms) >= limit_ms
        };
        let over: Vec<Mac> =
            self.open.iter().filter(|(_, session)| idle(session)).map(|(mac, _)| *mac).collect();
        over.into_iter().filter_map(|mac| self.close(mac, SessionEnd::Idle)).collect()
    }

    /// Chooses entries to be given back: of devices that can send nothing, of addresses long silent, and the longest
    /// silent ones of a device that has too many.
    fn prune(&self, now_ms: u64, seen: &Observed, terms: &BTreeMap<Mac, Terms>) -> Vec<(Mac, IpAddr)> {
        let mut of_device: BTreeMap<Mac, Vec<(u64, IpAddr)>> = BTreeMap::new();
        let mut forget = Vec::new();
        for ((mac, address), reading) in &self.readings {
            let silent_ms = now_ms.saturating_sub(reading.moved_ms);
            let outside = !terms.contains_key(mac) && !seen.admitted.contains_key(mac);
            if outside || silent_ms >= ADDRESS_IDLE_MS {
                forget.push((*mac, *address));
            } else {
                of_device.entry(*mac).or_default().push((reading.moved_ms, *address));
            }
        }
        for (mac, mut addresses) in of_device {
            addresses.sort_unstable();
            let excess = addresses.len().saturating_sub(ADDRESSES_PER_DEVICE);
            // One that moves right now is kept: what it moves between two looks would be lost.
            let quiet = addresses.into_iter().take(excess).filter(|(moved_ms, _)| *moved_ms < now_ms);
            forget.extend(quiet.map(|(_, address)| (mac, address)));
        }
        forget
    }
}

impl Session {
    fn new(id: [u8; 16], terms: Terms, now_ms: u64) -> Self {
        Self {
            id,
            terms,
            opened_ms: now_ms,
            last_packet_ms: now_ms,
            up: Accounted::default(),
            down: Accounted::default(),
            addresses: BTreeSet::new(),
            unreported: true,
        }
    }

    fn take(&mut self, address: IpAddr, up: Accounted, down: Accounted, now_ms: u64) {
        add(&mut self.up, up);
        add(&mut self.down, down);
        self.last_packet_ms = self.last_packet_ms.max(now_ms);
        self.unreported = true;
        if self.addresses.len() < ADDRESSES_PER_DEVICE {
            self.addresses.insert(address);
        }
    }

    /// The session as the journal keeps it.
    #[must_use]
    pub fn report(&self, mac: Mac, end: SessionEnd) -> SessionReport {
        let octets = |address: &IpAddr| match address {
            IpAddr::V4(address) => address.octets().to_vec(),
            IpAddr::V6(address) => address.octets().to_vec(),
        };
        SessionReport {
            session_id: self.id.to_vec(),
            grant_id: self.terms.grant_id.to_vec(),
            mac: mac.0.to_vec(),
            opened_ms: self.opened_ms,
            last_packet_ms: self.last_packet_ms,
            bytes_up: self.up.bytes,
            bytes_down: self.down.bytes,
            packets_up: self.up.packets,
            packets_down: self.down.packets,
            end: end as i32,
            addresses: self.addresses.iter().map(octets).collect(),
        }
    }
}

fn add(total: &mut Accounted, more: Accounted) {
    total.packets = total.packets.saturating_add(more.packets);
    total.bytes = total.bytes.saturating_add(more.bytes);
}

/// How far a counter moved; one that is lower than before was made anew and counts from nothing.
fn since(former: Accounted, now: Accounted) -> Accounted {
    if now.packets < former.packets || now.bytes < former.bytes {
        return now;
    }
    Accounted { packets: now.packets - former.packets, bytes: now.bytes - former.bytes }
}
