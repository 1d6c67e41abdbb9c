//! `/healthz`: alive. `/readyz`: the store answers and every listener is bound, so visitors can be served; what weakens
//! it is named beside.

use std::time::Duration;

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde_json::json;
use store::{Store, StoreError};
use tokio_util::sync::CancellationToken;

/// The store must answer by then; a monitor waits about as long.
const STORE_LIMIT: Duration = Duration::from_secs(2);

/// What readiness depends on. Listeners are bound before anything is served, so a served answer proves them.
#[derive(Clone)]
pub struct Health {
    /// The store.
    pub store: Store,
    /// Cancelled when the controller drains.
    pub stop: CancellationToken,
}

/// The health of the controller as a router.
pub fn router(health: Health) -> Router {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready)).with_state(health)
}

async fn ready(State(health): State<Health>) -> Response {
    let mut degraded = Vec::new();
    let fault = if health.stop.is_cancelled() {
        Some("the controller is stopping".to_owned())
    } else {
        match tokio::time::timeout(STORE_LIMIT, weaknesses(&health.store)).await {
            Ok(Ok(found)) => {
                degraded = found;
                None
            }
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("the store does not answer".to_owned()),
        }
    };
    match fault {
        None if degraded.is_empty() => Json(json!({"ready": true})).into_response(),
        None => Json(json!({"ready": true, "degraded": degraded})).into_response(),
        Some(fault) => {
            (StatusCode::SERVICE_UNAVAILABLE, Json(json!({"ready": false, "fault": fault}))).into_response()
        }
    }
}

/// What is allowed and should not be, one sentence each. Reading it shows that the store answers.
async fn weaknesses(store: &Store) -> Result<Vec<String>, StoreError> {
    store.check().await?;
    let exempt = store.nas_clients().await?.into_iter().filter(|nas| !nas.require_message_authenticator);
    let sentence = |nas: store::NasClient| {
        format!(
            "NAS {} is answered without Message-Authenticator: anybody on the way can forge its requests",
            nas.name
        )
    };
    Ok(exempt.map(sentence).collect())
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn asked(health: &Health) -> (StatusCode, String) {
        let answer = ready(State(health.clone())).await;
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_or_a_controller_that_stops_is_not_ready() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("hotspot.db").display());
        let health = Health { store: Store::open(&url).await.unwrap(), stop: CancellationToken::new() };
        assert_eq!(asked(&health).await.0, StatusCode::OK);
        health.store.close().await;
        let (status, body) = asked(&health).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(body.contains("\"ready\":false") && body.contains("the store is closed"), "{body}");
        health.stop.cancel();
        assert!(asked(&health).await.1.contains("the controller is stopping"));
    }
}
