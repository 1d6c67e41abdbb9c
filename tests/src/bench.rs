//! The parts of `make bench` that compare: RADIUS servers side by side, on one machine, in one run.

pub mod freeradius;
pub mod radius;
pub mod responder;
pub mod server;
