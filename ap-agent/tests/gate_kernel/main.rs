//! The gate against the real kernel: namespaces for an access point, the internet and phones, no agent and no controller.
//!
//! Needs root. Each test has namespaces of its own (`gt-PID-…`) and removes them.
// A helper that cannot go on stops the test where it stands.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod adoption;
mod counting;
mod flows;
mod frames;
mod odd;
mod scale;
mod services;
mod site;
mod sources;
mod strangers;
mod surroundings;
mod wire;
