//! The duplicate table: what comes again gets the same bytes, what is new is new.

use std::collections::HashMap;
use std::net::SocketAddr;

use radius_core::{Duplicates, Key, MessageAuthenticator, Packet, Seen};

use crate::bytes::{Numbers, SECRET, attribute, packet};

fn key(port: u16, identifier: u8, authenticator: u8) -> Key {
    Key { peer: SocketAddr::from(([10, 0, 0, 1], port)), identifier, authenticator: [authenticator; 16] }
}

#[test]
fn p09_ten_thousand_requests_in_five_copies_are_worked_on_once_and_answered_alike() {
    let mut table = Duplicates::new(16_384, 5_000, 42);
    let mut worked = 0;
    for number in 0..10_000_u32 {
        let key = Key {
            peer: SocketAddr::from(([10, 0, (number >> 8) as u8, number as u8], 1645)),
            identifier: (number % 7) as u8,
            authenticator: [number as u8; 16],
        };
        let now = u64::from(number) / 3;
        let reply = vec![number as u8; 20 + number as usize % 200];
        for copy in 0..5 {
            match table.seen(&key, now + copy) {
                Seen::New => worked += 1,
                Seen::InFlight => assert!(copy == 1, "copy {copy}"),
                Seen::Answered(bytes) => assert_eq!(bytes, reply),
            }
            if copy == 1 {
                table.answered(&key, &reply, now + 1);
            }
        }
    }
    assert_eq!(worked, 10_000);
}

#[test]
fn p10_the_same_identifier_with_a_new_authenticator_is_a_new_request() {
    let mut table = Duplicates::new(8, 5_000, 1);
    assert_eq!(table.seen(&key(1, 7, 1), 0), Seen::New);
    table.answered(&key(1, 7, 1), b"first", 1);
    assert_eq!(table.seen(&key(1, 7, 2), 2), Seen::New);
    // The old one's answer comes too late and touches nothing.
    table.answered(&key(1, 7, 1), b"late", 3);
    assert_eq!(table.seen(&key(1, 7, 2), 4), Seen::InFlight);
    table.answered(&key(1, 7, 2), b"second", 5);
    assert_eq!(table.seen(&key(1, 7, 2), 6), Seen::Answered(b"second"));
    assert_eq!(table.seen(&key(1, 7, 1), 7), Seen::New);
}

#[test]
fn p10_a_forged_packet_changes_nothing_because_it_has_no_key() {
    let forged = packet(1, 7, &attribute(80, &[1; 16]));
    let packet = Packet::parse(&forged).unwrap();
    // `Key::of` wants a `Request`, and there is none without the secret.
    assert!(packet.verify(SECRET, MessageAuthenticator::Required).is_err());
}

#[test]
fn senders_ports_and_identifiers_are_told_apart() {
    let mut table = Duplicates::new(8, 5_000, 1);
    let other = Key { peer: "[2001:db8::1]:1".parse().unwrap(), ..key(1, 7, 1) };
    for key in [key(1, 7, 1), key(2, 7, 1), key(1, 8, 1), other] {
        assert_eq!(table.seen(&key, 0), Seen::New);
    }
}

#[test]
fn a_request_lives_its_time_from_its_answer_on_and_no_longer() {
    let mut table = Duplicates::new(8, 5_000, 1);
    let one = key(1, 7, 1);
    assert_eq!(table.seen(&one, 1_000), Seen::New);
    table.answered(&one, b"yes", 3_000);
    assert_eq!(table.seen(&one, 7_999), Seen::Answered(b"yes"));
    assert_eq!(table.seen(&one, 8_000), Seen::New);
    assert_eq!(table.seen(&one, 12_999), Seen::InFlight);
    // A request that nobody answers does not block its sender for ever.
    assert_eq!(table.seen(&one, 13_000), Seen::New);
}

