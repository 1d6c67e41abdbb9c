//! Who waits at the access points' door with a key that is not proven yet: bounded, and nobody can fill it for others.
//!
//! When there is no place left, the longest waiting of the network that holds most places goes: a flood pushes out
//! itself. An access point alone in its network goes only when more networks come than there are places.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

/// The places. Clones share them.
#[derive(Clone)]
pub struct Doorstep {
    most: usize,
    most_per_network: usize,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    taken: u64,
    count: usize,
    /// By network and order of arrival.
    networks: HashMap<IpAddr, BTreeMap<u64, CancellationToken>>,
}

impl Doorstep {
    /// At most `most` places, and `most_per_network` of them for one network.
    pub fn new(most: usize, most_per_network: usize) -> Self {
        Self { most, most_per_network, waiting: Arc::default() }
    }

    /// Takes a place for a connection from `peer`; somebody else may have to go for it.
    pub fn enter(&self, peer: IpAddr) -> Guest {
        let network = network_of(peer);
        let mut waiting = self.lock();
        let held = |guests: &BTreeMap<u64, CancellationToken>| guests.len();
        if waiting.networks.get(&network).is_some_and(|guests| held(guests) >= self.most_per_network) {
            waiting.send_off(network);
        } else if waiting.count >= self.most {
            let fullest = waiting.networks.iter().max_by_key(|(_, guests)| {
                (held(guests), Reverse(guests.first_key_value().map(|(number, _)| *number)))
            });
            if let Some(fullest) = fullest.map(|(network, _)| *network) {
                waiting.send_off(fullest);
            }
        }
        waiting.taken += 1;
        waiting.count += 1;
        let (number, sent_off) = (waiting.taken, CancellationToken::new());
        waiting.networks.entry(network).or_default().insert(number, sent_off.clone());
        Guest { doorstep: self.clone(), network, number, sent_off }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn send_off(&mut self, network: IpAddr) {
        let oldest = self.networks.get(&network).and_then(|guests| guests.keys().next().copied());
        if let Some(sent_off) = oldest.and_then(|number| self.remove(network, number)) {
            sent_off.cancel();
        }
    }

    fn remove(&mut self, network: IpAddr, number: u64) -> Option<CancellationToken> {
        let guests = self.networks.get_mut(&network)?;
        let removed = guests.remove(&number)?;
        self.count -= 1;
        if guests.is_empty() {
            self.networks.remove(&network);
        }
        Some(removed)
    }
}

/// One place; given back when dropped.
pub struct Guest {
    doorstep: Doorstep,
    network: IpAddr,
    number: u64,
    sent_off: CancellationToken,
}

impl Guest {
    /// Waits until the place is needed for somebody else.
    pub async fn sent_off(&self) {
        self.sent_off.cancelled().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.doorstep.lock().remove(self.network, self.number);
    }
}

/// What counts as one network: an IPv4 address, or the IPv6 /48 that one customer has.
fn network_of(peer: IpAddr) -> IpAddr {
    match peer.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(network: u16, host: u16) -> IpAddr {
        IpAddr::from([0x2001, 0xdb8, network, host, 0, 0, 0, host])
    }

    fn left(guest: &Guest) -> bool {
        guest.sent_off.is_cancelled()
    }

    #[test]
    fn a_flood_of_one_network_pushes_out_itself() {
        let doorstep = Doorstep::new(8, 4);
        let access_point = doorstep.enter(from(1, 1));
        let flood: Vec<Guest> = (0..100).map(|host| doorstep.enter(from(2, host))).collect();
        assert!(!left(&access_point));
        assert_eq!(flood.iter().filter(|guest| !left(guest)).count(), 4);
        assert!(flood[96..].iter().all(|guest| !left(guest)), "the newest wait");
    }

    #[test]
    fn a_flood_of_several_networks_leaves_a_place_for_every_other() {
        let doorstep = Doorstep::new(8, 4);
        let mut flood: Vec<Guest> =
            (0..40).map(|number| doorstep.enter(from(number % 4 + 10, number))).collect();
        let access_point = doorstep.enter(from(1, 1));
        flood.extend((0..40).map(|number| doorstep.enter(from(number % 4 + 10, number))));
        assert!(!left(&access_point), "the access point was pushed out by others");
        assert_eq!(flood.iter().filter(|guest| !left(guest)).count(), 7);
    }

    #[test]
    fn who_goes_gives_the_place_back() {
        let doorstep = Doorstep::new(2, 2);
        let first = doorstep.enter(from(1, 1));
        drop(doorstep.enter(from(2, 1)));
        let second = doorstep.enter(from(3, 1));
        assert!(!left(&first) && !left(&second));
        drop((first, second));
        let waiting = doorstep.lock();
        assert_eq!((waiting.count, waiting.networks.len()), (0, 0));
    }
}
