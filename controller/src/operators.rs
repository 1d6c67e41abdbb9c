//! What operators and their tools use: health, metrics, and the commands of the command line.

pub mod commands;
pub mod console;
mod health;
mod monitor;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

pub use health::Health;
pub use monitor::Monitor;

use crate::listen::{Accepted, Lifetime, accept_loop, serve_http};
use crate::metrics::Metrics;

/// Connections to one of these listeners at a time: a monitor, a browser, no crowd.
const MOST_CONNECTIONS: usize = 256;

/// Serves `/healthz` and `/readyz` on the operators' listener until the lifetime stops.
pub async fn serve_admin(listener: TcpListener, health: Health, metrics: Metrics, lifetime: Lifetime) {
    serve("admin", listener, health::router(health), metrics, lifetime).await;
}

/// Serves the same and `/metrics` on the monitor's listener until the lifetime stops.
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
