//! Where a signed-in operator works: what every page of the console is made from, gathered once for a request.

use std::error::Error;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::Uri;
use http::request::Parts;
use jiff::tz::TimeZone;
use session_core::UnixMs;
use store::Store;

use super::data::sites::Sites;
use super::language::Language;
use super::pages;
use super::view::{Failure, Frame};
use crate::clock;
use crate::operators::web::{Operator, Web};

/// A signed-in operator in front of the console. As an argument of a handler it lets nobody else in.
pub struct Desk {
    /// What every handler shares.
    pub web: Arc<Web>,
    /// Who asks.
    pub operator: Operator,
    /// The store in their name.
    pub store: Store,
    /// What stands around the page.
    pub frame: Frame,
    /// The access points as they are now.
    pub sites: Sites,
}

impl FromRequestParts<Arc<Web>> for Desk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, web: &Arc<Web>) -> Result<Self, Response> {
        let operator = Operator::from_request_parts(parts, web).await?;
        let store = web.store(&operator);
        let mut frame = frame(&parts.headers, &parts.uri, web.zone.clone());
        frame.operator = Some(operator.email.clone());
        let sites = match Sites::load(web, &store).await {
            Ok(sites) => sites,
            Err(error) => return Err(unavailable(&frame, &error)),
        };
        frame.problems = sites.problems.len();
        Ok(Self { web: Arc::clone(web), operator, store, frame, sites })
    }
}

impl Desk {
    /// The moment the page is of.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        UnixMs(self.frame.now_ms)
    }

    /// The page, or the one that says why there is none.
    pub fn show<V, E: Error>(&self, page: impl Fn(&Frame, &V) -> Response, view: Result<V, E>) -> Response {
        match view {
            Ok(view) => page(&self.frame, &view),
            Err(error) => self.unavailable(&error),
        }
    }

    /// Store or figures do not answer.
    #[must_use]
    pub fn unavailable(&self, error: &impl Error) -> Response {
        unavailable(&self.frame, error)
    }

    /// A page that cannot be shown.
    #[must_use]
    pub fn fail(&self, failure: &Failure) -> Response {
        pages::failure(&self.frame, failure)
    }
}

/// What stands around a page that nobody is signed in for.
#[must_use]
pub fn frame(headers: &http::HeaderMap, uri: &Uri, zone: TimeZone) -> Frame {
    Frame {
        language: Language::of_request(headers),
        operator: None,
        now_ms: clock::unix_ms(),
        zone,
        path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        problems: 0,
    }
}

/// The store does not answer.
#[must_use]
pub fn unavailable(frame: &Frame, error: &impl Error) -> Response {
    tracing::error!(%error, "a page of the console could not be shown");
    pages::failure(frame, &Failure::Unavailable)
}
