//! The real controller in a namespace of its own: configured, started, killed, and asked by its commands.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use super::Settings;
use super::addresses::{AGENTS_NAME, AGENTS4, PORTAL_NAME, PORTAL4, PORTAL6, RESOLVER};
use super::authority::Authority;
use super::command::output;
use super::instance::{Instance, program, repository};
use super::internet::Internet;
use super::netns::Netns;
use super::process::Process;
use super::wait::wait_for;

/// The uplink number of the controller.
pub const UPLINK: u8 = 1;
const START_LIMIT: Duration = Duration::from_secs(20);
const STOP_LIMIT: Duration = Duration::from_secs(8);
const ADMIN_PORT: u16 = 8445;
const METRICS_PORT: u16 = 9464;

/// The agents' timers, in milliseconds; the lab's are faster than the street's.
#[derive(Debug, Clone, Copy)]
pub struct Timers {
    /// Counters are reported this often.
    pub report_ms: u32,
    /// The kernel's sets are read this often.
    pub sample_ms: u32,
    /// A silent station is probed this often.
    pub presence_ms: u32,
    /// Probes without an answer until a station counts as gone.
    pub presence_misses: u32,
    /// The portal is probed this often.
    pub portal_probe_ms: u32,
    /// Without a word for this long the controller counts as away.
    pub away_ms: u32,
}

impl Timers {
    /// A tenth of the street's.
    pub const FAST: Self = Self {
        report_ms: 500,
        sample_ms: 200,
        presence_ms: 2_000,
        presence_misses: 3,
        portal_probe_ms: 500,
        away_ms: 1_500,
    };
    /// As shipped.
    pub const STREET: Self = Self {
        report_ms: 10_000,
        sample_ms: 1_000,
        presence_ms: 20_000,
        presence_misses: 3,
        portal_probe_ms: 10_000,
        away_ms: 15_000,
    };
}

/// The controller: its namespace, its files, and its process while it runs.
pub struct Controller {
    config: PathBuf,
    data: PathBuf,
    log: PathBuf,
    environment: Vec<(String, String)>,
    process: Option<Process>,
    netns: Netns,
}

impl Controller {
    /// Makes the namespace and the configuration, imports the 34 sites and starts the controller.
    ///
    /// # Errors
    /// When it does not become ready.
    pub fn create(
        instance: &Instance,
        internet: &Internet,
        authority: &Authority,
        settings: &Settings<'_>,
    ) -> Result<Self> {
        let netns = Netns::create(&instance.namespace("ctl"))?;
        internet.connect(&netns, UPLINK, &[PORTAL4.into(), PORTAL6.into(), AGENTS4.into()])?;
        let folder = instance.state("ctl")?;
        let certificate = authority.issue_files(&[PORTAL_NAME], &folder)?;
        let data = folder.join("data");
        let text = configuration(&data, &certificate.cert, &certificate.key, settings.timers);
        let config = folder.join("controller.toml");
        fs::write(&config, text).with_context(|| format!("cannot write {}", config.display()))?;
        let environment =
            settings.controller.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let log = instance.log("controller");
        let mut controller = Self { config, data, log, environment, process: None, netns };
        controller.command(&["migrate"])?;
        if !settings.plan.is_empty() {
            controller.command(&[&["plan", "add", "free"], settings.plan].concat())?;
        }
        let sites = repository().join("controller/sites/hoan-kiem.json");
        controller.command(&["ap", "import", &sites.to_string_lossy()])?;
        controller.start()?;
        Ok(controller)
    }

    /// Its namespace.
    #[must_use]
    pub fn netns(&self) -> &Netns {
        &self.netns
    }

    /// Its configuration file, for tests that change it between two starts.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Its data folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Its database.
    #[must_use]
    pub fn database(&self) -> PathBuf {
        self.data.join("hotspot.db")
    }

    /// Where its log is.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Its process.
    ///
    /// # Errors
    /// When it is not running.
    pub fn process(&self) -> Result<&Process> {
        self.process.as_ref().context("the controller is not running")
    }

