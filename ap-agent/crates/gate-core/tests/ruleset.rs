//! The ruleset as bytes: the same for the same gate, and what a reviewer reads.

// A helper that cannot go on stops the test where it stands.
#![allow(clippy::unwrap_used)]

use std::net::{Ipv4Addr, Ipv6Addr};

use gate_core::{ConfigError, GateConfig, Interface, Prefix4, Ruleset, SetDecl, Standing};
use proptest::prelude::*;

fn lake() -> GateConfig {
    let interface = |name| Interface::new(name).unwrap();
    let mut config = GateConfig::new(
        (interface("br-clients"), interface("wan0")),
        (2050, 2051),
        (Ipv4Addr::new(10, 50, 0, 1), 16),
        Some("fd50:686b:6965:6d::1".parse::<Ipv6Addr>().unwrap()),
    )
    .unwrap();
    config.portal4.extend([Ipv4Addr::new(203, 0, 113, 80), Ipv4Addr::new(203, 0, 113, 81)]);
    config.portal6.insert("2001:db8:80::1".parse().unwrap());
    config.protected4.insert(Prefix4::parse("198.51.100.128/25").unwrap());
    config
}

#[test]
fn the_gate_of_the_lake_reads_like_this() {
    insta::assert_snapshot!("lake", Ruleset::of(&lake()).to_nft());
}

#[test]
fn a_gate_without_ipv6_lets_no_ipv6_source_pass() {
    let interface = |name| Interface::new(name).unwrap();
    let config = GateConfig::new(
        (interface("br0"), interface("eth0")),
        (2050, 2051),
        (Ipv4Addr::new(10, 50, 0, 1), 16),
        None,
    )
    .unwrap();
    insta::assert_snapshot!("ipv4_only", Ruleset::of(&config).to_nft());
}

#[test]
fn contradictions_are_refused() {
    let interface = |name| Interface::new(name).unwrap();
    let gateway = (Ipv4Addr::new(10, 50, 0, 1), 16);
    let same = GateConfig::new((interface("br0"), interface("br0")), (2050, 2051), gateway, None);
    assert!(matches!(same, Err(ConfigError::SameInterface(_))));
    for ports in [(2050, 2050), (80, 2051), (2050, 53)] {
        let config = GateConfig::new((interface("br0"), interface("eth0")), ports, gateway, None);
        assert!(matches!(config, Err(ConfigError::Ports(..))), "{ports:?} were taken");
    }
    for gateway in [(Ipv4Addr::new(10, 50, 0, 0), 16), (Ipv4Addr::new(10, 50, 0, 1), 33)] {
        let config = GateConfig::new((interface("br0"), interface("eth0")), (2050, 2051), gateway, None);
        assert!(matches!(config, Err(ConfigError::Gateway(_))), "{gateway:?} was taken");
    }
    for gateway in [(Ipv4Addr::new(10, 50, 0, 1), 15), (Ipv4Addr::new(10, 50, 0, 1), 31)] {
        let config = GateConfig::new((interface("br0"), interface("eth0")), (2050, 2051), gateway, None);
        assert!(matches!(config, Err(ConfigError::Size(_))), "{gateway:?} was taken");
    }
}

#[test]
fn whoever_is_defined_otherwise_gets_another_name() {
    let released: Vec<(&str, &str)> =
        include_str!("released.txt").lines().filter_map(|line| line.split_once(' ')).collect();
    let ruleset = Ruleset::of(&lake());
    let chains = ruleset.chains.iter().filter_map(|chain| {
        let hook = chain.hook?;
        Some((chain.name, format!("chain {} {} {}", hook.kind, hook.at, hook.priority)))
    });
    let sets = SetDecl::all().iter().map(|set| (set.kernel_name, set.definition()));
    for (name, definition) in chains.chain(sets) {
        let known = released.iter().find(|(of, _)| *of == name);
        assert_eq!(
            known,
            Some(&(name, definition.as_str())),
            "a kernel that holds the former {name} takes no other under its name: rename it, and add a line to released.txt"
        );
    }
}

#[test]
fn chains_and_sets_of_a_former_build_go_with_the_rules_of_this_one() {
    let standing = Standing {
        chains: ["judge", "turned", "x; flush ruleset", "Odd"].map(str::to_owned).into(),
        sets: ["gate", "old_gate", "__set0"].map(str::to_owned).into(),
    };
    let text = Ruleset::of(&lake()).to_nft_over(&standing);
    let gone: Vec<&str> = text.lines().filter(|line| line.starts_with("delete")).collect();
    assert_eq!(gone, ["delete chain inet hotspot turned", "delete set inet hotspot old_gate"]);
    assert!(text.contains("flush chain inet hotspot turned\n"));
    assert!(!text.contains("flush ruleset"));
}

proptest! {
    #[test]
    fn the_order_of_the_portals_addresses_changes_no_byte(addresses in proptest::collection::vec(any::<u32>(), 1..6)) {
        let mut forward = lake();
        let mut backward = lake();
        forward.portal4.extend(addresses.iter().map(|&bits| Ipv4Addr::from(bits)));
        backward.portal4.extend(addresses.iter().rev().map(|&bits| Ipv4Addr::from(bits)));
        prop_assert_eq!(Ruleset::of(&forward).to_nft(), Ruleset::of(&backward).to_nft());
    }
}
