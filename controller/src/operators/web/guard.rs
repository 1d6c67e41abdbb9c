//! What surrounds every request of the operators' listener: headers that keep others out of the page, and the refusal
//! of what another site makes a browser send.

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{
    AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, Method, StatusCode, Uri};
use tower_http::csrf::ProtectionError;

use super::pages::At;
use crate::operators::problem::Problem;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Scripts, styles and everything else come from this listener alone, and nothing inline is run.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; \
    base-uri 'none'";

/// Puts the headers on every answer; one that may be kept in a cache says so itself.
pub async fn headers(State(https): State<bool>, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(CONTENT_SECURITY_POLICY, POLICY);
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(X_FRAME_OPTIONS, "DENY");
    // Not less: a browser that may send no referrer to its own site sends no Origin with a form either.
    put(REFERRER_POLICY, "same-origin");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(CACHE_CONTROL, "no-store");
    if https {
        put(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    answer
}

/// What a post gets that another site made a browser send.
pub fn other_site(_error: ProtectionError) -> Response<Body> {
    Problem::new(
        StatusCode::FORBIDDEN,
        "another site sent this request; open the console itself and do it there",
    )
    .into_response()
}

/// Every browser says where a change comes from. Without a word of that only a program with a token of its own may
/// change anything, because nobody can make a browser send that.
pub async fn evidence(request: Request, next: Next) -> Response {
    let safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
    let headers = request.headers();
    let said = headers.contains_key(SEC_FETCH_SITE) || headers.contains_key(ORIGIN);
    if safe || said || has_token(headers) {
        next.run(request).await
    } else {
        Problem::new(
            StatusCode::FORBIDDEN,
            "the request says neither Origin nor Sec-Fetch-Site, as browsers do; use a token made by operator token",
        )
        .into_response()
    }
}

fn has_token(headers: &HeaderMap) -> bool {
    headers.get(AUTHORIZATION).is_some_and(|value| value.as_bytes().starts_with(b"Bearer "))
}

/// What is asked for under an address where nothing is.
pub async fn not_found(uri: Uri, headers: HeaderMap) -> Response {
    if is_api(&uri) {
        Problem::new(StatusCode::NOT_FOUND, "there is nothing at this address; see /api/v1/openapi.json")
            .into_response()
    } else {
        At { headers: &headers, uri: &uri }.not_found()
    }
}

/// Whether a program asks, and not a person.
pub fn is_api(uri: &Uri) -> bool {
    uri.path().starts_with("/api/") || uri.path() == "/events"
}
