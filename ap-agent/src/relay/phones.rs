//! What one phone may take of the relay: so many connections at a time, and so many new ones in a while.
//!
//! Every connection costs a handshake with the controller, which a phone that opens and resets in a loop would make the
//! access point do for it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use gate_core::Mac;
use tokio::time::Instant;

/// Connections one phone may hold; browsers open six to a host.
const AT_A_TIME: usize = 16;
/// New connections a phone may open at once; then one more with each [`PACE`].
const AT_ONCE: u32 = 64;
const PACE: Duration = Duration::from_millis(125);
/// Above so many phones those are forgotten that are owed nothing.
const TIDY: usize = 512;

/// Why a phone gets no further connection now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TooMany {
    /// It holds as many as it may.
    AtATime,
    /// It opened too many in too short a time.
    TooFast,
}

#[derive(Debug)]
struct Phone {
    open: usize,
    /// When all it opened would be paid off.
    paid: Instant,
}

/// The phones with connections, now or a moment ago.
#[derive(Debug, Default)]
pub(super) struct Phones {
    known: Mutex<BTreeMap<Mac, Phone>>,
}

/// A phone's place among its own connections; given back when dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    phones: &'a Phones,
    mac: Mac,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut known = self.phones.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(phone) = known.get_mut(&self.mac) {
            phone.open = phone.open.saturating_sub(1);
        }
    }
}

impl Phones {
    /// Takes a place for one more connection of `mac`.
    pub(super) fn take(&self, mac: Mac, now: Instant) -> Result<Place<'_>, TooMany> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TIDY {
            known.retain(|_, phone| phone.open > 0 || phone.paid > now);
        }
        let phone = known.entry(mac).or_insert(Phone { open: 0, paid: now });
        if phone.open >= AT_A_TIME {
            return Err(TooMany::AtATime);
        }
        let paid = phone.paid.max(now) + PACE;
        if paid > now + PACE * AT_ONCE {
            return Err(TooMany::TooFast);
        }
        phone.paid = paid;
        phone.open += 1;
        Ok(Place { phones: self, mac })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mac(nth: usize) -> Mac {
        let [.., a, b] = nth.to_be_bytes();
        Mac([2, 0, 0, 0, a, b])
    }

    #[test]
    fn a_phone_holds_sixteen_and_a_place_given_back_is_free() {
        let (phones, now) = (Phones::default(), Instant::now());
        let mut held: Vec<_> = (0..16).map(|_| phones.take(mac(1), now).unwrap()).collect();
        assert_eq!(phones.take(mac(1), now).unwrap_err(), TooMany::AtATime);
        assert!(phones.take(mac(2), now).is_ok());
        held.pop();
        assert!(phones.take(mac(1), now).is_ok());
    }

    #[test]
    fn a_phone_that_opens_and_closes_in_a_loop_is_slowed_down_and_forgiven() {
        let (phones, now) = (Phones::default(), Instant::now());
        let opened = (0..3000).filter(|_| phones.take(mac(1), now).is_ok()).count();
        assert_eq!(opened, 64);
        assert_eq!(phones.take(mac(1), now).unwrap_err(), TooMany::TooFast);
        assert!(phones.take(mac(2), now).is_ok(), "another phone pays for it");
        let later = now + PACE * 3;
        assert_eq!((0..10).filter(|_| phones.take(mac(1), later).is_ok()).count(), 3);
        let much_later = later + Duration::from_secs(60);
        assert_eq!((0..3000).filter(|_| phones.take(mac(1), much_later).is_ok()).count(), 64);
    }

    #[test]
    fn phones_of_before_are_forgotten() {
        let (phones, now) = (Phones::default(), Instant::now());
        let held = phones.take(mac(0), now).unwrap();
        for nth in 1..5000 {
            let at = now + PACE * u32::try_from(nth).unwrap();
            assert!(phones.take(mac(nth), at).is_ok());
        }
        assert!(phones.known.lock().unwrap().len() <= TIDY);
        assert!(phones.known.lock().unwrap().contains_key(&mac(0)), "one that is connected was forgotten");
        drop(held);
    }
}
