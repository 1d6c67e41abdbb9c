//! The controller: one binary between access points, visitors and operators; what each room is for stands in README.md.

pub mod config;
