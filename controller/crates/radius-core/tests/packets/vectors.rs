//! The worked examples of the standards, as numbers: RFC 2865 section 7, RFC 5997 section 6.

use radius_core::client::{Query, Sent};
use radius_core::{Code, MessageAuthenticator, Packet, Reply, Request, kind};

use crate::bytes::hex;

const SECRET: &[u8] = b"xyzzy5461";

fn request(bytes: &[u8]) -> Request<'_> {
    Packet::parse(bytes).unwrap().verify(SECRET, MessageAuthenticator::Optional).unwrap()
}

/// Checks the response authenticator of a printed reply, by way of the client's half.
fn genuine(request: &[u8], reply: &[u8]) -> bool {
    let packet = Packet::parse(request).unwrap();
    let sent =
        Sent { code: packet.code(), identifier: packet.identifier(), authenticator: *packet.authenticator() };
    // The standards' replies have no Message-Authenticator: that it is missing is seen after the authenticator.
    match sent.check(reply, SECRET) {
        Ok(_) => true,
        Err(error) => {
            error == radius_core::client::Forged::MessageAuthenticator(radius_core::Unverified::Missing)
        }
    }
}

const TELNET: &str = "01000038 0f403f94 73978057 bd83d5cb 98f4227a 01066e65 6d6f0212 0dbe708d
    93d413ce 3196e43f 782a0aee 0406c0a8 01100506 00000003";
const TELNET_REPLY: &str = "02000026 86fe220e 7624ba2a 1005f6bf 9b55e0b2 06060000 00010f06 00000000
    0e06c0a8 0103";
const FRAMED: &str = "01010047 2aee86f0 8d0d5596 9ca5978e 0d3367a2 0108666c 6f707379 031316e9
    7557c316 185895f2 93ff6344 07727504 06c0a801 10050600 00001406 06000000 02070600 000001";
const FRAMED_REPLY: &str = "02010038 15efbc7d ab26cfa3 dc34d9c0 3c8601a4 06060000 00020706 00000001
    0806ffff fffe0a06 00000002 0d060000 00010c06 000005dc";
const MENU: &str = "01020039 f3a47a1f 6a6d7671 0b947ab9 3041a039 01076d6f 70737902 12336575
    73778289 b570885e 15084825 c50406c0 a8011005 06000000 07";
const MENU_REPLY: &str = "0b02004e 36f3c876 4ae8c711 57403c0c 71ff9c45 12304368 616c6c65 6e676520
    33323736 39343330 2e202045 6e746572 20726573 706f6e73 65206174 2070726f 6d70742e 180a3332 37363934 3330";
const ANSWER: &str = "01030043 b122556d 428a13d0 d6253807 c457ecf0 01076d6f 70737902 12692c1f
    205fc081 b919b951 95f561a5 810406c0 a8011005 06000000 07180a33 32373639 343330";
const ANSWER_REPLY: &str = "03030014 a42f4fca 45916c4e 09c8340f 9e746aa0";

const STATUS: &str = "0cda0026 8a54f468 6fb394c5 2866e302 185d0623 50125a66 5e2e1e84 11f3e243 822097c8 4fa3";
const STATUS_REPLY: &str = "02da0014 ef0d552a 4bf2d693 ec2b6fe8 b5411d66";
const STATUS_ACCOUNTING: &str =
    "0cb30026 925f6b66 dd5fed57 1fcb1db7 ad388260 5012e8d6 eabda910 875cd91f dade2636 7858";
/// As printed; its authenticator is right for code 5 only.
const STATUS_ACCOUNTING_REPLY: &str = "02b30014 0f6f9214 5f107e2f 504e860a 4860669c";
const STATUS_TEXT: &str =
    "0c47002c bf58de56 ae408ad3 b70c8513 f9b03fbe 0406c000 02105012 852d6fec 61e7ed74 b8e32dac 2f2a5fb2";
const STATUS_TEXT_REPLY: &str = "02470034 46f43e62 fd035442 4cbbebfd 6d214e06 12205241 44495553 20536572
    76657220 75702032 20646179 732c2031 383a3430";

#[test]
fn p02_the_replies_of_rfc_2865_are_genuine() {
    for (request, reply) in
        [(TELNET, TELNET_REPLY), (FRAMED, FRAMED_REPLY), (MENU, MENU_REPLY), (ANSWER, ANSWER_REPLY)]
    {
        let (request, mut reply) = (hex(request), hex(reply));
        assert!(genuine(&request, &reply));
        reply[5] ^= 1;
        assert!(!genuine(&request, &reply));
    }
}

#[test]
fn p02_the_passwords_of_rfc_2865_are_revealed_and_hidden_again() {
    for (bytes, password) in [(TELNET, "arctangent"), (MENU, "challenge"), (ANSWER, "99101462")] {
        let bytes = hex(bytes);
        let request = request(&bytes);
        assert_eq!(request.password(SECRET, &mut [0; 128]).unwrap(), password.as_bytes());
        let mut buffer = [0; 4096];
        let mut query = Query::unsigned_access(request.identifier(), *request.authenticator(), &mut buffer);
        for attribute in request.attributes() {
            if attribute.kind == kind::USER_PASSWORD {
                query.add_password(password.as_bytes(), SECRET).unwrap();
            } else {
                query.add(attribute.kind, attribute.value).unwrap();
            }
        }
        assert_eq!(query.finish(SECRET).0, bytes);
    }
}

#[test]
fn p02_the_status_servers_of_rfc_5997_are_verified_and_their_replies_genuine() {
    let mut accounting = hex(STATUS_ACCOUNTING_REPLY);
    assert!(
        !genuine(&hex(STATUS_ACCOUNTING), &accounting),
        "the code printed in section 6.2 is right after all"
    );
    accounting[0] = 5;
    for (bytes, reply) in
        [(STATUS, hex(STATUS_REPLY)), (STATUS_ACCOUNTING, accounting), (STATUS_TEXT, hex(STATUS_TEXT_REPLY))]
    {
        let mut bytes = hex(bytes);
        assert_eq!(request(&bytes).code(), Code::StatusServer);
        assert!(genuine(&bytes, &reply));
        let last = bytes.len() - 1;
        bytes[last] ^= 0x80;
        assert!(Packet::parse(&bytes).unwrap().verify(SECRET, MessageAuthenticator::Optional).is_err());
    }
}

#[test]
fn p02_our_own_reply_to_a_printed_request_differs_only_by_its_message_authenticator() {
    let (bytes, printed) = (hex(STATUS_TEXT), hex(STATUS_TEXT_REPLY));
    let mut buffer = [0; 4096];
    let mut reply = Reply::to(&request(&bytes), Code::AccessAccept, &mut buffer);
    reply.add_text(kind::REPLY_MESSAGE, "RADIUS Server up 2 days, 18:40").unwrap();
    let ours = reply.finish(SECRET);
    assert!(genuine(&bytes, ours));
    assert_eq!(ours[20..22], [80, 18]);
    assert_eq!(ours[38..], printed[20..]);
}
