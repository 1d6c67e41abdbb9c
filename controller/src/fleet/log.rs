//! The domain's grant log as access points need it: what is live, and the last entries for those who missed few.

use std::collections::{BTreeMap, VecDeque};

use agent_protocol::v1::{Grant, LogEntry, Snapshot};

use super::LogImage;

/// Entries kept for access points that come back; who missed more gets a snapshot.
const TAIL: usize = 4096;
/// Grants in one part of a snapshot: well below the longest frame.
const PART: usize = 2048;

/// A mirror of the committed log. What is in it has been committed; it may be lost and made again from the store.
pub struct GrantLog {
    epoch: u64,
    sequence: u64,
    live: BTreeMap<Vec<u8>, Grant>,
    tail: VecDeque<LogEntry>,
    /// Entries taken in since the last sweep of `live`, and how many bring the next one.
    since_sweep: usize,
    sweep_after: usize,
}

impl GrantLog {
    /// The log as it was read from the store.
    pub fn new(image: LogImage) -> Self {
        let LogImage { epoch, sequence, live, tail } = image;
        let live = live.into_iter().map(|grant| (grant.grant_id.clone(), grant)).collect();
        // Only a tail that leads up to the position without gaps can answer for what was missed.
        let first = sequence.saturating_sub(tail.len() as u64);
        let whole =
            tail.iter().zip(first + 1..).all(|(entry, at)| (entry.epoch, entry.sequence) == (epoch, at));
        let tail = if whole { tail.into() } else { VecDeque::new() };
        Self { epoch, sequence, live, tail, since_sweep: 0, sweep_after: TAIL }
    }

    /// Epoch and sequence of the last entry.
    pub fn position(&self) -> (u64, u64) {
        (self.epoch, self.sequence)
    }

    /// Takes the next entry in. Returns false, changing nothing, when it is not the next one: the mirror must be
    /// made again then.
    pub fn append(&mut self, entry: &LogEntry, now_ms: u64) -> bool {
        if (entry.epoch, entry.sequence) != (self.epoch, self.sequence + 1) {
            return false;
        }
        self.sequence = entry.sequence;
        if let Some(grant) = &entry.grant {
            if grant.revoked {
                self.live.remove(&grant.grant_id);
            } else {
                self.live.insert(grant.grant_id.clone(), grant.clone());
            }
        }
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(entry.clone());
        self.since_sweep += 1;
        if self.since_sweep >= self.sweep_after {
            self.sweep(now_ms);
        }
        true
    }

    /// Forgets the grants whose time is up: no entry says so. Waiting for as many entries as grants were left keeps
    /// the cost of an entry constant and the memory within twice of what is live (or the tail, if that is more).
    fn sweep(&mut self, now_ms: u64) {
        self.live.retain(|_, grant| grant.ends_ms > now_ms);
        self.since_sweep = 0;
        self.sweep_after = self.live.len().max(TAIL);
    }

    /// The entries after a position, or `None` when they are not all here and a snapshot is needed.
    pub fn rest_after(&self, epoch: u64, sequence: u64) -> Option<Vec<LogEntry>> {
        if epoch != self.epoch || sequence > self.sequence {
            return None;
        }
        let missed =
            usize::try_from(self.sequence - sequence).ok().filter(|missed| *missed <= self.tail.len())?;
        Some(self.tail.iter().skip(self.tail.len() - missed).cloned().collect())
    }

