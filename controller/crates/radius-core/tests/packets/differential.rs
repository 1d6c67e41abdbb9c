//! The same packets through the crate `radius`, written by others: where the two differ, the difference is known.

use std::net::Ipv4Addr;

use radius::core::avp::AVP;
use radius::core::code::Code as TheirCode;
use radius::core::packet::Packet as TheirPacket;
use radius::core::{rfc2865, rfc2866, rfc2869, rfc3162, rfc6911};
use radius_core::client::Query;
use radius_core::{Accounting, Code, MessageAuthenticator, Packet, Reply, kind};

use crate::bytes::{Numbers, SECRET, attribute, packet, set_length};

#[test]
fn our_numbers_are_those_of_the_other_table() {
    let theirs = [
        rfc2865::USER_NAME_TYPE,
        rfc2865::USER_PASSWORD_TYPE,
        rfc2865::NAS_IP_ADDRESS_TYPE,
        rfc2865::NAS_PORT_TYPE,
        rfc2865::FRAMED_IP_ADDRESS_TYPE,
        rfc2865::REPLY_MESSAGE_TYPE,
        rfc2865::STATE_TYPE,
        rfc2865::CLASS_TYPE,
        rfc2865::VENDOR_SPECIFIC_TYPE,
        rfc2865::SESSION_TIMEOUT_TYPE,
        rfc2865::IDLE_TIMEOUT_TYPE,
        rfc2865::CALLED_STATION_ID_TYPE,
        rfc2865::CALLING_STATION_ID_TYPE,
        rfc2865::NAS_IDENTIFIER_TYPE,
        rfc2865::PROXY_STATE_TYPE,
        rfc2866::ACCT_STATUS_TYPE_TYPE,
        rfc2866::ACCT_DELAY_TIME_TYPE,
        rfc2866::ACCT_INPUT_OCTETS_TYPE,
        rfc2866::ACCT_OUTPUT_OCTETS_TYPE,
        rfc2866::ACCT_SESSION_ID_TYPE,
        rfc2866::ACCT_SESSION_TIME_TYPE,
        rfc2866::ACCT_INPUT_PACKETS_TYPE,
        rfc2866::ACCT_OUTPUT_PACKETS_TYPE,
        rfc2866::ACCT_TERMINATE_CAUSE_TYPE,
        rfc2866::ACCT_MULTI_SESSION_ID_TYPE,
        rfc2869::ACCT_INPUT_GIGAWORDS_TYPE,
        rfc2869::ACCT_OUTPUT_GIGAWORDS_TYPE,
        rfc2869::EVENT_TIMESTAMP_TYPE,
        rfc2869::EAP_MESSAGE_TYPE,
        rfc2869::MESSAGE_AUTHENTICATOR_TYPE,
        rfc2869::ACCT_INTERIM_INTERVAL_TYPE,
        rfc3162::NAS_IPV6_ADDRESS_TYPE,
        rfc3162::FRAMED_IPV6_PREFIX_TYPE,
        rfc6911::FRAMED_IPV6_ADDRESS_TYPE,
    ];
    assert_eq!(kind::ALL.iter().map(|(_, number)| *number).collect::<Vec<_>>(), theirs);
    for byte in 1..=254 {
        let ours = Code::from(byte);
        assert_eq!(ours.byte(), byte);
        let theirs = TheirCode::from(byte).string().replace('-', "");
        match ours {
            Code::Other(_) => assert!(!["AccessRequest", "AccountingRequest"].contains(&theirs.as_str())),
            _ => assert_eq!(format!("{ours:?}"), theirs),
        }
    }
}

/// Kinds whose text is asked for on both sides.
const TEXTS: [u8; 6] = [1, 18, 30, 31, 32, 44];

#[test]
fn requests_that_they_write_are_read_by_us() {
    let mut numbers = Numbers(101);
    for round in 0..20_000_u32 {
        let code = if round % 2 == 0 { TheirCode::AccountingRequest } else { TheirCode::StatusServer };
        let mut theirs = TheirPacket::new_with_identifier(code, SECRET, round as u8);
        let mut written = Vec::new();
        for _ in 0..numbers.below(10) {
            let length = numbers.below(254);
            let (kind, value) = (TEXTS[numbers.below(6)], numbers.bytes(length));
            theirs.add(AVP::from_bytes(kind, &value));
            written.push((kind, value));
        }
        let bytes = theirs.encode().unwrap();
        let ours = Packet::parse(&bytes).unwrap();
        let read: Vec<_> =
            ours.attributes().map(|attribute| (attribute.kind, attribute.value.to_vec())).collect();
        assert_eq!((read, ours.identifier()), (written, round as u8));
        if code == TheirCode::AccountingRequest {
            assert!(ours.verify(SECRET, MessageAuthenticator::Required).is_ok());
            assert!(ours.verify(b"other", MessageAuthenticator::Required).is_err());
        }
    }
}

