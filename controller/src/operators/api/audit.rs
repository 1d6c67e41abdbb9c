//! `GET /api/v1/audit`: who changed what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use store::AuditRow;
use utoipa::ToSchema;

use super::Page;
use super::params::{Params, cursor};
use crate::operators::problem::Problem;
use crate::operators::web::{Engineer, Web};

/// One change.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditItem {
    /// Its place in the log, from 1 without a gap.
    id: u64,
    /// When.
    at_ms: u64,
    /// An operator's address, `command:` and a Unix user, or `controller`.
    actor: String,
    /// What was done, such as `ap.revoke`.
    action: String,
    /// To what.
    subject: String,
    /// More about it.
    #[schema(value_type = Object)]
    detail: Value,
}

/// Lists changes, the newest first.
#[utoipa::path(
    get,
    path = "/api/v1/audit",
    tag = "operators",
    params(
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<AuditItem>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)
    )
)]
pub async fn list(
    State(web): State<Arc<Web>>,
    Engineer(operator): Engineer,
    mut params: Params,
) -> Result<Json<Page<AuditItem>>, Problem> {
    let limit = params.limit();
    let before: Option<u64> = params.cursor("audit");
    params.finish()?;
    let rows = web.store(&operator).audit(before, limit + 1).await?;
    Ok(Json(Page::of(rows, limit, |row| cursor("audit", &row.id), item)))
}

fn item(row: AuditRow) -> AuditItem {
    AuditItem {
        id: row.id,
        at_ms: row.at.0,
        actor: row.actor,
        action: row.action,
        subject: row.subject,
        detail: serde_json::from_str(&row.detail).unwrap_or_default(),
    }
}
