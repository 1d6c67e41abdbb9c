//! A phone behind an access point, and plain HTTP on any stream.

use std::path::Path;
use std::sync::Arc;

use http::header::{CONTENT_TYPE, HOST, LOCATION};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Agent, Controller, LIMIT};

const HOST_NAME: &str = "wifi.example";

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub content_type: String,
    pub body: String,
}

/// A phone on the network of one access point.
pub struct Phone {
    agent: Agent,
    mac: [u8; 6],
    roots: Arc<RootCertStore>,
}

impl Phone {
    /// The phone with this last byte of its MAC, trusting the portal's certificate.
    pub fn new(controller: &Controller, agent: &Agent, last: u8) -> Self {
        let roots = trust(&controller.data().join("portal-self-made.crt"));
        Self { agent: agent.clone(), mac: [2, 0x11, 0x22, 0x33, 0x44, last], roots: Arc::new(roots) }
    }

    /// The same, with the portal's certificate given as PEM.
    pub fn trusting(pem: &str, agent: &Agent, last: u8) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        Self { agent: agent.clone(), mac: [2, 0x11, 0x22, 0x33, 0x44, last], roots: Arc::new(roots) }
    }

    /// The same phone at another access point.
    pub fn walks_to(&self, agent: &Agent) -> Self {
        Self { agent: agent.clone(), mac: self.mac, roots: Arc::clone(&self.roots) }
    }

    pub fn mac(&self) -> [u8; 6] {
        self.mac
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path).await
    }

    pub async fn post(&self, path: &str) -> Answer {
        self.ask("POST", path).await
    }

    /// The member `captive` of the captive portal API (RFC 8908).
    pub async fn captive(&self) -> bool {
        let answer = self.get("/api/captive").await;
        assert_eq!((answer.status, answer.content_type.as_str()), (200, "application/captive+json"));
        let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        said["captive"].as_bool().unwrap()
    }

    /// Opens a relayed connection with the page's TLS on it.
    pub async fn connect(&self) -> TlsStream<TlsStream<tokio::net::TcpStream>> {
        tls(self.agent.relay_for(self.mac).await, &self.roots).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str) -> Answer {
        request(self.connect().await, method, HOST_NAME, path, "").await
    }
}

/// The certificates of a PEM file as roots.
pub fn trust(file: &Path) -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file).unwrap()).unwrap();
    roots
}

/// The page's TLS over any stream.
pub async fn tls<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    roots: &RootCertStore,
) -> std::io::Result<TlsStream<S>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots.clone())
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from(HOST_NAME).unwrap(), stream).await
}

/// One request on a stream of its own.
pub async fn request<S>(stream: S, method: &str, host: &str, path: &str, body: &str) -> Answer
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let exchange = async {
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = tokio::spawn(connection);
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, host)
            .header("sec-fetch-site", "same-origin")
            .header("accept-language", "en")
            .body(Full::new(bytes::Bytes::from(body.to_owned())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let header = |name| {
            answer.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
        };
        let (status, location, content_type) =
            (answer.status().as_u16(), header(LOCATION), header(CONTENT_TYPE));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        drop(sender);
        let _ = connection.await;
        Answer { status, location, content_type, body: String::from_utf8(body.to_vec()).unwrap() }
    };
    tokio::time::timeout(LIMIT, exchange).await.expect("no answer came")
}
