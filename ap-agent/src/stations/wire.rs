//! The packet socket: hears ARP and neighbour discovery of the clients' bridge, sends probes. Nothing else is copied to
//! user space: a filter in the kernel lets these frames alone pass, and the bridge is never made promiscuous.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::IntoRawFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gate_core::{Interface, Mac};
use pnet::datalink::{self, Channel, DataLinkSender};
use pnet::packet::Packet as _;
use pnet::packet::arp::{ArpHardwareTypes, ArpOperations, ArpPacket, MutableArpPacket};
use pnet::packet::ethernet::{EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet::packet::icmpv6::ndp::{MutableNeighborSolicitPacket, NdpOption, NdpOptionTypes};
use pnet::packet::icmpv6::ndp::{NeighborAdvertPacket, NeighborSolicitPacket};
use pnet::packet::icmpv6::{Icmpv6Packet, Icmpv6Types, checksum};
use pnet::packet::ip::IpNextHeaderProtocols;
use pnet::packet::ipv6::{Ipv6Packet, MutableIpv6Packet};
use pnet::util::MacAddr;
use socket2::{Domain, SockFilter, Socket, Type};
use tokio::sync::mpsc;

/// How often the receiving thread looks whether it shall stop.
const LOOK: Duration = Duration::from_millis(300);
const ETHERNET: usize = 14;
const ARP: usize = 28;
const IPV6: usize = 40;
const SOLICIT: usize = 32;

/// A sign of life of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heard {
    /// The station.
    pub mac: Mac,
    /// The address it spoke for, if it named one.
    pub address: Option<IpAddr>,
}

