//! The agent's link, relay and decisions over loopback against a small controller that speaks the protocol, and its
//! packet socket in namespaces.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect has failed"
)]

mod configuration;
mod enrolment;
mod grants;
mod journal;
mod ledger;
mod link;
mod relay;
mod restart;
mod simulator;
mod stations;
mod support;
