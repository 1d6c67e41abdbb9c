//! Access points that restart: their sessions end, nobody else's, and names that come again are other sessions.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hotspot_tests::load::drive;
use hotspot_tests::nas::{Nas, OFF, ON, Port, START, STOP};
use radius_core::client::Query;
use radius_core::kind;

use crate::scene::{A, B, SECRET, Scene, Session};

const OPEN: u64 = 5_000;
const NEWER: u64 = 10;
/// Acct-Terminate-Cause of sessions that a restart ended (RFC 2866 section 5.10).
const NAS_REBOOT: u32 = 11;

/// Opens sessions `range` at this NAS.
fn open(nas: &Nas, range: std::ops::Range<u64>) -> Result<()> {
    let first = range.start;
    let count = range.end - first;
    let outcome =
        drive(nas.socket(Port::Acct), SECRET.as_bytes(), 128, count, |number, identifier, buffer| {
            let mut query = Query::accounting(identifier, buffer);
            query.add_u32(kind::ACCT_STATUS_TYPE, START)?;
            query.add(kind::ACCT_SESSION_ID, format!("s{:06}", first + number).as_bytes())?;
            query.add_u32(kind::ACCT_DELAY_TIME, 0)?;
            let (bytes, sent) = query.finish(SECRET.as_bytes());
            Ok((bytes.len(), sent))
        })?;
    ensure!(outcome.answered == count && outcome.lost == 0, "{} of {count} were answered", outcome.answered);
    Ok(())
}

fn is_open(session: &&Session) -> bool {
    session.closed_ms.is_none() && session.ended_by.is_none()
}

#[test]
fn p14_a_restart_ends_the_sessions_before_it_and_nobody_elses() -> Result<()> {
    let scene = Scene::new("radius-restart")?;
    let (mut a, b) = (scene.nas(A)?, scene.nas(B)?);
    open(&a, 0..OPEN - NEWER)?;
    open(&b, 0..OPEN)?;
    // The restart happened before these ten began: it is reported late.
    thread::sleep(Duration::from_secs(2));
    open(&a, OPEN - NEWER..OPEN)?;
    let on = a.accounting(ON, b"", &[(kind::ACCT_DELAY_TIME, &1_u32.to_be_bytes())])?;
    let begin = Instant::now();
    a.ask(Port::Acct, &on)?;
    let took = begin.elapsed();
    let (at_a, at_b) = (scene.sessions("nas-a")?, scene.sessions("nas-b")?);
    let still: BTreeSet<&str> = at_a.iter().filter(is_open).map(|session| session.id.as_str()).collect();
    assert_eq!((at_a.len() as u64, at_b.len() as u64), (OPEN, OPEN));
    let newer: Vec<String> =
        (OPEN - NEWER..OPEN).map(|number| crate::scene::hex(format!("s{number:06}").as_bytes())).collect();
    assert_eq!(still, newer.iter().map(String::as_str).collect());
    assert_eq!(at_b.iter().filter(is_open).count() as u64, OPEN);
    for session in at_a.iter().filter(|session| !is_open(session)) {
        assert_eq!(session.terminate_cause, NAS_REBOOT, "{session:?}");
    }
    ensure!(took <= Duration::from_secs(1), "the restart took {took:?}");
    println!("{} sessions ended in {took:?}", OPEN - NEWER);

    // Once more the same bytes, and once more as a new packet.
    a.ask(Port::Acct, &on)?;
    a.record(ON, b"", &[(kind::ACCT_DELAY_TIME, &2_u32.to_be_bytes())])?;
    assert_eq!(scene.sessions("nas-a")?, at_a);
    assert_eq!(scene.sessions("nas-b")?, at_b);
    Ok(())
}

#[test]
fn p14_a_nas_that_goes_down_orderly_ends_its_sessions() -> Result<()> {
    let scene = Scene::new("radius-off")?;
    let (mut a, b) = (scene.nas(A)?, scene.nas(B)?);
    open(&a, 0..20)?;
    open(&b, 0..20)?;
    a.record(OFF, b"", &[])?;
    assert_eq!(scene.sessions("nas-a")?.iter().filter(is_open).count(), 0);
    assert_eq!(scene.sessions("nas-b")?.iter().filter(is_open).count(), 20);
    Ok(())
}

#[test]
fn p15_a_session_id_that_comes_again_after_a_restart_is_another_session() -> Result<()> {
    let scene = Scene::new("radius-reused")?;
    let mut nas = scene.nas(A)?;
    let counters = |bytes: u32| bytes.to_be_bytes();
    nas.record(START, b"00000001", &[])?;
    nas.record(ON, b"", &[])?;
    nas.record(START, b"00000001", &[])?;
    nas.record(STOP, b"00000001", &[(kind::ACCT_INPUT_OCTETS, &counters(70))])?;
    let sessions = scene.sessions("nas-a")?;
    let bytes: Vec<u64> = sessions.iter().map(|session| session.bytes_up).collect();
    assert_eq!(bytes, [0, 70], "{sessions:?}");
    assert!(!sessions.iter().any(|session| is_open(&session)), "{sessions:?}");
    let causes: Vec<u32> = sessions.iter().map(|session| session.terminate_cause).collect();
    assert_eq!(causes, [NAS_REBOOT, 0]);
    Ok(())
}
