//! The domain's grants as this access point holds them: entries of the log in order, snapshots whole, ends by the clock.

use std::collections::BTreeMap;
use std::time::Duration;

use agent_protocol::v1::{Grant, LogEntry, Snapshot};
use gate_core::{Admission, GRANT_BIT, Mac, Wanted};

use crate::sessions::Terms;

#[cfg(test)]
mod tests;

/// Grants held at a time; the kernel's set has room for as many.
const GRANTS_MAX: usize = 65_000;

/// What an entry of the log led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// It changes who is in the gate, or nothing of this network.
    Applied(Step),
    /// It was known already.
    Known,
    /// Entries before it are missing: the link has to ask for the rest.
    Gap,
    /// It makes no sense; it is skipped, and the controller told why.
    Refused(&'static str),
}

/// What one entry changes in the gate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Let in, or kept in under other terms.
    pub admit: Option<(Mac, Admission)>,
    /// Put out: the device and the number whose mark dies.
    pub revoke: Option<(Mac, u32)>,
}

/// The grants of the domain.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants {
    epoch: u64,
    sequence: u64,
    by_device: BTreeMap<(String, Mac), Grant>,
    parts: Vec<Grant>,
    /// Whether the snapshot under way has too many grants.
    too_large: bool,
}

impl Grants {
    /// Goes on from what the ledger kept.
    #[must_use]
    pub fn restore(epoch: u64, sequence: u64, grants: Vec<Grant>) -> Self {
        let mut held = Self { epoch, sequence, ..Self::default() };
        held.replace(grants);
        held
    }

    /// Position in the log: epoch and sequence; an epoch of 0 means that nothing is known.
    #[must_use]
    pub fn position(&self) -> (u64, u64) {
        (self.epoch, self.sequence)
    }

    /// Whether the log has been heard of at all. Until then nobody is put out who is in the kernel's sets.
    #[must_use]
    pub fn are_known(&self) -> bool {
        self.epoch != 0
    }

    /// All grants that are held.
    pub fn all(&self) -> impl Iterator<Item = &Grant> {
        self.by_device.values()
    }

    /// The grant of a device on a network.
    #[must_use]
    pub fn of(&self, network: &str, mac: Mac) -> Option<&Grant> {
        self.by_device.get(&(network.to_owned(), mac))
    }

    /// Takes the next entry of the log.
    pub fn take(&mut self, entry: &LogEntry, network: &str, now_ms: u64) -> Taken {
        if entry.epoch < self.epoch || (entry.epoch == self.epoch && entry.sequence <= self.sequence) {
            return Taken::Known;
        }
        if entry.epoch != self.epoch || entry.sequence != self.sequence + 1 {
            return Taken::Gap;
        }
        self.sequence = entry.sequence;
        let Some(grant) = &entry.grant else { return Taken::Refused("the entry carries no grant") };
        match self.put(grant, now_ms) {
            Ok(step) if grant.network == network => Taken::Applied(step),
            Ok(_) => Taken::Applied(Step::default()),
            Err(reason) => Taken::Refused(reason),
        }
    }

