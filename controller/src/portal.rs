//! The visitors' pages: the public listener, the connections that access points relay, and what stands behind both.

mod backend;
mod certificate;
mod unconfirmed;

use std::sync::Arc;

use agent_protocol::ALPN_ENROLL;
use axum::{Extension, Router};
use captive_portal::Asker;
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

pub use backend::Controller;
pub use certificate::{PortalCertificate, PortalCertificateError};
pub use unconfirmed::Unconfirmed;

use crate::listen::slots::Slots;
use crate::listen::{Accepted, HANDSHAKE_LIMIT, Lifetime, Relayed, accept_loop, serve_http, source_of};
use crate::metrics::Metrics;

/// Public connections at a time, from everywhere and from one source.
const MOST_CONNECTIONS: usize = 2048;
const MOST_PER_SOURCE: usize = 256;

/// The pages with their TLS. Cheap to clone.
#[derive(Clone)]
pub struct Pages {
    router: Router,
    tls: TlsAcceptor,
    metrics: Metrics,
    lifetime: Lifetime,
}

impl Pages {
    /// Serves `router` under `certificate`.
    ///
    /// # Errors
    /// What rustls says.
    pub fn new(
        router: Router,
        certificate: &PortalCertificate,
        metrics: Metrics,
        lifetime: Lifetime,
    ) -> Result<Self, rustls::Error> {
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
            .with_no_client_auth()
            .with_cert_resolver(certificate.resolver());
        config.alpn_protocols = vec![ALPN_ENROLL.to_vec()];
        Ok(Self { router, tls: TlsAcceptor::from(Arc::new(config)), metrics, lifetime })
    }

    /// Serves the public listener until the lifetime stops.
    pub async fn serve_public(self, listener: TcpListener) {
        let (metrics, lifetime) = (self.metrics.clone(), self.lifetime.clone());
        let sources = Slots::new(MOST_PER_SOURCE);
        let serve = move |Accepted { stream, peer, permit }: Accepted| {
            let (pages, place) = (self.clone(), sources.take(source_of(peer.ip())));
            async move {
                match &place {
                    Some(_) => pages.serve(stream, Asker::Public).await,
                    None => {
                        pages.metrics.connections.refused.with_label_values(&["portal", "source_full"]).inc()
                    }
                }
                drop((permit, place));
            }
        };
        accept_loop("portal", listener, MOST_CONNECTIONS, metrics, lifetime, serve).await;
    }

    /// Serves the connections that access points relay, each in a task of its own, until the lifetime stops.
    pub async fn serve_relayed(self, mut relayed: mpsc::Receiver<Relayed>) {
        loop {
            let connection = tokio::select! {
                connection = relayed.recv() => connection,
                () = self.lifetime.stop.cancelled() => return,
            };
            let Some(Relayed { stream, identity, place }) = connection else { return };
            let pages = self.clone();
            self.lifetime.tasks.spawn(async move {
                pages.serve(stream, Asker::Relay(identity)).await;
                drop(place);
            });
        }
    }

    /// One connection: the TLS of the page, then HTTP, every request with its asker.
    async fn serve<S>(&self, stream: S, asker: Asker)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let handshake = tokio::select! {
            handshake = tokio::time::timeout(HANDSHAKE_LIMIT, self.tls.accept(stream)) => handshake,
            () = self.lifetime.stop.cancelled() => return,
        };
        match handshake {
            Ok(Ok(stream)) => {
                let router = self.router.clone().layer(Extension(asker));
                serve_http("portal", stream, router, &self.metrics, self.lifetime.stop.clone()).await;
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a handshake with a browser failed");
                self.metrics.connections.refused.with_label_values(&["portal", "handshake_failed"]).inc();
            }
            Err(_) => self.metrics.connections.refused.with_label_values(&["portal", "handshake_slow"]).inc(),
        }
    }
}
