//! The RADIUS server: what became of each datagram. Every series is there from the start, and counting one is a
//! single atomic addition.

use prometheus::{Error, Histogram, IntCounter};

use super::maker::{Maker, QUICK};

/// The RADIUS server.
pub struct RadiusMetrics {
    /// Access-Requests that were answered.
    pub auth: AuthenticationMetrics,
    /// Accounting-Requests that were answered.
    pub acct: AccountingMetrics,
    /// Status-Server requests that were answered.
    pub status: StatusMetrics,
    /// Datagrams that were not answered.
    pub dropped: DroppedMetrics,
    /// The memory of passwords that have proved right.
    pub verifier_cache: VerifierCacheMetrics,
    /// Datagrams the kernel threw away because nobody took them in time.
    pub kernel_drops: IntCounter,
}

/// Access-Requests that were answered.
pub struct AuthenticationMetrics {
    /// Access-Accept.
    pub accept: IntCounter,
    /// Access-Reject.
    pub reject: IntCounter,
    /// Sent again and answered with the same bytes.
    pub duplicate: IntCounter,
    /// From a datagram's arrival to its answer; duplicates are not in it.
    pub seconds: Histogram,
}

/// Accounting-Requests that were answered.
pub struct AccountingMetrics {
    /// Stored, then answered.
    pub stored: IntCounter,
    /// Answered although it says nothing that can be stored, so that the access point does not send it for ever.
    pub refused: IntCounter,
    /// Sent again and answered with the same bytes.
    pub duplicate: IntCounter,
    /// From a datagram's arrival to its answer; duplicates are not in it.
    pub seconds: Histogram,
}

/// Status-Server requests that were answered.
pub struct StatusMetrics {
    /// Answered.
    pub answered: IntCounter,
    /// Sent again and answered with the same bytes.
    pub duplicate: IntCounter,
    /// From a datagram's arrival to its answer; duplicates are not in it.
    pub seconds: Histogram,
}

/// Datagrams that were not answered, by reason.
pub struct DroppedMetrics {
    /// From an address of no NAS.
    pub unknown_client: IntCounter,
    /// No RADIUS packet.
    pub malformed: IntCounter,
    /// Request Authenticator or Message-Authenticator made with another secret.
    pub wrong_secret: IntCounter,
    /// An Access-Request without Message-Authenticator from a NAS that is not exempt.
    pub no_message_authenticator: IntCounter,
    /// A code that no server answers.
    pub wrong_code: IntCounter,
    /// An Access-Request on the accounting port, or the other way round.
    pub wrong_port: IntCounter,
    /// More work waited than is allowed to.
    pub queue_full: IntCounter,
    /// Sent again while the first one is still being worked on.
    pub in_flight: IntCounter,
    /// It could not be stored.
    pub store: IntCounter,
}

/// The memory of passwords that have proved right.
pub struct VerifierCacheMetrics {
    /// The password was known to be right.
    pub hit: IntCounter,
    /// The password had to be hashed.
    pub miss: IntCounter,
}

impl RadiusMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let requests = maker.counters(
            "hotspot_radius_requests_total",
            "RADIUS requests that were answered, by kind and outcome.",
            &["kind", "outcome"],
        )?;
        let request = |kind, outcome| requests.with_label_values(&[kind, outcome]);
        let seconds = maker.histograms(
            "hotspot_radius_request_seconds",
            "From the arrival of a RADIUS request to its answer, without repeated ones.",
            "kind",
            &QUICK,
        )?;
        let cache = maker.counters(
            "hotspot_radius_verifier_cache_total",
            "Passwords looked up among those that have proved right, by result.",
            &["result"],
        )?;
        Ok(Self {
            auth: AuthenticationMetrics {
                accept: request("auth", "accept"),
                reject: request("auth", "reject"),
                duplicate: request("auth", "duplicate"),
                seconds: seconds.with_label_values(&["auth"]),
            },
            acct: AccountingMetrics {
                stored: request("acct", "stored"),
                refused: request("acct", "refused"),
                duplicate: request("acct", "duplicate"),
                seconds: seconds.with_label_values(&["acct"]),
            },
            status: StatusMetrics {
                answered: request("status", "answered"),
                duplicate: request("status", "duplicate"),
                seconds: seconds.with_label_values(&["status"]),
            },
            dropped: DroppedMetrics::new(maker)?,
            verifier_cache: VerifierCacheMetrics {
                hit: cache.with_label_values(&["hit"]),
                miss: cache.with_label_values(&["miss"]),
            },
            kernel_drops: maker.counter(
                "hotspot_radius_kernel_drops_total",
                "RADIUS datagrams the kernel threw away because the server did not take them in time.",
            )?,
        })
    }
}

impl DroppedMetrics {
    fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        let dropped = maker.counters(
            "hotspot_radius_dropped_total",
            "RADIUS datagrams that were not answered, by reason.",
            &["reason"],
        )?;
        let reason = |reason| dropped.with_label_values(&[reason]);
        Ok(Self {
            unknown_client: reason("unknown_client"),
            malformed: reason("malformed"),
            wrong_secret: reason("wrong_secret"),
            no_message_authenticator: reason("no_message_authenticator"),
            wrong_code: reason("wrong_code"),
            wrong_port: reason("wrong_port"),
            queue_full: reason("queue_full"),
            in_flight: reason("in_flight"),
            store: reason("store"),
        })
    }
}
