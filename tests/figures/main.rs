//! Figures against the lab's own list of what phones and access points did, over midnight of the civil day: the same in
//! API and console, and the same again when all roll-ups are made anew.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::demo::console::{self, SignedIn};
use hotspot_tests::lab::http::{Client, Request};
use hotspot_tests::lab::nas::Nas;
use hotspot_tests::lab::sessions::{sessions_of, settled_totals, totals};
use hotspot_tests::lab::wait::{wait_for, wait_until};
use hotspot_tests::lab::{Lab, Settings, clock};
use hotspot_tests::visitor;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ZonedDateTime};
use serde_json::Value;

const ZONE: &str = "Asia/Ho_Chi_Minh";
/// The controller's clock begins this long before midnight.
const EVENING: SignedDuration = SignedDuration::from_secs(25);
const DOWNLOAD_BYTES: u64 = 300_000;
const LIMIT: Duration = Duration::from_secs(20);

/// What the lab itself knows of one day at one access point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Did {
    visits: u64,
    sessions: u64,
    visitors: u64,
    bytes_up: u64,
    bytes_down: u64,
}

type Days = BTreeMap<(String, String), Did>;

#[test]
fn figures_over_midnight_are_what_phones_and_access_points_did() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("clock");
    let environment = clock::environment(&file, "+0")?;
    let environment: Vec<(&str, &str)> =
        environment.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mut lab = Lab::for_test(&Settings { controller: &environment, ..Settings::new("figures") })?;
    // Only now: the lab may have waited for another test's.
    let (shift, midnight) = before_midnight()?;
    fs::write(&file, format!("+{}", shift.as_secs()))?;
    lab.controller.kill()?;
    lab.controller.start()?;
    for number in 0..2 {
        let connected = || lab.ap(number)?.status().map(|status| status["connected"] == true);
        wait_until("the link to be back", LIMIT, || connected().unwrap_or(false))?;
    }
    let (first, second) = (midnight.yesterday()?.date().to_string(), midnight.date().to_string());
    let place = |number: usize| lab.ap(number).map(|ap| ap.id().to_owned());
    let (lake, street) = (place(0)?, place(1)?);
    let mut days = Days::new();

    // The evening: one visitor at the lake, one guest of the café.
    let walker = lab.joined_phone(0)?;
    let client = walker.client("vi-VN")?;
    visitor::get_online(&client)?;
    download(&client)?;
    let cafe = lab.nas("cafe", Some("lake-east"))?;
    record(&cafe, "Start", "A1", "02-00-00-00-0C-01", 0, 0)?;
    record(&cafe, "Interim-Update", "A1", "02-00-00-00-0C-01", 1_000, 2_000)?;
    let evening = settled_totals(&lab.controller, walker.mac())?;
    ensure!(
        controllers_time(shift)? < midnight,
        "the evening took too long; the test needs a faster machine"
    );
    let one = Did { visits: 1, sessions: 1, visitors: 1, ..Did::default() };
    days.insert((first.clone(), lake.clone()), Did { bytes_up: evening.0, bytes_down: evening.1, ..one });
    days.insert((first.clone(), "nas:cafe".to_owned()), Did { bytes_up: 1_000, bytes_down: 2_000, ..one });

    // The night passes.
    while controllers_time(shift)? <= midnight {
        thread::sleep(Duration::from_millis(200));
    }
    thread::sleep(Duration::from_secs(1));

    // The morning: the walker is still there, another visitor comes, the guest leaves and another comes and leaves.
    download(&client)?;
    let newcomer = lab.joined_phone(1)?;
    let other = newcomer.client("en-GB")?;
    visitor::get_online(&other)?;
    download(&other)?;
    record(&cafe, "Stop", "A1", "02-00-00-00-0C-01", 3_000, 6_000)?;
    record(&cafe, "Start", "A2", "02-00-00-00-0C-02", 0, 0)?;
    record(&cafe, "Stop", "A2", "02-00-00-00-0C-02", 500, 700)?;
    let walked = settled_totals(&lab.controller, walker.mac())?;
    let came = settled_totals(&lab.controller, newcomer.mac())?;
    let (up, down) = (walked.0 - evening.0, walked.1 - evening.1);
    days.insert(
        (second.clone(), lake),
        Did { visitors: 1, bytes_up: up, bytes_down: down, ..Did::default() },
    );
    days.insert((second.clone(), street), Did { bytes_up: came.0, bytes_down: came.1, ..one });
    let guests = Did { visitors: 2, bytes_up: 2_500, bytes_down: 4_700, ..one };
    days.insert((second.clone(), "nas:cafe".to_owned()), guests);
    ensure!(
        sessions_of(&lab.controller, walker.mac())?.len() == 1,
        "the walker's session was cut at midnight"
    );
    ensure!(totals(&sessions_of(&lab.controller, walker.mac())?) == walked, "the walker went on downloading");

    let operator = SignedIn::by(&lab, &console::link(&lab)?)?;
    let after = midnight.tomorrow()?.date().to_string();
    let path = format!("/api/v1/stats/visits?from={first}&to={after}&by=ap&step=day");
    let mut last = Days::new();
    let told = wait_for("the figures to be what happened", LIMIT, || {
        last = said(&operator.api(&lab, &path).ok()?).ok()?;
        (last == days).then_some(())
    });
    told.with_context(|| format!("the API says {last:?}, the lab did {days:?}"))?;
    languages(&lab, &operator, &path)?;

    lab.controller.command(&["stats", "rebuild"])?;
    let again = said(&operator.api(&lab, &path)?)?;
    ensure!(again == days, "made anew, the figures are {again:?} instead of {days:?}");
    let page = operator.page(&lab, &format!("/usage?from={first}&to={second}&step=day"))?;
    fs::write(lab.logs().join("usage.html"), &page)?;
    in_the_console(&page, &days)
}

