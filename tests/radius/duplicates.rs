//! Retransmissions: the same bytes back, the work done once.

use std::io::ErrorKind;

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::nas::{Nas, Port, START};
use radius_core::Code;

use crate::scene::{A, PASSWORD, Scene, USER};

const REQUESTS: u64 = 10_000;
const COPIES: usize = 5;

/// Whether nothing has come to the NAS on this port.
pub fn nothing_came(nas: &Nas, port: Port) -> Result<()> {
    let socket = nas.socket(port);
    socket.set_nonblocking(true)?;
    let came = socket.recv(&mut [0; 4096]);
    socket.set_nonblocking(false)?;
    match came {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
        Err(error) => Err(error).context("cannot look whether something came"),
        Ok(length) => bail!("{length} bytes came where nothing should"),
    }
}

#[test]
fn p09_ten_thousand_requests_in_five_copies_are_each_worked_on_once() -> Result<()> {
    let scene = Scene::new("radius-duplicates")?;
    let mut nas = scene.nas(A)?;
    ensure!(nas.login(USER, PASSWORD)?, "the account is not let in");
    let before = scene.counted()?;
    for number in 0..REQUESTS {
        let asked = nas.access(USER.as_bytes(), PASSWORD.as_bytes(), &[])?;
        for _ in 0..COPIES {
            nas.socket(Port::Auth).send(&asked.bytes)?;
        }
        let first = nas.receive(Port::Auth, &asked)?;
        assert_eq!(first.code, Code::AccessAccept, "request {number}");
        for copy in 1..COPIES {
            assert_eq!(nas.receive(Port::Auth, &asked)?.bytes, first.bytes, "request {number}, copy {copy}");
        }
    }
    let after = scene.counted()?;
    assert_eq!(after.requests("auth", "accept") - before.requests("auth", "accept"), REQUESTS);
    assert_eq!(after.requests("auth", "duplicate") - before.requests("auth", "duplicate"), REQUESTS * 4);
    assert_eq!(after.dropped_at_all(), before.dropped_at_all());
    Ok(())
}

#[test]
fn p09_copies_of_a_request_that_is_being_worked_on_get_one_answer() -> Result<()> {
    let scene = Scene::new("radius-in-flight")?;
    let mut nas = scene.nas(A)?;
    let before = scene.counted()?;
    // A password that was never seen is hashed first: long enough for four copies to come meanwhile.
    let asked = nas.access(USER.as_bytes(), b"never seen before", &[])?;
    for _ in 0..COPIES {
        nas.socket(Port::Auth).send(&asked.bytes)?;
    }
    let answer = nas.receive(Port::Auth, &asked)?;
    assert_eq!(answer.code, Code::AccessReject);
    nas.flush(Port::Auth)?;
    nothing_came(&nas, Port::Auth)?;
    let after = scene.counted()?;
    assert_eq!(after.requests("auth", "reject") - before.requests("auth", "reject"), 1);
    assert_eq!(after.dropped("in_flight") - before.dropped("in_flight"), 4);
    // And afterwards the answer is remembered.
    assert_eq!(nas.ask(Port::Auth, &asked)?.bytes, answer.bytes);
    Ok(())
}

#[test]
fn p10_a_new_authenticator_is_a_new_request_and_a_forged_packet_changes_nothing() -> Result<()> {
    let scene = Scene::new("radius-identifiers")?;
    let mut nas = scene.nas(A)?;
    let first = nas.accounting(START, b"first", &[])?;
    let answer = nas.ask(Port::Acct, &first)?;
    // The same identifier and authenticator, other content: its authenticator is wrong now.
    let mut forged = first.bytes.clone();
    let last = forged.len() - 1;
    if let Some(byte) = forged.get_mut(last) {
        *byte ^= 1;
    }
    nas.socket(Port::Acct).send(&forged)?;
    assert_eq!(nas.ask(Port::Acct, &first)?.bytes, answer.bytes, "the forged packet pushed the answer out");
    // The same identifier for something new.
    for _ in 0..255 {
        nas.next_identifier();
    }
    let second = nas.accounting(START, b"second", &[])?;
    assert_eq!(second.sent.identifier, first.sent.identifier);
    let other = nas.ask(Port::Acct, &second)?;
    ensure!(other.bytes != answer.bytes, "a new request got the old answer");
    assert_eq!(scene.sessions("nas-a")?.len(), 2);
    Ok(())
}
