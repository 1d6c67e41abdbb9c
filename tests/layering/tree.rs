//! The table of packages: what each may use from the workspace, and what it never pulls in, not even through others.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::command::output;
use hotspot_tests::lab::instance::repository;

const WORKSPACE: [&str; 10] = [
    "hotspot-controller",
    "agent-protocol",
    "radius-core",
    "session-core",
    "stats-core",
    "store",
    "captive-portal",
    "ap-agent",
    "gate-core",
    "hotspot-tests",
];

/// A pure crate computes: whoever calls it does the waiting, the sending and the storing.
const IMPURE: [(&str, &str); 10] = [
    ("tokio", "a core does not wait: `now` and events come in as arguments"),
    ("mio", "a core does not wait for sockets"),
    ("axum", "a core does not serve: the shell converts"),
    ("hyper", "a core does not serve: the shell converts"),
    ("sqlx", "a core does not store: it hands out what is to be stored"),
    ("nlink", "a core does not talk to the kernel: it says what is wanted"),
    ("pnet", "a core does not listen on the wire"),
    ("socket2", "a core opens no socket"),
    ("getrandom", "randomness comes into a core as an argument"),
    ("rand", "randomness comes into a core as an argument"),
];

struct Rule {
    package: &'static str,
    may: &'static [&'static str],
    never: &'static [(&'static str, &'static str)],
}

const RULES: [Rule; 9] = [
    Rule { package: "agent-protocol", may: &[], never: &IMPURE },
    Rule { package: "radius-core", may: &[], never: &IMPURE },
    Rule { package: "session-core", may: &[], never: &IMPURE },
    Rule { package: "stats-core", may: &[], never: &IMPURE },
    Rule { package: "gate-core", may: &[], never: &IMPURE },
    Rule {
        package: "captive-portal",
        may: &[],
        never: &[("sqlx", "the portal knows the store only through its backend")],
    },
    Rule {
        package: "store",
        may: &["session-core", "stats-core"],
        never: &[("axum", "the store answers no requests: its callers do")],
    },
    Rule {
        package: "hotspot-controller",
        may: &["agent-protocol", "radius-core", "session-core", "stats-core", "store", "captive-portal"],
        never: &[("nlink", "the controller runs where there is no gate")],
    },
    Rule {
        package: "ap-agent",
        may: &["agent-protocol", "gate-core"],
        never: &[
            ("sqlx", "an access point has a journal, no database"),
            ("axum", "an access point has little flash: hyper is enough for one page"),
        ],
    },
];

fn used_by(package: &str) -> Result<Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let mut command = Command::new(cargo);
    command.current_dir(repository());
    command.args(["tree", "--offline", "--package", package, "--edges", "normal", "--prefix", "none"]);
    let text = output(&mut command)?;
    let names = text.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned);
    // The first line is the package itself.
    let mut used: Vec<String> = names.skip(1).filter(|name| name != package).collect();
    used.sort();
    used.dedup();
    Ok(used)
}

#[test]
fn every_package_uses_only_what_the_table_allows() -> Result<()> {
    let mut faults = Vec::new();
    for rule in &RULES {
        let used = used_by(rule.package)?;
        ensure!(!used.is_empty(), "cargo tree says that {} uses nothing at all", rule.package);
        for name in &used {
            if WORKSPACE.contains(&name.as_str()) && !rule.may.contains(&name.as_str()) {
                faults.push(format!("{} may not use {name}", rule.package));
            }
        }
        for (banned, reason) in rule.never {
            if used.iter().any(|name| name == banned) {
                faults.push(format!("{} pulls in {banned}: {reason}", rule.package));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn the_table_names_every_package_of_the_workspace() -> Result<()> {
    let manifest =
        std::fs::read_to_string(repository().join("Cargo.toml")).context("cannot read the manifest")?;
    let members = manifest.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    let members = members.context("the manifest lists no members")?.matches('"').count() / 2;
    assert_eq!(members, WORKSPACE.len());
    // Everybody but the tests themselves has a rule; nobody's rule allows the tests.
    assert_eq!(RULES.len() + 1, WORKSPACE.len());
    assert!(RULES.iter().all(|rule| !rule.may.contains(&"hotspot-tests")));
    Ok(())
}
