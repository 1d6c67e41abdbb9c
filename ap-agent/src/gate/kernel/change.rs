//! A change of the sets as one transaction: what is replaced goes out first, then everything comes in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use gate_core::{Admission, GateChange, LONGEST, Mac, Observed, SetName};
use nlink::netlink::nftables::{SetElement, Transaction};

use super::KernelGate;
use crate::gate::elements;

/// Elements in one netlink message; the kernel's attributes end at 64 KiB.
const PER_MESSAGE: usize = 500;
/// A grant that is this close to its end is left to the kernel.
const SHORTEST: Duration = Duration::from_millis(1);

type OfFamily = fn(&IpAddr) -> bool;
/// Of each family: the set of pairs, the set of addresses, and who belongs there.
pub(super) const FAMILIES: [(SetName, SetName, OfFamily); 2] = [
    (SetName::Bound4, SetName::Taken4, IpAddr::is_ipv4),
    (SetName::Bound6, SetName::Taken6, IpAddr::is_ipv6),
];
const COUNTED: [(SetName, SetName, OfFamily); 2] =
    [(SetName::Up4, SetName::Down4, IpAddr::is_ipv4), (SetName::Up6, SetName::Down6, IpAddr::is_ipv6)];

/// Who an address is bound to: one device, but for a moment perhaps two.
pub(super) type Owners = BTreeMap<IpAddr, BTreeSet<Mac>>;

/// Who is in the gate, as far as deletions have to know.
pub(super) struct Present {
    /// Numbers by device.
    pub(super) admitted: BTreeMap<Mac, u32>,
    /// Live numbers.
    pub(super) live: BTreeSet<u32>,
}

impl Present {
    pub(super) fn of(observed: &Observed) -> Self {
        Self {
            admitted: observed.admitted.iter().map(|(mac, admission)| (*mac, admission.number)).collect(),
            live: observed.live.clone(),
        }
    }
}

/// Elements to go and to come, set by set.
#[derive(Default)]
struct Elements {
    out: Vec<(SetName, Vec<SetElement>)>,
    come: Vec<(SetName, Vec<SetElement>)>,
}

impl Elements {
    fn into_transaction(self, mut transaction: Transaction) -> Transaction {
        for (name, elements) in &self.out {
            for part in elements.chunks(PER_MESSAGE) {
                transaction = transaction.del_set_elements(&elements::set(*name), part);
            }
        }
        for (name, elements) in &self.come {
            for part in elements.chunks(PER_MESSAGE) {
                transaction = transaction.add_set_elements(&elements::set(*name), part);
            }
        }
        transaction
    }
}

impl KernelGate {
    /// One try. False when an address that was given to its owner has got another one as well meanwhile.
    pub(super) async fn transact(&mut self, change: &GateChange) -> Result<bool, nlink::Error> {
        let mut elements = Elements::default();
        let next = if change.admit.is_empty() && change.revoke.is_empty() {
            None
        } else {
            let present = match self.present.take() {
                Some(present) => present,
                None => Present {
                    admitted: self
                        .admitted()
                        .await?
                        .into_iter()
                        .map(|(mac, held)| (mac, held.number))
                        .collect(),
                    live: self.live().await?,
                },
            };
            Some(self.gate_elements(change, present, &mut elements))
        };
        if !(change.bind.is_empty() && change.unbind.is_empty()) {
            owner_elements(change, &self.owners().await?, &mut elements);
        }
        if !change.forget.is_empty() {
            self.counted_elements(change, &mut elements).await?;
        }
        elements.into_transaction(self.nftables.transaction()).commit(&self.nftables).await?;
        if next.is_some() {
            self.present = next;
        }
        if change.bind.is_empty() {
            return Ok(true);
        }
        let owners = self.owners().await?;
        Ok(change.bind.iter().all(|(_, address)| owners.get(address).is_none_or(|macs| macs.len() == 1)))
    }

