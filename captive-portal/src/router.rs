//! Every path of the portal and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::header::{ALLOW, HeaderName, HeaderValue, REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, StatusCode};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use crate::ask::Ask;
use crate::backend::{Connect, End, Place, Visitor};
use crate::guide::places::{self, Kind};
use crate::intake::take_in;
use crate::pages::guide::Viewpoint;
use crate::pages::{error, guide, law, notice, place, session, splash, wait};
use crate::shell::{InWords, no_store, see_other};
use crate::{Backend, Settings, api};

/// The portal as an axum router. The caller serves it over TLS and inserts an [`crate::Asker`] into the extensions
/// of each request; without one the request is answered as the public.
pub fn router<B: Backend>(backend: Arc<B>, settings: Settings) -> Router {
    let layers = ServiceBuilder::new()
        .layer(CompressionLayer::new().gzip(true))
        .layer(middleware::from_fn(finish))
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, settings.request_limit))
        .layer(middleware::from_fn(take_in))
        .layer(CsrfLayer::new());
    Router::new()
        .route("/", get(home::<B>))
        .route("/connect", post(connect::<B>))
        .route("/session", get(show_session::<B>))
        .route("/session/end", post(end_session::<B>))
        .route("/api/captive", get(captive::<B>))
        .route("/guide", get(show_guide::<B>))
        .route("/guide/", get(show_guide::<B>))
        .route("/guide/{kind}", get(show_kind::<B>))
        .route("/guide/place/{id}", get(show_place::<B>))
        .route("/terms", get(async |ask: Ask| law::terms(&ask)))
        .route("/privacy", get(async |ask: Ask| law::privacy(&ask)))
        .route("/healthz", get(healthz))
        .fallback(async || StatusCode::NOT_FOUND)
        .with_state(Arc::new(Portal { backend, settings }))
        .layer(layers)
}

/// What every handler shares.
struct Portal<B> {
    backend: Arc<B>,
    settings: Settings,
}

type Shared<B> = State<Arc<Portal<B>>>;

impl<B: Backend> Portal<B> {
    async fn moment(&self, ask: &Ask) -> (Option<Place>, Visitor) {
        (self.backend.place(&ask.asker).await, self.backend.visitor(&ask.asker).await)
    }

    /// The guide under the address `own_path`.
    async fn guide(&self, ask: &Ask, own_path: &str, spot: Option<Place>, visitor: Visitor) -> Response {
        let access_points = self.backend.access_points().await;
        let view = Viewpoint {
            spot: spot.as_ref(),
            visitor: &visitor,
            access_points: &access_points,
            now_ms: self.settings.now_ms(),
        };
        guide::home(ask, own_path, &view)
    }
}

async fn home<B: Backend>(State(portal): Shared<B>, ask: Ask) -> Response {
    let settings = &portal.settings;
    let (spot, visitor) = portal.moment(&ask).await;
    match visitor {
        Visitor::New(offer) => {
            portal.backend.offered(&ask.asker, ask.language.tag());
            splash::page(&ask, spot.as_ref(), &offer)
        }
        Visitor::Pending => wait::pending(&ask, settings),
        Visitor::Busy(busy) => wait::busy(&ask, settings, spot.as_ref(), &busy),
        Visitor::Refused(refusal) => notice::refused(&ask, StatusCode::OK, settings.now_ms(), &refusal),
        Visitor::Away(away) => wait::away(&ask, settings, &away),
        Visitor::Public | Visitor::Online(_) => portal.guide(&ask, "/", spot, visitor).await,
    }
}

async fn connect<B: Backend>(State(portal): Shared<B>, ask: Ask) -> Response {
    let settings = &portal.settings;
    match portal.backend.connect(&ask.asker, ask.language.tag()).await {
        Connect::Connected => see_other(&link(&ask, "/session")),
        Connect::Pending => wait::pending(&ask, settings),
        Connect::Busy(busy) => {
            let spot = portal.backend.place(&ask.asker).await;
            wait::busy(&ask, settings, spot.as_ref(), &busy)
        }
        Connect::Refused(refusal) => {
            notice::refused(&ask, StatusCode::FORBIDDEN, settings.now_ms(), &refusal)
        }
        Connect::Away(away) => wait::away(&ask, settings, &away),
        Connect::NotHere => notice::elsewhere(&ask, StatusCode::FORBIDDEN),
    }
}

