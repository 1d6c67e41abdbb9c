//! Enrolment: a one-time token makes the controller pin our key and us pin the controller's.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use agent_protocol::ALPN_ENROLL;
use agent_protocol::enroll::{
    ENROLL_PATH, EnrollRefusal, EnrollRequest, EnrollResponse, EnrollToken, TokenError,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio_util::task::AbortOnDropHandle;

use crate::dial::{BadUrl, Dial};
use crate::tls::{Identity, IdentityError, PIN_FILE, is_wrong_key, write_pin};

const PATIENCE: Duration = Duration::from_secs(15);
const LONGEST_ANSWER: usize = 4096;

/// Why an access point is not enrolled.
#[derive(Debug, thiserror::Error)]
pub enum EnrollError {
    /// The URL names no controller.
    #[error(transparent)]
    Url(#[from] BadUrl),
    /// The token is none.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Our own key cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Another key answers than the token names.
    #[error(
        "the controller at {0} does not have the key this token was made with; make a new token on that controller: hotspot-controller ap token ID"
    )]
    WrongController(String),
    /// Nobody answers.
    #[error(
        "the controller at {url} cannot be reached ({reason}); check agents.public_url and the way there"
    )]
    Connect {
        /// Where.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// The controller said no, in its own words.
    #[error("{0}")]
    Refused(String),
    /// A file that enrolment ends with could not be written; nobody was asked yet.
    #[error("{path} cannot be written ({source}); run this as root, or name another file with --config", path = path.display())]
    Place {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The answer makes no sense.
    #[error(
        "what answers at {0} is no hotspot-controller; give the URL of its agents' listener (agents.public_url)"
    )]
    NotAController(String),
}

/// Enrols with the key of `data_dir`, made there if need be. Only when the controller has pinned it is its own pin
/// written; before, nothing of a former enrolment changes.
///
/// # Errors
/// [`EnrollError`] in one sentence that says what to do.
pub async fn enroll(url: &str, token: &str, data_dir: &Path) -> Result<EnrollResponse, EnrollError> {
    let token = EnrollToken::from_text(token)?;
    let dial = Dial::new(url)?;
    let identity = Identity::load_or_make(data_dir)?;
    check_place(&data_dir.join(PIN_FILE))?;
    let response = ask(url, &dial, &identity, &token).await?;
    write_pin(data_dir, token.controller)?;
    Ok(response)
}

/// Finds out whether a file could be written at `path`, so that a token is not used up for nothing. Nothing is left
/// there but the folder.
///
/// # Errors
/// [`EnrollError::Place`].
pub fn check_place(path: &Path) -> Result<(), EnrollError> {
    let failed = |source| EnrollError::Place { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let beside = path.with_extension("try");
    fs::write(&beside, b"").map_err(failed)?;
    fs::remove_file(&beside).map_err(failed)
}

/// Shows the token and the key of `identity` to the controller; writes nothing.
///
/// # Errors
/// As [`enroll`].
pub async fn ask(
    url: &str,
    dial: &Dial,
    identity: &Identity,
    token: &EnrollToken,
) -> Result<EnrollResponse, EnrollError> {
    let work = exchange(url, dial, identity, token);
    let late = |_| EnrollError::Connect { url: url.to_owned(), reason: "no answer within 15 s".to_owned() };
    tokio::time::timeout(PATIENCE, work).await.map_err(late)?
}

async fn exchange(
    url: &str,
    dial: &Dial,
    identity: &Identity,
    token: &EnrollToken,
) -> Result<EnrollResponse, EnrollError> {
    let failed = |reason: String| EnrollError::Connect { url: url.to_owned(), reason };
    let config =
        identity.client_config(token.controller, ALPN_ENROLL).map_err(|error| failed(error.to_string()))?;
    let stream = dial.tls(Arc::new(config)).await.map_err(|error| {
        if is_wrong_key(&error) {
            EnrollError::WrongController(url.to_owned())
        } else {
            failed(error.to_string())
        }
    })?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(error.to_string()))?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let body = EnrollRequest {
        secret: URL_SAFE_NO_PAD.encode(token.secret),
        agent_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let body = serde_json::to_vec(&body).map_err(|error| failed(error.to_string()))?;
    let request = http::Request::post(ENROLL_PATH)
        .header(http::header::HOST, dial.authority())
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(body)))
        .map_err(|error| failed(error.to_string()))?;
    let response = sender.send_request(request).await.map_err(|error| failed(error.to_string()))?;
    let fine = response.status().is_success();
    let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
    let stranger = || EnrollError::NotAController(url.to_owned());
    let body = body.map_err(|_| stranger())?.to_bytes();
    if fine {
        return serde_json::from_slice(&body).map_err(|_| stranger());
    }
    let refusal: EnrollRefusal = serde_json::from_slice(&body).map_err(|_| stranger())?;
    Err(EnrollError::Refused(refusal.message))
}
