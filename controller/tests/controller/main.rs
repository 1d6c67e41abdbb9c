//! The real binary over loopback: real TLS, real SQLite, and a small agent that speaks the protocol.

mod commands;
mod control;
mod enrolment;
mod faults;
mod journal;
mod lifecycle;
mod relay;
mod support;
mod visit;
