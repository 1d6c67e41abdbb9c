//! The sets that hold state. A definition keeps its name for ever: who defines a set otherwise gives it another name, so
//! that a new build takes over the table of the one before (`tests/released.txt` remembers them all).

use std::fmt::Write as _;

/// A set or map of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SetName {
    /// Map of (bridge, MAC) to the mark of its grant, each with the grant's end as timeout.
    Gate,
    /// Marks of live grants, with the same ends: the other direction.
    Live,
    /// Bytes and packets from (MAC, IPv4 address).
    Up4,
    /// Bytes and packets from (MAC, IPv6 address).
    Up6,
    /// Bytes and packets to a client's IPv4 address.
    Down4,
    /// Bytes and packets to a client's IPv6 address.
    Down6,
    /// (MAC, IPv4 address) pairs that belong together.
    Bound4,
    /// (MAC, IPv6 address) pairs that belong together.
    Bound6,
    /// IPv4 addresses that belong to somebody.
    Taken4,
    /// IPv6 addresses that belong to somebody.
    Taken6,
    /// How fast a MAC may take new addresses.
    Pace,
    /// How fast a MAC is told that something is refused.
    Refusals,
    /// How fast a MAC may ask the resolver.
    Queries,
    /// How fast a MAC may send what every host sends: DHCP, neighbour discovery, echo requests.
    Signals,
    /// Flows of a granted MAC.
    Flows,
    /// TCP connections of a MAC to the resolver.
    Resolver,
    /// Connections of a MAC to the responder.
    Responder,
    /// Connections of a MAC to the relay.
    Relay,
}

/// One set as it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetDecl {
    /// Which one.
    pub name: SetName,
    /// Its name in the kernel.
    pub kernel_name: &'static str,
    kind: &'static str,
    spec: &'static str,
}

/// Named counters, each for one way of being refused.
pub const COUNTERS: [&str; 9] = [
    "address_limit",
    "connection_limit",
    "foreign_prefix",
    "foreign_source",
    "input_refused",
    "isolated",
    "no_flow",
    "not_granted",
    "protected",
];

/// Most elements of a set: a stranger can fill it no further.
const SIZE: u32 = 65_536;
/// The sets of IPv4 owners hold every address there is, and the changes of one transaction beside them: the kernel makes
/// room for what is deleted only after it took in what is added.
const SIZE_OWNERS4: u32 = SIZE + 4096;

const DECLS: [SetDecl; 18] = [
    decl(SetName::Gate, "gate", "map", "type ifname . ether_addr : mark; flags timeout;"),
    decl(SetName::Live, "live", "set", "type mark; flags timeout;"),
    decl(SetName::Up4, "up4", "set", "type ether_addr . ipv4_addr; flags dynamic; counter;"),
    decl(SetName::Up6, "up6", "set", "type ether_addr . ipv6_addr; flags dynamic; counter;"),
    decl(SetName::Down4, "down4", "set", "type ipv4_addr; flags dynamic; counter;"),
    decl(SetName::Down6, "down6", "set", "type ipv6_addr; flags dynamic; counter;"),
    decl(SetName::Bound4, "bound4", "set", "type ether_addr . ipv4_addr; flags dynamic,timeout; timeout 1d;"),
    decl(SetName::Bound6, "bound6", "set", "type ether_addr . ipv6_addr; flags dynamic,timeout; timeout 1d;"),
    decl(SetName::Taken4, "taken4", "set", "type ipv4_addr; flags dynamic,timeout; timeout 1d;"),
    decl(SetName::Taken6, "taken6", "set", "type ipv6_addr; flags dynamic,timeout; timeout 1d;"),
    decl(SetName::Pace, "pace", "set", "type ether_addr; flags dynamic,timeout; timeout 5m;"),
    decl(SetName::Refusals, "refusals", "set", "type ether_addr; flags dynamic,timeout; timeout 1m;"),
    decl(SetName::Queries, "queries", "set", "type ether_addr; flags dynamic,timeout; timeout 1m;"),
    decl(SetName::Signals, "signals", "set", "type ether_addr; flags dynamic,timeout; timeout 1m;"),
    decl(SetName::Flows, "flows", "set", "type ether_addr; flags dynamic;"),
    decl(SetName::Resolver, "to_resolver", "set", "type ether_addr; flags dynamic;"),
    decl(SetName::Responder, "to_responder", "set", "type ether_addr; flags dynamic;"),
    decl(SetName::Relay, "to_relay", "set", "type ether_addr; flags dynamic;"),
];

const fn decl(name: SetName, kernel_name: &'static str, kind: &'static str, spec: &'static str) -> SetDecl {
    SetDecl { name, kernel_name, kind, spec }
}

impl SetDecl {
    /// All sets, in the order they are declared.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &DECLS
    }

    /// Its whole definition in nft's words.
    #[must_use]
    pub fn definition(&self) -> String {
        let size = match self.name {
            SetName::Bound4 | SetName::Taken4 => SIZE_OWNERS4,
            SetName::Gate
            | SetName::Live
            | SetName::Up4
            | SetName::Up6
            | SetName::Down4
            | SetName::Down6
            | SetName::Bound6
            | SetName::Taken6
            | SetName::Pace
            | SetName::Refusals
            | SetName::Queries
            | SetName::Signals
            | SetName::Flows
            | SetName::Resolver
            | SetName::Responder
            | SetName::Relay => SIZE,
        };
        format!("{{ {} size {size}; }}", self.spec)
    }

    pub(crate) fn write(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "add {} inet {} {} {}",
            self.kind,
            crate::TABLE,
            self.kernel_name,
            self.definition()
        );
    }
}

impl SetName {
    /// Its name in the kernel.
    #[must_use]
    pub fn kernel_name(self) -> &'static str {
        DECLS.iter().find(|decl| decl.name == self).map_or("gate", |decl| decl.kernel_name)
    }
}
