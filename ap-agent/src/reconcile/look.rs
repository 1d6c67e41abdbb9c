//! One look at the kernel: what moved, who left, what has to be repaired.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use agent_protocol::v1::SessionEnd;
use gate_core::{GateChange, Mac, Observed, changes_to, surplus};

use super::{Core, LEDGER_EVERY, Network};
use crate::clock;
use crate::dnsmasq::parse_leases;
use crate::gate::Gate;
use crate::sessions::Terms;

/// Ends that differ by less are left alone: two clocks read one after the other.
const SLACK: Duration = Duration::from_secs(2);

impl<G: Gate, N: Network> Core<G, N> {
    pub(super) async fn look(&mut self) {
        self.configure_again().await;
        if self.settings.is_none() {
            return;
        }
        self.repair_network().await;
        match self.clock.problem(clock::boottime_ms(), clock::wall_ms()) {
            Some(problem) => self.problems.insert("clock", problem),
            None => self.problems.remove("clock"),
        };
        let leases = self.changed_leases();
        let mut in_force = false;
        if let Some(mut seen) = self.observe().await {
            self.take_in(&seen, None).await;
            in_force = self.correct(&mut seen, leases).await;
            self.pin(&seen).await;
            self.owners.replace(seen.bound.clone());
            self.last_seen = seen;
        }
        self.gate_behind = !in_force;
        self.presence();
        let overdue = self.clock.now_ms().saturating_sub(self.ledger_saved_ms) >= millis(LEDGER_EVERY);
        if self.ledger_stale || overdue {
            self.save();
        }
        self.settle();
        self.pump();
    }

    /// Reads the kernel; a table that is gone is brought back first.
    pub(super) async fn observe(&mut self) -> Option<Observed> {
        for _ in 0..2 {
            match self.gate.observe().await {
                Ok(seen) if seen.table_present => {
                    self.problems.remove("gate");
                    return Some(seen);
                }
                Ok(_) => self.restore_table().await,
                Err(error) => {
                    self.gate_failed(&error);
                    return None;
                }
            }
        }
        None
    }

    async fn restore_table(&mut self) {
        let Some(settings) = &self.settings else { return };
        tracing::warn!("the gate's table was gone or incomplete; it is made anew");
        *self.counted.entry("table_restored").or_default() += 1;
        let now_ms = self.clock.now_ms();
        let admit = self.grants.wanted(&settings.network, now_ms).admitted.into_iter().collect();
        // What was bound before, and leases: nobody else has shown that an address is theirs.
        let mut owners = self.last_seen.bound.clone();
        owners.extend(self.stations.leases().iter().map(|(address, mac)| (IpAddr::V4(*address), *mac)));
        let bind = owners.into_iter().map(|(address, mac)| (mac, address)).collect();
        let applied = match self.gate.apply(&settings.gate).await {
            Ok(()) => self.gate.change(&GateChange { admit, bind, ..GateChange::default() }).await,
            Err(error) => Err(error),
        };
        if let Err(error) = applied {
            self.gate_failed(&error);
        }
    }

    /// Sessions from what was counted. `ended` is a device whose grant was taken away since the last look.
    pub(super) async fn take_in(&mut self, seen: &Observed, ended: Option<(Mac, Terms)>) {
        let Some(settings) = &self.settings else { return };
        let network = settings.network.clone();
        let now_ms = self.clock.now_ms();
        for (mac, address) in seen.up.keys() {
            if self.stations.owner(*address).is_none() {
                self.stations.heard(*mac, Some(*address), now_ms);
            }
        }
        // Those whose time is over close with what was counted until then.
        let mut terms = self.grants.terms(&network);
        terms.extend(ended);
        let over = if self.clock.known() { self.grants.expire(&network, now_ms) } else { Vec::new() };
        let before: BTreeMap<Mac, u64> =
            self.sessions.open().iter().map(|(mac, session)| (*mac, session.last_packet_ms)).collect();
        let mut outcome = self.sessions.observe(now_ms, seen, &terms, new_id);
        for mac in &over {
            terms.remove(mac);
            outcome.reports.extend(self.sessions.close(*mac, SessionEnd::GrantExpired));
        }
        if let Some((mac, _)) = ended {
            terms.remove(&mac);
            terms.extend(self.grants.terms(&network).remove(&mac).map(|now| (mac, now)));
        }
        let gone: Vec<Mac> =
            self.sessions.open().keys().filter(|mac| !terms.contains_key(*mac)).copied().collect();
        for mac in gone {
            outcome.reports.extend(self.sessions.close(mac, SessionEnd::GrantRevoked));
        }
        let moved: Vec<Mac> = self
            .sessions
            .open()
            .iter()
            .filter(|(mac, session)| before.get(mac) != Some(&session.last_packet_ms))
            .map(|(mac, _)| *mac)
            .collect();
        for mac in moved {
            self.stations.moved(mac, now_ms);
        }
        self.ledger_stale |= !over.is_empty();
        self.record(&outcome.reports);
        // What the kernel is about to forget must be in the ledger as counted; otherwise it waits for the next look.
        if !outcome.forget.is_empty() && self.save() {
            let change = GateChange { forget: outcome.forget.clone(), ..GateChange::default() };
            match self.gate.change(&change).await {
                Ok(()) => self.sessions.forgotten(&outcome.forget),
                Err(error) => self.gate_failed(&error),
            }
            self.ledger_stale = true;
        }
    }

