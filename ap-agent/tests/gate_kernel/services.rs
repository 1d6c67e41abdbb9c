//! What a phone gets of the access point itself: responder, relay and resolver in bounds, and nothing else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gate_core::{FLOWS_PER_DEVICE, mark_of};

use super::frames::{Carrier, frame};
use super::site::{
    GATEWAY4, GATEWAY6, PORTAL4, PORTAL6, PORTS, Phone, RESOLVER4, RESOLVER6, UPLINK4, WEB4, WEB6,
    at_the_lake, udp, within,
};
use super::wire::{Tag, wait};

/// A listener of the access point that greets with its name and keeps every connection open.
struct Service {
    over: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
    held: Arc<Mutex<Vec<TcpStream>>>,
}

impl Service {
    /// Listens in the calling thread's namespace, for both families.
    fn start(name: &'static str, port: u16) -> Self {
        let listener = TcpListener::bind(("::", port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (over, held) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (stop, keep) = (over.clone(), held.clone());
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                match listener.accept() {
                    Ok((mut connection, _)) => {
                        let _ = connection.write_all(name.as_bytes());
                        keep.lock().unwrap().push(connection);
                    }
                    Err(_) => std::thread::sleep(Duration::from_millis(1)),
                }
            }
        });
        Self { over, thread: Some(thread), held }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
        self.held.lock().unwrap().clear();
    }
}

/// Connects from a phone.
fn connect(phone: &Phone, to: impl Into<SocketAddr>) -> Result<TcpStream, ErrorKind> {
    let to = to.into();
    within(&phone.netns, || TcpStream::connect_timeout(&to, Duration::from_secs(3)))
        .map_err(|error| error.kind())
}

/// Who answers there.
fn answered_by(phone: &Phone, to: impl Into<SocketAddr>) -> Result<String, ErrorKind> {
    let mut connection = connect(phone, to)?;
    connection.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
    let mut name = [0; 16];
    let length = connection.read(&mut name).map_err(|error| error.kind())?;
    Ok(String::from_utf8_lossy(&name[..length]).into_owned())
}

fn services() -> [Service; 4] {
    [
        Service::start("responder", PORTS.0),
        Service::start("relay", PORTS.1),
        Service::start("ssh", 22),
        Service::start("web", 443),
    ]
}

#[test]
fn a_stranger_meets_responder_relay_and_resolver_and_clear_refusals_elsewhere() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        let _services = services();
        let four = |address, port| SocketAddr::new(IpAddr::V4(address), port);
        let six = |address, port| SocketAddr::new(IpAddr::V6(address), port);
        for to in [four(WEB4, 80), six(WEB6, 80), four(GATEWAY4, 80), six(GATEWAY6, 80), four(PORTAL4, 80)] {
            assert_eq!(answered_by(phone, to).as_deref(), Ok("responder"), "{to}");
        }
        for to in [four(PORTAL4, 443), six(PORTAL6, 443)] {
            assert_eq!(answered_by(phone, to).as_deref(), Ok("relay"), "{to}");
        }
        // Reset at once, not silence: the browser says so and looks for the portal.
        for to in [four(WEB4, 443), six(WEB6, 443)] {
            assert_eq!(answered_by(phone, to), Err(ErrorKind::ConnectionRefused), "{to}");
        }
        // Administratively prohibited, in either family's words.
        let administrative = [ErrorKind::HostUnreachable, ErrorKind::PermissionDenied];
        for to in [four(WEB4, 22), four(WEB4, 853), six(WEB6, 22), four(PORTAL4, 22)] {
            let refused = answered_by(phone, to).unwrap_err();
            assert!(administrative.contains(&refused), "{to}: {refused:?}");
        }
        for to in [four(WEB4, 443), six(WEB6, 443), four(WEB4, 5000), six(WEB6, 5000)] {
            let socket = phone.udp(to);
            socket.send(b"is anybody there?").unwrap();
            let refused = socket.recv(&mut [0; 64]).unwrap_err().kind();
            assert!(administrative.contains(&refused), "UDP to {to}: {refused:?}");
        }
        ports_of_the_access_point_are_closed(phone);
        // Any resolver a phone asks is ours.
        let resolver = UdpSocket::bind(("::", 53)).unwrap();
        for to in [four(RESOLVER4, 53), six(RESOLVER6, 53), four(GATEWAY4, 53), six(GATEWAY6, 53)] {
            let question = phone.udp(to);
            question.send(b"question").unwrap();
            let (_, asker) = resolver.recv_from(&mut [0; 64]).unwrap();
            resolver.send_to(b"answer", asker).unwrap();
            assert_eq!(question.recv(&mut [0; 64]).unwrap(), 6, "{to}");
        }
        assert!(site.observe(&mut gate).counters["input_refused"] > 0);
    });
}

