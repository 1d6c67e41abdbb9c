//! A controller without agents, and access points of other makes at addresses of its own loopback.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::sessions::query;
use hotspot_tests::lab::wait::wait_until;
use hotspot_tests::lab::{Lab, Settings};
use hotspot_tests::nas::{Nas, Port};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The secret of every NAS.
pub const SECRET: &str = "a secret of the lake";
/// The NAS that radclient and pyrad are.
pub const TOOL: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 1);
/// A NAS.
pub const A: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Another one.
pub const B: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);
/// A NAS that need not send a Message-Authenticator.
pub const OLD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 4);
/// Nobody that the controller knows.
pub const STRANGER: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 9);
/// An account.
pub const USER: &str = "mai@hoankiem.example";
/// Its password.
pub const PASSWORD: &str = "Tháp Rùa 1884";

const LIMIT: Duration = Duration::from_secs(10);

/// The running controller.
pub struct Scene {
    /// Its lab, without access points of ours.
    pub lab: Lab,
}

impl Scene {
    /// Starts a controller that knows four NAS and one account.
    pub fn new(name: &str) -> Result<Self> {
        let lab = Lab::for_test(&Settings { access_points: 0, ..Settings::new(name) })?;
        for (nas, address) in [("tool", TOOL), ("nas-a", A), ("nas-b", B)] {
            lab.controller.command(&[
                "nas",
                "add",
                nas,
                "--address",
                &address.to_string(),
                "--secret",
                SECRET,
            ])?;
        }
        lab.controller.command(&[
            "nas",
            "add",
            "nas-old",
            "--address",
            &OLD.to_string(),
            "--secret",
            SECRET,
            "--allow-missing-message-authenticator",
        ])?;
        lab.controller.command(&["account", "add", USER, "--password", PASSWORD])?;
        let scene = Self { lab };
        scene.wait_known()?;
        Ok(scene)
    }

    /// Waits until the serving controller has taken over what the commands changed.
    fn wait_known(&self) -> Result<()> {
        let mut nas = self.nas(OLD)?;
        let status = nas.status_server()?;
        nas.insist(Port::Acct, &status, LIMIT)?;
        wait_until("the account to be known", LIMIT, || {
            nas.login(USER, PASSWORD).is_ok_and(|accepted| accepted)
        })
        .map(drop)
    }

    /// The NAS at this address.
    pub fn nas(&self, from: Ipv4Addr) -> Result<Nas> {
        Nas::new(self.lab.controller.netns(), from, SECRET)
    }

    /// What the controller counts about RADIUS, by `name{labels}` as monitoring reads it, without `hotspot_radius_`.
    pub fn counted(&self) -> Result<Counted> {
        let answer = self.lab.controller_client("en")?.get("http://127.0.0.1:9464/metrics")?;
        let text = answer.text();
        let lines = text.lines().filter_map(|line| line.strip_prefix("hotspot_radius_"));
        let pairs = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse::<f64>().ok()?))
        });
        Ok(Counted(pairs.collect()))
    }

    /// The rows that `sql` finds in the controller's database.
    pub fn query<Row: DeserializeOwned>(&self, sql: &str) -> Result<Vec<Row>> {
        query(&self.lab.controller.database(), sql)
    }

    /// All sessions of the NAS `name`, in the order of their names, then of their beginning.
    pub fn sessions(&self, name: &str) -> Result<Vec<Session>> {
        self.query(&format!(
            "SELECT hex(n.acct_session_id) AS id, hex(n.user_name) AS user, hex(n.ssid) AS ssid, hex(s.mac) AS mac, \
             n.started_ms, n.closed_ms, n.terminate_cause, n.wrapped, s.bytes_up, s.bytes_down, s.ended_by \
             FROM nas_session n JOIN session s ON s.ap = n.ap AND s.id = n.id \
             WHERE n.ap = 'nas:{name}' ORDER BY n.acct_session_id, n.started_ms"
        ))
    }

    /// What the controller has logged so far.
    pub fn log(&self) -> Result<String> {
        fs::read_to_string(self.lab.controller.log()).context("the controller's log cannot be read")
    }
}

/// A session as the database has it; names are in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Session {
    pub id: String,
    pub user: String,
    pub ssid: String,
    pub mac: String,
    pub started_ms: u64,
    pub closed_ms: Option<u64>,
    pub terminate_cause: u32,
    pub wrapped: u8,
    pub bytes_up: u64,
    pub bytes_down: u64,
    pub ended_by: Option<String>,
}

/// Counters at one moment.
pub struct Counted(BTreeMap<String, f64>);

impl Counted {
    /// Requests of this kind that ended so.
    pub fn requests(&self, kind: &str, outcome: &str) -> u64 {
        self.of(&format!("requests_total{{kind=\"{kind}\",outcome=\"{outcome}\"}}"))
    }

    /// Datagrams that were left unanswered for this reason.
    pub fn dropped(&self, reason: &str) -> u64 {
        self.of(&format!("dropped_total{{reason=\"{reason}\"}}"))
    }

    /// Datagrams that were left unanswered for any reason.
    pub fn dropped_at_all(&self) -> u64 {
        self.0
            .iter()
            .filter(|(name, _)| name.starts_with("dropped_total"))
            .map(|(_, value)| *value as u64)
            .sum()
    }

    fn of(&self, name: &str) -> u64 {
        assert!(self.0.contains_key(name), "the controller does not count {name}");
        self.0.get(name).map_or(0, |value| *value as u64)
    }
}

/// Milliseconds since 1970 by this machine's clock, which the controller shares.
pub fn now_ms() -> Result<u64> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Ok(u64::try_from(now.context("a clock before 1970")?.as_millis())?)
}

/// Bytes in capital hexadecimal digits, as SQLite's `hex` writes them.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}
