//! A new agent over what stands in the kernel: the same sets, elements and counters; other rules; nobody notices.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use ap_agent::gate::{Gate as _, GateError};
use gate_core::{GateChange, Prefix4};
use nlink::Connection;
use nlink::netlink::Nftables;
use nlink::netlink::nftables::Family;

use super::site::{Site, WEB4, at_the_lake, nft, run, udp};

/// Handles of our sets: a set that was made anew has another one.
fn set_handles(site: &Site) -> BTreeMap<String, u64> {
    let sets = site.block(async {
        Connection::<Nftables>::new().unwrap().list_sets_in("hotspot", Family::Inet).await.unwrap()
    });
    let ours = sets.into_iter().filter(|set| !set.name.starts_with("__"));
    ours.map(|set| (set.name, set.handle)).collect()
}

#[test]
fn a_new_agent_takes_over_the_same_sets_with_their_elements_and_counters() {
    at_the_lake(1, |site| {
        let phone = &site.phones[0];
        let mut gate = site.laid();
        site.admit(&mut gate, phone.mac, 7);
        let lease = (phone.mac, "10.50.1.11".parse().unwrap());
        site.change(&mut gate, GateChange { bind: vec![lease], ..GateChange::default() });
        let server = udp(&site.net(), (WEB4, 7000));
        let flow = phone.udp((WEB4, 7000));
        let pass = || -> SocketAddr {
            flow.send(&[1; 72]).unwrap();
            let (_, peer) = server.recv_from(&mut [0; 128]).unwrap();
            server.send_to(&[2; 472], peer).unwrap();
            flow.recv(&mut [0; 512]).unwrap();
            peer
        };
        let peer = pass();
        let (before, handles) = (site.observe(&mut gate), set_handles(site));
        assert!(handles.len() >= 18, "{handles:?}");
        drop(gate);
        // Killed. The kernel goes on by itself.
        assert_eq!(pass(), peer);

        let mut gate = site.gate();
        assert!(!site.observe(&mut gate).table_present, "rules that nobody laid were taken for ours");
        let mut config = Site::config();
        config.protected4.insert(Prefix4::parse("198.51.100.128/25").unwrap());
        config.portal4.insert(Ipv4Addr::new(198, 51, 100, 11));
        config.portal6.clear();
        site.block(gate.apply(&config)).unwrap();
        assert_eq!(pass(), peer);
        let after = site.observe(&mut gate);
        assert_eq!(set_handles(site), handles);
        assert_eq!((&after.live, &after.bound), (&before.live, &before.bound));
        assert!(after.admitted[&phone.mac].remaining <= before.admitted[&phone.mac].remaining);
        let address = phone.v4.into();
        assert_eq!(after.up[&(phone.mac, address)].bytes, 3 * 100);
        assert_eq!(after.down[&address].bytes, 3 * 500);
        assert!(nft("list chain inet hotspot protect").contains("198.51.100.128/25"));
        assert!(nft("list chain inet hotspot divert").contains("198.51.100.11"));
    });
}

#[test]
fn a_rule_that_somebody_took_away_or_put_in_is_noticed_and_repaired() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        assert!(site.observe(&mut gate).table_present);
        for meddling in [
            "add rule inet hotspot pass accept",
            "insert rule inet hotspot judge accept",
            "flush chain inet hotspot client",
            "flush chain inet hotspot judge\nadd rule inet hotspot judge accept\nadd rule inet hotspot judge accept\nadd rule inet hotspot judge accept",
        ] {
            nft(meddling);
            assert!(!site.observe(&mut gate).table_present, "{meddling:?} went unnoticed");
            site.block(gate.apply(&Site::config())).unwrap();
            assert!(site.observe(&mut gate).table_present);
        }
        // Another program's table is none of ours.
        nft("add table inet other\nadd chain inet other mine\nadd rule inet other mine accept");
        assert!(site.observe(&mut gate).table_present);
        site.block(gate.apply(&Site::config())).unwrap();
        assert!(nft("list table inet other").contains("accept"));
    });
}

#[test]
fn what_a_former_build_left_in_the_table_goes_with_the_new_rules() {
    at_the_lake(1, |site| {
        nft("add table inet hotspot
            add map inet hotspot former { type ether_addr : mark; flags timeout; }
            add chain inet hotspot turned { type filter hook prerouting priority mangle; policy accept; }
            add rule inet hotspot turned meta mark set ether saddr map @former accept");
        let mut gate = site.laid();
        assert!(site.observe(&mut gate).table_present);
        let table = nft("list table inet hotspot");
        assert!(!table.contains("turned") && !table.contains("former"), "{table}");
    });
}

#[test]
fn a_set_that_is_something_else_refuses_the_rules_and_changes_nothing() {
    at_the_lake(1, |site| {
        nft("add table inet hotspot\nadd set inet hotspot live { type ipv4_addr; }");
        let before = nft("list ruleset");
        let mut gate = site.gate();
        let refused = site.block(gate.apply(&Site::config())).unwrap_err();
        assert!(matches!(&refused, GateError::Ruleset(said) if said.contains("Error")), "{refused}");
        assert_eq!(nft("list ruleset"), before);
    });
}

#[test]
fn changes_without_a_table_say_that_it_is_gone() {
    at_the_lake(1, |site| {
        let mut gate = site.gate();
        let admit = super::site::admitting(site.phones[0].mac, 7, std::time::Duration::from_secs(60));
        let error = site.block(gate.change(&admit)).unwrap_err();
        assert!(matches!(error, GateError::Gone), "{error:?}");
    });
}

#[test]
fn nft_takes_every_ruleset_of_the_snapshots_and_odd_ones_too() {
    at_the_lake(1, |_| {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/gate-core/tests/snapshots");
        let mut texts: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
                text.splitn(3, "---\n").nth(2).unwrap().to_owned()
            })
            .collect();
        assert!(texts.len() >= 2);
        let mut odd = Site::config();
        odd.protected4
            .extend(["0.0.0.0/0", "10.0.0.0/8", "1.1.1.1/32"].map(|text| Prefix4::parse(text).unwrap()));
        odd.protected6.extend(
            ["::/0", "2001:db8::/32", "2001:db8::1/128"].map(|text| gate_core::Prefix6::parse(text).unwrap()),
        );
        texts.push(gate_core::Ruleset::of(&odd).to_nft());
        let mut bare = Site::config();
        bare.portal4.clear();
        bare.portal6.clear();
        bare.protected4.clear();
        bare.protected6.clear();
        texts.push(gate_core::Ruleset::of(&bare).to_nft());
        for text in texts {
            if let Err(said) = run("nft", &["-c", "-f", "-"], &text) {
                panic!("nft refuses: {said}");
            }
        }
    });
}
