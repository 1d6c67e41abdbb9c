//! What goes into the ledger and comes back out of it: grants, open sessions, readings of the kernel's counters.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use gate_core::{Accounted, Mac};

use crate::ledger::{AddressCounters, OpenSession, Traffic};
use crate::sessions::{Reading, Session, Sessions, Terms};

/// Open sessions and readings as the ledger keeps them. A device without an open session has a row without an id: its
/// readings have to survive too, or its next session would count what the kernel counted before.
pub(super) fn to_ledger(sessions: &Sessions) -> Vec<OpenSession> {
    let mut readings: BTreeMap<Mac, Vec<AddressCounters>> = BTreeMap::new();
    for ((mac, address), reading) in sessions.readings() {
        let row =
            AddressCounters { address: octets(*address), kernel: Some(traffic(reading.up, reading.down)) };
        readings.entry(*mac).or_default().push(row);
    }
    let mut devices: BTreeSet<Mac> = readings.keys().copied().collect();
    devices.extend(sessions.open().keys().copied());
    let row = |mac: Mac| {
        let addresses = readings.remove(&mac).unwrap_or_default();
        let Some(session) = sessions.open().get(&mac) else {
            return OpenSession { mac: mac.0.to_vec(), addresses, ..OpenSession::default() };
        };
        OpenSession {
            session_id: session.id.to_vec(),
            grant_id: session.terms.grant_id.to_vec(),
            mac: mac.0.to_vec(),
            opened_ms: session.opened_ms,
            last_packet_ms: session.last_packet_ms,
            base: Some(traffic(session.up, session.down)),
            addresses,
        }
    };
    devices.into_iter().map(row).collect()
}

/// The other way; rows that make no sense are skipped. Idle times come from the grants with the next look.
pub(super) fn from_ledger(
    rows: &[OpenSession],
    now_ms: u64,
) -> (BTreeMap<Mac, Session>, BTreeMap<(Mac, IpAddr), Reading>) {
    let mut open = BTreeMap::new();
    let mut readings = BTreeMap::new();
    for row in rows {
        let Ok(mac) = <[u8; 6]>::try_from(&row.mac[..]).map(Mac) else { continue };
        let mut addresses = BTreeSet::new();
        for counters in &row.addresses {
            let Some(address) = address(&counters.address) else { continue };
            let kernel = counters.kernel.unwrap_or_default();
            let (up, down) = accounted(&kernel);
            readings.insert((mac, address), Reading { up, down, moved_ms: now_ms });
            addresses.insert(address);
        }
        let (Ok(id), Ok(grant_id)) =
            (<[u8; 16]>::try_from(&row.session_id[..]), <[u8; 16]>::try_from(&row.grant_id[..]))
        else {
            continue;
        };
        let (up, down) = accounted(&row.base.unwrap_or_default());
        let session = Session {
            id,
            terms: Terms { grant_id, idle_secs: 0 },
            opened_ms: row.opened_ms,
            last_packet_ms: row.last_packet_ms,
            up,
            down,
            addresses,
            unreported: true,
        };
        open.insert(mac, session);
    }
    (open, readings)
}

fn traffic(up: Accounted, down: Accounted) -> Traffic {
    Traffic { bytes_up: up.bytes, bytes_down: down.bytes, packets_up: up.packets, packets_down: down.packets }
}

fn accounted(traffic: &Traffic) -> (Accounted, Accounted) {
    let up = Accounted { packets: traffic.packets_up, bytes: traffic.bytes_up };
    (up, Accounted { packets: traffic.packets_down, bytes: traffic.bytes_down })
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

fn address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => <[u8; 4]>::try_from(bytes).ok().map(IpAddr::from),
        16 => <[u8; 16]>::try_from(bytes).ok().map(IpAddr::from),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agent_protocol::v1::SessionEnd;
    use gate_core::Observed;

    #[test]
    fn sessions_and_readings_come_back_as_they_were() {
        let (phone, idle) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
        let count = |bytes| Accounted { packets: 1, bytes };
        let here = |last: u8| IpAddr::from([10, 50, 1, last]);
        let mut seen = Observed { table_present: true, ..Observed::default() };
        for (nth, mac) in [(1, phone), (2, idle)] {
            seen.up.insert((mac, here(nth)), count(100));
            seen.down.insert(here(nth), count(900));
        }
        let terms = Terms { grant_id: [7; 16], idle_secs: 0 };
        let mut sessions = Sessions::default();
        let mut next = 0;
        sessions.observe(50, &seen, &BTreeMap::from([(phone, terms), (idle, terms)]), || {
            next += 1;
            [next; 16]
        });
        sessions.close(idle, SessionEnd::Idle).unwrap();
        let (open, readings) = from_ledger(&to_ledger(&sessions), 50);
        assert_eq!(&open, sessions.open());
        assert_eq!(&readings, sessions.readings());
    }
}
