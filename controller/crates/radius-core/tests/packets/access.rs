//! Access-Requests: who is believed, and what the password is.

use radius_core::MessageAuthenticator::{Optional, Required};
use radius_core::client::Query;
use radius_core::{BadPassword, MessageAuthenticator, Packet, Unverified, kind};

use crate::bytes::{Numbers, SECRET, attribute, hex, packet, set_length};

fn verified(bytes: &[u8], rule: MessageAuthenticator) -> Result<(), Unverified> {
    Packet::parse(bytes).expect("a packet").verify(SECRET, rule).map(|_| ())
}

/// A signed Access-Request with these attributes behind its Message-Authenticator.
fn signed(attributes: &[(u8, &[u8])]) -> Vec<u8> {
    let mut buffer = [0; 4096];
    let mut query = Query::access(7, [0xA5; 16], &mut buffer);
    for (kind, value) in attributes {
        query.add(*kind, value).unwrap();
    }
    query.finish(SECRET).0.to_vec()
}

#[test]
fn a_signed_request_is_believed_under_both_rules_and_with_no_other_secret() {
    let bytes = signed(&[(kind::USER_NAME, b"nemo"), (kind::PROXY_STATE, b"p")]);
    for rule in [Required, Optional] {
        assert_eq!(verified(&bytes, rule), Ok(()));
        let other = Packet::parse(&bytes).unwrap().verify(b"another", rule);
        assert_eq!(other.err(), Some(Unverified::Wrong));
    }
}

