//! Rendered files against dnsmasq itself, and values that try to be more than they are.

use std::net::IpAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use agent_protocol::v1::{ConfigDocument, Network, Portal};

use super::*;

fn document() -> ConfigDocument {
    ConfigDocument {
        version: 1,
        network: Some(Network {
            id: "hoankiem".to_owned(),
            gateway4: "10.50.0.1/16".to_owned(),
            range_first: "10.50.1.0".to_owned(),
            range_last: "10.50.255.250".to_owned(),
            lease_secs: 3600,
            lease_max: 60_000,
            gateway6: "fd50:686b:6965:6d::1/64".to_owned(),
            gateway_mac: vec![2, 0x68, 0x6b, 0, 0, 1],
            resolvers: vec!["9.9.9.9".to_owned(), "2620:fe::fe".to_owned()],
        }),
        portal: Some(Portal {
            url: "https://WiFi.example".to_owned(),
            addresses: vec!["203.0.113.7".to_owned(), "2001:db8::7".to_owned()],
        }),
        ..ConfigDocument::default()
    }
}

fn render(document: &ConfigDocument, folder: &Path) -> Files {
    Files::render(document, "br-clients", folder, true).expect("rendered")
}

fn accepted(files: &Files) {
    files.write().expect("written");
    let conf = files.folder.join("dnsmasq.conf");
    let output = Command::new("dnsmasq")
        .arg("--test")
        .arg(format!("--conf-file={}", conf.display()))
        .output()
        .expect("dnsmasq runs");
    assert!(output.status.success(), "{}\n{}", String::from_utf8_lossy(&output.stderr), files.conf);
}

#[test]
fn dnsmasq_accepts_what_is_rendered() {
    let folder = tempfile::tempdir().expect("a folder");
    accepted(&render(&document(), folder.path()));
    let mut plain = document();
    plain.network.as_mut().expect("a network").gateway6.clear();
    plain.portal.as_mut().expect("a portal").url = "https://203.0.113.7:8443".to_owned();
    let files = render(&plain, folder.path());
    assert!(files.hosts.is_empty() && !files.conf.contains("ra-"), "{files:?}");
    accepted(&files);
}

#[test]
fn the_files_say_what_the_document_says() {
    let files = render(&document(), Path::new("/run/d"));
    for expected in [
        "interface=br-clients",
        "server=9.9.9.9",
        "server=2620:fe::fe",
        "dhcp-range=10.50.1.0,10.50.255.250,255.255.0.0,3600",
        "dhcp-option=option:router,10.50.0.1",
        "dhcp-lease-max=60000",
        "dhcp-range=fd50:686b:6965:6d::,ra-only,64,3600",
        "dhcp-option=option6:dns-server,[fd50:686b:6965:6d::1]",
        "local=/wifi.example/",
        "dhcp-leasefile=/run/d/leases",
    ] {
        assert!(files.conf.lines().any(|line| line == expected), "{expected} in\n{}", files.conf);
    }
    assert_eq!(files.options, "114,https://WiFi.example/api/captive\n");
    assert_eq!(files.hosts, "203.0.113.7 wifi.example\n2001:db8::7 wifi.example\n");
    let away = Files::render(&document(), "br-clients", Path::new("/run/d"), false).expect("rendered");
    assert_eq!((away.options.as_str(), &away.conf), ("", &files.conf));
}

