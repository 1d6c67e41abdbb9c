//! The portal as a phone sees it: through the relay, with the certificate checked under the system's roots (RFC 8908).
//!
//! Phones are told of the portal by DHCP only while this succeeds; a portal they would refuse is worse than none.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use gate_core::Mac;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use crate::clock::Reading;
use crate::relay::Relay;

const PATIENCE: Duration = Duration::from_secs(5);
const LONGEST_ANSWER: usize = 4096;
const MEDIA_TYPE: &str = "application/captive+json";

/// Why phones would not get on.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The relay or the portal does not answer.
    #[error("the portal does not answer through the relay ({0})")]
    Connect(String),
    /// The certificate is not one phones accept.
    #[error(
        "phones would refuse the portal's certificate ({0}); give the controller one from a public authority (portal.tls)"
    )]
    Certificate(String),
    /// It answers something else than RFC 8908 asks for.
    #[error("the portal's API answers wrongly ({0})")]
    Answer(String),
}

/// A prober with the system's roots.
pub struct Prober {
    roots: Arc<ClientConfig>,
}

impl Prober {
    /// Reads the system's roots (`SSL_CERT_FILE` names others). Without any, every probe fails and says so. Dates of
    /// certificates are checked by the controller's `time`.
    ///
    /// # Errors
    /// What rustls says.
    pub fn new(time: Reading) -> Result<Self, rustls::Error> {
        Ok(Self::trusting(crate::tls::system_roots(Arc::new(time))?))
    }

    /// A prober that trusts what `roots` trusts.
    #[must_use]
    pub fn trusting(roots: ClientConfig) -> Self {
        Self { roots: Arc::new(roots) }
    }

    /// Asks `PORTAL/api/captive` as the gateway itself, within five seconds.
    ///
    /// # Errors
    /// [`ProbeError`] says what a phone would trip over.
    pub async fn probe(
        &self,
        relay: &Relay,
        portal_url: &str,
        (mac, address): (Mac, IpAddr),
    ) -> Result<(), ProbeError> {
        let work = self.ask(relay, portal_url, mac, address);
        let late = |_| ProbeError::Connect("no answer within 5 s".to_owned());
        tokio::time::timeout(PATIENCE, work).await.map_err(late)?
    }

    async fn ask(
        &self,
        relay: &Relay,
        portal_url: &str,
        mac: Mac,
        address: IpAddr,
    ) -> Result<(), ProbeError> {
        let connect = |error: &dyn std::fmt::Display| ProbeError::Connect(error.to_string());
        let url: http::Uri = portal_url.parse().map_err(|error| connect(&error))?;
        let host = url.host().ok_or_else(|| connect(&"the URL has no host"))?.to_owned();
        let name = ServerName::try_from(host.clone()).map_err(|error| connect(&error))?;
        let carried = relay.controller(mac, address).await.map_err(|error| connect(&error))?;
        let tls = TlsConnector::from(Arc::clone(&self.roots)).connect(name, carried).await;
        let tls =
            tls.map_err(|error| match error.get_ref().and_then(|e| e.downcast_ref::<rustls::Error>()) {
                Some(rustls::Error::InvalidCertificate(why)) => ProbeError::Certificate(format!("{why:?}")),
                _ => connect(&error),
            })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls))
            .await
            .map_err(|error| connect(&error))?;
        let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
        let request = http::Request::get("/api/captive")
            .header(http::header::HOST, host)
            .header(http::header::ACCEPT, MEDIA_TYPE)
            .body(Empty::<Bytes>::new())
            .map_err(|error| connect(&error))?;
        check(sender.send_request(request).await.map_err(|error| connect(&error))?).await
    }
}

async fn check(response: http::Response<hyper::body::Incoming>) -> Result<(), ProbeError> {
    let wrong = |what: String| ProbeError::Answer(what);
    if response.status() != http::StatusCode::OK {
        return Err(wrong(format!("status {}", response.status().as_u16())));
    }
    let media = response.headers().get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if media.is_none_or(|media| media.split(';').next().unwrap_or_default().trim() != MEDIA_TYPE) {
        return Err(wrong(format!("media type {media:?} instead of {MEDIA_TYPE}")));
    }
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    let body = body.map_err(|_| wrong("an answer above 4096 bytes".to_owned()))?.to_bytes();
    let answer: serde_json::Value =
        serde_json::from_slice(&body).map_err(|_| wrong("the answer is not JSON".to_owned()))?;
    let captive = answer.get("captive").and_then(serde_json::Value::as_bool);
    let portal = answer.get("user-portal-url").and_then(serde_json::Value::as_str);
    match (captive, portal) {
        (Some(true), Some(url)) if url.starts_with("https://") => Ok(()),
        (Some(false), _) => Ok(()),
        (Some(true), _) => Err(wrong("captive without an https user-portal-url".to_owned())),
        (None, _) => Err(wrong("no member `captive`".to_owned())),
    }
}
