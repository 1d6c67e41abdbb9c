//! What stands around every page: language, links that keep it, icons, the style and the headers that go with it.

mod icons;
mod style;

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFRESH,
    RETRY_AFTER, VARY,
};
use http::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use crate::ask::Ask;
use crate::language::Language;
use crate::text::{Html, Text, Value};

pub(crate) use style::Look;

/// What every page has around its own content. Templates know it as `shell`.
pub(crate) struct Shell {
    text: Text,
    language_in_link: bool,
    /// The page's own path and query without language: where the language links lead.
    own_path: String,
    look: Look,
    /// Rules that only this page has.
    extra_css: String,
}

/// A link to this page in another language.
pub(crate) struct LanguageLink {
    pub(crate) tag: &'static str,
    pub(crate) name: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

impl Shell {
    /// The shell of a page whose own address is `own_path` (path, and query without `lang`).
    pub(crate) fn new(ask: &Ask, own_path: &str, look: Look) -> Self {
        Self {
            text: Text { language: ask.language },
            language_in_link: ask.language_in_link,
            own_path: own_path.to_owned(),
            look,
            extra_css: String::new(),
        }
    }

    /// Adds rules that only this page has. They are written here, never by a visitor.
    pub(crate) fn with_css(mut self, rules: String) -> Self {
        self.extra_css = rules;
        self
    }

    /// Speaks the page's language.
    pub(crate) fn text(&self) -> Text {
        self.text
    }

    /// The page's language.
    pub(crate) fn language(&self) -> Language {
        self.text.language
    }

    /// The message `key`.
    pub(crate) fn say(&self, key: &str) -> Html {
        self.text.say(key)
    }

    /// The message `key` with `values` put in.
    pub(crate) fn tell(&self, key: &str, values: Vec<(&'static str, Value<'_>)>) -> Html {
        self.text.tell(key, values)
    }

    /// Value of the `lang` attribute.
    pub(crate) fn tag(&self) -> &'static str {
        self.text.language.tag()
    }

    /// The language that links carry, when the visitor has chosen one.
    pub(crate) fn kept_tag(&self) -> Option<&'static str> {
        self.language_in_link.then(|| self.tag())
    }

    /// A link to `path` (which may have a query) that keeps the chosen language.
    pub(crate) fn link(&self, path: &str) -> String {
        match self.kept_tag() {
            Some(tag) => with_language(path, tag),
            None => path.to_owned(),
        }
    }

    /// This page in every language.
    pub(crate) fn languages(&self) -> Vec<LanguageLink> {
        let link = |language: Language| LanguageLink {
            tag: language.tag(),
            name: language.own_name(),
            href: with_language(&self.own_path, language.tag()),
            current: language == self.text.language,
        };
        Language::ALL.into_iter().map(link).collect()
    }

    /// This page in the likeliest other languages, at most four.
    pub(crate) fn others(&self) -> Vec<LanguageLink> {
        self.languages().into_iter().filter(|language| !language.current).take(4).collect()
    }

    /// An icon; its shape is put at the end of the page once.
    pub(crate) fn icon(&self, name: &str) -> Html {
        Html::ours(format!(
            r##"<svg class="i" aria-hidden="true" focusable="false"><use href="#i-{name}"/></svg>"##
        ))
    }

    /// The page's style.
    pub(crate) fn css(&self) -> String {
        format!("{}{}", self.look.css(), self.extra_css)
    }

    /// The finished page.
    pub(crate) fn respond(&self, status: StatusCode, page: &impl Template) -> Response {
        let html = match page.render() {
            Ok(html) => icons::add(html),
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                return (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "Something failed on our side. Please try again.\n",
                )
                    .into_response();
            }
        };
        let mut response = Response::new(Body::from(html));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(self.tag()));
        headers.append(VARY, HeaderValue::from_static("accept-language"));
        no_store(headers);
        if let Ok(policy) = HeaderValue::try_from(self.content_security_policy()) {
            headers.insert(CONTENT_SECURITY_POLICY, policy);
        }
        response.extensions_mut().insert(InWords);
        response
    }

    /// Nothing but this page's own style and its own forms.
    fn content_security_policy(&self) -> String {
        let hash = STANDARD.encode(Sha256::digest(self.css()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; img-src data:; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    }
}

/// Marks a response that already says in words what it has to say.
#[derive(Clone, Copy)]
pub(crate) struct InWords;

/// For everything that depends on who asks.
pub(crate) fn no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
}

/// Lets the browser open `path` after `secs` without a script.
pub(crate) fn refresh(response: &mut Response, secs: u32, path: &str) {
    if let Ok(value) = HeaderValue::try_from(format!("{secs};url={path}")) {
        response.headers_mut().insert(REFRESH, value);
    }
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(secs));
    }
}

/// A navigation of the whole page to `path` after a POST: it is what makes phones look again whether they are online.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    if let Ok(location) = HeaderValue::try_from(path) {
        response.headers_mut().insert(http::header::LOCATION, location);
    }
    no_store(response.headers_mut());
    response
}

fn with_language(path: &str, tag: &str) -> String {
    let mark = if path.contains('?') { '&' } else { '?' };
    format!("{path}{mark}lang={tag}")
}

/// A value for a query, with everything encoded that is not plain.
pub(crate) fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}
