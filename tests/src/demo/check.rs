//! A short script of visits, every step verified and printed as it passes.

use std::net::IpAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::demo::console::{self, SignedIn};
use crate::lab::Lab;
use crate::lab::addresses::WEB4;
use crate::lab::http::Client;
use crate::lab::http::Request;
use crate::lab::phone::Phone;
use crate::lab::sessions;
use crate::lab::wait::wait_for;
use crate::visitor::{self, Standing};

const DOWNLOAD_BYTES: u64 = 5_000_000;
const REPORT_LIMIT: Duration = Duration::from_secs(10);
/// Headers of a bulk download come to about 4 % of its payload.
const MOST_OVERHEAD_PERCENT: u64 = 10;

/// Prints each step with the time it took.
struct Steps {
    begin: Instant,
    passed: u32,
}

impl Steps {
    fn passed(&mut self, what: &str) {
        self.passed += 1;
        println!("  {:>5.1} s  ok  {what}", self.begin.elapsed().as_secs_f64());
    }
}

/// Plays the script in `lab` and returns how many steps passed.
///
/// # Errors
/// At the first step that goes otherwise.
pub fn play(lab: &mut Lab, begin: Instant) -> Result<u32> {
    let mut steps = Steps { begin, passed: 0 };
    let health = controller_health(lab)?;
    steps.passed(&format!("controller and two access points are up ({health})"));

    let mut walker = lab.phone()?;
    let lease = walker.join(lab.ap(0)?)?;
    let api = lease.captive_api.context("the lease has no option 114")?;
    ensure!(api == visitor::api_url(), "option 114 points to {api}");
    steps.passed(&format!("a phone joins {} and learns the captive-portal API by DHCP", lab.ap(0)?.id()));

    let client = walker.client("vi-VN,vi;q=0.9")?;
    visit(&client, "vi", &mut steps)?;
    let other = lab.joined_phone(1)?;
    visit(&other.client("en-GB,en;q=0.9")?, "en", &mut steps)?;

    let stranger = lab.joined_phone(0)?;
    stranger_stays_outside(&stranger)?;
    steps.passed("a phone that did not tap gets no page, no ping and no TLS");

    bytes_are_counted(lab, &walker, &client)?;
    steps.passed(&format!("the controller knows the bytes of a download of {DOWNLOAD_BYTES}"));

    walk(lab, &mut walker, &client)?;
    steps.passed("the phone walks to the other access point and back, with one address and no portal");

    let page = visitor::log_out(&client)?;
    ensure!(page.status == 200 && !page.body.is_empty(), "the log-out page does not arrive");
    ensure!(matches!(visitor::probe(&client)?, Standing::Captive { .. }), "the phone is still let through");
    ensure!(visitor::is_captive(&client)?, "the API still says the phone is not captive");
    steps.passed("the visitor logs out, reads the page that says so, and meets the portal again");

    other_make(lab)?;
    steps.passed("an access point of another make signs somebody in by RADIUS, refuses a wrong password, and its session is counted");

    let link = console::link(lab)?;
    let operator = SignedIn::by(lab, &link)?;
    ensure!(operator.page(lab, "/")?.contains("hk-16"), "the console's first page does not show hk-16");
    steps.passed("the one-time link signs an operator in, once, and the console shows the access points");
    let visits = figures(lab, &operator)?;
    steps.passed(&format!("the figures have this demo's own visits: {visits}"));

    let guide = lab.outside_client("en")?.get(&(crate::lab::controller::portal_url() + "/"))?;
    ensure!(guide.status == 200, "the public guide is answered with {}", guide.status);
    steps.passed("anyone elsewhere on the internet reads the public guide at the same address");
    Ok(steps.passed)
}

fn controller_health(lab: &Lab) -> Result<String> {
    let client = lab.controller_client("en")?;
    let answer = client.get(&format!("http://{}/healthz", lab.controller.metrics()))?;
    ensure!(answer.status == 200, "the controller's health is {}", answer.status);
    let answer = client.get(&format!("http://{}/readyz", lab.controller.metrics()))?;
    ensure!(answer.status == 200, "the controller is not ready: {}", answer.text());
    Ok(format!("/readyz {}", answer.status))
}

fn visit(client: &Client, language: &str, steps: &mut Steps) -> Result<()> {
    let Standing::Captive { portal } = visitor::probe(client)? else {
        anyhow::bail!("the phone's probe does not lead to the portal");
    };
    ensure!(visitor::is_captive(client)?, "the API calls a stranger free");
    steps.passed(&format!("its probe is sent to {portal}, and the API says captive"));
    let splash = visitor::open_splash(client, &portal)?;
    ensure!(splash.language == language, "the splash speaks {}, not {language}", splash.language);
    steps.passed(&format!("the portal speaks its language: {language}"));
    let tapped = visitor::tap(client, &splash)?;
    steps.passed(&format!("one tap, {} ms", tapped.took.as_millis()));
    ensure!(visitor::probe(client)? == Standing::Online, "the probe is not answered after the tap");
    let page = client.get("https://news.example/")?;
    ensure!(page.text().contains("This is news.example"), "the page of the internet is another one");
    ensure!(!visitor::is_captive(client)?, "the API still says captive");
    steps.passed("it is on line: probe, a page of the internet, and the API all agree");
    Ok(())
}

