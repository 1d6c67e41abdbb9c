//! What records leave behind: one row each, the right moment, whole counters, names as they came, no secret.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::nas::{INTERIM, Port, START, STOP};
use radius_core::{Code, kind};
use serde::Deserialize;

use crate::scene::{A, PASSWORD, Scene, USER, hex, now_ms};

fn be(value: u32) -> [u8; 4] {
    value.to_be_bytes()
}

/// The delays that a NAS of the standards says while its first record stays without an answer; the last is tried alone,
/// because it would be half a minute of waiting.
#[test]
fn p11_a_record_that_is_sent_again_and_again_is_one_and_keeps_its_moment() -> Result<()> {
    let scene = Scene::new("radius-delay")?;
    let mut nas = scene.nas(A)?;
    let (begin, happened) = (Instant::now(), now_ms()?);
    for delay in [0_u32, 2, 6, 14] {
        thread::sleep((begin + Duration::from_secs(delay.into())).saturating_duration_since(Instant::now()));
        // Another delay is other bytes: another identifier and another authenticator.
        nas.record(START, b"again", &[(kind::ACCT_DELAY_TIME, &be(delay))])?;
    }
    nas.record(START, b"late", &[(kind::ACCT_DELAY_TIME, &be(30))])?;
    let late = now_ms()? - 30_000;
    let sessions = scene.sessions("nas-a")?;
    let moments: Vec<(String, u64)> =
        sessions.iter().map(|session| (session.id.clone(), session.started_ms)).collect();
    let [(again, again_ms), (late_id, late_ms)] = moments.as_slice() else {
        bail!("two sessions are expected: {sessions:?}")
    };
    assert_eq!((again.as_str(), late_id.as_str()), (hex(b"again").as_str(), hex(b"late").as_str()));
    ensure!(again_ms.abs_diff(happened) <= 1000, "it began {} ms off", again_ms.abs_diff(happened));
    ensure!(late_ms.abs_diff(late) <= 1000, "it began {} ms off", late_ms.abs_diff(late));
    Ok(())
}

#[test]
fn p13_a_counter_that_wraps_is_right_with_gigawords_and_flagged_without() -> Result<()> {
    let scene = Scene::new("radius-wrap")?;
    let mut nas = scene.nas(A)?;
    for session in [b"with".as_slice(), b"without"] {
        nas.record(START, session, &[])?;
    }
    let octets = |low: u32, giga: u32| {
        [
            (kind::ACCT_INPUT_OCTETS, be(low)),
            (kind::ACCT_INPUT_GIGAWORDS, be(giga)),
            (kind::ACCT_OUTPUT_OCTETS, be(low)),
            (kind::ACCT_OUTPUT_GIGAWORDS, be(giga)),
        ]
    };
    for (low, giga) in [(u32::MAX, 0), (5, 1)] {
        let all = octets(low, giga);
        let with: Vec<(u8, &[u8])> = all.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
        let without: Vec<(u8, &[u8])> = with.iter().copied().step_by(2).collect();
        nas.record(INTERIM, b"with", &with)?;
        nas.record(INTERIM, b"without", &without)?;
    }
    let sessions = scene.sessions("nas-a")?;
    let [with, without] = sessions.as_slice() else { bail!("two sessions are expected: {sessions:?}") };
    assert_eq!((with.bytes_up, with.bytes_down, with.wrapped), ((1 << 32) + 5, (1 << 32) + 5, 0));
    // Never less than was reported, and never a guess of 4 GiB more.
    assert_eq!(
        (without.bytes_up, without.bytes_down, without.wrapped),
        (u32::MAX.into(), u32::MAX.into(), 1)
    );
    Ok(())
}

