//! What a gate is made of: interfaces, ports, prefixes; checked, so that every value gives a ruleset the kernel takes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{Admission, Interface, Mac, Prefix4, Prefix6};

/// Why a configuration gives no gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The clients' bridge and the uplink are the same interface.
    #[error("bridge and uplink are both {0}; the clients need a bridge of their own")]
    SameInterface(Interface),
    /// Responder, relay and DNS would meet on one port.
    #[error("responder and relay need two different ports above 1023, not {0} and {1}")]
    Ports(u16, u16),
    /// The clients' IPv4 prefix has no room, or more addresses than the gate keeps track of.
    #[error("the clients' prefix {0} has an impossible size; 16 to 30 bits are possible")]
    Size(String),
    /// A gateway lies outside its own prefix's usable part.
    #[error("the gateway {0} is the first address of its prefix; give it a host part")]
    Gateway(String),
}

/// All that the rules depend on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateConfig {
    bridge: Interface,
    uplink: Interface,
    responder_port: u16,
    relay_port: u16,
    /// The clients' IPv4 prefix.
    pub clients4: Prefix4,
    /// The access point's address in it.
    pub gateway4: Ipv4Addr,
    /// The clients' unique-local prefix and the access point's address in it; `None` for IPv4 only.
    pub clients6: Option<(Prefix6, Ipv6Addr)>,
    /// Addresses of the portal's name, IPv4.
    pub portal4: BTreeSet<Ipv4Addr>,
    /// Addresses of the portal's name, IPv6.
    pub portal6: BTreeSet<Ipv6Addr>,
    /// What no client reaches beside the ranges built in, IPv4.
    pub protected4: BTreeSet<Prefix4>,
    /// What no client reaches beside the ranges built in, IPv6.
    pub protected6: BTreeSet<Prefix6>,
}

impl GateConfig {
    /// A gate between `bridge` and `uplink` with nothing special in it.
    ///
    /// # Errors
    /// [`ConfigError`] names what contradicts itself.
    pub fn new(
        (bridge, uplink): (Interface, Interface),
        (responder_port, relay_port): (u16, u16),
        (gateway4, length4): (Ipv4Addr, u8),
        gateway6: Option<Ipv6Addr>,
    ) -> Result<Self, ConfigError> {
        if bridge == uplink {
            return Err(ConfigError::SameInterface(bridge));
        }
        if responder_port == relay_port || responder_port < 1024 || relay_port < 1024 {
            return Err(ConfigError::Ports(responder_port, relay_port));
        }
        let shown = || ConfigError::Gateway(format!("{gateway4}/{length4}"));
        let clients4 = Prefix4::of(gateway4, length4).map_err(|_| shown())?;
        if !(16..=30).contains(&length4) {
            return Err(ConfigError::Size(clients4.to_string()));
        }
        if clients4.network() == gateway4 {
            return Err(shown());
        }
        let clients6 = match gateway6 {
            None => None,
            Some(gateway) => {
                let shown = || ConfigError::Gateway(format!("{gateway}/64"));
                let prefix = Prefix6::of(gateway, 64).map_err(|_| shown())?;
                if prefix.network() == gateway {
                    return Err(shown());
                }
                Some((prefix, gateway))
            }
        };
        Ok(Self {
            bridge,
            uplink,
            responder_port,
            relay_port,
            clients4,
            gateway4,
            clients6,
            portal4: BTreeSet::new(),
            portal6: BTreeSet::new(),
            protected4: BTreeSet::new(),
            protected6: BTreeSet::new(),
        })
    }

    /// The clients' bridge.
    #[must_use]
    pub fn bridge(&self) -> &Interface {
        &self.bridge
    }

    /// The way to the internet.
    #[must_use]
    pub fn uplink(&self) -> &Interface {
        &self.uplink
    }

    /// Local port of the responder.
    #[must_use]
    pub fn responder_port(&self) -> u16 {
        self.responder_port
    }

    /// Local port of the relay.
    #[must_use]
    pub fn relay_port(&self) -> u16 {
        self.relay_port
    }
}

/// What shall be in the gate: one admission per device, and whose an address is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Live grants by device.
    pub admitted: BTreeMap<Mac, Admission>,
}
