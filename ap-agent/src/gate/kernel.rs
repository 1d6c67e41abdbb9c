//! The gate in the kernel: rules by `nft`, elements, listings and flows by netlink.

use std::collections::BTreeSet;
use std::net::IpAddr;

use gate_core::{
    Accounted, Admission, GateChange, GateConfig, Interface, Mac, Observed, Ruleset, SetName, Standing, TABLE,
};
use nix::sys::socket::{setsockopt, sockopt};
use nlink::Connection;
use nlink::netlink::nftables::{Family, ObjectState, SetElement};
use nlink::netlink::{Netfilter, Nftables};

use super::{Gate, GateError, elements, rules};

mod change;
mod flows;

use change::{FAMILIES, Owners, Present};

/// Tries when what is in the sets moved between the look and the change.
const TRIES: u32 = 4;

/// Room for one transaction, in bytes: the kernel takes it in one piece, and 65,000 grants need 13 MB.
const ROOM: usize = 32 << 20;

/// The gate of this network namespace.
pub struct KernelGate {
    bridge: Interface,
    nftables: Connection<Nftables>,
    conntrack: Connection<Netfilter>,
    /// Handles of the rules laid by [`Gate::apply`]: whoever touches a rule of the table changes them.
    rules: Vec<u64>,
    /// The kernel's generation when the rules were last seen whole.
    whole_at: Option<u32>,
    /// Who is in the gate as last read or written, so that a login needs no listing. Only this agent writes these two
    /// sets; what runs out in the kernel meanwhile refuses the transaction, and then they are read again.
    present: Option<Present>,
    /// Whether flows may be left of grants that ended before this agent saw them.
    strays: bool,
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
        let nftables = Connection::<Nftables>::new().map_err(refused("a netlink socket"))?;
        setsockopt(nftables.socket(), sockopt::SndBufForce, &ROOM)
            .map_err(|errno| refused("room for large transactions")(std::io::Error::from(errno).into()))?;
        Ok(Self {
            bridge,
            nftables,
            conntrack: Connection::<Netfilter>::new().map_err(refused("a netlink socket"))?,
            rules: Vec::new(),
            whole_at: None,
            present: None,
            strays: true,
        })
    }

    async fn list(&self, name: SetName) -> Result<Vec<SetElement>, nlink::Error> {
        self.nftables.list_set_elements(TABLE, name.kernel_name(), Family::Inet).await
    }

    async fn has_table(&self) -> Result<bool, nlink::Error> {
        let tables = self.nftables.list_tables_in(Family::Inet).await?;
        Ok(tables.iter().any(|table| table.name == TABLE))
    }

    async fn rule_handles(&self) -> Result<Vec<u64>, nlink::Error> {
        let rules = self.nftables.list_rules(TABLE, Family::Inet).await?;
        Ok(rules.iter().map(|rule| rule.handle).collect())
    }

    /// Whether the table and all its rules are there, as they were laid. Looked at only after something changed.
    async fn is_whole(&mut self) -> Result<bool, nlink::Error> {
        let generation = self.nftables.generation().await?;
        if self.whole_at == Some(generation) {
            return Ok(true);
        }
        if self.rules.is_empty() || !self.has_table().await? || self.rule_handles().await? != self.rules {
            return Ok(false);
        }
        self.whole_at = Some(generation);
        Ok(true)
    }

    /// What stands in the table, so that nothing of a former build stays in it.
    async fn standing(&self) -> Result<Standing, nlink::Error> {
        if !self.has_table().await? {
            return Ok(Standing::default());
        }
        let chains = self.nftables.list_chains_in(TABLE, Family::Inet).await?;
        let sets = self.nftables.list_sets_in(TABLE, Family::Inet).await?;
        Ok(Standing {
            chains: chains.into_iter().map(|chain| chain.name).collect(),
            sets: sets.into_iter().map(|set| set.name).collect(),
        })
    }

    async fn admitted(&self) -> Result<Vec<(Mac, Admission)>, nlink::Error> {
        let elements = self.list(SetName::Gate).await?;
        let read = elements.iter().filter_map(|element| elements::read_gate(&self.bridge, element));
        Ok(read.map(|(mac, number, remaining)| (mac, Admission { number, remaining })).collect())
    }

    async fn live(&self) -> Result<BTreeSet<u32>, nlink::Error> {
        let elements = self.list(SetName::Live).await?;
        Ok(elements.iter().filter_map(|element| elements::number_of(element.key())).collect())
    }

    async fn owned(&self, name: SetName) -> Result<Vec<(Mac, IpAddr, Accounted)>, nlink::Error> {
        let elements = self.list(name).await?;
        let read = elements.iter().filter_map(|element| {
            let (mac, address) = elements::read_owned(element)?;
            Some((mac, address, elements::accounted(element)))
        });
        Ok(read.collect())
    }

    async fn counted_to(&self, name: SetName) -> Result<Vec<(IpAddr, Accounted)>, nlink::Error> {
        let elements = self.list(name).await?;
        let read =
            elements.iter().filter_map(|e| Some((elements::read_address(e.key())?, elements::accounted(e))));
        Ok(read.collect())
    }

    async fn owners(&self) -> Result<Owners, nlink::Error> {
        let mut owners = Owners::default();
        for (bound, ..) in FAMILIES {
            for (mac, address, _) in self.owned(bound).await? {
                owners.entry(address).or_default().insert(mac);
            }
        }
        Ok(owners)
    }

    /// Everything of the gate but whether its rules are whole.
    async fn read(&self) -> Result<Observed, nlink::Error> {
        let mut observed = Observed {
            table_present: true,
            admitted: self.admitted().await?.into_iter().collect(),
            live: self.live().await?,
            ..Observed::default()
        };
        for name in [SetName::Up4, SetName::Up6] {
            let owned = self.owned(name).await?;
            observed.up.extend(owned.into_iter().map(|(mac, address, count)| ((mac, address), count)));
        }
        for name in [SetName::Down4, SetName::Down6] {
            observed.down.extend(self.counted_to(name).await?);
        }
        for (name, ..) in FAMILIES {
            let owned = self.owned(name).await?;
            observed.bound.extend(owned.into_iter().map(|(mac, address, _)| (address, mac)));
        }
        for object in self.nftables.list_objects_in(TABLE, Family::Inet).await? {
            if let ObjectState::Counter { packets, .. } = object.state {
                observed.counters.insert(object.name, packets);
            }
        }
        Ok(observed)
    }

    /// One change of the sets. When the sets moved meanwhile, they are read again and the change is made anew.
    async fn write(&mut self, change: &GateChange) -> Result<(), GateError> {
        let mut tried = 0;
        loop {
            tried += 1;
            match self.transact(change).await {
                Ok(true) => return Ok(()),
                // Somebody used an address while it was given to its owner.
                Ok(false) if tried < TRIES => {}
                Ok(false) => return Err(GateError::Unsettled),
                Err(error) => {
                    self.present = None;
                    let moved = error.is_not_found() || error.is_already_exists() || error.is_busy();
                    if moved && tried < TRIES {
                        continue;
                    }
                    let gone = error.is_not_found() && !self.has_table().await.unwrap_or(true);
                    let failed = refused("a change of the gate");
                    return Err(if gone { GateError::Gone } else { failed(error) });
                }
            }
        }
    }
}

