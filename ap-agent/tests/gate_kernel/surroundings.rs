//! Around the gate: policy routing, the bridge with its addresses and switches, pinned neighbours.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use ap_agent::bridge::{Bridge, BridgeError, Neighbours};
use ap_agent::guard::Guard;
use gate_core::{Interface, Mac};

use super::frames::{Carrier, Ends, advertisement, arp_reply, frame};
use super::site::{
    GATEWAY_MAC, GATEWAY4, GATEWAY6, NEIGHBOUR4, NEIGHBOUR6, Site, WEB4, WEB6, at_the_lake, run,
};
use super::wire::{Tag, wait};

fn rules() -> Vec<String> {
    let all = ["-4", "-6"].map(|family| run("ip", &[family, "rule", "list"], "").unwrap()).concat();
    all.lines().map(str::to_owned).collect()
}

#[test]
fn the_guard_lays_its_rules_once_mends_them_and_leaves_others_alone() {
    at_the_lake(0, |site| {
        site.block(Guard::lift()).unwrap();
        run("ip", &["rule", "add", "pref", "99", "from", "192.0.2.1", "lookup", "77"], "").unwrap();
        let without = rules();
        let guard = Site::guard();
        assert!(site.block(guard.lay()).unwrap());
        let with = rules();
        assert_eq!(with.len(), without.len() + 10, "{with:#?}");
        assert!(!site.block(guard.lay()).unwrap(), "rules that were right were changed");
        assert_eq!(rules(), with);
        // One is taken away, one is doubled by hand, one is changed.
        for args in [
            &["rule", "del", "pref", "101"][..],
            &["-6", "rule", "del", "pref", "104"],
            &["rule", "add", "pref", "103", "iif", "br0", "lookup", "77", "protocol", "153"],
        ] {
            run("ip", args, "").unwrap();
            assert_ne!(rules(), with);
            assert!(site.block(guard.lay()).unwrap());
            assert_eq!(rules(), with);
        }
        // Another bridge: the former one's rules go, and there is no moment without any.
        let other = Guard { bridge: Interface::new("br7").unwrap(), ..guard.clone() };
        assert!(site.block(other.lay()).unwrap());
        let moved = rules();
        assert_eq!(moved.len(), with.len());
        assert!(!moved.iter().any(|rule| rule.contains("br0")), "{moved:#?}");
        site.block(Guard::lift()).unwrap();
        assert_eq!(rules(), without);
    });
}

#[test]
fn before_anything_is_known_the_guard_closes_the_bridge_alone() {
    at_the_lake(0, |site| {
        site.block(Guard::lift()).unwrap();
        let guard = Guard { bridge: Interface::new("br0").unwrap(), clients4: None, clients6: None };
        site.block(guard.lay()).unwrap();
        let laid: Vec<String> = rules().into_iter().filter(|rule| rule.contains("br0")).collect();
        assert_eq!(laid.len(), 4, "{laid:#?}");
        assert_eq!(laid.iter().filter(|rule| rule.contains("blackhole")).count(), 2);
    });
}

#[test]
fn the_bridge_gets_what_every_access_point_has_and_is_left_alone_when_it_has_it() {
    at_the_lake(0, |site| {
        let bridge = Site::bridge();
        let state = || {
            let addresses = run("ip", &["-br", "addr", "show", "dev", "br0"], "").unwrap();
            let link = run("ip", &["-br", "link", "show", "dev", "br0"], "").unwrap();
            (addresses.split_whitespace().skip(2).map(str::to_owned).collect::<Vec<_>>(), link)
        };
        let (addresses, link) = state();
        assert!(link.contains(&GATEWAY_MAC.to_string()), "{link}");
        for address in ["10.50.0.1/16", "fd50:686b:6965:6d::1/64"] {
            assert!(addresses.iter().any(|held| held == address), "{addresses:?}");
        }
        site.block(bridge.prepare()).unwrap();
        assert_eq!(state(), (addresses.clone(), link));
        // Somebody meddles.
        run("ip", &["addr", "del", "10.50.0.1/16", "dev", "br0"], "").unwrap();
        run("ip", &["link", "set", "br0", "address", "02:00:00:00:00:99"], "").unwrap();
        std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
        std::fs::write("/proc/sys/net/ipv4/conf/all/send_redirects", "1").unwrap();
        site.block(bridge.prepare()).unwrap();
        let (mended, link) = state();
        assert!(link.contains(&GATEWAY_MAC.to_string()), "{link}");
        let global = |all: &[String]| {
            let mut all: Vec<String> =
                all.iter().filter(|address| !address.starts_with("fe80")).cloned().collect();
            all.sort();
            all
        };
        assert_eq!(global(&mended), global(&addresses));
        for (switch, value) in [
            ("net/ipv4/ip_forward", "1"),
            ("net/ipv6/conf/all/forwarding", "1"),
            ("net/ipv4/conf/all/send_redirects", "0"),
            ("net/ipv4/conf/br0/rp_filter", "1"),
            ("net/netfilter/nf_conntrack_acct", "1"),
            ("net/bridge/bridge-nf-call-iptables", "0"),
        ] {
            let held = std::fs::read_to_string(format!("/proc/sys/{switch}")).unwrap();
            assert_eq!(held.trim(), value, "{switch}");
        }
        let missing = Bridge { name: Interface::new("br9").unwrap(), ..bridge };
        let error = site.block(missing.prepare()).unwrap_err();
        assert!(matches!(error, BridgeError::Missing(_)), "{error}");
    });
}

