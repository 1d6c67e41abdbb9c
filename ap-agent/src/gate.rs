//! The gate as the agent drives it: rules, elements, what is counted; in the kernel, or in memory for simulated agents.

use std::future::Future;

use gate_core::{GateChange, GateConfig, Observed};

mod elements;
mod kernel;
mod memory;
mod rules;

pub use kernel::KernelGate;
pub use memory::MemoryGate;

/// Why the gate did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// `nft` is not installed.
    #[error("nft cannot be run; install the package nftables")]
    Nft(#[source] std::io::Error),
    /// `nft` did not end in time.
    #[error("nft did not end within {0} s; the rules in force stay, and it is tried again")]
    Late(u64),
    /// The kernel or nft refused the ruleset; the former one stays.
    #[error("nft refused the ruleset: {0}")]
    Ruleset(String),
    /// A netlink request failed.
    #[error("the kernel refused {what}; the agent needs CAP_NET_ADMIN in its own network namespace")]
    Netlink {
        /// What was asked.
        what: &'static str,
        /// What the kernel said.
        #[source]
        source: nlink::Error,
    },
    /// An address was given to its owner, and others kept using it in between.
    #[error("an address changed hands faster than the gate; it is bound again with the next look")]
    Unsettled,
    /// The table is not there, so nothing can be changed in it.
    #[error("the table {} is gone; it is made anew with the next look", gate_core::TABLE)]
    Gone,
}

/// A gate that can be set, changed and looked at. Futures are `Send`, so that one task may own it.
pub trait Gate: Send {
    /// Puts the rules of a configuration in force in one transaction. What the sets hold stays.
    fn apply(&mut self, config: &GateConfig) -> impl Future<Output = Result<(), GateError>> + Send;

    /// Changes the sets in one transaction; the flows of revoked marks are cut with it.
    fn change(&mut self, change: &GateChange) -> impl Future<Output = Result<(), GateError>> + Send;

    /// Reads everything the gate holds.
    fn observe(&mut self) -> impl Future<Output = Result<Observed, GateError>> + Send;
}
