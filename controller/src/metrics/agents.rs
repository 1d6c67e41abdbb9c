//! Access points with an agent of ours, seen as one fleet; what each one reports stands in `fleet`.

use prometheus::{Error, IntCounter, IntCounterVec, IntGauge};

use super::maker::Maker;

/// Access points with an agent of ours.
pub struct AgentMetrics {
    /// Enrolments by result: `done` or the code of the refusal.
    pub enrolments: IntCounterVec,
    /// Access points of the inventory.
    pub known: IntGauge,
    /// Those of them whose agent is enrolled.
    pub enrolled: IntGauge,
    /// Control links up.
    pub links: IntGauge,
    /// Control links that ended because of what the other side sent or did, by reason.
    pub closed_links: IntCounterVec,
    /// Links begun by access points with a wrong clock.
    pub wrong_clocks: IntCounter,
    /// Grants that access points refused to put in force.
    pub refused_grants: IntCounter,
    /// Records of journals by result: `stored`, `known` (sent again), `out_of_turn` or `refused`.
    pub journal_records: IntCounterVec,
}

impl AgentMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let metrics = Self {
            enrolments: maker.counters(
                "hotspot_enrolments_total",
                "Enrolments of access points by result.",
                &["result"],
            )?,
            known: maker.gauge("hotspot_access_points", "Access points of the inventory.")?,
            enrolled: maker.gauge(
                "hotspot_enrolled_access_points",
                "Access points of the inventory whose agent is enrolled.",
            )?,
            links: maker.gauge("hotspot_links", "Control links of access points that are up.")?,
            closed_links: maker.counters(
                "hotspot_closed_links_total",
                "Control links ended by the controller, by reason.",
                &["reason"],
            )?,
            wrong_clocks: maker.counter(
                "hotspot_wrong_clocks_total",
                "Control links begun by access points whose clock is more than five minutes off.",
            )?,
            refused_grants: maker
                .counter("hotspot_refused_grants_total", "Grants an access point did not put in force.")?,
            journal_records: maker.counters(
                "hotspot_journal_records_total",
                "Records of access points' journals by result.",
                &["result"],
            )?,
        };
        for result in ["stored", "known", "out_of_turn", "refused"] {
            metrics.journal_records.with_label_values(&[result]);
        }
        metrics.enrolments.with_label_values(&["done"]);
        for reason in ["gone", "silent", "replaced", "behind"] {
            metrics.closed_links.with_label_values(&[reason]);
        }
        Ok(metrics)
    }
}
