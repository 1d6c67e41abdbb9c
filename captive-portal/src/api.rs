//! The captive portal API of RFC 8908 at `/api/captive`.

use axum::response::{IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER, VARY};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::Settings;
use crate::backend::{Online, Visitor};
use crate::language::quality_thousandths;
use crate::shell::{InWords, no_store};

/// The members of RFC 8908 section 5, each present exactly when the section says so.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
struct State {
    captive: bool,
    /// For whoever can do something there: not for the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    user_portal_url: Option<String>,
    venue_info_url: String,
    /// Only when the portal really prolongs this connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    can_extend_session: Option<bool>,
    /// Only when not captive and limited in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds_remaining: Option<u64>,
    /// Only when not captive and limited in data.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_remaining: Option<u64>,
}

/// Answers for `visitor`, unless a browser asks: it is sent to the portal.
pub(crate) fn answer(settings: &Settings, headers: &HeaderMap, visitor: &Visitor) -> Response {
    let mut response = if wants_page(headers) {
        let mut response = StatusCode::FOUND.into_response();
        let portal = HeaderValue::try_from(format!("{}/", settings.public_url));
        response.headers_mut().extend(portal.ok().map(|portal| (LOCATION, portal)));
        response
    } else {
        match state(settings, visitor) {
            Some(state) => json(&state),
            None => unknown(),
        }
    };
    no_store(response.headers_mut());
    response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    response.extensions_mut().insert(InWords);
    response
}

fn json(state: &State) -> Response {
    let body = serde_json::to_vec(state).unwrap_or_default();
    ([(CONTENT_TYPE, HeaderValue::from_static("application/captive+json"))], body).into_response()
}

/// A client keeps the last good answer when this one is bad (RFC 8908 section 5), which is better than a guess.
fn unknown() -> Response {
    let text = "The controller cannot tell at the moment. Ask again in a few seconds.\n";
    (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from_static("5"))], text).into_response()
}

/// The state of `visitor`; `None` when it is not known.
fn state(settings: &Settings, visitor: &Visitor) -> Option<State> {
    let page = |path: &str| format!("{}{path}", settings.public_url);
    let captive = State {
        captive: true,
        user_portal_url: Some(page("/")),
        venue_info_url: page("/guide"),
        can_extend_session: None,
        seconds_remaining: None,
        bytes_remaining: None,
    };
    match visitor {
        // The gate is not known to be open before the access point says so.
        Visitor::New(_) | Visitor::Pending | Visitor::Busy(_) | Visitor::Refused(_) => Some(captive),
        Visitor::Online(online) => Some(online_state(settings, online, captive)),
        // Whoever asks from elsewhere is not held by this portal, and has nothing to do there.
        Visitor::Public => Some(State { captive: false, user_portal_url: None, ..captive }),
        Visitor::Away(_) => None,
    }
}

fn online_state(settings: &Settings, online: &Online, captive: State) -> State {
    let seconds = |ends_ms: u64| ends_ms.saturating_sub(settings.now_ms()) / 1000;
    let limited = online.ends_ms.is_some() || online.remaining_bytes.is_some();
    State {
        captive: false,
        can_extend_session: limited.then_some(online.can_extend),
        seconds_remaining: online.ends_ms.map(seconds),
        bytes_remaining: online.remaining_bytes,
        ..captive
    }
}

/// Whether the Accept header asks for a page rather than for the API (RFC 8910 section 2): it names HTML, and no type
/// of the API with at least the same weight. `application/capport+json` is how RFC 8910 printed the type before
/// erratum 6620.
fn wants_page(headers: &HeaderMap) -> bool {
    let (mut page, mut api) = (0, 0);
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')).take(64) {
        let mut parts = range.split(';');
        let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some(quality) = quality_thousandths(parts) else { continue };
        match kind.as_str() {
            "application/captive+json" | "application/capport+json" | "application/json" => {
                api = quality.max(api)
            }
            "text/html" | "application/xhtml+xml" => page = quality.max(page),
            _ => {}
        }
    }
    page > api
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(header: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_str(header).unwrap());
        !wants_page(&headers)
    }

    #[test]
    fn accept_is_read_as_a_list_with_weights() {
        for header in [
            "application/captive+json",
            "application/capport+json",
            "Application/Captive+JSON; q=0.5, */*;q=0.1",
            "application/captive+json;q=0.8, text/html;q=0.8",
            "application/json",
            "*/*",
            "",
            "text/html;q=0",
            "text/plain, application/captive+json;charset=utf-8",
        ] {
            assert!(accepts(header), "{header}");
        }
        for header in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/html",
            "application/captive+json;q=0.1, text/html",
            "application/captive+json;q=0, text/html;q=0.1",
        ] {
            assert!(!accepts(header), "{header}");
        }
    }

    #[test]
    fn a_client_that_names_no_type_gets_the_api() {
        assert!(!wants_page(&HeaderMap::new()));
    }
}
