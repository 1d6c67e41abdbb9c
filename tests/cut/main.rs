//! A cut ends what runs: downloads and uploads over both families stop within a second, also by the kernel's own
//! clock; and the page that reports the log-out arrives.

use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::{WEB4, WEB6};
use hotspot_tests::lab::capture::{Capture, Packet};
use hotspot_tests::lab::http::Client;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::resolve::Family;
use hotspot_tests::lab::sessions;
use hotspot_tests::lab::transfer::Transfer;
use hotspot_tests::lab::wait::{holds_for, wait_until};
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};
use nix::sys::signal::Signal;

const RATE: u64 = 200_000;
const CUT_LIMIT: Duration = Duration::from_secs(1);
const FROZEN_LIMIT: Duration = Duration::from_secs(2);
/// Long enough to see that nothing starts again: a sender tries once more after one second, then two, then four.
const QUIET: Duration = Duration::from_secs(4);
const END_LIMIT: Duration = Duration::from_secs(40);

/// A phone with a grant, and a download and an upload over each family in full run.
struct Scene {
    transfers: Vec<Transfer>,
    at_phone: Capture,
    at_internet: Capture,
    client: Client,
    phone: Phone,
    lab: Lab,
}

fn scene(name: &str, plan: &[&str]) -> Result<Scene> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, plan, ..Settings::new(name) })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    let at_phone = lab.capture("phone", phone.netns(), "wlan0")?;
    let at_internet = lab.capture("internet", lab.internet.netns(), "any")?;
    visitor::get_online(&client)?;
    let mut transfers = Vec::new();
    for family in [Family::V4, Family::V6] {
        transfers.push(Transfer::download(&client.over(family), RATE)?);
        transfers.push(Transfer::upload(&client.over(family), RATE)?);
    }
    Ok(Scene { transfers, at_phone, at_internet, client, phone, lab })
}

fn now() -> Result<Duration> {
    SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970")
}

fn is_web(address: IpAddr) -> bool {
    address == IpAddr::V4(WEB4) || address == IpAddr::V6(WEB6)
}

/// When data last arrived, for one direction and family.
fn last_data(packets: &[Packet], down: bool, v4: bool) -> Option<Duration> {
    let mut last = None;
    for packet in packets {
        let Some(ip) = packet.ip() else { continue };
        let end = if down { ip.source } else { ip.destination };
        if is_web(end) && end.is_ipv4() == v4 && ip.tcp_data_bytes() > 0 {
            last = Some(packet.at);
        }
    }
    last
}

impl Scene {
    /// Everything moves.
    fn ensure_running(&self) -> Result<()> {
        self.transfers.iter().try_for_each(Transfer::wait_moving)
    }

    /// Waits until nothing has moved for a while, and returns when data last arrived: down at the phone, up at the
    /// internet, each over both families.
    fn end(self) -> Result<[Duration; 4]> {
        wait_until("every transfer to stop", END_LIMIT, || {
            let before = self.downloaded();
            holds_for("nothing moves", QUIET, || self.downloaded() == before).is_ok()
        })?;
        let (phone, internet) = (self.at_phone.stop()?, self.at_internet.stop()?);
        let ends = [
            (&phone, true, true),
            (&phone, true, false),
            (&internet, false, true),
            (&internet, false, false),
        ];
        let mut last = [Duration::ZERO; 4];
        for (slot, (packets, down, v4)) in last.iter_mut().zip(ends) {
            *slot = last_data(packets, down, v4).context("a transfer never moved")?;
        }
        Ok(last)
    }

    /// Bytes received by the two downloads; an upload fills its socket's buffer for a while after the cut.
    fn downloaded(&self) -> u64 {
        self.transfers.iter().step_by(2).map(Transfer::moved).sum()
    }
}

fn ensure_stopped_by(last: [Duration; 4], cut: Duration, limit: Duration, how: &str) -> Result<()> {
    for (at, what) in last.into_iter().zip(["download v4", "download v6", "upload v4", "upload v6"]) {
        let after = at.as_secs_f64() - cut.as_secs_f64();
        println!("{how}: last packet of {what} {after:+.3} s from the cut");
        ensure!(at <= cut + limit, "{what} went on for {after:.3} s after {how}");
    }
    Ok(())
}

#[test]
fn a_log_out_stops_everything_within_a_second_and_its_page_arrives() -> Result<()> {
    let scene = scene("cut-logout", &[])?;
    scene.ensure_running()?;
    let cut = now()?;
    let page = visitor::log_out(&scene.client)?;
    assert!(page.status == 200 && page.text().contains("</html>"), "the page is not whole");
    assert!(matches!(visitor::probe(&scene.client)?, Standing::Captive { .. }));
    ensure_stopped_by(scene.end()?, cut, CUT_LIMIT, "log-out")
}

#[test]
fn a_kick_stops_everything_within_a_second() -> Result<()> {
    let scene = scene("cut-kick", &[])?;
    scene.ensure_running()?;
    let visit = sessions::visit_of(&scene.lab.controller, &scene.phone.mac_text())?.context("no visit")?;
    scene.lab.controller.command(&["session", "kick", &visit.id])?;
    let cut = now()?;
    // The command writes to the store; a running controller sees it within a second.
    ensure_stopped_by(scene.end()?, cut, CUT_LIMIT, "kick")
}

#[test]
fn the_end_of_the_time_stops_everything_within_a_second() -> Result<()> {
    let scene = scene("cut-time", &["--session", "12s"])?;
    scene.ensure_running()?;
    let end = end_of_visit(&scene)?;
    ensure!(now()? < end, "the lab was too slow: the visit is over before the test began");
    let last = scene.end()?;
    for at in last {
        ensure!(
            at + CUT_LIMIT >= end,
            "a transfer stopped {:.3} s before its time",
            (end - at).as_secs_f64()
        );
    }
    ensure_stopped_by(last, end, CUT_LIMIT, "end of time")
}

#[test]
fn a_frozen_agent_still_cuts_at_the_end_of_the_time() -> Result<()> {
    let scene = scene("cut-frozen", &["--session", "12s"])?;
    scene.ensure_running()?;
    let end = end_of_visit(&scene)?;
    scene.lab.ap(0)?.agent()?.signal(Signal::SIGSTOP)?;
    ensure!(now()? < end, "the lab was too slow: the visit is over before the agent was frozen");
    scene.ensure_running().context("with a frozen agent, before the end")?;
    let last = scene.end()?;
    for at in last {
        ensure!(
            at + FROZEN_LIMIT >= end,
            "a transfer stopped {:.3} s before its time",
            (end - at).as_secs_f64()
        );
    }
    ensure_stopped_by(last, end, FROZEN_LIMIT, "end of time with a frozen agent")
}

/// When the visit ends by itself, as the controller has it.
fn end_of_visit(scene: &Scene) -> Result<Duration> {
    let visit = sessions::visit_of(&scene.lab.controller, &scene.phone.mac_text())?.context("no visit")?;
    Ok(Duration::from_millis(visit.ends_ms))
}
