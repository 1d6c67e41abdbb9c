//! The configuration document as dnsmasq's files. Every value was an address, a number or a checked name first.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use agent_protocol::v1::{ConfigDocument, Network};

use super::Files;

/// Names of the portal are answered for this long, in seconds, so that a change of its addresses is soon known.
const LOCAL_TTL_SECS: u32 = 60;
/// Advertisements to all stations are dear on the air; a new station asks for its own.
const RA_INTERVAL_SECS: u32 = 300;
/// Android leaves out routers that promise too little.
const RA_LIFETIME_SECS: u32 = 1800;
const CACHED_NAMES: u32 = 10_000;
const QUERIES_AT_ONCE: u32 = 1_000;

/// Why a document cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A part is missing.
    #[error("the configuration has no {0}; the controller must send one")]
    Missing(&'static str),
    /// A value is not what its key asks for.
    #[error("{key} is {value:?}: {expected} is needed")]
    Value {
        /// Its key.
        key: &'static str,
        /// What was found.
        value: String,
        /// What would do.
        expected: &'static str,
    },
}

impl Files {
    /// The files for `document` in `folder`, for clients on `bridge`; `option_114` offers the captive-portal API
    /// (RFC 8910), which is withdrawn while the portal cannot be reached.
    ///
    /// # Errors
    /// [`RenderError`] when a value is not what its key asks for.
    pub fn render(
        document: &ConfigDocument,
        bridge: &str,
        folder: &Path,
        option_114: bool,
    ) -> Result<Self, RenderError> {
        let network = document.network.as_ref().ok_or(RenderError::Missing("network"))?;
        let portal = document.portal.as_ref().ok_or(RenderError::Missing("portal"))?;
        let folder_text = folder.to_str().filter(|text| !text.contains(char::is_control));
        let folder_text = folder_text.ok_or_else(|| {
            wrong("dnsmasq_dir", &folder.to_string_lossy(), "a path in UTF-8 without controls")
        })?;
        let bridge = Some(bridge)
            .filter(|name| is_interface(name))
            .ok_or_else(|| wrong("bridge", bridge, "the name of a network interface"))?;
        let host = PortalHost::of(&portal.url)?;
        let subnet = Subnet::of(network)?;
        let mut conf = head(bridge, folder_text);
        names(&mut conf, network, &host)?;
        subnet.ranges(&mut conf, bridge);
        let options = if option_114 { format!("114,{}/api/captive\n", portal.url) } else { String::new() };
        let mut hosts = String::new();
        for text in &portal.addresses {
            let address: IpAddr = parse("portal.addresses", text, "an IP address")?;
            if let PortalHost::Name(name) = &host {
                line(&mut hosts, format_args!("{address} {name}"));
            }
        }
        Ok(Self { folder: folder.to_owned(), conf, options, hosts })
    }
}

fn head(bridge: &str, folder: &str) -> String {
    format!(
        "# Written by ap-agent from the controller's configuration; changes here are overwritten.\n\
         interface={bridge}\nexcept-interface=lo\nbind-dynamic\n\
         pid-file={folder}/dnsmasq.pid\ndhcp-leasefile={folder}/leases\n\
         dhcp-optsfile={folder}/options\nno-hosts\naddn-hosts={folder}/hosts\n\
         quiet-dhcp\nquiet-dhcp6\nquiet-ra\n"
    )
}

/// Names: answers are passed on as they come. Private addresses in them are not filtered: the gate refuses such
/// destinations before and after login, a filter would log visitors' names and break what the city itself signs.
fn names(conf: &mut String, network: &Network, host: &PortalHost) -> Result<(), RenderError> {
    conf.push_str("port=53\nno-resolv\nno-poll\ndomain-needed\nbogus-priv\nedns-packet-max=1232\n");
    line(conf, format_args!("cache-size={CACHED_NAMES}\ndns-forward-max={QUERIES_AT_ONCE}"));
    line(conf, format_args!("local-ttl={LOCAL_TTL_SECS}"));
    for text in &network.resolvers {
        let resolver: IpAddr = parse("network.resolvers", text, "an IP address")?;
        line(conf, format_args!("server={resolver}"));
    }
    if let PortalHost::Name(name) = host {
        // Other types asked of the portal's name are answered "none" at once, on line and off line.
        line(conf, format_args!("local=/{name}/"));
    }
    Ok(())
}

/// The clients' subnets, checked.
struct Subnet {
    gateway4: Ipv4Addr,
    netmask: Ipv4Addr,
    first: Ipv4Addr,
    last: Ipv4Addr,
    gateway6: Option<Ipv6Addr>,
    lease_secs: u32,
    lease_max: u32,
}

