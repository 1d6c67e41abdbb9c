//! A visit from the first probe to the open internet, as phones, the portal and the API see it.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::{GATEWAY6, PORTAL_NAME, WEB4};
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::{Answer, Client, Request};
use hotspot_tests::lab::resolve::Family;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor::{self, Standing};

const TAPS: usize = 200;
/// So many phones that none opens connections faster than the relay lets one phone.
const TAPPING_PHONES: usize = 25;
const TAP_LIMIT: Duration = Duration::from_millis(150);
const FIRST_RESPONSE_LIMIT: usize = 14 * 1024;
const BODY_LIMIT: usize = 1024;

/// What the vendors' detectors ask: over plain HTTP, on port 80.
const DETECTORS: [&str; 6] = [
    "http://connectivitycheck.gstatic.com/generate_204",
    "http://captive.apple.com/hotspot-detect.html",
    "http://www.msftconnecttest.com/connecttest.txt",
    "http://detectportal.firefox.com/success.txt",
    "http://nmcheck.gnome.org/check_network_status.txt",
    "http://news.example/any/page?of=any&site=too",
];

fn lab(name: &str) -> Result<Lab> {
    Lab::for_test(&Settings { access_points: 1, ..Settings::new(name) })
}

#[test]
fn a_phone_learns_the_api_by_dhcp_and_the_api_is_right_before_and_after_the_tap() -> Result<()> {
    let mut lab = lab("visit-api")?;
    let mut phone = lab.phone()?;
    let lease = phone.join(lab.ap(0)?)?;
    assert_eq!(lease.captive_api.as_deref(), Some(visitor::api_url().as_str()));
    let client = phone.client("en")?;
    let before = visitor::captive_api(&client, &visitor::api_url())?;
    assert_eq!(before["captive"], true, "{before}");
    assert!(before["user-portal-url"].as_str().is_some_and(|url| url.starts_with(&portal_url())), "{before}");
    // RFC 8908 section 5: how long a session lasts has a meaning only once there is one.
    assert!(before.get("seconds-remaining").is_none() && before.get("bytes-remaining").is_none(), "{before}");
    visitor::get_online(&client)?;
    let after = visitor::captive_api(&client, &visitor::api_url())?;
    assert_eq!(after["captive"], false, "{after}");
    assert!(after["seconds-remaining"].as_u64().is_some_and(|secs| secs > 3600), "{after}");
    Ok(())
}

#[test]
fn every_vendors_probe_is_sent_to_the_one_portal_address() -> Result<()> {
    let mut lab = lab("visit-probes")?;
    let phone = lab.joined_phone(0)?;
    for family in [Family::V4, Family::V6] {
        let client = phone.client("vi")?.over(family);
        for url in DETECTORS {
            let answer = client.get(url)?;
            assert_eq!(answer.status, 302, "{url} over {family:?}");
            assert_eq!(answer.location()?.trim_end_matches('/'), portal_url(), "{url}");
            assert!(answer.header("cache-control").is_some_and(|cache| cache.contains("no-store")), "{url}");
            ensure!(
                !answer.body.is_empty() && answer.body.len() < BODY_LIMIT,
                "a body of {}",
                answer.body.len()
            );
            assert!(answer.text().contains(&portal_url()), "the body has no link: {}", answer.text());
        }
        let post = client.send(&Request { method: "POST", url: DETECTORS[5], headers: &[], body: b"x=1" })?;
        assert_eq!(post.status, 511);
    }
    Ok(())
}

#[test]
fn the_portal_speaks_the_visitors_language_and_offers_the_other() -> Result<()> {
    let mut lab = lab("visit-languages")?;
    let phone = lab.joined_phone(0)?;
    for (accept, language, other) in
        [("vi-VN,vi;q=0.9", "vi", "en"), ("en-GB,en;q=0.9", "en", "vi"), ("xx", "en", "vi")]
    {
        let client = phone.client(accept)?;
        let splash = visitor::open_splash(&client, &(portal_url() + "/"))?;
        assert_eq!(splash.language, language, "for Accept-Language {accept}");
        assert!(splash.page.text().contains(&format!("lang={other}")), "no switch to {other} on the page");
        let switched = visitor::open_splash(&client, &format!("{}/?lang={other}", portal_url()))?;
        assert_eq!(switched.language, other);
    }
    Ok(())
}

#[test]
fn a_visit_works_over_ipv6_alone() -> Result<()> {
    let mut lab = lab("visit-ipv6")?;
    let mut phone = lab.joined_phone(0)?;
    phone.netns().ip("-4 addr flush dev wlan0")?;
    phone.netns().ip("-4 route flush table main")?;
    let client = phone.client("en")?.over(Family::V6).asking(IpAddr::V6(GATEWAY6));
    visitor::get_online(&client)?;
    assert!(client.get("https://news.example/")?.text().contains("This is news.example"));
    // The grant is the device's, not the address's: IPv4 works too when it comes back.
    phone.ask_lease()?;
    assert_eq!(visitor::probe(&phone.client("en")?)?, Standing::Online);
    Ok(())
}

