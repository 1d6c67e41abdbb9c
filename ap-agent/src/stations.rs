//! Who is here: stations known by leases, by what they send, and by answers to probes.
//!
//! The table decides with times passed in; [`wire`] holds the packet socket, [`neighbours`] listens to the kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use gate_core::Mac;

pub mod neighbours;
pub mod wire;

#[cfg(test)]
mod tests;

/// Stations remembered at a time; beyond it the one heard longest ago goes.
const STATIONS_MAX: usize = 20_000;
/// Addresses remembered of one station.
const ADDRESSES_MAX: usize = 16;
/// Two IPv4 addresses of one MAC in use within this time are two devices, in milliseconds.
const CONFLICT_WINDOW_MS: u64 = 5_000;

/// How presence is found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// A station silent for this long is probed, in milliseconds.
    pub probe_ms: u64,
    /// Probes without an answer until it counts as gone.
    pub misses: u32,
}

/// One station.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Station {
    /// When it was last heard.
    pub heard_ms: u64,
    /// Its addresses, each with the time it was last heard from.
    pub addresses: BTreeMap<IpAddr, u64>,
    /// Its leased address.
    pub leased: Option<Ipv4Addr>,
    /// Probes sent since it was last heard.
    pub unanswered: u32,
    probed_ms: u64,
    conflict_ms: Option<u64>,
}

/// What a look at the clock led to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// Stations to be asked for a sign of life, at these addresses.
    pub probes: Vec<(Mac, IpAddr)>,
    /// Stations that are gone.
    pub gone: Vec<Mac>,
}

/// What changed among the leases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LeaseChange {
    /// Addresses with an owner for sure.
    pub bind: Vec<(Mac, IpAddr)>,
    /// Addresses that are free again.
    pub unbind: Vec<(Mac, IpAddr)>,
}

/// The table of stations.
#[derive(Debug, Clone, Default)]
pub struct Stations {
    stations: BTreeMap<Mac, Station>,
    owners: BTreeMap<IpAddr, Mac>,
    leases: BTreeMap<Ipv4Addr, Mac>,
    conflicts: u64,
}

impl Stations {
    /// Takes in the whole list of valid leases and tells what changed.
    pub fn set_leases(&mut self, leases: BTreeMap<Ipv4Addr, Mac>, now_ms: u64) -> LeaseChange {
        let mut change = LeaseChange::default();
        for (address, mac) in &self.leases {
            if leases.get(address) != Some(mac) {
                change.unbind.push((*mac, IpAddr::V4(*address)));
                if let Some(station) = self.stations.get_mut(mac) {
                    station.leased = None;
                }
            }
        }
        for (address, mac) in &leases {
            if self.leases.get(address) != Some(mac) {
                // An address that goes from one device to another without having been free was taken from it.
                self.conflicts += u64::from(self.leases.contains_key(address));
                change.bind.push((*mac, IpAddr::V4(*address)));
                self.heard(*mac, Some(IpAddr::V4(*address)), now_ms);
                if let Some(station) = self.stations.get_mut(mac) {
                    station.leased = Some(*address);
                }
                self.owners.insert(IpAddr::V4(*address), *mac);
            }
        }
        self.leases = leases;
        change
    }

