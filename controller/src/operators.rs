//! What operators and their tools use: the console and the API behind a sign-in, health, metrics, and the commands of
//! the command line.

pub mod api;
pub mod commands;
pub mod console;
mod events;
mod health;
mod kick;
mod monitor;
mod problem;
pub mod web;
mod words;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};
use rustls::ServerConfig;
use rustls::crypto::ring;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

pub use health::Health;
pub use monitor::Monitor;

use crate::listen::certificate::Certificate;
use crate::listen::slots::Slots;
use crate::listen::{Accepted, HANDSHAKE_LIMIT, Lifetime, accept_loop, serve_http, source_of};
use crate::metrics::Metrics;
use web::{Peer, Web};

/// Connections to one of these listeners at a time: a monitor, a browser, no crowd.
const MOST_CONNECTIONS: usize = 256;
/// Those of one source.
const MOST_PER_SOURCE: usize = 64;

/// TLS of the operators' listener.
///
/// # Errors
/// What rustls says.
pub fn tls(certificate: Arc<Certificate>) -> Result<TlsAcceptor, rustls::Error> {
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(rustls::DEFAULT_VERSIONS)?
        .with_no_client_auth()
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Serves console and API on the operators' listener until the lifetime stops: https with `tls`, plain http without.
pub async fn serve_admin(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    web: Arc<Web>,
    health: Health,
    metrics: Metrics,
    lifetime: Lifetime,
) {
    lifetime.tasks.spawn(web.pulse.clone().run(lifetime.stop.clone()));
    let router = web::router(web, health);
    let sources = Slots::new(MOST_PER_SOURCE);
    let (stop, counted) = (lifetime.stop.clone(), metrics.clone());
    let serve = move |Accepted { stream, peer, permit }: Accepted| {
        let (stop, counted, tls) = (stop.clone(), counted.clone(), tls.clone());
        let router = router.clone().layer(Extension(Peer(peer.ip())));
        let place = sources.take(source_of(peer.ip()));
        async move {
            let refused = |reason| counted.connections.refused.with_label_values(&["admin", reason]).inc();
            match (&place, tls) {
                (None, _) => refused("source_full"),
                (Some(_), None) => serve_http("admin", stream, router, &counted, stop).await,
                (Some(_), Some(tls)) => {
                    match tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await {
                        Ok(Ok(stream)) => serve_http("admin", stream, router, &counted, stop).await,
                        Ok(Err(_)) => refused("handshake_failed"),
                        Err(_) => refused("handshake_slow"),
                    }
                }
            }
            drop((permit, place));
        }
    };
    accept_loop("admin", listener, MOST_CONNECTIONS, metrics, lifetime, serve).await;
}

/// Serves health and `/metrics` on the monitor's listener until the lifetime stops.
pub async fn serve_metrics(listener: TcpListener, health: Health, monitor: Monitor, lifetime: Lifetime) {
    let metrics = monitor.metrics().clone();
    let router = health::router(health).route("/metrics", get(move || monitor.clone().page()));
    serve("metrics", listener, router, metrics, lifetime).await;
}

async fn serve(
    name: &'static str,
    listener: TcpListener,
    router: Router,
    metrics: Metrics,
    lifetime: Lifetime,
) {
    let (stop, counted) = (lifetime.stop.clone(), metrics.clone());
    let serve = move |Accepted { stream, permit, .. }: Accepted| {
        let (router, stop, counted) = (router.clone(), stop.clone(), counted.clone());
        async move {
            serve_http(name, stream, router, &counted, stop).await;
            drop(permit);
        }
    };
    accept_loop(name, listener, MOST_CONNECTIONS, metrics, lifetime, serve).await;
}
