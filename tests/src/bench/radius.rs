//! RADIUS side by side: logins by PAP and stored accounting, with the controller, FreeRADIUS and a bare responder.

use std::fs;
use std::net::UdpSocket;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use radius_core::client::Query;
use radius_core::kind;
use serde::Deserialize;

use super::freeradius::{self, Kept};
use super::server::Server;
use crate::lab::process::Process;
use crate::lab::sessions::query;
use crate::lab::{Lab, Settings};
use crate::load::{Outcome, drive};
use crate::nas::{START, authenticator};

const SECRET: &str = "a secret of the bench";
const PASSWORD: &str = "a password of the bench";
const USERS: usize = 500;
const LOGINS: u64 = 20_000;
const RECORDS: u64 = 20_000;
/// A record costs FreeRADIUS over SQLite so much that fewer must do.
const SLOW_RECORDS: u64 = 1_000;
const ROUNDS: usize = 3;
/// Logins outstanding.
const WINDOW: usize = 64;
/// Records outstanding: what a server commits together can be no more, and a burst of so many still fits a socket.
const RECORDS_WINDOW: usize = 128;

/// One line of the table.
struct Line {
    what: &'static str,
    server: &'static str,
    outcome: Outcome,
    cpu_micros: f64,
}

impl Line {
    fn print(&self) {
        println!(
            "{:<24} {:<20} {:>8.0}/s {:>8.1} us CPU  p50 {:>8.2} ms  p99 {:>8.2} ms  {} answered, {} lost, {} sent again, \
             {} without signature",
            self.what,
            self.server,
            self.outcome.rate(),
            self.cpu_micros,
            self.outcome.quantile(0.5).as_secs_f64() * 1e3,
            self.outcome.quantile(0.99).as_secs_f64() * 1e3,
            self.outcome.answered,
            self.outcome.lost,
            self.outcome.retransmitted,
            self.outcome.unsigned,
        );
    }
}