    /// A station was heard, at an address if one stood in what it sent. A leased address has the owner of the lease,
    /// whoever claims it.
    pub fn heard(&mut self, mac: Mac, address: Option<IpAddr>, now_ms: u64) {
        if !mac.is_station() {
            return;
        }
        if !self.stations.contains_key(&mac) && self.stations.len() >= STATIONS_MAX {
            self.drop_oldest();
        }
        let station = self.stations.entry(mac).or_default();
        station.heard_ms = station.heard_ms.max(now_ms);
        station.unanswered = 0;
        let Some(address) = address else { return };
        if address.is_unspecified() || address.is_multicast() {
            return;
        }
        if let IpAddr::V4(v4) = address
            && self.leases.get(&v4).is_some_and(|owner| *owner != mac)
        {
            return;
        }
        let clash = address.is_ipv4()
            && station.addresses.iter().any(|(other, heard_ms)| {
                other.is_ipv4() && *other != address && now_ms.saturating_sub(*heard_ms) < CONFLICT_WINDOW_MS
            });
        // A new lease changes an address once; two in turn are two devices with one MAC.
        if clash
            && station.addresses.contains_key(&address)
            && station.conflict_ms.is_none_or(|at| now_ms > at + 60_000)
        {
            station.conflict_ms = Some(now_ms);
            self.conflicts += 1;
        }
        station.addresses.insert(address, now_ms);
        if station.addresses.len() > ADDRESSES_MAX
            && let Some(oldest) = station.addresses.iter().min_by_key(|(_, heard)| **heard).map(|(a, _)| *a)
        {
            station.addresses.remove(&oldest);
            self.owners.remove(&oldest);
        }
        self.owners.insert(address, mac);
    }

    /// Traffic of a device was counted: as good as an answer.
    pub fn moved(&mut self, mac: Mac, now_ms: u64) {
        if let Some(station) = self.stations.get_mut(&mac) {
            station.heard_ms = station.heard_ms.max(now_ms);
            station.unanswered = 0;
        }
    }

    /// Whose address it is.
    #[must_use]
    pub fn owner(&self, address: IpAddr) -> Option<Mac> {
        self.owners.get(&address).copied()
    }

    /// Whose lease an address is; a lease is the one claim that nobody else can make.
    #[must_use]
    pub fn lease_owner(&self, address: IpAddr) -> Option<Mac> {
        match address {
            IpAddr::V4(address) => self.leases.get(&address).copied(),
            IpAddr::V6(_) => None,
        }
    }

    /// All leases.
    #[must_use]
    pub fn leases(&self) -> &BTreeMap<Ipv4Addr, Mac> {
        &self.leases
    }

    /// All addresses with their owners.
    #[must_use]
    pub fn owners(&self) -> &BTreeMap<IpAddr, Mac> {
        &self.owners
    }

    /// One station, if it is here.
    #[must_use]
    pub fn station(&self, mac: Mac) -> Option<&Station> {
        self.stations.get(&mac)
    }

    /// How many are here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stations.len()
    }

    /// Whether nobody is here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stations.is_empty()
    }

    /// How often one MAC was seen to be two devices.
    #[must_use]
    pub fn conflicts(&self) -> u64 {
        self.conflicts
    }

    /// Whom to probe now, and who is gone.
    pub fn due(&mut self, now_ms: u64, presence: Presence) -> Due {
        let mut due = Due::default();
        for (mac, station) in &mut self.stations {
            let silent_ms = now_ms.saturating_sub(station.heard_ms.max(station.probed_ms));
            if silent_ms < presence.probe_ms {
                continue;
            }
            if station.unanswered >= presence.misses {
                due.gone.push(*mac);
                continue;
            }
            station.unanswered += 1;
            station.probed_ms = now_ms;
            // The newest addresses are the likeliest to answer: one of each family.
            let newest = |v4: bool| {
                let of_family = station.addresses.iter().filter(|(address, _)| address.is_ipv4() == v4);
                of_family.max_by_key(|(_, heard)| **heard).map(|(address, _)| *address)
            };
            due.probes.extend([newest(true), newest(false)].into_iter().flatten().map(|a| (*mac, a)));
        }
        for mac in &due.gone {
            self.drop_station(*mac);
        }
        due
    }

    fn drop_station(&mut self, mac: Mac) {
        let Some(station) = self.stations.remove(&mac) else { return };
        let gone: BTreeSet<IpAddr> = station.addresses.into_keys().collect();
        self.owners.retain(|address, owner| {
            *owner != mac
                || !gone.contains(address)
                || matches!(address, IpAddr::V4(v4) if self.leases.contains_key(v4))
        });
    }

    fn drop_oldest(&mut self) {
        let oldest = self.stations.iter().min_by_key(|(_, station)| station.heard_ms).map(|(mac, _)| *mac);
        if let Some(mac) = oldest {
            self.drop_station(mac);
        }
    }
}
