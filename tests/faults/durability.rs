//! `durable` is a promise: it is given after the data is on disk, and it is kept through any number of kills.

use std::collections::BTreeMap;
use std::fs;
use std::sync::LazyLock;
use std::thread;
use std::time::Duration;

use agent_protocol::v1::{JournalBatch, JournalRecord, SessionReport, down, up};
use anyhow::{Context as _, Result, bail, ensure};
use hotspot_tests::lab::controller::Controller;
use hotspot_tests::lab::hand_agent::{Control, HandAgent};
use hotspot_tests::lab::netns::Netns;
use hotspot_tests::lab::process::Process;
use hotspot_tests::lab::sessions::query;
use hotspot_tests::lab::wait::{wait_for, wait_until};
use hotspot_tests::lab::{Lab, SITES, Settings};
use nix::sys::signal::Signal;
use serde::Deserialize;

const JOURNAL: [u8; 16] = [7; 16];
const SESSIONS: u8 = 50;
const KILLS: u64 = 20;
const LIMIT: Duration = Duration::from_secs(20);
/// When the sessions opened, in Unix milliseconds: lately, because minutes of long ago are not kept.
static OPENED: LazyLock<u64> = LazyLock::new(|| (now().unwrap_or_default() * 1000.0) as u64 - 60_000);
/// Batches that may wait for their `durable`.
const WINDOW: u64 = 4;

/// Controller and internet without access points, and a place on the internet to dial from.
struct Scene {
    outside: Netns,
    lab: Lab,
}

fn scene(name: &str) -> Result<Scene> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new(name) })?;
    let outside = Netns::create(&lab.instance().namespace("outside"))?;
    lab.internet.connect(&outside, 20, &[])?;
    Ok(Scene { outside, lab })
}

fn report(session: u8, step: u64) -> SessionReport {
    SessionReport {
        session_id: vec![session + 1; 16],
        grant_id: vec![session + 100; 16],
        mac: vec![2, 0, 0, 0, 0, session],
        opened_ms: *OPENED,
        last_packet_ms: *OPENED + step,
        bytes_up: step * 1_000 + u64::from(session),
        bytes_down: step * 10_000 + u64::from(session),
        packets_up: step,
        packets_down: step,
        ..SessionReport::default()
    }
}

/// The batch of step `step`: one record of each session.
fn batch(step: u64) -> up::Body {
    let records = (0..SESSIONS).map(|session| JournalRecord {
        sequence: (step - 1) * u64::from(SESSIONS) + u64::from(session) + 1,
        unix_ms: 1_700_000_000_000 + step,
        session: Some(report(session, step)),
    });
    up::Body::Journal(JournalBatch { journal_id: JOURNAL.to_vec(), records: records.collect() })
}

/// The step that a position in the journal stands for, as far as whole steps go.
fn step_of(sequence: u64) -> u64 {
    sequence / u64::from(SESSIONS)
}

#[derive(Deserialize)]
struct Row {
    session: u8,
    bytes_up: u64,
    bytes_down: u64,
}

fn stored(controller: &Controller) -> Result<BTreeMap<u8, (u64, u64)>> {
    let sql = "SELECT CAST('0x' || substr(hex(mac), 11) AS TEXT) AS mac, bytes_up % 1000 AS session, bytes_up, \
               bytes_down FROM session";
    let rows: Vec<Row> = query(&controller.database(), sql)?;
    let count = rows.len();
    let map: BTreeMap<_, _> =
        rows.into_iter().map(|row| (row.session, (row.bytes_up, row.bytes_down))).collect();
    ensure!(map.len() == count, "a session stands in the store twice");
    Ok(map)
}

