//! What is written is read again, whatever it is.

use radius_core::client::Query;
use radius_core::{Code, Full, LENGTH_MAX, MessageAuthenticator, Packet, Reply, kind};

use crate::bytes::Numbers;

/// Kinds that the writer or the verification does not treat apart.
const FREE: [u8; 8] = [1, 4, 18, 24, 25, 26, 31, 255];

#[test]
fn p19_a_hundred_thousand_requests_and_replies_are_read_as_they_were_written() {
    let mut numbers = Numbers(19);
    let (mut full, mut long) = (0, 0);
    for round in 0..100_000_u32 {
        let length = 1 + numbers.below(60);
        let secret = numbers.bytes(length);
        let identifier = numbers.below(256) as u8;
        let (mut buffer, mut answer) = ([0; LENGTH_MAX], [0; LENGTH_MAX]);
        let mut query = match round % 3 {
            0 => Query::access(identifier, numbers.authenticator(), &mut buffer),
            1 => Query::status(identifier, numbers.authenticator(), &mut buffer),
            _ => Query::accounting(identifier, &mut buffer),
        };
        // Now and then more than a packet holds.
        let most = if round % 50 == 0 { 60 } else { 8 };
        let (mut written, mut length) = (Vec::new(), if round % 3 == 2 { 20 } else { 38 });
        for _ in 0..numbers.below(most) {
            let value_length = if most == 8 { numbers.below(24) } else { numbers.below(300) };
            let (kind, value) = (FREE[numbers.below(FREE.len())], numbers.bytes(value_length));
            match query.add(kind, &value) {
                Ok(()) => {
                    assert!(value.len() <= 253);
                    length += 2 + value.len();
                    written.push((kind, value));
                }
                Err(Full::Value) => {
                    assert!(value.len() > 253);
                    long += 1;
                }
                Err(Full::Packet) => {
                    assert!(length + 2 + value.len() > LENGTH_MAX);
                    full += 1;
                }
            }
        }
        let (bytes, sent) = query.finish(&secret);
        assert_eq!(bytes.len(), length);
        let request = Packet::parse(bytes).unwrap().verify(&secret, MessageAuthenticator::Required).unwrap();
        assert_eq!((request.code(), request.identifier()), (sent.code, identifier));
        assert_eq!(request.authenticator(), &sent.authenticator);
        assert_eq!(attributes(request.packet()), written);

        let code = if round % 3 == 2 { Code::AccountingResponse } else { Code::AccessAccept };
        let mut reply = Reply::to(&request, code, &mut answer);
        for (kind, value) in &written {
            reply.add(*kind, value).unwrap();
        }
        let reply = sent.check(reply.finish(&secret), &secret).unwrap();
        assert_eq!((reply.code(), reply.identifier()), (code, identifier));
        assert_eq!(attributes(reply), written);
    }
    assert!(full > 100 && long > 100, "the limits were met only {full} and {long} times");
}

fn attributes(packet: Packet<'_>) -> Vec<(u8, Vec<u8>)> {
    packet
        .attributes()
        .filter(|attribute| attribute.kind != kind::MESSAGE_AUTHENTICATOR)
        .map(|attribute| (attribute.kind, attribute.value.to_vec()))
        .collect()
}
