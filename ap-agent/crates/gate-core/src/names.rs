//! Names that go into the kernel: interfaces and MACs, valid once they exist.

use std::fmt;

/// Why text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not an interface name the kernel and nft take without quoting trouble.
    #[error("{0:?} is no interface name: 1 to 15 letters, digits, dots, dashes or underscores")]
    Interface(String),
    /// Not six bytes in hexadecimal.
    #[error("{0:?} is no MAC: write it as 02:00:00:00:00:01")]
    Mac(String),
}

/// Name of a network interface: 1 to 15 bytes of `[A-Za-z0-9._-]`, so that it can stand in any rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface(String);

impl Interface {
    /// Checks a name.
    ///
    /// # Errors
    /// [`NameError::Interface`] when it is longer than 15 bytes, empty, or has other bytes.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        if (1..=15).contains(&name.len()) && name.bytes().all(fine) && name != "." && name != ".." {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError::Interface(name.to_owned()))
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A device's MAC address. It names a person's phone: keep it out of logs above DEBUG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// Reads `02:00:00:00:00:01`, in either case, with colons or dashes.
    ///
    /// # Errors
    /// [`NameError::Mac`] for anything else.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let bad = || NameError::Mac(text.to_owned());
        let mut bytes = [0; 6];
        let mut parts = text.split([':', '-']);
        for byte in &mut bytes {
            let part = parts.next().filter(|part| part.len() == 2).ok_or_else(bad)?;
            *byte = u8::from_str_radix(part, 16).map_err(|_| bad())?;
        }
        if parts.next().is_some() { Err(bad()) } else { Ok(Self(bytes)) }
    }

    /// Whether it can be the address of one station: neither a group nor nobody.
    #[must_use]
    pub fn is_station(&self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && self.0 != [0; 6]
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interface_names_cannot_carry_rule_text() {
        for name in ["", "br0; drop", "a b", "\"", "br0\n", "sixteen-bytes-xx", "..", "ü"] {
            assert!(Interface::new(name).is_err(), "{name:?} was taken");
        }
        for name in ["br0", "br-clients", "eth0.12", "wan_1"] {
            assert_eq!(Interface::new(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn macs_come_back_as_they_were_written() {
        let mac = Mac::parse("02-00-AB-cd-00-01").unwrap();
        assert_eq!(mac.to_string(), "02:00:ab:cd:00:01");
        assert!(mac.is_station());
        assert!(!Mac::parse("01:00:5e:00:00:01").unwrap().is_station());
        for text in ["", "02:00:00:00:00", "02:00:00:00:00:01:02", "2:0:0:0:0:1", "02:00:00:00:00:0g"] {
            assert!(Mac::parse(text).is_err(), "{text:?} was taken");
        }
    }
}