#[test]
fn nothing_that_was_called_durable_is_lost_or_doubled_by_twenty_kills() -> Result<()> {
    let mut scene = scene("faults-kills")?;
    let agent = HandAgent::new(&scene.outside)?;
    agent.enroll(&scene.lab.controller.token(SITES[0])?)?;
    let (mut durable, mut sent, mut killed) = (0, 0, 0);
    while killed < KILLS {
        let mut control = connect(&agent, &mut durable)?;
        sent = durable;
        // Some batches acknowledged, some on their way, then the kill.
        let goal = durable + 3 + killed % 5;
        while durable < goal {
            while sent < durable + WINDOW {
                sent += 1;
                control.send(batch(sent))?;
            }
            durable = durable.max(control.receive_until(durable_step)?);
        }
        scene.lab.controller.kill()?;
        killed += 1;
        // Whatever the dead controller had said before.
        while let Ok(frame) = control.receive() {
            durable = durable.max(durable_step(&frame).unwrap_or(0));
        }
        for (session, (up, down)) in stored(&scene.lab.controller)? {
            let promised = report(session, durable);
            ensure!(
                up >= promised.bytes_up && down >= promised.bytes_down,
                "after kill {killed} session {session} has {up} bytes, {} were called durable",
                promised.bytes_up
            );
        }
        scene.lab.controller.start()?;
    }
    let mut control = connect(&agent, &mut durable)?;
    for step in durable + 1..=sent + 1 {
        control.send(batch(step))?;
    }
    while durable < sent + 1 {
        durable = durable.max(control.receive_until(durable_step)?);
    }
    let rows = stored(&scene.lab.controller)?;
    assert_eq!(rows.len(), usize::from(SESSIONS));
    for (session, counted) in rows {
        let last = report(session, durable);
        assert_eq!(counted, (last.bytes_up, last.bytes_down), "session {session}");
    }
    println!("{killed} kills, {durable} steps of {SESSIONS} sessions: 0 lost, 0 doubled");
    figures_equal_the_sessions_and_themselves_made_anew(&scene.lab.controller, &rows)
}

/// One row of the file of figures without its sketches, which are equal when their estimates are.
#[derive(Debug, PartialEq, Deserialize)]
struct Figures {
    step: String,
    kind: String,
    start_ms: u64,
    key: String,
    sessions: u64,
    bytes_up: u64,
    bytes_down: u64,
    person_ms: u64,
    peak_users: u64,
    visitors: u64,
    randomised: u64,
    counts: String,
}

fn figures(controller: &Controller) -> Result<Vec<Figures>> {
    let sql = "SELECT step, kind, start_ms, key, sessions, bytes_up, bytes_down, person_ms, peak_users, visitors, \
               randomised, counts FROM rollup ORDER BY step, kind, start_ms, key";
    query(&controller.database().with_file_name("stats.db"), sql)
}

fn figures_equal_the_sessions_and_themselves_made_anew(
    controller: &Controller,
    sessions: &BTreeMap<u8, (u64, u64)>,
) -> Result<()> {
    #[derive(Deserialize)]
    struct At {
        at: u64,
    }
    let at = |file: &str, sql: &str| -> Result<u64> {
        let rows: Vec<At> = query(&controller.database().with_file_name(file), sql)?;
        rows.first().map(|row| row.at).context("no row")
    };
    wait_until("the figures to have taken everything in", LIMIT, || {
        let written = at("hotspot.db", "SELECT sequence AS at FROM ledger_state");
        let taken = at("stats.db", "SELECT watermark AS at FROM progress");
        matches!((written, taken), (Ok(written), Ok(taken)) if written > 0 && written == taken)
    })?;
    let kept = figures(controller)?;
    let all: Vec<&Figures> = kept.iter().filter(|row| row.step == "day" && row.kind == "all").collect();
    let sum = |number: fn(&Figures) -> u64| all.iter().map(|row| number(row)).sum::<u64>();
    let (up, down) = sessions.values().fold((0, 0), |sum, bytes| (sum.0 + bytes.0, sum.1 + bytes.1));
    assert_eq!((sum(|day| day.bytes_up), sum(|day| day.bytes_down)), (up, down));
    assert_eq!(
        (sum(|day| day.sessions), sum(|day| day.visitors)),
        (u64::from(SESSIONS), u64::from(SESSIONS))
    );
    let said = controller.command(&["stats", "rebuild"])?;
    ensure!(figures(controller)? == kept, "figures made anew differ from those that twenty kills left");
    println!("{} figures equal those made anew: {}", kept.len(), said.trim());
    Ok(())
}

