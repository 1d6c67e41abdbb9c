//! Simulated access points: the agent's own link, relay and decisions with the gate in memory, and visitors that tap,
//! move bytes and walk.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustls::time_provider::DefaultTimeProvider;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::dial::Dial;
use crate::enroll;
use crate::status::Status;
use crate::tls::{Identity, read_pin, system_roots};

mod access_point;
mod dice;
mod portal;
mod summary;
mod surroundings;
mod visitor;

pub use access_point::AccessPoint;
pub use summary::Summary;
pub use surroundings::SharedGate;

use dice::Dice;
use summary::Tally;
use visitor::{Pace, Visitor};

/// How long the controller may take to answer, and at the end to confirm every record.
const SETTLE: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// What is simulated.
#[derive(Debug, Clone)]
pub struct Options {
    /// The controller's agents' URL.
    pub controller: String,
    /// Tokens, one a line; `-` is standard input.
    pub tokens: Option<PathBuf>,
    /// Access points; as many as there are tokens when it is not said.
    pub aps: Option<usize>,
    /// Visitors.
    pub visitors: usize,
    /// How long visitors move about.
    pub lasting: Duration,
    /// Visitors come one after the other within this time.
    pub arrive: Duration,
    /// A visitor moves something this often.
    pub step: Duration,
    /// A visitor walks on after about this long.
    pub stay: Duration,
    /// Where keys, ledgers and journals are kept; a folder that is removed at the end when it is not said.
    pub data_dir: Option<PathBuf>,
}

/// Runs it all and tells what came of it.
///
/// # Errors
/// When access points cannot be enrolled, or none of them is served by the controller.
pub async fn run(options: Options) -> anyhow::Result<Summary> {
    let folder = Folder::new(options.data_dir.as_deref())?;
    let homes = enrolled(&options, &folder.path).await?;
    let stop = CancellationToken::new();
    let mut points = Vec::with_capacity(homes.len());
    for home in &homes {
        points.push(Arc::new(AccessPoint::start(&options.controller, home, SharedGate::default(), &stop)?));
    }
    let outcome = play(&options, &points).await;
    stop.cancel();
    for point in points {
        if let Err(error) = point.stopped().await
            && outcome.is_ok()
        {
            return Err(error);
        }
    }
    outcome
}

async fn play(options: &Options, points: &[Arc<AccessPoint>]) -> anyhow::Result<Summary> {
    let ready = Instant::now() + SETTLE;
    for point in points {
        if !point.served_before(ready).await {
            let problem = point.link_problem();
            let problem =
                if problem.is_empty() { "no configuration came within 20 s".to_owned() } else { problem };
            bail!("an access point is not served by {}: {problem}", options.controller);
        }
    }
    let roots = Arc::new(system_roots(Arc::new(DefaultTimeProvider))?);
    let tally = Arc::new(Tally::default());
    let pace = Pace { until: Instant::now() + options.lasting, step: options.step, stay: options.stay };
    let mut dice = Dice::from_system();
    let batch = dice.roll();
    let mut visitors = JoinSet::new();
    for nth in 0..options.visitors {
        let visitor = Visitor::new(nth, batch, points, dice.split())?;
        let (points, roots, tally) = (points.to_vec(), Arc::clone(&roots), Arc::clone(&tally));
        let comes = options.arrive.mul_f64(nth as f64 / options.visitors as f64);
        visitors.spawn(async move {
            tokio::time::sleep(comes).await;
            visitor.stroll(pace, points, roots, tally).await;
        });
    }
    while let Some(walked) = visitors.join_next().await {
        walked.context("a visitor came to an untimely end")?;
    }
    let mut summary = Summary::of(options.visitors, &tally);
    for status in drained(points).await? {
        summary.add(&status);
    }
    Ok(summary)
}

/// How access points are when the controller has every record on disk, or after as long as that may take. All are
/// looked at together: one that was through may have had another word to say while the next was asked.
async fn drained(points: &[Arc<AccessPoint>]) -> anyhow::Result<Vec<Status>> {
    let until = Instant::now() + SETTLE;
    loop {
        // First, so that what an access point was about to say, of its configuration for instance, is said.
        tokio::time::sleep(LOOK).await;
        let mut all = Vec::with_capacity(points.len());
        for point in points {
            all.push(point.status().await?);
        }
        let waits = |status: &Status| status.connected && status.journal_pending > 0;
        if !all.iter().any(waits) || Instant::now() >= until {
            return Ok(all);
        }
    }
}

/// Folders of access points that are enrolled; new ones use up the tokens.
async fn enrolled(options: &Options, folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut tokens = tokens(options.tokens.as_deref())?;
    let home = |nth: usize| folder.join(format!("ap-{:04}", nth + 1));
    let known = (0..).take_while(|nth| read_pin(&home(*nth)).is_ok()).count();
    let wanted = options.aps.unwrap_or(known + tokens.len());
    ensure!(wanted > 0, "no access point is asked for; give --aps N and --tokens FILE with a token for each");
    ensure!(
        known + tokens.len() >= wanted,
        "{wanted} access points need {} more tokens; make one for each with: hotspot-controller ap token ID",
        wanted - known - tokens.len()
    );
    let mut homes = Vec::with_capacity(wanted);
    for nth in 0..wanted {
        let home = home(nth);
        if nth >= known
            && let Some(token) = tokens.pop_front()
        {
            fs::create_dir_all(&home).with_context(|| format!("cannot make {}", home.display()))?;
            enroll::enroll(&options.controller, &token, &home).await?;
        }
        homes.push(home);
    }
    Ok(homes)
}

fn tokens(file: Option<&Path>) -> anyhow::Result<VecDeque<String>> {
    let text = match file {
        None => return Ok(VecDeque::new()),
        Some(file) if file == Path::new("-") => std::io::read_to_string(std::io::stdin())?,
        Some(file) => {
            fs::read_to_string(file).with_context(|| format!("cannot read tokens from {}", file.display()))?
        }
    };
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// Where keys, ledgers and journals are.
struct Folder {
    path: PathBuf,
    passing: bool,
}

impl Folder {
    fn new(kept: Option<&Path>) -> anyhow::Result<Self> {
        let path = match kept {
            Some(kept) => kept.to_owned(),
            None => std::env::temp_dir().join(format!("ap-agent-sim-{}", std::process::id())),
        };
        fs::create_dir_all(&path)
            .with_context(|| format!("cannot make {}; choose another --data-dir", path.display()))?;
        Ok(Self { path, passing: kept.is_none() })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.passing
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            tracing::warn!(%error, folder = %self.path.display(), "the simulation's folder stays");
        }
    }
}

/// What a simulated access point is on the wire.
struct Key {
    dial: Dial,
    identity: Identity,
    pin: agent_protocol::enroll::KeyPin,
}

impl Key {
    fn of(controller: &str, home: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            dial: Dial::new(controller)?,
            identity: Identity::load_or_make(home)?,
            pin: read_pin(home)?,
        })
    }
}
