//! The end of a grant: by a change, by the kernel's own clock, in both directions, and nothing of anybody else.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use gate_core::{Admission, GateChange, Wanted, changes_to, mark_of};
use nlink::Connection;
use nlink::netlink::Netfilter;

use super::site::{
    GATEWAY4, PORTAL4, PORTS, Phone, Site, WEB4, WEB6, admitting, at_the_lake, revoking, udp, within,
};

/// A flow between a phone and the internet that has passed in both directions.
struct Flow {
    phone: UdpSocket,
    server: UdpSocket,
    peer: SocketAddr,
}

impl Flow {
    fn begin(site: &Site, phone: &Phone, to: IpAddr, port: u16) -> Self {
        let server = udp(&site.net(), (to, port));
        let flow = phone.udp((to, port));
        flow.send(b"up").unwrap();
        let (_, peer) = server.recv_from(&mut [0; 64]).unwrap();
        let flow = Self { phone: flow, server, peer };
        assert!(flow.passes_down(), "a guest's flow does not pass");
        flow
    }

    fn passes_up(&self, text: &[u8]) -> bool {
        let _ = self.phone.send(text);
        let mut got = [0; 64];
        self.server.recv_from(&mut got).is_ok_and(|(length, _)| &got[..length] == text)
    }

    fn passes_down(&self) -> bool {
        self.server.send_to(b"down", self.peer).unwrap();
        self.phone.recv(&mut [0; 64]).is_ok()
    }

    /// Sends in both directions without waiting.
    fn shout(&self) {
        let _ = self.phone.send(b"shouted");
        let _ = self.server.send_to(b"shouted", self.peer);
    }

    /// Whether nothing is waiting at either end.
    fn is_silent(&self) -> bool {
        let ends = [&self.phone, &self.server];
        ends.iter().all(|end| {
            end.set_nonblocking(true).unwrap();
            // Refusals the kernel reports are no packets.
            let silent = (0..8).all(|_| end.recv(&mut [0; 64]).is_err());
            end.set_nonblocking(false).unwrap();
            silent
        })
    }
}

/// Marks and original destinations of all flows the access point knows.
fn known_flows(site: &Site) -> Vec<(u32, IpAddr, IpAddr)> {
    site.block(async {
        let conntrack = Connection::<Netfilter>::new().unwrap();
        let mut entries = conntrack.get_conntrack().await.unwrap();
        entries.extend(conntrack.get_conntrack_v6().await.unwrap());
        entries
            .iter()
            .filter_map(|entry| Some((entry.mark.unwrap_or(0), entry.orig.src_ip?, entry.orig.dst_ip?)))
            .collect()
    })
}

/// The marks of all granted flows.
pub fn marks(site: &Site) -> Vec<u32> {
    known_flows(site).iter().map(|(mark, ..)| *mark).filter(|mark| *mark != 0).collect()
}

#[test]
fn a_cut_ends_both_directions_and_deletes_only_that_devices_granted_flows() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [cut, other] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, cut.mac, 7);
        site.admit(&mut gate, other.mac, 8);
        let flows = [Flow::begin(site, cut, WEB4.into(), 7001), Flow::begin(site, cut, WEB6.into(), 7002)];
        let others =
            [Flow::begin(site, other, WEB4.into(), 7003), Flow::begin(site, other, WEB6.into(), 7004)];
        // Flows to the access point itself: the resolver, and the portal's page that will report the log-out.
        let resolver = UdpSocket::bind((GATEWAY4, 53)).unwrap();
        let question = cut.udp((GATEWAY4, 53));
        question.send(b"question").unwrap();
        let (_, asker) = resolver.recv_from(&mut [0; 64]).unwrap();
        let relay = TcpListener::bind((GATEWAY4, PORTS.1)).unwrap();
        let mut page = within(&cut.netns, || TcpStream::connect((PORTAL4, 443)).unwrap());
        let (mut relayed, _) = relay.accept().unwrap();

        site.change(&mut gate, revoking(cut.mac, 7));
        for flow in &flows {
            flow.shout();
        }
        for flow in &others {
            assert!(flow.passes_up(b"further") && flow.passes_down(), "another guest's flow was cut");
        }
        for flow in &flows {
            assert!(flow.is_silent(), "a cut flow goes on");
        }
        let known = known_flows(site);
        let of = |mark: u32| known.iter().filter(|(held, ..)| *held == mark).count();
        assert_eq!((of(mark_of(7)), of(mark_of(8))), (0, 2), "{known:?}");
        for to in [IpAddr::V4(GATEWAY4), IpAddr::V4(PORTAL4)] {
            assert!(known.contains(&(0, cut.v4.into(), to)), "the flow to {to} is gone: {known:?}");
        }
        resolver.send_to(b"answer", asker).unwrap();
        assert_eq!(question.recv(&mut [0; 64]).unwrap(), 6);
        relayed.write_all(b"logged out").unwrap();
        let mut said = [0; 10];
        page.read_exact(&mut said).unwrap();
        assert_eq!(&said, b"logged out");
    });
}