/// Runs all of it, prints the table and holds it against what is asked for.
///
/// # Errors
/// When a server does not answer everything, or a figure is missed.
pub fn run() -> Result<()> {
    let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new("bench-radius") })?;
    let users: Vec<String> = (0..USERS).map(|number| format!("guest-{number:04}@lake.example")).collect();
    prepare(&lab, &users)?;
    let netns = lab.controller.netns();
    let start = |kept, auth| {
        let folder = lab.instance().state(&format!("freeradius-{auth}"))?;
        freeradius::start(netns, &folder, kept, auth, SECRET, &users, PASSWORD)
    };
    let files = start(Kept::Files, 21812)?;
    let (sqlite, alone) = (start(Kept::Sqlite, 31812)?, start(Kept::SqliteAlone, 31912)?);
    let bare = |port: u16| -> Result<Process> {
        let mut command = netns.command(std::env::current_exe()?);
        command.args(["responder", &format!("127.0.0.1:{port}"), SECRET]);
        Process::start("responder", &mut command, &lab.instance().log("responder"))
    };
    let (bare_auth, bare_acct) = (bare(41812)?, bare(41813)?);
    let ours = Server::new("controller", lab.controller.process()?.pid(), netns, 1812, 1813)?;
    let files = (Server::new("FreeRADIUS files", files.pid(), netns, 21812, 21813)?, files);
    let sqlite = (Server::new("FreeRADIUS SQLite", sqlite.pid(), netns, 31812, 31813)?, sqlite);
    let alone = (Server::new("FreeRADIUS SQLite, 1", alone.pid(), netns, 31912, 31913)?, alone);
    let bare = (
        Server::new("bare responder", bare_auth.pid(), netns, 41812, 41813)?,
        Server::new("bare responder", bare_acct.pid(), netns, 41812, 41813)?,
    );
    for server in [&ours, &files.0, &sqlite.0, &alone.0, &bare.0] {
        // One login each, so that what is not there yet is waited for.
        logins(server, "begin", &users, 1, 1)?;
        records(server, "begin", 1, 1, u64::MAX)?;
    }

    println!(
        "{USERS} accounts, {WINDOW} logins or {RECORDS_WINDOW} records outstanding, best of {ROUNDS} rounds by CPU a request"
    );
    let cold = logins(&ours, "login, cold", &users, users.len() as u64, 8)?;
    cold.print();
    let mut warm = Vec::new();
    for server in [&ours, &files.0, &sqlite.0, &bare.0] {
        let rounds = (0..ROUNDS).map(|_| logins(server, "login, warm", &users, LOGINS, WINDOW));
        warm.push(best(rounds, |line| line.cpu_micros)?);
    }
    warm.iter().for_each(Line::print);
    let mut stored = Vec::new();
    for (server, count, window) in [
        (&ours, RECORDS, RECORDS_WINDOW),
        (&files.0, RECORDS, RECORDS_WINDOW),
        (&sqlite.0, SLOW_RECORDS, WINDOW),
        (&alone.0, SLOW_RECORDS, WINDOW),
        (&bare.1, RECORDS, RECORDS_WINDOW),
    ] {
        let rounds =
            (0..ROUNDS as u64).map(|round| records(server, "accounting, stored", count, window, round));
        stored.push(best(rounds, |line| -line.outcome.rate())?);
    }
    stored.iter().for_each(Line::print);
    kept(&lab)?;

    let (Some(our_login), Some(their_login)) = (warm.first(), warm.get(1)) else { bail!("no logins") };
    let [our_records, _, theirs @ .., _] = stored.as_slice() else { bail!("no records") };
    // Whichever of its two ways stores more.
    let their_records = theirs.iter().max_by(|a, b| a.outcome.rate().total_cmp(&b.outcome.rate()));
    let their_records = their_records.context("no records over SQLite")?;
    let login = their_login.cpu_micros / our_login.cpu_micros;
    let record = our_records.outcome.rate() / their_records.outcome.rate();
    let record_cpu = their_records.cpu_micros / our_records.cpu_micros;
    println!("warm login: {login:.2} x FreeRADIUS files by CPU a request (at least 1)");
    println!(
        "stored accounting: {record:.1} x FreeRADIUS SQLite by records a second (at least 10), {record_cpu:.1} x by CPU a \
         record"
    );
    ensure!(login >= 1.0, "a warm login costs more than FreeRADIUS takes for one from a file");
    ensure!(record >= 10.0, "records are stored less than ten times as fast as FreeRADIUS does with SQLite");
    Ok(())
}

/// NAS and accounts. All have one password, so that it is hashed for the store only once.
fn prepare(lab: &Lab, users: &[String]) -> Result<()> {
    #[derive(Deserialize)]
    struct Verifier {
        verifier: String,
    }
    let controller = &lab.controller;
    controller.command(&["nas", "add", "bench", "--address", "127.0.0.1", "--secret", SECRET])?;
    let first = users.first().context("no users")?;
    controller.command(&["account", "add", first, "--password", PASSWORD])?;
    let rows: Vec<Verifier> = query(&controller.database(), "SELECT verifier FROM account")?;
    let verifier = &rows.first().context("the account was not kept")?.verifier;
    let mut csv = String::from("name,password\n");
    for user in users {
        csv.push_str(&format!("{user},\"{verifier}\"\n"));
    }
    let file = lab.instance().state("bench")?.join("accounts.csv");
    fs::write(&file, csv)?;
    controller.command(&["account", "import", &file.to_string_lossy()])?;
    Ok(())
}

