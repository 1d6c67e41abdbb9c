//! The gate in the kernel: rules by `nft`, elements, listings and flows by netlink.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use gate_core::{Accounted, Admission, GateChange, GateConfig, Interface, Mac, Observed, Ruleset, SetName};
use gate_core::{TABLE, mark_of};
use nlink::Connection;
use nlink::netlink::netfilter::ConntrackFilter;
use nlink::netlink::nftables::{Family, ObjectState, SetElement, Transaction};
use nlink::netlink::{Netfilter, Nftables};

use super::{Gate, GateError, elements, rules};

/// Elements in one netlink message; the kernel's attributes end at 64 KiB.
const PER_MESSAGE: usize = 500;
/// A grant that is this close to its end is left to the kernel.
const SHORTEST: Duration = Duration::from_millis(1);
/// Tries when an element ran out between the look and the change.
const TRIES: u32 = 3;

/// The gate of this network namespace.
pub struct KernelGate {
    bridge: Interface,
    nftables: Connection<Nftables>,
    conntrack: Connection<Netfilter>,
    rules_wanted: usize,
    /// The kernel's generation when the rules were last seen whole.
    whole_at: Option<u32>,
}

fn refused(what: &'static str) -> impl Fn(nlink::Error) -> GateError {
    move |source| GateError::Netlink { what, source }
}

impl KernelGate {
    /// A gate for the clients of `bridge`. Opens its sockets in the caller's network namespace.
    ///
    /// # Errors
    /// [`GateError::Netlink`] when netlink cannot be opened.
    pub fn new(bridge: Interface) -> Result<Self, GateError> {
        Ok(Self {
            bridge,
            nftables: Connection::<Nftables>::new().map_err(refused("a netlink socket"))?,
            conntrack: Connection::<Netfilter>::new().map_err(refused("a netlink socket"))?,
            rules_wanted: 0,
            whole_at: None,
        })
    }

    async fn list(&self, name: SetName) -> Result<Vec<SetElement>, GateError> {
        let listed = self.nftables.list_set_elements(TABLE, name.kernel_name(), Family::Inet).await;
        listed.map_err(refused("a list of a set's elements"))
    }

    /// Whether the table and all its rules are there. Rules are counted only after something changed them.
    async fn is_whole(&mut self) -> Result<bool, GateError> {
        let generation = self.nftables.generation().await.map_err(refused("the ruleset's generation"))?;
        if self.whole_at == Some(generation) {
            return Ok(true);
        }
        let tables = self.nftables.list_tables_in(Family::Inet).await.map_err(refused("a list of tables"))?;
        if !tables.iter().any(|table| table.name == TABLE) {
            return Ok(false);
        }
        let rules = self.nftables.list_rules(TABLE, Family::Inet).await.map_err(refused("a list of rules"))?;
        let whole = rules.len() == self.rules_wanted;
        if whole {
            self.whole_at = Some(generation);
        }
        Ok(whole)
    }

    async fn admitted(&self) -> Result<BTreeMap<Mac, Admission>, GateError> {
        let elements = self.list(SetName::Gate).await?;
        let read = elements.iter().filter_map(|element| elements::read_gate(&self.bridge, element));
        Ok(read.map(|(mac, number, remaining)| (mac, Admission { number, remaining })).collect())
    }

    async fn live(&self) -> Result<BTreeSet<u32>, GateError> {
        let elements = self.list(SetName::Live).await?;
        Ok(elements.iter().filter_map(|element| elements::number_of(element.key())).collect())
    }

    async fn owned(&self, name: SetName) -> Result<Vec<(Mac, IpAddr, Accounted)>, GateError> {
        let elements = self.list(name).await?;
        let read = elements.iter().filter_map(|element| {
            let (mac, address) = elements::read_owned(element)?;
            Some((mac, address, elements::accounted(element)))
        });
        Ok(read.collect())
    }

