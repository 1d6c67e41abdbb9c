//! One live control link as the fleet sees it: its queue, and what the access point has confirmed.

use std::collections::{BTreeMap, BTreeSet};

use agent_protocol::v1::{GrantAck, Health, LogEntry, Refused, down};
use tokio::sync::{mpsc, watch};

/// Parcels that may wait for a link. One parcel holds what one commit or one attach has to say.
pub const QUEUE: usize = 64;
/// Refusals remembered per link; an access point that refuses more has a fault of its own to report.
const MOST_REFUSED: usize = 4096;

/// Frames that go out together.
pub type Parcel = Vec<down::Body>;

/// Whether a grant is in force on one access point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Force {
    /// In force.
    InForce,
    /// Sent, not yet confirmed.
    Waiting,
    /// The access point does not take it, and says why.
    Refused(String),
    /// The access point has no link.
    NoLink,
}

/// The fleet's end of a link.
pub struct Link {
    id: u64,
    queue: mpsc::Sender<Parcel>,
    close: watch::Sender<Option<Refused>>,
    /// Entries sent on this link and not acknowledged.
    waiting: BTreeSet<u64>,
    /// Position of the snapshot that was sent and not confirmed.
    snapshot: Option<u64>,
    refused: BTreeMap<Vec<u8>, String>,
    /// The latest sign of life with its figures.
    pub health: Option<Health>,
}

/// The agents' end of a link: where frames come from, and why to stop.
pub struct Outbox {
    /// What the link is called when something is reported about it.
    pub link_id: u64,
    /// Parcels to write.
    pub queue: mpsc::Receiver<Parcel>,
    /// Set when the fleet ends the link; what to tell the access point.
    pub close: watch::Receiver<Option<Refused>>,
    /// To put frames of the link's own in the same queue.
    pub sender: mpsc::Sender<Parcel>,
}

/// Both ends of a new link.
pub fn new(id: u64) -> (Link, Outbox) {
    let (sender, queue) = mpsc::channel(QUEUE);
    let (close, closed) = watch::channel(None);
    let link = Link {
        id,
        queue: sender.clone(),
        close,
        waiting: BTreeSet::new(),
        snapshot: None,
        refused: BTreeMap::new(),
        health: None,
    };
    (link, Outbox { link_id: id, queue, close: closed, sender })
}

impl Link {
    /// What the link is called.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Queues a parcel. Returns false when the link has fallen behind or has ended.
    pub fn send(&self, parcel: Parcel) -> bool {
        self.queue.try_send(parcel).is_ok()
    }

    /// Queues entries of the log and waits for their acknowledgements. Returns as [`Link::send`].
    pub fn send_entries(&mut self, entries: &[LogEntry]) -> bool {
        self.waiting.extend(entries.iter().map(|entry| entry.sequence));
        self.send(entries.iter().cloned().map(down::Body::Entry).collect())
    }

    /// Notes that the parcel which follows carries a snapshot of `sequence`, so that nothing before it matters.
    pub fn expect_snapshot(&mut self, sequence: u64) {
        self.waiting.clear();
        self.refused.clear();
        self.snapshot = Some(sequence);
    }

    /// Ends the link and tells the access point why.
    pub fn close(&self, reason: &str, retry_secs: u32) {
        self.close.send_replace(Some(Refused { reason: reason.to_owned(), retry_secs }));
    }

    /// Takes an acknowledgement in. Returns whether it refused the grant.
    pub fn acknowledge(&mut self, ack: &GrantAck) -> bool {
        self.waiting.remove(&ack.sequence);
        // A snapshot is acknowledged as a whole, with its position and without a grant. Frames are handled in order,
        // so an answer for a later entry says as much.
        if self.snapshot.is_some_and(|sequence| ack.sequence >= sequence) {
            self.snapshot = None;
        }
        if ack.refusal.is_empty() {
            self.refused.remove(&ack.grant_id);
            return false;
        }
        if self.refused.len() < MOST_REFUSED {
            self.refused.insert(ack.grant_id.clone(), ack.refusal.clone());
        }
        true
    }

    /// Entries that were sent and are not confirmed; a snapshot counts as one.
    pub fn unconfirmed(&self) -> usize {
        self.waiting.len() + usize::from(self.snapshot.is_some())
    }

    /// Grants that are not in force here because the access point did not take them.
    pub fn refused(&self) -> usize {
        self.refused.len()
    }

    /// Whether the grant whose latest entry is `sequence` is in force here.
    pub fn force(&self, grant_id: &[u8], sequence: u64) -> Force {
        if let Some(reason) = self.refused.get(grant_id) {
            Force::Refused(reason.clone())
        } else if self.waiting.contains(&sequence)
            || self.snapshot.is_some_and(|position| sequence <= position)
        {
            Force::Waiting
        } else {
            Force::InForce
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ack(sequence: u64, refusal: &str) -> GrantAck {
        GrantAck { epoch: 1, sequence, grant_id: vec![7; 16], refusal: refusal.to_owned() }
    }

    fn entry(sequence: u64) -> LogEntry {
        LogEntry { epoch: 1, sequence, grant: None }
    }

    #[test]
    fn a_grant_is_in_force_when_its_own_entry_is_acknowledged() {
        let (mut link, _outbox) = new(1);
        assert!(link.send_entries(&[entry(5), entry(6)]));
        assert_eq!(link.force(&[7; 16], 5), Force::Waiting);
        link.acknowledge(&ack(6, ""));
        assert_eq!(link.force(&[7; 16], 5), Force::Waiting);
        link.acknowledge(&ack(5, ""));
        assert_eq!(link.force(&[7; 16], 5), Force::InForce);
    }

    #[test]
    fn a_refused_grant_stays_refused_until_it_is_taken() {
        let (mut link, _outbox) = new(1);
        link.send_entries(&[entry(5)]);
        assert!(link.acknowledge(&ack(5, "the gate is full")));
        assert_eq!(link.force(&[7; 16], 5), Force::Refused("the gate is full".to_owned()));
        link.send_entries(&[entry(6)]);
        link.acknowledge(&ack(6, ""));
        assert_eq!(link.force(&[7; 16], 6), Force::InForce);
    }

    #[test]
    fn what_a_snapshot_carries_waits_for_its_acknowledgement() {
        let (mut link, _outbox) = new(1);
        link.expect_snapshot(9);
        assert_eq!(link.force(&[7; 16], 4), Force::Waiting);
        link.acknowledge(&ack(8, ""));
        assert_eq!(link.force(&[7; 16], 4), Force::Waiting);
        link.acknowledge(&GrantAck { grant_id: vec![], ..ack(9, "") });
        assert_eq!(link.force(&[7; 16], 4), Force::InForce);
        assert_eq!(link.force(&[7; 16], 9), Force::InForce);
    }

    #[test]
    fn a_link_that_falls_behind_is_noticed_instead_of_growing() {
        let (link, _outbox) = new(1);
        for _ in 0..QUEUE {
            assert!(link.send(vec![]));
        }
        assert!(!link.send(vec![]));
    }
}
