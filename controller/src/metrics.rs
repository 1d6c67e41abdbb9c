//! Every metric of the controller, once: what strangers did, what was refused, what is connected.

use prometheus::{Encoder as _, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

/// The controller's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// Enrolments by result: `done` or the code of the refusal.
    pub enrolments: IntCounterVec,
    /// Connections to a listener that ended before they said anything useful, by listener and reason.
    pub refused_connections: IntCounterVec,
    /// Control links that ended because of what the other side sent or did, by reason.
    pub closed_links: IntCounterVec,
    /// Control links up.
    pub links: IntGauge,
    /// Relayed connections of phones open.
    pub relayed_connections: IntGauge,
    /// Records of journals by result: `stored`, `known` (sent again) or `refused`.
    pub journal_records: IntCounterVec,
    /// Commits that failed.
    pub failed_commits: IntCounter,
    /// Grants that access points refused to put in force.
    pub refused_grants: IntCounter,
    /// Links begun by access points with a wrong clock.
    pub wrong_clocks: IntCounter,
    /// Taps by result.
    pub taps: IntCounterVec,
}

impl Metrics {
    /// Makes and registers every metric.
    ///
    /// # Errors
    /// Names or labels that the registry does not accept, which is a fault of this file.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let vec = |name: &str, help: &str, labels: &[&str]| {
            let metric = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let counter = |name: &str, help: &str| {
            let metric = IntCounter::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        let gauge = |name: &str, help: &str| {
            let metric = IntGauge::new(name, help)?;
            registry.register(Box::new(metric.clone()))?;
            Ok::<_, prometheus::Error>(metric)
        };
        Ok(Self {
            enrolments: vec(
                "hotspot_enrolments_total",
                "Enrolments of access points by result.",
                &["result"],
            )?,
            refused_connections: vec(
                "hotspot_refused_connections_total",
                "Connections ended before they were served, by listener and reason.",
                &["listener", "reason"],
            )?,
            closed_links: vec(
                "hotspot_closed_links_total",
                "Control links ended by the controller, by reason.",
                &["reason"],
            )?,
            links: gauge("hotspot_links", "Control links of access points that are up.")?,
            relayed_connections: gauge(
                "hotspot_relayed_connections",
                "Connections of phones that access points relay and that are open.",
            )?,
            journal_records: vec(
                "hotspot_journal_records_total",
                "Records of access points' journals by result.",
                &["result"],
            )?,
            failed_commits: counter("hotspot_failed_commits_total", "Commits the store did not take.")?,
            refused_grants: counter(
                "hotspot_refused_grants_total",
                "Grants an access point did not put in force.",
            )?,
            wrong_clocks: counter(
                "hotspot_wrong_clocks_total",
                "Control links begun by access points whose clock is more than five minutes off.",
            )?,
            taps: vec("hotspot_taps_total", "Taps on Connect by result.", &["result"])?,
            registry,
        })
    }

    /// All metrics in Prometheus' text format.
    ///
    /// # Errors
    /// Only when the encoder cannot write into memory.
    pub fn to_text(&self) -> Result<String, prometheus::Error> {
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(String::from_utf8_lossy(&out).into_owned())
    }
}
