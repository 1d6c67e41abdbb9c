//! Odd packets: halves of connections, fragments, options, sources of every kind; none is a way out or goes out unmasked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::frames::{Carrier, Ends, checksum, frame, with_checksum};
use super::site::{GATEWAY4, GATEWAY6, Phone, RESOLVER4, RESOLVER6, Site, WEB4, WEB6, at_the_lake};
use super::wire::{Tag, wait};

const RST: u8 = 0x04;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const FIN: u8 = 0x01;

/// Answers without a question and ends of connections that never began, each from a port of its own.
fn halves(own: &Phone, tag: &Tag, first: u32) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    for host in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
        for flags in [RST, SYN_ACK, ACK, FIN, RST | ACK] {
            for to in [80, 443, 22] {
                let nth = first + u32::try_from(frames.len()).unwrap();
                let port = 30_000 + u16::try_from(nth).unwrap();
                let mut raw = frame(&own.ends(host), Carrier::Syn(port, to), &tag.payload(nth));
                let tcp = if host.is_ipv4() { 34 } else { 54 };
                raw[tcp + 13] = flags;
                frames.push(with_checksum(raw, &own.ends(host), 6));
            }
        }
        // An echo reply nobody asked for, and an SCTP packet that is none.
        for (kind, protocol) in [(0, 1), (129, 58)] {
            if host.is_ipv4() == (protocol == 1) {
                let nth = first + u32::try_from(frames.len()).unwrap();
                let mut raw = frame(&own.ends(host), Carrier::Echo, &tag.payload(nth));
                raw[if host.is_ipv4() { 34 } else { 54 }] = kind;
                frames.push(with_checksum(raw, &own.ends(host), protocol));
            }
        }
        let nth = first + u32::try_from(frames.len()).unwrap();
        frames.push(frame(&own.ends(host), Carrier::Other(132), &tag.payload(nth)));
    }
    frames
}

/// UDP packets in fragments, with IPv4 options (record route, loose source routes) and IPv6 extension headers.
fn dressed(own: &Phone, tag: &Tag) -> Vec<Vec<u8>> {
    let mut frames = Vec::new();
    let (web4, web6) = (own.ends(WEB4.into()), own.ends(WEB6.into()));
    let whole = frame(&web4, Carrier::Udp(31_000, 7), &[tag.payload(0), vec![0; 48]].concat());
    // Two fragments: the tag is in the first one.
    let (header, body) = whole[14..].split_at(20);
    for (offset, part, more) in [(0u16, &body[..40], 0x2000), (5, &body[40..], 0)] {
        frames.push([&whole[..14], &ipv4(header, 0, &(more | offset).to_be_bytes(), &[], part)].concat());
    }
    // A last fragment alone.
    let alone = ipv4(header, 1, &3u16.to_be_bytes(), &[], &[tag.payload(1), vec![0; 8]].concat());
    frames.push([&whole[..14], &alone].concat());
    let [a, b, c, d] = WEB4.octets();
    for (nth, to, options) in [
        (2, WEB4, vec![7, 7, 4, 0, 0, 0, 0, 0]),
        // By way of the gateway, which is asked to pass it on.
        (3, GATEWAY4, vec![131, 7, 4, a, b, c, d, 0]),
        (4, GATEWAY4, vec![137, 7, 4, a, b, c, d, 0]),
    ] {
        let plain = frame(&own.ends(to.into()), Carrier::Udp(31_001, 7), &tag.payload(nth));
        let (header, body) = plain[14..].split_at(20);
        frames.push([&plain[..14], &ipv4(header, 2, &[0, 0], &options, body)].concat());
    }
    // Hop-by-hop, destination options, a routing header of type 0, and an atomic fragment.
    let udp = |nth| frame(&web6, Carrier::Udp(31_002, 7), &tag.payload(nth));
    for (nth, kind, extension) in [
        (5, 0, vec![17, 0, 1, 4, 0, 0, 0, 0]),
        (6, 60, vec![17, 0, 1, 4, 0, 0, 0, 0]),
        // To the gateway, which is asked to pass it on.
        (7, 43, [vec![17, 2, 0, 1, 0, 0, 0, 0], WEB6.octets().to_vec()].concat()),
        (8, 44, vec![17, 0, 0, 0, 0, 0, 0, 9]),
    ] {
        let mut plain = udp(nth);
        if nth == 7 {
            plain[38..54].copy_from_slice(&GATEWAY6.octets());
        }
        let mut raw = [&plain[..54], &extension, &plain[54..]].concat();
        let length = u16::try_from(raw.len() - 54).unwrap();
        raw[18..20].copy_from_slice(&length.to_be_bytes());
        raw[20] = kind;
        frames.push(raw);
    }
    frames
}

