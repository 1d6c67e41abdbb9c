//! An access point of another make that sends each record until it is answered, whatever happens to the controller; and
//! what must hold of the records and the figures afterwards.

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Result, anyhow, ensure};
use hotspot_tests::lab::controller::Controller;
use hotspot_tests::lab::sessions::query;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::nas::{Asked, Nas, Port, START, STOP};
use radius_core::kind;
use serde::Deserialize;
use serde_json::Value;

const FROM: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 7);
const SECRET: &str = "a-secret-for-the-kills";
/// A request is sent again after this long without an answer.
const PATIENCE: Duration = Duration::from_millis(300);
const LIMIT: Duration = Duration::from_secs(20);

/// Bytes from the device in session number `n`.
fn bytes_of(n: u64) -> u32 {
    u32::try_from(1_000 + n).unwrap_or(u32::MAX)
}

/// The access point at work.
pub struct Insistence {
    over: Arc<AtomicBool>,
    /// Sessions whose Stop was answered; their numbers begin at 0.
    stopped: Arc<AtomicU64>,
    work: Option<JoinHandle<Result<()>>>,
}

impl Insistence {
    /// Makes it known to the controller and lets it begin.
    pub fn begin(controller: &Controller) -> Result<Self> {
        controller.command(&["nas", "add", "kills", "--address", &FROM.to_string(), "--secret", SECRET])?;
        let mut nas = Nas::new(controller.netns(), FROM, SECRET)?;
        nas.socket(Port::Acct).set_read_timeout(Some(PATIENCE))?;
        let (over, stopped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let (until, answered) = (over.clone(), stopped.clone());
        let work = thread::spawn(move || {
            for n in 0_u64.. {
                let name = format!("kills-{n}");
                let start = nas.accounting(START, name.as_bytes(), &[])?;
                let octets = bytes_of(n).to_be_bytes();
                let zero = 0_u32.to_be_bytes();
                let counts: [(u8, &[u8]); 2] =
                    [(kind::ACCT_INPUT_OCTETS, &octets), (kind::ACCT_SESSION_TIME, &zero)];
                if !insist(&nas, &start, &until) {
                    break;
                }
                let stop = nas.accounting(STOP, name.as_bytes(), &counts)?;
                if !insist(&nas, &stop, &until) {
                    break;
                }
                answered.store(n + 1, Ordering::SeqCst);
            }
            Ok(())
        });
        Ok(Self { over, stopped, work: Some(work) })
    }

    /// Every session whose Stop was answered is there, closed, with its bytes.
    pub fn answered_is_there(&self, controller: &Controller) -> Result<()> {
        let answered = self.stopped.load(Ordering::SeqCst);
        let there = closed(controller)?;
        ensure!(there >= answered, "the Stops of {answered} sessions were answered, {there} are closed");
        Ok(())
    }

    /// Ends it and returns its sessions: each is there once, the figures agree with them, and figures made anew
    /// from the ledger are the same.
    pub fn end(&mut self, controller: &Controller) -> Result<u64> {
        // Something must have gone on beside the kills.
        wait_until("two hundred sessions of another make", LIMIT, || {
            self.stopped.load(Ordering::SeqCst) >= 200
        })?;
        self.over.store(true, Ordering::SeqCst);
        let work = self.work.take().ok_or_else(|| anyhow!("it has ended already"))?;
        work.join().map_err(|_| anyhow!("the access point's thread failed"))??;
        let answered = self.stopped.load(Ordering::SeqCst);
        let totals = totals(controller)?;
        let right: u64 = (0..answered).map(|n| u64::from(bytes_of(n))).sum();
        // The last one may have been cut short between its Start and its Stop.
        ensure!(totals.sessions <= answered + 1, "{answered} sessions became {}", totals.sessions);
        ensure!(totals.closed_bytes >= right, "{} bytes are there of {right}", totals.closed_bytes);
        let ledger: Vec<Sum> = query(
            &controller.database(),
            "SELECT (SELECT sum(n) FROM ledger WHERE measure = 1) AS ledger, sum(bytes_up) AS sessions FROM session",
        )?;
        let sums = ledger.first().ok_or_else(|| anyhow!("there is no ledger"))?;
        ensure!(
            sums.ledger == sums.sessions,
            "the ledger has {} bytes, the sessions {}",
            sums.ledger,
            sums.sessions
        );
        same_after_a_rebuild(controller)?;
        Ok(answered)
    }
}

/// Sends until it is answered; false when it was told to stop before.
fn insist(nas: &Nas, asked: &Asked, over: &AtomicBool) -> bool {
    while !over.load(Ordering::SeqCst) {
        if nas.ask(Port::Acct, asked).is_ok() {
            return true;
        }
        // A controller that is away refuses at once.
        thread::sleep(Duration::from_millis(20));
    }
    false
}

#[derive(Deserialize)]
struct Totals {
    sessions: u64,
    closed_bytes: u64,
}

#[derive(Deserialize)]
struct Sum {
    ledger: u64,
    sessions: u64,
}

fn totals(controller: &Controller) -> Result<Totals> {
    let sql = "SELECT count(*) AS sessions, coalesce(sum(bytes_up) FILTER (WHERE ended_by IS NOT NULL), 0) AS closed_bytes
        FROM session WHERE ap = 'nas:kills'";
    query(&controller.database(), sql)?.pop().ok_or_else(|| anyhow!("no totals"))
}

fn closed(controller: &Controller) -> Result<u64> {
    let sql = "SELECT count(*) AS n FROM session WHERE ap = 'nas:kills' AND ended_by IS NOT NULL";
    number(&controller.database(), sql)
}

fn number(database: &Path, sql: &str) -> Result<u64> {
    #[derive(Deserialize)]
    struct Number {
        n: u64,
    }
    let found = query::<Number>(database, sql)?.pop();
    found.map(|number| number.n).ok_or_else(|| anyhow!("{sql} finds nothing"))
}

/// The figures as they were rolled up bit by bit over all kills, and made anew at once.
fn same_after_a_rebuild(controller: &Controller) -> Result<()> {
    let stats = controller.data().join("stats.db");
    wait_until("the roll-ups to have caught up", LIMIT, || {
        let last = number(&controller.database(), "SELECT max(changed) AS n FROM ledger");
        let taken = number(&stats, "SELECT watermark AS n FROM progress");
        matches!((last, taken), (Ok(last), Ok(taken)) if taken >= last)
    })?;
    let figures = || query::<Value>(&stats, FIGURES);
    let before = figures()?;
    ensure!(!before.is_empty(), "nothing was rolled up");
    controller.command(&["stats", "rebuild"])?;
    let after = figures()?;
    ensure!(before == after, "a rebuild has other figures: {before:?} became {after:?}");
    Ok(())
}

/// All but the sketches' bytes, whose estimates are in `visitors` and `randomised`.
const FIGURES: &str =
    "SELECT step, kind, start_ms, key, end_ms, visits, sessions, bytes_up, bytes_down, person_ms,
    peak_users, visitors, randomised, counts FROM rollup ORDER BY step, kind, start_ms, key";
