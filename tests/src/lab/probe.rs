//! Tagged probes: raw packets of every kind a phone could try, each with a random tag that a capture elsewhere finds
//! again if it got through.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use pnet::datalink::{self, Channel, Config, DataLinkSender};

use super::addresses::{CITY4, CITY6, GATEWAY_MAC, OTHER_RESOLVER4, OTHER_RESOLVER6, WEB4, WEB6};
use super::capture::Packet;
use super::packet::{Carrier, Ends, frame};
use super::phone::Phone;

const MAGIC: [u8; 8] = *b"hkprobe!";

/// Where a probe is aimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aim {
    /// A host on the internet: where a granted phone gets.
    Internet,
    /// A host of the city's own networks: where no phone gets.
    City,
    /// Another phone: where no phone gets.
    Phone,
}

/// A kind of probe.
#[derive(Debug, Clone)]
pub struct Kind {
    /// What it is, for messages: `UDP to 198.51.100.80 port 7`.
    pub name: String,
    /// Where it is aimed.
    pub aim: Aim,
    ends: Ends,
    carrier: Carrier,
}

/// Whom the probes of a phone are aimed at besides the internet and the city.
#[derive(Debug, Clone, Copy)]
pub struct Neighbour {
    /// The other phone's MAC.
    pub mac: [u8; 6],
    /// Its IPv4 address.
    pub v4: Ipv4Addr,
    /// Its IPv6 address.
    pub v6: Ipv6Addr,
}

impl Neighbour {
    /// What there is to know of `phone`.
    ///
    /// # Errors
    /// When it has not joined.
    pub fn of(phone: &Phone) -> Result<Self> {
        Ok(Self { mac: phone.mac(), v4: phone.lease()?.address, v6: phone.wait_address6()? })
    }
}

/// Sends probes from one phone.
pub struct Prober {
    run: [u8; 8],
    sent: BTreeMap<u32, usize>,
    kinds: Vec<Kind>,
    next: u32,
    sender: Box<dyn DataLinkSender>,
}

impl Prober {
    /// Opens a raw socket on `phone`, whose probes are also aimed at `neighbour`.
    ///
    /// # Errors
    /// When the phone has not joined.
    pub fn open(phone: &Phone, neighbour: &Neighbour) -> Result<Self> {
        let kinds = kinds(phone.mac(), phone.lease()?.address, phone.wait_address6()?, neighbour);
        let sender = phone.netns().run(|| open_sender("wlan0"))??;
        let mut run = [0; 8];
        getrandom::fill(&mut run).map_err(|why| anyhow!("no randomness: {why}"))?;
        Ok(Self { run, sent: BTreeMap::new(), kinds, next: 0, sender })
    }

    /// The kinds of probes it sends.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// How many probes have been sent.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.len()
    }

    /// Sends one probe of every kind.
    ///
    /// # Errors
    /// When the phone's interface does not take a frame.
    pub fn send_round(&mut self) -> Result<()> {
        for (index, kind) in self.kinds.iter().enumerate() {
            let tag = [&MAGIC[..], &self.run, &self.next.to_be_bytes()].concat();
            let frame =
                frame(&kind.ends, kind.carrier, &tag).context("a probe's addresses are of two families")?;
            match self.sender.send_to(&frame, None) {
                Some(Ok(())) => {}
                Some(Err(why)) if is_link_down(&why) => continue,
                Some(Err(why)) => return Err(why).with_context(|| format!("cannot send {}", kind.name)),
                None => bail!("the raw socket takes no frame"),
            }
            self.sent.insert(self.next, index);
            self.next = self.next.wrapping_add(1);
        }
        Ok(())
    }

    /// The probes of this prober in `packets`: when each arrived, and its kind.
    #[must_use]
    pub fn found<'a>(&'a self, packets: &[Packet]) -> Vec<(Duration, &'a Kind)> {
        let needle = [&MAGIC[..], &self.run].concat();
        let mut found = Vec::new();
        for packet in packets {
            let at = packet.bytes().windows(needle.len()).position(|window| window == needle);
            let tag = at.and_then(|at| packet.bytes().get(at + needle.len()..)?.first_chunk().copied());
            let kind = tag.and_then(|tag| self.kinds.get(*self.sent.get(&u32::from_be_bytes(tag))?));
            found.extend(kind.map(|kind| (packet.at, kind)));
        }
        found
    }
}

