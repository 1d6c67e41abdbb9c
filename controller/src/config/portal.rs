//! `[portal]`: where visitors find the pages, and under which plan they get on line.

use std::net::{IpAddr, SocketAddr};

use super::parse;
use super::read::Reader;
use super::tls::TlsFiles;

/// The visitors' pages.
#[derive(Debug, Clone)]
pub struct PortalConfig {
    /// Where the pages are served.
    pub listen: SocketAddr,
    /// What visitors see in the address line, without a trailing slash.
    pub public_url: String,
    /// The name (or address) in [`PortalConfig::public_url`].
    pub host: String,
    /// Addresses of that name; empty to look them up.
    pub addresses: Vec<IpAddr>,
    /// Certificate and key, or none to use a self-made certificate.
    pub tls: Option<TlsFiles>,
    /// Name of the plan visitors get.
    pub plan: String,
    /// How long a tap may wait for the access point's acknowledgement, in seconds.
    pub confirm_secs: u32,
}

impl PortalConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let public_url =
            reader.take("portal.public_url", "https://localhost:8443".to_owned(), parse::https_url);
        Self {
            listen: reader.take("portal.listen", super::everywhere(8443), parse::socket),
            host: parse::host_of(&public_url).unwrap_or_default(),
            public_url,
            addresses: reader.take("portal.addresses", Vec::new(), parse::addresses),
            tls: TlsFiles::read(reader, "portal.tls.cert", "portal.tls.key"),
            plan: reader.take("portal.plan", "free".to_owned(), parse::text),
            confirm_secs: reader.take("portal.confirm_secs", 2, |raw| parse::whole(raw, 1..=30)),
        }
    }
}
