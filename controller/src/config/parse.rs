//! Turns one setting into one value; the error says what is allowed.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;

/// A setting before it has a meaning. The environment knows texts only.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A list of texts.
    List(Vec<String>),
    /// Anything else, as it was written.
    Other(String),
}

impl Raw {
    /// The leaf `value` is, or `None` for a table.
    pub fn of(value: &toml::Value) -> Option<Self> {
        match value {
            toml::Value::String(text) => Some(Self::Text(text.clone())),
            toml::Value::Integer(number) => Some(Self::Whole(*number)),
            toml::Value::Array(items) => {
                let texts: Option<Vec<String>> =
                    items.iter().map(|item| item.as_str().map(str::to_owned)).collect();
                Some(texts.map_or_else(|| Self::Other(value.to_string()), Self::List))
            }
            toml::Value::Table(_) => None,
            toml::Value::Float(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => {
                Some(Self::Other(value.to_string()))
            }
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(out, "{text:?}"),
            Self::Whole(number) => write!(out, "{number}"),
            Self::List(items) => write!(out, "{items:?}"),
            Self::Other(text) => out.write_str(text),
        }
    }
}

/// A text that is not empty.
pub fn text(raw: &Raw) -> Result<String, String> {
    match raw {
        Raw::Text(text) if !text.trim().is_empty() => Ok(text.clone()),
        Raw::Text(_) | Raw::Whole(_) | Raw::List(_) | Raw::Other(_) => {
            Err("a text that is not empty is allowed".to_owned())
        }
    }
}

/// A whole number within `range`.
pub fn whole(raw: &Raw, range: RangeInclusive<u32>) -> Result<u32, String> {
    let number = match raw {
        Raw::Whole(number) => Some(*number),
        Raw::Text(text) => text.trim().parse::<i64>().ok(),
        Raw::List(_) | Raw::Other(_) => None,
    };
    number
        .and_then(|number| u32::try_from(number).ok())
        .filter(|number| range.contains(number))
        .ok_or_else(|| format!("a whole number from {} to {} is allowed", range.start(), range.end()))
}

/// A part of a whole: more than 0, at most 1.
pub fn share(raw: &Raw) -> Result<f64, String> {
    let number = match raw {
        Raw::Whole(number) => Some(*number as f64),
        Raw::Text(text) | Raw::Other(text) => text.trim().parse::<f64>().ok(),
        Raw::List(_) => None,
    };
    number
        .filter(|share| *share > 0.0 && *share <= 1.0)
        .ok_or_else(|| "a number above 0 and up to 1 is allowed, such as 0.8".to_owned())
}

/// Several texts: a list, or one text with commas.
pub fn list(raw: &Raw) -> Result<Vec<String>, String> {
    match raw {
        Raw::List(items) => Ok(items.clone()),
        Raw::Text(text) => {
            Ok(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect())
        }
        Raw::Whole(_) | Raw::Other(_) => Err("a list of texts is allowed".to_owned()),
    }
}

/// IP addresses.
pub fn addresses(raw: &Raw) -> Result<Vec<IpAddr>, String> {
    let allowed = "a list of IPv4 and IPv6 addresses is allowed, such as [\"192.0.2.1\", \"2001:db8::1\"]";
    let items = list(raw).map_err(|_| allowed.to_owned())?;
    items.iter().map(|item| item.parse().map_err(|_| allowed.to_owned())).collect()
}

/// An address with a port.
pub fn socket(raw: &Raw) -> Result<SocketAddr, String> {
    text(raw)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| "an IP address with a port is allowed, such as 0.0.0.0:8443 or [::]:8443".to_owned())
}

/// A path.
pub fn path(raw: &Raw) -> Result<PathBuf, String> {
    text(raw).map(PathBuf::from).map_err(|_| "a path is allowed".to_owned())
}

/// The path of a file that is there.
pub fn existing_file(raw: &Raw) -> Result<PathBuf, String> {
    path(raw)
        .ok()
        .filter(|path| path.is_file())
        .ok_or_else(|| "the path of an existing file is allowed".to_owned())
}

/// The URL of a database this controller can use.
pub fn store_url(raw: &Raw) -> Result<String, String> {
    text(raw)
        .ok()
        .filter(|url| url.strip_prefix("sqlite:").is_some_and(|path| !path.is_empty()))
        .ok_or_else(|| "sqlite:PATH is allowed (this version has no PostgreSQL)".to_owned())
}

/// The name of a time zone.
pub fn timezone(raw: &Raw) -> Result<jiff::tz::TimeZone, String> {
    text(raw)
        .ok()
        .and_then(|name| jiff::tz::TimeZone::get(name.trim()).ok())
        .ok_or_else(|| "the name of a time zone is allowed, such as Asia/Ho_Chi_Minh".to_owned())
}

/// An `https://` URL of a host, without path; a trailing slash is dropped.
pub fn https_url(raw: &Raw) -> Result<String, String> {
    url_of(raw, &["https"])
        .ok_or_else(|| "https://NAME or https://NAME:PORT is allowed, without a path".to_owned())
}

/// The operators' URL: `http` is allowed on loopback only.
pub fn admin_url(raw: &Raw) -> Result<String, String> {
    url_of(raw, &["https", "http"])
        .filter(|url| url.starts_with("https:") || host_of(url).is_some_and(|host| is_loopback(&host)))
        .ok_or_else(|| "https://NAME is allowed (http:// on this machine only), without a path".to_owned())
}

/// The host of a URL that [`https_url`] or [`admin_url`] has accepted.
pub fn host_of(url: &str) -> Option<String> {
    let uri: http::Uri = url.parse().ok()?;
    uri.host().map(|host| host.trim_matches(['[', ']']).to_ascii_lowercase())
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn url_of(raw: &Raw, schemes: &[&str]) -> Option<String> {
    let url = text(raw).ok()?.trim().trim_end_matches('/').to_owned();
    let uri: http::Uri = url.parse().ok()?;
    let scheme = uri.scheme_str().is_some_and(|scheme| schemes.contains(&scheme));
    let host = uri.host().is_some_and(|host| !host.is_empty());
    let plain = uri.path() == "/" && uri.query().is_none() && !url.contains(['@', '#']);
    (scheme && host && plain).then_some(url)
}