/// How far the controller's clock is set forward, and the midnight it comes to.
fn before_midnight() -> Result<(SignedDuration, ZonedDateTime)> {
    let now = Timestamp::now().to_zoned_datetime(TimeZone::get(ZONE)?);
    let midnight = now.tomorrow()?.start_of_day()?;
    let shift = midnight.timestamp().duration_since(now.timestamp()) - EVENING;
    Ok((shift, midnight))
}

fn controllers_time(shift: SignedDuration) -> Result<ZonedDateTime> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let now = Timestamp::from_millisecond(i64::try_from(now.as_millis())?)?;
    Ok(now.checked_add(shift)?.to_zoned_datetime(TimeZone::get(ZONE)?))
}

fn download(client: &Client) -> Result<()> {
    let url = format!("http://downloads.example/download?bytes={DOWNLOAD_BYTES}");
    ensure!(client.begin(&Request::get(&url))?.drain()? == DOWNLOAD_BYTES, "the download is not whole");
    Ok(())
}

fn record(nas: &Nas, status: &str, session: &str, station: &str, up: u32, down: u32) -> Result<()> {
    nas.account(
        status,
        &[
            format!("Acct-Session-Id = {session:?}"),
            format!("Calling-Station-Id = {station:?}"),
            format!("Acct-Input-Octets = {up}"),
            format!("Acct-Output-Octets = {down}"),
        ],
    )
}

/// What the API says, without what is zero.
fn said(answer: &Value) -> Result<Days> {
    let items = answer.get("items").and_then(Value::as_array).context("the answer has no items")?;
    let zone = TimeZone::get(ZONE)?;
    let mut days = Days::new();
    for item in items {
        let number =
            |name: &str| item.get(name).and_then(Value::as_u64).with_context(|| format!("no {name}: {item}"));
        let start = Timestamp::from_millisecond(i64::try_from(number("start_ms")?)?)?;
        let day = start.to_zoned_datetime(zone.clone()).date().to_string();
        let key = item.get("key").and_then(Value::as_str).context("no key")?.to_owned();
        let did = Did {
            visits: number("visits")?,
            sessions: number("sessions")?,
            visitors: number("visitors")?,
            bytes_up: number("bytes_up")?,
            bytes_down: number("bytes_down")?,
        };
        if did != Did::default() {
            days.insert((day, key), did);
        }
    }
    Ok(days)
}

fn languages(lab: &Lab, operator: &SignedIn, path: &str) -> Result<()> {
    let answer = operator.api(lab, path)?;
    let text = answer.to_string();
    ensure!(text.contains("\"vi\"") && text.contains("\"en\""), "the languages are missing: {text}");
    Ok(())
}

/// The console's page has each day's visits in its table.
fn in_the_console(page: &str, days: &Days) -> Result<()> {
    let visits: u64 = days.values().map(|did| did.visits).sum();
    ensure!(page.contains(&format!(">{visits}<")), "the console's page has no total of {visits} visits");
    Ok(())
}
