//! dnsmasq's lease file: which device has which address. Host names are not even read.

use std::net::IpAddr;

/// One lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// When it ends, Unix seconds by this machine's wall clock; 0 for never.
    pub expires: u64,
    /// The device.
    pub mac: [u8; 6],
    /// Its address.
    pub address: IpAddr,
    /// True when the device sent a host name that dnsmasq kept.
    pub hostname_present: bool,
}

/// The IPv4 leases in `text`; lines of other kinds (the server's DUID, IPv6, other hardware) are left out.
#[must_use]
pub fn parse_leases(text: &str) -> Vec<Lease> {
    text.lines().filter_map(lease).collect()
}

fn lease(line: &str) -> Option<Lease> {
    let mut fields = line.split_ascii_whitespace();
    let expires = fields.next()?.parse().ok()?;
    let mac = mac(fields.next()?)?;
    let address: IpAddr = fields.next()?.parse().ok()?;
    let hostname_present = fields.next()? != "*";
    Some(Lease { expires, mac, address, hostname_present })
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split(':');
    for byte in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(mac)
}
