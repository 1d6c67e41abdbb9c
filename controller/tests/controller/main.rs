//! The real binary over loopback: real TLS, real SQLite, and a small agent that speaks the protocol.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test that meets what it does not expect has failed"
)]

mod accounts;
mod api;
mod commands;
mod console;
mod control;
mod enrolment;
mod faults;
mod figures;
mod journal;
mod lifecycle;
mod monitor;
mod operators;
mod radius;
mod relay;
mod strangers;
mod support;
mod visit;
