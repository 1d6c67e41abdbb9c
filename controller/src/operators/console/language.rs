//! The languages of the console, and which of them an operator gets: the one chosen before (a cookie), or the browser's.

/// A language the console speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Tiếng Việt.
    Vi,
    /// English.
    En,
}

/// Name of the cookie that remembers the choice.
pub const COOKIE: &str = "console_language";

impl Language {
    /// Every language, in the order of the links.
    pub const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// BCP 47 tag: the `lang` attribute, the value of the cookie, the folder in `locales/`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language's name in itself.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::Vi => "Tiếng Việt",
            Self::En => "English",
        }
    }

    /// The language for a tag such as `vi` or `en-GB`.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default().trim();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The language of a request: its cookie, or the first language of its Accept-Language header that is spoken here;
    /// Vietnamese when there is neither.
    #[must_use]
    pub fn of_request(headers: &http::HeaderMap) -> Self {
        let text = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        let chosen = text(http::header::COOKIE)
            .flat_map(|cookies| cookies.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find_map(|(name, value)| (name == COOKIE).then(|| Self::from_tag(value)).flatten());
        let wished = || {
            text(http::header::ACCEPT_LANGUAGE)
                .flat_map(|list| list.split(',').take(32))
                .find_map(|range| Self::from_tag(range.split(';').next().unwrap_or_default()))
        };
        chosen.or_else(wished).unwrap_or(Self::Vi)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{ACCEPT_LANGUAGE, COOKIE};

    use super::*;

    #[test]
    fn the_cookie_wins_over_the_browser_and_a_forged_one_is_ignored() {
        let mut headers = HeaderMap::new();
        assert_eq!(Language::of_request(&headers), Language::Vi);
        headers.insert(ACCEPT_LANGUAGE, "fr-FR, en-GB;q=0.8, vi;q=0.5".parse().unwrap());
        assert_eq!(Language::of_request(&headers), Language::En);
        headers.insert(COOKIE, "a=b; console_language=vi".parse().unwrap());
        assert_eq!(Language::of_request(&headers), Language::Vi);
        headers.insert(COOKIE, "console_language=<b>".parse().unwrap());
        assert_eq!(Language::of_request(&headers), Language::En);
    }
}
