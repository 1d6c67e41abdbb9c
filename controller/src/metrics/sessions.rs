//! Visits and sessions: what is open, what began, what moved. Counted after the commit.

use prometheus::{Error, IntCounter, IntGauge};
use session_core::EndCause;

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
    pub ended_grants: EndedGrants,
    /// Bytes from devices.
    pub bytes_up: IntCounter,
    /// Bytes to devices.
    pub bytes_down: IntCounter,
}

/// Grants that ended, by cause.
pub struct EndedGrants {
    time_up: IntCounter,
    logged_out: IntCounter,
    kicked: IntCounter,
    quota_used: IntCounter,
    plan_changed: IntCounter,
}

impl EndedGrants {
    /// The counter of one cause.
    #[must_use]
    pub fn of(&self, cause: EndCause) -> &IntCounter {
        match cause {
            EndCause::TimeUp => &self.time_up,
            EndCause::LoggedOut => &self.logged_out,
            EndCause::Kicked { .. } => &self.kicked,
            EndCause::QuotaUsed => &self.quota_used,
            EndCause::PlanChanged => &self.plan_changed,
        }
    }
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
        let ended =
            maker.counters("hotspot_ended_grants_total", "Grants that ended, by cause.", &["cause"])?;
        let cause = |cause| ended.with_label_values(&[cause]);
        Ok(Self {
            open_agent: open.with_label_values(&["agent"]),
            open_radius: open.with_label_values(&["radius"]),
            live_grants: maker.gauge("hotspot_live_grants", "Grants that are live.")?,
            visits: maker.counter("hotspot_visits_total", "Visits that began with a tap on Connect.")?,
            ended_grants: EndedGrants {
                time_up: cause("time_up"),
                logged_out: cause("logged_out"),
                kicked: cause("kicked"),
                quota_used: cause("quota_used"),
                plan_changed: cause("plan_changed"),
            },
            bytes_up: bytes.with_label_values(&["up"]),
            bytes_down: bytes.with_label_values(&["down"]),
        })
    }
}
