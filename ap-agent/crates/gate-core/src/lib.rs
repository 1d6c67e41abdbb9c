//! The wanted gate of an access point as a value: which rules the kernel shall hold, and which elements its sets.
//!
//! Pure: a [`GateConfig`] becomes a [`Ruleset`], a ruleset becomes text for `nft -f`; the same configuration gives the
//! same bytes. Rules are replaced as whole chains in one transaction; the sets hold state (grants with their ends,
//! counters, bindings of addresses) and no change of rules touches them. What shall be in the sets is a
//! [`GateChange`], computed as the difference of what is wanted and what was [`Observed`].

mod change;
mod config;
mod names;
mod prefix;
mod rules;
mod ruleset;
mod sets;

pub use change::{
    ADDRESSES_PER_DEVICE, Accounted, Admission, GateChange, LONGEST, Observed, changes_to, surplus,
};
pub use config::{ConfigError, GateConfig, Wanted};
pub use names::{Interface, Mac, NameError};
pub use prefix::{Prefix4, Prefix6, PrefixError};
pub use rules::FLOWS_PER_DEVICE;
pub use ruleset::{Chain, Hook, Ruleset, Standing};
pub use sets::{COUNTERS, SetDecl, SetName};

/// Name of the `inet` table; no other table is ever touched.
pub const TABLE: &str = "hotspot";
/// The bit of a packet's and a flow's mark that says "granted"; the rest is the grant's number.
pub const GRANT_BIT: u32 = 0x4000_0000;

/// The mark of a grant's packets and flows.
///
/// ```
/// assert_eq!(gate_core::mark_of(7), 0x4000_0007);
/// ```
#[must_use]
pub fn mark_of(number: u32) -> u32 {
    GRANT_BIT | (number & (GRANT_BIT - 1))
}
