//! Clocks that are wrong: an access point in 1970, a controller that jumps by two hours while visitors are on line, and
//! one that starts in 1970.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::clock;
use hotspot_tests::lab::sessions::{self, settled_totals};
use hotspot_tests::lab::transfer::Transfer;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

use super::away::quiet;
use super::{LIMIT, RATE, wait_for_totals};

const DAY_MS: u64 = 86_400_000;

fn times(lab: &Lab, mac: [u8; 6]) -> Result<Vec<u64>> {
    Ok(sessions::sessions_of(&lab.controller, mac)?.iter().map(|session| session.opened_ms).collect())
}

fn now_ms() -> Result<u64> {
    Ok(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis().try_into()?)
}

#[test]
fn an_access_point_in_1970_serves_visitors_by_the_controllers_time() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("faults-1970") })?;
    lab.add_access_point(0)?;
    lab.power_on(0)?;
    lab.ap_mut(0)?
        .use_environment(&clock::environment(&folder.path().join("clock"), "@1970-01-02 03:04:05")?);
    lab.ap(0)?.enroll(&lab.controller)?;
    // Ready says that the portal's certificate was checked, and found good.
    lab.ap_mut(0)?.start()?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    let before = settled_totals(&lab.controller, phone.mac())?;
    let capture = lab.capture("phone", phone.netns(), "wlan0")?;
    let download = Transfer::download(&client, RATE)?;
    download.wait_moving()?;
    lab.ap_mut(0)?.kill_agent()?;
    lab.ap_mut(0)?.start()?;
    download.wait_moving()?;
    drop(download);
    drop(client);
    wait_for_totals(&lab, &phone, before, quiet(capture)?)?;
    let opened = times(&lab, phone.mac())?;
    ensure!(opened.len() == 1, "one visit became {} sessions", opened.len());
    for at in opened {
        ensure!(at.abs_diff(now_ms()?) < DAY_MS, "a session of now is written down for {at} ms");
    }
    let status = lab.ap(0)?.status()?;
    let problems = status["problems"].to_string();
    ensure!(problems.contains("timedatectl"), "nobody says that the clock is wrong: {problems}");
    Ok(())
}

#[test]
fn a_controller_whose_clock_jumps_two_hours_either_way_loses_no_visitor() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file: PathBuf = folder.path().join("clock");
    let environment = clock::environment(&file, "+0")?;
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let settings =
        Settings { access_points: 1, controller: &environment, ..Settings::new("faults-clock-jumps") };
    let mut lab = Lab::for_test(&settings)?;
    let sitter = lab.joined_phone(0)?;
    visitor::get_online(&sitter.client("en")?)?;
    let before = settled_totals(&lab.controller, sitter.mac())?;
    let capture = lab.capture("phone", sitter.netns(), "wlan0")?;
    let download = Transfer::download(&sitter.client("en")?, RATE)?;
    for says in ["+2h", "-2h", "+0"] {
        fs::write(&file, says)?;
        download.wait_moving().with_context(|| format!("after the clock went to {says}"))?;
        let newcomer = lab.joined_phone(0)?;
        let client = newcomer.client("vi")?;
        visitor::get_online(&client).with_context(|| format!("after the clock went to {says}"))?;
        ensure!(visitor::probe(&client)? == Standing::Online, "a newcomer is shut out at {says}");
        lab.controller.kill()?;
        lab.controller.start()?;
        let connected = |lab: &Lab| lab.ap(0)?.status().map(|status| status["connected"] == true);
        wait_until("the link to be back", Duration::from_secs(20), || connected(&lab).unwrap_or(false))?;
    }
    let sitting = sitter.client("en")?;
    ensure!(visitor::probe(&sitting)? == Standing::Online, "the visitor of before is shut out");
    drop(download);
    drop(sitting);
    wait_for_totals(&lab, &sitter, before, quiet(capture)?)?;
    ensure!(times(&lab, sitter.mac())?.len() == 1, "one visit became several sessions");
    Ok(())
}

#[test]
fn a_controller_in_1970_does_not_start_and_says_what_to_do_while_visitors_go_on() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file: PathBuf = folder.path().join("clock");
    let environment = clock::environment(&file, "+0")?;
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let settings =
        Settings { access_points: 1, controller: &environment, ..Settings::new("faults-controller-1970") };
    let mut lab = Lab::for_test(&settings)?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    lab.controller.kill()?;
    fs::write(&file, "@1970-01-01 00:01:00")?;
    let error = lab.controller.start().err().context("a controller in 1970 started")?;
    let log = fs::read_to_string(lab.controller.log())?;
    let said = log.lines().last().unwrap_or_default();
    ensure!(said.contains("timedatectl set-ntp true"), "{error:#}; it said: {said}");
    ensure!(visitor::probe(&client)? == Standing::Online, "the visitor of before is shut out");
    fs::write(&file, "+0")?;
    lab.controller.start()?;
    wait_until("a stranger to be served again", LIMIT, || {
        lab.ap(0).and_then(|ap| ap.status()).is_ok_and(|status| status["connected"] == true)
    })?;
    ensure!(visitor::probe(&client)? == Standing::Online, "the visitor of before is shut out afterwards");
    Ok(())
}
