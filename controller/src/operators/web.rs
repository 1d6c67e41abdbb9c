//! The operators' listener: sign-in, console, API, events. Every handler gets what it needs from [`Web`], and the store
//! only in the name of the operator who asks.

mod guard;
mod operator;
mod pages;
mod sign_in;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use http::StatusCode;
use jiff::tz::TimeZone;
use store::{Actor, Store};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

pub use operator::{Engineer, Operator};
pub use sign_in::{end as end_session, name as session_name, sessions};

use super::health::{self, Health};
use super::{api, console, events};
use crate::fleet::Fleet;
use crate::geo::Countries;
use crate::listen::attempts::Attempts;
use crate::stats::Stats;

/// An answer must have begun by then.
const REQUEST_LIMIT: Duration = Duration::from_secs(15);
/// The longest body of a request, in bytes.
const MOST_BODY: usize = 256 * 1024;
/// Unknown links and tokens that one source may try in a quarter of an hour.
const MOST_REFUSALS: u32 = 5;
const WINDOW_MS: u64 = 15 * 60_000;

/// What every handler shares.
pub struct Web {
    store: Store,
    /// The access points' links.
    pub fleet: Fleet,
    /// The figures.
    pub stats: Stats,
    /// Countries of addresses.
    pub countries: Countries,
    /// The zone of civil days.
    pub zone: TimeZone,
    /// Whether browsers speak https.
    pub https: bool,
    /// Tells those who watch that something changed.
    pub pulse: events::Pulse,
    /// Cancelled when the controller drains.
    pub stop: CancellationToken,
    attempts: Attempts,
}

/// Where a request comes from. Only the connection itself says so: a header could be anybody's.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// What a [`Web`] is made of.
pub struct Parts {
    /// The store.
    pub store: Store,
    /// The access points' links.
    pub fleet: Fleet,
    /// The figures.
    pub stats: Stats,
    /// Countries of addresses.
    pub countries: Countries,
    /// The zone of civil days.
    pub zone: TimeZone,
    /// Whether browsers speak https.
    pub https: bool,
    /// Cancelled when the controller drains.
    pub stop: CancellationToken,
}

impl Web {
    /// Puts it together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { store, fleet, stats, countries, zone, https, stop } = parts;
        let pulse = events::Pulse::new(store.clone(), fleet.clone());
        let attempts = Attempts::new(MOST_REFUSALS, WINDOW_MS);
        Self { store, fleet, stats, countries, zone, https, pulse, stop, attempts }
    }

    /// The store in the name of an operator: the audit log says so of every change.
    #[must_use]
    pub fn store(&self, operator: &Operator) -> Store {
        self.store.acting_as(Actor::Operator(operator.email.clone()))
    }
}

/// Everything the operators' listener serves.
pub fn router(web: Arc<Web>, health: Health) -> Router {
    let layers = ServiceBuilder::new()
        .layer(middleware::from_fn_with_state(web.https, guard::headers))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, REQUEST_LIMIT))
        .layer(CsrfLayer::new().with_rejection_response(guard::other_site))
        .layer(middleware::from_fn(guard::evidence))
        .layer(DefaultBodyLimit::max(MOST_BODY));
    Router::new()
        .merge(sign_in::router())
        .merge(console::router())
        .merge(api::router())
        .merge(events::router())
        .fallback(guard::not_found)
        .with_state(web)
        .merge(health::router(health))
        .layer(layers)
}
