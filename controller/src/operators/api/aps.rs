//! `GET /api/v1/aps`: every access point with an agent of ours, and how it is now.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::AccessPoint;
use utoipa::ToSchema;

use super::Page;
use super::params::{Params, cursor};
use crate::fleet::Vital;
use crate::operators::problem::Problem;
use crate::operators::web::{Operator, Web};

/// A name in the two languages of the place.
#[derive(Debug, Serialize, ToSchema)]
pub struct TwoNames {
    /// Vietnamese.
    vi: String,
    /// English.
    en: String,
}

/// How an access point takes part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApState {
    /// No agent was enrolled yet.
    NotEnrolled,
    /// Its key was revoked.
    Revoked,
    /// Its link is down.
    Down,
    /// Its link is up.
    Up,
}

/// Versions of the configuration.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApConfiguration {
    /// What it is to have.
    wanted: Option<u64>,
    /// What it said it has; `null` without a link.
    applied: Option<u64>,
    /// Why it did not take the one it was sent last.
    refusal: Option<String>,
}

/// An access point.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ap {
    /// Its id.
    id: String,
    /// Its name.
    name: TwoNames,
    /// Id of its zone.
    zone: String,
    /// Latitude, WGS 84 degrees.
    lat: f64,
    /// Longitude, WGS 84 degrees.
    lon: f64,
    /// How it takes part.
    state: ApState,
    /// Whether its link is up.
    connected: bool,
    /// Since when its link is up or down; `null` when it was never up since the controller's start.
    since_ms: Option<u64>,
    /// Its last sign of life since the controller's start.
    heard_ms: Option<u64>,
    /// Version of its agent, in its own words.
    agent_version: Option<String>,
    /// Stations in reach, visitors or not.
    stations: Option<u32>,
    /// Sessions open, by its last word.
    sessions: Option<u32>,
    /// Grants in its gate.
    grants: Option<u32>,
    /// Grants that were sent and that it has not confirmed.
    grants_waiting: Option<usize>,
    /// Records of its journal that are not durable here yet.
    journal_pending: Option<u64>,
    /// Its configuration.
    config: ApConfiguration,
    /// What is wrong, one sentence each.
    problems: Vec<String>,
}

/// Lists the access points by id.
#[utoipa::path(
    get,
    path = "/api/v1/aps",
    tag = "access points",
    params(
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Page<Ap>), (status = 400, body = Problem), (status = 401, body = Problem))
)]
pub async fn list(
    State(web): State<Arc<Web>>,
    operator: Operator,
    mut params: Params,
) -> Result<Json<Page<Ap>>, Problem> {
    let limit = params.limit();
    let after: Option<String> = params.cursor("aps");
    params.finish()?;
    let mut points = web.store(&operator).access_points().await?;
    points.retain(|point| after.as_ref().is_none_or(|after| point.id.0 > *after));
    let vitals = web.fleet.vitals();
    Ok(Json(Page::of(
        points,
        limit,
        |point| cursor("aps", &point.id.0),
        |point| {
            let wanted = web.fleet.config_version(&point.id.0);
            let vital = vitals.get(&point.id.0);
            ap(point, wanted, vital)
        },
    )))
}

fn ap(point: AccessPoint, wanted: Option<u64>, vital: Option<&Vital>) -> Ap {
    let live = vital.filter(|vital| vital.connected);
    let state = match (point.agent_key, point.revoked, live) {
        (None, _, _) => ApState::NotEnrolled,
        (Some(_), Some(_), _) => ApState::Revoked,
        (Some(_), None, None) => ApState::Down,
        (Some(_), None, Some(_)) => ApState::Up,
    };
    // Of one that is away nobody knows how it is now.
    let health = live.and_then(|vital| vital.health.as_ref());
    Ap {
        id: point.id.0,
        name: TwoNames { vi: point.name.vi, en: point.name.en },
        zone: point.zone,
        lat: point.lat,
        lon: point.lon,
        state,
        connected: live.is_some(),
        since_ms: vital.and_then(|vital| vital.since_ms),
        heard_ms: vital.and_then(|vital| vital.heard_ms),
        agent_version: vital.map(|vital| vital.agent_version.clone()).filter(|version| !version.is_empty()),
        stations: health.map(|health| health.stations),
        sessions: health.map(|health| health.sessions),
        grants: health.map(|health| health.grants),
        grants_waiting: live.map(|vital| vital.unconfirmed),
        journal_pending: health.map(|health| health.journal_pending),
        config: ApConfiguration {
            wanted,
            applied: live.map(|vital| vital.config_version),
            refusal: live.and_then(|vital| vital.config_refusal.clone()),
        },
        problems: vital.map(Vital::problems).unwrap_or_default(),
    }
}
