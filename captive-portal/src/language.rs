//! The languages of the pages, and which of them a visitor gets.

/// A language that every page speaks. Adding one: README, "To add a language".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    /// Tiếng Việt.
    Vi,
    /// English; also for a language we do not speak.
    En,
}

impl Language {
    /// Every language, likeliest first: the order of the links at the end of a page.
    pub(crate) const ALL: [Self; 2] = [Self::Vi, Self::En];

    /// BCP 47 tag: the `lang` attribute, the value of `?lang=`, the folder in `locales/`.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }

    /// The language's name in itself.
    pub(crate) fn own_name(self) -> &'static str {
        match self {
            Self::Vi => "Tiếng Việt",
            Self::En => "English",
        }
    }

    /// What stands between whole number and fraction.
    pub(crate) fn decimal_mark(self) -> char {
        match self {
            Self::Vi => ',',
            Self::En => '.',
        }
    }

    /// The language for a tag such as `vi`, `vi-VN` or `EN-gb`.
    pub(crate) fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The best language for an Accept-Language header (RFC 9110 section 12.5.4). Higher q first, then earlier first;
    /// `q=0` means "not this one"; English when nothing fits.
    pub(crate) fn negotiate(accept: &str) -> Self {
        let mut best: Option<(u16, Self)> = None;
        // A header names a few languages; a longer list is somebody's joke.
        for range in accept.split(',').take(32) {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let Some(quality) = quality_thousandths(parts) else { continue };
            let Some(language) = Self::from_tag(tag) else { continue };
            if quality > 0 && best.is_none_or(|(best_quality, _)| quality > best_quality) {
                best = Some((quality, language));
            }
        }
        best.map_or(Self::En, |(_, language)| language)
    }
}

/// The q-value among a range's parameters in thousandths: 1000 without one, `None` when it is not one (RFC 9110
/// section 12.4.2).
pub(crate) fn quality_thousandths<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    for parameter in parameters {
        let Some((name, value)) = parameter.split_once('=') else { continue };
        if !name.trim().eq_ignore_ascii_case("q") {
            continue;
        }
        let value = value.trim();
        let plain = value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let quality: f32 = if plain { value.parse().ok()? } else { return None };
        return (0.0..=1.0).contains(&quality).then_some((quality * 1000.0).round() as u16);
    }
    Some(1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_the_header_wins_by_quality_then_by_order() {
        let cases = [
            ("vi", Language::Vi),
            ("vi-VN,vi;q=0.9,en-US;q=0.6,en;q=0.5", Language::Vi),
            ("en-GB, vi;q=0.8", Language::En),
            ("en;q=0.3, vi;q=0.7", Language::Vi),
            ("ko-KR, ko;q=0.9, vi;q=0.2", Language::Vi),
            ("EN-us", Language::En),
            ("vi;q=0.5, en;q=0.5", Language::Vi),
            ("en ; q = 0.2 , VI ; q=1.000", Language::Vi),
        ];
        for (header, language) in cases {
            assert_eq!(Language::negotiate(header), language, "{header}");
        }
    }

    #[test]
    fn a_header_without_a_language_of_ours_gets_english() {
        for header in
            ["", "*", "ko", "zh-Hant;q=0.9", "vi;q=0", "vi;q=nan", "vi;q=7", ";;;,,,", "v\u{0}i", "vi;q=-1"]
        {
            assert_eq!(Language::negotiate(header), Language::En, "{header}");
        }
    }

    #[test]
    fn a_range_refused_with_q_0_is_not_chosen_although_it_is_first() {
        assert_eq!(Language::negotiate("en;q=0, vi;q=0.1"), Language::Vi);
    }
}
