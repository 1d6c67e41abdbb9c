//! The lab's addresses and names. Each lab has them to itself: they exist only inside its namespaces.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The internet's resolver.
pub const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 53));
/// Another resolver, which a phone may have set by hand.
pub const OTHER_RESOLVER4: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);
/// The same over IPv6.
pub const OTHER_RESOLVER6: Ipv6Addr = Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888);
/// Where all web sites of the fake internet are, and the echo service (UDP port 7).
pub const WEB4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 80);
/// The same over IPv6.
pub const WEB6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x80, 0, 0, 0, 0, 0x80);
/// Where the portal's name points.
pub const PORTAL4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 10);
/// The same over IPv6.
pub const PORTAL6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x10, 0, 0, 0, 0, 0x10);
/// Where agents find the controller.
pub const AGENTS4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 11);
/// Hosts of the city's own networks, one for each range that no visitor may reach.
pub const CITY4: [Ipv4Addr; 4] = [
    Ipv4Addr::new(10, 10, 0, 80),
    Ipv4Addr::new(172, 16, 5, 80),
    Ipv4Addr::new(192, 168, 77, 80),
    Ipv4Addr::new(169, 254, 10, 80),
];
/// The city's host over IPv6 (unique local).
pub const CITY6: Ipv6Addr = Ipv6Addr::new(0xfdcc, 0xc117, 0, 0, 0, 0, 0, 0x80);
/// The clients' gateway, the same on every access point.
pub const GATEWAY4: Ipv4Addr = Ipv4Addr::new(10, 50, 0, 1);
/// The same over IPv6.
pub const GATEWAY6: Ipv6Addr = Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0, 0, 0, 1);
/// The gateway's MAC, the same on every access point.
pub const GATEWAY_MAC: [u8; 6] = [0x02, 0x68, 0x6b, 0x00, 0x00, 0x01];

/// The portal's name.
pub const PORTAL_NAME: &str = "wifi.hoankiem.lab";
/// The name agents dial.
pub const AGENTS_NAME: &str = "agents.hoankiem.lab";
/// What phones ask to see whether they are online.
pub const PROBE_NAMES: [&str; 6] = [
    "connectivitycheck.gstatic.com",
    "www.gstatic.com",
    "captive.apple.com",
    "www.msftconnecttest.com",
    "detectportal.firefox.com",
    "nmcheck.gnome.org",
];
/// Ordinary sites of the fake internet.
pub const SITE_NAMES: [&str; 3] = ["news.example", "www.example.com", "downloads.example"];

/// Uplink number `n` of the router: its own end and the customer's end, IPv4 then IPv6.
#[must_use]
pub fn uplink(n: u8) -> Uplink {
    let base = n.saturating_mul(4);
    Uplink {
        router4: Ipv4Addr::new(203, 0, 113, base.saturating_add(1)),
        customer4: Ipv4Addr::new(203, 0, 113, base.saturating_add(2)),
        router6: Ipv6Addr::new(0x2001, 0xdb8, 0xa000, u16::from(n), 0, 0, 0, 1),
        customer6: Ipv6Addr::new(0x2001, 0xdb8, 0xa000, u16::from(n), 0, 0, 0, 2),
    }
}

/// Both ends of an uplink: a /30 and a /64.
#[derive(Debug, Clone, Copy)]
pub struct Uplink {
    /// The router's IPv4 address.
    pub router4: Ipv4Addr,
    /// The customer's IPv4 address.
    pub customer4: Ipv4Addr,
    /// The router's IPv6 address.
    pub router6: Ipv6Addr,
    /// The customer's IPv6 address.
    pub customer6: Ipv6Addr,
}
