//! The database: how long what happened waits for its commit.

use prometheus::{Error, Histogram, IntCounter, IntGauge};

use super::maker::{Maker, QUICK};

/// The database.
pub struct StoreMetrics {
    /// From the moment a batch of what happened is given to the store until it is durable.
    pub commit_seconds: Histogram,
    /// Batches and changes that wait for the writer.
    pub queue: IntGauge,
    /// Requests that wait to become part of a batch.
    pub waiting_requests: IntGauge,
    /// Transactions.
    pub commits: IntCounter,
    /// Commits that failed.
    pub failed_commits: IntCounter,
}

impl StoreMetrics {
    pub(super) fn new(maker: &Maker<'_>) -> Result<Self, Error> {
        Ok(Self {
            commit_seconds: maker.histogram(
                "hotspot_store_commit_seconds",
                "From giving a batch of what happened to the store until it is durable.",
                &QUICK,
            )?,
            queue: maker
                .gauge("hotspot_store_queue", "Batches and changes that wait for the database's writer.")?,
            waiting_requests: maker.gauge(
                "hotspot_store_waiting_requests",
                "Taps, log-outs and reports that wait to become part of a batch.",
            )?,
            commits: maker.counter("hotspot_store_commits_total", "Transactions committed.")?,
            failed_commits: maker
                .counter("hotspot_failed_commits_total", "Commits the store did not take.")?,
        })
    }
}
