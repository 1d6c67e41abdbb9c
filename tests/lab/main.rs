//! The lab itself: that its internet answers, its captures count, and nothing of a dead lab stays.

use std::fs;
use std::net::IpAddr;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::{RESOLVER, WEB4, WEB6, uplink};
use hotspot_tests::lab::authority::Authority;
use hotspot_tests::lab::capture::Capture;
use hotspot_tests::lab::command::ip;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::{Client, Request};
use hotspot_tests::lab::instance::{Instance, alone};
use hotspot_tests::lab::internet::Internet;
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::resolve::Family;
use hotspot_tests::lab::{Lab, Settings};
use tokio::runtime::Runtime;

/// The fake internet with one customer that has no gate before it.
struct Bare {
    customer: Arc<Netns>,
    internet: Internet,
    authority: Authority,
    instance: Instance,
    _runtime: Runtime,
    _alone: fs::File,
}

fn bare(name: &str) -> Result<Bare> {
    let alone = alone()?;
    let instance = Instance::take(name)?;
    let runtime = Runtime::new()?;
    let authority = Authority::create(instance.logs())?;
    let internet = Internet::create(&instance, &authority, &runtime)?;
    let customer = Arc::new(Netns::create(&instance.namespace("customer"))?);
    internet.connect(&customer, 9, &[])?;
    Ok(Bare { customer, internet, authority, instance, _runtime: runtime, _alone: alone })
}

impl Bare {
    fn client(&self) -> Result<Client> {
        Ok(Client::new(self.customer.clone(), RESOLVER, self.authority.client()?, "en"))
    }
}

#[test]
fn the_fake_internet_answers_over_both_families_with_and_without_tls() -> Result<()> {
    let bare = bare("internet")?;
    for family in [Family::V4, Family::V6] {
        let client = bare.client()?.over(family);
        assert_eq!(client.get("http://connectivitycheck.gstatic.com/generate_204")?.status, 204);
        assert!(client.get("https://news.example/today")?.text().contains("This is news.example/today"));
        let upload = vec![7; 100_000];
        let post = Request { method: "POST", url: "http://news.example/upload", headers: &[], body: &upload };
        assert_eq!(client.send(&post)?.text(), "100000\n");
    }
    assert!(bare.client()?.get("http://no-such-name.example/").is_err());
    Ok(())
}

#[test]
fn a_certificate_for_another_name_is_refused() -> Result<()> {
    let bare = bare("certificate")?;
    let refused = bare.client()?.get(&format!("https://{WEB4}/"));
    assert!(format!("{:#}", refused.err().context("the certificate was taken")?).contains("TLS"));
    Ok(())
}

#[test]
fn a_capture_counts_every_byte_of_a_download() -> Result<()> {
    const BYTES: u64 = 3_000_000;
    let bare = bare("capture")?;
    let capture = Capture::start(bare.instance.logs(), "download", &bare.customer, "uplink")?;
    let url = format!("http://downloads.example/download?bytes={BYTES}");
    let mut exchange = bare.client()?.begin(&Request::get(&url))?;
    assert_eq!(exchange.drain()?, BYTES);
    let (mut data, mut packets) = (0, 0);
    for packet in capture.stop()? {
        if let Some(ip) = packet.ip().filter(|ip| ip.source == IpAddr::V4(WEB4)) {
            ensure!(ip.bytes <= 1500, "off-loads are on: a packet of {} bytes was captured", ip.bytes);
            data += ip.tcp_data_bytes();
            packets += 1;
        }
    }
    assert!(packets > BYTES / 1500, "{packets} packets");
    assert!((BYTES..BYTES + 1000).contains(&data), "{data} bytes of data were captured");
    Ok(())
}

#[test]
fn the_citys_network_is_reachable_without_a_gate() -> Result<()> {
    let bare = bare("city")?;
    for host in ["10.10.0.80", "172.16.5.80", "192.168.77.80", "169.254.10.80", "fdcc:c117::80"] {
        bare.customer.exec(&format!("ping -n -c 1 -W 2 {host}"))?;
    }
    for host in [IpAddr::V4(WEB4), IpAddr::V6(WEB6), IpAddr::V4(uplink(9).router4)] {
        bare.customer.exec(&format!("ping -n -c 1 -W 2 {host}"))?;
    }
    assert!(bare.internet.traffic().requests.load(std::sync::atomic::Ordering::Relaxed) == 0);
    Ok(())
}

#[test]
fn what_a_dead_lab_left_is_removed_when_the_next_one_starts() -> Result<()> {
    let _alone = alone()?;
    // Number 63 is the last one: a lab that dies with it leaves a namespace nobody holds the lock of.
    let left = "hk63-phone1";
    ip(&format!("netns add {left}"))?;
    fs::create_dir_all(format!("/etc/netns/{left}"))?;
    let next = Instance::take("leftovers")?;
    assert!(!fs::exists(format!("/run/netns/{left}"))?);
    assert!(!fs::exists(format!("/etc/netns/{left}"))?);
    // A living lab keeps its own.
    let mine = Netns::create(&next.namespace("mine"))?;
    drop(Instance::take("another")?);
    assert!(fs::exists(format!("/run/netns/{}", mine.name()))?);
    Ok(())
}

#[test]
fn the_controller_comes_up_alone_and_serves_the_public_guide() -> Result<()> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("controller") })?;
    let page = lab.outside_client("en")?.get(&(portal_url() + "/"))?;
    assert!(page.status == 200 && page.text().contains("</html>"), "{}: {}", page.status, page.text());
    let points = lab.controller.json(&["ap", "list"])?;
    assert_eq!(points.as_array().map(Vec::len), Some(34));
    Ok(())
}
