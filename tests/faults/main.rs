//! Faults: a killed agent, a killed controller, a controller out of reach. What runs goes on, strangers stay outside, no byte is lost.

mod away;
mod durability;

use std::net::IpAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::{WEB4, WEB6};
use hotspot_tests::lab::capture::Packet;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::sessions::{self, totals};
use hotspot_tests::lab::transfer::Transfer;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

const RATE: u64 = 300_000;
const LIMIT: Duration = Duration::from_secs(20);

/// Bytes up and down between a phone and the web in what was captured on the phone.
pub fn on_the_wire(packets: &[Packet]) -> (u64, u64) {
    let is_web = |address: IpAddr| address == IpAddr::V4(WEB4) || address == IpAddr::V6(WEB6);
    packets.iter().filter_map(Packet::ip).fold((0, 0), |(up, down), ip| {
        let (sent, got) = (is_web(ip.destination), is_web(ip.source));
        (up + if sent { ip.bytes } else { 0 }, down + if got { ip.bytes } else { 0 })
    })
}

/// Waits until the controller's totals of `phone` are within 0.1 % of `wire`.
pub fn wait_for_totals(lab: &Lab, phone: &Phone, wire: (u64, u64)) -> Result<()> {
    let near = |counted: u64, wire: u64| counted.abs_diff(wire) * 1000 <= wire;
    let counted = || sessions::sessions_of(&lab.controller, phone.mac()).map(|rows| totals(&rows));
    let done = wait_until("the controller's totals to equal the wire's", LIMIT, || {
        counted().is_ok_and(|(up, down)| near(up, wire.0) && near(down, wire.1))
    });
    done.with_context(|| format!("counted {:?}, on the wire {wire:?}", counted().ok())).map(drop)
}

/// The kernel's handles of every table, chain, set and named counter of the access point. Rules are replaced as whole
/// chains by the agent that comes back; what holds state must be the very same.
fn handles(lab: &Lab) -> Result<Vec<String>> {
    let text = lab.ap(0)?.netns()?.exec("nft -a list ruleset")?;
    let handle = |line: &str| {
        let (what, handle) = line.split_once("{ # handle ")?;
        is_container(what).then(|| format!("{} {handle}", what.trim()))
    };
    Ok(text.lines().filter_map(handle).collect())
}

fn is_container(line: &str) -> bool {
    ["table", "chain", "set", "map", "counter"].iter().any(|kind| line.trim_start().starts_with(kind))
}

#[test]
fn a_killed_agent_costs_a_running_download_nothing() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("faults-kill") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    let capture = lab.capture("phone", phone.netns(), "wlan0")?;
    visitor::get_online(&client)?;
    let download = Transfer::download(&client, RATE)?;
    wait_until("the session to be open", LIMIT, || {
        sessions::sessions_of(&lab.controller, phone.mac()).is_ok_and(|rows| rows.len() == 1)
    })?;
    let before = handles(&lab)?;
    ensure!(before.len() > 20, "only {} handles were found", before.len());
    for _ in 0..3 {
        lab.ap_mut(0)?.kill_agent()?;
        download.wait_moving().context("with a dead agent")?;
        lab.ap_mut(0)?.start()?;
        download.wait_moving().context("after the agent came back")?;
        assert_eq!(handles(&lab)?, before, "the kernel's tables are other ones");
    }
    drop(download);
    drop(client);
    // The transfer's thread ends with its connection; then the wire is quiet.
    let wire = crate::away::quiet(capture)?;
    wait_for_totals(&lab, &phone, wire)?;
    let rows = sessions::sessions_of(&lab.controller, phone.mac())?;
    assert_eq!(rows.len(), 1, "the session was not adopted: {rows:?}");
    Ok(())
}
