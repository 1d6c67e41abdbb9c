//! What an Access-Accept says: how long, how idle, how often to report, and the visit's name.

use radius::core::{rfc2865, rfc2869};
use radius_core::{Full, Reply};
use session_core::{CivilDay, GrantId, Mac, Plan};

use crate::seal::DigestKey;

/// Begins every Class of ours, so that another server's is not taken for a visit.
const CLASS_MARK: &[u8; 4] = b"hkv1";
const CLASS_LEN: usize = CLASS_MARK.len() + 16;

/// The terms of one accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Session-Timeout, in seconds.
    pub session_secs: u32,
    /// Idle-Timeout, in seconds.
    pub idle_secs: u32,
    /// Acct-Interim-Interval, in seconds.
    pub interim_secs: u32,
    /// The visit.
    pub visit: GrantId,
}

impl Terms {
    /// The terms of a plan.
    pub fn of(plan: &Plan, interim_secs: u32, visit: GrantId) -> Self {
        Self { session_secs: plan.session_secs, idle_secs: plan.idle_secs, interim_secs, visit }
    }

    /// Writes them.
    ///
    /// # Errors
    /// [`Full`], when the request's Proxy-States leave no room.
    pub fn write(&self, reply: &mut Reply<'_>) -> Result<(), Full> {
        reply.add_u32(rfc2865::SESSION_TIMEOUT_TYPE, self.session_secs)?;
        reply.add_u32(rfc2865::IDLE_TIMEOUT_TYPE, self.idle_secs)?;
        reply.add_u32(rfc2869::ACCT_INTERIM_INTERVAL_TYPE, self.interim_secs)?;
        let mut class = [0; CLASS_LEN];
        for (place, byte) in class.iter_mut().zip(CLASS_MARK.iter().chain(&self.visit.0)) {
            *place = *byte;
        }
        reply.add(rfc2865::CLASS_TYPE, &class)
    }
}

/// The visit of a device under a name on a civil day: the same wherever and however often it signs in that day, so the
/// sessions on all access points are one visit without anything being stored at sign-in.
pub fn visit(key: &DigestKey, name: &[u8], mac: Option<Mac>, day: CivilDay) -> GrantId {
    let mac = mac.map_or([0; 6], |mac| mac.0);
    let digest = key.digest(&[name, &mac, &day.0.to_be_bytes()]);
    GrantId(digest.first_chunk().copied().unwrap_or_default())
}

/// The visit that a Class of ours names.
pub fn visit_of_class(class: &[u8]) -> Option<GrantId> {
    let id = class.strip_prefix(CLASS_MARK)?;
    id.try_into().map(GrantId).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visit_is_one_per_name_device_and_day() {
        let key = DigestKey::of_this_process().unwrap();
        let of = |name: &[u8], mac, day| visit(&key, name, mac, CivilDay(day));
        let mai = of(b"mai", Some(Mac([2; 6])), 1);
        assert_eq!(mai, of(b"mai", Some(Mac([2; 6])), 1));
        for other in [of(b"an", Some(Mac([2; 6])), 1), of(b"mai", None, 1), of(b"mai", Some(Mac([2; 6])), 2)]
        {
            assert_ne!(mai, other);
        }
    }

    #[test]
    fn another_servers_class_is_no_visit() {
        assert_eq!(visit_of_class(b"hkv1aaaaaaaaaaaaaaaa"), Some(GrantId(*b"aaaaaaaaaaaaaaaa")));
        for odd in [b"".as_slice(), b"hkv1", b"hkv1aaaaaaaaaaaaaaa", b"aaaaaaaaaaaaaaaaaaaa", &[255; 253]] {
            assert_eq!(visit_of_class(odd), None);
        }
    }
}
