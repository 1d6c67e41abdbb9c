//! The controller out of reach, with every timer scaled: 90 seconds, or ten minutes in `make soak`.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::capture::{Capture, web_bytes};
use hotspot_tests::lab::controller::UPLINK;
use hotspot_tests::lab::sessions::settled_totals;
use hotspot_tests::lab::transfer::Transfer;
use hotspot_tests::lab::wait::{holds_for, wait_until};
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

use super::{LIMIT, RATE, wait_for_totals};

const QUIET: Duration = Duration::from_secs(1);
/// After a long absence the agent tries again after half a minute at most.
const RETURN_LIMIT: Duration = Duration::from_secs(45);

fn span() -> Duration {
    Duration::from_secs(if std::env::var_os("HOTSPOT_SOAK").is_some() { 600 } else { 90 })
}

/// Waits until nothing more comes to a capture, ends it and counts.
pub fn quiet(capture: Capture) -> Result<(u64, u64)> {
    let count = || capture.so_far().and_then(|packets| web_bytes(&packets)).unwrap_or_default();
    wait_until("the wire to be quiet", LIMIT, || {
        let before = count();
        holds_for("nothing moves", QUIET, || count() == before).is_ok()
    })?;
    web_bytes(&capture.stop()?)
}

#[test]
fn a_controller_out_of_reach_is_noticed_by_strangers_alone() -> Result<()> {
    let mut lab = Lab::for_test(&Settings::new("faults-away"))?;
    let mut walker = lab.joined_phone(0)?;
    let sitter = lab.joined_phone(0)?;
    let mut stranger = lab.joined_phone(1)?;
    let mut watched = Vec::new();
    for phone in [&walker, &sitter] {
        visitor::get_online(&phone.client("en")?)?;
        let before = settled_totals(&lab.controller, phone.mac())?;
        watched.push((before, lab.capture(phone.port(), phone.netns(), "wlan0")?));
    }
    let download = Transfer::download(&sitter.client("en")?, RATE)?;
    let upload = Transfer::upload(&sitter.client("en")?, RATE)?;
    let with_option = stranger.ask_lease()?.captive_api;
    ensure!(with_option.is_some(), "no option 114 while the controller is there");

    let begin = Instant::now();
    lab.internet.cut_cable(UPLINK)?;
    let client = stranger.client("vi")?;
    wait_until("the local page", LIMIT, || {
        visitor::probe(&client).is_ok_and(|standing| standing == Standing::Local)
    })?;
    wait_until("option 114 to be withdrawn", LIMIT, || {
        stranger.ask_lease().is_ok_and(|lease| lease.captive_api.is_none())
    })?;
    let page = client.get(visitor::PROBE)?.text();
    ensure!(page.contains("lang=\"vi\""), "the local page does not speak the visitor's language");
    let mut rounds = 0;
    while begin.elapsed() < span() {
        rounds += 1;
        if rounds == 2 {
            lab.ap_mut(0)?.kill_agent()?;
            download.wait_moving().context("with a dead agent and no controller")?;
            lab.ap_mut(0)?.start_agent()?;
        }
        let ap = rounds % 2;
        walker.attach(lab.ap(ap)?)?;
        let walking = walker.client("en")?;
        wait_until("the walking phone to be on line", LIMIT, || {
            visitor::probe(&walking).is_ok_and(|standing| standing == Standing::Online)
        })?;
        download.wait_moving()?;
        upload.wait_moving()?;
        assert_eq!(visitor::probe(&client)?, Standing::Local, "round {rounds}");
        holds_for("the download goes on", Duration::from_secs(5), || true)?;
    }

    lab.internet.mend_cable()?;
    wait_until("option 114 to be back", RETURN_LIMIT, || {
        stranger.ask_lease().is_ok_and(|lease| lease.captive_api == with_option)
    })?;
    drop(download);
    drop(upload);
    for number in 0..2 {
        wait_until("the journal to drain", RETURN_LIMIT, || {
            lab.ap(number).and_then(|ap| ap.status()).is_ok_and(|status| status["journal_pending"] == 0)
        })?;
    }
    for ((before, capture), phone) in watched.into_iter().zip([&walker, &sitter]) {
        wait_for_totals(&lab, phone, before, quiet(capture)?)?;
    }
    visitor::get_online(&client)?;
    Ok(())
}
