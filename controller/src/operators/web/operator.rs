//! Who asks: the operator of a session cookie or of a token, looked up anew for every request, so that a revoked
//! session, another role or a disabled operator counts at once.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse as _, Response};
use http::header::{AUTHORIZATION, COOKIE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use session_core::UnixMs;
use sha2::{Digest as _, Sha256};
use store::{Role, StoreError};

use super::pages::At;
use super::{Peer, WINDOW_MS, Web, guard};
use crate::clock;
use crate::operators::problem::Problem;

/// A session is noted as used when the last note is older than this, in milliseconds.
const NOTED_MS: u64 = 60_000;
/// The longest secret that is looked up.
const MOST_SECRET: usize = 128;

/// An operator who is signed in or has a token. As an argument of a handler it lets nobody else in.
#[derive(Debug, Clone)]
pub struct Operator {
    /// The address that names them.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Name of the session; `None` with a token.
    pub session: Option<[u8; 32]>,
}

/// An operator who may change things.
#[derive(Debug, Clone)]
pub struct Engineer(pub Operator);

impl Operator {
    /// Whether what names a device may be shown.
    #[must_use]
    pub fn sees_devices(&self) -> bool {
        self.role.may_change()
    }

    /// Whether the session or token of these headers still works.
    pub async fn is_still(web: &Web, headers: &HeaderMap) -> bool {
        matches!(Self::of(web, headers, None).await, Ok(Some(_)))
    }

    async fn of(web: &Web, headers: &HeaderMap, peer: Option<Peer>) -> Result<Option<Self>, Refusal> {
        let now = UnixMs(clock::unix_ms());
        if let Some(token) = bearer(headers) {
            // A good token is never held back by others' wrong ones: behind a forwarder all have one address.
            let found = web.store.api_token(sha256(token), now).await?;
            if let (None, Some(Peer(peer))) = (&found, peer) {
                if !web.attempts.may_try(peer, now.0) {
                    return Err(Refusal::TooMany);
                }
                web.attempts.refused(peer, now.0);
            }
            return Ok(found.map(|account| Self { email: account.email, role: account.role, session: None }));
        }
        let Some(id) = session_id(headers, web.https) else { return Ok(None) };
        let Some((session, account)) = web.store.operator_session(id, now).await? else { return Ok(None) };
        // An open page that only watches is no use of the session.
        if peer.is_some() && now.ms_since(session.last_seen) > NOTED_MS {
            // Nobody is kept out because this note could not be written.
            if let Err(error) = web.store.operator_seen(id, now).await {
                tracing::warn!(%error, "the use of an operator's session could not be noted");
            }
        }
        Ok(Some(Self { email: account.email, role: account.role, session: Some(id) }))
    }
}

enum Refusal {
    TooMany,
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl FromRequestParts<Arc<Web>> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Response> {
        let program = guard::is_api(&parts.uri) || parts.headers.contains_key(AUTHORIZATION);
        let peer = parts.extensions.get::<Peer>().copied();
        match Self::of(web, &parts.headers, peer).await {
            Ok(Some(operator)) => Ok(operator),
            Ok(None) if program => {
                let mut answer = Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "sign in to the console, or send a token made by operator token as Authorization: Bearer",
                )
                .into_response();
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                Err(answer)
            }
            Ok(None) => Err(At { headers: &parts.headers, uri: &parts.uri }.needed()),
            Err(Refusal::TooMany) => Err(too_many()),
            Err(Refusal::Store(error)) if program => Err(Problem::from(error).into_response()),
            Err(Refusal::Store(error)) => {
                Err(At { headers: &parts.headers, uri: &parts.uri }.unavailable(&error))
            }
        }
    }
}

impl FromRequestParts<Arc<Web>> for Engineer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Response> {
        let operator = Operator::from_request_parts(parts, web).await?;
        if operator.role.may_change() {
            return Ok(Self(operator));
        }
        let sentence = format!(
            "the role {} may read this but change nothing; ask an engineer or admin",
            operator.role.word()
        );
        if guard::is_api(&parts.uri) {
            Err(Problem::new(StatusCode::FORBIDDEN, sentence).into_response())
        } else {
            Err(At { headers: &parts.headers, uri: &parts.uri }.forbidden())
        }
    }
}

/// What somebody gets who has tried too often.
pub fn too_many() -> Response {
    let problem = Problem::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too many unknown links or tokens came from this address; try again in a quarter of an hour",
    );
    let mut answer = problem.into_response();
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(WINDOW_MS / 1000));
    answer
}

/// Name of the cookie. The prefix makes browsers refuse one that another host or plain http has set.
pub fn cookie_name(https: bool) -> &'static str {
    if https { "__Host-hotspot-session" } else { "hotspot-session" }
}

/// The session that a request names: the hash of the secret in its cookie.
pub fn session_id(headers: &HeaderMap, https: bool) -> Option<[u8; 32]> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        pairs.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let (_, secret) = pairs.find(|(name, _)| *name == cookie_name(https))?;
    (!secret.is_empty() && secret.len() <= MOST_SECRET).then(|| sha256(secret))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let token = headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?.trim();
    (token.len() <= MOST_SECRET).then_some(token)
}

/// What is kept of a secret, and looked up: a comparison tells nothing about the secret then.
pub fn sha256(secret: &str) -> [u8; 32] {
    Sha256::digest(secret).into()
}
