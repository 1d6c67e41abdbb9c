//! A controller's agents' listener: one key, any agent's key, ALPN decides.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent_protocol::enroll::KeyPin;
use agent_protocol::{ALPN_CONTROL, ALPN_ENROLL, ALPN_RELAY};
use ap_agent::tls::pin_of;
use rcgen::{CertificateParams, KeyPair};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::{Control, LIMIT};

pub type Stream = TlsStream<TcpStream>;

/// The listener; connections that came wait here by their purpose.
pub struct Centre {
    pub url: String,
    pub pin: KeyPin,
    listener: TcpListener,
    key: Key,
    controls: Mutex<mpsc::Receiver<Stream>>,
    relays: Mutex<mpsc::Receiver<Stream>>,
    enrolments: Mutex<mpsc::Receiver<Stream>>,
    accepted: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Centre {
    pub fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// A controller with a new key on a socket that is there already.
    pub fn on(listener: TcpListener) -> Self {
        let pair = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap();
        Self::with(listener, Key { certificate: certificate.der().clone(), pair: pair.serialize_der() })
    }

    fn with(listener: TcpListener, key: Key) -> Self {
        let pin = pin_of(&key.certificate).unwrap();
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .unwrap()
            .with_client_cert_verifier(Arc::new(AnyAgent))
            .with_single_cert(
                vec![key.certificate.clone()],
                PrivatePkcs8KeyDer::from(key.pair.clone()).into(),
            )
            .unwrap();
        config.alpn_protocols = vec![ALPN_ENROLL.to_vec(), ALPN_CONTROL.to_vec(), ALPN_RELAY.to_vec()];
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let incoming = tokio::net::TcpListener::from_std(listener.try_clone().unwrap()).unwrap();
        let (controls_in, controls) = mpsc::channel(64);
        let (relays_in, relays) = mpsc::channel(8192);
        let (enrolments_in, enrolments) = mpsc::channel(64);
        let accepted = Arc::new(AtomicUsize::new(0));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let count = Arc::clone(&accepted);
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = incoming.accept().await else { continue };
                count.fetch_add(1, Ordering::SeqCst);
                let acceptor = acceptor.clone();
                let (controls, relays, enrolments) =
                    (controls_in.clone(), relays_in.clone(), enrolments_in.clone());
                tokio::spawn(async move {
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let purpose = stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec).unwrap_or_default();
                    let queue = match purpose.as_slice() {
                        ALPN_CONTROL => controls,
                        ALPN_RELAY => relays,
                        _ => enrolments,
                    };
                    let _ = queue.send(stream).await;
                });
            }
        });
        Self {
            url: format!("https://{address}"),
            pin,
            listener,
            key,
            controls: Mutex::new(controls),
            relays: Mutex::new(relays),
            enrolments: Mutex::new(enrolments),
            accepted,
            task,
        }
    }

    /// TCP connections that came so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The next control link, with its hello read.
    pub async fn control(&self) -> Control {
        Control::take(next(&self.controls, "control link").await).await
    }

    /// The next connection of the relay, with nothing read.
    pub async fn relay(&self) -> Stream {
        next(&self.relays, "relayed connection").await
    }

    /// The next connection for enrolment.
    pub async fn enrolment(&self) -> Stream {
        next(&self.enrolments, "enrolment").await
    }

    /// Stops answering; the socket stays.
    pub fn pause(self) -> Paused {
        let (key, listener) = (self.key.clone(), self.listener.try_clone().unwrap());
        Paused { listener, key }
    }

    /// Stops, and hands its socket to another.
    pub fn stop(self) -> TcpListener {
        self.task.abort();
        self.listener.try_clone().unwrap()
    }
}

#[derive(Clone)]
struct Key {
    certificate: CertificateDer<'static>,
    pair: Vec<u8>,
}

/// A controller that does not answer.
pub struct Paused {
    listener: TcpListener,
    key: Key,
}

impl Paused {
    /// The same controller, there again.
    pub fn resume(self) -> Centre {
        Centre::with(self.listener, self.key)
    }
}

impl Drop for Centre {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn next(queue: &Mutex<mpsc::Receiver<Stream>>, what: &str) -> Stream {
    let waited = tokio::time::timeout(LIMIT, async { queue.lock().await.recv().await }).await;
    waited.ok().flatten().unwrap_or_else(|| panic!("no {what} came within {LIMIT:?}"))
}

#[derive(Debug)]
struct AnyAgent;

impl ClientCertVerifier for AnyAgent {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        panic!("the agent offered TLS 1.2")
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