/// An IPv4 packet like `header`, with other fragment bits and options of a length divisible by four.
fn ipv4(header: &[u8], id: u8, bits: &[u8], options: &[u8], body: &[u8]) -> Vec<u8> {
    let mut header = [header, options].concat();
    header[0] = 0x40 | u8::try_from(header.len() / 4).unwrap();
    let length = u16::try_from(header.len() + body.len()).unwrap();
    header[2..4].copy_from_slice(&length.to_be_bytes());
    header[5] = id + 1;
    header[6..8].copy_from_slice(bits);
    header[10..12].fill(0);
    let sum = checksum(&header);
    header[10..12].copy_from_slice(&sum.to_be_bytes());
    [header, body.to_vec()].concat()
}

/// A packet that passes, sent behind others of the same phone: what came before has been dealt with.
fn passes(site: &Site, guest: &Phone, port: u16) {
    for host in [IpAddr::V4(RESOLVER4), IpAddr::V6(RESOLVER6)] {
        let tag = Tag::new();
        guest.wire.send(&frame(&guest.ends(host), Carrier::Udp(port, 7), &tag.payload(0)));
        wait("a guest's packet", || site.internet.arrived(&tag) == [0]);
    }
}

#[test]
fn no_odd_packet_of_a_stranger_is_a_way_out() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [stranger, guest] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, guest.mac, 8);
        let (half, dress) = (Tag::new(), Tag::new());
        for raw in halves(stranger, &half, 0).iter().chain(&dressed(stranger, &dress)) {
            stranger.wire.send(raw);
        }
        // Sources of every kind: made by itself from the MAC, by hand, and link-local.
        let sources = Tag::new();
        let by_itself = Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0, 0xff, 0xfe00, 0x10b);
        let link_local = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0xff, 0xfe00, 0x10b);
        let from: [IpAddr; 5] = [
            by_itself.into(),
            link_local.into(),
            Ipv6Addr::UNSPECIFIED.into(),
            Ipv4Addr::new(169, 254, 7, 7).into(),
            Ipv4Addr::UNSPECIFIED.into(),
        ];
        for (number, from) in (0..).zip(from) {
            let to = if from.is_ipv4() { WEB4.into() } else { WEB6.into() };
            for carrier in
                [Carrier::Udp(32_000, 7), Carrier::Syn(32_001, 443), Carrier::Udp(68, 67), Carrier::Echo]
            {
                let ends = Ends { from, ..stranger.ends(to) };
                stranger.wire.send(&frame(&ends, carrier, &sources.payload(number)));
            }
        }
        passes(site, guest, 33_000);
        for (what, tag) in [("half", half), ("dressed", dress), ("source", sources)] {
            assert_eq!(site.internet.arrived(&tag), [0; 0], "{what}");
            assert_eq!(guest.wire.arrived(&tag), [0; 0], "{what}, at another phone");
        }
        // With a grant the ordinary ones among them arrive, or the silence before proves nothing.
        site.admit(&mut gate, stranger.mac, 7);
        let (half, dress) = (Tag::new(), Tag::new());
        for raw in halves(stranger, &half, 100).iter().chain(&dressed(stranger, &dress)) {
            stranger.wire.send(raw);
        }
        wait("a guest's fragments and extension headers", || {
            let got = site.internet.arrived(&dress);
            [0, 5, 6, 8].iter().all(|number| got.contains(number))
        });
        passes(site, stranger, 33_001);
        let got = site.internet.arrived(&dress);
        assert!(site.observe(&mut gate).counters["no_flow"] > 0);
        assert!([3, 4, 7].iter().all(|routed| !got.contains(routed)), "source routes were followed: {got:?}");
        assert!(!site.internet.arrived(&half).is_empty());
    });
}

#[test]
fn nothing_leaves_under_a_clients_own_address() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let guest = &site.phones[0];
        site.admit(&mut gate, guest.mac, 7);
        let (half, dress) = (Tag::new(), Tag::new());
        for raw in halves(guest, &half, 0).iter().chain(&dressed(guest, &dress)) {
            guest.wire.send(raw);
        }
        passes(site, guest, 33_000);
        let sources = [half, dress].map(|tag| site.internet.sources(&tag)).concat();
        assert!(!sources.is_empty(), "nothing left at all");
        let clients = Site::config();
        let (prefix6, _) = clients.clients6.unwrap();
        for source in sources {
            let own = match source {
                IpAddr::V4(address) => clients.clients4.contains(address),
                IpAddr::V6(address) => prefix6.contains(address),
            };
            assert!(!own, "a packet left as from {source}");
        }
    });
}
