//! Frames by hand: a packet of any protocol, from and to whomever.

use std::net::IpAddr;

use gate_core::Mac;

/// Who sends to whom, on both layers.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// MAC of the sender.
    pub from_mac: Mac,
    /// MAC of the receiver.
    pub to_mac: Mac,
    /// Address of the sender.
    pub from: IpAddr,
    /// Address of the receiver, of the same family.
    pub to: IpAddr,
}

/// What carries the payload.
#[derive(Debug, Clone, Copy)]
pub enum Carrier {
    /// UDP from one port to another.
    Udp(u16, u16),
    /// TCP with SYN set, from one port to another.
    Syn(u16, u16),
    /// An echo request of ICMP or ICMPv6.
    Echo,
    /// Another protocol by its number.
    Other(u8),
}

const ICMP6: u8 = 58;

/// The Ethernet frame of a packet.
pub fn frame(ends: &Ends, carrier: Carrier, payload: &[u8]) -> Vec<u8> {
    let (protocol, mut body) = match carrier {
        Carrier::Udp(from, to) => {
            let length = u16::try_from(8 + payload.len()).unwrap();
            (17, [from, to, length, 0].iter().flat_map(|field| field.to_be_bytes()).collect::<Vec<u8>>())
        }
        Carrier::Syn(from, to) => {
            let mut header = [from.to_be_bytes(), to.to_be_bytes()].concat();
            header.extend([0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0]);
            (6, header)
        }
        Carrier::Echo if ends.to.is_ipv4() => (1, vec![8, 0, 0, 0, 0x12, 0x34, 0, 1]),
        Carrier::Echo => (ICMP6, vec![128, 0, 0, 0, 0x12, 0x34, 0, 1]),
        Carrier::Other(number) => (number, Vec::new()),
    };
    body.extend(payload);
    let checksum_at = match protocol {
        17 => Some(6),
        6 => Some(16),
        1 | ICMP6 => Some(2),
        _ => None,
    };
    if let Some(at) = checksum_at {
        let pseudo = if protocol == 1 { Vec::new() } else { pseudo_header(ends, protocol, body.len()) };
        let sum = checksum(&[&pseudo[..], &body].concat());
        body[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    }
    let (kind, packet) = match (ends.from, ends.to) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let length = u16::try_from(20 + body.len()).unwrap();
            let mut header = vec![0x45, 0];
            header.extend(length.to_be_bytes());
            header.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
            header.extend(from.octets());
            header.extend(to.octets());
            let sum = checksum(&header);
            header[10..12].copy_from_slice(&sum.to_be_bytes());
            ([0x08, 0x00], [header, body].concat())
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let mut header = vec![0x60, 0, 0, 0];
            header.extend(u16::try_from(body.len()).unwrap().to_be_bytes());
            header.extend([protocol, 255]);
            header.extend(from.octets());
            header.extend(to.octets());
            ([0x86, 0xdd], [header, body].concat())
        }
        _ => panic!("the ends of a packet are of two families"),
    };
    [&ends.to_mac.0[..], &ends.from_mac.0, &kind, &packet].concat()
}

/// The same frame of IP without options, changed in its body, with the checksum of its TCP, UDP or ICMP made right again.
pub fn with_checksum(mut raw: Vec<u8>, ends: &Ends, protocol: u8) -> Vec<u8> {
    let body = if ends.to.is_ipv4() { 34 } else { 54 };
    let at = body
        + match protocol {
            17 => 6,
            6 => 16,
            _ => 2,
        };
    raw[at..at + 2].fill(0);
    let pseudo = if protocol == 1 { Vec::new() } else { pseudo_header(ends, protocol, raw.len() - body) };
    let sum = checksum(&[&pseudo[..], &raw[body..]].concat());
    raw[at..at + 2].copy_from_slice(&sum.to_be_bytes());
    raw
}

/// An ARP reply (RFC 826): "`owner` has the address `ends.from`", told to `ends.to` at `ends.to_mac`.
pub fn arp_reply(ends: &Ends, owner: Mac) -> Vec<u8> {
    let (IpAddr::V4(from), IpAddr::V4(to)) = (ends.from, ends.to) else { panic!("ARP is of IPv4") };
    let mut raw = [&ends.to_mac.0[..], &ends.from_mac.0, &[0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 2]].concat();
    raw.extend(owner.0);
    raw.extend(from.octets());
    raw.extend(ends.to_mac.0);
    raw.extend(to.octets());
    raw
}

/// A neighbour advertisement that overrides: "`owner` has the address `target`" (RFC 4861, section 4.4).
pub fn advertisement(ends: &Ends, owner: Mac, target: IpAddr) -> Vec<u8> {
    let IpAddr::V6(target) = target else { panic!("neighbour advertisements are of IPv6") };
    let mut body = vec![136, 0, 0, 0, 0x20, 0, 0, 0];
    body.extend(target.octets());
    body.extend([2, 1]);
    body.extend(owner.0);
    frame(ends, Carrier::Other(ICMP6), &body)
}

fn pseudo_header(ends: &Ends, protocol: u8, length: usize) -> Vec<u8> {
    let octets = |address: IpAddr| match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    };
    let length = u32::try_from(length).unwrap().to_be_bytes();
    [octets(ends.from), octets(ends.to), length.to_vec(), vec![0, 0, 0, protocol]].concat()
}

/// The internet checksum (RFC 1071).
pub fn checksum(bytes: &[u8]) -> u16 {
    let words =
        bytes.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap()
}
