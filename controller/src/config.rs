//! Configuration: one struct per topic, read once at start from defaults, one TOML file and the environment.
//!
//! Every key `section.name` may also be given as `HOTSPOT__SECTION__NAME`; the environment wins over the file.
//! All faults are found and reported together.

mod admin;
mod agents;
mod network;
mod parse;
mod portal;
mod radius;
mod read;
mod stats;
mod timers;
mod tls;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

pub use admin::AdminConfig;
pub use agents::AgentsConfig;
pub use network::{Cidr, MacAddress, NetworkConfig};
pub use portal::PortalConfig;
pub use radius::RadiusConfig;
pub use read::{ConfigError, Fault};
pub use stats::StatsConfig;
pub use timers::TimersConfig;
pub use tls::TlsFiles;

use read::Reader;

/// Everything the controller is told by its operator.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the controller keeps its keys, its database and `ready.json`.
    pub data_dir: PathBuf,
    /// Where the database is.
    pub store: StoreConfig,
    /// The visitors' pages.
    pub portal: PortalConfig,
    /// The RADIUS server.
    pub radius: RadiusConfig,
    /// The access points' listener.
    pub agents: AgentsConfig,
    /// The operators' listener.
    pub admin: AdminConfig,
    /// The listener monitoring reads.
    pub metrics: MetricsConfig,
    /// How figures are counted.
    pub stats: StatsConfig,
    /// Databases about addresses.
    pub geo: GeoConfig,
    /// The network every access point of the domain serves.
    pub network: NetworkConfig,
    /// Timers the access points are told.
    pub timers: TimersConfig,
    /// Sentences about keys that are set and change nothing in this version.
    pub notices: Vec<String>,
}

/// Where the database is.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// URL of the database: `sqlite:PATH`.
    pub url: String,
}

/// Databases about addresses.
#[derive(Debug, Clone)]
pub struct GeoConfig {
    /// The MaxMind DB file that knows countries, if there is one.
    pub country_db: Option<PathBuf>,
}

/// The listener monitoring reads.
#[derive(Debug, Clone)]
pub struct MetricsConfig {
    /// Where it listens.
    pub listen: SocketAddr,
}

impl Config {
    /// Reads the configuration; `data_dir` (from the command line) wins over file and environment.
    ///
    /// A relative `data_dir` of the file is taken from the file's folder, one of the command line or the
    /// environment from the working directory.
    ///
    /// # Errors
    /// [`ConfigError`] with every fault found, or with the reason why the file cannot be read.
    pub fn load(file: Option<&Path>, data_dir: Option<&Path>) -> Result<Self, ConfigError> {
        let text = file
            .map(|path| std::fs::read_to_string(path).map_err(|error| ConfigError::unreadable(path, &error)));
        let mut reader = Reader::new(file, text.transpose()?.as_deref(), std::env::vars_os())?;
        let config = Self::read(&mut reader, data_dir);
        reader.finish().map(|()| config)
    }

    fn read(reader: &mut Reader, data_dir_option: Option<&Path>) -> Self {
        let configured = reader.path("data_dir", "./data");
        let data_dir = data_dir_option.map_or(configured, Path::to_path_buf);
        let fallback = format!("sqlite:{}", data_dir.join("hotspot.db").display());
        let url = reader.take("store.url", fallback, parse::store_url);
        let portal = PortalConfig::read(reader);
        let agents = AgentsConfig::read(reader);
        let admin = AdminConfig::read(reader);
        let metrics = MetricsConfig { listen: reader.take("metrics.listen", loopback(9464), parse::socket) };
        let stats = StatsConfig::read(reader);
        reader.know("geo.country_db");
        let geo = GeoConfig { country_db: reader.optional_path("geo.country_db") };
        let network = NetworkConfig::read(reader);
        let timers = TimersConfig::read(reader);
        let mut notices = read_keys_of_other_parts(reader);
        let radius = RadiusConfig::read(reader, &mut notices);
        if radius.auth.port() != 0 && radius.auth == radius.acct {
            reader.fault(format!(
                "radius.auth and radius.acct are both {}: give each its own port",
                radius.auth
            ));
        }
        reader.distinct_listeners(&[
            ("portal.listen", portal.listen),
            ("agents.listen", agents.listen),
            ("admin.listen", admin.listen),
            ("metrics.listen", metrics.listen),
        ]);
        let store = StoreConfig { url };
        Self { data_dir, store, portal, radius, agents, admin, metrics, stats, geo, network, timers, notices }
    }
}

fn read_keys_of_other_parts(reader: &mut Reader) -> Vec<String> {
    let mut notices = Vec::new();
    if reader.optional("geo.asn_db", parse::existing_file).is_some() {
        notices.push("geo.asn_db is set, but this version looks up no networks".to_owned());
    }
    notices
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn everywhere(port: u16) -> SocketAddr {
    SocketAddr::from(([0, 0, 0, 0], port))
}

#[cfg(test)]
mod tests;
