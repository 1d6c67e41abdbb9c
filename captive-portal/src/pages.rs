//! The pages, each a struct with a template of the same name, and what they say.

pub(crate) mod error;
pub(crate) mod guide;
pub(crate) mod law;
pub(crate) mod notice;
pub(crate) mod place;
pub(crate) mod row;
pub(crate) mod session;
pub(crate) mod splash;
pub(crate) mod wait;
pub(crate) mod walking;

use crate::backend::{Place, Words};
use crate::language::Language;
use crate::shell::Shell;
use crate::text::{Html, Value};

/// A link and what it says.
pub(crate) struct Link {
    pub(crate) href: String,
    pub(crate) says: Html,
}

impl Words {
    /// The name in `language`; the English one where operators do not write that language.
    pub(crate) fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Vi => &self.vi,
            Language::En => &self.en,
        }
    }
}

/// A sentence about the spot: `with_zone` when the zone has a name, else `plain`.
pub(crate) fn spot_sentence(shell: &Shell, place: &Place, plain: &str, with_zone: &str) -> Html {
    let name = ("place", Value::from(place.name.in_language(shell.language())));
    match &place.zone {
        Some(zone) => shell.tell(with_zone, vec![name, ("zone", zone.in_language(shell.language()).into())]),
        None => shell.tell(plain, vec![name]),
    }
}