/// A request of 87 bytes, 696 bits, whichever is turned.
#[test]
fn p03_a_request_with_one_turned_bit_is_never_believed() {
    let mut bytes = signed(&[
        (kind::USER_NAME, b"steve"),
        (kind::NAS_IP_ADDRESS, &[10, 0, 0, 1]),
        (kind::NAS_IDENTIFIER, b"hk-01 at the lake, east gate"),
        (kind::NAS_PORT, &[0, 0, 0, 3]),
    ]);
    let bits = bytes.len() * 8;
    assert_eq!(bits, 696);
    for bit in 0..bits {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let believed = Packet::parse(&bytes).ok().and_then(|packet| packet.verify(SECRET, Required).ok());
        assert!(believed.is_none(), "bit {bit} does not matter");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(verified(&bytes, Required), Ok(()));
}

#[test]
fn p04_without_a_message_authenticator_only_an_exempt_client_without_proxy_state_is_believed() {
    let mut numbers = Numbers(4);
    for identifier in 0..1000 {
        let plain = |more: &[u8]| {
            let mut bytes = packet(1, identifier as u8, &[attribute(1, b"nemo").as_slice(), more].concat());
            bytes[4..20].copy_from_slice(&numbers.authenticator());
            bytes
        };
        let mut plain = plain;
        assert_eq!(verified(&plain(&[]), Required), Err(Unverified::Missing));
        assert_eq!(verified(&plain(&[]), Optional), Ok(()));
        assert_eq!(verified(&plain(&attribute(33, b"x")), Optional), Err(Unverified::MissingBeside));
        assert_eq!(verified(&plain(&attribute(33, b"")), Optional), Err(Unverified::MissingBeside));
        assert_eq!(verified(&plain(&attribute(79, b"eap")), Optional), Err(Unverified::MissingBeside));
    }
}

#[test]
fn p04_a_status_server_without_message_authenticator_is_never_believed() {
    let bytes = packet(12, 1, &attribute(32, b"hk-01"));
    assert_eq!(verified(&bytes, Optional), Err(Unverified::Missing));
    assert_eq!(verified(&bytes, Required), Err(Unverified::Missing));
}

#[test]
fn p06_two_message_authenticators_are_refused_even_if_one_is_right() {
    let good = signed(&[(1, b"nemo")]);
    for second in [attribute(80, &good[22..38]), attribute(80, &[0; 16]), attribute(80, &[0; 3])] {
        let mut bytes = [good.as_slice(), &second].concat();
        set_length(&mut bytes);
        for rule in [Required, Optional] {
            assert_eq!(verified(&bytes, rule), Err(Unverified::Twice));
        }
    }
    // Signed over the second too.
    assert_eq!(verified(&signed(&[(80, &[9; 16])]), Required), Err(Unverified::Twice));
}

#[test]
fn p06_a_message_authenticator_of_another_length_is_refused() {
    for length in [0, 1, 15, 17, 253] {
        let bytes = packet(1, 1, &attribute(80, &vec![1; length]));
        for rule in [Required, Optional] {
            assert_eq!(verified(&bytes, rule), Err(Unverified::Length), "{length} bytes");
        }
    }
}

#[test]
fn p06_a_message_authenticator_cut_at_the_end_or_hidden_in_another_attribute_does_not_count() {
    let good = signed(&[]);
    let mut cut = good[..good.len() - 1].to_vec();
    set_length(&mut cut);
    assert!(Packet::parse(&cut).is_err());
    for outer in [33, 26, 18] {
        let bytes = packet(1, 1, &attribute(outer, &good[20..]));
        assert_eq!(verified(&bytes, Required), Err(Unverified::Missing), "inside {outer}");
    }
}

#[test]
fn p06_a_message_authenticator_anywhere_at_the_first_level_counts() {
    let mut buffer = [0; 4096];
    let mut query = Query::unsigned_access(1, [3; 16], &mut buffer);
    query.add(kind::USER_NAME, b"nemo").unwrap();
    query.add(kind::PROXY_STATE, &[80, 18, 0, 0]).unwrap();
    let mut query = query.signed();
    query.add(kind::STATE, b"behind it").unwrap();
    assert_eq!(verified(query.finish(SECRET).0, Required), Ok(()));
}

#[test]
fn p26_passwords_of_1_to_128_bytes_come_through_whole() {
    let mut numbers = Numbers(26);
    for length in [1, 2, 15, 16, 17, 31, 32, 33, 127, 128] {
        let mut password = numbers.bytes(length);
        // A NUL at the very end cannot be told from padding; anywhere else it is part of the password.
        password[length - 1] |= 1;
        if length > 2 {
            password[length / 2] = 0;
            password[0] = b' ';
        }
        assert_eq!(revealed(&password), Ok(password.clone()), "{length} bytes");
    }
    assert_eq!(revealed(b" \0\0x\0y "), Ok(b" \0\0x\0y ".to_vec()));
}

#[test]
fn p26_passwords_of_0_and_129_bytes_are_refused() {
    assert_eq!(revealed(b""), Err(BadPassword::Empty));
    assert_eq!(revealed(b"\0\0\0"), Err(BadPassword::Empty));
    assert_eq!(revealed(&[b'x'; 129]), Err(BadPassword::Length));
    assert_eq!(revealed(&[b'x'; 253]), Err(BadPassword::Length));
}

#[test]
fn p26_hidden_values_of_a_length_that_no_client_makes_are_refused() {
    for length in (0..=253).filter(|length| *length == 0 || *length > 128 || length % 16 != 0) {
        let bytes = signed(&[(kind::USER_PASSWORD, &vec![7; length])]);
        let request = Packet::parse(&bytes).unwrap().verify(SECRET, Required).unwrap();
        assert_eq!(request.password(SECRET, &mut [0; 128]), Err(BadPassword::Length), "{length} bytes");
    }
    let twice = signed(&[(kind::USER_PASSWORD, &[7; 16]), (kind::USER_PASSWORD, &[7; 16])]);
    let none = signed(&[(kind::USER_NAME, b"nemo")]);
    for (bytes, error) in [(twice, BadPassword::Twice), (none, BadPassword::Missing)] {
        let request = Packet::parse(&bytes).unwrap().verify(SECRET, Required).unwrap();
        assert_eq!(request.password(SECRET, &mut [0; 128]), Err(error));
    }
}

/// The password as the server sees it.
fn revealed(password: &[u8]) -> Result<Vec<u8>, BadPassword> {
    let mut buffer = [0; 4096];
    let mut query = Query::access(1, [0x5A; 16], &mut buffer);
    query.add_password(password, SECRET)?;
    let (bytes, _) = query.finish(SECRET);
    let request = Packet::parse(bytes).unwrap().verify(SECRET, Required).unwrap();
    request.password(SECRET, &mut [0; 128]).map(<[u8]>::to_vec)
}

#[test]
fn names_are_bytes_and_an_empty_one_is_none() {
    let name = hex("00 ff fe f09f90a2 3c62 3e");
    let bytes = signed(&[(kind::USER_NAME, &name), (kind::NAS_IDENTIFIER, b""), (31, b"02-00"), (30, b"x")]);
    let request = Packet::parse(&bytes).unwrap().verify(SECRET, Required).unwrap();
    assert_eq!(request.user_name(), Some(name.as_slice()));
    assert_eq!(request.nas_identifier(), None);
    assert_eq!(request.calling_station(), Some(b"02-00".as_slice()));
    assert_eq!(request.called_station(), Some(b"x".as_slice()));
}

#[test]
fn nothing_of_what_a_packet_says_is_in_its_debug_text() {
    let bytes = signed(&[(kind::USER_NAME, b"canary"), (kind::CLASS, b"canary")]);
    let request = Packet::parse(&bytes).unwrap().verify(SECRET, Required).unwrap();
    let first = request.attributes().next().unwrap();
    let text = format!("{request:?} {:?} {first:?}", request.packet());
    assert!(!text.contains("canary") && !text.contains("99, 97, 110"), "{text}");
}
