//! Which country an address belongs to, from a MaxMind DB file (`geo.country_db`): for operators' sign-ins, never for
//! visitors, whose addresses are private and say nothing.

#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::path::Path;

use maxminddb::{MaxMindDbError, PathElement, Reader, WithinOptions};

/// Networks that are looked at to tell a database of countries from one of another kind.
const SAMPLE: usize = 1000;
/// The largest file that is read, in bytes.
const MOST_BYTES: u64 = 512 * 1024 * 1024;

/// What is known of an address's country.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Country {
    /// ISO 3166-1 code, two capital letters.
    Known(String),
    /// An address of a private network, of a link or of this machine: it has no country.
    Private,
    /// The database does not know it.
    Unknown,
    /// There is no database.
    NoDatabase,
}

impl Country {
    /// As a stored session keeps it.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        match self {
            Self::Known(code) => Some(code.clone()),
            Self::Private => Some("private".to_owned()),
            Self::Unknown => Some("unknown".to_owned()),
            Self::NoDatabase => None,
        }
    }

    /// What a stored session says.
    #[must_use]
    pub fn from_stored(stored: Option<&str>) -> Self {
        match stored {
            None => Self::NoDatabase,
            Some("private") => Self::Private,
            Some("unknown") => Self::Unknown,
            Some(code) => Self::Known(code.to_owned()),
        }
    }

    /// The code, if it is known.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Known(code) => Some(code),
            Self::Private | Self::Unknown | Self::NoDatabase => None,
        }
    }

    /// Why there is no code, in words.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Known(_) => None,
            Self::Private => Some("private network"),
            Self::Unknown => Some("not in the country database"),
            Self::NoDatabase => Some("no country database"),
        }
    }
}

/// The database, if there is one that can be used.
pub struct Countries {
    database: Option<Reader<Vec<u8>>>,
    problem: Option<String>,
}

impl Countries {
    /// Opens the file that the configuration names. One that cannot be used is no reason not to serve: the problem is
    /// kept and every country is unknown for want of a database.
    #[must_use]
    pub fn open(file: Option<&Path>) -> Self {
        let Some(file) = file else { return Self { database: None, problem: None } };
        match read(file) {
            Ok(database) => Self { database: Some(database), problem: None },
            Err(reason) => {
                let problem = format!(
                    "geo.country_db = {} cannot be used: {reason}; sign-ins are kept without their country",
                    file.display()
                );
                Self { database: None, problem: Some(problem) }
            }
        }
    }

    /// Why the database that the configuration names is not used, in one sentence.
    #[must_use]
    pub fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether there is a database.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.database.is_some()
    }

    /// The country of an address.
    #[must_use]
    pub fn of(&self, address: IpAddr) -> Country {
        let address = address.to_canonical();
        if is_private(address) {
            return Country::Private;
        }
        let Some(database) = &self.database else { return Country::NoDatabase };
        code(database, address).map_or(Country::Unknown, Country::Known)
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(own) => {
            let shared = own.octets()[0] == 100 && own.octets()[1] & 0xc0 == 64;
            own.is_private() || own.is_loopback() || own.is_link_local() || own.is_unspecified() || shared
        }
        IpAddr::V6(own) => {
            own.is_loopback() || own.is_unspecified() || own.is_unique_local() || own.is_unicast_link_local()
        }
    }
}

fn read(file: &Path) -> Result<Reader<Vec<u8>>, String> {
    let size = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if size > MOST_BYTES {
        return Err(format!("it has {size} bytes, more than a country database has"));
    }
    let database = Reader::open_readfile(file)
        .map_err(|error| format!("it is no whole MaxMind DB file ({error}); download it again"))?;
    if knows_countries(&database).map_err(|error| format!("it is damaged ({error}); download it again"))? {
        Ok(database)
    } else {
        Err(format!(
            "it is a database of another kind ({:?}), not of countries",
            database.metadata().database_type
        ))
    }
}

/// Whether one of the first networks has a code. (The crate's own check refuses databases that lack a description.)
fn knows_countries(database: &Reader<Vec<u8>>) -> Result<bool, MaxMindDbError> {
    for found in database.networks(WithinOptions::default())?.take(SAMPLE) {
        let found = found?;
        for path in shapes() {
            if found.decode_path::<String>(path)?.is_some() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Where databases keep the code: `country_code` at the top, or `iso_code` in `country`.
fn shapes() -> [&'static [PathElement<'static>]; 2] {
    const FLAT: &[PathElement<'static>] = &[PathElement::Key("country_code")];
    const NESTED: &[PathElement<'static>] = &[PathElement::Key("country"), PathElement::Key("iso_code")];
    [FLAT, NESTED]
}

fn code(database: &Reader<Vec<u8>>, address: IpAddr) -> Option<String> {
    let found = database.lookup(address).ok()?;
    let code = shapes().iter().find_map(|path| found.decode_path::<String>(path).ok().flatten())?;
    (code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_alphabetic()))
        .then(|| code.to_ascii_uppercase())
}