    /// Starts it and waits until every listener is bound.
    ///
    /// # Errors
    /// When it runs already, ends, or does not become ready in time.
    pub fn start(&mut self) -> Result<()> {
        if self.process.is_some() {
            bail!("the controller is running already");
        }
        let ready = self.data.join("ready.json");
        let _ = fs::remove_file(&ready);
        let mut command = self.netns.command(program("hotspot-controller")?);
        command.args(["serve", "--config"]).arg(&self.config).env("RUST_LOG", log_filter());
        command.envs(self.environment.iter().cloned());
        let mut process = Process::start("hotspot-controller", &mut command, &self.log)?;
        wait_for("the controller to be ready", START_LIMIT, || match process.ended() {
            Ok(None) => ready.exists().then_some(Ok(())),
            Ok(Some(status)) => {
                Some(Err(anyhow!("the controller ended with {status}: see {}", self.log.display())))
            }
            Err(why) => Some(Err(why)),
        })??;
        self.process = Some(process);
        Ok(())
    }

    /// Asks it to drain and waits until it has ended.
    ///
    /// # Errors
    /// When it is not running or takes longer than its drain may.
    pub fn stop(&mut self) -> Result<()> {
        let process = self.process.take().context("the controller is not running")?;
        process.stop(STOP_LIMIT).map(drop)
    }

    /// Ends it with SIGKILL.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill(&mut self) -> Result<()> {
        self.process.take().context("the controller is not running")?.kill().map(drop)
    }

    /// Runs a management command, as an engineer beside the running controller, and returns what it prints.
    ///
    /// # Errors
    /// When it does not exit with 0.
    pub fn command(&self, words: &[&str]) -> Result<String> {
        let mut command = self.netns.command(program("hotspot-controller")?);
        command.args(words).arg("--config").arg(&self.config).envs(self.environment.iter().cloned());
        output(&mut command)
    }

    /// Runs a management command with `--json` and returns the parsed answer.
    ///
    /// # Errors
    /// When it does not exit with 0 or prints no JSON.
    pub fn json(&self, words: &[&str]) -> Result<Value> {
        let text = self.command(&[words, &["--json"]].concat())?;
        serde_json::from_str(&text).with_context(|| format!("{words:?} printed no JSON: {text}"))
    }

    /// A one-time enrolment token for the access point `id`.
    ///
    /// # Errors
    /// When there is no such access point.
    pub fn token(&self, id: &str) -> Result<String> {
        Ok(self.command(&["ap", "token", id])?.trim().to_owned())
    }

    /// Where the operators' listener is, inside the controller's namespace.
    #[must_use]
    pub fn admin(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], ADMIN_PORT))
    }

    /// Where monitoring reads, inside the controller's namespace.
    #[must_use]
    pub fn metrics(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], METRICS_PORT))
    }

    /// Where the portal listens, seen from the internet.
    #[must_use]
    pub fn portal(&self) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(PORTAL4), 443)
    }
}

/// What agents dial.
#[must_use]
pub fn agents_url() -> String {
    format!("https://{AGENTS_NAME}:8444")
}

/// What visitors see in the address line.
#[must_use]
pub fn portal_url() -> String {
    format!("https://{PORTAL_NAME}")
}

/// How much the programs of the lab log; `HOTSPOT_LAB_LOG` wins.
pub(super) fn log_filter() -> String {
    std::env::var("HOTSPOT_LAB_LOG").unwrap_or_else(|_| "info".to_owned())
}

fn configuration(data: &Path, cert: &Path, key: &Path, timers: Timers) -> String {
    let mut text = format!("data_dir = {data:?}\n");
    let _ = writeln!(
        text,
        "[portal]\nlisten = \"[::]:443\"\npublic_url = \"{}\"\naddresses = [\"{PORTAL4}\", \"{PORTAL6}\"]\n\
         tls = {{ cert = {cert:?}, key = {key:?} }}\n\
         [agents]\nlisten = \"{AGENTS4}:8444\"\npublic_url = \"{}\"\n\
         [admin]\nlisten = \"127.0.0.1:{ADMIN_PORT}\"\n\
         [metrics]\nlisten = \"127.0.0.1:{METRICS_PORT}\"\n\
         [network]\nresolvers = [\"{RESOLVER}\"]\n\
         [timers]\nreport_ms = {}\nsample_ms = {}\npresence_ms = {}\npresence_misses = {}\nportal_probe_ms = {}\naway_ms = {}",
        portal_url(),
        agents_url(),
        timers.report_ms,
        timers.sample_ms,
        timers.presence_ms,
        timers.presence_misses,
        timers.portal_probe_ms,
        timers.away_ms,
    );
    text
}