#[test]
fn guests_pass_whatever_check_of_the_reverse_path_the_system_has() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        site.admit(&mut gate, phone.mac, 7);
        for (port, check) in [(7001, "0"), (7002, "1"), (7003, "2")] {
            std::fs::write("/proc/sys/net/ipv4/conf/all/rp_filter", check).unwrap();
            std::fs::write("/proc/sys/net/ipv4/conf/wan0/rp_filter", check).unwrap();
            site.block(Site::bridge().prepare()).unwrap();
            let server = super::site::udp(&site.net(), (WEB4, port));
            let flow = phone.udp((WEB4, port));
            flow.send(b"up").unwrap();
            let (_, peer) = server
                .recv_from(&mut [0; 64])
                .unwrap_or_else(|_| panic!("rp_filter {check} drops a guest's packets"));
            server.send_to(b"down", peer).unwrap();
            flow.recv(&mut [0; 64]).unwrap_or_else(|_| panic!("rp_filter {check} drops a guest's answers"));
        }
    });
}

/// The MAC the access point would send to for an address, and whether it is pinned.
fn neighbour(address: IpAddr) -> Option<(String, bool)> {
    let text = run("ip", &["neigh", "show", &address.to_string(), "dev", "br0"], "").unwrap();
    let mut words = text.split_whitespace().skip_while(|word| *word != "lladdr").skip(1);
    Some((words.next()?.to_owned(), text.contains("PERMANENT")))
}

#[test]
fn a_phone_that_claims_anothers_address_receives_nothing_of_it_once_it_is_pinned() {
    at_the_lake(2, |site| {
        let [owner, liar] = &site.phones[..] else { panic!("two phones") };
        let address = IpAddr::V6(owner.v6);
        let held = |mac: Mac, pinned: bool| Some((mac.to_string(), pinned));
        // The access point asks once who has it.
        let socket = std::net::UdpSocket::bind(("::", 0)).unwrap();
        socket.send_to(b"anybody?", (owner.v6, 9)).unwrap();
        wait("the owner to be known", || neighbour(address) == held(owner.mac, false));
        let to = Ends { from: liar.v6.into(), ..liar.ends(GATEWAY6.into()) };
        let lie = advertisement(&to, liar.mac, address);
        // The lie works where nothing is pinned, or the rest proves nothing.
        wait("the lie to be believed", || {
            liar.wire.send(&lie);
            neighbour(address) == held(liar.mac, false)
        });
        let mut neighbours = Neighbours::of(Interface::new("br0").unwrap());
        let owners = BTreeMap::from([(address, owner.mac), (IpAddr::V4(owner.v4), owner.mac)]);
        assert_eq!(site.block(neighbours.pin(&owners)).unwrap(), 2);
        assert_eq!(site.block(neighbours.pin(&owners)).unwrap(), 0);
        assert_eq!(neighbour(address), held(owner.mac, true));
        for _ in 0..50 {
            liar.wire.send(&lie);
        }
        // An echo behind the lies has been answered: they have been read.
        let ping = |netns: &str| {
            super::site::within(netns, || {
                run("ping", &["-c", "1", "-W", "2", &GATEWAY6.to_string()], "").unwrap()
            })
        };
        ping(&liar.netns);
        assert_eq!(neighbour(address), held(owner.mac, true));
        // A new agent finds what the one before pinned; who is no owner any more is unpinned.
        let mut neighbours = Neighbours::of(Interface::new("br0").unwrap());
        let owners = BTreeMap::from([(address, owner.mac)]);
        assert_eq!(site.block(neighbours.pin(&owners)).unwrap(), 1);
        assert_eq!(neighbour(IpAddr::V4(owner.v4)), None);
        assert_eq!(site.block(neighbours.pin(&BTreeMap::new())).unwrap(), 1);
        assert_eq!(neighbour(address), None);
    });
}

