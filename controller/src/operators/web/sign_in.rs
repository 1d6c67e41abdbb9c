//! Signing in by a link that works once, signing out, and the sessions one has.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{HeaderValue, SET_COOKIE, USER_AGENT};
use http::{HeaderMap, StatusCode, Uri};
use session_core::UnixMs;
use store::{NewOperatorSession, OperatorSession, SignIn, StoreError};

use super::operator::{cookie_name, session_id, sha256, too_many};
use super::pages::At;
use super::{Operator, Peer, Web};
use crate::clock;
use crate::operators::api::{hex, unhex};
use crate::operators::words;

/// A session ends after this long, however much it is used, in milliseconds.
const SESSION_MS: u64 = 7 * 86_400_000;
/// What is kept of a browser's own words, in bytes.
const MOST_USER_AGENT: usize = 256;

type Shared = State<Arc<Web>>;

pub fn router() -> Router<Arc<Web>> {
    Router::new()
        .route(
            "/sign-in",
            get(async |uri: Uri, headers: HeaderMap| At { headers: &headers, uri: &uri }.needed()),
        )
        .route("/sign-in/{secret}", get(show_link).post(use_link))
        .route("/sign-out", post(sign_out))
        .route("/sign-ins/{id}/end", post(end_session))
}

/// Opening the link changes nothing: mail programs open links by themselves to show what is behind them.
async fn show_link(
    State(web): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    Path(secret): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let at = At { headers: &headers, uri: &uri };
    let now = UnixMs(clock::unix_ms());
    match web.store.sign_in_link(sha256(&secret), now).await {
        Ok(good @ SignIn::Operator(_)) => at.link(&secret, &good),
        Ok(_) if !web.attempts.may_try(peer, now.0) => too_many(),
        Ok(refused) => refusal(&web, peer, now, &refused, at),
        Err(error) => at.unavailable(&error),
    }
}

async fn use_link(
    State(web): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    Path(secret): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let at = At { headers: &headers, uri: &uri };
    let now = UnixMs(clock::unix_ms());
    if !web.attempts.may_try(peer, now.0) {
        // A good link is never held back by others' guesses: behind a forwarder all have one address.
        match web.store.sign_in_link(sha256(&secret), now).await {
            Ok(SignIn::Operator(_)) => {}
            Ok(_) => return too_many(),
            Err(error) => return at.unavailable(&error),
        }
    }
    let mut random = [0; 32];
    if let Err(error) = getrandom::fill(&mut random) {
        tracing::error!(%error, "the system gives no randomness");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let cookie = URL_SAFE_NO_PAD.encode(random);
    let session = NewOperatorSession {
        id_sha256: sha256(&cookie),
        address: peer.to_canonical().to_string(),
        country: web.countries.of(peer).to_stored(),
        user_agent: headers.get(USER_AGENT).map_or_else(String::new, |words| browser(words.as_bytes())),
        created: now,
        expires: now.plus_ms(SESSION_MS),
        replaces: session_id(&headers, web.https),
    };
    match web.store.sign_in(sha256(&secret), session).await {
        Ok(SignIn::Operator(_)) => {
            let mut answer = Redirect::to("/").into_response();
            set_cookie(&mut answer, web.https, &cookie, SESSION_MS / 1000);
            answer
        }
        Ok(refused) => refusal(&web, peer, now, &refused, at),
        Err(error) => at.unavailable(&error),
    }
}

fn browser(words: &[u8]) -> String {
    words::text(words.get(..MOST_USER_AGENT).unwrap_or(words))
}

fn refusal(web: &Web, peer: std::net::IpAddr, now: UnixMs, sign_in: &SignIn, at: At<'_>) -> Response {
    // Who has a link that was real is no guesser.
    if *sign_in == SignIn::Unknown {
        web.attempts.refused(peer, now.0);
    }
    at.link("", sign_in)
}

async fn sign_out(State(web): Shared, operator: Operator, uri: Uri, headers: HeaderMap) -> Response {
    let at = At { headers: &headers, uri: &uri };
    if let Some(id) = operator.session {
        let store = web.store(&operator);
        let ended = store.end_operator_session(&operator.email, id, UnixMs(clock::unix_ms()));
        if let Err(error) = ended.await {
            return at.unavailable(&error);
        }
    }
    let mut answer = at.signed_out();
    set_cookie(&mut answer, web.https, "", 0);
    answer
}

async fn end_session(
    State(web): Shared,
    operator: Operator,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let at = At { headers: &headers, uri: &uri };
    match end(&web, &operator, &id).await {
        Ok(true) => Redirect::to("/sign-ins").into_response(),
        Ok(false) => at.not_found(),
        Err(error) => at.unavailable(&error),
    }
}

/// The sessions of an operator that work now, the newest first.
pub async fn sessions(web: &Web, operator: &Operator) -> Result<Vec<OperatorSession>, StoreError> {
    web.store.operator_sessions(&operator.email, UnixMs(clock::unix_ms())).await
}

/// Ends one session of the operator's own, by the name that lists show; whether there was one.
pub async fn end(web: &Web, operator: &Operator, id: &str) -> Result<bool, StoreError> {
    let Some(id) = unhex::<32>(id) else { return Ok(false) };
    web.store(operator).end_operator_session(&operator.email, id, UnixMs(clock::unix_ms())).await
}

/// Name of a session in lists: the hash of its secret, which does not give the secret away.
pub fn name(session: &OperatorSession) -> String {
    hex(&session.id_sha256)
}

fn set_cookie(answer: &mut Response, https: bool, value: &str, max_age_secs: u64) {
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!(
        "{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={max_age_secs}{secure}",
        cookie_name(https)
    );
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        answer.headers_mut().append(SET_COOKIE, cookie);
    }
}
