//! Packets by hand: what the capture shows of them, and raw ones with a tag inside.

use std::net::IpAddr;

/// ICMP.
pub const ICMP: u8 = 1;
/// TCP.
pub const TCP: u8 = 6;
/// UDP.
pub const UDP: u8 = 17;
/// ICMPv6.
pub const ICMP6: u8 = 58;

/// An IP packet as captured.
#[derive(Debug, Clone, Copy)]
pub struct IpPacket<'a> {
    /// Who sent it.
    pub source: IpAddr,
    /// Whom it is for.
    pub destination: IpAddr,
    /// The protocol of its payload.
    pub protocol: u8,
    /// Its whole length with the IP header, in bytes.
    pub bytes: u64,
    /// What of its payload was captured.
    pub payload: &'a [u8],
}

impl<'a> IpPacket<'a> {
    /// Reads the packet at the front of `bytes`, of which the end may be cut off.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        match bytes.first()? >> 4 {
            4 => {
                let header = usize::from(bytes.first()? & 0x0f) * 4;
                Some(Self {
                    source: <[u8; 4]>::try_from(bytes.get(12..16)?).ok()?.into(),
                    destination: <[u8; 4]>::try_from(bytes.get(16..20)?).ok()?.into(),
                    protocol: *bytes.get(9)?,
                    bytes: u64::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?])),
                    payload: bytes.get(header..)?,
                })
            }
            6 => Some(Self {
                source: <[u8; 16]>::try_from(bytes.get(8..24)?).ok()?.into(),
                destination: <[u8; 16]>::try_from(bytes.get(24..40)?).ok()?.into(),
                protocol: *bytes.get(6)?,
                bytes: u64::from(u16::from_be_bytes([*bytes.get(4)?, *bytes.get(5)?])) + 40,
                payload: bytes.get(40..)?,
            }),
            _ => None,
        }
    }

    /// Source and destination port of TCP and UDP.
    #[must_use]
    pub fn ports(&self) -> Option<(u16, u16)> {
        if self.protocol != TCP && self.protocol != UDP {
            return None;
        }
        let port = |at: usize| Some(u16::from_be_bytes([*self.payload.get(at)?, *self.payload.get(at + 1)?]));
        Some((port(0)?, port(2)?))
    }

    /// Bytes of data a TCP segment carries.
    #[must_use]
    pub fn tcp_data_bytes(&self) -> u64 {
        let Some(offset) = self.payload.get(12).filter(|_| self.protocol == TCP) else { return 0 };
        let ip_header = if self.source.is_ipv4() { 20 } else { 40 };
        self.bytes.saturating_sub(ip_header + u64::from(offset >> 4) * 4)
    }
}

/// Whom a raw packet comes from and goes to.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// The frame's source.
    pub source_mac: [u8; 6],
    /// The frame's destination.
    pub destination_mac: [u8; 6],
    /// The packet's source; of the same family as the destination.
    pub source: IpAddr,
    /// The packet's destination.
    pub destination: IpAddr,
}

/// What a raw packet carries besides its data.
#[derive(Debug, Clone, Copy)]
pub enum Carrier {
    /// A UDP datagram from port to port.
    Udp(u16, u16),
    /// The first segment of a TCP connection from port to port, with data in it.
    TcpSyn(u16, u16),
    /// An echo request.
    Echo,
}

/// An Ethernet frame with right checksums; `None` when the two addresses are not of one family.
#[must_use]
pub fn frame(ends: &Ends, carrier: Carrier, data: &[u8]) -> Option<Vec<u8>> {
    let protocol = match (carrier, ends.source) {
        (Carrier::Udp(..), _) => UDP,
        (Carrier::TcpSyn(..), _) => TCP,
        (Carrier::Echo, IpAddr::V4(_)) => ICMP,
        (Carrier::Echo, IpAddr::V6(_)) => ICMP6,
    };
    let mut segment = segment(carrier, protocol, data);
    let length = u16::try_from(segment.len()).ok()?;
    let (ethertype, header, pseudo) = match (ends.source, ends.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let mut header = vec![0x45, 0];
            header.extend_from_slice(&(length + 20).to_be_bytes());
            header.extend_from_slice(&[0, 0, 0x40, 0, 64, protocol, 0, 0]);
            header.extend_from_slice(&source.octets());
            header.extend_from_slice(&destination.octets());
            let sum = checksum(&[&header]).to_be_bytes();
            header.get_mut(10..12)?.copy_from_slice(&sum);
            ([0x08, 0x00], header, [&source.octets()[..], &destination.octets()].concat())
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let mut header = vec![0x60, 0, 0, 0];
            header.extend_from_slice(&length.to_be_bytes());
            header.extend_from_slice(&[protocol, 64]);
            header.extend_from_slice(&source.octets());
            header.extend_from_slice(&destination.octets());
            ([0x86, 0xdd], header, [&source.octets()[..], &destination.octets()].concat())
        }
        _ => return None,
    };
    let tail = [[0, protocol], length.to_be_bytes()].concat();
    let sum = if protocol == ICMP { checksum(&[&segment]) } else { checksum(&[&pseudo, &tail, &segment]) };
    let at = match carrier {
        Carrier::Udp(..) => 6..8,
        Carrier::TcpSyn(..) => 16..18,
        Carrier::Echo => 2..4,
    };
    segment.get_mut(at)?.copy_from_slice(&sum.to_be_bytes());
    Some([&ends.destination_mac[..], &ends.source_mac, &ethertype, &header, &segment].concat())
}