#[test]
fn what_is_for_a_phone_goes_to_it_though_another_claims_its_ipv4_address() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [owner, liar] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, owner.mac, 7);
        let server = super::site::udp(&site.net(), (WEB4, 7000));
        let flow = owner.udp((WEB4, 7000));
        flow.send(b"up").unwrap();
        let (_, peer) = server.recv_from(&mut [0; 64]).unwrap();
        let address = IpAddr::V4(owner.v4);
        let held = |mac: Mac, pinned: bool| Some((mac.to_string(), pinned));
        // To the access point and to everybody: "the address is mine".
        let ends = Ends { from: address, ..liar.ends(GATEWAY4.into()) };
        let lies = [
            arp_reply(&ends, liar.mac),
            arp_reply(&Ends { to_mac: Mac([0xff; 6]), to: address, ..ends }, liar.mac),
        ];
        let lie = || lies.iter().for_each(|lie| liar.wire.send(lie));
        // The lie works where nothing is pinned: another's packets come to the liar.
        wait("the lie to be believed", || {
            lie();
            neighbour(address).is_some_and(|(mac, _)| mac == liar.mac.to_string())
        });
        let stolen = Tag::new();
        wait("another's packet at the liar", || {
            lie();
            server.send_to(&stolen.payload(0), peer).unwrap();
            !liar.wire.arrived(&stolen).is_empty()
        });

        let mut neighbours = Neighbours::of(Interface::new("br0").unwrap());
        let seen = site.observe(&mut gate);
        site.block(neighbours.pin(&seen.bound)).unwrap();
        assert_eq!(neighbour(address), held(owner.mac, true));
        let safe = Tag::new();
        for number in 0..50 {
            lie();
            server.send_to(&safe.payload(number), peer).unwrap();
        }
        wait("all of the owner's packets", || owner.wire.arrived(&safe).len() == 50);
        assert!(liar.wire.arrived(&safe).is_empty());
        assert_eq!(neighbour(address), held(owner.mac, true));
    });
}

#[test]
fn while_a_former_builds_rules_are_replaced_nothing_slips_through() {
    at_the_lake(1, |site| {
        // No table, no rules of the clients' prefixes, no check of the reverse path: one rule alone keeps the phone inside.
        let guard = Guard { clients4: None, clients6: None, ..Site::guard() };
        site.block(guard.lay()).unwrap();
        for name in ["all", "br0"] {
            std::fs::write(format!("/proc/sys/net/ipv4/conf/{name}/rp_filter"), "0").unwrap();
        }
        // What gets out gets out at once: the way is known.
        for next in [IpAddr::V4(NEIGHBOUR4), IpAddr::V6(NEIGHBOUR6)] {
            wait("the way out", || run("ping", &["-c", "1", "-W", "1", &next.to_string()], "").is_ok());
        }
        let phone = &site.phones[0];
        let tag = Tag::new();
        let probes = [IpAddr::V4(WEB4), IpAddr::V6(WEB6)]
            .map(|host| frame(&phone.ends(host), Carrier::Udp(5000, 7), &tag.payload(0)));
        let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
        let replaced = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    probes.iter().for_each(|probe| phone.wire.send(probe));
                    sent.fetch_add(2, Ordering::Relaxed);
                }
            });
            let replace = || {
                for family in ["-4", "-6"] {
                    for args in [
                        &["rule", "add", "pref", "201", "iif", "br0", "blackhole", "protocol", "153"][..],
                        &["rule", "del", "pref", "101"],
                    ] {
                        run("ip", &[&[family], args].concat(), "").unwrap();
                    }
                }
                let before = sent.load(Ordering::Relaxed);
                assert!(site.block(guard.lay()).unwrap());
                wait("more probes", || sent.load(Ordering::Relaxed) > before + 100);
            };
            let replaced = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                (0..40).for_each(|_| replace());
            }));
            over.store(true, Ordering::Relaxed);
            replaced
        });
        replaced.unwrap();
        let out = site.internet.arrived(&tag).len();
        // Without the guard such packets get out, or the silence before proves nothing.
        let other = Tag::new();
        site.block(Guard::lift()).unwrap();
        for host in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
            phone.wire.send(&frame(&phone.ends(host), Carrier::Udp(5001, 7), &other.payload(0)));
        }
        wait("packets without the guard", || site.internet.arrived(&other) == [0, 0]);
        assert_eq!(out + site.internet.arrived(&tag).len(), 0);
        println!("{} probes while rules were replaced 40 times: 0 arrived", sent.load(Ordering::Relaxed));
    });
}
