//! `POST /agent/v1/enroll`: a one-time token pins the key that proved itself in this very handshake.

use std::net::IpAddr;
use std::sync::Arc;

use agent_protocol::enroll::{ENROLL_PATH, EnrollRefusal, EnrollRequest, EnrollResponse, KeyPin};
use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Extension, Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::StatusCode;
use session_core::UnixMs;
use sha2::{Digest as _, Sha256};
use store::Enrollment;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Door;
use crate::clock;
use crate::listen::attempts::Attempts;
use crate::listen::serve_http;
use crate::metrics::Metrics;

/// Refusals one source may collect in a window, and its length in milliseconds.
const MOST_REFUSALS: u32 = 10;
const WINDOW_MS: u64 = 60_000;

/// The longest request body, in bytes.
const BODY_BYTES: usize = 4096;

/// Serves enrolment.
pub struct Enrolment {
    router: Router,
    metrics: Metrics,
    stop: CancellationToken,
}

struct Desk {
    door: Door,
    attempts: Attempts,
}

#[derive(Clone)]
struct Peer {
    pin: KeyPin,
    address: IpAddr,
}

impl Enrolment {
    /// Enrolment into the door's store.
    pub fn new(door: &Door) -> Self {
        let desk = Desk { door: door.clone(), attempts: Attempts::new(MOST_REFUSALS, WINDOW_MS) };
        let router = Router::new()
            .route(ENROLL_PATH, post(enroll))
            .layer(DefaultBodyLimit::max(BODY_BYTES))
            .with_state(Arc::new(desk));
        Self { router, metrics: door.metrics.clone(), stop: door.lifetime.stop.clone() }
    }

    /// Serves one connection of an agent with the key `pin`.
    pub async fn serve(&self, stream: TlsStream<TcpStream>, pin: KeyPin, address: IpAddr) {
        let router = self.router.clone().layer(Extension(Peer { pin, address }));
        serve_http("agents", stream, router, &self.metrics, self.stop.clone()).await;
    }
}

async fn enroll(State(desk): State<Arc<Desk>>, Extension(peer): Extension<Peer>, body: Bytes) -> Response {
    let now_ms = clock::unix_ms();
    let answer = if desk.attempts.may_try(peer.address, now_ms) {
        desk.decide(&peer, &body, now_ms).await
    } else {
        Err(Refusal::TooOften)
    };
    match answer {
        Ok(response) => {
            desk.door.metrics.agents.enrolments.with_label_values(&["done"]).inc();
            tracing::info!(ap.id = %response.ap_id, "an access point enrolled its key");
            (StatusCode::OK, Json(response)).into_response()
        }
        Err(refusal) => {
            let (status, code, message) = refusal.words();
            desk.door.metrics.agents.enrolments.with_label_values(&[code]).inc();
            tracing::warn!(code, "an enrolment was refused");
            if refusal.counts_against_source() {
                desk.attempts.refused(peer.address, now_ms);
            }
            (status, Json(EnrollRefusal { code: code.to_owned(), message: message.to_owned() }))
                .into_response()
        }
    }
}

impl Desk {
    async fn decide(&self, peer: &Peer, body: &[u8], now_ms: u64) -> Result<EnrollResponse, Refusal> {
        let request: EnrollRequest = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
        let secret = URL_SAFE_NO_PAD.decode(&request.secret).map_err(|_| Refusal::Malformed)?;
        let secret: [u8; 32] = secret.try_into().map_err(|_| Refusal::Malformed)?;
        // The store compares hashes of a secret with 256 random bits: how long that takes says nothing of the secret.
        let hash = Sha256::digest(secret).into();
        match self.door.store.enroll(hash, peer.pin.0, UnixMs(now_ms)).await {
            Ok(Enrollment::Enrolled(point)) => {
                // Waits for the listener to know the new key, so that the agent's next connection is served.
                self.door.renewed().await;
                Ok(EnrollResponse { ap_id: point.id.0, ap_name: point.name.vi })
            }
            Ok(Enrollment::UnknownToken) => Err(Refusal::UnknownToken),
            Ok(Enrollment::UsedToken) => Err(Refusal::UsedToken),
            Ok(Enrollment::ExpiredToken) => Err(Refusal::ExpiredToken),
            Ok(Enrollment::KeyInUse) => Err(Refusal::KeyInUse),
            Err(error) => {
                tracing::error!(%error, "an enrolment could not be stored");
                Err(Refusal::Unavailable)
            }
        }
    }
}

/// Why a key is not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    Malformed,
    UnknownToken,
    UsedToken,
    ExpiredToken,
    KeyInUse,
    TooOften,
    Unavailable,
}

impl Refusal {
    fn words(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed => (
                StatusCode::BAD_REQUEST,
                "malformed",
                "the request is no enrolment; use ap-agent enroll with the whole token",
            ),
            Self::UnknownToken => (
                StatusCode::FORBIDDEN,
                "unknown_token",
                "this token is not known, or a newer one replaced it; make one with: hotspot-controller ap token ID",
            ),
            Self::UsedToken => (
                StatusCode::FORBIDDEN,
                "used_token",
                "this token has been used; make a new one with: hotspot-controller ap token ID",
            ),
            Self::ExpiredToken => (
                StatusCode::FORBIDDEN,
                "expired_token",
                "this token is too old; make a new one with: hotspot-controller ap token ID",
            ),
            Self::KeyInUse => (
                StatusCode::CONFLICT,
                "key_in_use",
                "this key belongs to another access point; remove the agent's key file and enrol again",
            ),
            Self::TooOften => (
                StatusCode::TOO_MANY_REQUESTS,
                "too_often",
                "too many enrolments from here were refused; wait a minute and use a new token",
            ),
            Self::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                "the controller cannot store the key; try again in a minute",
            ),
        }
    }

    fn counts_against_source(self) -> bool {
        match self {
            Self::Malformed | Self::UnknownToken | Self::UsedToken | Self::ExpiredToken | Self::KeyInUse => {
                true
            }
            Self::TooOften | Self::Unavailable => false,
        }
    }
}
