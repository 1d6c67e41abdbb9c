//! The whole ruleset as a value, and its text.

use std::fmt::Write as _;

use crate::{COUNTERS, GateConfig, SetDecl, TABLE, rules};

/// Where a base chain hangs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// `filter` or `nat`.
    pub kind: &'static str,
    /// `prerouting`, `input`, `forward`, `postrouting`.
    pub at: &'static str,
    /// Priority in nft's words.
    pub priority: &'static str,
}

/// One chain with its rules, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// Its name.
    pub name: &'static str,
    /// Where it hangs; `None` for one that others jump to.
    pub hook: Option<Hook>,
    /// Its rules.
    pub rules: Vec<String>,
}

/// All rules of the gate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruleset {
    /// Its chains, those that are jumped to before those that jump.
    pub chains: Vec<Chain>,
}

impl Ruleset {
    /// The rules a configuration asks for.
    #[must_use]
    pub fn of(config: &GateConfig) -> Self {
        Self { chains: rules::chains(config) }
    }

    /// Text for `nft -f`, one transaction. It declares what may be there already (which changes nothing) and then
    /// replaces the content of every chain; sets keep their elements.
    #[must_use]
    pub fn to_nft(&self) -> String {
        let mut out = String::with_capacity(8192);
        let _ = writeln!(out, "add table inet {TABLE}");
        for set in SetDecl::all() {
            set.write(&mut out);
        }
        for counter in COUNTERS {
            let _ = writeln!(out, "add counter inet {TABLE} {counter}");
        }
        for chain in &self.chains {
            match chain.hook {
                None => {
                    let _ = writeln!(out, "add chain inet {TABLE} {}", chain.name);
                }
                Some(Hook { kind, at, priority }) => {
                    let _ = writeln!(
                        out,
                        "add chain inet {TABLE} {} {{ type {kind} hook {at} priority {priority}; policy accept; }}",
                        chain.name
                    );
                }
            }
        }
        for chain in &self.chains {
            let _ = writeln!(out, "flush chain inet {TABLE} {}", chain.name);
        }
        for chain in &self.chains {
            for rule in &chain.rules {
                let _ = writeln!(out, "add rule inet {TABLE} {} {rule}", chain.name);
            }
        }
        out
    }
}
