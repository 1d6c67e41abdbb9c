//! An agent that is killed at the worst moment, or that the system denies something at its start.

use std::fs;
use std::net::{Ipv6Addr, SocketAddr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::access_point::AccessPoint;
use hotspot_tests::lab::sessions::visit_of;
use hotspot_tests::lab::wait::{holds_for, wait_until};
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

use super::LIMIT;

/// Longer than a few looks of the agent at the gate.
const LOOKS: std::time::Duration = std::time::Duration::from_secs(1);

/// Kills the agent, takes the controller away too, and starts the agent again; returns when it has looked at its gate.
fn killed_alone(lab: &mut Lab) -> Result<()> {
    lab.ap_mut(0)?.kill_agent()?;
    lab.controller.kill()?;
    lab.ap_mut(0)?.start_agent()?;
    wait_until("the configuration of before to be in force", LIMIT, || in_force(lab)).map(drop)
}

fn in_force(lab: &Lab) -> bool {
    let version = lab
        .ap(0)
        .and_then(AccessPoint::status)
        .ok()
        .and_then(|status| status.get("config_version")?.as_u64());
    version.is_some_and(|version| version > 0)
}

#[test]
fn who_was_put_out_stays_out_and_who_came_in_stays_in_though_the_agent_is_killed_at_once() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("faults-at-once") })?;
    for _ in 0..3 {
        let (leaver, comer) = (lab.joined_phone(0)?, lab.joined_phone(0)?);
        let (leaving, coming) = (leaver.client("en")?, comer.client("vi")?);
        visitor::get_online(&leaving)?;
        let visit = visit_of(&lab.controller, &leaver.mac_text())?.context("no visit")?;
        let mac = leaver.mac_text();
        let in_gate = |ap: &AccessPoint| -> Result<bool> {
            Ok(ap.netns()?.exec("nft list map inet hotspot gate")?.contains(&mac))
        };
        ensure!(in_gate(lab.ap(0)?)?, "a visitor on line is not in the gate's map");
        visitor::get_online(&coming)?;
        lab.controller.command(&["session", "kick", &visit.id])?;
        wait_until("the kicked device to be out", LIMIT, || {
            lab.ap(0).is_ok_and(|ap| in_gate(ap).is_ok_and(|held| !held))
        })?;
        killed_alone(&mut lab)?;
        holds_for("the kicked one stays out, the other in", LOOKS, || {
            visitor::probe(&leaving).is_ok_and(|standing| standing != Standing::Online)
                && visitor::probe(&coming).is_ok_and(|standing| standing == Standing::Online)
        })?;
        lab.controller.start()?;
        lab.ap_mut(0)?.wait_ready()?;

        // And straight after the tap.
        let last = lab.joined_phone(0)?;
        let client = last.client("en")?;
        visitor::get_online(&client)?;
        killed_alone(&mut lab)?;
        holds_for("the last one stays in", LOOKS, || {
            visitor::probe(&client).is_ok_and(|standing| standing == Standing::Online)
        })?;
        lab.controller.start()?;
        lab.ap_mut(0)?.wait_ready()?;
    }
    Ok(())
}

#[test]
fn a_configuration_that_the_system_did_not_take_is_in_force_as_soon_as_it_does() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("faults-denied") })?;
    let path = std::env::var_os("PATH").context("there is no PATH")?;
    let program = |name: &str| {
        let found =
            std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.exists());
        found.with_context(|| format!("{name} is not installed; run: make packages"))
    };
    lab.ap_mut(0)?.stop_agent()?;
    lab.controller.kill()?;
    // A machine that is not whole yet: the program the rules are laid with is missing.
    let programs: PathBuf = folder.path().to_owned();
    symlink(program("ip")?, programs.join("ip"))?;
    lab.ap_mut(0)?.use_environment(&[("PATH".to_owned(), programs.display().to_string())]);
    lab.ap_mut(0)?.start_agent()?;
    let status = |lab: &Lab| lab.ap(0)?.status();
    wait_until("the problem to be told", LIMIT, || {
        status(&lab).is_ok_and(|status| status["problems"].to_string().contains("nft"))
    })?;
    ensure!(status(&lab)?["config_version"] == 0, "a configuration without rules is called in force");
    symlink(program("nft")?, programs.join("nft"))?;
    wait_until("the configuration to be in force, without a controller", LIMIT, || in_force(&lab))?;
    lab.controller.start()?;
    lab.ap_mut(0)?.wait_ready()?;
    let phone = lab.joined_phone(0)?;
    visitor::get_online(&phone.client("en")?)?;
    Ok(())
}

#[test]
fn a_port_in_use_is_named_with_its_key_and_what_to_do() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("faults-port") })?;
    lab.ap_mut(0)?.stop_agent()?;
    let taken = SocketAddr::from((Ipv6Addr::UNSPECIFIED, 2050));
    let squatter = lab.ap(0)?.netns()?.run(|| TcpListener::bind(taken))??;
    lab.ap_mut(0)?.start_agent()?;
    let ended = lab.ap_mut(0)?.wait_ready();
    ensure!(ended.is_err(), "an agent serves on a port that another program has");
    let log = fs::read_to_string(lab.ap(0)?.log("agent"))?;
    let said = log.lines().last().unwrap_or_default();
    for word in ["responder = 2050", "in use", "choose another port"] {
        ensure!(said.contains(word), "it does not say {word:?}: {said}");
    }
    drop(squatter);
    Ok(())
}
