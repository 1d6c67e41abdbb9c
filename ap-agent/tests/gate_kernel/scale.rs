//! Thousands of devices: one transaction, and times that are printed.

use std::net::{IpAddr, Ipv6Addr};
use std::time::{Duration, Instant};

use ap_agent::gate::Gate as _;
use gate_core::{Admission, GateChange, Mac, Wanted, changes_to};

use super::site::{Site, admitting, at_the_lake, nft, revoking};

const DEVICES: u32 = 5000;

fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let value = work();
    println!("{what}: {:.1} ms", begun.elapsed().as_secs_f64() * 1000.0);
    assert!(begun.elapsed() < Duration::from_secs(5), "{what} took too long");
    value
}

#[test]
fn five_thousand_devices_come_in_and_go_out_in_one_transaction_each() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let device = |number: u32| {
            let [a, b, c, d] = number.to_be_bytes();
            (Mac([2, 1, a, b, c, d]), Admission { number, remaining: Duration::from_secs(3600) })
        };
        let wanted = Wanted { admitted: (1..=DEVICES).map(device).collect() };
        let none = site.observe(&mut gate);
        let change = changes_to(&wanted, &none, Duration::from_secs(2));
        timed("admit 5,000 in one transaction", || site.change(&mut gate, change));
        let seen = timed("observe with 5,000 in the gate", || site.observe(&mut gate));
        assert_eq!(seen.admitted.len(), 5000);
        assert_eq!(seen.live.len(), 5000);
        assert!(changes_to(&wanted, &seen, Duration::from_secs(2)).is_empty());
        timed("admit one more beside 5,000", || site.admit(&mut gate, site.phones[0].mac, 9000));
        timed("revoke that one", || site.change(&mut gate, revoking(site.phones[0].mac, 9000)));
        // Three addresses of each, as they come by first use.
        let owned = |third: u8| {
            (1..=DEVICES).map(move |number| {
                let [.., c, d] = number.to_be_bytes();
                (
                    device(number).0,
                    Ipv6Addr::from([0xfd, 0x50, 0x68, 0x6b, 0x69, 0x65, 0, 0x6d, 0, 0, 0, 0, 0, third, c, d]),
                )
            })
        };
        let bind = (1..=3).flat_map(owned).map(|(mac, address)| (mac, IpAddr::V6(address))).collect();
        timed("bind 15,000 addresses", || {
            site.change(&mut gate, GateChange { bind, ..GateChange::default() });
        });
        let lease = GateChange {
            bind: vec![(site.phones[0].mac, IpAddr::V4(site.phones[0].v4))],
            ..GateChange::default()
        };
        timed("bind one lease beside them", || site.change(&mut gate, lease));
        timed("observe with them", || site.observe(&mut gate));
        let mut fresh = site.gate();
        timed("apply the rules over 5,000", || site.block(fresh.apply(&Site::config())).unwrap());
        timed("first change of an agent that took over", || {
            site.change(&mut fresh, admitting(site.phones[0].mac, 9001, Duration::from_secs(60)));
        });
        // All under other terms at once, as a snapshot of the log may bring it.
        let admit: Vec<_> = (1..=DEVICES)
            .map(device)
            .map(|(mac, admission)| (mac, Admission { remaining: Duration::from_secs(7200), ..admission }))
            .collect();
        timed("other ends for 5,000 in one transaction", || {
            site.change(&mut fresh, GateChange { admit, ..GateChange::default() });
        });
        let seen = site.observe(&mut fresh);
        let renewed =
            seen.admitted.values().filter(|held| held.remaining > Duration::from_secs(7000)).count();
        assert_eq!(renewed, 5000);
        let revoke = wanted.admitted.iter().map(|(mac, admission)| (*mac, admission.number)).collect();
        timed("revoke 5,000 in one transaction", || {
            site.change(&mut fresh, GateChange { revoke, ..GateChange::default() });
        });
        assert_eq!(site.observe(&mut fresh).live, [9001].into());
    });
}

#[test]
fn leases_are_bound_though_a_stranger_took_every_address_there_is() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let all: Vec<String> = (0..=255u16)
            .flat_map(|third| (0..=255u16).map(move |fourth| format!("10.50.{third}.{fourth}")))
            .collect();
        let pairs: Vec<String> = all.iter().map(|address| format!("02:bb:00:00:00:01 . {address}")).collect();
        nft(&format!(
            "add element inet hotspot bound4 {{ {} }}\nadd element inet hotspot taken4 {{ {} }}",
            pairs.join(", "),
            all.join(", ")
        ));
        let seen = timed("observe with 65,536 bindings", || site.observe(&mut gate));
        assert_eq!(seen.bound.len(), 65_536);
        timed("apply the rules over them", || site.block(gate.apply(&Site::config())).unwrap());
        let owner = site.phones[0].mac;
        let one = GateChange { bind: vec![(owner, "10.50.255.9".parse().unwrap())], ..GateChange::default() };
        timed("bind one lease over them", || site.change(&mut gate, one));
        let bind: Vec<_> = (0..=255u8)
            .flat_map(|third| (0..4u8).map(move |fourth| (third, fourth)))
            .map(|(third, fourth)| (owner, std::net::Ipv4Addr::new(10, 50, third, fourth).into()))
            .collect();
        assert_eq!(bind.len(), 1024);
        timed("bind 1,024 leases over them", || {
            site.change(&mut gate, GateChange { bind, ..GateChange::default() })
        });
        let seen = site.observe(&mut gate);
        assert_eq!(seen.bound.values().filter(|mac| **mac == owner).count(), 1025);
        assert_eq!(seen.bound.len(), 65_536);
    });
}
