//! The portal: what came of taps, how long they took, and how far visitors come.

use prometheus::{Error, Histogram, IntCounter, IntCounterVec};

use super::maker::{Maker, PATIENT};

/// The portal and its funnel.
pub struct PortalMetrics {
    /// Taps by result.
    pub taps: IntCounterVec,
    /// From a tap that gave a grant until the access point has confirmed that its gate is open.
    pub confirm_seconds: Histogram,
    /// How far visitors come.
    pub funnel: Funnel,
}

/// The steps of a visit. Each is counted where it is seen, so one phone may count several times at the first two.
pub struct Funnel {
    /// An access point's responder sent a phone to the portal.
    pub redirect: IntCounter,
    /// The page with the button was shown.
    pub page: IntCounter,
    /// A visitor accepted and the grant was stored.
    pub accept: IntCounter,
    /// The access point confirmed that the gate is open.
    pub gate_open: IntCounter,
    /// The first session of a grant was reported.
    pub first_byte: IntCounter,
}

impl PortalMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let funnel = maker.counters(
            "hotspot_funnel_total",
            "Steps of visits: redirect, page, accept, gate_open, first_byte.",
            &["step"],
        )?;
        let step = |step| funnel.with_label_values(&[step]);
        let metrics = Self {
            taps: maker.counters("hotspot_taps_total", "Taps on Connect by result.", &["result"])?,
            confirm_seconds: maker.histogram(
                "hotspot_portal_confirm_seconds",
                "From a tap to the access point's word that its gate is open.",
                &PATIENT,
            )?,
            funnel: Funnel {
                redirect: step("redirect"),
                page: step("page"),
                accept: step("accept"),
                gate_open: step("gate_open"),
                first_byte: step("first_byte"),
            },
        };
        for result in ["connected", "pending", "busy", "refused", "away", "not_here"] {
            metrics.taps.with_label_values(&[result]);
        }
        Ok(metrics)
    }
}
