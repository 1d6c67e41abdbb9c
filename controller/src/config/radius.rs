//! What the RADIUS server is told: where it listens and how often access points report.

use std::net::SocketAddr;

use super::everywhere;
use super::parse;
use super::read::Reader;

/// The RADIUS server.
#[derive(Debug, Clone)]
pub struct RadiusConfig {
    /// Where Access-Requests come in (UDP).
    pub auth: SocketAddr,
    /// Where Accounting-Requests come in (UDP).
    pub acct: SocketAddr,
    /// Acct-Interim-Interval that access points are told, in seconds (RFC 2869 2.1: at least 60).
    pub interim_secs: u32,
}

impl RadiusConfig {
    pub(super) fn read(reader: &mut Reader, notices: &mut Vec<String>) -> Self {
        if reader.optional("radius.radsec", parse::socket).is_some() {
            notices.push(
                "radius.radsec is set, but this version has no RadSec: nothing listens there".to_owned(),
            );
        }
        Self {
            auth: reader.take("radius.auth", everywhere(1812), parse::socket),
            acct: reader.take("radius.acct", everywhere(1813), parse::socket),
            interim_secs: reader.take("radius.interim_secs", 600, |raw| parse::whole(raw, 60..=86_400)),
        }
    }
}