fn durable_step(frame: &down::Body) -> Option<u64> {
    let down::Body::Durable(position) = frame else { return None };
    Some(step_of(position.sequence))
}

/// Connects, and takes over how far the journal is durable by the controller's own word: never less than it said.
fn connect(agent: &HandAgent<'_>, durable: &mut u64) -> Result<Control> {
    let mut control = wait_for("the controller to take the link", LIMIT, || {
        let mut control = agent.control(JOURNAL).ok()?;
        control.receive_until(|frame| matches!(frame, down::Body::Welcome(_)).then_some(())).ok()?;
        Some(control)
    })?;
    if *durable > 0 {
        let said = control.receive_until(durable_step)?;
        if said < *durable {
            bail!("{durable} steps were called durable and now only {said}");
        }
        *durable = said;
    }
    Ok(control)
}

#[test]
fn durable_is_said_after_the_data_is_on_disk() -> Result<()> {
    const BATCHES: u64 = 10;
    let scene = scene("faults-durable")?;
    let agent = HandAgent::new(&scene.outside)?;
    agent.enroll(&scene.lab.controller.token(SITES[0])?)?;
    let mut durable = 0;
    let mut control = connect(&agent, &mut durable)?;
    let trace = scene.lab.logs().join("controller.strace");
    // Inside, so that strace can name the sockets.
    let mut command = scene.lab.controller.netns().command("strace");
    command.args([
        "-f",
        "-yy",
        "-ttt",
        "-e",
        "trace=fdatasync,fsync,write,writev,sendto,sendmsg,read,recvfrom",
    ]);
    command.arg("-o").arg(&trace).arg("-p").arg(scene.lab.controller.process()?.pid().to_string());
    let log = scene.lab.logs().join("strace.log");
    let mut strace = Process::start("strace", &mut command, &log)?;
    wait_until("strace to hold the controller", LIMIT, || {
        fs::read_to_string(&log).is_ok_and(|said| said.contains("attached"))
    })?;
    let mut moments = Vec::new();
    for step in 1..=BATCHES {
        let sent = now()?;
        control.send(batch(step))?;
        let received = control.receive_until(|frame| {
            let down::Body::Received(position) = frame else { return None };
            Some(step_of(position.sequence))
        })?;
        assert_eq!(received, step);
        while durable < step {
            durable = control.receive_until(durable_step)?;
        }
        moments.push((sent, now()?));
        // The next batch must not share this one's commit.
        thread::yield_now();
    }
    strace.signal(Signal::SIGINT)?;
    strace.wait(LIMIT)?;
    let text = fs::read_to_string(&trace)?;
    let calls: Vec<Call> = text.lines().filter_map(Call::read).collect();
    for (number, (sent, said)) in moments.iter().enumerate() {
        let within = |call: &&Call| call.at >= *sent && call.at <= *said;
        let synced = calls.iter().filter(within).find(|call| call.synced_database);
        let synced = synced
            .with_context(|| format!("no sync of the database between batch {number} and its `durable`"))?;
        let wrote = calls.iter().filter(within).rfind(|call| call.wrote_to_agent);
        let wrote = wrote.with_context(|| format!("no write to the agent for batch {number}"))?;
        ensure!(wrote.at > synced.at, "`durable` of batch {number} was written before the data was on disk");
    }
    println!("{BATCHES} batches: each `durable` came after a sync of the database");
    Ok(())
}

fn now() -> Result<f64> {
    let now =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).context("a clock before 1970")?;
    Ok(now.as_secs_f64())
}

/// A line of strace: `PID 1700000000.123456 fdatasync(9</…/hotspot.db-wal>) = 0`.
struct Call {
    at: f64,
    synced_database: bool,
    wrote_to_agent: bool,
}

impl Call {
    fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let at = words.nth(1)?.parse().ok()?;
        let call = words.next()?;
        let sync = call.starts_with("fdatasync") || call.starts_with("fsync");
        let write = ["write(", "writev(", "sendto(", "sendmsg("].iter().any(|name| call.starts_with(name));
        Some(Self {
            at,
            synced_database: sync && line.contains("hotspot.db"),
            wrote_to_agent: write && call.contains(":8444->"),
        })
    }
}
