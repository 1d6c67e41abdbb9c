//! The portal as a visitor meets it: every state, every language, every kind of nonsense, through the real router.

#![allow(clippy::unwrap_used, reason = "a helper of a test that cannot go on says where")]

mod bad_input;
mod budgets;
mod captive_api;
mod languages;
mod markup;
mod messages;
mod support;
mod visit;
mod wire;