#[test]
fn many_cuts_at_once_delete_the_same_flows_and_no_others() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [cut, other] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, cut.mac, 7);
        site.admit(&mut gate, other.mac, 8);
        let flow = Flow::begin(site, cut, WEB4.into(), 7001);
        let stays = Flow::begin(site, other, WEB6.into(), 7002);
        let mut revoke: Vec<_> =
            (100..200).map(|number| (gate_core::Mac([2, 0, 0, 0, 9, 0]), number)).collect();
        revoke.push((cut.mac, 7));
        site.change(&mut gate, GateChange { revoke, ..GateChange::default() });
        flow.shout();
        assert!(stays.passes_up(b"further") && stays.passes_down());
        assert!(flow.is_silent());
        assert_eq!(marks(site), [mark_of(8)]);
    });
}

#[test]
fn a_grant_ends_by_the_kernels_clock_with_nobody_there() {
    at_the_lake(1, |site| {
        let phone = &site.phones[0];
        let remaining = Duration::from_millis(1500);
        let mut gate = site.laid();
        let before = Instant::now();
        site.change(&mut gate, admitting(phone.mac, 7, remaining));
        let after = Instant::now();
        let flows =
            [Flow::begin(site, phone, WEB4.into(), 7001), Flow::begin(site, phone, WEB6.into(), 7002)];
        drop(gate);
        // The last moment at which something still came through, by direction and family.
        let mut last = [[after; 2]; 2];
        while before.elapsed() < remaining * 2 {
            for (flow, last) in flows.iter().zip(&mut last) {
                flow.shout();
                for (end, last) in [&flow.phone, &flow.server].into_iter().zip(last) {
                    end.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
                    while end.recv(&mut [0; 64]).is_ok() {
                        *last = Instant::now();
                    }
                }
            }
        }
        let tolerance = Duration::from_millis(300);
        for last in last.as_flattened() {
            let (most, least) = (last.duration_since(before), last.duration_since(after));
            assert!(least < remaining + tolerance, "passed {least:?} after a grant of {remaining:?}");
            assert!(most + tolerance > remaining, "ended {most:?} after a grant of {remaining:?}");
        }
    });
}

#[test]
fn flows_of_a_grant_that_ran_out_are_forgotten_with_the_next_look() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [short, long] = &site.phones[..] else { panic!("two phones") };
        site.change(&mut gate, admitting(short.mac, 7, Duration::from_millis(900)));
        site.admit(&mut gate, long.mac, 8);
        let _flows =
            [Flow::begin(site, short, WEB4.into(), 7001), Flow::begin(site, long, WEB4.into(), 7002)];
        assert_eq!(marks(site).len(), 2);
        super::wire::wait("the short grant to end", || !site.observe(&mut gate).live.contains(&7));
        assert_eq!(marks(site), [mark_of(8)]);
    });
}

