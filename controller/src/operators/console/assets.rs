//! The console's style, scripts and mark, served from the binary: by a name that carries a digest, kept for a year.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use sha2::{Digest as _, Sha256};

/// A file of the console.
struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
    etag: String,
}

macro_rules! assets {
    ($($name:literal from $file:literal as $kind:literal),+ $(,)?) => {
        vec![$(Asset::new($name, $kind, include_bytes!(concat!("../../../assets/console/", $file)))),+]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    assets![
        "console.css" from "console.css" as "text/css; charset=utf-8",
        "console.js" from "console.js" as "text/javascript; charset=utf-8",
        "plot.js" from "plot.js" as "text/javascript; charset=utf-8",
        "mark.svg" from "mark.svg" as "image/svg+xml",
        "htmx.js" from "vendor/htmx.min.js" as "text/javascript; charset=utf-8",
        "uplot.js" from "vendor/uplot.min.js" as "text/javascript; charset=utf-8",
        "uplot.css" from "vendor/uplot.min.css" as "text/css; charset=utf-8",
    ]
});

impl Asset {
    fn new(name: &'static str, kind: &'static str, content: &'static [u8]) -> Self {
        let digest = Sha256::digest(content);
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { name, kind, content, etag: format!("\"{short}\"") }
    }

    fn version(&self) -> &str {
        self.etag.trim_matches('"')
    }
}

/// The address of an asset, which changes with its content.
pub(super) fn href(name: &str) -> String {
    let version = ASSETS.iter().find(|asset| asset.name == name).map_or("", Asset::version);
    format!("/assets/console/{name}?v={version}")
}

/// `GET /assets/console/{name}`.
#[must_use]
pub fn serve(name: &str, headers: &HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return (StatusCode::NOT_FOUND, "There is no such file.\n").into_response();
    };
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known
        .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().trim_start_matches("W/") == asset.etag));
    let mut response =
        if fresh { StatusCode::NOT_MODIFIED.into_response() } else { asset.content.into_response() };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(asset.kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Ok(etag) = HeaderValue::from_str(&asset.etag) {
        headers.insert(ETAG, etag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_the_browser_has_is_not_sent_again() {
        let first = serve("console.css", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers().get(ETAG).unwrap().clone());
        assert_eq!(serve("console.css", &headers).status(), StatusCode::NOT_MODIFIED);
        let lost = serve("../console.css", &HeaderMap::new());
        assert_eq!(lost.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn no_style_or_script_of_ours_names_another_host() {
        for asset in ASSETS.iter().filter(|asset| !asset.name.starts_with("uplot") && asset.name != "htmx.js")
        {
            let text = std::str::from_utf8(asset.content).unwrap();
            assert!(!text.replace("http://www.w3.org/2000/svg", "").contains("://"), "{}", asset.name);
        }
    }
}
