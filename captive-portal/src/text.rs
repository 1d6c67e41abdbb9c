//! What the pages say: messages of `locales/`, chosen by language, with values put in.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, static_loader};

use crate::language::Language;

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // The direction marks around values show as boxes in some mini browsers, and all our scripts run one way.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Text that is ready for a page: our own messages, with every value in them escaped. Templates print it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Html(String);

impl Html {
    /// Takes markup that this crate made itself.
    pub(crate) fn ours(markup: String) -> Self {
        Self(markup)
    }

    /// The markup.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Html {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// A value inside a message.
pub(crate) enum Value<'a> {
    /// Escaped before it is put in.
    Text(Cow<'a, str>),
    /// Chooses the plural form.
    Number(u64),
    /// Part of the page already, such as a date in words.
    Ready(Html),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<u64> for Value<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<Html> for Value<'_> {
    fn from(html: Html) -> Self {
        Self::Ready(html)
    }
}

/// Speaks one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text {
    /// The language spoken.
    pub(crate) language: Language,
}

impl Text {
    /// The message `key`.
    pub(crate) fn say(self, key: &str) -> Html {
        self.tell(key, Vec::new())
    }

    /// The message `key` with `values` put in.
    pub(crate) fn tell(self, key: &str, values: Vec<(&'static str, Value<'_>)>) -> Html {
        let arguments: HashMap<&'static str, FluentValue<'_>> =
            values.into_iter().map(|(name, value)| (name, fluent(value))).collect();
        let found = lookup(self.language, key, &arguments).or_else(|| lookup(Language::En, key, &arguments));
        // A key without a message cannot ship (a test holds every key against every locale), but a page must not
        // fail over it either.
        Html(found.unwrap_or_else(|| key.to_owned()))
    }
}

fn fluent(value: Value<'_>) -> FluentValue<'_> {
    match value {
        Value::Text(text) => FluentValue::from(escape(&text)),
        Value::Number(number) => FluentValue::from(number),
        Value::Ready(html) => FluentValue::from(html.0),
    }
}

fn lookup(
    language: Language,
    key: &str,
    arguments: &HashMap<&'static str, FluentValue<'_>>,
) -> Option<String> {
    static IDENTIFIERS: LazyLock<HashMap<Language, LanguageIdentifier>> = LazyLock::new(|| {
        Language::ALL
            .into_iter()
            .filter_map(|language| Some((language, language.tag().parse().ok()?)))
            .collect()
    });
    let identifier = IDENTIFIERS.get(&language)?;
    LOCALES.lookup_single_language(identifier, key, Some(arguments)).ok()
}

/// `text` with the five characters replaced that mean something in HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_bring_markup_into_a_page() {
        let text = Text { language: Language::En };
        let html = text.tell("here", vec![("place", "<b onclick='x'>\"&".into())]);
        assert!(html.as_str().contains("&lt;b onclick=&#39;x&#39;&gt;&quot;&amp;"), "{html}");
    }
}
