//! The API for programs: `/api/v1`, described by the OpenAPI document that is made from these handlers.

mod aps;
mod audit;
mod nas;
pub mod params;
pub mod sessions;
mod sign_ins;
mod stats;
mod visits;

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, InfoBuilder, OpenApi, OpenApiBuilder, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::web::Web;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What the page shows.
    pub items: Vec<T>,
    /// The `cursor` of the next page; `null` on the last one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of `found`, which holds one item more than the page when there is a next one.
    pub fn of<R>(
        mut found: Vec<R>,
        limit: u32,
        cursor: impl Fn(&R) -> String,
        item: impl FnMut(R) -> T,
    ) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = found.len() > limit;
        found.truncate(limit);
        let next = if more { found.last().map(cursor) } else { None };
        Self { items: found.into_iter().map(item).collect(), next }
    }
}

fn described() -> (Router<Arc<Web>>, OpenApi) {
    let info = InfoBuilder::new()
        .title("Hoan Kiem WiFi, operators' API")
        .version("1")
        .description(Some(
            "Times are Unix milliseconds, amounts of data are bytes. Lists come in pages: send `next` as `cursor` for \
             the following one; entries that come or go meanwhile move no other. Errors are RFC 9457 problems that name \
             every wrong parameter. Names from the air (SSID, User-Name) are text in which a backslash is doubled and \
             every control character or byte that is no UTF-8 is written as \\x and two hexadecimal digits.",
        ))
        .build();
    let base = OpenApiBuilder::new().info(info).components(Some(schemes())).security(Some(allowed())).build();
    OpenApiRouter::with_openapi(base)
        .routes(routes!(aps::list))
        .routes(routes!(sessions::list))
        .routes(routes!(sessions::end))
        .routes(routes!(visits::list))
        .routes(routes!(stats::visits))
        .routes(routes!(stats::load))
        .routes(routes!(audit::list))
        .routes(routes!(nas::clients))
        .routes(routes!(nas::accounts))
        .routes(routes!(sign_ins::list))
        .routes(routes!(sign_ins::end))
        .split_for_parts()
}

fn schemes() -> Components {
    let mut components = Components::new();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token made by `hotspot-controller operator token EMAIL`."))
        .build();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let cookie = ApiKeyValue::with_description("hotspot-session", "The session of the console.");
    components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    components
}

fn allowed() -> Vec<SecurityRequirement> {
    ["token", "session"].map(|name| SecurityRequirement::new(name, [""; 0])).to_vec()
}

/// The document, as the repository keeps it.
///
/// # Errors
/// Only when it cannot be written as JSON.
pub fn openapi_json() -> serde_json::Result<String> {
    serde_json::to_string_pretty(&described().1).map(|text| text + "\n")
}

/// The API and its description.
pub fn router() -> Router<Arc<Web>> {
    let (router, document) = described();
    router.route("/api/v1/openapi.json", get(async move || Json(document)))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bytes from exactly as many hexadecimal digits.
pub fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut out = [0; N];
    for (byte, digits) in out.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The kept document is what other programs are written against: it changes only on purpose.
    #[test]
    fn the_kept_openapi_document_is_that_of_the_code() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let made = openapi_json().unwrap();
        if std::env::var_os("HOTSPOT_WRITE_OPENAPI").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap();
        assert!(
            kept == made,
            "controller/openapi.json is another one: run this test with HOTSPOT_WRITE_OPENAPI=1"
        );
        let document: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        for path in [
            "aps",
            "sessions",
            "sessions/{id}",
            "visits",
            "stats/visits",
            "stats/load",
            "audit",
            "nas",
            "accounts",
            "sign-ins",
        ] {
            assert!(document["paths"][format!("/api/v1/{path}")].is_object(), "{path} is not described");
        }
    }

    #[test]
    fn hexadecimal_digits_come_back_and_nothing_else_is_taken() {
        assert_eq!(unhex::<2>(&hex(&[0, 0xfe])), Some([0, 0xfe]));
        for wrong in ["", "0", "00", "00fex", "0g00", "+f+f", "é0"] {
            assert_eq!(unhex::<2>(wrong), None, "{wrong}");
        }
    }
}
