//! The bytes of a session are the bytes on the wire: payload and headers, up and down, over every kind of address.

use std::net::IpAddr;

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::capture::web_bytes;
use hotspot_tests::lab::http::{Client, Request};
use hotspot_tests::lab::sessions::{self, settled_totals};
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

const DOWN_BYTES: u64 = 8_000_000;
const UP_BYTES: usize = 4_000_000;

fn move_bytes(client: &Client) -> Result<()> {
    let url = format!("http://downloads.example/download?bytes={DOWN_BYTES}");
    ensure!(client.begin(&Request::get(&url))?.drain()? == DOWN_BYTES, "the download is not whole");
    let body = vec![0; UP_BYTES];
    let request =
        Request { method: "POST", url: "http://downloads.example/upload", headers: &[], body: &body };
    ensure!(client.send(&request)?.text().trim() == UP_BYTES.to_string(), "the upload is not whole");
    Ok(())
}

fn ensure_equal(what: &str, counted: u64, wire: u64) -> Result<()> {
    let off = counted.abs_diff(wire) as f64 / wire as f64;
    println!("{what}: counted {counted}, on the wire {wire}, off by {:.4} %", off * 100.0);
    ensure!(off <= 0.001, "{what}: {counted} bytes were counted and {wire} were on the wire");
    Ok(())
}

#[test]
fn a_sessions_bytes_are_those_on_the_wire_for_every_kind_of_address() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("bytes") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    let stable = *phone.addresses6(false)?.first().context("no stable IPv6 address")?;
    let private = *phone.addresses6(true)?.first().context("no privacy address")?;
    ensure!(stable != private, "the privacy address is the stable one");
    let sources = [
        ("IPv4", IpAddr::V4(phone.lease()?.address)),
        ("SLAAC", IpAddr::V6(stable)),
        ("privacy", IpAddr::V6(private)),
    ];
    for (name, source) in sources {
        let before = settled_totals(&lab.controller, phone.mac())?;
        let capture = lab.capture(name, phone.netns(), "wlan0")?;
        move_bytes(&client.from_address(source))?;
        let after = settled_totals(&lab.controller, phone.mac())?;
        let wire = web_bytes(&capture.stop()?)?;
        ensure_equal(&format!("{name} up"), after.0 - before.0, wire.0)?;
        ensure_equal(&format!("{name} down"), after.1 - before.1, wire.1)?;
    }
    let rows = sessions::sessions_of(&lab.controller, phone.mac())?;
    assert_eq!(rows.len(), 1, "one device on one access point is one session: {rows:?}");
    for (name, source) in sources {
        assert!(
            rows[0].addresses.contains(&source.to_string()),
            "the {name} address was not learned: {}",
            rows[0].addresses
        );
    }
    Ok(())
}

#[test]
fn bytes_to_the_access_point_and_the_portal_are_nobodys_session() -> Result<()> {
    let mut lab = Lab::for_test(&Settings { access_points: 1, ..Settings::new("bytes-portal") })?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    let before = settled_totals(&lab.controller, phone.mac())?;
    for _ in 0..20 {
        ensure!(client.get(&visitor::session_url())?.status == 200, "the session page does not come");
    }
    assert_eq!(settled_totals(&lab.controller, phone.mac())?, before);
    Ok(())
}
