//! The one owner of gate, grants, sessions, journal and ledger: it looks, compares, acts, and tells; for ever.
//!
//! Everybody else talks to it through bounded channels. Order is what keeps its promises: an opening session is in the
//! ledger before the journal, a closing one in the journal before the ledger; an entry of the grant log is in the ledger
//! before the kernel and on disk before it is acknowledged; nothing leaves the journal before the controller said
//! `durable`.

use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::time::Duration;

use agent_protocol::v1::{ConfigDocument, LogEntry, SessionReport};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::{self, ControllerClock, Reading};
use crate::gate::{Gate, GateError};
use crate::grants::Grants;
use crate::journal::Journal;
use crate::ledger::{Ledger, State};
use crate::link::{LinkEvent, LinkHandle};
use crate::owners::Owners;
use crate::sessions::Sessions;
use crate::settings::{Local, Settings};
use crate::stations::Stations;
use crate::stations::wire::Heard;
use crate::status::Asked;

mod answers;
mod configure;
mod look;
mod memory;
mod network;
mod record;
mod upstream;

pub use network::{KernelNetwork, Network, NoNetwork};

/// Until the controller said how often, the core looks this often.
const SAMPLE_UNCONFIGURED: Duration = Duration::from_secs(1);
/// The relay's questions make the core look no more often than this, and no more than a fifth of its time.
const OWNERS_EVERY: Duration = Duration::from_millis(50);
/// Counters are put on disk at least this often even when nothing opens or closes.
const LEDGER_EVERY: Duration = Duration::from_secs(30);

/// What the core needs from outside.
pub struct Inputs {
    /// Frames and changes of the control link.
    pub link: mpsc::Receiver<LinkEvent>,
    /// Signs of life of stations.
    pub heard: mpsc::Receiver<Heard>,
    /// Questions from the status socket.
    pub questions: mpsc::Receiver<Asked>,
    /// Outcomes of probes of the portal: `None` when it is fine, else why not.
    pub probes: mpsc::Receiver<Option<String>>,
    /// The end.
    pub stop: CancellationToken,
}

/// What the core is made of at the start.
pub struct Parts<G, N> {
    /// The gate.
    pub gate: G,
    /// Bridge, routing, DHCP and the local page.
    pub network: N,
    /// What this access point is.
    pub local: Local,
    /// The controller's URL, for people.
    pub controller: String,
    /// Where the leases are.
    pub leases: PathBuf,
    /// The journal.
    pub journal: Journal,
    /// The ledger.
    pub ledger: Ledger,
    /// What the ledger held.
    pub kept: State,
    /// Entries of the grant log that came after it.
    pub entries: Vec<LogEntry>,
    /// What was wrong with it.
    pub problems: Vec<String>,
    /// Sends frames to the controller.
    pub link: LinkHandle,
    /// Whose addresses are whose.
    pub owners: Owners,
    /// Where others read the controller's time.
    pub time: Reading,
    /// Counters of relay and responder, by name.
    pub counters: Box<dyn Fn() -> Vec<(&'static str, u64)> + Send>,
}

/// The owner of everything this access point decides.
pub struct Core<G, N> {
    gate: G,
    network: N,
    local: Local,
    controller: String,
    leases: PathBuf,
    journal: Journal,
    ledger: Ledger,
    kept: State,
    boot_id: String,
    clock: ControllerClock,
    settings: Option<Settings>,
    /// A configuration that could not be put in force for a reason that may pass.
    postponed: Option<ConfigDocument>,
    grants: Grants,
    /// Position in the grant log up to which the disk knows everything.
    on_disk: (u64, u64),
    /// Position up to which kernel and disk have had everything: what the next hello says.
    confirmed: (u64, u64),
    sessions: Sessions,
    stations: Stations,
    link: LinkHandle,
    owners: Owners,
    time: Reading,
    counters: Box<dyn Fn() -> Vec<(&'static str, u64)> + Send>,
    upstream: upstream::Upstream,
    probe_failures: u32,
    probe_fine: bool,
    ledger_stale: bool,
    ledger_saved_ms: u64,
    /// Whether a session opened that the ledger does not know: until it does, nothing of sessions goes into the journal.
    opened_unsaved: bool,
    /// Ends of sessions that are not in the journal yet, oldest first.
    unwritten: VecDeque<SessionReport>,
    /// Whether the kernel lacks something of the grants that are held.
    gate_behind: bool,
    /// What is wrong now, by the part that says so.
    problems: BTreeMap<&'static str, String>,
    counted: BTreeMap<&'static str, u64>,
    last_seen: gate_core::Observed,
}

impl<G: Gate, N: Network> Core<G, N> {
    /// Takes over where the last run stopped.
    pub fn new(parts: Parts<G, N>) -> Self {
        let boot_id = clock::boot_id();
        let known = parts.kept.clock.clone();
        let clock = ControllerClock::start(known.as_ref(), &boot_id, clock::boottime_ms(), clock::wall_ms());
        let now_ms = clock.now_ms();
        let counters_gone = known.as_ref().is_some_and(|known| known.boot_id != boot_id);
        let (open, readings) = memory::from_ledger(&parts.kept.sessions, now_ms);
        let (sessions, ended) = Sessions::restore(open, readings, counters_gone);
        let mut grants = Grants::restore(parts.kept.epoch, parts.kept.sequence, parts.kept.grants.clone());
        for entry in &parts.entries {
            // A gap stands where an older snapshot had to serve: those entries change nothing and come again.
            let _ = grants.take(entry, "", now_ms);
        }
        let on_disk = grants.position();
        let unwritten = parts.kept.ends.clone().into();
        let mut problems = BTreeMap::new();
        if let Some(problem) = parts.problems.first() {
            problems.insert("ledger", problem.clone());
        }
        if let Some(problem) = parts.journal.damage().problem() {
            problems.insert("journal", problem);
        }
        let mut core = Self {
            gate: parts.gate,
            network: parts.network,
            local: parts.local,
            controller: parts.controller,
            leases: parts.leases,
            upstream: upstream::Upstream::default(),
            journal: parts.journal,
            ledger: parts.ledger,
            kept: parts.kept,
            boot_id,
            clock,
            settings: None,
            postponed: None,
            grants,
            on_disk,
            confirmed: (0, 0),
            sessions,
            stations: Stations::default(),
            link: parts.link,
            owners: parts.owners,
            time: parts.time,
            counters: parts.counters,
            probe_failures: 0,
            probe_fine: false,
            ledger_stale: false,
            ledger_saved_ms: now_ms,
            opened_unsaved: false,
            unwritten,
            gate_behind: true,
            problems,
            counted: BTreeMap::new(),
            last_seen: gate_core::Observed::default(),
        };
        core.record(&ended);
        core
    }

