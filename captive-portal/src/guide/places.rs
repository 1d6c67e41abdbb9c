//! The places themselves: `content/places.json`, compiled in.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::guide::hours::{self, Hours};
use crate::language::Language;

/// A place that visitors may see.
#[derive(Debug)]
pub(crate) struct Place {
    /// Stands in the place's URL.
    pub(crate) id: String,
    /// Under which heading it is listed.
    pub(crate) kind: Kind,
    names: BTreeMap<String, String>,
    descriptions: BTreeMap<String, String>,
    /// Latitude, WGS 84 degrees.
    pub(crate) lat: f64,
    /// Longitude, WGS 84 degrees.
    pub(crate) lon: f64,
    /// When it is open, as far as known.
    pub(crate) hours: Hours,
}

/// The headings of the guide, in their order on the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Landmarks, squares, parks.
    Sights,
    /// Temples, pagodas, churches, the mosque.
    Worship,
    /// Museums and stages.
    Culture,
    /// Food streets and markets.
    Food,
    /// Hospitals, police, information, transport, toilets, cash.
    Help,
}

impl Kind {
    /// Every heading in its order.
    pub(crate) const ALL: [Self; 5] = [Self::Sights, Self::Worship, Self::Culture, Self::Food, Self::Help];

    /// Its word in URLs.
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Sights => "sights",
            Self::Worship => "temples",
            Self::Culture => "culture",
            Self::Food => "food",
            Self::Help => "help",
        }
    }

    /// The heading for a word of a URL.
    pub(crate) fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.slug() == slug)
    }

    /// Its icon.
    pub(crate) fn icon(self) -> &'static str {
        match self {
            Self::Sights => "tower",
            Self::Worship => "temple",
            Self::Culture => "show",
            Self::Food => "food",
            Self::Help => "cross",
        }
    }

    /// Key of its heading.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Sights => "kind-sights",
            Self::Worship => "kind-temples",
            Self::Culture => "kind-culture",
            Self::Food => "kind-food",
            Self::Help => "kind-help",
        }
    }

    /// Key of the link to all of its places.
    pub(crate) fn all_of_it(self) -> &'static str {
        match self {
            Self::Sights => "all-sights",
            Self::Worship => "all-temples",
            Self::Culture => "all-culture",
            Self::Food => "all-food",
            Self::Help => "all-help",
        }
    }
}

impl Place {
    /// Its name in `language`; the English one when that language has none.
    pub(crate) fn name(&self, language: Language) -> &str {
        in_language(&self.names, language)
    }

    /// What it is, in `language`; in English when that language has none.
    pub(crate) fn description(&self, language: Language) -> &str {
        in_language(&self.descriptions, language)
    }

    /// Its names in other languages, each with the tag for the `lang` attribute.
    pub(crate) fn other_names(&self, language: Language) -> Vec<(&str, &str)> {
        let own = self.name(language);
        let others = self.names.iter().filter(|(tag, name)| *tag != language.tag() && *name != own);
        // The data writes "zh" for zh-Hans.
        others
            .map(|(tag, name)| (if tag == "zh" { "zh-Hans" } else { tag.as_str() }, name.as_str()))
            .collect()
    }

    /// Everything a visitor may search it by.
    pub(crate) fn searchable(&self) -> impl Iterator<Item = &str> {
        self.names.values().chain(self.descriptions.values()).map(String::as_str)
    }
}

fn in_language(texts: &BTreeMap<String, String>, language: Language) -> &str {
    texts.get(language.tag()).or_else(|| texts.get(Language::En.tag())).map_or("", String::as_str)
}

/// The places that visitors may see: those nobody has yet checked on site (`verify`) stay out.
pub(crate) fn shown() -> &'static [Place] {
    static SHOWN: LazyLock<Vec<Place>> =
        LazyLock::new(|| read(CONTENT).expect("a test reads content/places.json"));
    &SHOWN
}

/// The place with this id, if visitors may see it.
pub(crate) fn by_id(id: &str) -> Option<&'static Place> {
    shown().iter().find(|place| place.id == id)
}

const CONTENT: &str = include_str!("../../content/places.json");

