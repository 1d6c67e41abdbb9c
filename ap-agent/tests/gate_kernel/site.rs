//! The place: an access point's namespace with bridge and uplink, the internet's, and one for each phone.

use std::fs::File;
use std::io::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ap_agent::bridge::Bridge;
use ap_agent::gate::{Gate as _, KernelGate};
use ap_agent::guard::Guard;
use gate_core::{Admission, GateChange, GateConfig, Interface, Mac, Observed};
use nix::sched::{CloneFlags, setns};
use tokio::runtime::Runtime;

use super::frames::Ends;
use super::wire::Wire;

/// A host of the internet.
pub const WEB4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 80);
/// The same over IPv6.
pub const WEB6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x80, 0, 0, 0, 0, 0x80);
/// A resolver that is not ours.
pub const RESOLVER4: Ipv4Addr = Ipv4Addr::new(8, 8, 8, 8);
/// The same over IPv6.
pub const RESOLVER6: Ipv6Addr = Ipv6Addr::new(0x2001, 0x4860, 0x4860, 0, 0, 0, 0, 0x8888);
/// Where the portal's name points.
pub const PORTAL4: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 10);
/// The same over IPv6.
pub const PORTAL6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0x10, 0, 0, 0, 0, 0x10);
/// Hosts of networks that no phone reaches; the last one is protected by configuration alone.
pub const CITY4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(10, 10, 0, 80),
    Ipv4Addr::new(172, 16, 5, 80),
    Ipv4Addr::new(192, 168, 77, 80),
    Ipv4Addr::new(100, 64, 9, 80),
    Ipv4Addr::new(169, 254, 10, 80),
    Ipv4Addr::new(192, 0, 2, 80),
];
/// The same over IPv6.
pub const CITY6: [Ipv6Addr; 2] = [
    Ipv6Addr::new(0xfdcc, 0xc117, 0, 0, 0, 0, 0, 0x80),
    Ipv6Addr::new(0x2001, 0xdb8, 0xc1, 0, 0, 0, 0, 0x80),
];
/// The gateway.
pub const GATEWAY4: Ipv4Addr = Ipv4Addr::new(10, 50, 0, 1);
/// The same over IPv6.
pub const GATEWAY6: Ipv6Addr = Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0, 0, 0, 1);
/// Its MAC.
pub const GATEWAY_MAC: Mac = Mac([0x02, 0x68, 0x6b, 0, 0, 1]);
/// The access point's own address on its uplink.
pub const UPLINK4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);
/// The access point's neighbour on its uplink, through which it reaches everything else.
pub const NEIGHBOUR4: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// The same over IPv6.
pub const NEIGHBOUR6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xff, 0, 0, 0, 0, 1);
/// Ports of responder and relay.
pub const PORTS: (u16, u16) = (2050, 2051);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A phone.
pub struct Phone {
    /// Its namespace.
    pub netns: String,
    /// Its MAC.
    pub mac: Mac,
    /// Its IPv4 address.
    pub v4: Ipv4Addr,
    /// Its IPv6 address.
    pub v6: Ipv6Addr,
    /// Its interface.
    pub wire: Wire,
}

impl Phone {
    /// Its address of the family of `other`.
    pub fn beside(&self, other: IpAddr) -> IpAddr {
        if other.is_ipv4() { self.v4.into() } else { self.v6.into() }
    }

    /// From this phone through the gateway.
    pub fn ends(&self, to: IpAddr) -> Ends {
        Ends { from_mac: self.mac, to_mac: GATEWAY_MAC, from: self.beside(to), to }
    }

    /// An unused UDP port of its own to `to`.
    pub fn udp(&self, to: impl Into<SocketAddr>) -> UdpSocket {
        let to = to.into();
        let socket = udp(&self.netns, (self.beside(to.ip()), 0));
        socket.connect(to).unwrap();
        socket
    }
}

/// The place, from within the access point's namespace.
pub struct Site {
    runtime: Runtime,
    names: Names,
    /// Its phones.
    pub phones: Vec<Phone>,
    /// The internet's end of the uplink.
    pub internet: Wire,
}