impl Subnet {
    fn of(network: &Network) -> Result<Self, RenderError> {
        let expected = "an IPv4 address with a prefix length from 8 to 30";
        let (gateway4, length): (Ipv4Addr, u32) =
            cidr(&network.gateway4).ok_or_else(|| wrong("network.gateway4", &network.gateway4, expected))?;
        if !(8..=30).contains(&length) {
            return Err(wrong("network.gateway4", &network.gateway4, expected));
        }
        let netmask = Ipv4Addr::from_bits(u32::MAX << (32 - length));
        let inside = "an IPv4 address inside the gateway's subnet";
        let first: Ipv4Addr = parse("network.range_first", &network.range_first, inside)?;
        let last: Ipv4Addr = parse("network.range_last", &network.range_last, inside)?;
        if gateway4 & netmask != first & netmask {
            return Err(wrong("network.range_first", &network.range_first, inside));
        }
        if gateway4 & netmask != last & netmask || last < first {
            return Err(wrong("network.range_last", &network.range_last, inside));
        }
        let gateway6 = match network.gateway6.as_str() {
            "" => None,
            text => Some(
                cidr(text)
                    .filter(|(address, length): &(Ipv6Addr, u32)| *length == 64 && address.is_unique_local())
                    .ok_or_else(|| wrong("network.gateway6", text, "a unique-local IPv6 address with /64"))?
                    .0,
            ),
        };
        if network.lease_secs < 120 {
            return Err(wrong(
                "network.lease_secs",
                &network.lease_secs.to_string(),
                "at least 120 (dnsmasq's least)",
            ));
        }
        if network.lease_max == 0 {
            return Err(wrong("network.lease_max", "0", "at least 1"));
        }
        let (lease_secs, lease_max) = (network.lease_secs, network.lease_max);
        Ok(Self { gateway4, netmask, first, last, gateway6, lease_secs, lease_max })
    }

    /// The same device gets the same address on every access point: same range, dnsmasq's hash of the MAC, no ping. Client
    /// ids are not believed: whoever sent another's would be given that one's lease.
    fn ranges(&self, conf: &mut String, bridge: &str) {
        let Self { gateway4, netmask, first, last, lease_secs, lease_max, .. } = self;
        line(conf, format_args!("dhcp-range={first},{last},{netmask},{lease_secs}"));
        line(conf, format_args!("dhcp-option=option:router,{gateway4}"));
        line(conf, format_args!("dhcp-option=option:dns-server,{gateway4}"));
        line(
            conf,
            format_args!(
                "dhcp-authoritative\nno-ping\ndhcp-ignore-names\ndhcp-ignore-clid\ndhcp-lease-max={lease_max}"
            ),
        );
        if let Some(gateway6) = self.gateway6 {
            let prefix = Ipv6Addr::from_bits(gateway6.to_bits() >> 64 << 64);
            line(conf, format_args!("enable-ra\ndhcp-range={prefix},ra-only,64,{lease_secs}"));
            line(conf, format_args!("dhcp-option=option6:dns-server,[{gateway6}]"));
            line(conf, format_args!("ra-param={bridge},{RA_INTERVAL_SECS},{RA_LIFETIME_SECS}"));
        }
    }
}

/// The host part of the portal's URL.
enum PortalHost {
    Name(String),
    Address,
}

impl PortalHost {
    fn of(url: &str) -> Result<Self, RenderError> {
        let fault = || wrong("portal.url", url, "https://NAME or https://NAME:PORT");
        let authority = url.strip_prefix("https://").ok_or_else(fault)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            Some(_) | None => (authority, None),
        };
        if port.is_some_and(|port| port.starts_with('+') || port.parse::<u16>().is_err()) {
            return Err(fault());
        }
        let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if host.parse::<Ipv4Addr>().is_ok() || bracketed.is_some_and(|host| host.parse::<Ipv6Addr>().is_ok())
        {
            return Ok(Self::Address);
        }
        if is_host_name(host) { Ok(Self::Name(host.to_ascii_lowercase())) } else { Err(fault()) }
    }
}

/// Labels of letters, digits and hyphens (RFC 1123), not all of them digits.
fn is_host_name(name: &str) -> bool {
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
        && name.bytes().any(|byte| byte.is_ascii_alphabetic())
}

fn is_interface(name: &str) -> bool {
    (1..=15).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn cidr<A: std::str::FromStr>(text: &str) -> Option<(A, u32)> {
    let (address, length) = text.split_once('/')?;
    Some((address.parse().ok()?, length.parse().ok()?))
}

fn parse<T: std::str::FromStr>(
    key: &'static str,
    text: &str,
    expected: &'static str,
) -> Result<T, RenderError> {
    text.parse().map_err(|_| wrong(key, text, expected))
}

fn wrong(key: &'static str, value: &str, expected: &'static str) -> RenderError {
    RenderError::Value { key, value: value.to_owned(), expected }
}

fn line(text: &mut String, content: std::fmt::Arguments<'_>) {
    text.push_str(&content.to_string());
    text.push('\n');
}
