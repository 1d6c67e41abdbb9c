//! Sessions as the controller keeps them, read by its own command.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::controller::Controller;

/// One row of `hotspot-controller session list --json`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SessionRow {
    /// The access point that saw it.
    pub ap_id: String,
    /// Its id.
    pub session_id: String,
    /// The grant it ran under.
    pub grant_id: String,
    /// The device.
    pub mac: String,
    /// Bytes from the device.
    pub bytes_up: u64,
    /// Bytes to the device.
    pub bytes_down: u64,
    /// Why it ended; `open` while it runs.
    pub end: String,
}

impl SessionRow {
    /// Whether it still runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.end == "open"
    }
}

/// The sessions of the device `mac`, in no particular order.
///
/// # Errors
/// When the command fails or prints another shape.
pub fn of_device(controller: &Controller, mac: &str) -> Result<Vec<SessionRow>> {
    let mut rows = all(controller)?;
    rows.retain(|row| row.mac == mac);
    Ok(rows)
}

/// Every session.
///
/// # Errors
/// When the command fails or prints another shape.
pub fn all(controller: &Controller) -> Result<Vec<SessionRow>> {
    let rows = controller.json(&["session", "list"])?;
    serde_json::from_value(rows).context("session list printed another shape")
}

/// Bytes up and down over all of `rows`.
#[must_use]
pub fn totals(rows: &[SessionRow]) -> (u64, u64) {
    rows.iter().fold((0, 0), |(up, down), row| (up + row.bytes_up, down + row.bytes_down))
}
