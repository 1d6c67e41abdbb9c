//! Accounting-Requests: who is believed and what they say.

use std::net::Ipv4Addr;

use radius_core::client::Query;
use radius_core::{
    Accounting, BadAccounting, MessageAuthenticator, Octets, Packet, Status, Unverified, kind,
};

use crate::bytes::{SECRET, attribute, packet};

fn record(attributes: &[(u8, &[u8])]) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let mut query = Query::accounting(1, &mut buffer);
    for (kind, value) in attributes {
        query.add(*kind, value).unwrap();
    }
    query.finish(SECRET).0.to_vec()
}

fn verified(bytes: &[u8]) -> Result<(), Unverified> {
    Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).map(|_| ())
}

fn read<T>(bytes: &[u8], look: impl FnOnce(Result<Accounting<'_>, BadAccounting>) -> T) -> T {
    let request = Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
    look(Accounting::of(&request))
}

const START: (u8, &[u8]) = (kind::ACCT_STATUS_TYPE, &[0, 0, 0, 1]);
const SESSION: (u8, &[u8]) = (kind::ACCT_SESSION_ID, b"5F3A0001");

#[test]
fn p07_a_message_authenticator_in_accounting_is_made_over_a_zero_authenticator_and_checked() {
    let mut buffer = [0; 4096];
    let mut query = Query::accounting(1, &mut buffer);
    query.add(START.0, START.1).unwrap();
    let mut query = query.signed();
    query.add(SESSION.0, SESSION.1).unwrap();
    let good = query.finish(SECRET).0.to_vec();
    assert_eq!(verified(&good), Ok(()));
    // A wrong one, although the request authenticator is right over it.
    for value in [[0; 16], [0xFF; 16]] {
        let bytes = record(&[START, (kind::MESSAGE_AUTHENTICATOR, &value), SESSION]);
        assert_eq!(verified(&bytes), Err(Unverified::Wrong));
    }
    let twice = record(&[START, (80, &[0; 16]), (80, &[0; 16])]);
    assert_eq!(verified(&twice), Err(Unverified::Twice));
    assert_eq!(verified(&record(&[START, (80, &[0; 15])])), Err(Unverified::Length));
}

#[test]
fn p08_a_record_with_a_wrong_or_zero_authenticator_is_not_believed() {
    let good = record(&[START, SESSION]);
    assert_eq!(verified(&good), Ok(()));
    for authenticator in [[0; 16], [7; 16]] {
        let mut bytes = good.clone();
        bytes[4..20].copy_from_slice(&authenticator);
        assert_eq!(verified(&bytes), Err(Unverified::Authenticator));
    }
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let packet = Packet::parse(&bytes);
        let believed =
            packet.is_ok_and(|packet| packet.verify(SECRET, MessageAuthenticator::Optional).is_ok());
        assert!(!believed, "bit {bit}");
    }
    // As an Access-Request its authenticator says nothing, so it needs a signature.
    assert_eq!(verified(&packet(1, 1, &attribute(40, &[0, 0, 0, 1]))), Err(Unverified::Missing));
}

#[test]
fn every_status_is_told_apart() {
    let all = [
        (1, Status::Start),
        (2, Status::Stop),
        (3, Status::Interim),
        (7, Status::On),
        (8, Status::Off),
        (0, Status::Other(0)),
        (9, Status::Other(9)),
        (0x0100_0001, Status::Other(0x0100_0001)),
    ];
    for (number, status) in all {
        let number: u32 = number;
        let bytes = record(&[(40, &number.to_be_bytes()), SESSION]);
        assert_eq!(read(&bytes, |record| record.unwrap().status), status);
    }
}

#[test]
fn a_session_without_a_name_is_refused_and_a_whole_nas_needs_none() {
    for (number, needed) in [(1_u8, true), (2, true), (3, true), (7, false), (8, false), (15, false)] {
        for bytes in [
            record(&[(40, &[0, 0, 0, number])]),
            record(&[(40, &[0, 0, 0, number]), (kind::ACCT_SESSION_ID, b"")]),
        ] {
            let missing = read(&bytes, |record| record.err() == Some(BadAccounting::NoSessionId));
            assert_eq!(missing, needed, "status {number}");
        }
    }
    assert_eq!(read(&record(&[SESSION]), |record| record.err()), Some(BadAccounting::NoStatus));
}

