//! Bodies of requests: read before the answer is made, because an answer beside unread bytes is lost when the connection
//! closes on them, and the visitor sees a broken connection instead of the page.

use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::EXPECT;
use http_body_util::BodyExt as _;

/// The largest body taken, in bytes: our forms have none at all.
const TAKEN: u64 = 16 * 1024;
/// How much of a larger one is read and thrown away, so that its sender gets to the answer, and for how long.
const DISCARDED: u64 = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the body, hands the request on with it, and refuses one that is too large or breaks off.
pub(crate) async fn take_in(request: Request, next: Next) -> Response {
    let (parts, mut body) = request.into_parts();
    let unsent = parts.headers.contains_key(EXPECT) && body.size_hint().lower() > TAKEN;
    match read(&mut body).await {
        Ok(bytes) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Err(status) => {
            // Who asked whether to send the body at all has not sent it.
            if status == StatusCode::PAYLOAD_TOO_LARGE && !unsent {
                let _ = tokio::time::timeout(PATIENCE, discard(&mut body)).await;
            }
            status.into_response()
        }
    }
}

async fn read(body: &mut Body) -> Result<Vec<u8>, StatusCode> {
    let mut taken = Vec::new();
    if body.size_hint().lower() > TAKEN {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| StatusCode::BAD_REQUEST)?;
        taken.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
        if taken.len() as u64 > TAKEN {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
    }
    Ok(taken)
}

async fn discard(body: &mut Body) {
    let mut left = DISCARDED;
    while left > 0
        && let Some(Ok(frame)) = body.frame().await
    {
        left = left.saturating_sub(frame.data_ref().map_or(0, |data| data.len() as u64));
    }
}
