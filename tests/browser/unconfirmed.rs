//! The pages of visitors whose access point has not confirmed, or takes nobody more, and of a centre whose store does
//! not answer. The access point is one by hand, so that it can fall silent in the middle; the pages are what the real
//! controller answers through it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use agent_protocol::frame::encode;
use agent_protocol::v1::{GrantAck, Health, LogEntry, RelayHeader, down, up};
use agent_protocol::{ALPN_RELAY, VERSION};
use anyhow::{Context as _, Result, ensure};
use bytes::BytesMut;
use hotspot_tests::lab::controller::{Controller, Timers, portal_url};
use hotspot_tests::lab::hand_agent::HandAgent;
use hotspot_tests::lab::http::{Answer, Client, Request, Url};
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, SITES, Settings};

use super::axe::{Headings, LANGUAGES, Page, axe, ensure_different};

const LIMIT: Duration = Duration::from_secs(10);
const PHONE: [u8; 6] = [2, 0, 0, 0, 0, 0x77];
const OTHER: [u8; 6] = [2, 0, 0, 0, 0, 0x78];

/// What was answered in each language.
type Kept = Vec<(&'static str, Vec<Answer>)>;

/// Asks the portal as the phone `mac` through `agent`'s relay.
fn ask(agent: &HandAgent<'_>, client: &Client, mac: [u8; 6], method: &str, path: &str) -> Result<Answer> {
    let header = RelayHeader {
        version: VERSION,
        network: "hoankiem".to_owned(),
        mac: mac.to_vec(),
        address: vec![10, 50, 1, 1],
    };
    let mut frame = BytesMut::new();
    encode(&header, &mut frame)?;
    let mut link = agent.dial(ALPN_RELAY)?;
    link.write_all(&frame).context("the relay's connection is gone")?;
    let url = portal_url() + path;
    let stream = client.secure(link, &Url::parse(&url)?)?;
    client.send_on(stream, &Request { method, ..Request::get(&url) })
}

/// Each path's page in each language, as `agent`'s phone gets it.
fn pages(agent: &HandAgent<'_>, lab: &Lab, paths: &[&str]) -> Result<Kept> {
    let ask = |language| {
        let client = lab.outside_client(language)?;
        let answers =
            paths.iter().map(|path| ask(agent, &client, PHONE, "GET", path)).collect::<Result<_>>()?;
        Ok((language, answers))
    };
    LANGUAGES.into_iter().map(ask).collect()
}

/// Shows `kept` to axe under `name`; every page is to have been answered with `status`. Returns the first heading.
fn look(lab: &Lab, name: &str, status: u16, kept: &Kept) -> Result<Headings> {
    let headings = axe(lab, lab.internet.netns(), name, |language| {
        let (_, answers) = kept.iter().find(|(kept, _)| *kept == language).context("no such language")?;
        let page = |(nth, answer)| Page::answered(answer).status(status).named(&format!("{name}-{nth}"));
        Ok(answers.iter().enumerate().map(page).collect())
    })?;
    Ok(headings.into_iter().take(1).collect())
}

/// Holds the database so that nobody else can write; let go when dropped.
struct Held(Child);

impl Held {
    fn hold(controller: &Controller) -> Result<Self> {
        let mut command = Command::new("sqlite3");
        command.arg(controller.database()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().context("cannot start sqlite3")?;
        let stdin = child.stdin.as_mut().context("sqlite3 has no input")?;
        stdin.write_all(b".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'held';\n")?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().context("sqlite3 has no output")?).read_line(&mut said)?;
        ensure!(said.trim() == "held", "sqlite3 did not get the database: {said}");
        Ok(Self(child))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_page_of_a_visitor_who_has_to_wait_is_accessible_in_light_and_dark_narrow_and_wide() -> Result<()> {
    // While a tap waits for its confirmation nobody here answers the controller's pings.
    let timers = Timers { away_ms: Timers::STREET.away_ms, ..Timers::FAST };
    let lab = Lab::for_test(&Settings { access_points: 1, timers, ..Settings::new("browser-wait") })?;
    let outside = Netns::create(&lab.instance().namespace("outside"))?;
    lab.internet.connect(&outside, 20, &[])?;
    let agent = HandAgent::new(&outside)?;
    agent.enroll(&lab.controller.token(SITES[1])?)?;
    let mut control = agent.control([7; 16])?;
    control.receive_until(|frame| matches!(frame, down::Body::Welcome(_)).then_some(()))?;

    let tapped = ask(&agent, &lab.outside_client("en")?, PHONE, "POST", "/connect")?;
    ensure!(tapped.status == 200, "an unconfirmed tap was answered with {}", tapped.status);
    let entry: LogEntry = control.receive_until(|frame| {
        let down::Body::Entry(entry) = frame else { return None };
        Some(entry.clone())
    })?;
    let pending = pages(&agent, &lab, &["/session", "/session?wait=no"])?;

    control.send(up::Body::Health(Health { stations: 64, ..Health::default() }))?;
    control.send(up::Body::GrantAck(GrantAck {
        epoch: entry.epoch,
        sequence: entry.sequence,
        grant_id: entry.grant.context("the entry carries no grant")?.grant_id,
        refusal: "this access point holds as many grants as it can".to_owned(),
    }))?;
    let client = lab.outside_client("en")?;
    wait_until("the refusal to be known", LIMIT, || {
        ask(&agent, &client, PHONE, "GET", "/").is_ok_and(|page| page.status == 503)
    })?;
    let full = pages(&agent, &lab, &["/", "/?wait=no"])?;
    drop(control);

    let [crowd, away] = unstored(&lab, &agent)?;
    ensure_different([
        &look(&lab, "pending", 200, &pending)?,
        &look(&lab, "full", 503, &full)?,
        &look(&lab, "crowd", 503, &crowd)?,
        &look(&lab, "store-away", 503, &away)?,
    ])
}

/// A tap and a log-out that cannot be stored: the centre is full for the one, away for the other.
fn unstored(lab: &Lab, agent: &HandAgent<'_>) -> Result<[Kept; 2]> {
    let held = Held::hold(&lab.controller)?;
    let ask = |mac, path| {
        let ask =
            |language| Ok((language, vec![ask(agent, &lab.outside_client(language)?, mac, "POST", path)?]));
        LANGUAGES.into_iter().map(ask).collect::<Result<Kept>>()
    };
    let kept = [ask(OTHER, "/connect")?, ask(PHONE, "/session/end")?];
    drop(held);
    Ok(kept)
}
