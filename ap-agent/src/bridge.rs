//! The clients' bridge: the gateway's MAC and addresses, the same on every access point, the kernel's switches, and its
//! neighbours.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;

use gate_core::{Interface, Mac};
use nlink::netlink::addr::{Ipv4Address, Ipv6Address};
use nlink::netlink::{Connection, Route};

mod neighbours;

pub use neighbours::Neighbours;

/// Neighbours the kernel keeps before it looks for some to forget, and at most; three addresses for each of 5,000 phones.
const NEIGHBOURS: (u32, u32) = (8192, 20_480);
/// Flows the kernel shall have room for: guests may have 1,024 each, strangers leave some with every question.
const FLOWS: u32 = 131_072;
const FLOWS_MAX: &str = "net/netfilter/nf_conntrack_max";

/// Why the bridge could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// There is no such interface yet.
    #[error(
        "there is no bridge {0}; create it (its unit runs after `ap-agent guard`) and it is taken up by itself"
    )]
    Missing(Interface),
    /// The kernel refused.
    #[error("the bridge {bridge} cannot be set up; the agent needs CAP_NET_ADMIN")]
    Netlink {
        /// The bridge.
        bridge: Interface,
        /// What the kernel said.
        #[source]
        source: nlink::Error,
    },
    /// A kernel switch cannot be set.
    #[error("the kernel switch {name} cannot be set; is /proc/sys writable for the agent?")]
    Switch {
        /// Its path below /proc/sys.
        name: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What the bridge shall be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bridge {
    /// Its name.
    pub name: Interface,
    /// MAC of the gateway.
    pub mac: Mac,
    /// Gateway address and prefix length.
    pub gateway4: (Ipv4Addr, u8),
    /// Gateway address in the unique-local /64.
    pub gateway6: Option<Ipv6Addr>,
}

impl Bridge {
    /// Makes the bridge so; what is right already is left alone.
    ///
    /// # Errors
    /// [`BridgeError`] names what is missing.
    pub async fn prepare(&self) -> Result<(), BridgeError> {
        let refused = |source| BridgeError::Netlink { bridge: self.name.clone(), source };
        let routes = Connection::<Route>::new().map_err(refused)?;
        let name = self.name.as_str();
        let link = routes.get_link_by_name(name).await.map_err(refused)?;
        let Some(link) = link else { return Err(BridgeError::Missing(self.name.clone())) };
        self.switches()?;
        if link.address() != Some(&self.mac.0[..]) {
            // Down and up again, so that the link-local address is made from the new MAC.
            routes.set_link_down(name).await.map_err(refused)?;
            routes.set_link_address(name, self.mac.0).await.map_err(refused)?;
        }
        routes.set_link_up(name).await.map_err(refused)?;
        let (address, length) = self.gateway4;
        routes.replace_address(Ipv4Address::new(name, address, length)).await.map_err(refused)?;
        if let Some(address) = self.gateway6 {
            // Every access point has this address; asking whether it is free would find them all.
            routes.replace_address(Ipv6Address::new(name, address, 64).nodad()).await.map_err(refused)?;
        }
        Ok(())
    }

    fn switches(&self) -> Result<(), BridgeError> {
        let name = &self.name;
        set("net/ipv4/ip_forward", "1")?;
        set("net/ipv6/conf/all/forwarding", "1")?;
        set("net/netfilter/nf_conntrack_acct", "1")?;
        // Redirects are sent where either this or the bridge's own switch says so.
        set("net/ipv4/conf/all/send_redirects", "0")?;
        for (switch, value) in [
            // Addresses are the same on every access point, so none is asked for and none is announced elsewhere.
            (format!("net/ipv6/conf/{name}/accept_dad"), "0"),
            (format!("net/ipv6/conf/{name}/accept_ra"), "0"),
            (format!("net/ipv4/conf/{name}/send_redirects"), "0"),
            (format!("net/ipv4/conf/{name}/accept_redirects"), "0"),
            // What is of this host's other interfaces is nobody's business here.
            (format!("net/ipv4/conf/{name}/arp_ignore"), "1"),
            (format!("net/ipv4/conf/{name}/rp_filter"), "1"),
        ] {
            set(&switch, value)?;
        }
        // Where the reverse path is checked, it is checked with the packet's mark: without it the guard has no way back
        // for a guest's packet, and the check drops it.
        set("net/ipv4/conf/all/src_valid_mark", "1")?;
        // These are of the whole machine; a container has no say in them.
        let (some, most) = NEIGHBOURS;
        for family in ["ipv4", "ipv6"] {
            for (switch, least) in [("gc_thresh3", most), ("gc_thresh2", some)] {
                let switch = format!("net/{family}/neigh/default/{switch}");
                if Path::new("/proc/sys").join(&switch).exists() {
                    raise(&switch, least)?;
                }
            }
        }
        // A namespace may read this one and not write it.
        if let Err(error) = raise(FLOWS_MAX, FLOWS) {
            tracing::debug!(%error, "the kernel's flow table stays as large as it is");
        }
        // Bridged frames are kept apart by isolated ports; where this module is loaded they would meet our chains twice.
        for switch in ["net/bridge/bridge-nf-call-iptables", "net/bridge/bridge-nf-call-ip6tables"] {
            if Path::new("/proc/sys").join(switch).exists() {
                set(switch, "0")?;
            }
        }
        Ok(())
    }
}

/// A sentence when the kernel has hardly room for more flows: then nobody new reaches anything.
#[must_use]
pub fn flow_table_problem() -> Option<String> {
    let number = |switch| read(switch).ok()?.parse::<u64>().ok();
    let (held, most) = (number("net/netfilter/nf_conntrack_count")?, number(FLOWS_MAX)?);
    (held.saturating_mul(10) >= most.saturating_mul(9)).then(|| {
        format!("the kernel follows {held} of at most {most} flows; raise net.netfilter.nf_conntrack_max")
    })
}

fn set(switch: &str, value: &str) -> Result<(), BridgeError> {
    if read(switch)? == value { Ok(()) } else { write(switch, value) }
}

/// Sets a switch that is lower than `least`.
fn raise(switch: &str, least: u32) -> Result<(), BridgeError> {
    let enough = read(switch)?.parse::<u32>().is_ok_and(|held| held >= least);
    if enough { Ok(()) } else { write(switch, &least.to_string()) }
}

fn read(switch: &str) -> Result<String, BridgeError> {
    let text = std::fs::read_to_string(Path::new("/proc/sys").join(switch));
    text.map(|text| text.trim().to_owned()).map_err(|source| failed(switch, source))
}

fn write(switch: &str, value: &str) -> Result<(), BridgeError> {
    std::fs::write(Path::new("/proc/sys").join(switch), value).map_err(|source| failed(switch, source))
}

fn failed(switch: &str, source: io::Error) -> BridgeError {
    BridgeError::Switch { name: switch.to_owned(), source }
}
