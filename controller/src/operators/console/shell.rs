//! What stands around every page: navigation, language, icons, and the headers of the answer.

use askama::Template;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    VARY, X_CONTENT_TYPE_OPTIONS,
};

use super::assets;
use super::figures;
use super::language::Language;
use super::text::{Html, Value, tell};
use super::view::{ApRef, ApState, Frame};

/// Everything comes from this server, nothing is written into the page to run or to look by.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The rooms of the console, in the order of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    Overview,
    AccessPoints,
    Sessions,
    Usage,
    Load,
    Nas,
    Accounts,
    SignIns,
    Audit,
    /// Pages without a place in the navigation.
    Outside,
}

const ROOMS: [(Room, &str, &str, &str); 9] = [
    (Room::Overview, "/", "grid", "nav-overview"),
    (Room::AccessPoints, "/aps", "ap", "nav-aps"),
    (Room::Sessions, "/sessions", "users", "nav-sessions"),
    (Room::Usage, "/usage", "chart", "nav-usage"),
    (Room::Load, "/load", "gauge", "nav-load"),
    (Room::Nas, "/nas", "tower", "nav-nas"),
    (Room::Accounts, "/accounts", "key", "nav-accounts"),
    (Room::SignIns, "/sign-ins", "shield", "nav-sign-ins"),
    (Room::Audit, "/audit", "log", "nav-audit"),
];

/// What every template knows as `shell`.
pub(super) struct Shell<'a> {
    pub(super) frame: &'a Frame,
    pub(super) room: Room,
    /// Name of the page; its `<title>`.
    pub(super) title: Html,
    /// The event of `/events` after which the page fetches itself anew; empty for a page that stands still.
    pub(super) live: &'static str,
    /// Whether the page has a plot that the browser draws.
    pub(super) plot: bool,
}

/// One room in the navigation.
pub(super) struct Link {
    pub(super) href: &'static str,
    pub(super) icon: Html,
    pub(super) name: Html,
    pub(super) current: bool,
    /// How many things are wrong, at the overview; empty for none.
    pub(super) wrong: Option<Html>,
}

/// Another language.
pub(super) struct LanguageLink {
    pub(super) tag: &'static str,
    pub(super) name: &'static str,
    pub(super) href: String,
}

impl<'a> Shell<'a> {
    pub(super) fn new(frame: &'a Frame, room: Room, title: Html) -> Self {
        Self { frame, room, title, live: "", plot: false }
    }

    pub(super) fn live(mut self, event: &'static str) -> Self {
        self.live = event;
        self
    }

    pub(super) fn say(&self, key: &str) -> Html {
        self.frame.say(key)
    }

    /// Name of a table's box, which differs from the name of the section around it.
    pub(super) fn table(&self, key: &str) -> Html {
        self.frame.tell("table-of", vec![("name", self.say(key).into())])
    }

    pub(super) fn tag(&self) -> &'static str {
        self.frame.language.tag()
    }

    pub(super) fn asset(&self, name: &str) -> String {
        assets::href(name)
    }

    pub(super) fn icon(&self, name: &str) -> Html {
        icon(name)
    }

    /// Name of the operator's time zone, for plots that the browser draws.
    pub(super) fn zone(&self) -> &str {
        self.frame.zone.iana_name().unwrap_or("UTC")
    }

    pub(super) fn rooms(&self) -> Vec<Link> {
        let problems = u64::try_from(self.frame.problems).unwrap_or(u64::MAX);
        ROOMS
            .into_iter()
            .map(|(room, href, shape, key)| Link {
                href,
                icon: icon(shape),
                name: self.say(key),
                current: room == self.room,
                wrong: (room == Room::Overview).then(|| match problems {
                    0 => Html::default(),
                    problems => self.frame.tell("nav-wrong", vec![("n", problems.into())]),
                }),
            })
            .collect()
    }

    pub(super) fn others(&self) -> Vec<LanguageLink> {
        let others = Language::ALL.into_iter().filter(|language| *language != self.frame.language);
        let href = |tag: &str| format!("/language/{tag}?to={}", encode(&self.frame.path));
        others
            .map(|other| LanguageLink { tag: other.tag(), name: other.own_name(), href: href(other.tag()) })
            .collect()
    }

    /// The moment the data is of, as a machine reads it.
    pub(super) fn as_of_iso(&self) -> String {
        let civil = self.frame.civil(self.frame.now_ms);
        format!("{}T{}", civil.date(), self.frame.clock_with_seconds(self.frame.now_ms))
    }

    /// The moment the data is of, in words.
    pub(super) fn as_of(&self) -> Html {
        let date = self.frame.civil(self.frame.now_ms).date();
        let values = vec![
            ("day", self.frame.day(date).into()),
            ("year", date.year().to_string().into()),
            ("clock", self.frame.clock_with_seconds(self.frame.now_ms).into()),
        ];
        self.frame.tell("as-of", values)
    }
}

