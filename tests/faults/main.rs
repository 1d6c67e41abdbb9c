//! Faults: a killed agent, a killed controller, a controller out of reach. What runs goes on, strangers stay outside, no byte is lost.

mod agent;
mod away;
mod clocks;
mod durability;
mod insistence;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::sessions::{self, settled_totals, totals};
use hotspot_tests::lab::transfer::Transfer;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

const RATE: u64 = 300_000;
const LIMIT: Duration = Duration::from_secs(20);

/// Waits until the controller's totals of `phone` are within 0.1 % of what it had `before` and what was on the wire.
pub fn wait_for_totals(lab: &Lab, phone: &Phone, before: (u64, u64), wire: (u64, u64)) -> Result<()> {
    let near = |counted: u64, wire: u64| counted.abs_diff(wire) * 1000 <= wire;
    let counted = || -> Result<(u64, u64)> {
        let (up, down) = totals(&sessions::sessions_of(&lab.controller, phone.mac())?);
        Ok((up - before.0, down - before.1))
    };
    let done = wait_until("the controller's totals to equal the wire's", LIMIT, || {
        counted().is_ok_and(|(up, down)| near(up, wire.0) && near(down, wire.1))
    });
    done.with_context(|| format!("counted {:?}, on the wire {wire:?}", counted().ok())).map(drop)
}

/// The kernel's handles of the table and of every chain, set, map and counter of the access point. Rules may be laid
/// anew; what holds state may not.
fn handles(lab: &Lab) -> Result<Vec<String>> {
    let text = lab.ap(0)?.netns()?.exec("nft -a list ruleset")?;
    Ok(text.lines().filter(|line| line.contains("{ # handle ")).map(|line| line.trim().to_owned()).collect())
}

#[test]
fn a_killed_agent_costs_a_running_download_nothing() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("faults-kill") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    let before = settled_totals(&lab.controller, phone.mac())?;
    let capture = lab.capture("phone", phone.netns(), "wlan0")?;
    let download = Transfer::download(&client, RATE)?;
    let tables = handles(&lab)?;
    ensure!(tables.len() > 20, "only {} handles were found", tables.len());
    for _ in 0..3 {
        lab.ap_mut(0)?.kill_agent()?;
        download.wait_moving().context("with a dead agent")?;
        lab.ap_mut(0)?.start()?;
        download.wait_moving().context("after the agent came back")?;
        assert_eq!(handles(&lab)?, tables, "the kernel's tables are other ones");
    }
    drop(download);
    drop(client);
    // The transfer's thread ends with its connection; then the wire is quiet.
    let wire = crate::away::quiet(capture)?;
    wait_for_totals(&lab, &phone, before, wire)?;
    let rows = sessions::sessions_of(&lab.controller, phone.mac())?;
    assert_eq!(rows.len(), 1, "the session was not adopted: {rows:?}");
    Ok(())
}
