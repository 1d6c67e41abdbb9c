//! What gets no answer: each kind is counted apart, and nothing of it is kept.

use std::io::ErrorKind;

use anyhow::{Result, ensure};
use hotspot_tests::nas::{Nas, ON, Port, START};
use radius_core::{Code, kind};

use crate::duplicates::nothing_came;
use crate::scene::{A, B, OLD, PASSWORD, STRANGER, Scene, USER};

/// So many datagrams are sent before the server is asked whether it has taken them: its socket must not overflow.
const AT_ONCE: usize = 50;

/// Sends every datagram from `nas`, makes sure that the server has taken them, and that none was answered.
fn sent_in_vain<'d>(
    nas: &Nas,
    honest: &mut Nas,
    port: Port,
    datagrams: impl Iterator<Item = &'d [u8]>,
) -> Result<u64> {
    let mut count = 0;
    for datagram in datagrams {
        nas.socket(port).send(datagram)?;
        count += 1;
        if count % AT_ONCE as u64 == 0 {
            honest.flush(port)?;
        }
    }
    honest.flush(port)?;
    nothing_came(nas, port)?;
    Ok(count)
}

fn packet(code: u8, length: u16, attributes: &[u8]) -> Vec<u8> {
    let mut bytes = vec![code, 1];
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(&[7; 16]);
    bytes.extend_from_slice(attributes);
    bytes
}

#[test]
fn p01_malformed_datagrams_are_counted_one_by_one_and_never_answered() -> Result<()> {
    let scene = Scene::new("radius-malformed")?;
    let (nas, mut honest) = (scene.nas(A)?, scene.nas(B)?);
    let datagrams = [
        vec![],
        vec![1],
        packet(1, 20, &[])[..19].to_vec(),
        packet(1, 19, &[]),
        packet(1, 0, &[]),
        packet(1, 21, &[]),
        packet(1, 4097, &[1; 4077]),
        packet(1, 0xFFFF, &[]),
        packet(1, 22, &[1, 0]),
        packet(1, 22, &[1, 1]),
        packet(1, 21, &[1]),
        packet(1, 22, &[1, 3]),
        packet(1, 24, &[1, 255, 65, 66]),
        packet(1, 25, &[1, 3, 65, 1, 1]),
        packet(1, 23, &[0, 3, 65]),
        packet(1, 22 + 36, &[[80, 18].as_slice(), &[1; 16], &[80, 18], &[2; 16], &[1, 2]].concat()),
        packet(1, 37, &[[80, 17].as_slice(), &[1; 15]].concat()),
        packet(1, 20 + 402, &[18, 2].repeat(201)),
    ];
    for port in [Port::Auth, Port::Acct] {
        for (number, datagram) in datagrams.iter().enumerate() {
            // Message-Authenticators are looked at where the request belongs.
            if port == Port::Acct && (15..=16).contains(&number) {
                continue;
            }
            let before = scene.counted()?;
            sent_in_vain(&nas, &mut honest, port, std::iter::once(datagram.as_slice()))?;
            let after = scene.counted()?;
            assert_eq!(after.dropped("malformed") - before.dropped("malformed"), 1, "datagram {number}");
            assert_eq!(after.dropped_at_all() - before.dropped_at_all(), 1, "datagram {number}");
        }
    }
    Ok(())
}

#[test]
fn p04_without_message_authenticator_only_the_exempt_nas_is_answered() -> Result<()> {
    const COUNT: usize = 1000;
    let mut scene = Scene::new("radius-unsigned")?;
    // Said at every start, not only when somebody adds it.
    scene.lab.controller.stop()?;
    scene.lab.controller.start()?;
    ensure!(
        scene.log()?.contains("without Message-Authenticator are answered"),
        "the exemption is not warned of"
    );
    let (mut strict, mut old, mut honest) = (scene.nas(A)?, scene.nas(OLD)?, scene.nas(B)?);
    let before = scene.counted()?;
    let asked = |nas: &mut Nas, more: &[(u8, &[u8])]| -> Result<Vec<Vec<u8>>> {
        (0..COUNT)
            .map(|_| Ok(nas.unsigned_access(USER.as_bytes(), PASSWORD.as_bytes(), more)?.bytes))
            .collect()
    };
    let unsigned = asked(&mut strict, &[])?;
    sent_in_vain(&strict, &mut honest, Port::Auth, unsigned.iter().map(Vec::as_slice))?;
    let proxied = asked(&mut old, &[(kind::PROXY_STATE, b"p")])?;
    sent_in_vain(&old, &mut honest, Port::Auth, proxied.iter().map(Vec::as_slice))?;
    let after = scene.counted()?;
    let missing = after.dropped("no_message_authenticator") - before.dropped("no_message_authenticator");
    assert_eq!(missing, 2 * COUNT as u64);
    for _ in 0..COUNT {
        let request = old.unsigned_access(USER.as_bytes(), PASSWORD.as_bytes(), &[])?;
        // `ask` believes only a reply that begins with a Message-Authenticator.
        assert_eq!(old.ask(Port::Auth, &request)?.code, Code::AccessAccept);
    }
    let said =
        scene.log()?.matches("an Access-Request without Message-Authenticator was not answered").count();
    ensure!((1..=10).contains(&said), "{said} lines about {} requests", 2 * COUNT);
    Ok(())
}

