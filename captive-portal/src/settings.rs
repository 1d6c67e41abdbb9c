//! What the portal must be told: its own address, the time, and how long a request may take.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;

/// Settings of the portal. The clock is one of them so that tests fix the time.
#[derive(Clone)]
pub struct Settings {
    /// The address visitors use, `https://name` without a path. Redirects and RFC 8908 members are made from it.
    pub public_url: PublicUrl,
    /// Now, in Unix milliseconds, by the controller's clock.
    pub clock: Arc<dyn Fn() -> u64 + Send + Sync>,
    /// How long one request may take before it is answered with 503.
    pub request_limit: Duration,
}

impl Settings {
    /// Settings for `public_url` with the given clock and the usual limit of 10 s.
    pub fn new(public_url: PublicUrl, clock: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self { public_url, clock: Arc::new(clock), request_limit: Duration::from_secs(10) }
    }

    /// Now, in Unix milliseconds.
    pub(crate) fn now_ms(&self) -> u64 {
        (self.clock)()
    }
}

/// An origin such as `https://wifi.example` or `https://wifi.example:8443`, without a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

/// Why a text is not a [`PublicUrl`].
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PublicUrlError {
    /// RFC 8908 section 4 allows `https` alone.
    #[error(
        "portal.public_url must begin with https://, because phones ask the captive portal API over TLS only"
    )]
    NotHttps,
    /// More than an origin.
    #[error("portal.public_url must be an origin without path, such as https://wifi.example")]
    NotAnOrigin,
}

impl PublicUrl {
    /// Checks that `text` is an https origin; one slash at its end is dropped.
    pub fn parse(text: &str) -> Result<Self, PublicUrlError> {
        let uri: Uri = text.parse().map_err(|_| PublicUrlError::NotAnOrigin)?;
        if uri.scheme_str() != Some("https") {
            return Err(PublicUrlError::NotHttps);
        }
        let Some(authority) = uri.authority() else { return Err(PublicUrlError::NotAnOrigin) };
        let origin_only = uri.path() == "/" && uri.query().is_none() && !authority.as_str().contains('@');
        if !origin_only || text.contains('#') {
            return Err(PublicUrlError::NotAnOrigin);
        }
        Ok(Self(format!("https://{}", authority.as_str().to_ascii_lowercase())))
    }

    /// The origin, such as `https://wifi.example`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Name and port as a visitor would type them, such as `wifi.example`.
    pub fn host(&self) -> &str {
        self.0.trim_start_matches("https://")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}