/// Logins of the users in turn.
fn logins(server: &Server, what: &'static str, users: &[String], count: u64, window: usize) -> Result<Line> {
    measured(server, what, &server.auth, count, |socket| {
        drive(socket, SECRET.as_bytes(), window, count, |number, identifier, buffer| {
            let user = users.get(number as usize % users.len()).context("no such user")?;
            let mut query = Query::access(identifier, authenticator()?, buffer);
            query.add(kind::USER_NAME, user.as_bytes())?;
            query.add_password(PASSWORD.as_bytes(), SECRET.as_bytes())?;
            query.add(kind::NAS_IDENTIFIER, b"bench")?;
            query.add(kind::CALLED_STATION_ID, b"02-00-00-00-00-01:Hoan Kiem Free")?;
            query.add(kind::CALLING_STATION_ID, station(number).as_bytes())?;
            let (bytes, sent) = query.finish(SECRET.as_bytes());
            Ok((bytes.len(), sent))
        })
    })
}

/// Starts of sessions, each another one.
fn records(server: &Server, what: &'static str, count: u64, window: usize, round: u64) -> Result<Line> {
    measured(server, what, &server.acct, count, |socket| {
        drive(socket, SECRET.as_bytes(), window, count, |number, identifier, buffer| {
            let mut query = Query::accounting(identifier, buffer);
            query.add_u32(kind::ACCT_STATUS_TYPE, START)?;
            query.add(kind::ACCT_SESSION_ID, format!("{round:x}-{number:08x}").as_bytes())?;
            query.add(kind::USER_NAME, b"guest-0001@lake.example")?;
            query.add(kind::NAS_IP_ADDRESS, &[127, 0, 0, 1])?;
            query.add(kind::NAS_IDENTIFIER, b"bench")?;
            query.add(kind::CALLED_STATION_ID, b"02-00-00-00-00-01:Hoan Kiem Free")?;
            query.add(kind::CALLING_STATION_ID, station(number).as_bytes())?;
            query.add(kind::FRAMED_IP_ADDRESS, &[10, 50, 0, 1])?;
            query.add_u32(kind::ACCT_DELAY_TIME, 0)?;
            let (bytes, sent) = query.finish(SECRET.as_bytes());
            Ok((bytes.len(), sent))
        })
    })
}

fn station(number: u64) -> String {
    let [.., a, b, c] = number.to_be_bytes();
    format!("02-AB-CD-{a:02X}-{b:02X}-{c:02X}")
}

fn measured(
    server: &Server,
    what: &'static str,
    socket: &UdpSocket,
    count: u64,
    load: impl FnOnce(&UdpSocket) -> Result<Outcome>,
) -> Result<Line> {
    let before = server.cpu()?;
    let outcome = load(socket).with_context(|| format!("{what} at {}", server.name))?;
    let used: Duration = server.cpu()?.saturating_sub(before);
    ensure!(
        outcome.answered == count && outcome.rejected == 0,
        "{what} at {}: {} of {count} were answered, {} rejected",
        server.name,
        outcome.answered,
        outcome.rejected
    );
    let cpu_micros = used.as_secs_f64() * 1e6 / count as f64;
    Ok(Line { what, server: server.name, outcome, cpu_micros })
}

/// The round with the least `figure`: what else runs on the machine only makes it worse.
fn best(rounds: impl Iterator<Item = Result<Line>>, figure: impl Fn(&Line) -> f64) -> Result<Line> {
    let lines = rounds.collect::<Result<Vec<Line>>>()?;
    lines.into_iter().min_by(|a, b| figure(a).total_cmp(&figure(b))).context("no rounds")
}

/// That the controller has kept each record once.
fn kept(lab: &Lab) -> Result<()> {
    #[derive(Deserialize)]
    struct Count {
        rows: u64,
    }
    let rows: Vec<Count> = query(&lab.controller.database(), "SELECT count(*) AS rows FROM nas_session")?;
    let rows = rows.first().map_or(0, |count| count.rows);
    let sent = RECORDS * ROUNDS as u64 + 1;
    ensure!(rows == sent, "the controller has kept {rows} of {sent} records");
    Ok(())
}
