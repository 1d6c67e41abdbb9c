//! To be described.
pub mod gate;
pub mod guard;
pub mod bridge;
pub mod sessions;
pub mod clock;
pub mod config;
pub mod ledger;