impl Frame {
    pub(super) fn say(&self, key: &str) -> Html {
        tell(self.language, key, Vec::new())
    }

    pub(super) fn tell(&self, key: &str, values: Vec<(&'static str, Value<'_>)>) -> Html {
        tell(self.language, key, values)
    }

    pub(super) fn whole(&self, number: impl Into<u64>) -> String {
        figures::whole(self.language, number.into())
    }

    pub(super) fn data(&self, bytes: u64) -> String {
        figures::data(self.language, bytes)
    }

    pub(super) fn duration(&self, secs: u64) -> Html {
        figures::duration(self.language, secs)
    }

    /// A name in the language of the page.
    pub(super) fn name<'n>(&self, name: &'n store::Name) -> &'n str {
        match self.language {
            Language::Vi => &name.vi,
            Language::En => &name.en,
        }
    }

    /// `HK-16 Thang Long Water Puppet Theatre`, linked to its page.
    pub(super) fn ap_link(&self, ap: &ApRef) -> Html {
        Html::ours(format!(
            "<a href=\"{}\"><span class=\"id\">{}</span> {}</a>",
            ap_href(&ap.id),
            Html::text(&short_id(&ap.id)),
            Html::text(self.name(&ap.name))
        ))
    }

    pub(super) fn pill(&self, level: &str, shape: &str, key: &str) -> Html {
        Html::ours(format!("<span class=\"pill {level}\">{}{}</span>", icon(shape), self.say(key)))
    }

    pub(super) fn state_pill(&self, state: ApState) -> Html {
        let (level, shape, key) = state_look(state);
        self.pill(level, shape, key)
    }
}

/// Colour, shape and word of a state: each tells it alone.
pub(super) fn state_look(state: ApState) -> (&'static str, &'static str, &'static str) {
    match state {
        ApState::Down => ("b", "stop", "state-down"),
        ApState::Full => ("w", "warn", "state-full"),
        ApState::Trouble => ("w", "warn", "state-trouble"),
        ApState::Behind => ("n", "info", "state-behind"),
        ApState::Up => ("", "tick", "state-up"),
        ApState::Quiet => ("q", "info", "state-quiet"),
        ApState::New => ("n", "info", "state-new"),
        ApState::Retired => ("q", "off", "state-retired"),
    }
}

/// An icon; the word stands next to it.
pub(super) fn icon(name: &str) -> Html {
    Html::ours(format!(
        "<svg class=\"i\" aria-hidden=\"true\" focusable=\"false\"><use href=\"#i-{name}\"/></svg>"
    ))
}

/// Address of the page of an access point.
pub(super) fn ap_href(id: &str) -> String {
    format!("/aps/{}", encode(id))
}

/// What an id is called on a page: `hk-16` is written on the box as `HK-16`.
pub(super) fn short_id(id: &str) -> String {
    id.strip_prefix("nas:").map_or_else(|| id.to_uppercase(), str::to_owned)
}

/// A value for a path or a query, with everything encoded that is not plain.
pub(super) fn encode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' | b':' => {
                out.push(char::from(byte))
            }
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// The finished page.
pub(super) fn answer(frame: &Frame, status: StatusCode, page: &impl Template) -> Response {
    let html = match page.render() {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be made. Please try again.\n")
                .into_response();
        }
    };
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(frame.language.tag()));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(VARY, HeaderValue::from_static("accept-language, cookie"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Not less: without a referrer to its own site a browser sends no Origin with a form either.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}
