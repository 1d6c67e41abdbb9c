//! A link-local address is nobody's: the source guard binds none, so the relay must take none for a phone.

use std::net::{IpAddr, Ipv6Addr};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::addresses::PORTAL6;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::{Answer, Client};
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::resolve::Family;
use hotspot_tests::lab::sessions::visit_of;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::visitor::{self, Standing, session_url};

use super::{ARRIVAL_LIMIT, counter, scene};

const REFUSED: &str = "relay_refused_unknown";
/// An address that is no phone's.
const FREE: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0x1234, 0x56ff, 0xfe78, 0x9abc);

fn link_local(phone: &Phone) -> Result<Ipv6Addr> {
    let text = phone.netns().ip("-o -6 addr show dev wlan0 scope link")?;
    let address = text.split_whitespace().nth(3).and_then(|address| address.split('/').next());
    address.context("the phone has no link-local address")?.parse().context("not an address")
}

/// Whether a page is that of somebody who is on line: it offers to log out.
fn is_online(page: &Answer) -> bool {
    page.text().contains("action=\"/session/end")
}

/// Asks for the session page, and to be logged out.
fn asked(client: &Client) -> [Result<Answer>; 2] {
    [client.get(&session_url()), client.post_form(&(portal_url() + "/session/end"), &[])]
}

#[test]
fn a_phone_that_asks_the_portal_from_a_link_local_address_is_taken_for_nobody() -> Result<()> {
    let scene = scene("gate-link-local")?;
    let (granted, liar) = (scene.granted.client("en")?, scene.liar.client("en")?);
    let granted = granted.from_address(IpAddr::V6(scene.granted.wait_address6()?));
    let own = liar.from_address(IpAddr::V6(scene.liar.wait_address6()?));
    let visit =
        || visit_of(&scene.lab.controller, &scene.granted.mac_text()).map(|row| row.map(|row| row.id));
    let before = visit()?.context("the granted phone has no visit")?;
    ensure!(is_online(&granted.over(Family::V6).get(&session_url())?), "the granted phone is not on line");

    let others = link_local(&scene.granted)?;
    for lie in [link_local(&scene.liar)?, others, FREE] {
        let netns = scene.liar.netns();
        netns.ip(&format!("addr replace {lie}/64 dev wlan0 nodad"))?;
        // The liar's next question for the gateway comes from the lie: that is how the access point's kernel learns
        // where answers to it go, also when the address has an honest owner.
        netns.ip("neigh flush dev wlan0")?;
        let refused = counter(&scene.lab, REFUSED)?;
        for (answer, what) in asked(&liar.from_address(IpAddr::V6(lie))).into_iter().zip(["GET", "POST"]) {
            if let Ok(page) = answer {
                anyhow::bail!("from {lie} the {what} was answered with {}: {}", page.status, page.text());
            }
        }
        // Both reached the relay, which hung up on them: they were not lost on the way.
        wait_until("the relay to count what it refused", ARRIVAL_LIMIT, || {
            counter(&scene.lab, REFUSED).is_ok_and(|now| now >= refused + 2)
        })
        .with_context(|| format!("asking {PORTAL6} from {lie}"))?;
        ensure!(visit()?.as_ref() == Some(&before), "the granted phone's visit ended by a lie from {lie}");
    }

    // The same two questions from the liar's own address are answered, and for the liar itself.
    let [page, ended] = asked(&own);
    let (page, ended) = (page?, ended?);
    ensure!(page.status == 200 && !is_online(&page), "the liar was shown a session that it has not");
    ensure!(ended.status == 303, "the liar's own log-out was answered with {}", ended.status);
    assert_eq!(visitor::probe(&scene.granted.client("vi")?)?, Standing::Online);
    ensure!(is_online(&granted.get(&session_url())?), "the granted phone lost its session");
    ensure!(visit()?.as_ref() == Some(&before), "the granted phone's visit is another one");
    // And a session of the liar's own is shown to it at that address: the first answer could have told them apart.
    visitor::get_online(&liar)?;
    ensure!(is_online(&own.get(&session_url())?), "the liar's own session is not shown to it");
    Ok(())
}
