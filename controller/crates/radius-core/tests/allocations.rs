//! That a request is read, looked up and answered without one allocation, counted by the allocator itself.

#![allow(
    unsafe_code,
    reason = "an allocator cannot be written without it; this one hands all on to the system's"
)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use radius_core::client::Query;
use radius_core::{
    Accounting, Code, Duplicates, Key, MessageAuthenticator, Packet, Reply, Seen, kind, station,
};

struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with the arguments it came with.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const SECRET: &[u8] = b"a secret of the lake";

/// A login and three records, each with all that an access point of today sends.
fn requests(round: u8) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for status in 0..4_u32 {
        let mut buffer = [0; 4096];
        let mut query = match status {
            0 => Query::access(round, [round; 16], &mut buffer),
            _ => Query::accounting(round.wrapping_add(status as u8), &mut buffer),
        };
        query.add(kind::USER_NAME, b"guest-0042@lake.example").unwrap();
        query.add(kind::CALLING_STATION_ID, b"02-AB-CD-0E-F1-23").unwrap();
        query.add(kind::CALLED_STATION_ID, b"02-AB-CD-0E-F1-24:Hoan Kiem Free").unwrap();
        query.add(kind::NAS_IDENTIFIER, b"hk-01").unwrap();
        query.add(kind::PROXY_STATE, &[round; 20]).unwrap();
        if status == 0 {
            query.add_password(b"a long pass phrase of a visitor", SECRET).unwrap();
        } else {
            query.add_u32(kind::ACCT_STATUS_TYPE, status).unwrap();
            query.add(kind::ACCT_SESSION_ID, b"5F3A00010203").unwrap();
            query.add_u32(kind::ACCT_INPUT_OCTETS, 123_456).unwrap();
            query.add_u32(kind::ACCT_INPUT_GIGAWORDS, 1).unwrap();
            query.add(kind::FRAMED_IPV6_ADDRESS, &[0xFD; 16]).unwrap();
        }
        all.push(query.finish(SECRET).0.to_vec());
    }
    all
}

/// What the shell does with one datagram; gives the length of what goes back.
fn serve(datagram: &[u8], table: &mut Duplicates, buffer: &mut [u8; 4096], now_ms: u64) -> usize {
    let peer = SocketAddr::from(([10, 0, 0, 1], 1645));
    let Ok(packet) = Packet::parse(datagram) else { return 0 };
    let Ok(request) = packet.verify(SECRET, MessageAuthenticator::Required) else { return 0 };
    let key = Key::of(peer, &request);
    match table.seen(&key, now_ms) {
        Seen::New => {}
        Seen::InFlight => return 0,
        Seen::Answered(reply) => return reply.len(),
    }
    assert!(request.calling_station().is_some_and(|value| station::parse(value).mac.is_some()));
    assert!(request.called_station().is_some_and(|value| station::parse(value).ssid.is_some()));
    let code = if request.code() == Code::AccessRequest {
        assert_eq!(request.password(SECRET, &mut [0; 128]).unwrap(), b"a long pass phrase of a visitor");
        Code::AccessAccept
    } else {
        let record = Accounting::of(&request).unwrap();
        assert_eq!(record.input.unwrap().bytes(), (1 << 32) + 123_456);
        assert_eq!(record.framed_ipv6().count(), 1);
        Code::AccountingResponse
    };
    let mut reply = Reply::to(&request, code, buffer);
    reply.add_u32(kind::SESSION_TIMEOUT, 3600).unwrap();
    reply.add_text(kind::REPLY_MESSAGE, "Welcome to the lake").unwrap();
    let bytes = reply.finish(SECRET);
    table.answered(&key, bytes, now_ms);
    bytes.len()
}

#[test]
fn a_request_is_served_without_one_allocation() {
    let rounds: Vec<Vec<Vec<u8>>> = (0..=255).map(requests).collect();
    let mut damaged = rounds[0][0].clone();
    damaged[30] ^= 1;
    let mut table = Duplicates::new(512, 5_000, 3);
    let mut buffer = [0; 4096];
    let mut answered = 0;

    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for now_ms in 0..40 {
        for datagram in rounds.iter().flatten() {
            // New, and then the copy, which comes out of the table.
            answered += usize::from(serve(datagram, &mut table, &mut buffer, now_ms * 6_000) > 0);
            answered += usize::from(serve(datagram, &mut table, &mut buffer, now_ms * 6_000) > 0);
        }
        assert_eq!(serve(&damaged, &mut table, &mut buffer, now_ms), 0);
        assert_eq!(serve(&damaged[..50], &mut table, &mut buffer, now_ms), 0);
    }
    let during = ALLOCATIONS.load(Ordering::Relaxed) - before;

    assert_eq!(answered, 40 * 2 * 4 * 256);
    assert!(before > 1_000, "the allocator counts nothing");
    assert_eq!(during, 0, "{during} allocations in {answered} answers");
}