#[test]
fn figures_of_another_length_are_refused_by_the_number_of_their_attribute() {
    for kind in [40, 41, 42, 43, 46, 47, 48, 49, 52, 53, 55, 8] {
        for value in [[].as_slice(), &[1], &[1, 2, 3], &[1, 2, 3, 4, 5], &[0; 8]] {
            let bytes = record(&[(kind, value), START, SESSION]);
            assert_eq!(read(&bytes, |record| record.err()), Some(BadAccounting::Length(kind)), "{value:?}");
        }
    }
    for (kind, value) in [(168, &[0; 15][..]), (97, &[0]), (97, &[0, 129]), (97, &[0, 64, 1]), (97, &[0; 19])]
    {
        let bytes = record(&[START, SESSION, (kind, value)]);
        assert_eq!(read(&bytes, |record| record.err()), Some(BadAccounting::Length(kind)), "{value:?}");
    }
}

#[test]
fn a_full_record_is_read_whole_and_the_first_of_each_kind_counts() {
    let prefix: [u8; 10] = [0, 64, 0xFD, 0x50, 0, 0, 0, 1, 0, 2];
    let mut address = [0; 16];
    (address[0], address[15]) = (0xFD, 9);
    let bytes = record(&[
        (40, &[0, 0, 0, 2]),
        (44, b"5F\0\xFF01"),
        (44, b"another"),
        (50, b"multi"),
        (41, &[0, 0, 0, 14]),
        (41, &[0, 0, 0, 99]),
        (55, &0xF000_0000_u32.to_be_bytes()),
        (46, &3601_u32.to_be_bytes()),
        (42, &5_u32.to_be_bytes()),
        (52, &1_u32.to_be_bytes()),
        (43, &u32::MAX.to_be_bytes()),
        (47, &11_u32.to_be_bytes()),
        (48, &12_u32.to_be_bytes()),
        (49, &[0, 0, 0, 4]),
        (25, b"class one"),
        (25, b"class two"),
        (8, &[10, 50, 0, 11]),
        (168, &address),
        (97, &prefix),
        (2, b"0123456789abcdef"),
        (18, b"not ours"),
    ]);
    read(&bytes, |record| {
        let record = record.unwrap();
        assert_eq!(record.status, Status::Stop);
        assert_eq!(record.session_id, b"5F\0\xFF01");
        assert_eq!(record.multi_session_id, Some(b"multi".as_slice()));
        assert_eq!(record.delay_secs, 14);
        assert_eq!(record.event_timestamp, Some(0xF000_0000));
        assert_eq!(record.session_secs, Some(3601));
        assert_eq!(record.input, Some(Octets { low: 5, gigawords: Some(1) }));
        assert_eq!(record.output, Some(Octets { low: u32::MAX, gigawords: None }));
        assert_eq!((record.input_packets, record.output_packets), (Some(11), Some(12)));
        assert_eq!(record.terminate_cause, Some(4));
        assert_eq!(record.class, Some(b"class one".as_slice()));
        assert_eq!(record.framed_ip, Some(Ipv4Addr::new(10, 50, 0, 11)));
        let v6: Vec<String> =
            record.framed_ipv6().map(|prefix| format!("{}/{}", prefix.address, prefix.bits)).collect();
        assert_eq!(v6, ["fd00::9/128", "fd50:0:1:2::/64"]);
    });
}

#[test]
fn p13_octets_with_and_without_gigawords_are_told_apart() {
    let both = record(&[START, SESSION, (42, &[0, 0, 0, 5]), (52, &[0, 0, 0, 1])]);
    let low = record(&[START, SESSION, (42, &[0, 0, 0, 5])]);
    let high = record(&[START, SESSION, (52, &[0, 0, 0, 2])]);
    let none = record(&[START, SESSION]);
    let input = |bytes: &[u8]| read(bytes, |record| record.unwrap().input);
    assert_eq!(input(&both).unwrap().bytes(), (1 << 32) + 5);
    assert_eq!(input(&low), Some(Octets { low: 5, gigawords: None }));
    assert_eq!(input(&high).unwrap().bytes(), 2 << 32);
    assert_eq!(input(&none), None);
}
