//! An agent by hand: enrolment and control link spoken frame by frame, for tests that must know exactly what was said.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::enroll::{ENROLL_PATH, EnrollRequest, EnrollToken};
use agent_protocol::frame::{MAX_FRAME_BYTES, decode, encode};
use agent_protocol::v1::{Down, Hello, Up, down, up};
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL, VERSION};
use anyhow::{Context as _, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BytesMut;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme, StreamOwned};

use super::addresses::{AGENTS_NAME, AGENTS4};
use super::http::{Url, connect_from, read_answer};
use super::netns::Netns;

const READ_LIMIT: Duration = Duration::from_secs(10);

/// A key and the place it dials from. Whatever key the controller shows is taken: pinning is the real agent's part.
pub struct HandAgent<'a> {
    netns: &'a Netns,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// TLS to the agents' listener.
pub type Link = StreamOwned<ClientConnection, TcpStream>;

impl<'a> HandAgent<'a> {
    /// An agent with a new key, dialling from `netns`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new(netns: &'a Netns) -> Result<Self> {
        let key = KeyPair::generate()?;
        let certificate = CertificateParams::new(vec!["agent".to_owned()])?.self_signed(&key)?;
        Ok(Self { netns, certificate: certificate.der().clone(), key })
    }

    /// Opens TLS to the agents' listener with `alpn`.
    ///
    /// # Errors
    /// When nobody listens or the handshake fails.
    pub fn dial(&self, alpn: &[u8]) -> Result<Link> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(AnyKey(provider.signature_verification_algorithms));
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(vec![self.certificate.clone()], key)?;
        config.alpn_protocols = vec![alpn.to_vec()];
        let to = SocketAddr::new(IpAddr::V4(AGENTS4), 8444);
        let tcp = self.netns.run(|| connect_from(None, to))?.context("cannot reach the agents' listener")?;
        tcp.set_read_timeout(Some(READ_LIMIT))?;
        let name = ServerName::try_from(AGENTS_NAME).context("not a server's name")?;
        let mut tls = StreamOwned::new(ClientConnection::new(Arc::new(config), name)?, tcp);
        while tls.conn.is_handshaking() {
            tls.conn.complete_io(&mut tls.sock).context("TLS with the controller failed")?;
        }
        Ok(tls)
    }

    /// Enrols its key with `token`.
    ///
    /// # Errors
    /// When the controller refuses.
    pub fn enroll(&self, token: &str) -> Result<()> {
        let token = EnrollToken::from_text(token)?;
        let request = EnrollRequest {
            secret: URL_SAFE_NO_PAD.encode(token.secret),
            agent_version: "by hand".to_owned(),
        };
        let body = serde_json::to_string(&request)?;
        let mut link = self.dial(ALPN_ENROLL)?;
        let head = format!(
            "POST {ENROLL_PATH} HTTP/1.1\r\nHost: {AGENTS_NAME}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        link.write_all((head + &body).as_bytes())?;
        link.flush()?;
        let answer =
            read_answer(Box::new(link), &Url::parse(&format!("https://{AGENTS_NAME}{ENROLL_PATH}"))?)?;
        ensure!(answer.status == 200, "the controller refuses: {}", answer.text());
        Ok(())
    }

    /// Opens a control link and says hello for the journal `journal_id`.
    ///
    /// # Errors
    /// When the link cannot be opened.
    pub fn control(&self, journal_id: [u8; 16]) -> Result<Control> {
        let mut control = Control { link: self.dial(ALPN_CONTROL)?, input: BytesMut::new() };
        control.send(up::Body::Hello(Hello {
            version: VERSION,
            agent_version: "by hand".to_owned(),
            boot_id: journal_id.to_vec(),
            journal_id: journal_id.to_vec(),
            ..Hello::default()
        }))?;
        Ok(control)
    }
}

/// A control link.
pub struct Control {
    link: Link,
    input: BytesMut,
}

impl Control {
    /// Sends one frame.
    ///
    /// # Errors
    /// When the link is gone.
    pub fn send(&mut self, body: up::Body) -> Result<()> {
        let mut wire = BytesMut::new();
        encode(&Up { body: Some(body) }, &mut wire)?;
        self.link.write_all(&wire)?;
        self.link.flush().context("cannot send on the control link")
    }

    /// The next frame from the controller; pings are answered here and not returned.
    ///
    /// # Errors
    /// When the link ends, falls silent, or carries what is no frame.
    pub fn receive(&mut self) -> Result<down::Body> {
        loop {
            if let Some(frame) = decode::<Down>(&mut self.input, MAX_FRAME_BYTES)? {
                match frame.body {
                    Some(down::Body::Ping(ping)) => {
                        let health = agent_protocol::v1::Health { nonce: ping.nonce, ..Default::default() };
                        self.send(up::Body::Health(health))?;
                    }
                    Some(body) => return Ok(body),
                    None => {}
                }
                continue;
            }
            let mut buffer = [0; 16 * 1024];
            let read = self.link.read(&mut buffer).context("the control link is silent or broken")?;
            if read == 0 {
                bail!("the controller ended the control link");
            }
            self.input.extend_from_slice(buffer.get(..read).unwrap_or_default());
        }
    }

    /// Receives until `wanted` finds something in a frame.
    ///
    /// # Errors
    /// When the link ends or falls silent before.
    pub fn receive_until<T>(&mut self, mut wanted: impl FnMut(&down::Body) -> Option<T>) -> Result<T> {
        loop {
            if let Some(found) = wanted(&self.receive()?) {
                return Ok(found);
            }
        }
    }
}

/// Takes any server key that proves itself.
#[derive(Debug)]
struct AnyKey(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("TLS 1.2 is not spoken".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
