//! Bytes: what is counted is what was sent, to the byte, by every address of a device.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{IpAddr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use gate_core::{Accounted, GateChange};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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

/// A capture by tcpdump of all IP of a phone.
struct Capture {
    child: Child,
    said: BufReader<std::process::ChildStderr>,
    file: tempfile::NamedTempFile,
}

impl Capture {
    fn start(netns: &str) -> Self {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut child = within(netns, || {
            Command::new("tcpdump")
                .args([
                    "-i",
                    "wlan0",
                    "-n",
                    "-U",
                    "--immediate-mode",
                    "-s",
                    "64",
                    "-B",
                    "65536",
                    "-Z",
                    "root",
                    "-w",
                ])
                .arg(file.path())
                .arg("tcp")
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        });
        let mut said = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(said.read_line(&mut line).unwrap() > 0, "tcpdump did not start");
        }
        Self { child, said, file }
    }

    fn stop(mut self) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGINT).unwrap();
        let mut said = String::new();
        self.said.read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        assert!(said.contains("\n0 packets dropped by kernel"), "{said}");
    }

    /// IP bytes from and to the phone so far, by its MAC.
    fn bytes(&self, mac: gate_core::Mac) -> (u64, u64) {
        let raw = std::fs::read(self.file.path()).unwrap();
        let (mut up, mut down) = (0, 0);
        // The file's header, then for each packet: time, length kept, length on the wire, what was kept.
        let mut rest = raw.get(24..).unwrap_or_default();
        while let Some((head, behind)) = rest.split_at_checked(16) {
            let field = |at: usize| u32::from_ne_bytes(*head[at..].first_chunk().unwrap());
            let (kept, whole) = (field(8) as usize, u64::from(field(12)));
            // The last one may be half written.
            let Some(next) = behind.get(kept..) else { break };
            let count = if behind[6..12] == mac.0 { &mut up } else { &mut down };
            *count += whole - 14;
            rest = next;
        }
        (up, down)
    }
}

#[test]
fn what_is_counted_of_a_download_and_an_upload_over_tcp_is_what_a_capture_shows() {
    at_the_lake(1, |site| {
        let mut gate = site.laid();
        let phone = &site.phones[0];
        site.admit(&mut gate, phone.mac, 7);
        // Otherwise the kernel hands several packets on as one, with one header.
        let whole = |name: &str| {
            let args = ["-K", name, "tso", "off", "gso", "off", "gro", "off"];
            run("ethtool", &args, "").unwrap();
        };
        for name in ["br0", "wan0", "port0"] {
            whole(name);
        }
        within(&phone.netns, || whole("wlan0"));
        within(&site.net(), || whole("eth0"));
        for (web, own) in [(IpAddr::V4(WEB4), IpAddr::V4(phone.v4)), (IpAddr::V6(WEB6), IpAddr::V6(phone.v6))]
        {
            const DOWN: usize = 12_000_000;
            const UP: usize = 3_000_000;
            let capture = Capture::start(&phone.netns);
            let server = within(&site.net(), || TcpListener::bind((web, 7000)).unwrap());
            let mut client = within(&phone.netns, || TcpStream::connect((web, 7000)).unwrap());
            let (mut served, _) = server.accept().unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    served.write_all(&vec![1; DOWN]).unwrap();
                    served.read_exact(&mut vec![0; UP]).unwrap();
                });
                client.read_exact(&mut vec![0; DOWN]).unwrap();
                client.write_all(&vec![2; UP]).unwrap();
            });
            drop((served, client));
            // Until nothing comes any more, not even of the closing, and all that was captured is written.
            let mut last = ((0, 0), (0, 0));
            let counted =
                |seen: &gate_core::Observed| (seen.up[&(phone.mac, own)].bytes, seen.down[&own].bytes);
            let mut same = 0;
            wait("the connection to end", || {
                let now = (counted(&site.observe(&mut gate)), capture.bytes(phone.mac));
                same = if now == last { same + 1 } else { 0 };
                last = now;
                same == 60 && now.1.1 > 0
            });
            capture.stop();
            let ((up, down), (up_shown, down_shown)) = last;
            for (what, counted, shown, payload) in
                [("up", up, up_shown, UP), ("down", down, down_shown, DOWN)]
            {
                println!("TCP {what} from {own}: counted {counted}, captured {shown}");
                assert!(shown > u64::try_from(payload).unwrap());
                assert!(counted.abs_diff(shown) * 1000 <= shown, "{what}: {counted} instead of {shown}");
            }
        }
    });
}
