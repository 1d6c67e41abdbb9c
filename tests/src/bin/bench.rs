//! `make bench`: size and memory of the agent as it is shipped, what a crowd costs the controller, and its RADIUS
//! beside others, measured in the lab.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::bench::{radius, responder};
use hotspot_tests::crowd::Crowd;
use hotspot_tests::lab::controller::Timers;
use hotspot_tests::lab::instance::target_dir;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::visitor;

const SESSIONS: usize = 50;
const MOST_BYTES: u64 = 6_000_000;
const MOST_RSS_KIB: u64 = 16 * 1024;
/// A full lake: every site, counters every ten seconds as in the street.
const CROWD: Crowd = Crowd {
    access_points: 34,
    visitors: 2_000,
    arrive: Duration::from_secs(30),
    step: Duration::from_secs(5),
    lasting: Duration::from_secs(90),
};
const MOST_CORES: f64 = 0.15;
const MOST_CONTROLLER_BYTES: u64 = 150_000_000;
const LIMIT: Duration = Duration::from_secs(20);

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => {
            agent()?;
            controller()?;
            radius::run()
        }
        ["agent"] => agent(),
        ["controller"] => controller(),
        ["radius"] => radius::run(),
        // Started by the RADIUS part, inside its namespace.
        ["responder", address, secret] => responder::serve(address, secret),
        _ => bail!("usage: bench [agent | controller | radius]"),
    }
}

/// What a crowd costs the controller.
fn controller() -> Result<()> {
    let settings = Settings { access_points: 0, timers: Timers::STREET, ..Settings::new("bench-crowd") };
    let cost = CROWD.gather(&Lab::start(&settings)?)?;
    println!(
        "controller, {} visitors at {} access points: {:.1} % of one core over {:.0} s (at most {:.0} %), {} KiB \
         resident (at most {}), {:.0} reports/s, {} records, none lost; everybody on line after {:.1} s",
        cost.online,
        CROWD.access_points,
        cost.cores * 100.0,
        cost.watched.as_secs_f64(),
        MOST_CORES * 100.0,
        cost.resident_bytes / 1024,
        MOST_CONTROLLER_BYTES / 1024,
        cost.reports_per_sec,
        cost.records,
        cost.gathered.as_secs_f64(),
    );
    ensure!(cost.cores <= MOST_CORES, "the controller takes too much of a core");
    ensure!(cost.resident_bytes <= MOST_CONTROLLER_BYTES, "the controller takes too much memory");
    Ok(())
}

/// Size and memory of the agent.
fn agent() -> Result<()> {
    let agent = target_dir().join("agent/ap-agent");
    let size = fs::metadata(&agent)
        .with_context(|| format!("{} is not built: run make bench", agent.display()))?
        .len();
    println!("agent, stripped: {size} bytes (at most {MOST_BYTES})");

    let mut lab = Lab::without_access_points(&Settings::new("bench"))?;
    lab.add_access_point(0)?;
    lab.ap_mut(0)?.use_agent(&agent);
    lab.power_on(0)?;
    lab.ap(0)?.enroll(&lab.controller)?;
    lab.ap_mut(0)?.start()?;
    println!("agent, no session: {} KiB resident", rss_kib(&lab)?);
    let phones = (0..SESSIONS).map(|_| lab.joined_phone(0)).collect::<Result<Vec<Phone>>>()?;
    for phone in &phones {
        let client = phone.client("vi")?;
        visitor::get_online(&client)?;
        client.get("https://news.example/")?;
    }
    wait_until("every session to be open", LIMIT, || {
        let sessions = lab.ap(0).and_then(|ap| ap.status()).ok();
        sessions.and_then(|status| status.get("sessions")?.as_u64()).is_some_and(|open| open >= 50)
    })?;
    let rss = rss_kib(&lab)?;
    println!("agent, {SESSIONS} sessions: {rss} KiB resident (at most {MOST_RSS_KIB})");
    ensure!(size <= MOST_BYTES, "the agent is too large for an access point's flash");
    ensure!(rss <= MOST_RSS_KIB, "the agent takes too much memory");
    Ok(())
}

fn rss_kib(lab: &Lab) -> Result<u64> {
    let pid = lab.ap(0)?.agent()?.pid();
    let status = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("status"))?;
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the kernel tells no VmRSS")?;
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).context("VmRSS is no number")
}
