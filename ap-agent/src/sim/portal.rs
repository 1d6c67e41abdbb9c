//! A visitor's tap: the portal's form posted through the relay, with the certificate checked as a phone does.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use gate_core::Mac;
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use crate::relay::Relay;

const PATIENCE: Duration = Duration::from_secs(10);

/// Taps once; tells how long it took from the request to the 303, or `None` when the portal asks for a moment's patience.
///
/// # Errors
/// When the portal cannot be reached or says no.
pub(super) async fn tap(
    relay: &Relay,
    portal_url: &str,
    roots: Arc<ClientConfig>,
    (mac, address): (Mac, IpAddr),
) -> anyhow::Result<Option<Duration>> {
    tokio::time::timeout(PATIENCE, post(relay, portal_url, roots, mac, address))
        .await
        .context("the portal did not answer within 10 s")?
}

async fn post(
    relay: &Relay,
    portal_url: &str,
    roots: Arc<ClientConfig>,
    mac: Mac,
    address: IpAddr,
) -> anyhow::Result<Option<Duration>> {
    let url: http::Uri = portal_url.parse()?;
    let host = url.host().context("the portal's URL has no host")?.to_owned();
    let carried = relay.controller(mac, address).await.context("the relay is not carried")?;
    let name = ServerName::try_from(host.clone())?;
    let tls = TlsConnector::from(roots)
        .connect(name, carried)
        .await
        .context("the portal's certificate is not accepted; name its authority with SSL_CERT_FILE")?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(tls)).await?;
    let driver = tokio::spawn(connection);
    let request = http::Request::post("/connect")
        .header(http::header::HOST, host)
        .header(http::header::ORIGIN, portal_url)
        .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Empty::<Bytes>::new())?;
    let sent = Instant::now();
    let answered = sender.send_request(request).await;
    let took = sent.elapsed();
    driver.abort();
    match answered?.status().as_u16() {
        303 => Ok(Some(took)),
        200 | 202 => Ok(None),
        other => bail!("the portal answered a tap with {other}"),
    }
}
