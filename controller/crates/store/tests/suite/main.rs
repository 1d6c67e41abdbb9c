//! The store on real files: what it keeps, how it groups, what it says when something is wrong.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

mod audit;
mod faults;
mod groups;
mod kept;
mod ledger;
mod machine;
mod operators;
mod processes;
mod radius;
mod rows;
mod throughput;
