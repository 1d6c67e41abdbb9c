//! Dashboards and rules: sound as files, and true against a running lab that a real Prometheus scrapes.

#![allow(
    clippy::indexing_slicing,
    reason = "what is not there in JSON is null, and fails where it is looked at"
)]

mod boards;
mod lint;
mod names;
mod prometheus;
mod radclient;
mod rules;
mod scrape;

use std::path::PathBuf;

use hotspot_tests::lab::instance::repository;

/// The room that is tested.
fn room() -> PathBuf {
    repository().join("dashboards")
}
