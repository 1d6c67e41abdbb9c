//! What shall be in the sets, what is in them, and the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use crate::{Mac, Wanted};

/// Addresses one device keeps; a phone uses four or five.
pub const ADDRESSES_PER_DEVICE: usize = 16;

/// The latest end the kernel is given: it refuses a transaction with a later one whole, and keeps everybody waiting. A
/// grant without end is written again when half of this is over.
pub const LONGEST: Duration = Duration::from_secs(400 * 86_400);

/// A live grant in the gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admission {
    /// The grant's number, from which its mark is made.
    pub number: u32,
    /// How long it still lasts; becomes the kernel's timeout.
    pub remaining: Duration,
}

/// Packets and bytes of one address of one device, as the kernel counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accounted {
    /// Packets.
    pub packets: u64,
    /// Bytes, IP header included.
    pub bytes: u64,
}

/// Changes of the sets that become one transaction of the kernel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GateChange {
    /// Devices let in, or let in under other terms.
    pub admit: Vec<(Mac, Admission)>,
    /// Devices put out, with the number whose mark dies with them.
    pub revoke: Vec<(Mac, u32)>,
    /// Addresses whose owner is known for sure (a lease).
    pub bind: Vec<(Mac, IpAddr)>,
    /// Bindings that are over.
    pub unbind: Vec<(Mac, IpAddr)>,
    /// Accounting entries that have been read for the last time.
    pub forget: Vec<(Mac, IpAddr)>,
}

impl GateChange {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What the kernel holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Whether the table and its rules are there.
    pub table_present: bool,
    /// Who is in the gate.
    pub admitted: BTreeMap<Mac, Admission>,
    /// Marks that are live in the other direction.
    pub live: BTreeSet<u32>,
    /// Counted from a device, by its address.
    pub up: BTreeMap<(Mac, IpAddr), Accounted>,
    /// Counted to an address.
    pub down: BTreeMap<IpAddr, Accounted>,
    /// Who owns which address.
    pub bound: BTreeMap<IpAddr, Mac>,
    /// Refusals by name.
    pub counters: BTreeMap<String, u64>,
}

/// What has to change so that exactly the wanted devices are in the gate. An end that differs by less than `slack` is
/// left alone, so that reading clocks does not rewrite the kernel's sets.
#[must_use]
pub fn changes_to(wanted: &Wanted, observed: &Observed, slack: Duration) -> GateChange {
    let mut change = GateChange::default();
    for (mac, admission) in &wanted.admitted {
        let fine = observed.admitted.get(mac).is_some_and(|held| {
            held.number == admission.number
                && (held.remaining.abs_diff(admission.remaining) <= slack
                    || admission.remaining >= LONGEST && held.remaining >= LONGEST / 2)
                && observed.live.contains(&admission.number)
        });
        if !fine {
            change.admit.push((*mac, *admission));
        }
        // Another grant of the same device takes its place: the former mark has to die with it.
        if let Some(held) = observed.admitted.get(mac)
            && held.number != admission.number
        {
            change.revoke.push((*mac, held.number));
        }
    }
    for (mac, held) in &observed.admitted {
        if !wanted.admitted.contains_key(mac) {
            change.revoke.push((*mac, held.number));
        }
    }
    change
}

/// Bindings that go back because their device has more than [`ADDRESSES_PER_DEVICE`]: those that never carried anything
/// first, and never one that is `kept` (a lease). A binding that was still wanted comes back with the next packet.
#[must_use]
pub fn surplus(observed: &Observed, kept: impl Fn(Mac, IpAddr) -> bool) -> Vec<(Mac, IpAddr)> {
    let mut of_device: BTreeMap<Mac, Vec<IpAddr>> = BTreeMap::new();
    for (address, mac) in &observed.bound {
        of_device.entry(*mac).or_default().push(*address);
    }
    let mut back = Vec::new();
    for (mac, mut addresses) in of_device {
        let excess = addresses.len().saturating_sub(ADDRESSES_PER_DEVICE);
        addresses.retain(|address| !kept(mac, *address));
        addresses.sort_by_key(|address| observed.up.get(&(mac, *address)).map_or(0, |count| count.packets));
        back.extend(addresses.into_iter().take(excess).map(|address| (mac, address)));
    }
    back
}