    /// Looks only whose which address is, because the relay has a phone whose address is new.
    pub(super) async fn look_at_owners(&mut self) {
        if self.settings.is_none() {
            return;
        }
        if let Some(seen) = self.observe().await {
            self.owners.replace(seen.bound.clone());
            self.last_seen = seen;
        }
    }

    /// Makes the kernel's sets what they shall be; tells whether they are. Bindings in `seen` are then those after the
    /// change.
    async fn correct(&mut self, seen: &mut Observed, leases: GateChange) -> bool {
        let Some(settings) = &self.settings else { return false };
        let mut change = leases;
        // Without a word of the log or a sure time the kernel's own state is the best there is, if it has one.
        if self.grants.are_known() && self.clock.known() {
            let wanted = self.grants.wanted(&settings.network, self.clock.now_ms());
            let repair = changes_to(&wanted, &*seen, SLACK);
            if !repair.is_empty() {
                *self.counted.entry("gate_repaired").or_default() += 1;
            }
            change.admit.extend(repair.admit);
            change.revoke.extend(repair.revoke);
        } else if seen.admitted.is_empty() {
            // The machine was off: those of the ledger come back with the time they had at least used up by then.
            change.admit.extend(self.grants.wanted(&settings.network, self.clock.now_ms()).admitted);
        }
        for (address, owner) in &seen.bound {
            // Only a lease takes an address away from whoever used it first: frames can claim anything.
            let leased = self.stations.lease_owner(*address);
            let here = self.stations.station(*owner).is_some();
            if leased.is_some_and(|mac| mac != *owner) {
                change.bind.extend(leased.map(|mac| (mac, *address)));
            } else if !here && !self.sessions.open().contains_key(owner) {
                // Whoever is gone gives the address back.
                change.unbind.push((*owner, *address));
            }
        }
        // The kernel forgets bindings after a day; a lease may be longer.
        for (address, mac) in self.stations.leases() {
            let owned = (*mac, IpAddr::V4(*address));
            let here = self.stations.station(*mac).is_some();
            if here && !seen.bound.contains_key(&owned.1) && !change.bind.contains(&owned) {
                change.bind.push(owned);
            }
        }
        let leased = |mac, address| self.stations.lease_owner(address) == Some(mac);
        change.unbind.extend(surplus(&*seen, leased));
        if change.is_empty() {
            return true;
        }
        for (mac, address) in &change.unbind {
            if seen.bound.get(address) == Some(mac) {
                seen.bound.remove(address);
            }
        }
        for (_, address) in &change.bind {
            seen.bound.remove(address);
        }
        // An address that changes hands is nobody's for the relay until the kernel has changed.
        self.owners.replace(seen.bound.clone());
        if let Err(error) = self.gate.change(&change).await {
            self.gate_failed(&error);
            return false;
        }
        seen.bound.extend(change.bind.iter().map(|(mac, address)| (*address, *mac)));
        true
    }

    /// Whoever an address is bound to receives under it, whatever others claim.
    async fn pin(&mut self, seen: &Observed) {
        let Some(settings) = &self.settings else { return };
        let owner = |address, mac| self.stations.lease_owner(address).unwrap_or(mac);
        let owners = seen.bound.iter().map(|(address, mac)| (*address, owner(*address, *mac))).collect();
        match self.network.pin(settings, &owners).await {
            Ok(()) => {
                self.problems.remove("neighbours");
            }
            Err(problem) => {
                self.problems.insert("neighbours", problem);
            }
        }
    }

    /// Leases as dnsmasq wrote them, as changes of the bindings.
    fn changed_leases(&mut self) -> GateChange {
        let now_ms = self.clock.now_ms();
        let text = match std::fs::read_to_string(&self.leases) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                self.problems.insert("leases", format!("the leases of dnsmasq cannot be read ({error})"));
                return GateChange::default();
            }
        };
        self.problems.remove("leases");
        let wall_secs = clock::wall_ms() / 1000;
        let valid =
            parse_leases(&text).into_iter().filter(|lease| lease.expires == 0 || lease.expires > wall_secs);
        let leases: BTreeMap<Ipv4Addr, Mac> = valid
            .filter_map(|lease| match lease.address {
                IpAddr::V4(address) => Some((address, Mac(lease.mac))),
                IpAddr::V6(_) => None,
            })
            .collect();
        let changed = self.stations.set_leases(leases, now_ms);
        GateChange { bind: changed.bind, unbind: changed.unbind, ..GateChange::default() }
    }

    fn presence(&mut self) {
        let Some(settings) = &self.settings else { return };
        let due = self.stations.due(self.clock.now_ms(), settings.timers.presence);
        for (mac, address) in due.probes {
            self.network.probe(mac, address);
        }
        let mut reports = Vec::new();
        for mac in due.gone {
            reports.extend(self.sessions.close(mac, SessionEnd::Departed));
        }
        self.record(&reports);
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A session's id: random, so that no two access points ever make the same.
fn new_id() -> [u8; 16] {
    let mut id = [0; 16];
    // The kernel's random source does not fail once the system is up; an id from the clock still differs.
    if getrandom::fill(&mut id).is_err() {
        id = u128::from(clock::boottime_ms()).to_be_bytes();
    }
    id
}