#[test]
fn requests_that_we_write_are_read_by_them_and_their_replies_are_believed_by_our_client() {
    let mut numbers = Numbers(102);
    for round in 0..20_000_u32 {
        let mut buffer = [0; 4096];
        let mut query = Query::accounting(round as u8, &mut buffer);
        let input = numbers.next() as u32;
        query.add_u32(kind::ACCT_STATUS_TYPE, 3).unwrap();
        query.add(kind::ACCT_SESSION_ID, b"5F3A").unwrap();
        query.add_u32(kind::ACCT_INPUT_OCTETS, input).unwrap();
        query.add(kind::FRAMED_IP_ADDRESS, &[10, 50, 1, round as u8]).unwrap();
        let (bytes, sent) = query.finish(SECRET);
        assert!(TheirPacket::is_authentic_request(bytes, SECRET));
        let theirs = TheirPacket::decode(bytes, SECRET).unwrap();
        let request = Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
        let ours = Accounting::of(&request).unwrap();
        let address = rfc2865::lookup_framed_ip_address(&theirs).unwrap().unwrap();
        assert_eq!((ours.framed_ip, address), (Some(address), Ipv4Addr::new(10, 50, 1, round as u8)));
        assert_eq!(rfc2866::lookup_acct_input_octets(&theirs).unwrap().unwrap(), input);
        assert_eq!(ours.input.unwrap().low, input);
        assert_eq!(rfc2866::lookup_acct_session_id(&theirs).unwrap().unwrap().as_bytes(), ours.session_id);

        let mut reply = theirs.make_response_packet(TheirCode::AccountingResponse);
        rfc2865::add_reply_message(&mut reply, "recorded");
        let bytes = reply.encode().unwrap();
        assert!(sent.check(&bytes, SECRET).is_ok());
    }
}

#[test]
fn replies_that_we_write_are_genuine_to_them() {
    let mut numbers = Numbers(103);
    for round in 0..20_000_u32 {
        let (mut buffer, mut answer) = ([0; 4096], [0; 4096]);
        let mut query = Query::access(round as u8, numbers.authenticator(), &mut buffer);
        query.add(kind::PROXY_STATE, &numbers.bytes(9)).unwrap();
        let (bytes, _) = query.finish(SECRET);
        let request = Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
        let mut reply = Reply::to(&request, Code::AccessReject, &mut answer);
        reply.add_text(kind::REPLY_MESSAGE, "no").unwrap();
        assert!(TheirPacket::is_authentic_response(reply.finish(SECRET), bytes, SECRET));
    }
}

#[test]
fn passwords_are_hidden_and_revealed_alike() {
    let mut numbers = Numbers(104);
    for _ in 0..20_000 {
        let length = 1 + numbers.below(128);
        // Theirs cuts at the first NUL, so there is none here.
        let password: Vec<u8> = numbers.bytes(length).iter().map(|byte| byte | 1).collect();
        let authenticator = numbers.authenticator();
        let theirs = AVP::from_user_password(2, &password, SECRET, &authenticator).unwrap();
        let mut buffer = [0; 4096];
        let mut query = Query::unsigned_access(1, authenticator, &mut buffer);
        query.add_password(&password, SECRET).unwrap();
        let (bytes, _) = query.finish(SECRET);
        let mut written = TheirPacket::new(TheirCode::AccessRequest, SECRET);
        written.add(theirs);
        assert_eq!(written.encode().unwrap()[20..], bytes[20..]);
        let revealed = AVP::from_bytes(2, &bytes[22..]).encode_user_password(SECRET, &authenticator).unwrap();
        assert_eq!(revealed, password);
    }
}

#[test]
fn damaged_packets_are_refused_by_both_but_for_what_we_refuse_on_purpose() {
    let mut numbers = Numbers(105);
    let (mut refused, mut read) = (0, 0);
    for _ in 0..200_000 {
        let mut attributes = Vec::new();
        for _ in 0..numbers.below(5) {
            let length = numbers.below(20);
            attributes.extend(attribute(1 + numbers.below(90) as u8, &numbers.bytes(length)));
        }
        let mut bytes = packet(4, 1, &attributes);
        for _ in 0..numbers.below(3) {
            let at = numbers.below(bytes.len());
            bytes[at] = numbers.below(256) as u8;
        }
        if numbers.below(4) == 0 {
            bytes.truncate(numbers.below(bytes.len() + 1));
            if bytes.len() >= 20 && numbers.below(2) == 0 {
                set_length(&mut bytes);
            }
        }
        let (ours, theirs) = (Packet::parse(&bytes), TheirPacket::decode(&bytes, SECRET));
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => {
                let known = TheirCode::from(bytes[0]) != TheirCode::Invalid;
                for kind in 1..=255 {
                    let all: Vec<AVP> = ours
                        .attributes()
                        .filter(|attribute| attribute.kind == kind)
                        .map(|attribute| AVP::from_bytes(kind, attribute.value))
                        .collect();
                    assert_eq!(theirs.lookup_all(kind), all.iter().collect::<Vec<_>>());
                }
                read += usize::from(known);
            }
            (Err(_), Err(_)) => refused += 1,
            (Err(radius_core::Malformed::AttributeZero), Ok(_)) => {}
            (ours, theirs) => panic!("{ours:?} and {:?}: {}", theirs.is_ok(), bytes.escape_ascii()),
        }
    }
    assert!(refused > 10_000 && read > 10_000, "{refused} refused, {read} read");
}
