//! A flood of bad packets: few lines in the log, and whoever asks honestly is answered.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, anyhow, ensure};
use hotspot_tests::load::{Outcome, drive};
use hotspot_tests::nas::{Nas, Port, START, authenticator};
use radius_core::client::Query;
use radius_core::kind;

use crate::scene::{A, B, PASSWORD, SECRET, STRANGER, Scene, USER};

const PER_SECOND: u64 = 50_000;
const SECONDS: u64 = 10;
/// What honest access points ask meanwhile, one request at a time.
const HONEST: u64 = 500;

/// Sends the bad packets in turn, evenly, until told to stop; gives how many went out.
fn flood(bad: &[(&UdpSocket, &[u8])], stop: &AtomicBool, sent: &AtomicU64) {
    let begin = Instant::now();
    let mut turn = bad.iter().cycle();
    while !stop.load(Ordering::Relaxed) {
        let due = begin.elapsed().as_micros() as u64 * PER_SECOND / 1_000_000;
        let so_far = sent.load(Ordering::Relaxed);
        if so_far >= due {
            thread::sleep(Duration::from_micros(200));
            continue;
        }
        for (socket, packet) in turn.by_ref().take((due - so_far) as usize) {
            // What does not fit is lost, as floods are.
            let _ = socket.send(packet);
        }
        sent.store(due, Ordering::Relaxed);
    }
}

fn logins(nas: &Nas, count: u64) -> Result<Outcome> {
    drive(nas.socket(Port::Auth), SECRET.as_bytes(), 1, count, |_, identifier, buffer| {
        let mut query = Query::access(identifier, authenticator()?, buffer);
        query.add(kind::USER_NAME, USER.as_bytes())?;
        query.add_password(PASSWORD.as_bytes(), SECRET.as_bytes())?;
        let (bytes, sent) = query.finish(SECRET.as_bytes());
        Ok((bytes.len(), sent))
    })
}

fn records(nas: &Nas, count: u64) -> Result<Outcome> {
    drive(nas.socket(Port::Acct), SECRET.as_bytes(), 1, count, |number, identifier, buffer| {
        let mut query = Query::accounting(identifier, buffer);
        query.add_u32(kind::ACCT_STATUS_TYPE, START)?;
        query.add(kind::ACCT_SESSION_ID, format!("honest-{number}").as_bytes())?;
        let (bytes, sent) = query.finish(SECRET.as_bytes());
        Ok((bytes.len(), sent))
    })
}

#[test]
fn fifty_thousand_bad_packets_a_second_make_few_lines_and_honest_requests_go_through() -> Result<()> {
    let scene = Scene::new("radius-flood")?;
    let (mut a, b, stranger) = (scene.nas(A)?, scene.nas(B)?, scene.nas(STRANGER)?);
    let login = a.access(b"somebody", b"something", &[])?.bytes;
    let mut forged = login.clone();
    if let Some(byte) = forged.last_mut() {
        *byte ^= 1;
    }
    let cut = login.get(..30).unwrap_or_default().to_vec();
    let unsigned = a.unsigned_access(b"somebody", b"something", &[])?.bytes;
    let astray = a.accounting(START, b"astray", &[])?.bytes;
    let noise: Vec<u8> = login.iter().map(|byte| !byte).collect();
    // Each from a NAS that is known, and the same from a stranger.
    let kinds = [forged, cut, unsigned, astray, noise];
    let bad: Vec<(&UdpSocket, &[u8])> = [&a, &stranger]
        .into_iter()
        .flat_map(|nas| kinds.iter().map(|packet| (nas.socket(Port::Auth), packet.as_slice())))
        .collect();

    let quiet = logins(&b, HONEST)?;
    let (before, log_before) = (scene.counted()?, scene.log()?.len());
    let (stop, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let (during, stored, flooded) = thread::scope(|scope| -> Result<_> {
        let flooding = scope.spawn(|| flood(&bad, &stop, &sent));
        let begin = Instant::now();
        let storing = scope.spawn(|| records(&b, HONEST));
        let during = logins(&b, HONEST);
        let stored = storing.join().map_err(|_| anyhow!("a thread panicked"));
        let rest = Duration::from_secs(SECONDS).saturating_sub(begin.elapsed());
        thread::sleep(rest);
        stop.store(true, Ordering::Relaxed);
        flooding.join().map_err(|_| anyhow!("the flood panicked"))?;
        Ok((during?, stored??, begin.elapsed()))
    })?;
    let (after, log) = (scene.counted()?, scene.log()?);
    let lines = log.get(log_before..).unwrap_or_default().lines().count();
    let bad_seen = after.dropped_at_all() - before.dropped_at_all();
    println!(
        "{} bad packets in {flooded:?}, {bad_seen} of them seen; {lines} lines; login p50/p99 {:?}/{:?} instead of \
         {:?}/{:?}, {} sent again; records p99 {:?}, {} sent again",
        sent.load(Ordering::Relaxed),
        during.quantile(0.5),
        during.quantile(0.99),
        quiet.quantile(0.5),
        quiet.quantile(0.99),
        during.retransmitted,
        stored.quantile(0.99),
        stored.retransmitted,
    );
    let seconds = flooded.as_secs_f64();
    ensure!(
        sent.load(Ordering::Relaxed) as f64 >= 0.95 * (PER_SECOND * SECONDS) as f64,
        "the flood was too small"
    );
    ensure!(bad_seen > 0, "the server saw nothing of it");
    ensure!(lines as f64 <= 10.0 * seconds, "{lines} lines in {seconds:.1} s");
    assert_eq!((during.answered, during.rejected, during.lost), (HONEST, 0, 0));
    assert_eq!((stored.answered, stored.lost), (HONEST, 0));
    assert_eq!(scene.sessions("nas-b")?.len() as u64, HONEST);
    for reason in ["malformed", "wrong_secret", "no_message_authenticator", "wrong_port", "unknown_client"] {
        ensure!(after.dropped(reason) > before.dropped(reason), "nothing was counted as {reason}");
    }
    Ok(())
}
