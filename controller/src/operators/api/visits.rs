//! `GET /api/v1/visits`: the visits that began in a period.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use session_core::{EndCause, GrantId, UnixMs};
use store::{VisitPage, VisitRow};
use utoipa::ToSchema;

use super::params::{Params, cursor};
use super::{Page, hex, unhex};
use crate::clock;
use crate::operators::problem::Problem;
use crate::operators::web::{Operator, Web};

/// The usual period: the last day, in milliseconds.
const USUAL_MS: u64 = 86_400_000;

/// All sessions under one grant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Visit {
    /// Its id.
    id: String,
    /// When it began.
    starts_ms: u64,
    /// The access point where it began.
    ap: String,
    /// The device's address; `null` for roles that may not see it.
    mac: Option<String>,
    /// Name of its plan; `null` for a visit that only RADIUS knows.
    plan: Option<String>,
    /// Id of its network; `null` for a visit that only RADIUS knows.
    network: Option<String>,
    /// When its grant ends by itself.
    ends_ms: Option<u64>,
    /// When its grant ended.
    ended_ms: Option<u64>,
    /// Why it ended.
    ended_by: Option<EndedBy>,
    /// Its sessions until now.
    sessions: u64,
    /// Those that are open.
    open_sessions: u64,
    /// Its last packet.
    last_packet_ms: Option<u64>,
    /// Bytes from the device.
    bytes_up: u64,
    /// Bytes to the device.
    bytes_down: u64,
}

/// Why a grant ended.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EndedBy {
    /// Its time was up.
    TimeUp,
    /// The visitor logged out.
    LoggedOut,
    /// An operator ended it.
    Kicked,
    /// An operator blocked the device.
    Blocked,
    /// The day's bytes were used.
    QuotaUsed,
    /// Its plan was changed.
    PlanChanged,
}

/// Lists visits that began from `from` until before `to`, the first begun first.
#[utoipa::path(
    get,
    path = "/api/v1/visits",
    tag = "visits",
    params(
        ("from" = Option<String>, Query, description = "A civil day of stats.timezone or an RFC 3339 time; a day ago without it"),
        ("to" = Option<String>, Query, description = "The same, not included; now without it"),
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Page<Visit>), (status = 400, body = Problem), (status = 401, body = Problem))
)]
pub async fn list(
    State(web): State<Arc<Web>>,
    operator: Operator,
    mut params: Params,
) -> Result<Json<Page<Visit>>, Problem> {
    let now = UnixMs(clock::unix_ms());
    let limit = params.limit();
    let (from, to) = params.period(&web.zone, (now.minus_ms(USUAL_MS), now.plus_ms(1)));
    let place: Option<(u64, String)> = params.cursor("visits");
    let after = place.map(|(starts, id)| Some((UnixMs(starts), GrantId(unhex(&id)?))));
    if after == Some(None) {
        params.wrong("cursor", "give the next of the page before, unchanged".to_owned());
    }
    params.finish()?;
    let page = VisitPage { from, to, after: after.flatten(), limit: limit + 1 };
    let found = web.store(&operator).visits(page).await?;
    Ok(Json(Page::of(
        found,
        limit,
        |visit| cursor("visits", &(visit.starts.0, hex(&visit.id.0))),
        |visit| item(&operator, visit),
    )))
}

fn item(operator: &Operator, visit: VisitRow) -> Visit {
    let (plan, network, ends_ms) = match visit.terms {
        Some(terms) => (Some(terms.plan), Some(terms.network), Some(terms.ends.0)),
        None => (None, None, None),
    };
    Visit {
        id: hex(&visit.id.0),
        starts_ms: visit.starts.0,
        ap: visit.ap.0,
        mac: operator.sees_devices().then(|| visit.mac.to_string()),
        plan,
        network,
        ends_ms,
        ended_ms: visit.ended.map(|(_, at)| at.0),
        ended_by: visit.ended.map(|(cause, _)| ended_by(cause)),
        sessions: visit.sessions,
        open_sessions: visit.open,
        last_packet_ms: visit.last_packet.map(|at| at.0),
        bytes_up: visit.bytes_up,
        bytes_down: visit.bytes_down,
    }
}

fn ended_by(cause: EndCause) -> EndedBy {
    match cause {
        EndCause::TimeUp => EndedBy::TimeUp,
        EndCause::LoggedOut => EndedBy::LoggedOut,
        EndCause::Kicked { block: false } => EndedBy::Kicked,
        EndCause::Kicked { block: true } => EndedBy::Blocked,
        EndCause::QuotaUsed => EndedBy::QuotaUsed,
        EndCause::PlanChanged => EndedBy::PlanChanged,
    }
}
