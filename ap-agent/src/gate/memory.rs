//! A gate in memory, for simulated agents: the same decisions, no kernel.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Instant;

use gate_core::{Accounted, Admission, GateChange, GateConfig, LONGEST, Mac, Observed};

use super::{Gate, GateError};

/// Sets as the kernel would hold them, with traffic that a simulation puts in.
#[derive(Debug, Default)]
pub struct MemoryGate {
    applied: bool,
    admitted: BTreeMap<Mac, (u32, Instant)>,
    up: BTreeMap<(Mac, IpAddr), Accounted>,
    down: BTreeMap<IpAddr, Accounted>,
    bound: BTreeMap<IpAddr, Mac>,
    refused: u64,
}

impl MemoryGate {
    /// Lets a device send and receive, if it is granted; tells whether it was.
    pub fn pass(&mut self, mac: Mac, address: IpAddr, up: Accounted, down: Accounted) -> bool {
        let open = self.applied && self.admitted.get(&mac).is_some_and(|(_, ends)| *ends > Instant::now());
        if !open {
            self.refused += up.packets;
            return false;
        }
        self.bound.entry(address).or_insert(mac);
        let add = |held: &mut Accounted, more: Accounted| {
            held.packets += more.packets;
            held.bytes += more.bytes;
        };
        add(self.up.entry((mac, address)).or_default(), up);
        add(self.down.entry(address).or_default(), down);
        true
    }
}

impl Gate for MemoryGate {
    async fn apply(&mut self, _config: &GateConfig) -> Result<(), GateError> {
        self.applied = true;
        Ok(())
    }

    async fn change(&mut self, change: &GateChange) -> Result<(), GateError> {
        if !self.applied {
            return Err(GateError::Gone);
        }
        for (mac, number) in &change.revoke {
            if self.admitted.get(mac).is_some_and(|(held, _)| held == number) {
                self.admitted.remove(mac);
            }
        }
        for (mac, Admission { number, remaining }) in &change.admit {
            self.admitted.insert(*mac, (*number, Instant::now() + (*remaining).min(LONGEST)));
        }
        for (mac, address) in &change.unbind {
            if self.bound.get(address) == Some(mac) {
                self.bound.remove(address);
            }
        }
        for (mac, address) in &change.bind {
            self.bound.insert(*address, *mac);
        }
        for (mac, address) in &change.forget {
            self.up.remove(&(*mac, *address));
            self.down.remove(address);
        }
        Ok(())
    }

    async fn observe(&mut self) -> Result<Observed, GateError> {
        let now = Instant::now();
        self.admitted.retain(|_, (_, ends)| *ends > now);
        let admitted: BTreeMap<Mac, Admission> = self
            .admitted
            .iter()
            .map(|(mac, (number, ends))| (*mac, Admission { number: *number, remaining: *ends - now }))
            .collect();
        Ok(Observed {
            table_present: self.applied,
            live: admitted.values().map(|admission| admission.number).collect(),
            admitted,
            up: self.up.clone(),
            down: self.down.clone(),
            bound: self.bound.clone(),
            counters: BTreeMap::from([("not_granted".to_owned(), self.refused)]),
        })
    }
}
