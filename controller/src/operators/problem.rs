//! Refusals as RFC 9457 has them: a sentence that says what to do, and every parameter that is wrong.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde::Serialize;
use store::StoreError;
use utoipa::ToSchema;

/// Why a request was refused (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says the kind.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// One sentence that says what is wrong and what to do.
    detail: String,
    /// Every parameter that is wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<WrongField>,
}

/// One parameter that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct WrongField {
    /// Its name.
    pub field: String,
    /// What is allowed.
    pub detail: String,
}

impl Problem {
    /// A problem with this sentence.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        Self {
            kind: "about:blank",
            title,
            status: status.as_u16(),
            detail: detail.into(),
            errors: Vec::new(),
        }
    }

    /// The refusal of parameters.
    #[must_use]
    pub fn of_fields(errors: Vec<WrongField>) -> Self {
        let named: Vec<String> =
            errors.iter().map(|wrong| format!("{}: {}", wrong.field, wrong.detail)).collect();
        Self { errors, ..Self::new(StatusCode::BAD_REQUEST, named.join("; ")) }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if let StoreError::Unknown { .. } = error {
            return Self::new(StatusCode::NOT_FOUND, error.to_string());
        }
        tracing::error!(%error, "a request could not be answered");
        // Where the database is and how it fails is for the log.
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "the database does not answer; see the controller's log and try again",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut answer = (status, Json(self)).into_response();
        answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        answer
    }
}
