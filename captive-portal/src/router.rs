//! Every path of the portal and the layers around them.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;

use crate::{Backend, Settings};

/// The portal as an axum router. The caller serves it over TLS and inserts an [`crate::Asker`] into the extensions
/// of each request; without one the request is answered as the public.
pub fn router<B: Backend>(backend: Arc<B>, settings: Settings) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(Arc::new(Portal { backend, settings }))
}

/// What every handler shares.
struct Portal<B> {
    backend: Arc<B>,
    settings: Settings,
}
