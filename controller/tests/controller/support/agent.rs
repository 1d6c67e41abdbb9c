//! An agent's key and its connections: enrolment, control, relay.

use std::net::SocketAddr;
use std::sync::Arc;

use agent_protocol::enroll::{ENROLL_PATH, EnrollRequest, EnrollToken, KeyPin};
use agent_protocol::frame::encode;
use agent_protocol::v1::RelayHeader;
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL, ALPN_RELAY};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::BytesMut;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::link::Link;
use super::phone::{Answer, request};
use super::{Controller, Files};

/// An agent: a key born here, and the pin of the controller it trusts.
#[derive(Clone)]
pub struct Agent {
    certificate: CertificateDer<'static>,
    key: Vec<u8>,
    controller: KeyPin,
    address: SocketAddr,
}

impl Agent {
    /// An agent with a new key that trusts the controller of this token.
    pub fn new(controller: &Controller, token: &str) -> Self {
        let pair = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["agent".to_owned()]).unwrap().self_signed(&pair).unwrap();
        Self {
            certificate: certificate.der().clone(),
            key: pair.serialized_der().to_vec(),
            controller: EnrollToken::from_text(token).ok().unwrap().controller,
            address: controller.address("agents"),
        }
    }

    /// An agent that is enrolled as `ap`.
    pub async fn enrolled(controller: &Controller, files: &Files, ap: &str) -> Self {
        let token = files.token(ap);
        let agent = Self::new(controller, &token);
        let answer = agent.enroll(&token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        agent
    }

    /// An agent that is enrolled as `ap`, with a control link that has everything there is.
    pub async fn linked(controller: &Controller, files: &Files, ap: &str) -> (Self, Link) {
        let agent = Self::enrolled(controller, files, ap).await;
        let mut link = agent.control().await;
        link.hello().await;
        link.snapshot().await;
        (agent, link)
    }

    /// The same agent where the controller is now.
    pub fn at(&self, controller: &Controller) -> Self {
        Self { address: controller.address("agents"), ..self.clone() }
    }

    /// The same agent trusting another controller's key.
    pub fn trusting(&self, controller: KeyPin) -> Self {
        Self { controller, ..self.clone() }
    }

    /// Uses a token.
    pub async fn enroll(&self, token: &str) -> Answer {
        let secret = EnrollToken::from_text(token).ok().unwrap().secret;
        let body = EnrollRequest { secret: URL_SAFE_NO_PAD.encode(secret), agent_version: "test".to_owned() };
        self.post(&serde_json::to_string(&body).unwrap()).await
    }

    /// Posts any body to the enrolment path.
    pub async fn post(&self, body: &str) -> Answer {
        let stream = self.connect(ALPN_ENROLL).await.unwrap();
        request(stream, "POST", "controller", ENROLL_PATH, body).await
    }

    /// Uses a token and returns the code of the refusal.
    pub async fn refusal(&self, token: &str) -> String {
        let answer = self.enroll(token).await;
        assert!((400..600).contains(&answer.status), "{}: {}", answer.status, answer.body);
        let refusal: Value = serde_json::from_str(&answer.body).unwrap();
        assert!(refusal["message"].as_str().is_some_and(|message| message.len() > 20), "{refusal}");
        refusal["code"].as_str().unwrap().to_owned()
    }

    /// Opens a control link without a word.
    pub async fn control(&self) -> Link {
        Link::new(self.connect(ALPN_CONTROL).await.unwrap())
    }

    /// Opens a relayed connection without a word.
    pub async fn relay(&self) -> TlsStream<TcpStream> {
        self.connect(ALPN_RELAY).await.unwrap()
    }

    /// Opens a relayed connection of the phone with this MAC.
    pub async fn relay_for(&self, mac: [u8; 6]) -> TlsStream<TcpStream> {
        let header = RelayHeader {
            version: 1,
            network: "hoankiem".to_owned(),
            mac: mac.to_vec(),
            address: vec![10, 50, mac[4], mac[5]],
        };
        let mut wire = BytesMut::new();
        encode(&header, &mut wire).unwrap();
        let mut stream = self.relay().await;
        stream.write_all(&wire).await.unwrap();
        stream.flush().await.unwrap();
        stream
    }

    /// Connects for one purpose; fails when the controller's key is not the pinned one.
    pub async fn connect(&self, alpn: &[u8]) -> std::io::Result<TlsStream<TcpStream>> {
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(Pinned { pin: self.controller });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_auth_cert(
                vec![self.certificate.clone()],
                PrivatePkcs8KeyDer::from(self.key.clone()).into(),
            )
            .unwrap();
        config.alpn_protocols = vec![alpn.to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("controller").unwrap(), stream)
            .await
    }
}

#[derive(Debug)]
struct Pinned {
    pin: KeyPin,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let (_, parsed) = x509_parser::parse_x509_certificate(end_entity).unwrap();
        if KeyPin(Sha256::digest(parsed.public_key().raw).into()) == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::CertificateError::UnknownIssuer.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        panic!("the controller offered TLS 1.2")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            dss,
            &ring::default_provider().signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
