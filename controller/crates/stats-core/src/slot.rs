//! The figures of one slot of time, as the API and the console read them.

use serde::{Deserialize, Serialize};

use crate::{DWELL_BUCKETS, TIME_BUCKETS};

/// All figures of one access point, one zone or all of them, in one hour or civil day.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// When it begins, Unix milliseconds.
    pub start_ms: u64,
    /// When it ends, Unix milliseconds.
    pub end_ms: u64,
    /// Id of the access point or zone; `all` for all of them.
    pub key: String,
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
    /// Users present on average: time present divided by the slot's length.
    pub mean_users: f64,
    /// Users present in the fullest minute.
    pub peak_users: u64,
    /// Visitors by the counting rule, estimated; exact below a few hundred.
    pub visitors: u64,
    /// Part of the visitors whose address is randomised (locally administered), 0 to 1; none without visitors.
    pub randomised_share: Option<f64>,
    /// Hours of presence for which no visitor could be counted, because their report came after the day's key was gone.
    pub uncounted: u64,
    /// Sessions that closed, by time from first to last packet; bounds in [`crate::DWELL_BOUNDS_MS`].
    pub dwell: [u64; DWELL_BUCKETS],
    /// Accepted visits by language of the portal, the most used first.
    pub languages: Vec<LanguageVisits>,
    /// From the redirect to the first byte.
    pub funnel: Funnel,
    /// Times between its steps.
    pub times: Times,
}

/// Accepted visits in one language of the portal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LanguageVisits {
    /// BCP 47 tag, or `other`.
    pub language: String,
    /// Visits.
    pub visits: u64,
}

/// How many came how far. Each step counts for the access point where it happened and the minute it happened in, so a
/// later step may exceed an earlier one in a short slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Funnel {
    /// Requests that an access point redirected to the portal; a device makes several.
    pub redirect: u64,
    /// Devices that were shown the page with the button.
    pub page: u64,
    /// Devices that tapped it.
    pub accept: u64,
    /// Visits whose gate the access point has confirmed.
    pub gate_open: u64,
    /// Visits with a first packet.
    pub first_byte: u64,
}

/// Times between the funnel's steps, counted by bucket; bounds in [`crate::TIME_BOUNDS_MS`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Times {
    /// From the page to the tap.
    pub page_to_accept: [u64; TIME_BUCKETS],
    /// From the tap to the gate's confirmation.
    pub accept_to_gate: [u64; TIME_BUCKETS],
    /// From there to the first packet.
    pub gate_to_first_byte: [u64; TIME_BUCKETS],
}

/// The figures of one minute, for live plots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinuteFigures {
    /// When it begins, Unix milliseconds.
    pub start_ms: u64,
    /// Users present in it.
    pub users: u64,
    /// Visits begun.
    pub visits: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Bytes from devices.
    pub bytes_up: u64,
    /// Bytes to devices.
    pub bytes_down: u64,
}
