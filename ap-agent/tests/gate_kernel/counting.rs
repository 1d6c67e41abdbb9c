//! Bytes: what is counted is what was sent, to the byte, by every address of a device.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use gate_core::{Accounted, GateChange};

use super::site::{WEB4, WEB6, at_the_lake, run, udp, within};
use super::wire::wait;

/// Headers of IP and UDP.
const HEADERS4: u64 = 20 + 8;
const HEADERS6: u64 = 40 + 8;

fn add(count: &mut Accounted, bytes: u64) {
    count.packets += 1;
    count.bytes += bytes;
}

#[test]
fn every_packet_is_counted_once_with_payload_and_headers_by_every_address_of_a_device() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [phone, other] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, phone.mac, 7);
        site.admit(&mut gate, other.mac, 8);
        // A stable and a privacy address beside the first one.
        let more = [0xa1, 0xa2].map(|last| Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0xbeef, 0, 0, last));
        within(&phone.netns, || {
            for address in more {
                run("ip", &["addr", "add", &format!("{address}/64"), "dev", "wlan0"], "").unwrap();
            }
        });
        let mut up: BTreeMap<_, Accounted> = BTreeMap::new();
        let mut down: BTreeMap<IpAddr, Accounted> = BTreeMap::new();
        let mut flows = vec![(phone, IpAddr::V4(phone.v4)), (other, IpAddr::V4(other.v4))];
        flows.extend([(phone, IpAddr::V6(phone.v6)), (other, IpAddr::V6(other.v6))]);
        flows.extend(more.map(|address| (phone, IpAddr::V6(address))));
        for (nth, (sender, address)) in (0u16..).zip(flows) {
            let (web, headers) =
                if address.is_ipv4() { (IpAddr::V4(WEB4), HEADERS4) } else { (IpAddr::V6(WEB6), HEADERS6) };
            let server = udp(&site.net(), (web, 7100 + nth));
            let socket = udp(&sender.netns, (address, 0));
            socket.connect(SocketAddr::new(web, 7100 + nth)).unwrap();
            let mut got = [0; 2048];
            for size in (0..1400).step_by(7 + usize::from(nth)) {
                let payload = vec![0x5a; size];
                socket.send(&payload).unwrap();
                let (length, peer) = server.recv_from(&mut got).unwrap();
                assert_eq!(length, size);
                add(up.entry((sender.mac, address)).or_default(), u64::try_from(size).unwrap() + headers);
                // Two packets down for each one up.
                for _ in 0..2 {
                    server.send_to(&payload, peer).unwrap();
                    assert_eq!(socket.recv(&mut got).unwrap(), size);
                    add(down.entry(address).or_default(), u64::try_from(size).unwrap() + headers);
                }
            }
        }
        let seen = site.observe(&mut gate);
        assert_eq!(seen.up, up);
        assert_eq!(seen.down, down);
        let bytes: u64 = up.values().chain(down.values()).map(|count| count.bytes).sum();
        println!("{bytes} bytes by {} addresses, difference 0", down.len());

        // What was read for the last time is forgotten, the rest stays, and counting begins anew.
        let gone = [(phone.mac, IpAddr::V4(phone.v4)), (phone.mac, IpAddr::V6(more[0]))];
        site.change(&mut gate, GateChange { forget: gone.to_vec(), ..GateChange::default() });
        for (mac, address) in gone {
            up.remove(&(mac, address));
            down.remove(&address);
        }
        let seen = site.observe(&mut gate);
        assert_eq!((seen.up, seen.down), (up, down));
        let socket = phone.udp((WEB4, 9));
        socket.send(&[0; 72]).unwrap();
        let first = Accounted { packets: 1, bytes: 100 };
        wait("the first packet to be counted", || {
            site.observe(&mut gate).up.get(&(phone.mac, phone.v4.into())) == Some(&first)
        });
    });
}

#[test]
fn what_is_refused_is_not_counted() {
    at_the_lake(2, |site| {
        let mut gate = site.laid();
        let [stranger, guest] = &site.phones[..] else { panic!("two phones") };
        site.admit(&mut gate, guest.mac, 7);
        let socket = stranger.udp((WEB4, 7000));
        for _ in 0..20 {
            let _ = socket.send(b"refused");
        }
        let server = udp(&site.net(), (WEB4, 7000));
        guest.udp((WEB4, 7000)).send(b"counted").unwrap();
        server.recv_from(&mut [0; 64]).unwrap();
        let seen = site.observe(&mut gate);
        let only = Accounted { packets: 1, bytes: HEADERS4 + 7 };
        assert_eq!(seen.up, BTreeMap::from([((guest.mac, guest.v4.into()), only)]));
        assert!(seen.down.is_empty(), "{:?}", seen.down);
    });
}