/// A phone whose access point restarts has no link for a moment; a probe that was not sent is not counted.
fn is_link_down(why: &std::io::Error) -> bool {
    matches!(why.raw_os_error(), Some(libc::ENETDOWN | libc::ENXIO | libc::ENOBUFS))
}

fn open_sender(interface: &str) -> Result<Box<dyn DataLinkSender>> {
    let interface = datalink::interfaces()
        .into_iter()
        .find(|candidate| candidate.name == interface)
        .with_context(|| format!("the phone has no interface {interface}"))?;
    let config = Config { promiscuous: false, ..Config::default() };
    match datalink::channel(&interface, config).context("cannot open a raw socket")? {
        Channel::Ethernet(sender, _) => Ok(sender),
        _ => bail!("the raw socket is not an Ethernet one"),
    }
}

fn kinds(mac: [u8; 6], v4: Ipv4Addr, v6: Ipv6Addr, neighbour: &Neighbour) -> Vec<Kind> {
    let mut kinds = Vec::new();
    let mut add = |aim: Aim, to_mac: [u8; 6], to: IpAddr, carriers: &[(&str, Carrier)]| {
        let source = if to.is_ipv4() { IpAddr::V4(v4) } else { IpAddr::V6(v6) };
        let ends = Ends { source_mac: mac, destination_mac: to_mac, source, destination: to };
        for (what, carrier) in carriers {
            kinds.push(Kind { name: format!("{what} to {to}"), aim, ends, carrier: *carrier });
        }
    };
    let everyday = [
        ("UDP port 7", Carrier::Udp(40_007, 7)),
        ("UDP port 443", Carrier::Udp(40_443, 443)),
        ("TCP port 80", Carrier::TcpSyn(41_080, 80)),
        ("TCP port 443", Carrier::TcpSyn(41_443, 443)),
        ("TCP port 22", Carrier::TcpSyn(41_022, 22)),
        ("ICMP echo", Carrier::Echo),
    ];
    let dns = [
        ("UDP port 53", Carrier::Udp(40_053, 53)),
        ("TCP port 53", Carrier::TcpSyn(41_053, 53)),
        ("TCP port 853", Carrier::TcpSyn(41_853, 853)),
    ];
    for web in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
        add(Aim::Internet, GATEWAY_MAC, web, &everyday);
    }
    for resolver in [IpAddr::V4(OTHER_RESOLVER4), IpAddr::V6(OTHER_RESOLVER6)] {
        add(Aim::Internet, GATEWAY_MAC, resolver, &dns);
    }
    for host in CITY4.map(IpAddr::V4).into_iter().chain([IpAddr::V6(CITY6)]) {
        add(Aim::City, GATEWAY_MAC, host, &everyday);
        add(Aim::City, GATEWAY_MAC, host, &dns);
    }
    // Past the bridge's isolation and through the gateway; and to everybody at once.
    let shout4 = Ipv4Addr::new(10, 50, 255, 255);
    let shout6 = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    for to_mac in [neighbour.mac, GATEWAY_MAC] {
        add(Aim::Phone, to_mac, IpAddr::V4(neighbour.v4), &everyday);
        add(Aim::Phone, to_mac, IpAddr::V6(neighbour.v6), &everyday);
    }
    add(Aim::Phone, [0xff; 6], IpAddr::V4(shout4), &everyday);
    add(Aim::Phone, [0x33, 0x33, 0, 0, 0, 1], IpAddr::V6(shout6), &everyday);
    kinds
}
