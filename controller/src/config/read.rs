//! Layers file and environment into one flat table and hands its keys out one by one, collecting every fault.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::parse::Raw;

const ENV_PREFIX: &str = "HOTSPOT__";
/// Names that differ in more letters than this are not offered as what was meant.
const NEAREST_LETTERS: usize = 4;

/// One thing that is wrong, as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault(pub String);

/// Why there is no configuration: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// Every fault, in the order of the keys.
    pub faults: Vec<Fault>,
}

impl ConfigError {
    pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let reason = if error.kind() == std::io::ErrorKind::NotFound {
            "it does not exist; check --config".to_owned()
        } else if error.kind() == std::io::ErrorKind::InvalidData {
            "it is not UTF-8; save it as UTF-8".to_owned()
        } else {
            format!("{error}; check --config")
        };
        Self::of(format!("the configuration {} cannot be read: {reason}", path.display()))
    }

    fn of(sentence: String) -> Self {
        Self { faults: vec![Fault(sentence)] }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sentences: Vec<&str> = self.faults.iter().map(|fault| fault.0.as_str()).collect();
        out.write_str(&sentences.join("\n"))
    }
}

impl std::error::Error for ConfigError {}

struct Found {
    raw: Raw,
    /// The variable's name, when the value comes from the environment.
    variable: Option<String>,
}

/// The settings as found, and what was asked of them.
pub struct Reader {
    found: BTreeMap<String, Found>,
    asked: Vec<&'static str>,
    faults: Vec<Fault>,
    folder: PathBuf,
}

impl Reader {
    /// Layers the environment over the file's text.
    ///
    /// # Errors
    /// [`ConfigError`] when the text is no TOML.
    pub fn new(
        file: Option<&Path>,
        text: Option<&str>,
        environment: impl Iterator<Item = (OsString, OsString)>,
    ) -> Result<Self, ConfigError> {
        let mut found = BTreeMap::new();
        if let Some(text) = text {
            let table: toml::Table = text.parse().map_err(|error| not_toml(file, text, &error))?;
            flatten("", &table, &mut found);
        }
        let mut faults = Vec::new();
        for (name, value) in environment {
            let Some(name) = name.to_str() else { continue };
            let Some(path) = name.strip_prefix(ENV_PREFIX) else { continue };
            let key = path.replace("__", ".").to_lowercase();
            match value.into_string() {
                Ok(text) => {
                    found.insert(key, Found { raw: Raw::Text(text), variable: Some(name.to_owned()) });
                }
                Err(_) => faults.push(Fault(format!("the variable {name} is no UTF-8 text: set it again"))),
            }
        }
        let folder = file.and_then(Path::parent).unwrap_or(Path::new("")).to_path_buf();
        Ok(Self { found, asked: Vec::new(), faults, folder })
    }

    /// The value of `key`, or `default` when it is not set or impossible (a fault is noted then).
    pub fn take<T>(&mut self, key: &'static str, default: T, parse: impl Fn(&Raw) -> Result<T, String>) -> T {
        self.optional(key, parse).unwrap_or(default)
    }

    /// The value of `key` if it is set and possible.
    pub fn optional<T>(&mut self, key: &'static str, parse: impl Fn(&Raw) -> Result<T, String>) -> Option<T> {
        self.asked.push(key);
        let found = self.found.get(key)?;
        match parse(&found.raw) {
            Ok(value) => Some(value),
            Err(allowed) => {
                let place = found
                    .variable
                    .as_ref()
                    .map_or(String::new(), |name| format!(" (from the variable {name})"));
                self.faults.push(Fault(format!("{key} = {}{place} is not possible: {allowed}", found.raw)));
                None
            }
        }
    }

    /// A path; one that the file gives is relative to the file's folder.
    pub fn path(&mut self, key: &'static str, default: &str) -> PathBuf {
        let from_file = self.found.get(key).is_some_and(|found| found.variable.is_none());
        let path = self.take(key, PathBuf::from(default), super::parse::path);
        if from_file { self.folder.join(path) } else { path }
    }

    /// As [`Reader::path`], for a key that may be absent.
    pub fn optional_path(&mut self, key: &'static str) -> Option<PathBuf> {
        self.found.contains_key(key).then(|| self.path(key, ""))
    }

    /// Declares a key known without reading it here.
    pub fn know(&mut self, key: &'static str) {
        self.asked.push(key);
    }

    /// Notes a fault that concerns several keys.
    pub fn fault(&mut self, sentence: String) {
        self.faults.push(Fault(sentence));
    }

    /// Notes a fault for every two listeners with one address.
    pub fn distinct_listeners(&mut self, listeners: &[(&str, SocketAddr)]) {
        for (index, (key, address)) in listeners.iter().enumerate() {
            for (other, same) in listeners.iter().skip(index + 1) {
                if address.port() != 0 && address == same {
                    self.fault(format!("{key} and {other} are both {address}: give each its own port"));
                }
            }
        }
    }

    /// Ends the reading: names every key nobody asked for.
    ///
    /// # Errors
    /// [`ConfigError`] when anything was wrong.
    pub fn finish(mut self) -> Result<(), ConfigError> {
        for (key, found) in &self.found {
            if !self.asked.contains(&key.as_str()) {
                let name = found.variable.as_deref().unwrap_or(key);
                let near = nearest(key, &self.asked)
                    .map_or_else(|| "remove it".to_owned(), |near| format!("did you mean {near}?"));
                self.faults.push(Fault(format!("unknown configuration key {name}: {near}")));
            }
        }
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError { faults: self.faults }) }
    }
}

fn flatten(prefix: &str, table: &toml::Table, found: &mut BTreeMap<String, Found>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        match Raw::of(value) {
            Some(raw) => {
                found.insert(key, Found { raw, variable: None });
            }
            None => {
                if let Some(inner) = value.as_table() {
                    flatten(&key, inner, found);
                }
            }
        }
    }
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|name| (strsim::damerau_levenshtein(key, name), *name)).min()?;
    let same_name = known.iter().find(|name| name.rsplit('.').next() == key.rsplit('.').next());
    if distance <= NEAREST_LETTERS { Some(near) } else { same_name.copied() }
}

fn not_toml(file: Option<&Path>, text: &str, error: &toml::de::Error) -> ConfigError {
    let name = file.map_or_else(String::new, |path| path.display().to_string());
    let start = error.span().map_or(0, |span| span.start);
    let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
    let reason = error.message().lines().collect::<Vec<_>>().join(", ");
    ConfigError::of(format!(
        "the configuration {name} is no TOML at line {line}: {reason}; correct that line"
    ))
}