fn segment(carrier: Carrier, protocol: u8, data: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    match carrier {
        Carrier::Udp(from, to) => {
            let length = u16::try_from(data.len() + 8).unwrap_or(u16::MAX);
            for field in [from, to, length, 0] {
                segment.extend_from_slice(&field.to_be_bytes());
            }
        }
        Carrier::TcpSyn(from, to) => {
            segment.extend_from_slice(&from.to_be_bytes());
            segment.extend_from_slice(&to.to_be_bytes());
            // Sequence from the data, so that every probe is a connection of its own to the tracker.
            segment.extend_from_slice(data.last_chunk::<4>().unwrap_or(&[0; 4]));
            segment.extend_from_slice(&[0, 0, 0, 0, 0x50, 0x02, 0x20, 0, 0, 0, 0, 0]);
        }
        Carrier::Echo => {
            let kind = if protocol == ICMP { 8 } else { 128 };
            segment.extend_from_slice(&[kind, 0, 0, 0]);
            segment.extend_from_slice(data.last_chunk::<4>().unwrap_or(&[0; 4]));
        }
    }
    segment.extend_from_slice(data);
    segment
}

/// The internet checksum (RFC 1071) over `parts`, each of an even length but the last.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum: u32 = 0;
    for part in parts {
        for pair in part.chunks(2) {
            let low = pair.get(1).copied().unwrap_or(0);
            sum += u32::from(u16::from_be_bytes([pair.first().copied().unwrap_or(0), low]));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];

    fn ends(source: &str, destination: &str) -> Ends {
        let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
        Ends { source_mac: MAC, destination_mac: MAC, source, destination }
    }

    #[test]
    fn a_built_frame_reads_back_as_what_was_meant() {
        for (source, destination) in [("10.50.1.1", "198.51.100.80"), ("fd50::1", "2001:db8::1")] {
            let ends = ends(source, destination);
            let frame = frame(&ends, Carrier::Udp(4000, 53), b"hello").unwrap();
            let packet = IpPacket::read(&frame[14..]).unwrap();
            assert_eq!(
                (packet.source, packet.destination, packet.protocol),
                (ends.source, ends.destination, UDP)
            );
            assert_eq!(packet.ports(), Some((4000, 53)));
            assert_eq!(usize::try_from(packet.bytes).unwrap(), frame.len() - 14);
            assert!(packet.payload.ends_with(b"hello"));
        }
    }

    #[test]
    fn checksums_of_a_built_frame_add_up_to_nothing() {
        let frame =
            frame(&ends("10.50.1.1", "198.51.100.80"), Carrier::TcpSyn(4000, 443), b"tagged").unwrap();
        assert_eq!(checksum(&[&frame[14..34]]), 0);
        let length = u16::try_from(frame.len() - 34).unwrap().to_be_bytes();
        assert_eq!(checksum(&[&frame[26..34], &[0, TCP], &length, &frame[34..]]), 0);
    }

    #[test]
    fn two_families_make_no_frame() {
        assert!(frame(&ends("10.50.1.1", "2001:db8::1"), Carrier::Echo, b"x").is_none());
    }

    #[test]
    fn bytes_that_are_no_packet_are_read_as_none() {
        for bytes in [&[][..], &[0x45], &[0x60; 20], &[0xff; 60]] {
            assert!(IpPacket::read(bytes).is_none());
        }
    }
}