impl Gate for KernelGate {
    async fn apply(&mut self, config: &GateConfig) -> Result<(), GateError> {
        let ruleset = Ruleset::of(config);
        let standing = self.standing().await.map_err(refused("a list of the table's chains"))?;
        rules::load(&ruleset.to_nft_over(&standing)).await?;
        self.bridge = config.bridge().clone();
        self.rules = self.rule_handles().await.map_err(refused("a list of the table's rules"))?;
        self.whole_at = None;
        Ok(())
    }

    async fn change(&mut self, change: &GateChange) -> Result<(), GateError> {
        if change.is_empty() {
            return Ok(());
        }
        self.write(change).await?;
        // A number that was revoked and admitted in one change is live again, and its flows go on.
        let admitted: BTreeSet<u32> = change.admit.iter().map(|(_, admission)| admission.number).collect();
        let dead =
            change.revoke.iter().map(|(_, number)| *number).filter(|number| !admitted.contains(number));
        self.cut(&dead.collect()).await.map_err(refused("to forget a cut device's flows"))
    }

    async fn observe(&mut self) -> Result<Observed, GateError> {
        if !self.is_whole().await.map_err(refused("a look at the ruleset"))? {
            self.present = None;
            self.strays = true;
            return Ok(Observed::default());
        }
        let observed = self.read().await.map_err(refused("a list of a set's elements"))?;
        let now = Present::of(&observed);
        // What ran out in the kernel is over: its flows need no entry any more, and its number may come again.
        let over: BTreeSet<u32> =
            self.present.replace(now).map_or_else(BTreeSet::new, |former| &former.live - &observed.live);
        let cut = if self.strays { self.cut_all_but(&observed.live).await } else { self.cut(&over).await };
        cut.map_err(refused("to forget the flows of a grant that ended"))?;
        self.strays = false;
        Ok(observed)
    }
}
