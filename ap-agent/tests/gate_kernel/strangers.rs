//! Strangers and guests: nothing of the one arrives, everything allowed of the other does.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ap_agent::gate::Gate as _;
use ap_agent::guard::Guard;
use gate_core::Mac;

use super::frames::{Carrier, Ends, frame};
use super::site::{
    CITY4, CITY6, NEIGHBOUR4, NEIGHBOUR6, PORTAL4, PORTAL6, Phone, RESOLVER4, RESOLVER6, Site, WEB4, WEB6,
    at_the_lake, nft, run,
};
use super::wire::{Tag, wait};

/// Where a probe is aimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Aim {
    Internet,
    /// The city's networks, the portal past the relay, another phone: where nobody gets.
    Nowhere,
}

#[derive(Debug)]
struct Probe {
    aim: Aim,
    ends: Ends,
    carrier: Carrier,
}

/// Probes of every class, each from a port of its own beginning at `port`: a flow that began before a grant keeps what
/// was decided then.
fn probes(own: &Phone, other: &Phone, port: u16) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut next = port;
    let mut add = |aim, ends: Ends, carriers: &[Carrier]| {
        for carrier in carriers {
            next += 1;
            let carrier = match *carrier {
                Carrier::Udp(_, to) => Carrier::Udp(next, to),
                Carrier::Syn(_, to) => Carrier::Syn(next, to),
                Carrier::Echo | Carrier::Other(_) => *carrier,
            };
            probes.push(Probe { aim, ends, carrier });
        }
    };
    let udp = |to| Carrier::Udp(0, to);
    let syn = |to| Carrier::Syn(0, to);
    let every = [
        udp(7),
        udp(443),
        udp(53),
        udp(123),
        udp(5000),
        syn(22),
        syn(53),
        syn(80),
        syn(443),
        syn(853),
        syn(8080),
        Carrier::Echo,
        // Without ports two flows to one host are told apart by the protocol's number alone.
        Carrier::Other(u8::try_from(150 + port / 1000 % 10).unwrap()),
    ];
    for host in
        [WEB4.into(), WEB6.into(), RESOLVER4.into(), RESOLVER6.into(), NEIGHBOUR4.into(), NEIGHBOUR6.into()]
    {
        add(Aim::Internet, own.ends(host), &every);
    }
    for host in CITY4.map(IpAddr::V4).into_iter().chain(CITY6.map(IpAddr::V6)) {
        add(Aim::Nowhere, own.ends(host), &every);
    }
    for portal in [IpAddr::V4(PORTAL4), IpAddr::V6(PORTAL6)] {
        add(Aim::Nowhere, own.ends(portal), &[udp(443), syn(22), Carrier::Echo]);
    }
    let everybody =
        [Ipv4Addr::new(10, 50, 255, 255).into(), Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1).into()];
    for address in [IpAddr::V4(other.v4), IpAddr::V6(other.v6)].into_iter().chain(everybody) {
        let broadcast = Mac([0xff; 6]);
        for to_mac in [own.ends(address).to_mac, other.mac, broadcast] {
            add(Aim::Nowhere, Ends { to_mac, ..own.ends(address) }, &every);
        }
    }
    probes
}

/// Sends every probe once.
fn send(own: &Phone, probes: &[Probe], tag: &Tag) {
    for (number, probe) in probes.iter().enumerate() {
        let payload = tag.payload(u32::try_from(number).unwrap());
        own.wire.send(&frame(&probe.ends, probe.carrier, &payload));
    }
}

/// What arrived anywhere but at its sender, to whom refusals bring back what they refuse.
fn arrived(site: &Site, own: &Phone, tag: &Tag) -> BTreeSet<u32> {
    let others = site.phones.iter().filter(|phone| phone.mac != own.mac).map(|phone| &phone.wire);
    others.chain([&site.internet]).flat_map(|wire| wire.arrived(tag)).collect()
}

/// Sends probes as a guest does and waits until all that is aimed at the internet is there, and nothing else.
fn everything_allowed_arrives(site: &Site, own: &Phone, other: &Phone, port: u16) {
    let tag = Tag::new();
    let probes = probes(own, other, port);
    send(own, &probes, &tag);
    let wanted: BTreeSet<u32> = (0..)
        .zip(&probes)
        .filter(|(_, probe)| probe.aim == Aim::Internet)
        .map(|(number, _)| number)
        .collect();
    wait("every kind of a guest's probes", || site.internet.arrived(&tag).len() >= wanted.len());
    let got = arrived(site, own, &tag);
    let name = |number: &u32| format!("{:?}", probes[*number as usize]);
    assert_eq!(got, wanted, "first too much: {:?}", got.difference(&wanted).next().map(name));
}

fn nothing_arrives(site: &Site, own: &Phone, probes: &[Probe], tags: &[Tag]) {
    for tag in tags {
        let got = arrived(site, own, tag);
        let first = got.iter().next().map(|number| &probes[*number as usize]);
        assert!(
            got.is_empty(),
            "{} of {} probes of {} arrived, the first: {first:?}",
            got.len(),
            probes.len(),
            own.mac
        );
    }
}

