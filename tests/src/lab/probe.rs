//! Tagged probes: raw packets of every kind a phone could try, each with a random tag that a capture elsewhere finds
//! again if it got through.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use pnet::datalink::{self, Channel, Config, DataLinkSender};

use super::addresses::{CITY4, CITY6, GATEWAY_MAC, OTHER_RESOLVER4, OTHER_RESOLVER6, WEB4, WEB6};
use super::capture::Packet;
use super::netns::Netns;
use super::packet::{Carrier, Ends, frame};
use super::phone::Phone;
use super::wait::wait_until;

const MAGIC: [u8; 8] = *b"hkprobe!";
/// Between two rounds: some thousand packets a second.
const ROUND: Duration = Duration::from_millis(30);
const ROUNDS_LIMIT: Duration = Duration::from_secs(10);

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

/// Who somebody is on the clients' network.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// The MAC.
    pub mac: [u8; 6],
    /// The IPv4 address.
    pub v4: Ipv4Addr,
    /// An IPv6 address.
    pub v6: Ipv6Addr,
}

impl Identity {
    /// Who `phone` is, with its stable IPv6 address.
    ///
    /// # Errors
    /// When it has not joined.
    pub fn of(phone: &Phone) -> Result<Self> {
        Ok(Self { mac: phone.mac(), v4: phone.lease()?.address, v6: phone.wait_address6()? })
    }
}

/// Sends probes out of one phone's interface.
pub struct Prober {
    run: [u8; 8],
    kinds: Vec<Kind>,
    next: u32,
    sender: Box<dyn DataLinkSender>,
}

impl Prober {
    /// Opens a raw socket on the `wlan0` of `netns`; the probes come from `own`, and some are aimed at `neighbour`.
    ///
    /// # Errors
    /// When there is no such interface.
    pub fn open(netns: &Netns, own: &Identity, neighbour: &Identity) -> Result<Self> {
        let sender = netns.run(|| open_sender("wlan0"))??;
        let mut random = [0; 10];
        getrandom::fill(&mut random).map_err(|why| anyhow!("no randomness: {why}"))?;
        let [a, b, run @ ..] = random;
        // Ports of its own: a flow that began before a grant keeps what the connection tracker decided then.
        let port = 20_000 + u16::from_be_bytes([a, b]) % 40_000;
        Ok(Self { run, kinds: kinds(own, neighbour, port), next: 0, sender })
    }

    /// The kinds of probes it sends.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Sends one probe of every kind and returns how many the interface took.
    ///
    /// # Errors
    /// When the interface is broken, not merely down.
    pub fn send_round(&mut self) -> Result<usize> {
        let mut sent = 0;
        for kind in &self.kinds {
            let tag = [&MAGIC[..], &self.run, &self.next.to_be_bytes()].concat();
            self.next = self.next.wrapping_add(1);
            let frame =
                frame(&kind.ends, kind.carrier, &tag).context("a probe's addresses are of two families")?;
            match self.sender.send_to(&frame, None) {
                Some(Ok(())) => sent += 1,
                Some(Err(why)) if is_link_down(&why) => {}
                Some(Err(why)) => return Err(why).with_context(|| format!("cannot send {}", kind.name)),
                None => bail!("the raw socket takes no frame"),
            }
        }
        Ok(sent)
    }

    /// What finds this prober's probes in captures.
    #[must_use]
    pub fn finder(&self) -> Finder {
        Finder { needle: [&MAGIC[..], &self.run].concat(), kinds: self.kinds.clone() }
    }
}

/// Finds the probes of one prober.
#[derive(Debug, Clone)]
pub struct Finder {
    needle: Vec<u8>,
    kinds: Vec<Kind>,
}

impl Finder {
    /// The probes in `packets`: when each arrived, and its kind.
    #[must_use]
    pub fn found<'a>(&'a self, packets: &[Packet]) -> Vec<(Duration, &'a Kind)> {
        let kind = |packet: &Packet| {
            let at = packet.bytes().windows(self.needle.len()).position(|window| window == self.needle)?;
            let tag = packet.bytes().get(at + self.needle.len()..)?.first_chunk()?;
            let number = usize::try_from(u32::from_be_bytes(*tag)).ok()?;
            Some((packet.at, self.kinds.get(number % self.kinds.len())?))
        };
        packets.iter().filter_map(kind).collect()
    }

    /// The kinds of probes it looks for.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }
}

/// A prober that sends round after round on a thread of its own until it is stopped.
pub struct Probing {
    finder: Finder,
    over: Arc<AtomicBool>,
    rounds: Arc<AtomicU64>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl Probing {
    /// Begins to send.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn begin(mut prober: Prober) -> Result<Self> {
        let (over, rounds) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let finder = prober.finder();
        let (stop, count) = (over.clone(), rounds.clone());
        let work = move || -> Result<()> {
            while !stop.load(Ordering::Relaxed) {
                if prober.send_round()? > 0 {
                    count.fetch_add(1, Ordering::Relaxed);
                }
                thread::sleep(ROUND);
            }
            Ok(())
        };
        let thread =
            thread::Builder::new().name("prober".to_owned()).spawn(work).context("cannot start a thread")?;
        Ok(Self { finder, over, rounds, thread: Some(thread) })
    }

    /// What finds its probes in captures.
    #[must_use]
    pub fn finder(&self) -> &Finder {
        &self.finder
    }

    /// Waits until `more` further rounds have left the phone.
    ///
    /// # Errors
    /// When they do not: the phone is off the network, or its interface is broken.
    pub fn wait_rounds(&self, more: u64) -> Result<()> {
        let goal = self.rounds.load(Ordering::Relaxed) + more;
        wait_until("probes to be sent", ROUNDS_LIMIT, || self.rounds.load(Ordering::Relaxed) >= goal)
            .map(drop)
    }

    /// Ends it; returns what finds its probes, and how many rounds left the phone.
    ///
    /// # Errors
    /// When the phone's interface broke.
    pub fn end(mut self) -> Result<(Finder, u64)> {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().map_err(|_| anyhow!("the prober panicked"))??;
        }
        Ok((self.finder.clone(), self.rounds.load(Ordering::Relaxed)))
    }
}

impl Drop for Probing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
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

fn kinds(own: &Identity, neighbour: &Identity, port: u16) -> Vec<Kind> {
    let mut kinds = Vec::new();
    let mut add = |aim: Aim, to_mac: [u8; 6], to: IpAddr, carriers: &[(&str, Carrier)]| {
        let source = if to.is_ipv4() { IpAddr::V4(own.v4) } else { IpAddr::V6(own.v6) };
        let ends = Ends { source_mac: own.mac, destination_mac: to_mac, source, destination: to };
        for (what, carrier) in carriers {
            kinds.push(Kind { name: format!("{what} to {to}"), aim, ends, carrier: *carrier });
        }
    };
    let everyday = [
        ("UDP port 7", Carrier::Udp(port + 1, 7)),
        ("UDP port 443", Carrier::Udp(port + 2, 443)),
        ("TCP port 80", Carrier::TcpSyn(port + 3, 80)),
        ("TCP port 443", Carrier::TcpSyn(port + 4, 443)),
        ("TCP port 22", Carrier::TcpSyn(port + 5, 22)),
        ("ICMP echo", Carrier::Echo),
    ];
    let dns = [
        ("UDP port 53", Carrier::Udp(port + 6, 53)),
        ("TCP port 53", Carrier::TcpSyn(port + 7, 53)),
        ("TCP port 853", Carrier::TcpSyn(port + 8, 853)),
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