async fn show_session<B: Backend>(State(portal): Shared<B>, ask: Ask) -> Response {
    let settings = &portal.settings;
    let (spot, visitor) = portal.moment(&ask).await;
    match visitor {
        Visitor::Online(online) => session::page(&ask, settings, spot.as_ref(), &online),
        Visitor::Pending => wait::pending(&ask, settings),
        Visitor::New(_) => notice::offline(&ask),
        Visitor::Busy(busy) => wait::busy(&ask, settings, spot.as_ref(), &busy),
        Visitor::Refused(refusal) => notice::refused(&ask, StatusCode::OK, settings.now_ms(), &refusal),
        Visitor::Away(away) => wait::away(&ask, settings, &away),
        Visitor::Public => notice::elsewhere(&ask, StatusCode::OK),
    }
}

async fn end_session<B: Backend>(State(portal): Shared<B>, ask: Ask) -> Response {
    match portal.backend.end_session(&ask.asker).await {
        End::Ended => see_other(&link(&ask, "/session?ended=yes")),
        End::Away(away) => wait::kept(&ask, &portal.settings, &away),
    }
}

async fn captive<B: Backend>(State(portal): Shared<B>, ask: Ask, headers: HeaderMap) -> Response {
    let visitor = portal.backend.visitor(&ask.asker).await;
    api::answer(&portal.settings, &headers, &visitor)
}

async fn show_guide<B: Backend>(State(portal): Shared<B>, ask: Ask) -> Response {
    let (spot, visitor) = portal.moment(&ask).await;
    if ask.query.is_empty() {
        return portal.guide(&ask, "/guide", spot, visitor).await;
    }
    let access_points = portal.backend.access_points().await;
    guide::search(&ask, &viewpoint(&portal, spot.as_ref(), &visitor, &access_points))
}

async fn show_kind<B: Backend>(State(portal): Shared<B>, ask: Ask, Path(slug): Path<String>) -> Response {
    let Some(kind) = Kind::from_slug(&slug) else { return StatusCode::NOT_FOUND.into_response() };
    let (spot, visitor) = portal.moment(&ask).await;
    let access_points = portal.backend.access_points().await;
    guide::kind(&ask, kind, &viewpoint(&portal, spot.as_ref(), &visitor, &access_points))
}

async fn show_place<B: Backend>(State(portal): Shared<B>, ask: Ask, Path(id): Path<String>) -> Response {
    let Some(place) = places::by_id(&id) else { return StatusCode::NOT_FOUND.into_response() };
    let (spot, visitor) = portal.moment(&ask).await;
    place::page(&ask, place, &viewpoint(&portal, spot.as_ref(), &visitor, &[]))
}

async fn healthz() -> Response {
    let mut response = "ok\n".into_response();
    no_store(response.headers_mut());
    response
}

fn viewpoint<'a, B>(
    portal: &Portal<B>,
    spot: Option<&'a Place>,
    visitor: &'a Visitor,
    access_points: &'a [crate::Position],
) -> Viewpoint<'a> {
    Viewpoint { spot, visitor, access_points, now_ms: portal.settings.now_ms() }
}

/// `path` with the language that the visitor chose by a link.
fn link(ask: &Ask, path: &str) -> String {
    crate::shell::Shell::new(ask, path, crate::shell::Look::Wait).link(path)
}

/// Gives every answer the headers it must have, and every bare error its words.
async fn finish(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let ask = Ask::read(&parts);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    let bare = response.extensions().get::<InWords>().is_none();
    if bare && (status.is_client_error() || status.is_server_error()) {
        let allow = response.headers_mut().remove(ALLOW);
        response = error::page(&ask, status);
        response.headers_mut().extend(allow.map(|allow| (ALLOW, allow)));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
        }
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Tells nobody else where a visitor comes from. Not "no-referrer": under it browsers send "Origin: null" with our
    // own forms, and those that send no Sec-Fetch-Site could then not connect.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    );
    response
}
