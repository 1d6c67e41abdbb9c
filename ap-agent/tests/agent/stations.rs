//! The packet socket and the kernel's neighbours, in a namespace with a cable to another one: a silent phone is known
//! to be there, or gone.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ap_agent::stations::neighbours;
use ap_agent::stations::wire::{Gateway, Heard, Wire};
use gate_core::{Interface, Mac};
use nix::sched::{CloneFlags, setns};
use tokio::sync::mpsc;

use crate::support::{LIMIT, phone};

const GATEWAY: Mac = Mac([0x02, 0x68, 0x6b, 0, 0, 1]);
/// An unanswered probe is waited for this long.
const SILENCE: Duration = Duration::from_millis(300);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// An access point's namespace and a phone's, with a cable between them; gone when dropped.
struct Cable {
    ap: String,
    phone: String,
}

fn ip(line: &str) {
    let output = Command::new("ip").args(line.split_whitespace()).output().unwrap();
    assert!(output.status.success(), "ip {line}: {}", String::from_utf8_lossy(&output.stderr));
}

impl Cable {
    fn lay() -> Self {
        let (pid, nth) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let cable = Self { ap: format!("ag-{pid}-{nth}a"), phone: format!("ag-{pid}-{nth}p") };
        let (ap, other) = (&cable.ap, &cable.phone);
        for name in [ap, other] {
            ip(&format!("netns add {name}"));
        }
        ip(&format!(
            "-n {ap} link add br0 address {GATEWAY} type veth peer name wlan0 address {} netns {other}",
            phone(1)
        ));
        for (name, interface, four, six) in [
            (ap, "br0", "10.50.0.1/16", "fd50:686b:6965:6d::1/64"),
            (other, "wlan0", "10.50.1.1/16", "fd50:686b:6965:6d::7/64"),
        ] {
            ip(&format!("-n {name} addr add {four} dev {interface}"));
            ip(&format!("-n {name} addr add {six} dev {interface} nodad"));
            ip(&format!("-n {name} link set {interface} up"));
        }
        cable
    }

    /// Runs `work` on a thread of the access point's namespace, with a runtime of its own.
    fn on_the_access_point(&self, work: impl AsyncFnOnce() + Send) {
        let namespace = std::fs::File::open(format!("/run/netns/{}", self.ap)).unwrap();
        std::thread::scope(|scope| {
            scope
                .spawn(|| {
                    setns(namespace, CloneFlags::CLONE_NEWNET).unwrap();
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(work());
                })
                .join()
                .unwrap();
        });
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        for name in [&self.ap, &self.phone] {
            let _ = Command::new("ip").args(["netns", "del", name]).status();
        }
    }
}

fn gateway() -> Gateway {
    Gateway {
        mac: GATEWAY,
        v4: Ipv4Addr::new(10, 50, 0, 1),
        v6: Some("fd50:686b:6965:6d::1".parse().unwrap()),
    }
}

fn four() -> IpAddr {
    IpAddr::from([10, 50, 1, 1])
}

fn six() -> IpAddr {
    "fd50:686b:6965:6d::7".parse().unwrap()
}

/// Waits until the phone is heard with this address.
async fn heard_from(heard: &mut mpsc::Receiver<Heard>, address: IpAddr) {
    let wanted = Heard { mac: phone(1), address: Some(address) };
    let waited = async { while heard.recv().await.unwrap() != wanted {} };
    tokio::time::timeout(LIMIT, waited)
        .await
        .unwrap_or_else(|_| panic!("the phone was not heard at {address}"));
}

#[test]
fn a_silent_phone_answers_probes_of_both_families_and_one_that_left_does_not() {
    let cable = Cable::lay();
    cable.on_the_access_point(async || {
        let (heard_in, mut heard) = mpsc::channel(64);
        let mut wire = Wire::open(&Interface::new("br0").unwrap(), gateway(), heard_in).unwrap();
        for address in [four(), six()] {
            wire.probe(phone(1), address).unwrap();
            heard_from(&mut heard, address).await;
        }
        // It goes without a word. What it still sent comes first.
        ip(&format!("-n {} link set wlan0 down", cable.phone));
        while tokio::time::timeout(SILENCE, heard.recv()).await.is_ok() {}
        for address in [four(), six()] {
            // With the cable out the frame may not even leave.
            let _ = wire.probe(phone(1), address);
        }
        assert!(tokio::time::timeout(SILENCE, heard.recv()).await.is_err(), "a phone that left was heard");
        ip(&format!("-n {} link set wlan0 up", cable.phone));
        let back = async {
            let wanted = Heard { mac: phone(1), address: Some(four()) };
            loop {
                let _ = wire.probe(phone(1), four());
                if tokio::time::timeout(SILENCE / 10, heard.recv()).await == Ok(Some(wanted)) {
                    break;
                }
            }
        };
        tokio::time::timeout(LIMIT, back).await.expect("the phone that came back does not answer");
        assert!(!wire.is_deaf());
    });
}

#[test]
fn only_address_resolution_reaches_the_agent_and_the_bridge_is_not_made_promiscuous() {
    let cable = Cable::lay();
    cable.on_the_access_point(async || {
        let (heard_in, mut heard) = mpsc::channel(64);
        let mut wire = Wire::open(&Interface::new("br0").unwrap(), gateway(), heard_in).unwrap();
        let details = Command::new("ip").args(["-d", "link", "show", "br0"]).output().unwrap();
        let details = String::from_utf8_lossy(&details.stdout).into_owned();
        assert!(details.contains("promiscuity 0"), "{details}");
        // With its neighbour fixed and without IPv6 the phone asks for nobody; it only says what it has to say.
        let quiet = Command::new("ip")
            .args(["netns", "exec", &cable.phone, "sh", "-c"])
            .arg("echo 1 > /proc/sys/net/ipv6/conf/wlan0/disable_ipv6")
            .status();
        assert!(quiet.unwrap().success());
        ip(&format!("-n {} neigh replace 10.50.0.1 lladdr {GATEWAY} dev wlan0 nud permanent", cable.phone));
        wire.probe(phone(1), four()).unwrap();
        heard_from(&mut heard, four()).await;
        while tokio::time::timeout(SILENCE, heard.recv()).await.is_ok() {}
        let pinged = Command::new("ip")
            .args(["netns", "exec", &cable.phone, "ping", "-c", "3", "-i", "0.01", "-W", "1", "10.50.0.1"])
            .output()
            .unwrap();
        assert!(pinged.status.success(), "{}", String::from_utf8_lossy(&pinged.stdout));
        let mut others = 0;
        while let Ok(Some(sign)) = tokio::time::timeout(SILENCE, heard.recv()).await {
            // The kernel itself may have asked for the phone's address; that answer is ARP.
            others += u32::from(sign.address != Some(four()));
        }
        assert_eq!(others, 0, "something else than address resolution was heard");
    });
}

#[test]
fn what_the_kernel_knows_of_its_neighbours_is_told() {
    let cable = Cable::lay();
    cable.on_the_access_point(async || {
        let (heard_in, mut heard) = mpsc::channel(64);
        let follower = tokio::spawn(neighbours::follow(Interface::new("br0").unwrap(), heard_in));
        let pings = tokio::spawn(async {
            let mut ping = tokio::process::Command::new("ping");
            ping.args(["-c", "20", "-i", "0.2", "10.50.1.1"])
                .stdout(std::process::Stdio::null())
                .kill_on_drop(true);
            ping.status().await
        });
        heard_from(&mut heard, four()).await;
        pings.abort();
        follower.abort();
    });
}