fn stranger_stays_outside(stranger: &Phone) -> Result<()> {
    let client = stranger.client("en")?;
    ensure!(
        matches!(visitor::probe(&client)?, Standing::Captive { .. }),
        "the stranger is not sent to the portal"
    );
    ensure!(client.get("https://news.example/").is_err(), "the stranger gets a page over TLS");
    ensure!(!stranger.pings(IpAddr::V4(WEB4)), "the stranger's ping is answered");
    Ok(())
}

fn bytes_are_counted(lab: &Lab, phone: &Phone, client: &Client) -> Result<()> {
    let url = format!("http://downloads.example/download?bytes={DOWNLOAD_BYTES}");
    ensure!(client.begin(&Request::get(&url))?.drain()? == DOWNLOAD_BYTES, "the download is not whole");
    let counted = || {
        let visit = sessions::visit_of(&lab.controller, &phone.mac_text()).ok()??;
        (visit.bytes_down > DOWNLOAD_BYTES).then_some(visit.bytes_down)
    };
    let counted = wait_for("the controller to know of the download", REPORT_LIMIT, counted)?;
    let most = DOWNLOAD_BYTES + DOWNLOAD_BYTES * MOST_OVERHEAD_PERCENT / 100;
    ensure!(counted < most, "{counted} bytes were counted for a download of {DOWNLOAD_BYTES}");
    Ok(())
}

/// An access point that speaks RADIUS: FreeRADIUS' radclient plays it.
fn other_make(lab: &Lab) -> Result<()> {
    let nas = lab.nas("cafe", Some("lake-east"))?;
    lab.controller.command(&["account", "add", "mai", "--password", "ho-guom-1010"])?;
    let accepted = || nas.authenticate("mai", "ho-guom-1010", "02-00-00-00-0A-01").ok().flatten();
    let terms = wait_for("the account to be let in", REPORT_LIMIT, accepted)?;
    ensure!(terms.contains("Session-Timeout = 43200"), "the accept has other terms: {terms}");
    ensure!(nas.authenticate("mai", "wrong", "02-00-00-00-0A-01")?.is_none(), "a wrong password is accepted");
    let session = |more: &[&str]| {
        let mut all = vec!["Acct-Session-Id = \"demo-1\"".to_owned(), "User-Name = \"mai\"".to_owned()];
        all.push("Calling-Station-Id = \"02-00-00-00-0A-01\"".to_owned());
        all.extend(more.iter().map(|line| (*line).to_owned()));
        all
    };
    nas.account("Start", &session(&[]))?;
    let octets = ["Acct-Session-Time = 1", "Acct-Input-Octets = 1000", "Acct-Output-Octets = 20000"];
    nas.account("Stop", &session(&octets))?;
    let metrics =
        lab.controller_client("en")?.get(&format!("http://{}/metrics", lab.controller.metrics()))?;
    let stored = r#"hotspot_radius_requests_total{kind="acct",outcome="stored"} 2"#;
    ensure!(metrics.text().contains(stored), "the metrics do not know of two stored records");
    Ok(())
}

/// The hours of now, by access point: both visitors and the one of another make, with the bytes of the download.
fn figures(lab: &Lab, operator: &SignedIn) -> Result<u64> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let hour =
        |secs: u64| Ok::<_, anyhow::Error>(jiff::Timestamp::from_second(i64::try_from(secs)?)?.to_string());
    let (from, to) = (hour((now / 3600 - 1) * 3600)?, hour((now / 3600 + 2) * 3600)?);
    let path = format!("/api/v1/stats/visits?from={from}&to={to}&by=ap&step=hour");
    let sum =
        |items: &[Value], what: &str| items.iter().filter_map(|item| item.get(what)?.as_u64()).sum::<u64>();
    let mut last = Value::Null;
    let found = wait_for("the figures of these visits", REPORT_LIMIT, || {
        last = operator.api(lab, &path).ok()?;
        let items = last.get("items")?.as_array()?;
        let (visits, bytes) = (sum(items, "visits"), sum(items, "bytes_down"));
        (visits == 3 && bytes > DOWNLOAD_BYTES).then_some(visits)
    });
    found.with_context(|| format!("the figures are {last}"))
}

fn walk(lab: &Lab, phone: &mut Phone, client: &Client) -> Result<()> {
    let before = phone.lease()?.clone();
    for number in [1, 0] {
        phone.attach(lab.ap(number)?)?;
        ensure!(visitor::probe(client)? == Standing::Online, "after the walk the phone is not on line");
        let lease = phone.ask_lease()?;
        ensure!(
            lease.address == before.address,
            "the address changed from {} to {}",
            before.address,
            lease.address
        );
    }
    Ok(())
}
