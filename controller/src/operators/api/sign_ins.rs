//! `/api/v1/sign-ins`: where the operator is signed in, and ending that.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use http::StatusCode;
use serde::Serialize;
use store::OperatorSession;
use utoipa::ToSchema;

use super::Page;
use super::params::Params;
use crate::geo::Country;
use crate::operators::problem::Problem;
use crate::operators::web::{self, Operator, Web};

/// One sign-in that works.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInItem {
    /// What names it.
    id: String,
    /// When it was made.
    created_ms: u64,
    /// When it was used last, to the minute.
    last_seen_ms: u64,
    /// When it ends by itself.
    expires_ms: u64,
    /// The address it was made from.
    address: String,
    /// ISO 3166-1 code of that address's country.
    country: Option<String>,
    /// Why there is no country.
    country_unknown: Option<&'static str>,
    /// What the browser called itself, escaped as names from the air are.
    user_agent: String,
    /// Whether this request was made with it.
    current: bool,
}

/// Lists the operator's own sign-ins that work, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/sign-ins",
    tag = "operators",
    responses((status = 200, body = Page<SignInItem>), (status = 401, body = Problem))
)]
pub async fn list(
    State(web): State<Arc<Web>>,
    operator: Operator,
    params: Params,
) -> Result<Json<Page<SignInItem>>, Problem> {
    params.finish()?;
    let sessions = web::sessions(&web, &operator).await?;
    let items = sessions.into_iter().map(|session| item(&operator, session)).collect();
    Ok(Json(Page { items, next: None }))
}

/// Ends one of the operator's own sign-ins.
#[utoipa::path(
    delete,
    path = "/api/v1/sign-ins/{id}",
    tag = "operators",
    params(("id" = String, Path, description = "As the list names it")),
    responses(
        (status = 204, description = "It works no more"), (status = 401, body = Problem), (status = 404, body = Problem)
    )
)]
pub async fn end(
    State(web): State<Arc<Web>>,
    operator: Operator,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    if web::end_session(&web, &operator, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::new(StatusCode::NOT_FOUND, "you have no such sign-in; see GET /api/v1/sign-ins"))
    }
}

fn item(operator: &Operator, session: OperatorSession) -> SignInItem {
    let country = Country::from_stored(session.country.as_deref());
    SignInItem {
        id: web::session_name(&session),
        created_ms: session.created.0,
        last_seen_ms: session.last_seen.0,
        expires_ms: session.expires.0,
        country: country.code().map(str::to_owned),
        country_unknown: country.reason(),
        current: operator.session == Some(session.id_sha256),
        address: session.address,
        user_agent: session.user_agent,
    }
}