/// Sends probes; dropping it ends the receiving thread.
pub struct Wire {
    sender: Box<dyn DataLinkSender>,
    gateway: Gateway,
    stop: Arc<AtomicBool>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gateway {
    /// MAC of the bridge.
    pub mac: Mac,
    /// Its IPv4 address.
    pub v4: Ipv4Addr,
    /// Its IPv6 address, if the clients have IPv6.
    pub v6: Option<Ipv6Addr>,
}

impl Wire {
    /// Opens the socket on `bridge` in the caller's network namespace; what is heard goes into `heard`. When that is
    /// full, signs of life are dropped: stations talk again.
    ///
    /// # Errors
    /// When the interface is missing or CAP_NET_RAW is.
    pub fn open(bridge: &Interface, gateway: Gateway, heard: mpsc::Sender<Heard>) -> io::Result<Self> {
        let interface =
            datalink::interfaces().into_iter().find(|interface| interface.name == bridge.as_str());
        let interface = interface.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        // Protocol 0 hears nothing until pnet binds it, and by then the filter is there.
        let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
        socket.attach_filter(&filter())?;
        let config = datalink::Config {
            read_timeout: Some(LOOK),
            promiscuous: false,
            socket_fd: Some(socket.into_raw_fd()),
            ..datalink::Config::default()
        };
        let Channel::Ethernet(sender, mut receiver) = datalink::channel(&interface, config)? else {
            return Err(io::Error::from(io::ErrorKind::Unsupported));
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new().name("stations".into()).stack_size(128 * 1024).spawn(move || {
            while !stopped.load(Ordering::Relaxed) {
                match receiver.next() {
                    Ok(frame) => {
                        if let Some(sign) = read(frame).filter(|sign| sign.mac != gateway.mac) {
                            let _ = heard.try_send(sign);
                        }
                    }
                    Err(error) if matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => {}
                    Err(error) if error.kind() == io::ErrorKind::NetworkDown => std::thread::sleep(LOOK),
                    Err(error) => {
                        tracing::warn!(%error, "the packet socket failed; stations are known by leases and traffic until it is opened again");
                        break;
                    }
                }
            }
        })?;
        Ok(Self { sender, gateway, stop })
    }

    /// Whether the receiving thread has ended; the wire is opened anew then.
    #[must_use]
    pub fn is_deaf(&self) -> bool {
        Arc::strong_count(&self.stop) == 1
    }

    /// Asks a station for a sign of life, by unicast: only it is woken.
    ///
    /// # Errors
    /// When the frame cannot be sent.
    pub fn probe(&mut self, mac: Mac, address: IpAddr) -> io::Result<()> {
        let frame = match (address, self.gateway.v6) {
            (IpAddr::V4(address), _) => arp_request(self.gateway, mac, address),
            (IpAddr::V6(address), Some(from)) => neighbour_solicit(self.gateway.mac, from, mac, address),
            (IpAddr::V6(_), None) => return Ok(()),
        };
        match frame.and_then(|frame| self.sender.send_to(&frame, None)) {
            Some(sent) => sent,
            None => Err(io::Error::from(io::ErrorKind::OutOfMemory)),
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Classic BPF: ARP, or ICMPv6 of the types 133 to 136 right behind the IPv6 header (RFC 4861 allows nothing between).
fn filter() -> [SockFilter; 10] {
    const LOAD_HALF: u16 = 0x28;
    const LOAD_BYTE: u16 = 0x30;
    const EQUAL: u16 = 0x15;
    const AT_LEAST: u16 = 0x35;
    const ABOVE: u16 = 0x25;
    const RETURN: u16 = 0x06;
    [
        SockFilter::new(LOAD_HALF, 0, 0, 12),
        SockFilter::new(EQUAL, 6, 0, 0x0806),
        SockFilter::new(EQUAL, 0, 6, 0x86dd),
        SockFilter::new(LOAD_BYTE, 0, 0, 20),
        SockFilter::new(EQUAL, 0, 4, 58),
        SockFilter::new(LOAD_BYTE, 0, 0, 54),
        SockFilter::new(AT_LEAST, 0, 2, 133),
        SockFilter::new(ABOVE, 1, 0, 136),
        SockFilter::new(RETURN, 0, 0, 2048),
        SockFilter::new(RETURN, 0, 0, 0),
    ]
}

/// Reads who sent a frame and for which address it speaks. A frame whose sender contradicts what it carries says nothing
/// about addresses: it may be a lie.
#[must_use]
pub fn read(frame: &[u8]) -> Option<Heard> {
    let ethernet = EthernetPacket::new(frame)?;
    let mac = Mac(ethernet.get_source().octets());
    let plain = Some(Heard { mac, address: None });
    match ethernet.get_ethertype() {
        EtherTypes::Arp => {
            let arp = ArpPacket::new(ethernet.payload())?;
            let sender = arp.get_sender_proto_addr();
            if Mac(arp.get_sender_hw_addr().octets()) != mac || sender.is_unspecified() {
                return plain;
            }
            Some(Heard { mac, address: Some(sender.into()) })
        }
        EtherTypes::Ipv6 => {
            let ip = Ipv6Packet::new(ethernet.payload())?;
            let payload = ip.payload().get(..usize::from(ip.get_payload_length()))?;
            let message = Icmpv6Packet::new(payload)?;
            // What the kernel would drop is no sign of life either (RFC 4861, section 7.1).
            let sum = checksum(&message, &ip.get_source(), &ip.get_destination());
            if ip.get_hop_limit() != 255 || message.get_checksum() != sum {
                return None;
            }
            let address = match message.get_icmpv6_type() {
                Icmpv6Types::NeighborAdvert => Some(NeighborAdvertPacket::new(payload)?.get_target_addr()),
                // A solicitation from :: asks whether the target is free (RFC 4862); it is not the sender's yet.
                Icmpv6Types::NeighborSolicit => {
                    NeighborSolicitPacket::new(payload)?;
                    Some(ip.get_source()).filter(|source| !source.is_unspecified())
                }
                _ => None,
            };
            Some(Heard { mac, address: address.map(IpAddr::V6) })
        }
        _ => None,
    }
}

fn mac_addr(mac: Mac) -> MacAddr {
    MacAddr::from(mac.0)
}

fn arp_request(gateway: Gateway, mac: Mac, address: Ipv4Addr) -> Option<Vec<u8>> {
    let mut frame = vec![0; ETHERNET + ARP];
    let (head, body) = frame.split_at_mut_checked(ETHERNET)?;
    let mut ethernet = MutableEthernetPacket::new(head)?;
    ethernet.set_destination(mac_addr(mac));
    ethernet.set_source(mac_addr(gateway.mac));
    ethernet.set_ethertype(EtherTypes::Arp);
    let mut arp = MutableArpPacket::new(body)?;
    arp.set_hardware_type(ArpHardwareTypes::Ethernet);
    arp.set_protocol_type(EtherTypes::Ipv4);
    arp.set_hw_addr_len(6);
    arp.set_proto_addr_len(4);
    arp.set_operation(ArpOperations::Request);
    arp.set_sender_hw_addr(mac_addr(gateway.mac));
    arp.set_sender_proto_addr(gateway.v4);
    arp.set_target_proto_addr(address);
    Some(frame)
}

fn neighbour_solicit(own: Mac, from: Ipv6Addr, mac: Mac, target: Ipv6Addr) -> Option<Vec<u8>> {
    let mut frame = vec![0; ETHERNET + IPV6 + SOLICIT];
    let (head, rest) = frame.split_at_mut_checked(ETHERNET)?;
    let mut ethernet = MutableEthernetPacket::new(head)?;
    ethernet.set_destination(mac_addr(mac));
    ethernet.set_source(mac_addr(own));
    ethernet.set_ethertype(EtherTypes::Ipv6);
    let (head, body) = rest.split_at_mut_checked(IPV6)?;
    let mut ip = MutableIpv6Packet::new(head)?;
    ip.set_version(6);
    ip.set_payload_length(SOLICIT as u16);
    ip.set_next_header(IpNextHeaderProtocols::Icmpv6);
    // RFC 4861, section 7.1.1: anything below 255 was routed and is not heard.
    ip.set_hop_limit(255);
    ip.set_source(from);
    ip.set_destination(target);
    let mut solicit = MutableNeighborSolicitPacket::new(body)?;
    solicit.set_icmpv6_type(Icmpv6Types::NeighborSolicit);
    solicit.set_target_addr(target);
    solicit.set_options(&[NdpOption {
        option_type: NdpOptionTypes::SourceLLAddr,
        length: 1,
        data: own.0.to_vec(),
    }]);
    let sum = checksum(&Icmpv6Packet::new(solicit.packet())?, &from, &target);
    solicit.set_checksum(sum);
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Mac = Mac([2, 0x68, 0x6b, 0, 0, 1]);
    const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);

    fn gateway() -> Gateway {
        let v6 = Some("fd50:686b:6965:6d::1".parse().unwrap());
        Gateway { mac: OWN, v4: Ipv4Addr::new(10, 50, 0, 1), v6 }
    }

    #[test]
    fn what_we_ask_reads_back_as_ours() {
        let frame = arp_request(gateway(), PHONE, Ipv4Addr::new(10, 50, 1, 1)).unwrap();
        let heard = Heard { mac: OWN, address: Some(Ipv4Addr::new(10, 50, 0, 1).into()) };
        assert_eq!(read(&frame), Some(heard));
        let target = "fd50:686b:6965:6d::7".parse().unwrap();
        let frame = neighbour_solicit(OWN, gateway().v6.unwrap(), PHONE, target).unwrap();
        assert_eq!(read(&frame), Some(Heard { mac: OWN, address: gateway().v6.map(IpAddr::V6) }));
    }

    #[test]
    fn an_arp_packet_that_contradicts_its_frame_says_nothing_of_addresses() {
        let mut frame = arp_request(gateway(), PHONE, Ipv4Addr::new(10, 50, 1, 1)).unwrap();
        frame[22] ^= 4;
        assert_eq!(read(&frame), Some(Heard { mac: OWN, address: None }));
    }

    #[test]
    fn neighbour_discovery_that_was_routed_or_damaged_is_not_heard() {
        let good = neighbour_solicit(OWN, gateway().v6.unwrap(), PHONE, gateway().v6.unwrap()).unwrap();
        assert!(read(&good).is_some());
        for (at, to) in [(ETHERNET + 7, 64), (ETHERNET + IPV6 + 2, good[ETHERNET + IPV6 + 2] ^ 1)] {
            let mut bad = good.clone();
            bad[at] = to;
            assert_eq!(read(&bad), None, "byte {at}");
        }
        // Padding of short frames is no part of the message.
        let padded = [good, vec![7; 20]].concat();
        assert!(read(&padded).is_some());
    }

    #[test]
    fn frames_cut_anywhere_do_no_harm() {
        let six = neighbour_solicit(OWN, gateway().v6.unwrap(), PHONE, gateway().v6.unwrap()).unwrap();
        let four = arp_request(gateway(), PHONE, Ipv4Addr::new(10, 50, 1, 1)).unwrap();
        for frame in [six, four] {
            for length in 0..frame.len() {
                let _ = read(&frame[..length]);
            }
        }
    }
}