    /// One try at a change. What is replaced is deleted first: kernels before 6.12 keep an element's former timeout.
    async fn transact(&self, change: &GateChange) -> Result<(), nlink::Error> {
        let held = Held::read(self, change).await?;
        let mut transaction = self.nftables.transaction();
        transaction = held.delete(self, change, transaction);
        let fresh = |remaining: Duration| remaining >= SHORTEST;
        let admit = || change.admit.iter().filter(|(_, admission)| fresh(admission.remaining));
        let gate = admit()
            .map(|(mac, admission)| {
                elements::gate(&self.bridge, *mac, admission.number, admission.remaining)
            })
            .collect();
        let live = admit()
            .map(|(_, admission)| {
                elements::live_key(admission.number).with_timeout(admission.remaining)
            })
            .collect();
        transaction = add(transaction, SetName::Gate, gate);
        transaction = add(transaction, SetName::Live, live);
        for (bound, taken, of) in FAMILIES {
            let of_family = || change.bind.iter().filter(|(_, address)| of(address));
            let pairs = of_family().map(|(mac, address)| elements::owned(*mac, *address)).collect();
            let addresses = of_family().map(|(_, address)| elements::address(*address)).collect();
            transaction = add(transaction, bound, pairs);
            transaction = add(transaction, taken, addresses);
        }
        transaction.commit(&self.nftables).await
    }
}

type OfFamily = fn(&IpAddr) -> bool;
const FAMILIES: [(SetName, SetName, OfFamily); 2] = [
    (SetName::Bound4, SetName::Taken4, IpAddr::is_ipv4),
    (SetName::Bound6, SetName::Taken6, IpAddr::is_ipv6),
];

fn add(mut transaction: Transaction, name: SetName, elements: Vec<SetElement>) -> Transaction {
    let set = elements::set(name);
    for part in elements.chunks(PER_MESSAGE) {
        transaction = transaction.add_set_elements(&set, part);
    }
    transaction
}

fn delete(mut transaction: Transaction, name: SetName, elements: Vec<SetElement>) -> Transaction {
    let set = elements::set(name);
    for part in elements.chunks(PER_MESSAGE) {
        transaction = transaction.del_set_elements(&set, part);
    }
    transaction
}

/// What the sets a change touches hold right now, as far as its deletions need to know.
struct Held {
    admitted: BTreeMap<Mac, Admission>,
    live: BTreeSet<u32>,
    bound: BTreeMap<IpAddr, Mac>,
    up: BTreeSet<(Mac, IpAddr)>,
    down: BTreeSet<IpAddr>,
}

impl Held {
    async fn read(gate: &KernelGate, change: &GateChange) -> Result<Self, nlink::Error> {
        let plain = |error: GateError| match error {
            GateError::Netlink { source, .. } => source,
            GateError::Nft(_) | GateError::Ruleset(_) | GateError::Gone => {
                nlink::Error::from(std::io::Error::other("the gate cannot be read"))
            }
        };
        let mut held = Self {
            admitted: BTreeMap::new(),
            live: BTreeSet::new(),
            bound: BTreeMap::new(),
            up: BTreeSet::new(),
            down: BTreeSet::new(),
        };
        if !(change.admit.is_empty() && change.revoke.is_empty()) {
            held.admitted = gate.admitted().await.map_err(plain)?;
            held.live = gate.live().await.map_err(plain)?;
        }
        if !(change.bind.is_empty() && change.unbind.is_empty()) {
            for (bound, ..) in FAMILIES {
                let owned = gate.owned(bound).await.map_err(plain)?;
                held.bound.extend(owned.into_iter().map(|(mac, address, _)| (address, mac)));
            }
        }
        if !change.forget.is_empty() {
            for name in [SetName::Up4, SetName::Up6] {
                let owned = gate.owned(name).await.map_err(plain)?;
                held.up.extend(owned.into_iter().map(|(mac, address, _)| (mac, address)));
            }
            for name in [SetName::Down4, SetName::Down6] {
                let elements = gate.list(name).await.map_err(plain)?;
                held.down.extend(elements.iter().filter_map(|e| elements::read_address(e.key())));
            }
        }
        Ok(held)
    }

