//! Connections to the controller's listeners.

use prometheus::{Error, IntCounterVec, IntGauge};

use super::maker::Maker;

/// Connections to the listeners.
pub struct ConnectionMetrics {
    /// Connections to a listener that ended before they said anything useful, by listener and reason.
    pub refused: IntCounterVec,
    /// Relayed connections of phones open.
    pub relayed: IntGauge,
}

impl ConnectionMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let metrics = Self {
            refused: maker.counters(
                "hotspot_refused_connections_total",
                "Connections ended before they were served, by listener and reason.",
                &["listener", "reason"],
            )?,
            relayed: maker.gauge(
                "hotspot_relayed_connections",
                "Connections of phones that access points relay and that are open.",
            )?,
        };
        for listener in ["portal", "agents", "admin", "metrics"] {
            metrics.refused.with_label_values(&[listener, "full"]);
        }
        Ok(metrics)
    }
}
