//! The agent's own TOML file: where the controller is, where files go, which interfaces and ports are its own.

use std::fs::{self, File};
use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

mod fields;
#[cfg(test)]
mod tests;

use fields::Fields;

/// Where the commands look for the file when no `--config` names one.
pub const DEFAULT_PATH: &str = "/etc/ap-agent/agent.toml";

/// What the agent has to know before it reaches the controller; all else comes from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentConfig {
    /// The controller's URL for agents, without a trailing slash; absent until the access point is enrolled.
    pub controller: Option<String>,
    /// Folder of keys, ledger and journal.
    pub data_dir: PathBuf,
    /// Bridge of the clients' interfaces.
    pub bridge: String,
    /// Interface towards the internet.
    pub uplink: String,
    /// Folder of the files written for dnsmasq.
    pub dnsmasq_dir: PathBuf,
    /// TCP port of the responder; 0 lets the system choose.
    pub responder: u16,
    /// TCP port of the relay; 0 lets the system choose.
    pub relay: u16,
    /// Where the metrics are served for local use; the controller gets the same figures over its link.
    pub metrics_listen: SocketAddr,
}

/// Why a configuration cannot be used; each is one sentence that says what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}; make it with `ap-agent enroll`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}; check the folder's owner and free space", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The text is no TOML.
    #[error("the configuration is no TOML at line {line}: {reason}; correct that line")]
    Toml {
        /// Line, from 1.
        line: usize,
        /// What the parser found.
        reason: String,
    },
    /// One or more keys are wrong, each with its own sentence.
    #[error("{}", .0.join("; "))]
    Keys(Vec<String>),
    /// The access point is not enrolled.
    #[error("the configuration names no controller; run `ap-agent enroll --controller URL --token T` first")]
    NotEnrolled,
}

impl Default for AgentConfig {
    fn default() -> Self {
        let data_dir = PathBuf::from("/var/lib/ap-agent");
        Self {
            controller: None,
            dnsmasq_dir: data_dir.join("dnsmasq"),
            data_dir,
            bridge: "br-clients".to_owned(),
            uplink: "eth0".to_owned(),
            responder: 2050,
            relay: 2051,
            metrics_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9465)),
        }
    }
}

impl AgentConfig {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// [`ConfigError`] when it cannot be read or names something wrong.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text =
            fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        Self::parse(&text)
    }

    /// Reads `text`. Keys left out have their defaults.
    ///
    /// # Errors
    /// [`ConfigError`] with every wrong key in it.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let defaults = Self::default();
        let mut fields = Fields::parse(text)?;
        let data_dir = fields.folder("data_dir", defaults.data_dir);
        let config = Self {
            controller: fields.url("controller"),
            bridge: fields.interface("bridge", defaults.bridge),
            uplink: fields.interface("uplink", defaults.uplink),
            dnsmasq_dir: fields.folder("dnsmasq_dir", data_dir.join("dnsmasq")),
            data_dir,
            responder: fields.port("responder", defaults.responder),
            relay: fields.port("relay", defaults.relay),
            metrics_listen: fields.address("metrics.listen", defaults.metrics_listen),
        };
        if config.bridge == config.uplink {
            fields.fault(format!("bridge and uplink are both {}: name two interfaces", config.bridge));
        }
        if config.responder == config.relay && config.relay != 0 {
            fields.fault(format!("responder and relay are both {}: give each its own port", config.relay));
        }
        fields.finish()?;
        Ok(config)
    }

    /// The same configuration for the controller at `url`.
    ///
    /// # Errors
    /// [`ConfigError::Keys`] when `url` is no `https` URL without a path.
    pub fn with_controller(mut self, url: &str) -> Result<Self, ConfigError> {
        let url = fields::agents_url(url)
            .ok_or_else(|| ConfigError::Keys(vec![fields::url_fault("controller", url)]))?;
        self.controller = Some(url);
        Ok(self)
    }

    /// The controller's URL.
    ///
    /// # Errors
    /// [`ConfigError::NotEnrolled`] while there is none.
    pub fn controller_url(&self) -> Result<&str, ConfigError> {
        self.controller.as_deref().ok_or(ConfigError::NotEnrolled)
    }

    /// Writes the whole file: beside it first, then into its place, so that a reader meets the old or the new one.
    ///
    /// # Errors
    /// [`ConfigError::Write`]; the former file is then untouched.
    pub fn write(&self, path: &Path) -> Result<(), ConfigError> {
        self.replace(path).map_err(|source| ConfigError::Write { path: path.to_owned(), source })
    }

    fn replace(&self, path: &Path) -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            Some(_) | None => Path::new("."),
        };
        fs::create_dir_all(folder)?;
        let beside = path.with_extension("toml.new");
        let mut file = File::create(&beside)?;
        file.write_all(self.text().as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        File::open(folder)?.sync_all()
    }

    fn text(&self) -> String {
        let mut root = toml::Table::new();
        let mut put = |key: &str, value: toml::Value| root.insert(key.to_owned(), value);
        if let Some(controller) = &self.controller {
            put("controller", controller.clone().into());
        }
        put("data_dir", self.data_dir.to_string_lossy().into_owned().into());
        put("bridge", self.bridge.clone().into());
        put("uplink", self.uplink.clone().into());
        put("dnsmasq_dir", self.dnsmasq_dir.to_string_lossy().into_owned().into());
        put("responder", i64::from(self.responder).into());
        put("relay", i64::from(self.relay).into());
        let mut metrics = toml::Table::new();
        metrics.insert("listen".to_owned(), self.metrics_listen.to_string().into());
        put("metrics", metrics.into());
        format!("# Written by `ap-agent enroll`. All else comes from the controller.\n{root}")
    }
}