    /// All grants live at `now_ms`, in parts; the last part completes it. Forgets those whose time is up.
    pub fn snapshot(&mut self, now_ms: u64) -> Vec<Snapshot> {
        self.sweep(now_ms);
        let grants: Vec<Grant> = self.live.values().cloned().collect();
        let part = |grants: &[Grant]| Snapshot {
            epoch: self.epoch,
            sequence: self.sequence,
            grants: grants.to_vec(),
            last: false,
        };
        let mut parts: Vec<Snapshot> = grants.chunks(PART).map(part).collect();
        if parts.is_empty() {
            parts.push(part(&[]));
        }
        if let Some(last) = parts.last_mut() {
            last.last = true;
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(id: u8, revoked: bool) -> Grant {
        Grant { grant_id: vec![id; 16], ends_ms: 1_000, revoked, ..Grant::default() }
    }

    fn log(epoch: u64, sequence: u64, live: Vec<Grant>) -> GrantLog {
        GrantLog::new(LogImage { epoch, sequence, live, tail: Vec::new() })
    }

    fn entry(sequence: u64, grant: Grant) -> LogEntry {
        LogEntry { epoch: 3, sequence, grant: Some(grant) }
    }

    #[test]
    fn who_missed_few_entries_gets_exactly_those() {
        let mut log = log(3, 10, vec![]);
        for sequence in 11..=14 {
            assert!(log.append(&entry(sequence, grant(sequence as u8, false)), 0));
        }
        let rest: Vec<u64> = log.rest_after(3, 12).unwrap().iter().map(|entry| entry.sequence).collect();
        assert_eq!(rest, [13, 14]);
        assert_eq!(log.rest_after(3, 14), Some(vec![]));
        assert_eq!(log.rest_after(3, 10).unwrap().len(), 4);
    }

    #[test]
    fn who_missed_more_or_stands_in_another_log_needs_a_snapshot() {
        let mut log = log(3, 10, vec![]);
        assert!(log.append(&entry(11, grant(1, false)), 0));
        assert_eq!(log.rest_after(3, 9), None);
        assert_eq!(log.rest_after(2, 11), None);
        assert_eq!(log.rest_after(3, 12), None);
        assert_eq!(log.rest_after(0, 0), None);
    }

    #[test]
    fn a_snapshot_holds_what_is_live_and_nothing_that_ended() {
        let mut log = log(3, 0, vec![grant(1, false), grant(2, false)]);
        assert!(log.append(&entry(1, grant(1, true)), 0));
        assert!(log.append(&entry(2, Grant { ends_ms: 10, ..grant(3, false) }), 0));
        let parts = log.snapshot(500);
        assert_eq!(parts.len(), 1);
        assert!(parts[0].last);
        assert_eq!((parts[0].epoch, parts[0].sequence), (3, 2));
        assert_eq!(parts[0].grants, [grant(2, false)]);
    }

    #[test]
    fn grants_that_ended_by_their_time_do_not_pile_up_while_nobody_asks_for_a_snapshot() {
        let mut log = log(3, 0, vec![]);
        // One grant a millisecond, each for a second: a thousand are live at any time.
        for now_ms in 1..=100_000_u64 {
            let grant = Grant {
                grant_id: now_ms.to_be_bytes().to_vec(),
                ends_ms: now_ms + 1_000,
                ..Grant::default()
            };
            assert!(log.append(&entry(now_ms, grant), now_ms));
            assert!(log.live.len() <= 1_000 + TAIL, "{} are kept", log.live.len());
        }
        assert_eq!(log.snapshot(100_000).iter().map(|part| part.grants.len()).sum::<usize>(), 1_000);
    }

    #[test]
    fn a_large_snapshot_comes_in_parts_and_only_the_last_completes_it() {
        let many = (0..5_000_u32).map(|n| Grant {
            grant_id: n.to_be_bytes().repeat(4),
            ends_ms: 9,
            ..Grant::default()
        });
        let parts = log(1, 7, many.collect()).snapshot(0);
        let lasts: Vec<bool> = parts.iter().map(|part| part.last).collect();
        assert_eq!(lasts, [false, false, true]);
        assert_eq!(parts.iter().map(|part| part.grants.len()).sum::<usize>(), 5_000);
    }

    #[test]
    fn a_tail_read_from_the_store_answers_for_what_was_missed_unless_it_has_gaps() {
        let tail = vec![entry(9, grant(1, false)), entry(10, grant(2, false))];
        let image = LogImage { epoch: 3, sequence: 10, live: vec![], tail: tail.clone() };
        assert_eq!(GrantLog::new(image.clone()).rest_after(3, 8), Some(tail));
        let gap = LogImage { sequence: 11, ..image };
        assert_eq!(GrantLog::new(gap).rest_after(3, 9), None);
    }

    #[test]
    fn an_entry_out_of_turn_is_not_taken() {
        let mut log = log(3, 10, vec![]);
        assert!(!log.append(&entry(12, grant(1, false)), 0));
        assert!(!log.append(&LogEntry { epoch: 4, ..entry(11, grant(1, false)) }, 0));
        assert_eq!(log.position(), (3, 10));
    }
}
