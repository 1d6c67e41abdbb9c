//! Phones that lie: another's address, another's MAC, an address of their own, their own resolver.

mod link_local;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::{GATEWAY4, OTHER_RESOLVER4, WEB4};
use hotspot_tests::lab::capture::Packet;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::probe::{Aim, Identity, Prober, Probing};
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

use super::{ARRIVAL_LIMIT, Watch, ensure_none};

const ROUNDS: u64 = 20;

struct Scene {
    granted: Phone,
    liar: Phone,
    lab: Lab,
}

/// A phone with a grant, and another one on the same access point.
fn scene(name: &str) -> Result<Scene> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new(name) })?;
    let granted = lab.joined_phone(0)?;
    let liar = lab.joined_phone(0)?;
    visitor::get_online(&granted.client("vi")?)?;
    Ok(Scene { granted, liar, lab })
}

fn counter(lab: &Lab, name: &str) -> Result<u64> {
    let status = lab.ap(0)?.status()?;
    Ok(status.pointer(&format!("/counters/{name}")).and_then(serde_json::Value::as_u64).unwrap_or(0))
}

#[test]
fn a_phone_that_takes_another_ones_address_gets_nothing_through_and_harms_nobody() -> Result<()> {
    let scene = scene("gate-address")?;
    let granted = Identity::of(&scene.granted)?;
    let lie = Identity { mac: scene.liar.mac(), ..granted };
    let watch = Watch::begin(&scene.lab, &scene.granted)?;
    let probing = Probing::begin(Prober::open(scene.liar.netns(), &lie, &granted)?)?;
    probing.wait_rounds(ROUNDS)?;
    assert_eq!(visitor::probe(&scene.granted.client("vi")?)?, Standing::Online);
    let (finder, _) = probing.end()?;
    ensure_none(&watch.end()?, &finder, |_, _| false)
}

#[test]
fn a_cloned_mac_gains_the_grant_it_cloned_and_no_more_and_is_counted() -> Result<()> {
    let scene = scene("gate-clone")?;
    let before = counter(&scene.lab, "mac_conflict")?;
    let granted = Identity::of(&scene.granted)?;
    let clone = Identity { v4: Ipv4Addr::new(10, 50, 200, 9), ..granted };
    let liar = scene.liar.netns();
    liar.ip("link set wlan0 down")?;
    liar.ip(&format!("link set wlan0 address {}", scene.granted.mac_text()))?;
    liar.ip("-4 addr flush dev wlan0")?;
    liar.ip(&format!("addr add {}/16 dev wlan0", clone.v4))?;
    liar.ip("link set wlan0 up")?;
    liar.ip(&format!("route replace default via {GATEWAY4}"))?;
    let bystander = Identity { mac: [2, 0, 0, 0, 0, 9], v4: Ipv4Addr::new(10, 50, 9, 9), ..granted };
    let watch = Watch::begin(&scene.lab, &scene.granted)?;
    let probing = Probing::begin(Prober::open(liar, &clone, &bystander)?)?;
    probing.wait_rounds(ROUNDS)?;
    wait_until("the conflict to be counted", ARRIVAL_LIMIT, || {
        // Both keep talking: that is what makes it a conflict.
        for phone in [&scene.liar, &scene.granted] {
            let _ = phone.pings(IpAddr::V4(GATEWAY4));
        }
        counter(&scene.lab, "mac_conflict").is_ok_and(|now| now > before)
    })?;
    let (finder, _) = probing.end()?;
    ensure_none(&watch.end()?, &finder, |place, aim| place == "internet" && aim == Aim::Internet)
}

#[test]
fn an_address_set_by_hand_meets_the_portal_and_gets_no_further() -> Result<()> {
    let scene = scene("gate-static")?;
    let own = Ipv4Addr::new(10, 50, 200, 7);
    scene.liar.netns().ip("-4 addr flush dev wlan0")?;
    scene.liar.netns().ip(&format!("addr add {own}/16 dev wlan0"))?;
    scene.liar.netns().ip("route replace default via 10.50.0.1")?;
    let lie = Identity { v4: own, ..Identity::of(&scene.liar)? };
    let watch = Watch::begin(&scene.lab, &scene.granted)?;
    let probing = Probing::begin(Prober::open(scene.liar.netns(), &lie, &Identity::of(&scene.granted)?)?)?;
    probing.wait_rounds(ROUNDS)?;
    assert!(matches!(visitor::probe(&scene.liar.client("en")?)?, Standing::Captive { .. }));
    let (finder, _) = probing.end()?;
    ensure_none(&watch.end()?, &finder, |_, _| false)
}

#[test]
fn a_phone_with_its_own_resolver_meets_the_portal_all_the_same() -> Result<()> {
    let scene = scene("gate-resolver")?;
    let client = scene.liar.client("en")?.asking(IpAddr::V4(OTHER_RESOLVER4));
    assert!(matches!(visitor::probe(&client)?, Standing::Captive { .. }));
    visitor::get_online(&client)?;
    Ok(())
}

#[test]
fn what_the_internet_sends_unasked_reaches_no_stranger() -> Result<()> {
    let scene = scene("gate-unasked")?;
    let internet = scene.lab.internet.netns();
    let uplink = hotspot_tests::lab::addresses::uplink(scene.lab.ap(0)?.uplink());
    internet.ip(&format!("route add 10.50.0.0/16 via {}", uplink.customer4))?;
    let at_phone = scene.lab.capture("unasked", scene.liar.netns(), "wlan0")?;
    let at_uplink = scene.lab.capture("unasked-uplink", scene.lab.ap(0)?.netns()?, "uplink")?;
    let socket = internet.run(|| std::net::UdpSocket::bind(SocketAddr::new(IpAddr::V4(WEB4), 0)))??;
    let to = SocketAddr::new(IpAddr::V4(scene.liar.lease()?.address), 4000);
    for _ in 0..200 {
        socket.send_to(b"unasked for", to).context("cannot send")?;
    }
    // A granted phone's traffic afterwards shows that the access point had dealt with all of it.
    ensure!(scene.granted.pings(IpAddr::V4(WEB4)), "the granted phone has no internet");
    let unasked = |packets: Vec<Packet>| {
        let text = b"unasked for";
        packets
            .iter()
            .filter(|packet| packet.bytes().windows(text.len()).any(|window| window == text))
            .count()
    };
    assert_eq!(unasked(at_uplink.stop()?), 200, "the access point did not see them");
    assert_eq!(unasked(at_phone.stop()?), 0, "packets from the internet reached a phone without a grant");
    Ok(())
}