    fn delete(&self, gate: &KernelGate, change: &GateChange, mut transaction: Transaction) -> Transaction {
        let mut macs = BTreeSet::new();
        let mut numbers = BTreeSet::new();
        for (mac, number) in &change.revoke {
            if self.admitted.get(mac).is_some_and(|held| held.number == *number) {
                macs.insert(*mac);
            }
            numbers.insert(*number);
        }
        for (mac, admission) in &change.admit {
            macs.insert(*mac);
            numbers.insert(admission.number);
        }
        macs.retain(|mac| self.admitted.contains_key(mac));
        numbers.retain(|number| self.live.contains(number));
        let gate_keys = macs.iter().map(|mac| elements::gate_key(&gate.bridge, *mac)).collect();
        transaction = delete(transaction, SetName::Gate, gate_keys);
        transaction =
            delete(transaction, SetName::Live, numbers.iter().map(|n| elements::live_key(*n)).collect());
        // A binding is replaced as a whole: whoever held the address before, and the address itself.
        let rebound = change.unbind.iter().filter(|(mac, address)| self.bound.get(address) == Some(mac));
        let addresses: BTreeSet<IpAddr> =
            rebound.chain(&change.bind).map(|(_, address)| *address).collect();
        for (bound, taken, of) in FAMILIES {
            let held = || {
                addresses.iter().filter(|address| of(address)).filter_map(|address| {
                    self.bound.get(address).map(|mac| (*mac, *address))
                })
            };
            let pairs = held().map(|(mac, address)| elements::owned(mac, address)).collect();
            let plain = held().map(|(_, address)| elements::address(address)).collect();
            transaction = delete(transaction, bound, pairs);
            transaction = delete(transaction, taken, plain);
        }
        let forget = |of: OfFamily| change.forget.iter().filter(move |(_, address)| of(address));
        for (up, down, of) in [
            (SetName::Up4, SetName::Down4, IpAddr::is_ipv4 as OfFamily),
            (SetName::Up6, SetName::Down6, IpAddr::is_ipv6 as OfFamily),
        ] {
            let from = forget(of).filter(|entry| self.up.contains(*entry));
            transaction =
                delete(transaction, up, from.map(|(mac, address)| elements::owned(*mac, *address)).collect());
            let to = forget(of).filter(|(_, address)| self.down.contains(address));
            transaction =
                delete(transaction, down, to.map(|(_, address)| elements::address(*address)).collect());
        }
        transaction
    }
}

impl Gate for KernelGate {
    async fn apply(&mut self, config: &GateConfig) -> Result<(), GateError> {
        let ruleset = Ruleset::of(config);
        rules::load(&ruleset.to_nft()).await?;
        self.bridge = config.bridge().clone();
        self.rules_wanted = ruleset.chains.iter().map(|chain| chain.rules.len()).sum();
        self.whole_at = None;
        Ok(())
    }

    async fn change(&mut self, change: &GateChange) -> Result<(), GateError> {
        let mut tried = 0;
        loop {
            match self.transact(change).await {
                Ok(()) => break,
                Err(error) if error.is_not_found() && tried < TRIES => tried += 1,
                Err(error) if error.is_not_found() => return Err(GateError::Gone),
                Err(source) => return Err(GateError::Netlink { what: "a change of the gate", source }),
            }
        }
        for (_, number) in &change.revoke {
            let flows = ConntrackFilter::new().mark(mark_of(*number), u32::MAX);
            let cut = self.conntrack.flush_conntrack_matching(&flows).await;
            cut.map_err(refused("to forget a cut device's flows"))?;
        }
        Ok(())
    }

    async fn observe(&mut self) -> Result<Observed, GateError> {
        if !self.is_whole().await? {
            return Ok(Observed::default());
        }
        let mut observed = Observed {
            table_present: true,
            admitted: self.admitted().await?,
            live: self.live().await?,
            ..Observed::default()
        };
        for name in [SetName::Up4, SetName::Up6] {
            let owned = self.owned(name).await?;
            observed.up.extend(owned.into_iter().map(|(mac, address, count)| ((mac, address), count)));
        }
        for name in [SetName::Down4, SetName::Down6] {
            let elements = self.list(name).await?;
            let read = elements
                .iter()
                .filter_map(|e| Some((elements::read_address(e.key())?, elements::accounted(e))));
            observed.down.extend(read);
        }
        for (name, ..) in FAMILIES {
            let owned = self.owned(name).await?;
            observed.bound.extend(owned.into_iter().map(|(mac, address, _)| (address, mac)));
        }
        let objects = self.nftables.list_objects_in(TABLE, Family::Inet).await;
        for object in objects.map_err(refused("the refusal counters"))? {
            if let ObjectState::Counter { packets, .. } = object.state {
                observed.counters.insert(object.name, packets);
            }
        }
        Ok(observed)
    }
}
