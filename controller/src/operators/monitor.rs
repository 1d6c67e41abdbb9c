//! `/metrics`: what counts by itself, and what is looked up when the monitor comes.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use store::Store;
use tokio::sync::Mutex;

use crate::fleet::Fleet;
use crate::metrics::Metrics;
use crate::sessions::Sessions;

/// The sessions must answer by then; else their last figures stand.
const FIGURES_LIMIT: Duration = Duration::from_secs(1);

/// Where the monitor's figures come from.
#[derive(Clone)]
pub struct Monitor {
    metrics: Metrics,
    fleet: Fleet,
    sessions: Sessions,
    store: Store,
    /// Held while looking: two monitors at once would each add what the store has counted.
    looking: Arc<Mutex<()>>,
}

impl Monitor {
    /// A page of these.
    #[must_use]
    pub fn new(metrics: Metrics, fleet: Fleet, sessions: Sessions, store: Store) -> Self {
        Self { metrics, fleet, sessions, store, looking: Arc::default() }
    }

    /// Where the metrics are kept.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Every metric as text.
    pub async fn page(self) -> Response {
        self.look().await;
        match self.metrics.to_text(&self.fleet.readings()) {
            Ok(text) => ([(CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "the metrics cannot be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }

    async fn look(&self) {
        let _alone = self.looking.lock().await;
        let gauge = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let metrics = &self.metrics;
        metrics.store.queue.set(gauge(self.store.waiting()));
        metrics.store.commits.inc_by(self.store.commits().saturating_sub(metrics.store.commits.get()));
        let inventory = self.fleet.inventory();
        let enrolled = inventory.spots().filter(|spot| inventory.pin_of(&spot.id).is_some()).count();
        metrics.agents.enrolled.set(gauge(enrolled));
        metrics.agents.known.set(gauge(inventory.spots().count()));
        if let Ok(Ok(figures)) = tokio::time::timeout(FIGURES_LIMIT, self.sessions.figures()).await {
            metrics.sessions.open_agent.set(gauge(figures.open_agent));
            metrics.sessions.open_radius.set(gauge(figures.open_radius));
            metrics.sessions.live_grants.set(gauge(figures.live_grants));
            metrics.store.waiting_requests.set(gauge(figures.waiting_requests));
        }
    }
}
