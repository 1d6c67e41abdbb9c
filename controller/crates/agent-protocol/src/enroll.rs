//! Enrolment: the one-time token an engineer carries, and the request and answer of `POST /agent/v1/enroll`.
//!
//! The agent opens TLS with a key born on the device as its client certificate and trusts only a server whose
//! certificate has the public-key hash in the token. The server pins the key it saw in that handshake, so the
//! request need not carry it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// Path of the enrolment request.
pub const ENROLL_PATH: &str = "/agent/v1/enroll";
const PREFIX: &str = "hk1";

/// SHA-256 over the DER of a SubjectPublicKeyInfo: how either side names the other's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyPin(pub [u8; 32]);

impl KeyPin {
    /// Writes the pin as unpadded base64url.
    #[must_use]
    pub fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Reads what [`KeyPin::to_text`] wrote.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] when it is not 32 bytes of base64url.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        decode_32(text).map(Self)
    }
}

/// A one-time enrolment token: `hk1.SECRET.CONTROLLER-KEY`. Deliberately without `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct EnrollToken {
    /// The secret, known to the store only as its hash.
    pub secret: [u8; 32],
    /// The controller's agents-key.
    pub controller: KeyPin,
}

/// Why a token is no token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not of the form this version writes.
    #[error(
        "this is no enrolment token (it starts with hk1. and has three parts); make one with: hotspot-controller ap token ID"
    )]
    Malformed,
}

impl EnrollToken {
    /// The token as the engineer copies it.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{PREFIX}.{}.{}", URL_SAFE_NO_PAD.encode(self.secret), self.controller.to_text())
    }

    /// Reads a token.
    ///
    /// # Errors
    /// [`TokenError::Malformed`] for anything [`EnrollToken::to_text`] would not write.
    pub fn from_text(text: &str) -> Result<Self, TokenError> {
        let mut parts = text.trim().split('.');
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(PREFIX), Some(secret), Some(pin), None) => {
                Ok(Self { secret: decode_32(secret)?, controller: KeyPin::from_text(pin)? })
            }
            _ => Err(TokenError::Malformed),
        }
    }
}

fn decode_32(text: &str) -> Result<[u8; 32], TokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| TokenError::Malformed)?;
    bytes.try_into().map_err(|_| TokenError::Malformed)
}

/// Body of the enrolment request (JSON).
#[derive(Clone, Serialize, Deserialize)]
pub struct EnrollRequest {
    /// The token's secret as unpadded base64url.
    pub secret: String,
    /// Version of the agent's software, for the engineer to see.
    pub agent_version: String,
}

/// Body of the answer (JSON) when the key is pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollResponse {
    /// The access point's id in the store.
    pub ap_id: String,
    /// Its name for people.
    pub ap_name: String,
}

/// Body of a refusal (JSON, status 4xx).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollRefusal {
    /// A stable word: `unknown_token`, `used_token`, `expired_token`, `no_client_key`, `key_in_use`, `malformed`.
    pub code: String,
    /// One sentence that says what to do.
    pub message: String,
}
