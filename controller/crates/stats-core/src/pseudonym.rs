//! Pseudonyms of devices: good for one civil day, and nobody can make them anew when the day's key is gone.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What stands for a device on one civil day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; 8]);

/// The key of one civil day. It has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct DayKey([u8; 32]);

impl DayKey {
    /// A key of 32 random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    /// The pseudonym of a device's address on this key's day; none for the address of zeros, which is no device's.
    #[must_use]
    pub fn pseudonym(&self, mac: [u8; 6]) -> Option<Pseudonym> {
        if mac == [0; 6] {
            return None;
        }
        let mut code = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        code.update(&mac);
        code.finalize().into_bytes().first_chunk().copied().map(Pseudonym)
    }
}

/// Whether an address was made up by its device (locally administered) instead of given by its maker.
#[must_use]
pub fn is_randomised(mac: [u8; 6]) -> bool {
    let [first, ..] = mac;
    first & 2 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_one_pseudonym_a_day_and_another_the_next() {
        let (today, tomorrow) = (DayKey::new([1; 32]), DayKey::new([2; 32]));
        let (phone, other) = ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]);
        assert_eq!(today.pseudonym(phone), today.pseudonym(phone));
        assert_ne!(today.pseudonym(phone), today.pseudonym(other));
        assert_ne!(today.pseudonym(phone), tomorrow.pseudonym(phone));
        assert_eq!(today.pseudonym([0; 6]), None);
    }

    #[test]
    fn the_pseudonym_is_the_beginning_of_an_hmac_sha256() {
        // Computed by another program:
        // printf '\002\000\000\000\000\001' | openssl dgst -sha256 -mac HMAC -macopt hexkey:0101...01
        let found = DayKey::new([1; 32]).pseudonym([2, 0, 0, 0, 0, 1]);
        assert_eq!(found.map(|found| u64::from_be_bytes(found.0)), Some(EXPECTED));
    }

    const EXPECTED: u64 = 0x5096_2bfd_4b8f_3235;

    #[test]
    fn the_second_bit_of_the_first_byte_tells_a_made_up_address() {
        assert!(is_randomised([0x02, 0, 0, 0, 0, 0]) && is_randomised([0xda, 0, 0, 0, 0, 0]));
        assert!(!is_randomised([0x00, 0x1b, 0, 0, 0, 0]) && !is_randomised([0xac, 0, 0, 0, 0, 0]));
    }
}
