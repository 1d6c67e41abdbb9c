//! Replies: what stands first, what comes back, what does not fit.

use radius_core::client::{Forged, Query, Sent};
use radius_core::{Code, Full, MessageAuthenticator, Packet, Reply, kind};

use crate::bytes::{Numbers, SECRET};

/// Signed requests of each kind with these Proxy-States, and one unsigned without any.
fn asked(proxy_states: &[Vec<u8>], numbers: &mut Numbers) -> Vec<(Vec<u8>, Sent)> {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    for which in 0..4 {
        let authenticator = numbers.authenticator();
        let mut query = match which {
            0 => Query::access(which, authenticator, &mut buffer),
            1 => Query::status(which, authenticator, &mut buffer),
            2 => Query::accounting(which, &mut buffer),
            _ if proxy_states.is_empty() => Query::unsigned_access(which, authenticator, &mut buffer),
            _ => continue,
        };
        for value in proxy_states {
            query.add(kind::PROXY_STATE, value).unwrap();
        }
        let (bytes, sent) = query.finish(SECRET);
        all.push((bytes.to_vec(), sent));
    }
    all
}

fn answers_to(code: Code) -> &'static [Code] {
    match code {
        Code::AccessRequest => &[Code::AccessAccept, Code::AccessReject, Code::AccessChallenge],
        Code::AccountingRequest => &[Code::AccountingResponse],
        _ => &[Code::AccessAccept, Code::AccountingResponse],
    }
}

#[test]
fn p05_the_message_authenticator_stands_first_in_every_reply_to_an_access_request() {
    let mut numbers = Numbers(5);
    let mut checked = 0;
    while checked < 10_000 {
        for (bytes, sent) in asked(&[], &mut numbers) {
            let request =
                Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Optional).unwrap();
            for code in answers_to(sent.code) {
                let mut buffer = [0xEE; 4096];
                let mut reply = Reply::to(&request, *code, &mut buffer);
                let length = numbers.below(250);
                reply.add(kind::REPLY_MESSAGE, &numbers.bytes(length)).unwrap();
                reply.add_u32(kind::SESSION_TIMEOUT, 3600).unwrap();
                let reply = reply.finish(SECRET);
                let first = Packet::parse(reply).unwrap().attributes().next().unwrap();
                if sent.code == Code::AccountingRequest {
                    assert_eq!(first.kind, kind::REPLY_MESSAGE);
                } else {
                    assert_eq!((first.kind, first.value.len()), (kind::MESSAGE_AUTHENTICATOR, 16));
                    checked += 1;
                }
                assert_eq!(sent.check(reply, SECRET).unwrap().code(), *code);
            }
        }
    }
}

#[test]
fn p05_a_reply_with_one_turned_bit_is_not_believed_by_the_client() {
    for (bytes, sent) in asked(&[b"p".to_vec()], &mut Numbers(9)) {
        let request = Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
        let mut buffer = [0; 4096];
        let mut reply = Reply::to(&request, answers_to(sent.code)[0], &mut buffer);
        reply.add_text(kind::REPLY_MESSAGE, "welcome").unwrap();
        let mut reply = reply.finish(SECRET).to_vec();
        for bit in 0..reply.len() * 8 {
            reply[bit / 8] ^= 1 << (bit % 8);
            assert!(sent.check(&reply, SECRET).is_err(), "bit {bit}");
            reply[bit / 8] ^= 1 << (bit % 8);
        }
        assert!(sent.check(&reply, SECRET).is_ok());
        assert_eq!(sent.check(&reply, b"other").unwrap_err(), Forged::Authenticator);
    }
}

#[test]
fn p20_every_proxy_state_comes_back_in_order_byte_for_byte() {
    let mut numbers = Numbers(20);
    for count in [0, 1, 2, 10] {
        for longest in [0, 1, 20, 253] {
            let states: Vec<Vec<u8>> = (0..count)
                .map(|_| {
                    let length = numbers.below(longest + 1);
                    numbers.bytes(length)
                })
                .collect();
            for (bytes, sent) in asked(&states, &mut numbers) {
                let request =
                    Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Optional).unwrap();
                for code in answers_to(sent.code) {
                    let mut buffer = [0; 4096];
                    let mut reply = Reply::to(&request, *code, &mut buffer);
                    reply.add_text(kind::REPLY_MESSAGE, "welcome").unwrap();
                    let reply = sent.check(reply.finish(SECRET), SECRET).unwrap();
                    let back: Vec<&[u8]> = reply
                        .attributes()
                        .filter(|attribute| attribute.kind == kind::PROXY_STATE)
                        .map(|attribute| attribute.value)
                        .collect();
                    assert_eq!(back, states);
                }
            }
        }
    }
}

