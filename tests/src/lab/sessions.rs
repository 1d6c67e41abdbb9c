//! Sessions and visits as the controller keeps them: visits by its own command, sessions by a look into the database
//! with a program that is not ours.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::command::output;
use super::controller::Controller;
use super::wait::{holds_for, wait_for};

/// Four reports of the lab's timers: what has not come by then does not come.
const SETTLED: Duration = Duration::from_secs(2);
const SETTLE_LIMIT: Duration = Duration::from_secs(20);

/// One row of `hotspot-controller session list --json`: a visit that is on line.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Visit {
    /// The id of its grant.
    pub id: String,
    /// The device.
    pub mac: String,
    /// Where it was last seen.
    pub ap: String,
    /// When its grant ends by itself, in Unix milliseconds.
    pub ends_ms: u64,
    /// Bytes from the device over all its sessions.
    pub bytes_up: u64,
    /// Bytes to the device over all its sessions.
    pub bytes_down: u64,
}

/// One session: what one access point saw of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// The access point that saw it.
    pub ap: String,
    /// Its id.
    pub id: String,
    /// The grant it ran under.
    pub grant_id: String,
    /// When it began, by the controller's clock, in Unix milliseconds.
    pub opened_ms: u64,
    /// Bytes from the device.
    pub bytes_up: u64,
    /// Bytes to the device.
    pub bytes_down: u64,
    /// Why it ended; none while it runs.
    pub ended_by: Option<String>,
    /// The device's addresses in it, a JSON list.
    pub addresses: String,
}

/// The visit of the device `mac` that is on line.
///
/// # Errors
/// When the command fails or prints another shape.
pub fn visit_of(controller: &Controller, mac: &str) -> Result<Option<Visit>> {
    Ok(visits(controller)?.into_iter().find(|visit| visit.mac == mac))
}

/// Every visit that is on line.
///
/// # Errors
/// When the command fails or prints another shape.
pub fn visits(controller: &Controller) -> Result<Vec<Visit>> {
    serde_json::from_value(controller.json(&["session", "list"])?)
        .context("session list printed another shape")
}

/// The sessions of the device `mac`, oldest first.
///
/// # Errors
/// When the database cannot be read.
pub fn sessions_of(controller: &Controller, mac: [u8; 6]) -> Result<Vec<Session>> {
    let mac: String = mac.map(|byte| format!("{byte:02x}")).concat();
    query(
        &controller.database(),
        &format!(
            "SELECT ap, hex(id) AS id, hex(grant_id) AS grant_id, opened_ms, bytes_up, bytes_down, ended_by, addresses \
             FROM session WHERE hex(mac) = upper('{mac}') ORDER BY opened_ms"
        ),
    )
}

/// Bytes up and down over all of `sessions`.
#[must_use]
pub fn totals(sessions: &[Session]) -> (u64, u64) {
    sessions.iter().fold((0, 0), |(up, down), session| (up + session.bytes_up, down + session.bytes_down))
}

/// Bytes up and down of all sessions of the device `mac`, once they have stood still for a while.
///
/// # Errors
/// When they keep changing.
pub fn settled_totals(controller: &Controller, mac: [u8; 6]) -> Result<(u64, u64)> {
    let now = || sessions_of(controller, mac).map(|rows| totals(&rows)).ok();
    wait_for("the bytes of a device to settle", SETTLE_LIMIT, || {
        let before = now()?;
        holds_for("the bytes stand still", SETTLED, || now() == Some(before)).ok().map(|()| before)
    })
}

/// The rows that `sql` finds in a SQLite database that others have open.
///
/// # Errors
/// When `sqlite3` complains or the rows have another shape.
pub fn query<Row: DeserializeOwned>(database: &Path, sql: &str) -> Result<Vec<Row>> {
    let mut command = Command::new("sqlite3");
    command.args(["-readonly", "-json", "-cmd", ".timeout 5000"]).arg(database).arg(sql);
    let text = output(&mut command)?;
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(&text).with_context(|| format!("the database's rows have another shape: {text}"))
}