/// Nobody asks responder and relay by their ports, and nothing else of the access point at all.
fn ports_of_the_access_point_are_closed(phone: &Phone) {
    let (responder, relay) = PORTS;
    for address in [IpAddr::V4(GATEWAY4), IpAddr::V6(GATEWAY6), IpAddr::V4(UPLINK4)] {
        for port in [responder, relay, 22, 443] {
            let answer = answered_by(phone, (address, port));
            assert_eq!(answer, Err(ErrorKind::ConnectionRefused), "{address} port {port}");
        }
    }
}

#[test]
fn from_the_uplink_nobody_reaches_responder_and_relay() {
    at_the_lake(0, |site| {
        let _services = services();
        let from_outside = |port| {
            within(&site.net(), || {
                let to = SocketAddr::new(UPLINK4.into(), port);
                TcpStream::connect_timeout(&to, Duration::from_millis(500)).is_ok()
            })
        };
        for port in [PORTS.0, PORTS.1, 22] {
            assert!(from_outside(port), "port {port} does not answer without a gate");
        }
        let _gate = site.laid();
        assert!(
            !from_outside(PORTS.0) && !from_outside(PORTS.1),
            "strangers from outside take phones' places"
        );
        // What else the access point offers there is not ours to close.
        assert!(from_outside(22));
    });
}

#[test]
fn a_guest_reaches_the_portal_through_the_relay_and_the_world_directly() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        let _services = services();
        site.admit(&mut gate, phone.mac, 7);
        let world = within(&site.net(), || [80, 443, 53].map(|port| Service::start("world", port)));
        for web in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
            for port in [80, 443] {
                assert_eq!(answered_by(phone, (web, port)).as_deref(), Ok("world"), "{web} port {port}");
            }
        }
        assert_eq!(answered_by(phone, (RESOLVER4, 53)).as_deref(), Ok("world"));
        for portal in [IpAddr::V4(PORTAL4), IpAddr::V6(PORTAL6)] {
            assert_eq!(answered_by(phone, (portal, 443)).as_deref(), Ok("relay"));
            assert_eq!(answered_by(phone, (portal, 80)).as_deref(), Ok("responder"));
        }
        ports_of_the_access_point_are_closed(phone);
        drop(world);
        // HTTP/3 to the portal would go around the relay.
        let tag = Tag::new();
        for portal in [IpAddr::V4(PORTAL4), IpAddr::V6(PORTAL6)] {
            phone.wire.send(&frame(&phone.ends(portal), Carrier::Udp(6000, 443), &tag.payload(1)));
        }
        phone.wire.send(&frame(&phone.ends(WEB4.into()), Carrier::Udp(6001, 443), &tag.payload(2)));
        wait("a guest's HTTP/3", || site.internet.arrived(&tag) == [2]);
    });
}

#[test]
fn a_phone_with_hundreds_of_connections_takes_none_from_others() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [many, one] = &site.phones[..] else { panic!("two phones") };
        let _services = services();
        for (to, name) in [((WEB4, 80), "responder"), ((PORTAL4, 443), "relay")] {
            let before = site.observe(&mut gate).counters["connection_limit"];
            let held: Vec<TcpStream> = (0..200).filter_map(|_| connect(many, to).ok()).collect();
            assert_eq!(held.len(), 64, "connections to the {name}");
            assert_eq!(site.observe(&mut gate).counters["connection_limit"] - before, 136);
            assert_eq!(answered_by(one, to).as_deref(), Ok(name));
        }
        // The resolver serves few over TCP, so one phone gets fewer still.
        let resolver = Service::start("resolver", 53);
        let held: Vec<TcpStream> = (0..40).filter_map(|_| connect(many, (GATEWAY4, 53)).ok()).collect();
        assert_eq!(held.len(), 6);
        assert_eq!(answered_by(one, (RESOLVER4, 53)).as_deref(), Ok("resolver"));
        drop(resolver);
    });
}