    /// Gate and live marks. What stays under other terms is deleted and added: before 6.12 the kernel keeps the timeout
    /// of an element that is there. Returns who is present afterwards.
    fn gate_elements(&self, change: &GateChange, mut present: Present, elements: &mut Elements) -> Present {
        let mut macs = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for (mac, number) in &change.revoke {
            if present.admitted.get(mac) == Some(number) {
                macs.insert(*mac);
            }
            numbers.insert(*number);
        }
        for (mac, admission) in &change.admit {
            macs.insert(*mac);
            numbers.insert(admission.number);
        }
        macs.retain(|mac| present.admitted.remove(mac).is_some());
        numbers.retain(|number| present.live.remove(number));
        elements
            .out
            .push((SetName::Gate, macs.iter().map(|mac| elements::gate_key(&self.bridge, *mac)).collect()));
        elements
            .out
            .push((SetName::Live, numbers.iter().map(|number| elements::live_key(*number)).collect()));
        // The last word about a device or a number counts.
        let mut gate = BTreeMap::new();
        let mut live = BTreeMap::new();
        for (mac, admission) in change.admit.iter().filter(|(_, admission)| admission.remaining >= SHORTEST) {
            let admission = Admission { remaining: admission.remaining.min(LONGEST), ..*admission };
            gate.insert(*mac, admission);
            live.insert(admission.number, admission.remaining);
        }
        elements.come.push((
            SetName::Gate,
            gate.iter()
                .map(|(mac, admission)| {
                    elements::gate(&self.bridge, *mac, admission.number, admission.remaining)
                })
                .collect(),
        ));
        elements.come.push((
            SetName::Live,
            live.iter().map(|(number, remaining)| elements::live(*number, *remaining)).collect(),
        ));
        present.admitted.extend(gate.iter().map(|(mac, admission)| (*mac, admission.number)));
        present.live.extend(live.keys());
        present
    }

    /// Accounting entries to be forgotten, as far as they are there.
    async fn counted_elements(
        &self,
        change: &GateChange,
        elements: &mut Elements,
    ) -> Result<(), nlink::Error> {
        for (up, down, of) in COUNTED {
            let forget: BTreeSet<(Mac, IpAddr)> =
                change.forget.iter().filter(|(_, address)| of(address)).copied().collect();
            if forget.is_empty() {
                continue;
            }
            let owned = self.owned(up).await?;
            let from = owned.iter().filter(|(mac, address, _)| forget.contains(&(*mac, *address)));
            elements.out.push((up, from.map(|(mac, address, _)| elements::owned(*mac, *address)).collect()));
            let addresses: BTreeSet<IpAddr> = forget.iter().map(|(_, address)| *address).collect();
            let counted = self.counted_to(down).await?;
            let to = counted.iter().filter(|(address, _)| addresses.contains(address));
            elements.out.push((down, to.map(|(address, _)| elements::address(*address)).collect()));
        }
        Ok(())
    }
}

/// Bindings: an address that is given to its owner is taken from everybody else.
fn owner_elements(change: &GateChange, owners: &Owners, elements: &mut Elements) {
    let bind: BTreeMap<IpAddr, Mac> = change.bind.iter().map(|(mac, address)| (*address, *mac)).collect();
    let unbind: BTreeSet<(Mac, IpAddr)> =
        change.unbind.iter().filter(|(_, address)| !bind.contains_key(address)).copied().collect();
    for (bound, taken, of) in FAMILIES {
        let mut pairs = Vec::new();
        let mut addresses = Vec::new();
        for (address, macs) in owners.iter().filter(|(address, _)| of(address)) {
            let all = bind.contains_key(address);
            let goes: Vec<Mac> =
                macs.iter().filter(|mac| all || unbind.contains(&(**mac, *address))).copied().collect();
            // While an owner is left, the address stays taken.
            if !goes.is_empty() && goes.len() == macs.len() {
                addresses.push(elements::address(*address));
            }
            pairs.extend(goes.into_iter().map(|mac| elements::owned(mac, *address)));
        }
        elements.out.push((bound, pairs));
        elements.out.push((taken, addresses));
        let come = || bind.iter().filter(|(address, _)| of(address));
        elements.come.push((bound, come().map(|(address, mac)| elements::owned(*mac, *address)).collect()));
        elements.come.push((taken, come().map(|(address, _)| elements::address(*address)).collect()));
    }
}