#[derive(Deserialize)]
struct Content {
    places: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    id: String,
    category: Category,
    names: BTreeMap<String, String>,
    lat: f64,
    lon: f64,
    description: BTreeMap<String, String>,
    opening_hours: Option<String>,
    #[serde(default)]
    verify: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Category {
    Atm,
    Church,
    FoodStreet,
    Hospital,
    InformationOffice,
    Landmark,
    Market,
    Mosque,
    Museum,
    Park,
    PoliceHelp,
    Temple,
    Theatre,
    Toilet,
    Transport,
}

impl Category {
    fn kind(self) -> Kind {
        match self {
            Self::Landmark | Self::Park => Kind::Sights,
            Self::Church | Self::Mosque | Self::Temple => Kind::Worship,
            Self::Museum | Self::Theatre => Kind::Culture,
            Self::FoodStreet | Self::Market => Kind::Food,
            Self::Atm
            | Self::Hospital
            | Self::InformationOffice
            | Self::PoliceHelp
            | Self::Toilet
            | Self::Transport => Kind::Help,
        }
    }
}

/// Why the content cannot be used.
#[derive(Debug, thiserror::Error)]
enum ContentError {
    /// Not the shape this reader knows.
    #[error("content/places.json does not have the expected shape")]
    Shape(#[source] serde_json::Error),
    /// Hours in a form that nothing here understands.
    #[error("the opening hours of {id} are in a form that hours.rs does not read; write them in one it does")]
    Hours {
        id: String,
        #[source]
        source: hours::UnknownForm,
    },
}

fn read(content: &str) -> Result<Vec<Place>, ContentError> {
    let content: Content = serde_json::from_str(content).map_err(ContentError::Shape)?;
    content.places.into_iter().filter(|entry| !entry.verify).map(place).collect()
}

fn place(entry: Entry) -> Result<Place, ContentError> {
    let hours = entry.opening_hours.as_deref().map_or(Ok(Hours::Unknown), hours::parse);
    let hours = hours.map_err(|source| ContentError::Hours { id: entry.id.clone(), source })?;
    Ok(Place {
        id: entry.id,
        kind: entry.category.kind(),
        names: entry.names,
        descriptions: entry.description,
        lat: entry.lat,
        lon: entry.lon,
        hours,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::guide::map;

    fn all() -> Content {
        serde_json::from_str(CONTENT).unwrap()
    }

    #[test]
    fn the_seventy_places_are_there_with_both_languages_and_unlike_ids() {
        let content = all();
        assert_eq!(content.places.len(), 70);
        let ids: HashSet<_> = content.places.iter().map(|place| place.id.as_str()).collect();
        assert_eq!(ids.len(), 70);
        for place in &content.places {
            assert!(place.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            for language in ["vi", "en"] {
                assert!(!place.names[language].is_empty(), "{}", place.id);
                assert!(!place.description[language].is_empty(), "{}", place.id);
            }
        }
    }

    #[test]
    fn every_place_lies_within_two_kilometres_of_the_lake() {
        for place in all().places {
            let metres = map::metres_from_shore(place.lat, place.lon);
            assert!(metres < 2_000.0, "{} is {metres} m away", place.id);
        }
    }

    #[test]
    fn the_hours_of_every_place_are_in_a_form_that_is_read() {
        for place in all().places {
            let hours = place.opening_hours.as_deref().map_or(Ok(Hours::Unknown), hours::parse);
            assert!(hours.is_ok(), "{}: {:?}", place.id, place.opening_hours);
        }
    }

    #[test]
    fn places_that_nobody_has_checked_are_not_shown() {
        let unchecked: Vec<_> = all().places.into_iter().filter(|place| place.verify).collect();
        assert_eq!(unchecked.len(), 10);
        assert_eq!(shown().len(), 60);
        for place in unchecked {
            assert!(by_id(&place.id).is_none(), "{}", place.id);
        }
        assert!(by_id("den-ngoc-son").is_some());
    }

    #[test]
    fn every_heading_has_places() {
        for kind in Kind::ALL {
            assert!(shown().iter().any(|place| place.kind == kind), "{kind:?}");
            assert_eq!(Kind::from_slug(kind.slug()), Some(kind));
        }
    }
}
