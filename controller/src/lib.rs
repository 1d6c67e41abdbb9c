//! The controller: one binary between access points, visitors and operators; what each room is for stands in README.md.

pub mod agents;
pub mod app;
pub mod clock;
pub mod config;
pub mod fleet;
pub mod geo;
pub mod listen;
pub mod metrics;
pub mod operators;
pub mod policy;
pub mod portal;
pub mod pseudonyms;
pub mod radius;
pub mod seal;
pub mod sessions;
pub mod stats;
