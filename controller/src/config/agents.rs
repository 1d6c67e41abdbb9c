//! `[agents]`: where access points enrol and keep their links.

use std::net::SocketAddr;

use super::parse;
use super::read::Reader;

/// The access points' listener.
#[derive(Debug, Clone)]
pub struct AgentsConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What agents dial, without a trailing slash.
    pub public_url: String,
}

impl AgentsConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            listen: reader.take("agents.listen", super::everywhere(8444), parse::socket),
            public_url: reader.take(
                "agents.public_url",
                "https://localhost:8444".to_owned(),
                parse::https_url,
            ),
        }
    }
}
