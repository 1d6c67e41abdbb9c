//! What is wrong with requests, said in the log at most once a second each: a flood must not become a flood of lines.

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use radius_core::Unverified;

/// Least time between two lines of one kind, in milliseconds.
const PAUSE_MS: u64 = 1000;

/// Kinds of complaints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    UnknownClient,
    Malformed,
    WrongSecret,
    NoMessageAuthenticator,
    WrongPort,
    QueueFull,
    Store,
}

/// When each kind was last written.
pub struct Complaints {
    began: Instant,
    /// Milliseconds since `began`, and 1, of the last line of each kind.
    last: [AtomicU64; 7],
    left_out: AtomicU64,
}

impl Complaints {
    /// Nothing was written yet.
    pub fn new() -> Self {
        Self { began: Instant::now(), last: Default::default(), left_out: AtomicU64::new(0) }
    }

    /// Writes a line unless one of its kind was written within the last second.
    pub fn say(&self, complaint: Complaint, nas: &str, from: IpAddr) {
        if !self.is_due(complaint) {
            self.left_out.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let left_out = self.left_out.swap(0, Ordering::Relaxed);
        tracing::warn!(nas.name = nas, left_out, "{}", sentence(complaint));
        tracing::debug!(%from, "where that request came from");
    }

    fn is_due(&self, complaint: Complaint) -> bool {
        let now = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        let Some(last) = self.last.get(complaint as usize) else { return false };
        let before = last.load(Ordering::Relaxed);
        let due = before == 0 || now.saturating_sub(before) >= PAUSE_MS;
        due && last.compare_exchange(before, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

/// The complaint about a packet that is not believed.
pub fn of_unverified(why: Unverified) -> Option<Complaint> {
    match why {
        Unverified::Missing | Unverified::MissingBeside => Some(Complaint::NoMessageAuthenticator),
        Unverified::Wrong | Unverified::Authenticator => Some(Complaint::WrongSecret),
        Unverified::Twice | Unverified::Length => Some(Complaint::Malformed),
        Unverified::Code(_) => None,
    }
}

fn sentence(complaint: Complaint) -> &'static str {
    match complaint {
        Complaint::UnknownClient => {
            "a RADIUS request came from an address of no NAS and was not answered; add it with: hotspot-controller nas add (the address is in the log at level debug)"
        }
        Complaint::Malformed => "a RADIUS request is malformed and was not answered",
        Complaint::WrongSecret => {
            "a RADIUS request was made with another secret and was not answered; give the NAS and the controller the same one"
        }
        Complaint::NoMessageAuthenticator => {
            "an Access-Request without Message-Authenticator was not answered; switch it on at the NAS, or exempt it with --allow-missing-message-authenticator"
        }
        Complaint::WrongPort => {
            "a RADIUS request came to the wrong port; authentication is radius.auth, accounting radius.acct"
        }
        Complaint::QueueFull => {
            "more RADIUS requests wait than can be worked on; the rest is left to be sent again"
        }
        Complaint::Store => {
            "accounting could not be stored and was not answered; access points send it again"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_said_once_a_second_and_another_kind_beside_it() {
        let complaints = Complaints::new();
        assert!(complaints.is_due(Complaint::Malformed));
        assert!((0..10_000).all(|_| !complaints.is_due(Complaint::Malformed)));
        assert!(complaints.is_due(Complaint::Store));
    }
}
