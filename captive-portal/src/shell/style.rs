//! The styles of `styles/`: every kind of page has one, put together from shared parts.

use std::sync::LazyLock;

/// The kinds of pages that look unlike each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The first page.
    Splash,
    /// Online.
    Session,
    /// Waiting, refused, elsewhere, errors.
    Wait,
    /// The guide.
    Guide,
    /// One place of the guide.
    Place,
    /// Terms and privacy.
    Law,
}

macro_rules! look {
    ($($part:literal),+) => {{
        static CSS: LazyLock<String> =
            LazyLock::new(|| small(concat!($(include_str!(concat!("../../styles/", $part, ".css"))),+)));
        CSS.as_str()
    }};
}

impl Look {
    /// The style of this kind of page.
    pub(crate) fn css(self) -> &'static str {
        match self {
            Self::Splash => look!("tokens", "base", "scene", "splash"),
            Self::Session => look!("tokens", "base", "scene", "session"),
            Self::Wait => look!("tokens", "base", "flat", "map", "wait"),
            Self::Guide => look!("tokens", "base", "flat", "map", "guide"),
            Self::Place => look!("tokens", "base", "flat", "map", "place"),
            Self::Law => look!("tokens", "base", "flat", "law"),
        }
    }
}

/// Without comments and line ends.
fn small(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, comment)) = rest.split_once("/*") {
        out.push_str(before);
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out.push_str(rest);
    out.replace('\n', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_line_ends_do_not_travel() {
        assert_eq!(small("/* a */\nb{c:d}\n/* e */f{g:h}\n"), "b{c:d}f{g:h}");
    }

    #[test]
    fn no_style_calls_for_another_file() {
        let looks = [Look::Splash, Look::Session, Look::Wait, Look::Guide, Look::Place, Look::Law];
        for css in looks.map(Look::css) {
            assert!(!css.contains("url(") && !css.contains("@import") && !css.contains('<'));
            assert_eq!(css.matches('{').count(), css.matches('}').count());
        }
    }
}
