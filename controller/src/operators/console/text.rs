//! What the console says: messages of `locales/`, with values put in that cannot bring markup along.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use askama::filters::HtmlSafe;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, static_loader};

use super::language::Language;
use super::view::Untrusted;

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "en",
        // Both languages run one way: direction marks around values would only show as boxes.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

/// Text that is ready for a page; templates print it as it is.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Html(String);

impl Html {
    /// Takes markup that the console made itself.
    pub(super) fn ours(markup: String) -> Self {
        Self(markup)
    }

    /// Whether there is nothing in it.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes text, which is escaped.
    pub(super) fn text(text: &str) -> Self {
        Self(escape(text))
    }
}

impl fmt::Display for Html {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}

/// A value inside a message.
pub(super) enum Value<'a> {
    /// Escaped before it is put in.
    Text(Cow<'a, str>),
    /// Chooses the plural form; put in as it is, so only for small numbers.
    Number(u64),
    /// Part of a page already.
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

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Self::Number(u64::from(number))
    }
}

impl From<Html> for Value<'_> {
    fn from(html: Html) -> Self {
        Self::Ready(html)
    }
}

/// The message `key` with `values` put in.
pub(super) fn tell(language: Language, key: &str, values: Vec<(&'static str, Value<'_>)>) -> Html {
    let fluent = |value| match value {
        Value::Text(text) => FluentValue::from(escape(&text)),
        Value::Number(number) => FluentValue::from(number),
        Value::Ready(html) => FluentValue::from(html.0),
    };
    let arguments: HashMap<&'static str, FluentValue<'_>> =
        values.into_iter().map(|(name, value)| (name, fluent(value))).collect();
    let found = identifier(language)
        .and_then(|tag| LOCALES.lookup_single_language(tag, key, Some(&arguments)).ok())
        .filter(|said: &String| !said.is_empty());
    // A test holds every key against every locale; a page must not fail over one all the same.
    Html(found.unwrap_or_else(|| escape(key)))
}

fn identifier(language: Language) -> Option<&'static LanguageIdentifier> {
    static TAGS: LazyLock<Vec<(Language, LanguageIdentifier)>> = LazyLock::new(|| {
        Language::ALL
            .into_iter()
            .filter_map(|language| Some((language, language.tag().parse().ok()?)))
            .collect()
    });
    TAGS.iter().find(|(known, _)| *known == language).map(|(_, tag)| tag)
}

/// `text` with the five characters replaced that mean something in HTML.
pub(super) fn escape(text: &str) -> String {
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

/// A name from the air as a page shows it: what cannot be seen is written out and marked, the rest is escaped. Long
/// names end in an ellipsis.
pub(super) fn visible(bytes: &Untrusted) -> Html {
    const MOST_CHARACTERS: usize = 64;
    let (mut out, mut count) = (String::new(), 0);
    for chunk in bytes.0.utf8_chunks() {
        for character in chunk.valid().chars() {
            if count >= MOST_CHARACTERS {
                return Html(out + "…");
            }
            count += 1;
            if hidden(character) {
                out.push_str(&mark(&format!("U+{:04X}", u32::from(character))));
            } else {
                out.push_str(&escape(character.encode_utf8(&mut [0; 4])));
            }
        }
        for byte in chunk.invalid() {
            if count >= MOST_CHARACTERS {
                return Html(out + "…");
            }
            count += 1;
            out.push_str(&mark(&format!("{byte:02X}")));
        }
    }
    Html(out)
}

fn mark(what: &str) -> String {
    format!("<span class=\"odd\">{what}</span>")
}

/// Whether a character has no shape of its own or changes the order of those around it.
fn hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
                | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_the_air_shows_what_cannot_be_seen_and_is_never_markup() {
        let shown = |bytes: &[u8]| visible(&Untrusted(bytes.to_vec())).to_string();
        assert_eq!(shown(b"<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
        assert_eq!(shown(b"a\0b"), "a<span class=\"odd\">U+0000</span>b");
        assert_eq!(shown(b"a\xff\xfe"), "a<span class=\"odd\">FF</span><span class=\"odd\">FE</span>");
        assert_eq!(shown("x\u{202e}y".as_bytes()), "x<span class=\"odd\">U+202E</span>y");
        assert_eq!(shown("Hồ Gươm".as_bytes()), "Hồ Gươm");
        assert_eq!(shown(&[b'a'; 300]), "a".repeat(64) + "…");
        assert_eq!(shown(&[0xff; 300]).matches("odd").count(), 64);
    }

    #[test]
    fn a_value_cannot_bring_markup_into_a_message() {
        let said = tell(Language::En, "crumb-here", vec![("name", "<b>&".into())]);
        assert!(said.to_string().contains("&lt;b&gt;&amp;"), "{said}");
    }
}
