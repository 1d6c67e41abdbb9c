//! Visits and sessions: what is open, what began, what moved. Counted after the commit.

use prometheus::{Error, IntCounter, IntCounterVec, IntGauge};

use super::maker::Maker;

/// Visits and sessions.
pub struct SessionMetrics {
    /// Sessions open on access points with an agent of ours.
    pub open_agent: IntGauge,
    /// Sessions open on access points that account by RADIUS.
    pub open_radius: IntGauge,
    /// Grants live.
    pub live_grants: IntGauge,
    /// Visits that began with a tap.
    pub visits: IntCounter,
    /// Grants that ended, by cause.
    pub ended_grants: IntCounterVec,
    /// Bytes from devices.
    pub bytes_up: IntCounter,
    /// Bytes to devices.
    pub bytes_down: IntCounter,
}

impl SessionMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let open = maker.gauges(
            "hotspot_open_sessions",
            "Sessions open, by kind of access point: agent or radius.",
            &["kind"],
        )?;
        let bytes = maker.counters(
            "hotspot_bytes_total",
            "Bytes of sessions by direction, seen from the device: up or down.",
            &["direction"],
        )?;
        Ok(Self {
            open_agent: open.with_label_values(&["agent"]),
            open_radius: open.with_label_values(&["radius"]),
            live_grants: maker.gauge("hotspot_live_grants", "Grants that are live.")?,
            visits: maker.counter("hotspot_visits_total", "Visits that began with a tap on Connect.")?,
            ended_grants: maker.counters(
                "hotspot_ended_grants_total",
                "Grants that ended, by cause.",
                &["cause"],
            )?,
            bytes_up: bytes.with_label_values(&["up"]),
            bytes_down: bytes.with_label_values(&["down"]),
        })
    }
}