#[test]
fn a_forgotten_request_is_new_again_and_only_that_one() {
    let mut table = Duplicates::new(8, 5_000, 1);
    assert_eq!(table.seen(&key(1, 7, 1), 0), Seen::New);
    table.forget(&key(1, 7, 2));
    assert_eq!(table.seen(&key(1, 7, 1), 1), Seen::InFlight);
    table.forget(&key(1, 7, 1));
    assert_eq!(table.seen(&key(1, 7, 1), 2), Seen::New);
    table.answered(&key(9, 9, 9), b"never asked", 3);
    assert_eq!(table.seen(&key(9, 9, 9), 4), Seen::New);
}

#[test]
fn when_the_table_is_full_the_oldest_goes() {
    let mut table = Duplicates::new(100, 30_000, 1);
    for port in 0..150 {
        assert_eq!(table.seen(&key(port, 1, 1), u64::from(port)), Seen::New);
        table.answered(&key(port, 1, 1), &port.to_be_bytes(), u64::from(port));
    }
    for port in 50..150 {
        assert_eq!(table.seen(&key(port, 1, 1), 200), Seen::Answered(&port.to_be_bytes()), "port {port}");
    }
    assert_eq!(table.seen(&key(49, 1, 1), 200), Seen::New);
}

#[test]
fn replies_of_every_length_come_back_whole_or_are_new_again() {
    let mut table = Duplicates::new(16, 30_000, 1);
    let mut numbers = Numbers(16);
    let mut back = 0;
    for round in 0..20_000_u64 {
        let one = key(numbers.below(40) as u16, 1, numbers.below(2) as u8);
        let length = if numbers.below(10) == 0 { 4096 } else { numbers.below(300) };
        match table.seen(&one, round) {
            Seen::New => {
                // The reply says to whom it belongs, in every byte.
                let mark = (one.peer.port() * 2 + u16::from(one.authenticator[0])) as u8;
                table.answered(&one, &vec![mark; length], round);
            }
            Seen::Answered(bytes) => {
                let mark = (one.peer.port() * 2 + u16::from(one.authenticator[0])) as u8;
                assert!(bytes.iter().all(|byte| *byte == mark), "round {round}");
                back += 1;
            }
            Seen::InFlight => panic!("all were answered"),
        }
    }
    assert!(back > 1_000, "only {back} came back");
}

/// What a table of unlimited size would know of a sender's identifier: authenticator, since when, and the reply.
type Known = (u8, u64, Option<Vec<u8>>);

#[test]
fn a_roomy_table_agrees_with_a_simple_map() {
    let (mut table, mut model) = (Duplicates::new(4096, 50, 7), HashMap::<(u16, u8), Known>::new());
    let mut numbers = Numbers(77);
    let mut now = 0;
    for _ in 0..200_000 {
        now += numbers.below(3) as u64;
        let (port, identifier, authenticator) =
            (numbers.below(6) as u16, numbers.below(4) as u8, numbers.below(3) as u8);
        let one = key(port, identifier, authenticator);
        let known = model.get_mut(&(port, identifier)).filter(|known| known.0 == authenticator);
        match numbers.below(5) {
            0 => {
                let length = numbers.below(64);
                let reply = numbers.bytes(length);
                table.answered(&one, &reply, now);
                if let Some(known) = known {
                    (known.1, known.2) = (now, Some(reply));
                }
            }
            1 => {
                table.forget(&one);
                if known.is_some() {
                    model.remove(&(port, identifier));
                }
            }
            _ => {
                let expected = match known.filter(|known| now - known.1 < 50) {
                    None => Seen::New,
                    Some((_, _, None)) => Seen::InFlight,
                    Some((_, _, Some(reply))) => Seen::Answered(reply),
                };
                assert_eq!(table.seen(&one, now), expected);
                if expected == Seen::New {
                    model.insert((port, identifier), (authenticator, now, None));
                }
            }
        }
    }
}
