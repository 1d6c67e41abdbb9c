//! Datagrams that are no packets, and packets that ask for too much work.

use std::time::Instant;

use radius_core::{Code, Malformed, MessageAuthenticator, Packet};

use crate::bytes::{Numbers, attribute, packet, set_length};

fn refused(datagram: &[u8]) -> Malformed {
    Packet::parse(datagram).expect_err("this is no packet")
}

#[test]
fn p01_a_datagram_shorter_than_a_header_is_refused() {
    let whole = packet(1, 1, &[]);
    for length in 0..20 {
        assert_eq!(refused(&whole[..length]), Malformed::Short, "{length} bytes");
    }
    assert!(Packet::parse(&whole).is_ok());
}

#[test]
fn p01_a_length_field_outside_20_to_4096_is_refused() {
    let mut bytes = packet(1, 1, &[0; 4090]);
    for length in [0_u16, 1, 4, 19, 4097, 0x8000, 0xFFFF] {
        bytes[2..4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(refused(&bytes), Malformed::Length, "{length}");
    }
}

#[test]
fn p01_a_length_field_beyond_the_datagram_is_refused() {
    let mut bytes = packet(1, 1, &attribute(1, b"nemo"));
    let there = bytes.len();
    for length in there + 1..=4096 {
        bytes[2..4].copy_from_slice(&(length as u16).to_be_bytes());
        assert_eq!(refused(&bytes), Malformed::Truncated, "{length}");
    }
}

#[test]
fn p01_attributes_whose_lengths_do_not_fit_are_refused() {
    let cases: [(&str, &[u8]); 9] = [
        ("a kind without a length", &[1]),
        ("length 0", &[1, 0]),
        ("length 1", &[1, 1]),
        ("length 0 with bytes behind it", &[1, 0, 65, 66]),
        ("one byte more than there is", &[1, 3]),
        ("much more than there is", &[1, 255, 65]),
        ("a good one, then half a header", &[1, 3, 65, 2]),
        ("a good one, then one too long", &[1, 3, 65, 2, 5, 66, 67]),
        ("a length that swallows the rest but one byte", &[1, 4, 65, 2, 9]),
    ];
    for (case, attributes) in cases {
        assert_eq!(refused(&packet(1, 1, attributes)), Malformed::AttributeLength, "{case}");
    }
}

#[test]
fn p01_the_attribute_of_number_0_is_refused() {
    assert_eq!(refused(&packet(1, 1, &attribute(0, b"x"))), Malformed::AttributeZero);
    let behind_a_good_one = [attribute(1, b"nemo"), attribute(0, b"")].concat();
    assert_eq!(refused(&packet(4, 1, &behind_a_good_one)), Malformed::AttributeZero);
}

#[test]
fn p01_every_truncation_of_a_good_packet_is_refused() {
    let whole = packet(1, 9, &[attribute(1, b"nemo"), attribute(4, &[10, 0, 0, 1])].concat());
    for length in 0..whole.len() {
        assert!(Packet::parse(&whole[..length]).is_err(), "{length} bytes");
        // The same with the Length field telling the truth: good only where an attribute ends.
        let mut cut = whole[..length].to_vec();
        if length >= 20 {
            set_length(&mut cut);
            assert_eq!(Packet::parse(&cut).is_ok(), [20, 26].contains(&length), "{length} bytes");
        }
    }
}

#[test]
fn p01_random_datagrams_never_panic_and_what_is_believed_is_whole() {
    let mut numbers = Numbers(1);
    let mut believed = 0;
    for _ in 0..300_000 {
        let mut bytes = numbers.bytes(20);
        // Attributes that are often right, so that the way is not always short.
        for _ in 0..numbers.below(6) {
            let length = numbers.below(12);
            let value = numbers.bytes(length);
            bytes.extend(attribute(numbers.below(100) as u8, &value));
        }
        set_length(&mut bytes);
        if numbers.below(2) == 0 {
            let at = numbers.below(bytes.len());
            bytes[at] = numbers.below(256) as u8;
        }
        let Ok(packet) = Packet::parse(&bytes) else { continue };
        let inside: usize = packet.attributes().map(|attribute| 2 + attribute.value.len()).sum();
        assert_eq!(20 + inside, packet.bytes().len());
        believed += 1;
        let _ = packet.verify(b"secret", MessageAuthenticator::Required);
    }
    assert!(believed > 100_000, "only {believed} were packets");
}

#[test]
fn padding_behind_the_length_is_ignored() {
    let mut bytes = packet(1, 1, &attribute(1, b"nemo"));
    bytes.extend_from_slice(&[1, 1, 1, 1]);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.bytes(), &bytes[..26]);
    assert_eq!(packet.attributes().count(), 1);
}

#[test]
fn p17_up_to_200_attributes_are_read_and_more_are_refused() {
    for count in [0, 1, 199, 200] {
        let packet = packet(1, 1, &attribute(18, b"").repeat(count));
        assert_eq!(Packet::parse(&packet).unwrap().attributes().count(), count);
    }
    for count in [201, 202, 2038] {
        assert_eq!(refused(&packet(1, 1, &attribute(18, b"").repeat(count))), Malformed::TooMany, "{count}");
    }
    assert_eq!(refused(&packet(1, 1, &attribute(18, b"12345678").repeat(408))), Malformed::Length);
}

#[test]
fn p17_the_costliest_packets_take_less_than_100_microseconds() {
    let mut nested = b"bottom".to_vec();
    for _ in 0..100 {
        if nested.len() + 8 <= 253 {
            nested = [&[0, 0, 0, 9, 1, nested.len() as u8 + 2], nested.as_slice()].concat();
        }
    }
    let packets = [
        packet(1, 1, &attribute(18, b"").repeat(2038)),
        packet(1, 1, &attribute(18, b"").repeat(200)),
        packet(4, 1, &attribute(26, &[7; 253]).repeat(15)),
        packet(4, 1, &attribute(26, &nested).repeat(15)),
        packet(1, 1, &[attribute(80, &[7; 16]), attribute(26, &[7; 253]).repeat(15)].concat()),
        packet(4, 1, &attribute(33, &[7; 18]).repeat(200)),
    ];
    for packet in packets {
        let begin = Instant::now();
        for _ in 0..2000 {
            if let Ok(packet) = Packet::parse(std::hint::black_box(&packet)) {
                assert!(packet.verify(b"secret", MessageAuthenticator::Required).is_err());
            }
        }
        let each = begin.elapsed() / 2000;
        assert!(each.as_micros() < 100, "{} bytes took {each:?}", packet.len());
    }
}

#[test]
fn p21_codes_that_no_client_sends_are_told_apart_and_never_verified() {
    for code in 0..=255 {
        let bytes = packet(code, 1, &attribute(1, b"nemo"));
        let packet = Packet::parse(&bytes).unwrap();
        assert_eq!(packet.code().byte(), code);
        let asked =
            matches!(packet.code(), Code::AccessRequest | Code::AccountingRequest | Code::StatusServer);
        let refused = packet.verify(b"secret", MessageAuthenticator::Optional);
        assert_eq!(refused.err() == Some(radius_core::Unverified::Code(code)), !asked, "code {code}");
    }
}
