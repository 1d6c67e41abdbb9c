//! The bridge's neighbours, pinned: who owns an address by lease or by the gate's binding has its MAC in the kernel, and
//! a phone that claims the address by ARP or neighbour discovery changes nothing.
//!
//! The source guard keeps a liar from sending under another's address; this keeps it from receiving.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use gate_core::{Interface, Mac};
use nlink::netlink::neigh::Neighbor;
use nlink::netlink::{Connection, Route};

use super::BridgeError;

/// Entries pinned at most; IPv4 comes first. A stranger who uses many addresses fills no more of the kernel.
const MOST: usize = 20_000;
/// Without a change the kernel's table is compared this often.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// The pinned neighbours of a bridge.
pub struct Neighbours {
    bridge: Interface,
    kept: Option<(BTreeMap<IpAddr, Mac>, Instant)>,
}

impl Neighbours {
    /// Those of `bridge`.
    #[must_use]
    pub fn of(bridge: Interface) -> Self {
        Self { bridge, kept: None }
    }

    /// Pins `owners` and unpins everybody else; tells how many entries changed.
    ///
    /// # Errors
    /// [`BridgeError`] when the bridge is missing or the kernel refuses.
    pub async fn pin(&mut self, owners: &BTreeMap<IpAddr, Mac>) -> Result<usize, BridgeError> {
        let wanted: BTreeMap<IpAddr, Mac> =
            owners.iter().take(MOST).map(|(address, mac)| (*address, *mac)).collect();
        if self.kept.as_ref().is_some_and(|(kept, at)| *kept == wanted && at.elapsed() < LOOK_AGAIN) {
            return Ok(0);
        }
        // Until it is done, nothing is sure.
        self.kept = None;
        let bridge = &self.bridge;
        let refused = |source| BridgeError::Netlink { bridge: bridge.clone(), source };
        let routes = Connection::<Route>::new().map_err(refused)?;
        let link = routes.get_link_by_name(bridge.as_str()).await.map_err(refused)?;
        let Some(link) = link else { return Err(BridgeError::Missing(bridge.clone())) };
        let index = link.ifindex();
        let mut pinned = BTreeMap::new();
        for neighbour in routes.get_neighbors_by_index(index).await.map_err(refused)? {
            let mac = neighbour.lladdr().and_then(|raw| raw.first_chunk::<6>()).map(|raw| Mac(*raw));
            if let (true, Some(address)) = (neighbour.is_permanent(), neighbour.destination()) {
                pinned.insert(*address, mac);
            }
        }
        let mut changed = 0;
        for (address, mac) in
            wanted.iter().filter(|(address, mac)| pinned.get(*address) != Some(&Some(**mac)))
        {
            let entry = Neighbor::with_index(index, *address).lladdr(mac.0).permanent();
            routes.replace_neighbor(entry).await.map_err(refused)?;
            changed += 1;
        }
        for address in pinned.keys().filter(|address| !wanted.contains_key(*address)) {
            let entry = Neighbor::with_index(index, *address);
            routes.del_neighbor_if_exists(entry).await.map_err(refused)?;
            changed += 1;
        }
        self.kept = Some((wanted, Instant::now()));
        Ok(changed)
    }
}
