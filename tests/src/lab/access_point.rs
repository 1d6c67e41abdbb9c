//! An access point without radio: bridge, uplink, nftables of its own namespace, the real ap-agent and dnsmasq.
//!
//! What systemd's units do in the street the lab does here: `ap-agent guard` before the clients' bridge comes up,
//! `ap-agent run`, and dnsmasq started again whenever it ends.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::Value;

use super::addresses::GATEWAY4;
use super::authority::Authority;
use super::command::output;
use super::controller::{Controller, agents_url, log_filter};
use super::dnsmasq::Dnsmasq;
use super::instance::{Instance, program};
use super::internet::Internet;
use super::netns::Netns;
use super::process::Process;
use super::resolve;
use super::wait::wait_for;

/// The clients' bridge.
pub const BRIDGE: &str = "br-clients";
const READY_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(8);

/// An access point: its files, and while it is up its namespace and programs.
pub struct AccessPoint {
    id: String,
    uplink: u8,
    instance: Arc<Instance>,
    folder: PathBuf,
    authority: PathBuf,
    binary: PathBuf,
    environment: Vec<(String, String)>,
    agent: Option<Process>,
    dnsmasq: Option<Dnsmasq>,
    netns: Option<Netns>,
}

impl AccessPoint {
    /// An access point that will be `id` of the inventory, on uplink `uplink` of the fake internet; not up yet.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn new(instance: &Arc<Instance>, authority: &Authority, id: &str, uplink: u8) -> Result<Self> {
        let folder = instance.state(&format!("ap{uplink}"))?;
        Ok(Self {
            id: id.to_owned(),
            uplink,
            instance: instance.clone(),
            folder,
            authority: authority.pem().to_path_buf(),
            binary: program("ap-agent")?,
            environment: Vec::new(),
            agent: None,
            dnsmasq: None,
            netns: None,
        })
    }

    /// The id in the controller's inventory.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Takes another build of the agent than the one in `target/release`.
    pub fn use_agent(&mut self, binary: &Path) {
        self.binary = binary.to_path_buf();
    }

    /// Further variables for every program of this access point's agent.
    pub fn use_environment(&mut self, environment: &[(String, String)]) {
        self.environment = environment.to_vec();
    }

    /// Its uplink's number on the fake internet.
    #[must_use]
    pub fn uplink(&self) -> u8 {
        self.uplink
    }

    /// Its namespace.
    ///
    /// # Errors
    /// When it is powered off.
    pub fn netns(&self) -> Result<&Netns> {
        self.netns.as_ref().with_context(|| format!("the access point {} is powered off", self.id))
    }

    /// The agent's configuration file.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.folder.join("agent.toml")
    }

    /// Where the agent keeps keys, ledger and journal.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Where the agent writes dnsmasq's files.
    #[must_use]
    pub fn dnsmasq_folder(&self) -> PathBuf {
        self.folder.join("dnsmasq")
    }

    /// Powers the hardware on: namespace, uplink, and the clients' bridge behind the guard; the agent is not
    /// started. Phones can be attached from here on.
    ///
    /// # Errors
    /// When it is on already or a part cannot be made.
    pub fn power_on(&mut self, internet: &Internet) -> Result<()> {
        if self.netns.is_some() {
            bail!("the access point {} is powered on already", self.id);
        }
        let netns = Netns::create(&self.instance.namespace(&format!("ap{}", self.uplink)))?;
        internet.connect(&netns, self.uplink, &[])?;
        netns.ip(&format!("link add {BRIDGE} type bridge"))?;
        self.netns = Some(netns);
        self.write_config()?;
        self.agent_command(&["guard"])?;
        let netns = self.netns()?;
        netns.offloads_off(BRIDGE)?;
        netns.ip(&format!("link set {BRIDGE} up"))?;
        Ok(())
    }

    /// Takes the power away: everything in the kernel is gone, the files stay. Phones must be attached anew.
    pub fn power_off(&mut self) {
        self.agent = None;
        self.dnsmasq = None;
        self.netns = None;
    }

    /// Enrols the agent with a fresh token of the controller.
    ///
    /// # Errors
    /// When the controller refuses.
    pub fn enroll(&self, controller: &Controller) -> Result<()> {
        let token = controller.token(&self.id)?;
        self.agent_command(&["enroll", "--controller", &agents_url(), "--token", &token]).map(drop)
    }

    /// Starts the agent and dnsmasq's supervisor and waits until the link is up and phones get addresses.
    ///
    /// # Errors
    /// When the agent ends or is not ready in time.
    pub fn start(&mut self) -> Result<()> {
        self.start_agent()?;
        self.wait_ready()
    }

    /// Starts the agent, and dnsmasq's supervisor when it is not running, without waiting.
    ///
    /// # Errors
    /// When the agent is running already.
    pub fn start_agent(&mut self) -> Result<()> {
        if self.agent.is_some() {
            bail!("the agent of {} is running already", self.id);
        }
        let netns = self.netns()?;
        let mut command = netns.command(&self.binary);
        command.args(["run", "--config"]).arg(self.config());
        command.env("SSL_CERT_FILE", &self.authority).env("RUST_LOG", log_filter());
        command.envs(self.environment.iter().cloned());
        let agent = Process::start("ap-agent", &mut command, &self.log("agent"))?;
        if self.dnsmasq.is_none() {
            self.dnsmasq = Some(Dnsmasq::supervise(netns, &self.dnsmasq_folder(), &self.log("dnsmasq"))?);
        }
        self.agent = Some(agent);
        Ok(())
    }

    /// Waits until the agent's link is up, the portal's probe holds, and dnsmasq answers phones.
    ///
    /// # Errors
    /// When the agent ends or is not ready in time.
    pub fn wait_ready(&mut self) -> Result<()> {
        let what = format!("the access point {} to be ready (see {})", self.id, self.log("agent").display());
        wait_for(&what, READY_LIMIT, || match self.agent.as_mut().map(Process::ended) {
            Some(Ok(None)) => self.is_ready().then_some(Ok(())),
            Some(Ok(Some(status))) => Some(Err(anyhow!("the agent of {} ended with {status}", self.id))),
            Some(Err(why)) => Some(Err(why)),
            None => Some(Err(anyhow!("the agent of {} is not running", self.id))),
        })?
    }

    /// The agent's process.
    ///
    /// # Errors
    /// When it is not running.
    pub fn agent(&self) -> Result<&Process> {
        self.agent.as_ref().with_context(|| format!("the agent of {} is not running", self.id))
    }

    /// Ends the agent with SIGKILL; dnsmasq, bridge and rules stay.
    ///
    /// # Errors
    /// When it is not running.
    pub fn kill_agent(&mut self) -> Result<()> {
        self.agent
            .take()
            .with_context(|| format!("the agent of {} is not running", self.id))?
            .kill()
            .map(drop)
    }

    /// Asks the agent to end and waits.
    ///
    /// # Errors
    /// When it is not running or does not end.
    pub fn stop_agent(&mut self) -> Result<()> {
        let agent = self.agent.take().with_context(|| format!("the agent of {} is not running", self.id))?;
        agent.stop(STOP_LIMIT).map(drop)
    }

    /// What `ap-agent status --json` says.
    ///
    /// # Errors
    /// When the agent does not answer.
    pub fn status(&self) -> Result<Value> {
        let text = self.agent_command(&["status", "--json"])?;
        serde_json::from_str(&text).with_context(|| format!("ap-agent status printed no JSON: {text}"))
    }

    /// Runs `ap-agent` with `words` and this access point's configuration.
    ///
    /// # Errors
    /// When it does not exit with 0.
    pub fn agent_command(&self, words: &[&str]) -> Result<String> {
        let mut command = self.netns()?.command(&self.binary);
        command.args(words).arg("--config").arg(self.config()).env("SSL_CERT_FILE", &self.authority);
        command.envs(self.environment.iter().cloned());
        output(&mut command)
    }

    /// The path of one of its logs.
    #[must_use]
    pub fn log(&self, program: &str) -> PathBuf {
        self.instance.log(&format!("ap{}-{program}", self.uplink))
    }

    fn is_ready(&self) -> bool {
        let Ok(status) = self.status() else { return false };
        let says = |name: &str| status.get(name) == Some(&Value::Bool(true));
        let answers = |netns| resolve::answers(netns, IpAddr::V4(GATEWAY4));
        says("connected") && says("option_114") && self.netns().is_ok_and(answers)
    }

    fn write_config(&self) -> Result<()> {
        let path = self.config();
        if path.exists() {
            return Ok(());
        }
        fs::create_dir_all(self.dnsmasq_folder()).context("cannot make dnsmasq's folder")?;
        let text = format!(
            "data_dir = {:?}\nbridge = \"{BRIDGE}\"\nuplink = \"uplink\"\ndnsmasq_dir = {:?}\n",
            self.data(),
            self.dnsmasq_folder()
        );
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }
}

/// The option-114 file of an access point, as the agent wrote it; empty when the option is withdrawn.
#[must_use]
pub fn options_file(folder: &Path) -> String {
    fs::read_to_string(folder.join("options")).unwrap_or_default()
}
