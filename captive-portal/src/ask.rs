//! What a request says: who asks, in which language, and the few words of its query that mean something.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use http::header::ACCEPT_LANGUAGE;
use http::request::Parts;

use crate::Asker;
use crate::guide::search;
use crate::language::Language;

/// A request as the pages see it. Everything in it has a bound and nothing in it can fail.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Who asks; the public when the controller said nothing.
    pub(crate) asker: Asker,
    /// The language of the answer.
    pub(crate) language: Language,
    /// Whether `?lang=` chose it, so that links keep it.
    pub(crate) language_in_link: bool,
    /// `wait=no`: the visitor has stopped a page from reloading itself.
    pub(crate) stopped: bool,
    /// `ended=yes`: the visitor comes from "Log out".
    pub(crate) ended: bool,
    /// `q=`: what the visitor looks for; empty for nothing.
    pub(crate) query: String,
}

impl Ask {
    /// Reads the head of a request.
    pub(crate) fn read(parts: &Parts) -> Self {
        let asker = parts.extensions.get::<Asker>().cloned().unwrap_or(Asker::Public);
        // The first of each name counts; a query that is not one counts as none.
        let pairs =
            Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).map(|query| query.0).unwrap_or_default();
        let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        let in_link = value("lang").and_then(Language::from_tag);
        let accepted = || parts.headers.get(ACCEPT_LANGUAGE).and_then(|header| header.to_str().ok());
        Self {
            asker,
            language: in_link.unwrap_or_else(|| Language::negotiate(accepted().unwrap_or_default())),
            language_in_link: in_link.is_some(),
            stopped: value("wait") == Some("no"),
            ended: value("ended") == Some("yes"),
            query: value("q").map(clean).unwrap_or_default(),
        }
    }
}

/// What was typed, on one line and not longer than a search is looked at.
fn clean(typed: &str) -> String {
    let line: String =
        typed.chars().map(|c| if c.is_control() { ' ' } else { c }).take(search::LONGEST).collect();
    line.trim().to_owned()
}

impl<S: Send + Sync> FromRequestParts<S> for Ask {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::read(parts))
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn ask(uri: &str, accept_language: &str) -> Ask {
        let request = Request::get(uri).header(ACCEPT_LANGUAGE, accept_language).body(()).unwrap();
        Ask::read(&request.into_parts().0)
    }

    #[test]
    fn the_link_chooses_the_language_before_the_browser() {
        assert_eq!(ask("/?lang=vi", "en").language, Language::Vi);
        assert_eq!(ask("/?lang=en", "vi").language, Language::En);
        assert_eq!(ask("/", "vi").language, Language::Vi);
        assert!(!ask("/", "vi").language_in_link);
    }

    #[test]
    fn a_language_nobody_speaks_in_the_link_leaves_the_choice_to_the_browser() {
        for uri in ["/?lang=xx", "/?lang=", "/?lang=%00", "/?lang=..%2f..%2fetc", "/?lang=%ff", "/?&&=&lang"]
        {
            let ask = ask(uri, "vi");
            assert_eq!(ask.language, Language::Vi, "{uri}");
            assert!(!ask.language_in_link, "{uri}");
        }
    }

    #[test]
    fn a_search_is_one_short_line() {
        assert_eq!(ask("/guide?q=%20b%E1%BA%A3o%0At%C3%A0ng%20", "").query, "bảo tàng");
        let long = format!("/guide?q={}", "a".repeat(10_000));
        assert_eq!(ask(&long, "").query.len(), search::LONGEST);
    }
}
