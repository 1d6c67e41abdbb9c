//! `GET /api/v1/nas` and `/accounts`: what RADIUS is answered from, without any secret.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use store::{Account, NasClient};
use utoipa::ToSchema;

use super::Page;
use super::params::{Params, cursor};
use crate::operators::problem::Problem;
use crate::operators::web::{Engineer, Operator, Web};

/// An access point, or a network of them, that speaks RADIUS.
#[derive(Debug, Serialize, ToSchema)]
pub struct Nas {
    /// Its name; its sessions' access point is `nas:` and this.
    name: String,
    /// The address it sends from, or a network, as CIDR.
    address: String,
    /// `generic`, `coova`, `mikrotik` or `hostapd`.
    kind: String,
    /// Where it takes dynamic authorization.
    coa_port: Option<u16>,
    /// Whether an Access-Request without Message-Authenticator is dropped.
    require_message_authenticator: bool,
    /// The zone its figures count for.
    zone: Option<String>,
    /// When it was added.
    added_ms: u64,
}

/// Somebody with a password.
#[derive(Debug, Serialize, ToSchema)]
pub struct AccountItem {
    /// User-Name.
    name: String,
    /// Name of the plan.
    plan: String,
    /// When it was added.
    added_ms: u64,
}

/// Lists the access points that speak RADIUS, by name.
#[utoipa::path(
    get,
    path = "/api/v1/nas",
    tag = "RADIUS",
    params(
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, body = Page<Nas>), (status = 400, body = Problem), (status = 401, body = Problem))
)]
pub async fn clients(
    State(web): State<Arc<Web>>,
    operator: Operator,
    mut params: Params,
) -> Result<Json<Page<Nas>>, Problem> {
    let limit = params.limit();
    let after: Option<String> = params.cursor("nas");
    params.finish()?;
    let mut found = web.store(&operator).nas_clients().await?;
    found.retain(|nas| after.as_ref().is_none_or(|after| nas.name > *after));
    Ok(Json(Page::of(found, limit, |nas| cursor("nas", &nas.name), nas)))
}

fn nas(client: NasClient) -> Nas {
    Nas {
        name: client.name,
        address: client.address,
        kind: client.kind,
        coa_port: client.coa_port,
        require_message_authenticator: client.require_message_authenticator,
        zone: client.zone,
        added_ms: client.added.0,
    }
}

/// Lists the accounts by name. A name may be a person's: not every role sees it.
#[utoipa::path(
    get,
    path = "/api/v1/accounts",
    tag = "RADIUS",
    params(
        ("limit" = Option<u32>, Query, description = "Entries of a page, 1 to 1000"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses(
        (status = 200, body = Page<AccountItem>), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem)
    )
)]
pub async fn accounts(
    State(web): State<Arc<Web>>,
    Engineer(operator): Engineer,
    mut params: Params,
) -> Result<Json<Page<AccountItem>>, Problem> {
    let limit = params.limit();
    let after: Option<String> = params.cursor("accounts");
    params.finish()?;
    let mut found = web.store(&operator).accounts().await?;
    found.retain(|account| after.as_ref().is_none_or(|after| account.name > *after));
    Ok(Json(Page::of(
        found,
        limit,
        |account| cursor("accounts", &account.name),
        |Account { name, plan, added, .. }| AccountItem { name, plan, added_ms: added.0 },
    )))
}