/// Runs a test in the access point's namespace, with the bridge set up behind the guard and no gate yet.
pub fn at_the_lake(phones: usize, test: impl FnOnce(&mut Site) + Send) {
    let names = Names::make(phones);
    let ap = names.ap();
    // The names move into the site, and go with it however the test ends.
    within(&ap, move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut site = Site::furnish(runtime, names, phones);
        test(&mut site);
    });
}

/// Runs `work` in a namespace, on a thread of its own.
pub fn within<T: Send>(netns: &str, work: impl FnOnce() -> T + Send) -> T {
    let handle = File::open(Path::new("/run/netns").join(netns)).unwrap();
    std::thread::scope(|scope| {
        let thread = scope.spawn(move || {
            setns(handle, CloneFlags::CLONE_NEWNET).expect("the tests of the gate need root");
            work()
        });
        match thread.join() {
            Ok(value) => value,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// A UDP socket of a namespace that waits two seconds for a packet.
pub fn udp(netns: &str, at: impl Into<SocketAddr>) -> UdpSocket {
    let at = at.into();
    let socket = within(netns, || UdpSocket::bind(at).unwrap());
    socket.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    socket
}

/// Runs a command in the calling thread's namespace and returns what it printed.
pub fn run(program: &str, args: &[&str], input: &str) -> Result<String, String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A command that refuses its input early closes the pipe; its exit status says so.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// Runs `nft` on a script.
pub fn nft(script: &str) -> String {
    run("nft", &["-f", "-"], script).unwrap()
}

fn ip(netns: Option<&str>, script: &str) {
    let mut args: Vec<&str> = netns.map_or_else(Vec::new, |name| vec!["-n", name]);
    args.extend(["-batch", "-"]);
    run("ip", &args, script).unwrap();
}

/// The namespaces; removed when dropped.
struct Names(Vec<String>);

impl Names {
    fn make(phones: usize) -> Self {
        let prefix = format!("gt-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let mut all = vec![format!("{prefix}-ap"), format!("{prefix}-net")];
        all.extend((1..=phones).map(|nth| format!("{prefix}-p{nth}")));
        let names = Self(all);
        for name in &names.0 {
            ip(None, &format!("netns add {name}\n"));
            within(name, || {
                std::fs::write("/proc/sys/net/ipv6/conf/default/accept_dad", "0").unwrap();
                std::fs::write("/proc/sys/net/ipv6/conf/default/accept_ra", "0").unwrap();
            });
            ip(Some(name), "link set lo up\n");
        }
        names
    }

    fn ap(&self) -> String {
        self.0[0].clone()
    }

    fn net(&self) -> String {
        self.0[1].clone()
    }

    fn phone(&self, nth: usize) -> String {
        self.0[2 + nth].clone()
    }
}

impl Drop for Names {
    fn drop(&mut self) {
        for name in &self.0 {
            let _ = run("ip", &["netns", "del", name], "");
        }
    }
}

impl Site {
    fn furnish(runtime: Runtime, names: Names, count: usize) -> Self {
        let (ap, net) = (names.ap(), names.net());
        // As at boot: closed before there is a bridge.
        let bridge = Interface::new("br0").unwrap();
        let guard = Guard { bridge, clients4: None, clients6: None };
        runtime.block_on(guard.lay()).unwrap();
        let mut script =
            format!("link add wan0 type veth peer name eth0 netns {net}\nlink add br0 type bridge\n");
        for nth in 0..count {
            let phone = names.phone(nth);
            script += &format!("link add port{nth} type veth peer name wlan0 netns {phone}\n");
            script += &format!("link set port{nth} master br0\nlink set port{nth} up\n");
            script += &format!("link set port{nth} type bridge_slave isolated on\n");
        }
        script += &format!(
            "addr add {UPLINK4}/24 dev wan0\naddr add 2001:db8:ff::2/64 dev wan0\nlink set wan0 up\n"
        );
        script += "route add default via 203.0.113.1\nroute add default via 2001:db8:ff::1\n";
        ip(Some(&ap), &script);
        let mut script = String::from(
            "addr add 203.0.113.1/24 dev eth0\naddr add 2001:db8:ff::1/64 dev eth0\nlink set eth0 up\n",
        );
        let four = CITY4.into_iter().chain([WEB4, RESOLVER4, PORTAL4]);
        let six = CITY6.into_iter().chain([WEB6, RESOLVER6, PORTAL6]);
        for address in four.map(IpAddr::V4).chain(six.map(IpAddr::V6)) {
            script += &format!("addr add {address} dev lo\n");
        }
        script += &format!(
            "route add 10.50.0.0/16 via {UPLINK4}\nroute add fd50:686b:6965:6d::/64 via 2001:db8:ff::2\n"
        );
        ip(Some(&net), &script);
        runtime.block_on(Self::guard().lay()).unwrap();
        runtime.block_on(Self::bridge().prepare()).unwrap();
        let phones = (0..count)
            .map(|nth| {
                let last = u8::try_from(nth).unwrap() + 11;
                let mac = Mac([2, 0, 0, 0, 1, last]);
                let v4 = Ipv4Addr::new(10, 50, 1, last);
                let v6 = Ipv6Addr::new(0xfd50, 0x686b, 0x6965, 0x6d, 0, 0, 1, last.into());
                let netns = names.phone(nth);
                let script = format!(
                    "link set wlan0 address {mac}\naddr add {v4}/16 dev wlan0\naddr add {v6}/64 dev wlan0\n\
                     link set wlan0 up\nroute add default via {GATEWAY4}\nroute add default via {GATEWAY6}\n"
                );
                ip(Some(&netns), &script);
                let wire = Wire::open(&netns, "wlan0");
                Phone { netns, mac, v4, v6, wire }
            })
            .collect();
        let internet = Wire::open(&net, "eth0");
        Self { runtime, names, phones, internet }
    }

    /// The internet's namespace.
    pub fn net(&self) -> String {
        self.names.net()
    }

    /// The gate's configuration here.
    pub fn config() -> GateConfig {
        let interface = |name| Interface::new(name).unwrap();
        let gateway = (GATEWAY4, 16);
        let mut config =
            GateConfig::new((interface("br0"), interface("wan0")), PORTS, gateway, Some(GATEWAY6)).unwrap();
        config.portal4.insert(PORTAL4);
        config.portal6.insert(PORTAL6);
        config.protected4.insert(gate_core::Prefix4::parse("192.0.2.0/24").unwrap());
        config.protected6.insert(gate_core::Prefix6::parse("2001:db8:c1::/48").unwrap());
        config
    }

    /// The routing guard here.
    pub fn guard() -> Guard {
        let config = Self::config();
        Guard {
            bridge: config.bridge().clone(),
            clients4: Some(config.clients4),
            clients6: config.clients6.map(|(prefix, _)| prefix),
        }
    }

    /// The bridge here.
    pub fn bridge() -> Bridge {
        let name = Interface::new("br0").unwrap();
        Bridge { name, mac: GATEWAY_MAC, gateway4: (GATEWAY4, 16), gateway6: Some(GATEWAY6) }
    }

    /// Waits for a future.
    pub fn block<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// A gate whose rules are not laid yet, as an agent has it that has just started.
    pub fn gate(&self) -> KernelGate {
        let _context = self.runtime.enter();
        KernelGate::new(Interface::new("br0").unwrap()).unwrap()
    }

    /// A gate with its rules laid.
    pub fn laid(&self) -> KernelGate {
        let mut gate = self.gate();
        self.block(gate.apply(&Self::config())).unwrap();
        gate
    }

    /// Changes a gate.
    pub fn change(&self, gate: &mut KernelGate, change: GateChange) {
        self.block(gate.change(&change)).unwrap();
    }

    /// Lets a device in for ten minutes.
    pub fn admit(&self, gate: &mut KernelGate, mac: Mac, number: u32) {
        self.change(gate, admitting(mac, number, Duration::from_secs(600)));
    }

    /// Reads a gate.
    pub fn observe(&self, gate: &mut KernelGate) -> Observed {
        self.block(gate.observe()).unwrap()
    }
}

/// The change that lets one device in.
pub fn admitting(mac: Mac, number: u32, remaining: Duration) -> GateChange {
    GateChange { admit: vec![(mac, Admission { number, remaining })], ..GateChange::default() }
}

/// The change that puts one device out.
pub fn revoking(mac: Mac, number: u32) -> GateChange {
    GateChange { revoke: vec![(mac, number)], ..GateChange::default() }
}
