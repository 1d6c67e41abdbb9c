//! One key after the other out of a TOML table, with every fault kept until the end.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::ConfigError;

/// An unknown key within this many letters of a known one is taken for a slip of the pen.
const NEAREST_LETTERS: usize = 3;
/// Linux interface names are shorter than IFNAMSIZ (16, the ending NUL included).
const INTERFACE_LETTERS: usize = 15;

/// The keys of a file, flattened (`metrics.listen`), and what was asked of them.
pub(super) struct Fields {
    found: Vec<(String, toml::Value)>,
    asked: Vec<&'static str>,
    faults: Vec<String>,
}

impl Fields {
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).map_or(1, |before| before.matches('\n').count() + 1);
            let reason = error.message().lines().collect::<Vec<_>>().join(", ");
            ConfigError::Toml { line, reason }
        })?;
        let mut found = Vec::new();
        flatten("", table, &mut found);
        Ok(Self { found, asked: Vec::new(), faults: Vec::new() })
    }

    pub(super) fn fault(&mut self, sentence: String) {
        self.faults.push(sentence);
    }

    fn take<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl Fn(&toml::Value) -> Option<T>,
    ) -> Option<T> {
        self.asked.push(key);
        let (_, value) = self.found.iter().find(|(name, _)| name == key)?;
        let read = read(value);
        if read.is_none() {
            self.faults.push(format!("{key} is {value}: write {expected}"));
        }
        read
    }

    pub(super) fn folder(&mut self, key: &'static str, default: PathBuf) -> PathBuf {
        let path = |value: &toml::Value| {
            value
                .as_str()
                .filter(|text| !text.is_empty() && !text.contains(char::is_control))
                .map(PathBuf::from)
        };
        self.take(key, "the path of a folder", path).unwrap_or(default)
    }

    pub(super) fn interface(&mut self, key: &'static str, default: String) -> String {
        let name = |value: &toml::Value| value.as_str().filter(|name| is_interface(name)).map(str::to_owned);
        self.take(key, "the name of a network interface", name).unwrap_or(default)
    }

    pub(super) fn port(&mut self, key: &'static str, default: u16) -> u16 {
        let port = |value: &toml::Value| value.as_integer().and_then(|port| u16::try_from(port).ok());
        self.take(key, "a port from 0 to 65535", port).unwrap_or(default)
    }

    pub(super) fn address(&mut self, key: &'static str, default: SocketAddr) -> SocketAddr {
        let address = |value: &toml::Value| value.as_str().and_then(|text| text.parse().ok());
        self.take(key, "an address with port, as 127.0.0.1:9465", address).unwrap_or(default)
    }

    pub(super) fn url(&mut self, key: &'static str) -> Option<String> {
        self.take(key, "https://NAME:PORT without a path", |value| value.as_str().and_then(agents_url))
    }

    pub(super) fn finish(mut self) -> Result<(), ConfigError> {
        for (key, _) in &self.found {
            if !self.asked.contains(&key.as_str()) {
                let advice = nearest(key, &self.asked)
                    .map_or_else(|| "remove it".to_owned(), |near| format!("did you mean {near}?"));
                self.faults.push(format!("unknown configuration key {key}: {advice}"));
            }
        }
        if self.faults.is_empty() { Ok(()) } else { Err(ConfigError::Keys(self.faults)) }
    }
}

/// `text` as the URL of the agents' listener, without a trailing slash: `https`, a host, perhaps a port, no more.
pub(super) fn agents_url(text: &str) -> Option<String> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let uri: http::Uri = url.parse().ok()?;
    let authority = uri.authority()?;
    let plain = uri.scheme_str() == Some("https")
        && !authority.host().is_empty()
        && !authority.as_str().contains('@')
        && !authority.as_str().ends_with(':')
        && (authority.port().is_none() || authority.port_u16().is_some())
        && uri.path_and_query().is_none_or(|path| path.as_str() == "/");
    plain.then(|| url.to_owned())
}

pub(super) fn url_fault(key: &str, url: &str) -> String {
    format!("{key} is {url:?}: write https://NAME:PORT without a path")
}

fn is_interface(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= INTERFACE_LETTERS
        && name != "."
        && name != ".."
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'@'))
}

fn flatten(prefix: &str, table: toml::Table, found: &mut Vec<(String, toml::Value)>) {
    for (name, value) in table {
        let key = if prefix.is_empty() { name } else { format!("{prefix}.{name}") };
        if let toml::Value::Table(inner) = value {
            flatten(&key, inner, found);
        } else {
            found.push((key, value));
        }
    }
}

fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let (distance, near) = known.iter().map(|name| (strsim::damerau_levenshtein(key, name), *name)).min()?;
    let same_name = known.iter().find(|name| name.rsplit('.').next() == key.rsplit('.').next());
    if distance <= NEAREST_LETTERS { Some(near) } else { same_name.copied() }
}