#[test]
fn a_guest_that_opens_thousands_of_flows_leaves_room_for_others() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [many, one] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, many.mac, 7);
        site.admit(&mut gate, one.mac, 8);
        let tag = Tag::new();
        for port in 0..3000u16 {
            let carrier = Carrier::Udp(10_000 + port, 7);
            many.wire.send(&frame(&many.ends(WEB4.into()), carrier, &tag.payload(port.into())));
        }
        // A packet of a flow that exists is not a new one: it passes as before.
        for again in 0..20u32 {
            let payload = tag.payload(100_000 + again);
            many.wire.send(&frame(&many.ends(WEB4.into()), Carrier::Udp(10_000, 7), &payload));
        }
        wait("the first flow to go on", || {
            site.internet.arrived(&tag).iter().filter(|number| **number >= 100_000).count() == 20
        });
        let server = udp(&site.net(), (WEB4, 7001));
        one.udp((WEB4, 7001)).send(b"room?").unwrap();
        server.recv_from(&mut [0; 64]).unwrap();
        let flows = super::flows::marks(site).iter().filter(|mark| **mark == mark_of(7)).count();
        assert_eq!(flows, usize::try_from(FLOWS_PER_DEVICE).unwrap());
        assert_eq!(site.observe(&mut gate).counters["connection_limit"], 3000 - u64::from(FLOWS_PER_DEVICE));
    });
}

#[test]
fn a_phone_that_floods_what_every_host_sends_starves_only_itself() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [flood, other] = &site.phones[..] else { panic!("two phones") };
        let before = site.observe(&mut gate).counters["input_refused"];
        for _ in 0..2000 {
            flood.wire.send(&frame(&flood.ends(GATEWAY4.into()), Carrier::Echo, b"flood"));
        }
        wait("the flood to be refused", || {
            site.observe(&mut gate).counters["input_refused"] - before >= 1000
        });
        let pings = |phone: &Phone| {
            within(&phone.netns, || {
                super::site::run("ping", &["-c", "1", "-W", "2", &GATEWAY4.to_string()], "").is_ok()
                    && super::site::run("ping", &["-c", "1", "-W", "2", &GATEWAY6.to_string()], "").is_ok()
            })
        };
        assert!(pings(other), "another phone's echo was not answered");
    });
}

#[test]
fn refusals_are_few_for_a_phone_that_knocks_all_the_time_and_come_at_once_to_others() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [knocking, other] = &site.phones[..] else { panic!("two phones") };
        let tag = Tag::new();
        let before = site.observe(&mut gate).counters["not_granted"];
        let begun = Instant::now();
        for number in 0..2000u16 {
            let port = 10_000 + number;
            let payload = tag.payload(number.into());
            for host in [IpAddr::V4(WEB4), IpAddr::V6(WEB6)] {
                for carrier in [Carrier::Udp(port, 7), Carrier::Syn(port, 443)] {
                    knocking.wire.send(&frame(&knocking.ends(host), carrier, &payload));
                }
            }
        }
        wait("all that knocking to be heard", || {
            site.observe(&mut gate).counters["not_granted"] - before >= 8000
        });
        // What the rules allow one device: sixty at once and twenty a second.
        let allowed = 61 + 20 * (begun.elapsed().as_secs() + 1);
        let told = |phone: &Phone| phone.wire.count(is_refusal);
        assert_eq!(answered_by(other, (WEB4, 443)), Err(ErrorKind::ConnectionRefused));
        wait("the other's refusal", || told(other) == 1);
        let many = u64::try_from(told(knocking)).unwrap();
        assert!((1..=allowed).contains(&many), "{many} refusals of 8,000, {allowed} are allowed");
        println!("8,000 times knocked: {many} refusals");
    });
}

/// Whether a frame is a reset, or an ICMP error of either family.
fn is_refusal(frame: &[u8]) -> bool {
    match (frame.get(12..14), frame.len()) {
        (Some([0x08, 0x00]), 34..) => match frame[23] {
            1 => frame.get(34) == Some(&3),
            6 => frame.get(47).is_some_and(|flags| flags & 4 != 0),
            _ => false,
        },
        (Some([0x86, 0xdd]), 54..) => match frame[20] {
            58 => frame.get(54) == Some(&1),
            6 => frame.get(67).is_some_and(|flags| flags & 4 != 0),
            _ => false,
        },
        _ => false,
    }
}