#[test]
fn p08_records_with_a_wrong_or_zero_authenticator_leave_no_row() -> Result<()> {
    let scene = Scene::new("radius-records-forged")?;
    let (mut nas, mut honest) = (scene.nas(A)?, scene.nas(B)?);
    let before = scene.counted()?;
    let mut forged = Vec::new();
    for authenticator in [[0; 16], [9; 16]] {
        let mut bytes = nas.accounting(START, b"forged", &[])?.bytes;
        if let Some(place) = bytes.get_mut(4..20) {
            place.copy_from_slice(&authenticator);
        }
        forged.push(bytes);
    }
    forged.push(nas.accounting(ON, b"", &[(kind::MESSAGE_AUTHENTICATOR, &[1; 16])])?.bytes);
    sent_in_vain(&nas, &mut honest, Port::Acct, forged.iter().map(Vec::as_slice))?;
    assert_eq!(scene.counted()?.dropped("wrong_secret") - before.dropped("wrong_secret"), 3);
    assert_eq!(scene.sessions("nas-a")?, []);
    Ok(())
}

#[test]
fn p21_strangers_wrong_codes_and_wrong_ports_are_counted_apart_and_get_silence() -> Result<()> {
    const COUNT: usize = 2500;
    let scene = Scene::new("radius-strangers")?;
    let (mut nas, mut stranger, mut honest) = (scene.nas(A)?, scene.nas(STRANGER)?, scene.nas(B)?);
    let before = scene.counted()?;

    let strange = stranger.access(USER.as_bytes(), PASSWORD.as_bytes(), &[])?.bytes;
    let sent =
        sent_in_vain(&stranger, &mut honest, Port::Auth, std::iter::repeat_n(strange.as_slice(), COUNT))?;
    let strange = stranger.accounting(START, b"s", &[])?.bytes;
    let sent = sent
        + sent_in_vain(&stranger, &mut honest, Port::Acct, std::iter::repeat_n(strange.as_slice(), COUNT))?;

    let codes: Vec<Vec<u8>> =
        [0, 53, 255, 2, 3, 5, 11, 13, 40, 43].map(|code| packet(code, 20, &[])).to_vec();
    let mut odd = 0;
    for port in [Port::Auth, Port::Acct] {
        let datagrams = codes.iter().map(Vec::as_slice).cycle().take(COUNT);
        odd += sent_in_vain(&nas, &mut honest, port, datagrams)?;
    }

    let login = nas.access(USER.as_bytes(), PASSWORD.as_bytes(), &[])?.bytes;
    let mut astray = sent_in_vain(&nas, &mut honest, Port::Acct, std::iter::once(login.as_slice()))?;
    let record = nas.accounting(START, b"astray", &[])?.bytes;
    astray += sent_in_vain(&nas, &mut honest, Port::Auth, std::iter::once(record.as_slice()))?;

    let after = scene.counted()?;
    for (reason, count) in [("unknown_client", sent), ("wrong_code", odd), ("wrong_port", astray)] {
        assert_eq!(after.dropped(reason) - before.dropped(reason), count, "{reason}");
    }
    assert_eq!(after.dropped_at_all() - before.dropped_at_all(), sent + odd + astray);
    assert_eq!(scene.sessions("nas-a")?, []);
    Ok(())
}

#[test]
fn a_nas_that_is_removed_is_a_stranger_within_a_second() -> Result<()> {
    let scene = Scene::new("radius-removed")?;
    let mut nas = scene.nas(A)?;
    ensure!(nas.login(USER, PASSWORD)?, "the account is not let in");
    scene.lab.controller.command(&["nas", "remove", "nas-a"])?;
    let limit = std::time::Duration::from_secs(1);
    nas.socket(Port::Auth).set_read_timeout(Some(std::time::Duration::from_millis(50)))?;
    hotspot_tests::lab::wait::wait_until("the removed NAS to get silence", limit, || {
        let Ok(status) = nas.status_server() else { return false };
        let _ = nas.socket(Port::Auth).send(&status.bytes);
        let came = nas.socket(Port::Auth).recv(&mut [0; 4096]);
        came.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
    })?;
    Ok(())
}
