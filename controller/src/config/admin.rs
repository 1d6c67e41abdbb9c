//! `[admin]`: where operators find console and API.

use std::net::SocketAddr;

use super::read::Reader;
use super::tls::TlsFiles;
use super::{loopback, parse};

/// The operators' listener.
#[derive(Debug, Clone)]
pub struct AdminConfig {
    /// Where it listens.
    pub listen: SocketAddr,
    /// What operators type, without a trailing slash; `None` to make links from the listener's own address.
    pub public_url: Option<String>,
    /// Certificate and key; without them it speaks plain HTTP, which is allowed on this machine alone.
    pub tls: Option<TlsFiles>,
}

impl AdminConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let admin = Self {
            listen: reader.take("admin.listen", loopback(8445), parse::socket),
            public_url: reader.optional("admin.public_url", parse::admin_url),
            tls: TlsFiles::read(reader, "admin.tls.cert", "admin.tls.key"),
        };
        admin.check(reader);
        admin
    }

    fn check(&self, reader: &mut Reader) {
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            reader.fault(format!(
                "admin.listen = {} can be reached from other machines, so it must speak https: set admin.tls.cert and \
                 admin.tls.key, or listen on this machine alone, such as 127.0.0.1:8445",
                self.listen
            ));
        }
        if self.tls.is_some() && self.public_url.as_ref().is_some_and(|url| url.starts_with("http:")) {
            reader.fault(
                "admin.public_url begins with http:// although admin.tls is set: begin it with https://"
                    .to_owned(),
            );
        }
    }

    /// Whether operators' browsers speak https, with us or with a proxy before us.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.tls.is_some() || self.public_url.as_ref().is_some_and(|url| url.starts_with("https:"))
    }
}
