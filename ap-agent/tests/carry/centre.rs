//! The controller's end of relayed connections: a pinned key, a header, and then whatever the test does.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agent_protocol::frame::MAX_RELAY_HEADER_BYTES;
use agent_protocol::v1::RelayHeader;
use agent_protocol::{ALPN_RELAY, enroll::KeyPin};
use ap_agent::dial::Dial;
use ap_agent::owners::Owners;
use ap_agent::relay::Relay;
use ap_agent::tls::{Identity, pin_of};
use gate_core::Mac;
use prost::Message as _;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::LIMIT;

pub type Stream = TlsStream<TcpStream>;

/// The phone of the tests.
pub const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);

/// A listener that takes relayed connections in.
pub struct Centre {
    pub address: SocketAddr,
    pub pin: KeyPin,
    accepted: Arc<AtomicUsize>,
    streams: Mutex<mpsc::Receiver<Stream>>,
}

/// A server with this certificate.
pub fn server(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap()
}

impl Centre {
    pub async fn start() -> Self {
        let pair = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(Vec::new()).unwrap().self_signed(&pair).unwrap();
        let mut config = server(vec![certificate.der().clone()], &pair);
        config.alpn_protocols = vec![ALPN_RELAY.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (streams_in, streams) = mpsc::channel(1024);
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (acceptor, streams_in) = (acceptor.clone(), streams_in.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        let _ = streams_in.send(stream).await;
                    }
                });
            }
        });
        Self { address, pin: pin_of(certificate.der()).unwrap(), accepted, streams: Mutex::new(streams) }
    }

    /// Connections that came so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// The next connection, with nothing read.
    pub async fn next(&self) -> Stream {
        let waited = tokio::time::timeout(LIMIT, async { self.streams.lock().await.recv().await }).await;
        waited.ok().flatten().expect("no relayed connection came in time")
    }

    /// A relay that reaches this controller at `at`; the phone of the tests is known at 127.0.0.1.
    pub fn relay(&self, at: SocketAddr) -> Arc<Relay> {
        let owners = Owners::default();
        owners.replace([(IpAddr::V4(Ipv4Addr::LOCALHOST), PHONE)].into());
        let config = Identity::in_memory().unwrap().client_config(self.pin, ALPN_RELAY).unwrap();
        let relay = Relay::new(Dial::new(&format!("https://{at}")).unwrap(), Arc::new(config), owners);
        relay.set_network("hoankiem");
        Arc::new(relay)
    }
}

/// Reads exactly the header.
pub async fn header(stream: &mut Stream) -> Option<RelayHeader> {
    let length = stream.read_u32().await.ok()?;
    let length = usize::try_from(length).unwrap();
    assert!(length <= MAX_RELAY_HEADER_BYTES, "a header of {length} bytes");
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(RelayHeader::decode(&body[..]).unwrap())
}