#[test]
fn a_tap_is_answered_with_the_gate_open_within_150_ms() -> Result<()> {
    let mut lab = lab("visit-tap")?;
    let mut taps = Vec::new();
    let phones = (0..TAPPING_PHONES).map(|_| lab.joined_phone(0)).collect::<Result<Vec<_>>>()?;
    let clients = phones.iter().map(|phone| phone.client("vi")).collect::<Result<Vec<Client>>>()?;
    while taps.len() < TAPS {
        for client in &clients {
            // Checks that the first packet after the 303 gets through.
            taps.push(visitor::get_online(client)?.took);
            visitor::log_out(client)?;
        }
    }
    taps.sort();
    let at = |percent: usize| taps.get(taps.len() * percent / 100 - 1).copied().unwrap_or_default();
    println!("tap to 303, {} taps: p50 {:?}, p95 {:?}, longest {:?}", taps.len(), at(50), at(95), at(100));
    ensure!(at(95) <= TAP_LIMIT, "p95 is {:?}", at(95));
    Ok(())
}

#[test]
fn the_splash_is_small_and_asks_no_foreign_host() -> Result<()> {
    let mut lab = lab("visit-weight")?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("vi")?;
    let get = |path: &str| -> Result<Answer> {
        let url = portal_url() + path;
        client.send(&Request { headers: &[("Accept-Encoding", "gzip")], ..Request::get(&url) })
    };
    let splash = get("/")?;
    assert_eq!(splash.header("content-encoding"), Some("gzip"));
    let head: usize = splash.headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let first = head + splash.body.len();
    println!("splash, first response compressed: {first} bytes");
    ensure!(first <= FIRST_RESPONSE_LIMIT, "the first response has {first} bytes");

    let html = client.get(&(portal_url() + "/"))?.text();
    let linked: Vec<&str> = ["src=\"", "href=\"", "action=\"", "url("]
        .iter()
        .flat_map(|name| html.split(name).skip(1).filter_map(|rest| rest.split(['"', ')']).next()))
        .collect();
    ensure!(linked.len() > 3, "only {} links on the splash", linked.len());
    for link in linked {
        let host = link.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(PORTAL_NAME);
        assert!(host == PORTAL_NAME || link.starts_with("tel:"), "the splash points to {link}");
    }
    let policy = splash.header("content-security-policy").context("no Content-Security-Policy")?;
    assert!(policy.contains("default-src"), "{policy}");
    Ok(())
}

#[test]
fn the_same_address_is_the_public_guide_from_elsewhere() -> Result<()> {
    let mut lab = lab("visit-public")?;
    let outside = lab.outside_client("en")?;
    let page = outside.get(&(portal_url() + "/"))?;
    assert_eq!(page.status, 200);
    assert!(
        visitor::open_splash(&outside, &(portal_url() + "/")).is_err(),
        "the public page offers to connect"
    );
    let tap = outside.post_form(&(portal_url() + "/connect"), &[])?;
    assert!((400..500).contains(&tap.status) || tap.status == 303, "a tap from elsewhere: {}", tap.status);
    let api = visitor::captive_api(&outside, &visitor::api_url())?;
    assert_eq!(api["captive"], false, "who is not behind the gate is not captive: {api}");
    // And nothing of it let anybody in.
    let phone = lab.joined_phone(0)?;
    assert!(matches!(visitor::probe(&phone.client("en")?)?, Standing::Captive { .. }));
    assert!(!phone.pings(IpAddr::V4(WEB4)));
    Ok(())
}

#[test]
fn nothing_secret_stands_in_any_address_of_a_visit() -> Result<()> {
    let mut lab = lab("visit-addresses")?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    let begin = Instant::now();
    let Standing::Captive { portal } = visitor::probe(&client)? else { anyhow::bail!("not captive") };
    let splash = visitor::open_splash(&client, &portal)?;
    let tapped = visitor::tap(&client, &splash)?;
    let mac = phone.mac_text().replace(':', "");
    for page in [&splash.page, &tapped.page] {
        for part in [page.url.as_str(), page.text().as_str()] {
            let plain = part.to_ascii_lowercase().replace([':', '-', '%'], "");
            assert!(!plain.contains(&mac), "the device's address stands in {}", page.url);
        }
        let query = page.url.split('?').nth(1).unwrap_or_default();
        assert!(query.is_empty() || query.starts_with("lang="), "{}", page.url);
    }
    println!("a whole visit took {:?}", begin.elapsed());
    Ok(())
}
