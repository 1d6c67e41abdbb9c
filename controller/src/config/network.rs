//! `[network]`: the clients' network as every access point of the domain serves it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::parse::{self, Raw};
use super::read::Reader;

/// The clients' network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkConfig {
    /// Its id (the SSID's id).
    pub id: String,
    /// Gateway address with the subnet's prefix length.
    pub gateway4: Cidr,
    /// First address handed out.
    pub range_first: Ipv4Addr,
    /// Last address handed out.
    pub range_last: Ipv4Addr,
    /// Lease time in seconds.
    pub lease_secs: u32,
    /// Most leases at a time.
    pub lease_max: u32,
    /// Gateway address of the unique-local /64, or none for IPv4 only.
    pub gateway6: Option<Cidr>,
    /// MAC of the gateway, the same on every access point.
    pub gateway_mac: MacAddress,
    /// Resolvers the access points' own DNS asks.
    pub resolvers: Vec<IpAddr>,
    /// Addresses no client may reach, beside the private ranges built into the gate.
    pub protected: Vec<Cidr>,
}

impl NetworkConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let network = Self {
            id: reader.take("network.id", "hoankiem".to_owned(), network_id),
            gateway4: reader.take("network.gateway4", Cidr::v4([10, 50, 0, 1], 16), gateway4),
            range_first: reader.take("network.range_first", Ipv4Addr::new(10, 50, 1, 0), address4),
            range_last: reader.take("network.range_last", Ipv4Addr::new(10, 50, 255, 250), address4),
            lease_secs: reader.take("network.lease_secs", 3600, |raw| parse::whole(raw, 120..=604_800)),
            lease_max: reader.take("network.lease_max", 60_000, |raw| parse::whole(raw, 1..=65_000)),
            gateway6: reader.take("network.gateway6", Some(default_gateway6()), gateway6),
            gateway_mac: reader.take(
                "network.gateway_mac",
                MacAddress([2, 0x68, 0x6b, 0, 0, 1]),
                gateway_mac,
            ),
            resolvers: reader.take("network.resolvers", default_resolvers(), resolvers),
            protected: reader.take("network.protected", Vec::new(), cidrs),
        };
        network.check(reader);
        network
    }

    fn check(&self, reader: &mut Reader) {
        let (first, last) = (self.range_first, self.range_last);
        if first > last {
            reader.fault(format!(
                "network.range_first = {first} lies after network.range_last = {last}: swap them"
            ));
        }
        for (key, address) in [("network.range_first", first), ("network.range_last", last)] {
            if !self.gateway4.contains(IpAddr::V4(address)) {
                reader.fault(format!(
                    "{key} = {address} lies outside network.gateway4 = {}: choose an address of that subnet",
                    self.gateway4
                ));
            }
        }
        if let IpAddr::V4(gateway) = self.gateway4.address
            && (first..=last).contains(&gateway)
        {
            reader.fault(format!(
                "network.gateway4 = {} lies between network.range_first and network.range_last: keep it out of the range",
                self.gateway4
            ));
        }
    }
}

/// An address with a prefix length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// The address.
    pub address: IpAddr,
    /// Length of the prefix in bits.
    pub prefix: u8,
}

impl Cidr {
    fn v4(octets: [u8; 4], prefix: u8) -> Self {
        Self { address: IpAddr::from(octets), prefix }
    }

    /// Whether `other` lies in the same prefix.
    #[must_use]
    pub fn contains(&self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                own.to_bits() & mask == other.to_bits() & mask
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for Cidr {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = text.trim().split_once('/').ok_or(())?;
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let prefix: u8 = prefix.parse().map_err(|_| ())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        if prefix <= longest { Ok(Self { address, prefix }) } else { Err(()) }
    }
}

/// A MAC address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddress(pub [u8; 6]);

impl FromStr for MacAddress {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let parts: Vec<u8> = text
            .trim()
            .split([':', '-'])
            .map(|part| if part.len() == 2 { u8::from_str_radix(part, 16).map_err(|_| ()) } else { Err(()) })
            .collect::<Result<_, ()>>()?;
        parts.try_into().map(Self).map_err(|_| ())
    }
}

fn network_id(raw: &Raw) -> Result<String, String> {
    parse::text(raw)
        .ok()
        .filter(|id| {
            id.len() <= 32 && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
        .ok_or_else(|| "at most 32 of a-z, 0-9 and - are allowed".to_owned())
}

fn cidr(raw: &Raw) -> Option<Cidr> {
    parse::text(raw).ok()?.parse().ok()
}

fn gateway4(raw: &Raw) -> Result<Cidr, String> {
    cidr(raw).filter(|cidr| cidr.address.is_ipv4() && (8..=30).contains(&cidr.prefix)).ok_or_else(|| {
        "an IPv4 address with a prefix of /8 to /30 is allowed, such as 10.50.0.1/16".to_owned()
    })
}

fn gateway6(raw: &Raw) -> Result<Option<Cidr>, String> {
    if matches!(raw, Raw::Text(text) if text.trim().is_empty()) {
        return Ok(None);
    }
    cidr(raw)
        .filter(|cidr| cidr.prefix == 64 && matches!(cidr.address, IpAddr::V6(own) if own.is_unique_local()))
        .map(Some)
        .ok_or_else(|| {
            "a unique-local IPv6 address with /64 is allowed, such as fd50:686b:6965:6d::1/64, or nothing for IPv4 only"
                .to_owned()
        })
}

fn address4(raw: &Raw) -> Result<Ipv4Addr, String> {
    parse::text(raw)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| "an IPv4 address is allowed".to_owned())
}

fn gateway_mac(raw: &Raw) -> Result<MacAddress, String> {
    parse::text(raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|mac: &MacAddress| mac.0[0] & 1 == 0 && mac.0 != [0; 6])
        .ok_or_else(|| "a unicast MAC is allowed, such as 02:68:6b:00:00:01".to_owned())
}

fn resolvers(raw: &Raw) -> Result<Vec<IpAddr>, String> {
    parse::addresses(raw).and_then(|list| {
        if list.is_empty() {
            Err("at least one address of a resolver is needed".to_owned())
        } else {
            Ok(list)
        }
    })
}

fn cidrs(raw: &Raw) -> Result<Vec<Cidr>, String> {
    let allowed = || "a list of prefixes is allowed, such as [\"203.0.113.0/24\"]".to_owned();
    let items = parse::list(raw).map_err(|_| allowed())?;
    items.iter().map(|item| item.parse().map_err(|()| allowed())).collect()
}

fn default_gateway6() -> Cidr {
    Cidr { address: IpAddr::V6(Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0, 0, 0, 1)), prefix: 64 }
}

fn default_resolvers() -> Vec<IpAddr> {
    vec![IpAddr::from([9, 9, 9, 9]), IpAddr::from([1, 1, 1, 1])]
}
