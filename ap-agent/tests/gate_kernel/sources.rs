//! Whose an address is: first use, leases over it, liars, and those who want too many.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gate_core::{ADDRESSES_PER_DEVICE, GateChange, surplus};

use super::frames::{Carrier, Ends, frame};
use super::site::{GATEWAY4, GATEWAY6, Phone, Site, WEB4, WEB6, at_the_lake};
use super::wire::{Tag, wait};

/// Sends one packet of a phone from an address it says is its own.
fn say(phone: &Phone, from: IpAddr, tag: &Tag, number: u32) {
    let to = if from.is_ipv4() { WEB4.into() } else { WEB6.into() };
    let ends = Ends { from, ..phone.ends(to) };
    phone.wire.send(&frame(&ends, Carrier::Udp(5000, 7), &tag.payload(number)));
}

/// Sends one true packet and waits for it: what was sent before from this phone has been dealt with.
fn true_word(site: &Site, phone: &Phone) {
    let tag = Tag::new();
    say(phone, phone.v4.into(), &tag, 0);
    wait("a true packet", || !site.internet.arrived(&tag).is_empty());
}

#[test]
fn a_granted_phone_sends_under_no_address_but_its_own() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [liar, victim] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, liar.mac, 7);
        site.admit(&mut gate, victim.mac, 8);
        let tag = Tag::new();
        say(victim, victim.v4.into(), &tag, 0);
        say(victim, victim.v6.into(), &tag, 1);
        wait("the victim's first packets", || site.internet.arrived(&tag).len() == 2);
        let lies = Tag::new();
        let foreign: [IpAddr; 2] = [victim.v4.into(), victim.v6.into()];
        let gateways: [IpAddr; 2] = [GATEWAY4.into(), GATEWAY6.into()];
        let outside: [IpAddr; 6] = [
            Ipv4Addr::new(192, 168, 1, 5).into(),
            Ipv4Addr::new(198, 51, 100, 80).into(),
            Ipv4Addr::new(10, 51, 0, 1).into(),
            Ipv4Addr::new(0, 0, 0, 0).into(),
            "fd50:686b:6965:6e::5".parse::<Ipv6Addr>().unwrap().into(),
            "2001:db8:80::80".parse::<Ipv6Addr>().unwrap().into(),
        ];
        for (number, address) in (0..).zip(foreign.into_iter().chain(gateways).chain(outside)) {
            say(liar, address, &lies, number);
        }
        say(liar, "fe80::5".parse::<Ipv6Addr>().unwrap().into(), &lies, 99);
        true_word(site, liar);
        assert_eq!(site.internet.arrived(&lies), [0; 0]);
        let seen = site.observe(&mut gate);
        assert_eq!((seen.counters["foreign_source"], seen.counters["foreign_prefix"]), (4, 6));
        assert_eq!(seen.bound[&IpAddr::V4(victim.v4)], victim.mac);
        // The victim notices nothing.
        say(victim, victim.v4.into(), &tag, 2);
        wait("the victim's next packet", || site.internet.arrived(&tag).contains(&2));
    });
}

#[test]
fn a_lease_takes_an_address_from_whoever_used_it_first() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [squatter, owner] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, squatter.mac, 7);
        site.admit(&mut gate, owner.mac, 8);
        let address = IpAddr::V4(Ipv4Addr::new(10, 50, 77, 7));
        let tag = Tag::new();
        say(squatter, address, &tag, 0);
        wait("the squatter's packet", || site.internet.arrived(&tag) == [0]);
        assert_eq!(site.observe(&mut gate).bound[&address], squatter.mac);

        site.change(&mut gate, GateChange { bind: vec![(owner.mac, address)], ..GateChange::default() });
        say(squatter, address, &tag, 1);
        true_word(site, squatter);
        say(owner, address, &tag, 2);
        wait("the owner's packet", || site.internet.arrived(&tag) == [0, 2]);
        let seen = site.observe(&mut gate);
        assert_eq!(seen.bound[&address], owner.mac);
        assert_eq!(seen.counters["foreign_source"], 1);

        // Back again, it is the first one's who uses it; what somebody else gives back is not his.
        site.change(&mut gate, GateChange { unbind: vec![(squatter.mac, address)], ..GateChange::default() });
        assert_eq!(site.observe(&mut gate).bound[&address], owner.mac);
        site.change(&mut gate, GateChange { unbind: vec![(owner.mac, address)], ..GateChange::default() });
        assert!(!site.observe(&mut gate).bound.contains_key(&address));
        say(squatter, address, &tag, 3);
        wait("the squatter's next packet", || site.internet.arrived(&tag) == [0, 2, 3]);
    });
}

#[test]
fn a_phone_takes_few_addresses_and_leaves_the_rest_to_others() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [greedy, other] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, greedy.mac, 7);
        site.admit(&mut gate, other.mac, 8);
        let tag = Tag::new();
        let mut number = 0;
        for nth in 0..100u8 {
            let four = Ipv4Addr::new(10, 50, 90, nth);
            let six = Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0xbad, 0, 0, nth.into());
            for address in [IpAddr::V4(four), IpAddr::V6(six)] {
                say(greedy, address, &tag, number);
                number += 1;
            }
        }
        true_word(site, other);
        wait("the greedy one to be stopped", || {
            site.observe(&mut gate).counters["address_limit"]
                + u64::try_from(site.internet.arrived(&tag).len()).unwrap()
                >= 200
        });
        let seen = site.observe(&mut gate);
        let held = seen.bound.values().filter(|mac| **mac == greedy.mac).count();
        assert!((ADDRESSES_PER_DEVICE..ADDRESSES_PER_DEVICE + 4).contains(&held), "{held} addresses");
        assert_eq!(site.internet.arrived(&tag).len(), held);
        println!(
            "one phone, 200 addresses: {held} taken, {} packets refused",
            seen.counters["address_limit"]
        );
        // What is over the limit goes back, and is the others' to use.
        site.change(&mut gate, GateChange { unbind: surplus(&seen, |_, _| false), ..GateChange::default() });
        let seen = site.observe(&mut gate);
        assert_eq!(seen.bound.values().filter(|mac| **mac == greedy.mac).count(), ADDRESSES_PER_DEVICE);
    });
}

#[test]
fn two_owners_of_one_address_are_set_right_by_the_next_binding() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [squatter, owner] = &site.phones[..] else { panic!("two phones") };
        // As a packet in the middle of a change would leave it.
        let script = format!(
            "add element inet hotspot bound4 {{ {} . 10.50.7.7, {} . 10.50.7.7 }}\nadd element inet hotspot taken4 {{ 10.50.7.7 }}",
            squatter.mac, owner.mac
        );
        super::site::nft(&script);
        let address = "10.50.7.7".parse().unwrap();
        site.change(&mut gate, GateChange { bind: vec![(owner.mac, address)], ..GateChange::default() });
        let held = super::site::nft("list set inet hotspot bound4");
        assert!(held.contains(&owner.mac.to_string()) && !held.contains(&squatter.mac.to_string()), "{held}");
    });
}
