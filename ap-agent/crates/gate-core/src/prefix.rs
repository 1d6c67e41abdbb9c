//! Address prefixes, always written with their host bits cleared.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Why text is no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no prefix: write an address, a slash and a length, as in 10.50.0.0/16 or fd50::/64")]
pub struct PrefixError(pub String);

macro_rules! prefix {
    ($name:ident, $address:ty, $bits:ty, $max:literal, $what:literal) => {
        #[doc = $what]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            network: $address,
            length: u8,
        }

        impl $name {
            /// The prefix of `length` bits that holds `address`.
            ///
            /// # Errors
            /// [`PrefixError`] when the length is impossible.
            pub fn of(address: $address, length: u8) -> Result<Self, PrefixError> {
                if length > $max {
                    return Err(PrefixError(format!("{address}/{length}")));
                }
                let mask = <$bits>::MAX.checked_shl(u32::from($max - length)).unwrap_or(0);
                Ok(Self { network: <$address>::from_bits(address.to_bits() & mask), length })
            }

            /// Reads `ADDRESS/LENGTH`; host bits are cleared.
            ///
            /// # Errors
            /// [`PrefixError`] for anything else.
            pub fn parse(text: &str) -> Result<Self, PrefixError> {
                let bad = || PrefixError(text.to_owned());
                let (address, length) = text.split_once('/').ok_or_else(bad)?;
                Self::of(address.parse().map_err(|_| bad())?, length.parse().map_err(|_| bad())?)
                    .map_err(|_| bad())
            }

            /// Whether the address lies in it.
            #[must_use]
            pub fn contains(&self, address: $address) -> bool {
                Self::of(address, self.length).is_ok_and(|other| other == *self)
            }

            /// Those of `prefixes` that lie in no other of them: the same addresses, each only once.
            #[must_use]
            pub fn outermost(prefixes: impl IntoIterator<Item = Self>) -> BTreeSet<Self> {
                let sorted: BTreeSet<Self> = prefixes.into_iter().collect();
                let mut kept: Option<Self> = None;
                // By address and then by length: whatever holds a prefix comes before it, and nothing lies between.
                let mut outer = |prefix: &Self| {
                    let inside = kept.is_some_and(|outer| outer.contains(prefix.network));
                    if !inside {
                        kept = Some(*prefix);
                    }
                    !inside
                };
                sorted.into_iter().filter(|prefix| outer(prefix)).collect()
            }

            /// Its first address.
            #[must_use]
            pub fn network(&self) -> $address {
                self.network
            }

            /// Its length in bits.
            #[must_use]
            pub fn length(&self) -> u8 {
                self.length
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}/{}", self.network, self.length)
            }
        }
    };
}

prefix!(Prefix4, Ipv4Addr, u32, 32, "A prefix of IPv4 addresses.");
prefix!(Prefix6, Ipv6Addr, u128, 128, "A prefix of IPv6 addresses.");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_bits_are_cleared() {
        assert_eq!(Prefix4::parse("10.50.3.7/16").unwrap().to_string(), "10.50.0.0/16");
        assert_eq!(Prefix6::parse("fd50::1/64").unwrap().to_string(), "fd50::/64");
        assert_eq!(Prefix4::parse("0.0.0.0/0").unwrap().to_string(), "0.0.0.0/0");
    }

    #[test]
    fn impossible_prefixes_are_refused() {
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "/8", "10.0.0.0/-1"] {
            assert!(Prefix4::parse(text).is_err(), "{text:?} was taken");
        }
        assert!(Prefix6::parse("fd50::/129").is_err());
    }

    #[test]
    fn prefixes_within_others_are_left_out() {
        let read =
            |texts: &[&str]| Prefix4::outermost(texts.iter().map(|text| Prefix4::parse(text).unwrap()));
        let kept = read(&[
            "10.0.0.0/8",
            "10.50.0.0/16",
            "10.0.0.0/9",
            "11.0.0.0/8",
            "192.168.0.0/16",
            "10.255.0.0/16",
        ]);
        assert_eq!(kept, read(&["10.0.0.0/8", "11.0.0.0/8", "192.168.0.0/16"]));
        assert_eq!(read(&["0.0.0.0/0", "1.0.0.0/8"]).len(), 1);
    }

    #[test]
    fn a_prefix_knows_its_addresses() {
        let prefix = Prefix4::parse("10.50.0.0/16").unwrap();
        assert!(prefix.contains(Ipv4Addr::new(10, 50, 255, 255)));
        assert!(!prefix.contains(Ipv4Addr::new(10, 51, 0, 0)));
    }
}