    fn put(&mut self, grant: &Grant, now_ms: u64) -> Result<Step, &'static str> {
        let mac = checked(grant)?;
        let key = (grant.network.clone(), mac);
        let former = self.by_device.get(&key);
        if former.is_some_and(|held| held.grant_id == grant.grant_id && held.revision > grant.revision) {
            return Ok(Step::default());
        }
        if grant.revoked {
            // A tombstone ends its own grant and no other of the device.
            if former.is_some_and(|held| held.grant_id == grant.grant_id) {
                self.by_device.remove(&key);
            }
            return Ok(Step { admit: None, revoke: Some((mac, grant.number)) });
        }
        if former.is_none() && self.by_device.len() >= GRANTS_MAX {
            return Err("this access point holds as many grants as it can");
        }
        let replaced = former.map(|held| held.number).filter(|number| *number != grant.number);
        self.by_device.insert(key, grant.clone());
        let admission = admission(grant, now_ms);
        Ok(Step {
            admit: admission.map(|admission| (mac, admission)),
            revoke: replaced.map(|number| (mac, number)),
        })
    }

    /// Takes a part of a snapshot; true when it was the last, and the grants are now those of the snapshot.
    ///
    /// # Errors
    /// When the snapshot has more grants than can be held: then nothing of it counts.
    pub fn take_snapshot(&mut self, part: Snapshot) -> Result<bool, &'static str> {
        self.too_large |= self.parts.len() + part.grants.len() > GRANTS_MAX;
        if self.too_large {
            self.parts.clear();
            return Err(
                "the domain has more live grants than an access point can hold; end some or split the domain",
            );
        }
        self.parts.extend(part.grants);
        if !part.last {
            return Ok(false);
        }
        let parts = std::mem::take(&mut self.parts);
        self.epoch = part.epoch;
        self.sequence = part.sequence;
        self.replace(parts);
        Ok(true)
    }

    /// Forgets the parts of a snapshot that broke off.
    pub fn link_lost(&mut self) {
        self.parts.clear();
        self.too_large = false;
    }

    fn replace(&mut self, grants: Vec<Grant>) {
        self.by_device = grants
            .into_iter()
            .filter(|grant| !grant.revoked)
            .filter_map(|grant| Some(((grant.network.clone(), checked(&grant).ok()?), grant)))
            .collect();
    }

    /// Takes out what has ended by its time and tells whose grants on `network` those were.
    pub fn expire(&mut self, network: &str, now_ms: u64) -> Vec<Mac> {
        let over: Vec<(String, Mac)> = self
            .by_device
            .iter()
            .filter(|(_, grant)| grant.ends_ms <= now_ms)
            .map(|(key, _)| key.clone())
            .collect();
        for key in &over {
            self.by_device.remove(key);
        }
        over.into_iter().filter(|(of, _)| of == network).map(|(_, mac)| mac).collect()
    }

    /// Who shall be in the gate of a network.
    #[must_use]
    pub fn wanted(&self, network: &str, now_ms: u64) -> Wanted {
        let of_network = self.by_device.iter().filter(|((of, _), _)| of == network);
        Wanted {
            admitted: of_network
                .filter_map(|((_, mac), grant)| Some((*mac, admission(grant, now_ms)?)))
                .collect(),
        }
    }

    /// The terms of the device that a coming entry speaks of, on a network.
    #[must_use]
    pub fn terms_of(&self, network: &str, grant: &Grant) -> Option<Terms> {
        let mac = <[u8; 6]>::try_from(&grant.mac[..]).map(Mac).ok()?;
        self.of(network, mac).and_then(terms)
    }

    /// The terms sessions run under on a network.
    #[must_use]
    pub fn terms(&self, network: &str) -> BTreeMap<Mac, Terms> {
        let of_network = self.by_device.iter().filter(|((of, _), _)| of == network);
        of_network.filter_map(|((_, mac), grant)| Some((*mac, terms(grant)?))).collect()
    }
}

fn terms(grant: &Grant) -> Option<Terms> {
    let grant_id = <[u8; 16]>::try_from(&grant.grant_id[..]).ok()?;
    Some(Terms { grant_id, idle_secs: grant.idle_secs })
}

fn checked(grant: &Grant) -> Result<Mac, &'static str> {
    let mac =
        <[u8; 6]>::try_from(&grant.mac[..]).map(Mac).map_err(|_| "the device's MAC is not six bytes")?;
    if !mac.is_station() {
        return Err("the device's MAC is a group's");
    }
    if grant.grant_id.len() != 16 {
        return Err("the grant's id is not 16 bytes");
    }
    if grant.number == 0 || grant.number >= GRANT_BIT {
        return Err("the grant's number does not fit a mark");
    }
    Ok(mac)
}

fn admission(grant: &Grant, now_ms: u64) -> Option<Admission> {
    let remaining_ms = grant.ends_ms.saturating_sub(now_ms);
    (remaining_ms > 0)
        .then_some(Admission { number: grant.number, remaining: Duration::from_millis(remaining_ms) })
}
