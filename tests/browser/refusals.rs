//! The pages of visitors who have used their day up, are or are blocked; and of a day that is used in part.

use std::time::Duration;

use anyhow::{Result, ensure};
use hotspot_tests::lab::command::output;
use hotspot_tests::lab::controller::portal_url;
use hotspot_tests::lab::http::Client;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::sessions::settled_totals;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

use super::axe::{Headings, Page, axe, ensure_different};

const LIMIT: Duration = Duration::from_secs(30);

/// Starts the controller again after `change` and waits until the phone has a page again.
fn anew(lab: &mut Lab, client: &Client, change: impl FnOnce(&Lab) -> Result<()>) -> Result<()> {
    lab.controller.stop()?;
    change(lab)?;
    lab.controller.start()?;
    wait_until("the portal to be back on the phone", LIMIT, || {
        client.get(&(portal_url() + "/")).is_ok_and(|page| page.status == 200)
    })
    .map(drop)
}

/// The first page and the answer to a tap, which are the same page.
fn refused(lab: &Lab, phone: &Phone, name: &str) -> Result<Headings> {
    let home = portal_url() + "/";
    let tap = axe(lab, phone.netns(), &format!("{name}-tap"), |_| {
        Ok(vec![Page::posted("/connect", &home).status(403).named("tap")])
    })?;
    let seen = axe(lab, phone.netns(), name, |_| Ok(vec![Page::at("/").named(name)]))?;
    let of = |headings: &Headings| headings.values().next().cloned();
    ensure!(of(&tap) == of(&seen), "{name}: the tap is answered with another page: {tap:?} {seen:?}");
    Ok(seen)
}

fn plan(lab: &Lab, options: &[&str]) -> Result<()> {
    lab.controller.command(&[&["plan", "add", "free"], options].concat()).map(drop)
}

#[test]
fn every_page_of_a_refused_visitor_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    let settings =
        Settings { access_points: 1, plan: &["--quota", "2G"], ..Settings::new("browser-refused") };
    let mut lab = Lab::for_test(&settings)?;
    let phone = lab.joined_phone(0)?;
    let client = phone.client("en")?;
    visitor::get_online(&client)?;
    client.get("http://downloads.example/download?bytes=2000000")?;
    axe(&lab, phone.netns(), "quota", |_| Ok(vec![Page::at("/session")]))?;
    settled_totals(&lab.controller, phone.mac())?;
    visitor::log_out(&client)?;
    axe(&lab, phone.netns(), "part-used", |_| Ok(vec![Page::at("/")]))?;

    anew(&mut lab, &client, |lab| plan(lab, &["--session", "1s"]))?;
    let time = refused(&lab, &phone, "time-up")?;
    anew(&mut lab, &client, |lab| plan(lab, &["--quota", "1K"]))?;
    let data = refused(&lab, &phone, "data-up")?;
    anew(&mut lab, &client, |lab| block(lab, &phone))?;
    let blocked = refused(&lab, &phone, "blocked")?;
    ensure_different([&time, &data, &blocked])
}

/// There is no command for it yet: an operator writes it into the database of a controller that stands still.
fn block(lab: &Lab, phone: &Phone) -> Result<()> {
    plan(lab, &[])?;
    let mac: String = phone.mac().map(|byte| format!("{byte:02x}")).concat();
    let sql = format!("INSERT INTO blocked_device (mac, since_ms) VALUES (x'{mac}', 1700000000000)");
    let mut sqlite = std::process::Command::new("sqlite3");
    output(sqlite.arg(lab.controller.database()).arg(sql)).map(drop)
}