#[test]
fn flows_of_a_grant_that_ran_out_while_no_agent_was_there_are_forgotten_by_the_next_one() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [short, long] = &site.phones[..] else { panic!("two phones") };
        site.change(&mut gate, admitting(short.mac, 7, Duration::from_millis(900)));
        site.admit(&mut gate, long.mac, 8);
        let flow = Flow::begin(site, short, WEB4.into(), 7001);
        let stays = Flow::begin(site, long, WEB4.into(), 7002);
        drop(gate);
        super::wire::wait("the short grant to end", || {
            !super::site::nft("list set inet hotspot live").contains("0x40000007")
        });
        let mut gate = site.laid();
        site.observe(&mut gate);
        assert_eq!(marks(site), [mark_of(8)]);
        assert!(stays.passes_up(b"further") && stays.passes_down());
        // The number comes again for somebody else: nothing of the former one's flow is his.
        site.admit(&mut gate, gate_core::Mac([2, 0, 0, 0, 9, 9]), 7);
        flow.shout();
        assert!(stays.passes_up(b"and further") && flow.is_silent());
    });
}

#[test]
fn a_grant_that_ends_never_keeps_nobody_waiting_and_is_not_written_again_and_again() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        let other = gate_core::Mac([2, 0, 0, 0, 9, 9]);
        let admission = |number, remaining| Admission { number, remaining };
        let wanted = Wanted {
            admitted: [
                (phone.mac, admission(7, Duration::from_millis(u64::MAX))),
                (other, admission(8, Duration::from_secs(60))),
            ]
            .into(),
        };
        let slack = Duration::from_secs(2);
        let change = changes_to(&wanted, &site.observe(&mut gate), slack);
        site.change(&mut gate, change);
        let seen = site.observe(&mut gate);
        assert_eq!(seen.live, [7, 8].into());
        assert!(changes_to(&wanted, &seen, slack).is_empty());
        Flow::begin(site, phone, WEB4.into(), 7001);
    });
}

#[test]
fn other_terms_of_a_grant_change_its_end_either_way_and_its_flows_go_on() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        let secs = Duration::from_secs;
        site.change(&mut gate, admitting(phone.mac, 7, secs(100)));
        let flow = Flow::begin(site, phone, WEB4.into(), 7001);
        for remaining in [secs(1000), secs(50)] {
            site.change(&mut gate, admitting(phone.mac, 7, remaining));
            let held = site.observe(&mut gate).admitted[&phone.mac];
            assert!(held.remaining.abs_diff(remaining) < secs(2), "{held:?} instead of {remaining:?}");
            assert!(flow.passes_up(b"on and on") && flow.passes_down());
        }
        // Another grant of the same device: its new mark is on the flow with the next packet, the old one is dead.
        let change = GateChange {
            admit: vec![(phone.mac, Admission { number: 9, remaining: secs(100) })],
            revoke: vec![(phone.mac, 7)],
            ..GateChange::default()
        };
        site.change(&mut gate, change);
        let seen = site.observe(&mut gate);
        assert_eq!(seen.admitted[&phone.mac].number, 9);
        assert_eq!(seen.live, [9].into());
        assert!(flow.passes_up(b"still"));
    });
}

#[test]
fn a_change_that_names_what_is_not_there_does_the_rest() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        let absent = gate_core::Mac([2, 0, 0, 0, 9, 9]);
        site.change(&mut gate, revoking(absent, 5));
        let forget = vec![(absent, IpAddr::V4(WEB4)), (absent, IpAddr::V6(WEB6))];
        site.change(&mut gate, GateChange { forget, ..GateChange::default() });
        // What the gate remembers as present has run out meanwhile.
        site.change(&mut gate, admitting(phone.mac, 7, Duration::from_millis(50)));
        let other = super::site::nft("list set inet hotspot live");
        assert!(other.contains("0x40000007"), "{other}");
        super::wire::wait("the element to run out", || {
            !super::site::nft("list set inet hotspot live").contains("0x40000007")
        });
        let change =
            GateChange { revoke: vec![(phone.mac, 7)], ..admitting(absent, 6, Duration::from_secs(60)) };
        site.change(&mut gate, change);
        assert_eq!(site.observe(&mut gate).admitted.keys().collect::<Vec<_>>(), [&absent]);
    });
}
