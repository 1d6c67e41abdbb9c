//! Packets good and bad through the whole crate; a test that proves a row of the fault table begins with its id.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    reason = "a test may fail where it stands"
)]

mod access;
mod accounting;
mod bytes;
mod differential;
mod duplicates;
mod malformed;
mod replies;
mod round_trip;
mod stations;
mod vectors;
