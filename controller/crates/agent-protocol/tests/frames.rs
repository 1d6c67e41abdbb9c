//! Frames and tokens: what one side writes the other reads, whole or in any pieces; nothing else is accepted.

use agent_protocol::enroll::{EnrollToken, KeyPin, TokenError};
use agent_protocol::frame::{FrameError, MAX_FRAME_BYTES, MAX_RELAY_HEADER_BYTES, decode, encode};
use agent_protocol::v1::{Counter, Health, RelayHeader, Up, up};
use bytes::{BufMut, BytesMut};
use proptest::prelude::*;

fn health(stations: u32, names: Vec<String>) -> Up {
    let counters = names.into_iter().map(|name| Counter { name, value: 7 }).collect();
    Up { body: Some(up::Body::Health(Health { stations, counters, ..Health::default() })) }
}

proptest! {
    #[test]
    fn frames_survive_any_cut_of_the_stream(
        stations in proptest::collection::vec(any::<u32>(), 1..8),
        names in proptest::collection::vec("[a-z_]{0,20}", 0..5),
        piece in 1usize..40,
    ) {
        let sent: Vec<Up> = stations.iter().map(|&n| health(n, names.clone())).collect();
        let mut wire = BytesMut::new();
        for message in &sent {
            encode(message, &mut wire).unwrap();
        }
        let mut inbox = BytesMut::new();
        let mut got = Vec::new();
        for part in wire.chunks(piece) {
            inbox.put_slice(part);
            while let Some(message) = decode::<Up>(&mut inbox, MAX_FRAME_BYTES).unwrap() {
                got.push(message);
            }
        }
        prop_assert_eq!(got, sent);
        prop_assert!(inbox.is_empty());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut inbox = BytesMut::from(&bytes[..]);
        while let Ok(Some(_)) = decode::<Up>(&mut inbox, MAX_FRAME_BYTES) {}
    }

    #[test]
    fn tokens_come_back_as_they_were_written(secret in any::<[u8; 32]>(), pin in any::<[u8; 32]>()) {
        let token = EnrollToken { secret, controller: KeyPin(pin) };
        let read = EnrollToken::from_text(&format!(" {}\n", token.to_text())).unwrap();
        prop_assert!(read == token);
    }
}

#[test]
fn a_length_above_the_limit_is_refused_before_its_bytes_arrive() {
    let mut inbox = BytesMut::new();
    inbox.put_u32(257);
    assert_eq!(
        decode::<RelayHeader>(&mut inbox, MAX_RELAY_HEADER_BYTES),
        Err(FrameError::TooLong { length: 257, limit: 256 })
    );
}

#[test]
fn a_message_above_the_limit_is_not_written() {
    let mut wire = BytesMut::new();
    let message = health(0, vec!["x".repeat(MAX_FRAME_BYTES)]);
    assert!(matches!(encode(&message, &mut wire), Err(FrameError::TooLong { .. })));
    assert!(wire.is_empty());
}

#[test]
fn a_body_this_side_does_not_know_is_read_as_absent() {
    // Field 15, length-delimited, empty: what a newer agent might say.
    let mut inbox = BytesMut::from(&[0, 0, 0, 2, 0x7a, 0][..]);
    assert_eq!(decode::<Up>(&mut inbox, MAX_FRAME_BYTES), Ok(Some(Up { body: None })));
}

#[test]
fn what_is_no_token_says_how_to_make_one() {
    for text in ["", "hk1", "hk1.a.b", "hk2.AAAA.AAAA", "hk1.A.B.C", "http://controller"] {
        let refused = EnrollToken::from_text(text);
        assert!(matches!(refused, Err(TokenError::Malformed)), "{text:?} was taken for a token");
    }
    assert!(TokenError::Malformed.to_string().contains("hotspot-controller ap token"));
}