    /// Runs until it is told to stop; then everything is on disk and the kernel goes on by itself.
    pub async fn run(mut self, mut inputs: Inputs) {
        if let Some(document) = self.kept.config.clone() {
            let _ = self.configure(document).await;
            // Before the first hello: it says what is in force.
            self.look().await;
        }
        let mut sample = ticker(SAMPLE_UNCONFIGURED);
        let mut report = ticker(SAMPLE_UNCONFIGURED);
        let mut timers = None;
        let owners = self.owners.clone();
        let (mut asked, mut look_from) = (false, Instant::now());
        loop {
            let wanted = self.settings.as_ref().map(|settings| settings.timers);
            if wanted != timers {
                timers = wanted;
                sample = ticker(wanted.map_or(SAMPLE_UNCONFIGURED, |timers| timers.sample));
                report = ticker(wanted.map_or(SAMPLE_UNCONFIGURED, |timers| timers.report));
            }
            // The link first: an entry of the log waits for nobody's look.
            tokio::select! {
                biased;
                () = inputs.stop.cancelled() => break,
                Some(event) = inputs.link.recv() => {
                    self.link_event(event).await;
                    // What came together is put on disk together.
                    if inputs.link.is_empty() || self.has_much_to_confirm() {
                        self.settle();
                    }
                }
                Some((question, reply)) = inputs.questions.recv() => {
                    let _ = reply.send(self.answer(&question));
                }
                Some(outcome) = inputs.probes.recv() => self.probed(outcome),
                () = owners.asked(), if !asked => asked = true,
                () = tokio::time::sleep_until(look_from), if asked => {
                    asked = false;
                    let begun = Instant::now();
                    self.look_at_owners().await;
                    look_from = Instant::now() + OWNERS_EVERY.max(begun.elapsed() * 4);
                }
                _ = sample.tick() => self.look().await,
                _ = report.tick() => self.report(),
                Some(sign) = inputs.heard.recv() => self.heard(sign),
            }
        }
        self.look().await;
        self.report();
        self.save();
    }

    fn heard(&mut self, sign: Heard) {
        self.stations.heard(sign.mac, sign.address, self.clock.now_ms());
    }

    fn gate_failed(&mut self, error: &GateError) {
        let cause = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!(%error, %cause, "the gate cannot be changed");
        self.problems.insert("gate", error.to_string());
    }
}

fn ticker(every: Duration) -> tokio::time::Interval {
    let mut interval = tokio::time::interval(every);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    interval
}