#[test]
fn p20_a_request_full_of_proxy_states_is_answered_whole() {
    // 15 of the longest and one that fills the accounting request to the last byte; 18 are for the signature.
    for (last, accounting) in [(4076 - 15 * 255 - 2, true), (4076 - 18 - 15 * 255 - 2, false)] {
        let mut buffer = [0; 4096];
        let mut query = match accounting {
            true => Query::accounting(1, &mut buffer),
            false => Query::access(1, [1; 16], &mut buffer),
        };
        for length in [[253; 15].as_slice(), &[last]].concat() {
            query.add(kind::PROXY_STATE, &vec![b'p'; length]).unwrap();
        }
        assert_eq!(query.add(kind::PROXY_STATE, b""), Err(Full::Packet));
        let (bytes, sent) = query.finish(SECRET);
        assert_eq!(bytes.len(), 4096);
        let request = Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
        let mut buffer = [0; 4096];
        let code = if accounting { Code::AccountingResponse } else { Code::AccessReject };
        let mut reply = Reply::to(&request, code, &mut buffer);
        assert_eq!(reply.add_text(kind::REPLY_MESSAGE, "x"), Err(Full::Packet));
        let reply = sent.check(reply.finish(SECRET), SECRET).unwrap();
        assert_eq!(reply.bytes().len(), 4096);
        assert_eq!(reply.attributes().filter(|attribute| attribute.kind == kind::PROXY_STATE).count(), 16);
    }
}

#[test]
fn p20_a_reply_takes_exactly_4096_bytes_and_refuses_the_next_without_harm() {
    let (bytes, sent) = asked(&[b"state".to_vec()], &mut Numbers(1)).remove(0);
    let request = Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
    let mut buffer = [0; 4096];
    let mut reply = Reply::to(&request, Code::AccessAccept, &mut buffer);
    let mut room = 4096 - 20 - 18 - 7;
    while room >= 255 {
        assert_eq!(reply.add(kind::REPLY_MESSAGE, &[b'x'; 254]), Err(Full::Value));
        reply.add(kind::REPLY_MESSAGE, &[b'x'; 253]).unwrap();
        room -= 255;
    }
    assert_eq!(reply.add(kind::REPLY_MESSAGE, &vec![b'y'; room - 1]), Err(Full::Packet));
    reply.add(kind::REPLY_MESSAGE, &vec![b'y'; room - 2]).unwrap();
    assert_eq!(reply.add_u32(kind::SESSION_TIMEOUT, 1), Err(Full::Packet));
    assert_eq!(reply.add(kind::CLASS, b""), Err(Full::Packet));
    let reply = sent.check(reply.finish(SECRET), SECRET).unwrap();
    assert_eq!(reply.bytes().len(), 4096);
    assert!(!reply.has(kind::SESSION_TIMEOUT));
}

#[test]
fn a_reply_to_another_request_is_not_believed() {
    let mut numbers = Numbers(3);
    let (bytes, sent) = asked(&[], &mut numbers).remove(0);
    let request = Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Required).unwrap();
    let mut buffer = [0; 4096];
    let reply = Reply::to(&request, Code::AccessAccept, &mut buffer).finish(SECRET);
    assert!(sent.check(reply, SECRET).is_ok());
    assert_eq!(Sent { identifier: 99, ..sent }.check(reply, SECRET).unwrap_err(), Forged::Other);
    assert_eq!(
        Sent { code: Code::AccountingRequest, ..sent }.check(reply, SECRET).unwrap_err(),
        Forged::Other
    );
    let other = Sent { authenticator: numbers.authenticator(), ..sent };
    assert_eq!(other.check(reply, SECRET).unwrap_err(), Forged::Authenticator);
    assert!(matches!(sent.check(&reply[..19], SECRET), Err(Forged::Malformed(_))));
}
