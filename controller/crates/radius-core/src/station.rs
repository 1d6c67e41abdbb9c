//! MAC addresses as access points write them, and the SSID that Called-Station-Id carries behind one (RFC 3580).

/// What Calling-Station-Id or Called-Station-Id says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Station<'a> {
    /// The MAC address; `None` if the value does not begin with one.
    pub mac: Option<[u8; 6]>,
    /// What stands behind the MAC and a colon, as bytes: an SSID may be anything. `None` if nothing does.
    pub ssid: Option<&'a [u8]>,
}

/// Digits of a MAC in groups of so many, and the bytes of it when written that way.
const WRITINGS: [(usize, usize); 4] = [(2, 17), (4, 14), (6, 13), (12, 12)];

/// Reads a station id. Groups of two, four or six digits, separated by `:`, `-` or `.`, or no separator at all;
/// capitals or not.
///
/// A value that is no MAC, or has something else than `:ssid` behind it, gives neither.
#[must_use]
pub fn parse(value: &[u8]) -> Station<'_> {
    for (group, length) in WRITINGS {
        let Some((text, rest)) = value.split_at_checked(length) else { continue };
        let Some(mac) = mac(text, group) else { continue };
        match rest {
            [] => return Station { mac: Some(mac), ssid: None },
            [b':'] => return Station { mac: Some(mac), ssid: None },
            [b':', ssid @ ..] => return Station { mac: Some(mac), ssid: Some(ssid) },
            [..] => {}
        }
    }
    Station::default()
}

/// `text` as a MAC in groups of `group` digits with one and the same separator between.
fn mac(text: &[u8], group: usize) -> Option<[u8; 6]> {
    let (mut digits, mut separator) = (0_u64, None);
    for (at, byte) in text.iter().enumerate() {
        if (at + 1) % (group + 1) != 0 {
            digits = digits << 4 | u64::from(char::from(*byte).to_digit(16)?);
        } else if !b":-.".contains(byte) || separator.get_or_insert(byte) != &byte {
            return None;
        }
    }
    let [_, _, mac @ ..] = digits.to_be_bytes();
    Some(mac)
}
