//! Elements of the kernel's sets: how keys are laid out, written and read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use gate_core::{Accounted, Interface, Mac, SetName, TABLE, mark_of};
use nlink::netlink::nftables::{Family, Set, SetDataType, SetElement, SetElementData, SetKeyType};

/// nft's id of the type `ifname`, a name padded to 16 bytes.
const TYPE_IFNAME: u32 = 41;
const IFNAME_BYTES: usize = 16;

/// A set as element messages need it: its place and the layout of its keys.
pub(super) fn set(name: SetName) -> Set {
    let set = Set::new(TABLE, name.kernel_name()).family(Family::Inet);
    let with_mac = |address| SetKeyType::Concat(vec![SetKeyType::EtherAddr, address]);
    match name {
        SetName::Gate => set
            .key_type(SetKeyType::Concat(vec![
                SetKeyType::Other { type_id: TYPE_IFNAME, len: 16 },
                SetKeyType::EtherAddr,
            ]))
            .map(SetDataType::Value(SetKeyType::Mark))
            .per_element_timeouts(),
        SetName::Live => set.key_type(SetKeyType::Mark).per_element_timeouts(),
        SetName::Up4 | SetName::Bound4 => set.key_type(with_mac(SetKeyType::Ipv4Addr)),
        SetName::Up6 | SetName::Bound6 => set.key_type(with_mac(SetKeyType::Ipv6Addr)),
        SetName::Down4 | SetName::Taken4 => set.key_type(SetKeyType::Ipv4Addr),
        SetName::Down6 | SetName::Taken6 => set.key_type(SetKeyType::Ipv6Addr),
        SetName::Pace
        | SetName::Refusals
        | SetName::Queries
        | SetName::Signals
        | SetName::Flows
        | SetName::Resolver
        | SetName::Responder
        | SetName::Relay => set.key_type(SetKeyType::EtherAddr),
    }
}

fn ifname(bridge: &Interface) -> SetElement {
    let mut key = bridge.as_str().as_bytes().to_vec();
    key.resize(IFNAME_BYTES, 0);
    SetElement::new(key)
}

/// Key of a device in the gate map.
pub(super) fn gate_key(bridge: &Interface, mac: Mac) -> SetElement {
    SetElement::concat([ifname(bridge), SetElement::ether(mac.0)])
}

/// Element of the gate map: the device's mark until the end.
pub(super) fn gate(bridge: &Interface, mac: Mac, number: u32, remaining: Duration) -> SetElement {
    gate_key(bridge, mac).value(SetElement::mark(mark_of(number))).with_timeout(remaining)
}

/// Key of a mark in the set of live marks.
pub(super) fn live_key(number: u32) -> SetElement {
    SetElement::mark(mark_of(number))
}

/// Element of the set of live marks.
pub(super) fn live(number: u32, remaining: Duration) -> SetElement {
    live_key(number).with_timeout(remaining)
}

/// Key of an address.
pub(super) fn address(address: IpAddr) -> SetElement {
    match address {
        IpAddr::V4(address) => SetElement::ipv4(address),
        IpAddr::V6(address) => SetElement::ipv6(address),
    }
}

/// Key of an address with its owner.
pub(super) fn owned(mac: Mac, owned: IpAddr) -> SetElement {
    SetElement::concat([SetElement::ether(mac.0), address(owned)])
}

/// Reads a device, its number and its time left; `None` for another bridge's element.
pub(super) fn read_gate(bridge: &Interface, element: &SetElement) -> Option<(Mac, u32, Duration)> {
    let (name, rest) = element.key().split_at_checked(IFNAME_BYTES)?;
    let name = name.split(|byte| *byte == 0).next()?;
    if name != bridge.as_str().as_bytes() {
        return None;
    }
    let mac = Mac(*rest.first_chunk::<6>()?);
    let Some(SetElementData::Value(value)) = element.data() else { return None };
    let number = number_of(value)?;
    Some((mac, number, element.expiration().or(element.timeout()).unwrap_or(Duration::MAX)))
}

/// Reads the grant's number out of a mark in the kernel's byte order.
pub(super) fn number_of(bytes: &[u8]) -> Option<u32> {
    let mark = u32::from_ne_bytes(*bytes.first_chunk::<4>()?);
    (mark & gate_core::GRANT_BIT != 0).then_some(mark & (gate_core::GRANT_BIT - 1))
}

/// Reads an address and, in sets that have it, its owner.
pub(super) fn read_owned(element: &SetElement) -> Option<(Mac, IpAddr)> {
    let mac = Mac(*element.key().first_chunk::<6>()?);
    Some((mac, read_address(element.key().get(8..)?)?))
}

/// Reads an address of either family by its length.
pub(super) fn read_address(bytes: &[u8]) -> Option<IpAddr> {
    match bytes.len() {
        4 => bytes.first_chunk::<4>().map(|raw| IpAddr::V4(Ipv4Addr::from(*raw))),
        16 => bytes.first_chunk::<16>().map(|raw| IpAddr::V6(Ipv6Addr::from(*raw))),
        _ => None,
    }
}

/// Reads an element's counter.
pub(super) fn accounted(element: &SetElement) -> Accounted {
    let (packets, bytes) = element.counter().unwrap_or_default();
    Accounted { packets, bytes }
}
