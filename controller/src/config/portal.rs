//! `[portal]`: where visitors find the pages, and under which plan they get on line.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use super::parse;
use super::read::Reader;

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

/// PEM files of a certificate chain and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, the portal's own certificate first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
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
            tls: read_tls(reader),
            plan: reader.take("portal.plan", "free".to_owned(), parse::text),
            confirm_secs: reader.take("portal.confirm_secs", 2, |raw| parse::whole(raw, 1..=30)),
        }
    }
}

fn read_tls(reader: &mut Reader) -> Option<TlsFiles> {
    let cert = reader.optional_path("portal.tls.cert");
    let key = reader.optional_path("portal.tls.key");
    reader.know("portal.tls.cert");
    reader.know("portal.tls.key");
    match (cert, key) {
        (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
        (None, None) => None,
        (Some(_), None) => {
            reader.fault("portal.tls.cert is set without portal.tls.key: set both or neither".to_owned());
            None
        }
        (None, Some(_)) => {
            reader.fault("portal.tls.key is set without portal.tls.cert: set both or neither".to_owned());
            None
        }
    }
}
