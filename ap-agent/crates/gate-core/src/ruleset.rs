//! The whole ruleset as a value, and its text.

use std::collections::BTreeSet;
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

/// Names of chains and sets that stand in the table, perhaps from a build before this one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Chains.
    pub chains: BTreeSet<String>,
    /// Sets and maps.
    pub sets: BTreeSet<String>,
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
        self.to_nft_over(&Standing::default())
    }

    /// The same text over what stands in the table: chains and sets of ours that this build does not have are taken
    /// away with it, so that no rule of a former build goes on judging.
    #[must_use]
    pub fn to_nft_over(&self, standing: &Standing) -> String {
        let mut out = String::with_capacity(8192);
        let _ = writeln!(out, "add table inet {TABLE}");
        for set in SetDecl::all() {
            set.write(&mut out);
        }
        for counter in COUNTERS {
            let _ = writeln!(out, "add counter inet {TABLE} {counter}");
        }
        for chain in &self.chains {
            let name = chain.name;
            let hook = chain.hook.map_or_else(String::new, |Hook { kind, at, priority }| {
                format!(" {{ type {kind} hook {at} priority {priority}; policy accept; }}")
            });
            let _ = writeln!(out, "add chain inet {TABLE} {name}{hook}");
        }
        let own_chain = |name: &str| self.chains.iter().any(|chain| chain.name == name);
        let own_set = |name: &str| SetDecl::all().iter().any(|set| set.kernel_name == name);
        let former: Vec<&String> =
            standing.chains.iter().filter(|name| is_word(name) && !own_chain(name)).collect();
        for name in self.chains.iter().map(|chain| chain.name).chain(former.iter().map(|name| name.as_str()))
        {
            let _ = writeln!(out, "flush chain inet {TABLE} {name}");
        }
        for name in former {
            let _ = writeln!(out, "delete chain inet {TABLE} {name}");
        }
        for name in standing.sets.iter().filter(|name| is_word(name) && !own_set(name)) {
            let _ = writeln!(out, "delete set inet {TABLE} {name}");
        }
        for chain in &self.chains {
            for rule in &chain.rules {
                let _ = writeln!(out, "add rule inet {TABLE} {} {rule}", chain.name);
            }
        }
        out
    }
}

/// Whether a name found in the table is one that we could have given. Others (the kernel's own `__set0`) stay.
fn is_word(name: &str) -> bool {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    first && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
