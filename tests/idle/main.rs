//! Idleness and departure end a session, never the grant: a phone that slept wakes up on line.

use std::time::Duration;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::sessions::{self, Session};
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

const LIMIT: Duration = Duration::from_secs(30);

fn rows(lab: &Lab, mac: [u8; 6]) -> Vec<Session> {
    sessions::sessions_of(&lab.controller, mac).unwrap_or_default()
}

#[test]
fn a_phone_asleep_past_the_idle_time_wakes_up_on_line() -> Result<()> {
    let plan = ["--idle", "3s"];
    let mut lab = Lab::for_test(&Settings { access_points: 1, plan: &plan, ..Settings::new("idle") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    wait_until("the session to be known", LIMIT, || !rows(&lab, phone.mac()).is_empty())?;
    // Asleep: it answers the access point's probes and sends nothing of its own.
    wait_until("the session to close by idleness", LIMIT, || {
        rows(&lab, phone.mac()).iter().any(|row| row.ended_by.as_deref() == Some("idle"))
    })?;
    assert_eq!(visitor::probe(&client)?, Standing::Online);
    wait_until("a new session of the same grant", LIMIT, || rows(&lab, phone.mac()).len() == 2)?;
    let rows = rows(&lab, phone.mac());
    assert_eq!(rows[0].grant_id, rows[1].grant_id);
    Ok(())
}

#[test]
fn a_phone_that_went_away_is_known_to_be_gone_and_finds_its_grant_again() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("departed") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    phone.leave()?;
    wait_until("the session to close by departure", LIMIT, || {
        rows(&lab, phone.mac()).iter().any(|row| row.ended_by.as_deref() == Some("departed"))
    })?;
    phone.wake()?;
    phone.wait_address6().context("after waking up")?;
    assert_eq!(visitor::probe(&client)?, Standing::Online);
    Ok(())
}
