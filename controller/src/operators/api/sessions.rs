//! `/api/v1/sessions`: who is on line, by agents and by RADIUS, and ending a visit.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde::Serialize;
use session_core::{ApId, DomainId, SessionId, SessionKey};
use store::{LiveSession, NasWords};
use utoipa::ToSchema;

use super::params::{Params, cursor};
use super::{Page, hex, unhex};
use crate::fleet::DOMAIN;
use crate::operators::kick::{self, Kicked};
use crate::operators::problem::Problem;
use crate::operators::web::{Engineer, Operator, Web};
use crate::operators::words;

/// A session that is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveSessionItem {
    /// What names it here: access point, a dot, and its id there.
    id: String,
    /// Id of its visit.
    visit: String,
    /// Id of its access point; `nas:` and a name for one that speaks RADIUS.
    ap: String,
    /// The device's address; `null` for roles that may not see it.
    mac: Option<String>,
    /// Its first packet.
    opened_ms: u64,
    /// Its last packet.
    last_packet_ms: u64,
    /// Bytes from the device.
    bytes_up: u64,
    /// Bytes to the device.
    bytes_down: u64,
    /// Name of its plan, when it has one here.
    plan: Option<String>,
    /// Id of its network, when it is known here.
    network: Option<String>,
    /// When its grant ends by itself.
    ends_ms: Option<u64>,
    /// Whether it can be ended from here.
    can_be_ended: bool,
    /// What RADIUS says of it.
    radius: Option<RadiusWords>,
}

/// What RADIUS says of a session; names from the air, escaped.
#[derive(Debug, Serialize, ToSchema)]
pub struct RadiusWords {
    /// User-Name; `null` for roles that may not see it.
    user_name: Option<String>,
    /// The SSID.
    ssid: String,
    /// Called-Station-Id.
    called_station: String,
    /// Acct-Session-Id.
    acct_session_id: String,
}

/// How ending a visit went.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ended {
    /// Id of the visit.
    visit: String,
    /// What is known now.
    result: EndResult,
}

/// What is known of a visit's end.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EndResult {
    /// The access point has closed its gate.
    GateClosed,
    /// It is ended; the access point has not said yet that its gate is closed.
    WillClose,
}

/// Lists open sessions by access point and id.
#[utoipa::path(
    get,
    path = "/api/v1/sessions",
    tag = "sessions",
    params(
        ("ap" = Option<String>, Query, description = "Only sessions of this access point"),
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<LiveSessionItem>), (status = 400, body = Problem), (status = 401, body = Problem)
    )
)]
pub async fn list(
    State(web): State<Arc<Web>>,
    operator: Operator,
    mut params: Params,
) -> Result<Json<Page<LiveSessionItem>>, Problem> {
    let limit = params.limit();
    let ap = params.take("ap", |text| Ok::<_, String>(ApId::from(text)));
    let after = params.cursor::<String>("sessions").map(|text| key(&text));
    if after == Some(None) {
        params.wrong("cursor", "give the next of the page before, unchanged".to_owned());
    }
    params.finish()?;
    let domain = DomainId::from(DOMAIN);
    let after = after.flatten();
    let found = web.store(&operator).live_sessions(&domain, ap.as_ref(), after.as_ref(), limit + 1).await?;
    Ok(Json(Page::of(
        found,
        limit,
        |live| cursor("sessions", &name(&live.session.key)),
        |live| item(&operator, live),
    )))
}

/// Ends the visit of a session; the visitor may tap again.
#[utoipa::path(
    delete,
    path = "/api/v1/sessions/{id}",
    tag = "sessions",
    params(("id" = String, Path, description = "As the list names it")),
    responses(
        (status = 200, description = "The gate is closed", body = Ended),
        (status = 202, description = "Ended; the access point has not confirmed yet", body = Ended),
        (status = 401, body = Problem),
        (status = 403, description = "The role may not", body = Problem),
        (status = 404, description = "It is over, or never was", body = Problem),
        (status = 409, description = "It is a RADIUS session, which cannot be ended from here", body = Problem),
    )
)]
pub async fn end(
    State(web): State<Arc<Web>>,
    Engineer(operator): Engineer,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let gone = || {
        Problem::new(
            StatusCode::NOT_FOUND,
            "there is no such session, or it is over; see who is on line with GET /api/v1/sessions",
        )
    };
    let key = key(&id).ok_or_else(gone)?;
    let by_radius = "it is a session of an access point that speaks RADIUS, which this version cannot ask to end it; \
        end it at the access point";
    let (status, visit, result) = match kick::session(&web, &operator, &key).await? {
        Kicked::Closed(visit) => (StatusCode::OK, visit, EndResult::GateClosed),
        Kicked::Later(visit) => (StatusCode::ACCEPTED, visit, EndResult::WillClose),
        Kicked::Gone => return Err(gone()),
        Kicked::ByRadius => return Err(Problem::new(StatusCode::CONFLICT, by_radius)),
    };
    Ok((status, Json(Ended { visit: hex(&visit.0), result })).into_response())
}

/// What names a session in addresses.
#[must_use]
pub fn name(key: &SessionKey) -> String {
    format!("{}.{}", key.ap, hex(&key.id.0))
}

/// The session that [`name`] names.
#[must_use]
pub fn key(name: &str) -> Option<SessionKey> {
    let (ap, id) = name.rsplit_once('.')?;
    Some(SessionKey { ap: ApId::from(ap), id: SessionId(unhex(id)?) })
}

fn item(operator: &Operator, live: LiveSession) -> LiveSessionItem {
    let LiveSession { session, terms, nas } = live;
    let (plan, network, ends_ms) = match terms {
        Some(terms) => (Some(terms.plan), Some(terms.network), Some(terms.ends.0)),
        None => (None, None, None),
    };
    LiveSessionItem {
        id: name(&session.key),
        visit: hex(&session.grant.0),
        mac: operator.sees_devices().then(|| session.mac.to_string()),
        opened_ms: session.opened.0,
        last_packet_ms: session.last_packet.0,
        bytes_up: session.bytes_up,
        bytes_down: session.bytes_down,
        plan,
        network,
        ends_ms,
        can_be_ended: !kick::is_radius(&session.key.ap),
        radius: nas.map(|nas| radius(operator, &nas)),
        ap: session.key.ap.0,
    }
}

fn radius(operator: &Operator, nas: &NasWords) -> RadiusWords {
    RadiusWords {
        user_name: operator.sees_devices().then(|| words::text(&nas.user_name)),
        ssid: words::text(&nas.ssid),
        called_station: words::text(&nas.called_station),
        acct_session_id: words::text(&nas.acct_session_id),
    }
}
