//! Finding a place by words: in any of its languages, with or without the Vietnamese marks.

use crate::guide::places::Place;

/// The longest search that is looked at, in characters; the rest is dropped.
pub(crate) const LONGEST: usize = 64;

/// A search in the form in which it is compared; `None` when nothing is left of it.
pub(crate) struct Search {
    words: Vec<String>,
}

impl Search {
    /// Reads what a visitor typed.
    pub(crate) fn new(typed: &str) -> Option<Self> {
        let folded: String = fold(&typed.chars().take(LONGEST).collect::<String>());
        let words: Vec<String> = folded
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        (!words.is_empty()).then_some(Self { words })
    }

    /// Whether every word stands in one of the place's texts at the beginning of a word (scripts without spaces:
    /// anywhere).
    pub(crate) fn finds(&self, place: &Place) -> bool {
        let text = place.searchable().map(fold).collect::<Vec<_>>().join(" ");
        self.words.iter().all(|word| {
            if word.is_ascii() {
                text.split(|c: char| !c.is_alphanumeric()).any(|of_place| of_place.starts_with(word.as_str()))
            } else {
                text.contains(word.as_str())
            }
        })
    }
}

/// Lower case without Vietnamese and French marks, so that "Pho co" finds "Phố cổ".
fn fold(text: &str) -> String {
    text.chars()
        .flat_map(char::to_lowercase)
        // Marks on their own: what some keyboards send for one letter with marks.
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c))
        .map(|c| match c {
            'à' | 'á' | 'ả' | 'ã' | 'ạ' | 'ă' | 'ằ' | 'ắ' | 'ẳ' | 'ẵ' | 'ặ' | 'â' | 'ầ' | 'ấ' | 'ẩ' | 'ẫ'
            | 'ậ' => 'a',
            'è' | 'é' | 'ẻ' | 'ẽ' | 'ẹ' | 'ê' | 'ề' | 'ế' | 'ể' | 'ễ' | 'ệ' | 'ë' => 'e',
            'ì' | 'í' | 'ỉ' | 'ĩ' | 'ị' | 'î' | 'ï' => 'i',
            'ò' | 'ó' | 'ỏ' | 'õ' | 'ọ' | 'ô' | 'ồ' | 'ố' | 'ổ' | 'ỗ' | 'ộ' | 'ơ' | 'ờ' | 'ớ' | 'ở' | 'ỡ'
            | 'ợ' => 'o',
            'ù' | 'ú' | 'ủ' | 'ũ' | 'ụ' | 'ư' | 'ừ' | 'ứ' | 'ử' | 'ữ' | 'ự' | 'û' => 'u',
            'ỳ' | 'ý' | 'ỷ' | 'ỹ' | 'ỵ' => 'y',
            'đ' => 'd',
            'ç' => 'c',
            '’' => '\'',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::places;

    fn found(typed: &str) -> Vec<&'static str> {
        let Some(search) = Search::new(typed) else { return Vec::new() };
        places::shown().iter().filter(|place| search.finds(place)).map(|place| place.id.as_str()).collect()
    }

    #[test]
    fn a_place_is_found_with_and_without_marks_and_in_other_languages() {
        // The last one has the same letters with separate marks.
        for typed in ["den ngoc son", "ĐỀN NGỌC SƠN", "đe\u{302}\u{300}n ngo\u{323}c"] {
            assert!(found(typed).contains(&"den-ngoc-son"), "{typed}");
        }
        assert!(found("museum").contains(&"bt-phu-nu"));
        assert!(found("玉山祠").contains(&"den-ngoc-son"));
        assert!(found("호안끼엠").contains(&"ho-hoan-kiem"));
    }

    #[test]
    fn a_word_is_matched_from_its_beginning_only() {
        assert!(!found("pho").is_empty());
        assert!(found("useum").is_empty());
    }

    #[test]
    fn what_is_no_word_finds_nothing() {
        for typed in ["", "   ", "<>", "%%%", "zzzzzz", "\u{0}"] {
            assert!(found(typed).is_empty(), "{typed:?}");
        }
        assert!(found(&"pho ".repeat(100_000)).len() > 1);
    }

    #[test]
    fn a_place_that_nobody_has_checked_is_not_found() {
        assert!(found("toilet").iter().all(|id| !id.starts_with("wc-")));
    }
}