#[test]
fn no_value_can_add_a_line_or_a_field() {
    type Spoil = fn(&mut Network, &mut Portal);
    let spoils: [Spoil; 16] = [
        |network, _| network.gateway4 = "10.50.0.1".to_owned(),
        |network, _| network.gateway4 = "10.50.0.1/31".to_owned(),
        |network, _| network.gateway4 = "10.50.0.1/16\nserver=6.6.6.6".to_owned(),
        |network, _| network.range_first = "10.51.0.1".to_owned(),
        |network, _| network.range_last = "10.50.0.255".to_owned(),
        |network, _| network.range_last = "10.50.9.9,infinite".to_owned(),
        |network, _| network.gateway6 = "2001:db8::1/64".to_owned(),
        |network, _| network.gateway6 = "fd50::1/48".to_owned(),
        |network, _| network.resolvers = vec!["9.9.9.9\ndhcp-script=/bin/sh".to_owned()],
        |network, _| network.lease_secs = 1,
        |network, _| network.lease_max = 0,
        |_, portal| portal.url = "http://wifi.example".to_owned(),
        |_, portal| portal.url = "https://wifi.example/\naddress=/#/1.2.3.4".to_owned(),
        |_, portal| portal.url = "https://a/b".to_owned(),
        |_, portal| portal.url = "https://wifi.example:+443".to_owned(),
        |_, portal| portal.addresses = vec!["203.0.113.7 evil.example".to_owned()],
    ];
    for (at, spoil) in spoils.into_iter().enumerate() {
        let mut document = document();
        let mut network = document.network.take().expect("a network");
        let mut portal = document.portal.take().expect("a portal");
        spoil(&mut network, &mut portal);
        document.network = Some(network);
        document.portal = Some(portal);
        let refused = Files::render(&document, "br-clients", Path::new("/run/d"), true);
        assert!(matches!(refused, Err(RenderError::Value { .. })), "{at}: {refused:?}");
    }
    for bridge in ["", "a b", "br\nserver=1.1.1.1", "br,eth0", "a-name-too-long-x"] {
        assert!(Files::render(&document(), bridge, Path::new("/run/d"), true).is_err(), "{bridge}");
    }
    assert!(Files::render(&document(), "br0", Path::new("/run\n/d"), true).is_err());
    let empty = ConfigDocument::default();
    assert_eq!(Files::render(&empty, "br0", Path::new("/d"), true), Err(RenderError::Missing("network")));
}

#[test]
fn only_what_differs_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = render(&document(), &folder.path().join("deep/dnsmasq"));
    assert_eq!(files.write().expect("written"), Written { conf: true, options: true, hosts: true });
    assert_eq!(files.write().expect("written"), Written::default());
    assert_eq!(Written::default().signal(&files.folder), Signalled::Nothing);
    files.options.clear();
    let written = files.write().expect("written");
    assert_eq!(written, Written { options: true, ..Written::default() });
    assert_eq!(written.signal(&files.folder), Signalled::NotRunning);
}

#[test]
fn a_pid_that_is_no_dnsmasqs_is_never_signalled() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut other = Command::new("sleep").arg("60").spawn().expect("sleep runs");
    for pid in [other.id().to_string(), "0".to_owned(), "-1".to_owned(), "1".to_owned(), "x".to_owned()] {
        fs::write(folder.path().join("dnsmasq.pid"), pid).expect("written");
        let written = Written { conf: true, ..Written::default() };
        assert_eq!(written.signal(folder.path()), Signalled::NotRunning);
    }
    assert!(other.try_wait().expect("asked").is_none(), "it lives");
    other.kill().expect("killed");
    other.wait().expect("reaped");
}

#[test]
fn a_running_dnsmasq_reads_again_or_ends() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("set");
    let mut files = render(&document(), folder.path());
    files.write().expect("written");
    // In a network namespace of its own, gone with the process.
    let mut child = Running(
        Command::new("unshare")
            .args(["--net", "dnsmasq", "--keep-in-foreground"])
            .arg(format!("--conf-file={}", folder.path().join("dnsmasq.conf").display()))
            .stderr(Stdio::null())
            .spawn()
            .expect("dnsmasq starts"),
    );
    until("its pid is written", || running(folder.path()).is_some());
    files.hosts.push_str("203.0.113.8 wifi.example\n");
    assert_eq!(files.write().expect("written").signal(folder.path()), Signalled::Reread);
    assert!(child.0.try_wait().expect("asked").is_none(), "it goes on");
    files.conf.push_str("# new\n");
    assert_eq!(files.write().expect("written").signal(folder.path()), Signalled::Restart);
    until("it has ended", || child.0.try_wait().expect("asked").is_some());
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < Duration::from_secs(10), "{what}: not within 10 s");
        thread::yield_now();
    }
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn leases_are_read_and_other_lines_left_out() {
    let text = "1790000000 02:00:00:00:00:01 10.50.1.17 * 01:02:00:00:00:00:01\n\
                0 02:00:00:00:00:02 10.50.1.18 phone *\n\
                duid 00:01:00:01:2a\n1790000000 12345 fd50::5 * 00:01\nnonsense\n\
                5 06-02:00:00:00:00:03 10.50.1.19 * *\n5 02:00:00:00:00:+4 10.50.1.20 * *\n";
    let leases = parse_leases(text);
    assert_eq!(leases.len(), 2);
    assert_eq!(leases[0].address, IpAddr::from([10, 50, 1, 17]));
    assert_eq!((leases[0].expires, leases[0].hostname_present), (1_790_000_000, false));
    assert_eq!((leases[1].mac, leases[1].hostname_present), ([2, 0, 0, 0, 0, 2], true));
}