#[test]
fn nothing_of_a_stranger_arrives_and_everything_allowed_of_a_guest_does() {
    at_the_lake(3, |site| {
        let mut gate = site.laid();
        let [stranger, other, guest] = &site.phones[..] else { panic!("three phones") };
        site.admit(&mut gate, guest.mac, 9);
        let tags = [Tag::new(), Tag::new(), Tag::new()];
        let strange = probes(stranger, other, 20_000);
        for tag in &tags {
            send(stranger, &strange, tag);
        }
        everything_allowed_arrives(site, guest, other, 21_000);
        nothing_arrives(site, stranger, &strange, &tags);
        // The same phone, with a grant: all it may reach it reaches, or the silence before proves nothing.
        site.admit(&mut gate, stranger.mac, 7);
        everything_allowed_arrives(site, stranger, other, 22_000);
        let counters = site.observe(&mut gate).counters;
        for name in ["not_granted", "protected", "isolated"] {
            assert!(counters[name] > 0, "{name} was not counted: {counters:?}");
        }
        println!("{} probes of a stranger: 0 arrived", 3 * strange.len());
    });
}

#[test]
fn with_the_ruleset_flushed_routing_keeps_everybody_outside_and_applying_brings_all_back() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [guest, other] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, guest.mac, 7);
        everything_allowed_arrives(site, guest, other, 20_000);
        let server = super::site::udp(&site.net(), (WEB4, 7000));
        let running = guest.udp((WEB4, 7000));
        running.send(b"hello").unwrap();
        let (_, peer) = server.recv_from(&mut [0; 64]).unwrap();

        nft("flush ruleset");
        let tags = [Tag::new(), Tag::new()];
        let strange = probes(guest, other, 21_000);
        for tag in &tags {
            send(guest, &strange, tag);
        }
        // A flow that was allowed before is cut too, in both directions.
        let _ = running.send(b"still there?");
        server.send_to(b"and you?", peer).unwrap();
        let now = site.observe(&mut gate);
        assert!(!now.table_present && now.admitted.is_empty(), "a gate without table was taken for whole");

        site.block(gate.apply(&Site::config())).unwrap();
        site.admit(&mut gate, guest.mac, 7);
        everything_allowed_arrives(site, guest, other, 22_000);
        nothing_arrives(site, guest, &strange, &tags);
        assert!(site.observe(&mut gate).table_present);
        // The flow goes on where it was: nothing from the time between came through.
        while running.send(b"again").is_err() {}
        let mut text = [0; 64];
        let (length, again) = server.recv_from(&mut text).unwrap();
        assert_eq!((&text[..length], again), (&b"again"[..], peer));
        server.send_to(b"here", peer).unwrap();
        let length = loop {
            // What the kernel reports of the refused packet is not what is waited for.
            if let Ok(length) = running.recv(&mut text) {
                break length;
            }
        };
        assert_eq!(&text[..length], b"here");
    });
}

#[test]
fn while_the_bridge_has_no_address_not_even_a_refusal_leaves_by_the_uplink() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let stranger = &site.phones[0];
        for family in ["-4", "-6"] {
            run("ip", &[family, "addr", "flush", "dev", "br0", "scope", "global"], "").unwrap();
        }
        let tags = [Tag::new(), Tag::new(), Tag::new()];
        let [judged, unjudged, unguarded] = &tags;
        let ask = |tag: &Tag| {
            for (number, host) in (0..).zip([IpAddr::V4(WEB4), IpAddr::V6(WEB6)]) {
                let ends = stranger.ends(host);
                stranger.wire.send(&frame(
                    &ends,
                    Carrier::Udp(20_000 + number, 7),
                    &tag.payload(number.into()),
                ));
            }
        };
        ask(judged);
        nft("flush ruleset");
        ask(unjudged);
        // Without the guard the table's refusals leave, with the question in them, or the silence proves nothing.
        site.block(gate.apply(&Site::config())).unwrap();
        site.block(Guard::lift()).unwrap();
        ask(unguarded);
        wait("refusals without the guard", || site.internet.arrived(unguarded) == [0, 1]);
        assert_eq!(site.internet.arrived(judged), Vec::<u32>::new(), "a refusal of the table left");
        assert_eq!(site.internet.arrived(unjudged), Vec::<u32>::new(), "a refusal of the routing left");
    });
}

#[test]
fn the_internet_reaches_no_client_unasked() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [stranger, guest] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, guest.mac, 7);
        let tag = Tag::new();
        for (address, from) in [
            (IpAddr::V4(stranger.v4), IpAddr::V4(WEB4)),
            (IpAddr::V4(guest.v4), IpAddr::V4(WEB4)),
            (IpAddr::V6(stranger.v6), IpAddr::V6(WEB6)),
            (IpAddr::V6(guest.v6), IpAddr::V6(WEB6)),
        ] {
            let socket = super::site::udp(&site.net(), (from, 0));
            for number in 0..20 {
                let _ = socket.send_to(&tag.payload(number), (address, 4000));
            }
        }
        // Sent after them on the same cable: the access point has dealt with all of it.
        for (to, at) in [(IpAddr::V4(WEB4), 7001), (IpAddr::V6(WEB6), 7001)] {
            let server = super::site::udp(&site.net(), (to, at));
            let asked = guest.udp((to, at));
            asked.send(b"asked").unwrap();
            let (_, peer) = server.recv_from(&mut [0; 64]).unwrap();
            server.send_to(b"for", peer).unwrap();
            assert_eq!(asked.recv(&mut [0; 64]).unwrap(), 3);
        }
        for phone in &site.phones {
            assert!(phone.wire.arrived(&tag).is_empty(), "packets nobody asked for reached {}", phone.mac);
        }
        assert!(site.observe(&mut gate).counters["not_granted"] >= 80);
    });
}