#[test]
fn p16_nothing_secret_of_a_record_or_login_is_kept_or_logged() -> Result<()> {
    let scene = Scene::new("radius-canaries")?;
    let mut nas = scene.nas(A)?;
    let canary = b"canary-4711-canary";
    // User-Password, CHAP-Password, Reply-Message, State, CHAP-Challenge: none belongs into accounting.
    let secrets: Vec<(u8, &[u8])> =
        [2, 3, 18, 24, 60].iter().map(|kind| (*kind, canary.as_slice())).collect();
    nas.record(START, b"canaries", &secrets)?;
    nas.record(STOP, b"canaries", &secrets)?;
    let login = nas.access(USER.as_bytes(), b"canary-4711-password", &[(18, canary), (24, canary)])?;
    assert_eq!(nas.ask(Port::Auth, &login)?.code, Code::AccessReject);
    ensure!(nas.login(USER, PASSWORD)?, "the account is not let in");
    assert_eq!(scene.sessions("nas-a")?.len(), 1);
    let mut looked = 0;
    let mut files: Vec<_> =
        fs::read_dir(scene.lab.controller.data())?.flatten().map(|entry| entry.path()).collect();
    files.push(scene.lab.controller.log().to_path_buf());
    for file in files.into_iter().filter(|file| file.is_file()) {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        for secret in [b"canary-4711".as_slice(), PASSWORD.as_bytes(), crate::scene::SECRET.as_bytes()] {
            let there = bytes.windows(secret.len()).any(|window| window == secret);
            ensure!(!there, "{} is in {}", String::from_utf8_lossy(secret), file.display());
        }
        looked += 1;
    }
    ensure!(looked >= 3, "only {looked} files were looked through");
    // The log names nobody and no device either.
    let log = scene.log()?;
    ensure!(!log.contains(USER) && !log.contains("127.0.0.2"), "a name or an address is in the log");
    Ok(())
}

#[derive(Deserialize)]
struct Addresses {
    addresses: String,
}

#[test]
fn p24_names_from_the_air_are_kept_byte_for_byte() -> Result<()> {
    let scene = Scene::new("radius-names")?;
    let mut nas = scene.nas(A)?;
    let odd: [&[u8]; 6] = [
        b"\0nul\0",
        b"\xFF\xFE\xC3\x28",
        "🐢 Hồ Gươm".as_bytes(),
        b"'; DROP TABLE session; --",
        b"<script>alert(1)</script>\r\nX: y",
        &[b'n'; 253],
    ];
    for (number, name) in odd.iter().enumerate() {
        let session = [b"s".as_slice(), &[number as u8], name.get(..200).unwrap_or(name)].concat();
        let called = [b"02-00-00-00-00-01:".as_slice(), name.get(..200).unwrap_or(name)].concat();
        nas.record(
            START,
            &session,
            &[
                (kind::USER_NAME, name),
                (kind::CALLED_STATION_ID, &called),
                (kind::CALLING_STATION_ID, b"02-AB-CD-0E-F1-23"),
                (kind::FRAMED_IP_ADDRESS, &[10, 50, 0, number as u8]),
            ],
        )?;
    }
    let sessions = scene.sessions("nas-a")?;
    assert_eq!(sessions.len(), odd.len());
    for (session, name) in sessions.iter().zip(odd) {
        assert_eq!(session.user, hex(name));
        assert_eq!(session.ssid, hex(name.get(..200).unwrap_or(name)));
        assert_eq!(session.mac, "02ABCD0EF123");
    }
    let addresses: Vec<Addresses> = scene.query("SELECT addresses FROM session ORDER BY addresses")?;
    for (number, row) in addresses.iter().enumerate() {
        assert_eq!(serde_json::from_str::<Vec<String>>(&row.addresses)?, [format!("10.50.0.{number}")]);
    }
    Ok(())
}

#[test]
fn p25_a_device_that_is_written_in_six_ways_is_one() -> Result<()> {
    let scene = Scene::new("radius-writings")?;
    let mut nas = scene.nas(A)?;
    let writings = [
        "02-AB-CD-0E-F1-23",
        "02:ab:cd:0e:f1:23",
        "02ab.cd0e.f123",
        "02abcd0ef123",
        "02ABCD-0EF123",
        "02AB-CD0E-F123",
    ];
    for writing in writings {
        nas.record(START, writing.as_bytes(), &[(kind::CALLING_STATION_ID, writing.as_bytes())])?;
    }
    let sessions = scene.sessions("nas-a")?;
    assert_eq!(sessions.len(), writings.len());
    for session in sessions {
        assert_eq!(session.mac, "02ABCD0EF123");
    }
    Ok(())
}
