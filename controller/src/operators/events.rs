//! `GET /events`: tells pages that something changed, so that they fetch it. Nothing else travels here: what an operator
//! may see is decided where it is fetched.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream::unfold;
use http::{HeaderMap, StatusCode};
use session_core::DomainId;
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::problem::Problem;
use super::web::{Operator, Web};
use crate::fleet::{DOMAIN, Fleet};
use crate::listen::slots::{Slot, Slots};

/// How often it is looked for changes: no page hears of them more often.
const LOOK: Duration = Duration::from_secs(1);
/// A comment is sent after this long without an event, so that a dead connection is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// Pages one operator may have open.
const MOST_PER_OPERATOR: usize = 8;

/// Looks for changes while anybody watches. Cheap to clone.
#[derive(Clone)]
pub struct Pulse {
    store: Store,
    fleet: Fleet,
    aps: watch::Sender<u64>,
    sessions: watch::Sender<u64>,
    places: Slots<String>,
}

impl Pulse {
    /// A pulse of these.
    #[must_use]
    pub fn new(store: Store, fleet: Fleet) -> Self {
        let places = Slots::new(MOST_PER_OPERATOR);
        Self { store, fleet, aps: watch::Sender::new(0), sessions: watch::Sender::new(0), places }
    }

    /// Looks every second until the controller stops.
    pub async fn run(self, stop: CancellationToken) {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                () = stop.cancelled() => return,
            }
            if self.aps.receiver_count() == 0 {
                continue;
            }
            put(&self.aps, self.fleet.digest());
            match self.sessions_digest().await {
                Ok(digest) => put(&self.sessions, digest),
                Err(error) => tracing::warn!(%error, "the sessions could not be looked at for the console"),
            }
        }
    }

    async fn sessions_digest(&self) -> Result<u64, StoreError> {
        let mut hash = DefaultHasher::new();
        self.store.open_sessions_state(&DomainId::from(DOMAIN)).await?.hash(&mut hash);
        Ok(hash.finish())
    }
}

fn put(sender: &watch::Sender<u64>, digest: u64) {
    sender.send_if_modified(|kept| {
        let changed = *kept != digest;
        *kept = digest;
        changed
    });
}

pub fn router() -> Router<Arc<Web>> {
    Router::new().route("/events", get(listen))
}

/// One page that listens.
struct Listener {
    web: Arc<Web>,
    headers: HeaderMap,
    aps: watch::Receiver<u64>,
    sessions: watch::Receiver<u64>,
    pending: VecDeque<&'static str>,
    _place: Slot<String>,
}

async fn listen(State(web): State<Arc<Web>>, operator: Operator, headers: HeaderMap) -> Response {
    let Some(place) = web.pulse.places.take(operator.email) else {
        let sentence =
            format!("only {MOST_PER_OPERATOR} pages of one operator are kept up to date; close one");
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, sentence).into_response();
    };
    let mut listener = Listener {
        aps: web.pulse.aps.subscribe(),
        sessions: web.pulse.sessions.subscribe(),
        pending: VecDeque::new(),
        headers,
        web,
        _place: place,
    };
    // A page that comes again may have missed something meanwhile.
    if listener.headers.contains_key("last-event-id") {
        listener.pending.extend(["aps", "sessions", "overview"]);
    }
    Sse::new(events(listener)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(listener, |mut listener| async move {
        let name = listener.next().await?;
        Some((Ok(Event::default().event(name).id("1").data("changed")), listener))
    })
}

impl Listener {
    /// The next event; `None` when the controller stops or the operator's session has ended.
    async fn next(&mut self) -> Option<&'static str> {
        while self.pending.is_empty() {
            let changed = tokio::select! {
                changed = self.aps.changed() => changed.map(|()| Some("aps")).ok()?,
                changed = self.sessions.changed() => changed.map(|()| Some("sessions")).ok()?,
                () = self.web.stop.cancelled() => return None,
                () = tokio::time::sleep(KEEP_ALIVE) => None,
            };
            if !Operator::is_still(&self.web, &self.headers).await {
                return None;
            }
            if let Some(name) = changed {
                self.pending.extend([name, "overview"]);
            }
        }
        self.pending.pop_front()
    }
}
