//! Which requests were here already, and what was answered (RFC 5080 section 2.2.2).

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::SocketAddr;

use crate::Request;

/// Bytes kept per slot on average: an Access-Accept of ours has about a hundred.
const REPLY_BYTES: usize = 256;
/// No slot.
const NONE: u32 = u32::MAX;

/// What makes two packets one request: same sender, same identifier, same authenticator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The sender's address and port.
    pub peer: SocketAddr,
    /// The packet's identifier.
    pub identifier: u8,
    /// The packet's authenticator.
    pub authenticator: [u8; 16],
}

impl Key {
    /// The key of a verified request that came from `peer`.
    #[must_use]
    pub fn of(peer: SocketAddr, request: &Request<'_>) -> Self {
        Self { peer, identifier: request.identifier(), authenticator: *request.authenticator() }
    }
}

/// What the table knows of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen<'t> {
    /// It was not here; now it is in flight: say [`Duplicates::answered`] or [`Duplicates::forget`] at its end.
    New,
    /// It is being worked on: this copy gets no answer of its own.
    InFlight,
    /// It was answered with these bytes: send them again.
    Answered(&'t [u8]),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Free,
    InFlight,
    /// The reply's first byte, counted over all bytes ever kept, and its length.
    Answered {
        from: u64,
        length: usize,
    },
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    key: Key,
    state: State,
    /// When it came, or was answered.
    at_ms: u64,
    /// The next slot of the same bucket.
    next: u32,
}

/// The requests of the last seconds. All memory is taken at the start; when it is used up, the oldest goes.
///
/// One table per listening socket: identifiers of authentication and accounting are counted apart. Time is monotonic
/// milliseconds that come in as an argument, so a step of the wall clock makes nothing new.
#[derive(Debug)]
pub struct Duplicates {
    life_ms: u64,
    seed: u64,
    /// Filled round and round: the next to be taken is the oldest.
    slots: Box<[Slot]>,
    next_slot: u32,
    /// First slot of each bucket, by the hash of sender and identifier.
    buckets: Box<[u32]>,
    /// The replies, one after the other, round and round; none lies across the end.
    replies: Box<[u8]>,
    /// Bytes ever kept.
    kept: u64,
}

impl Duplicates {
    /// A table for `capacity` requests (at least 1) that each live `life_ms` (RFC 5080: 5 to 30 seconds).
    ///
    /// `seed` is random: it keeps senders from choosing their buckets.
    #[must_use]
    pub fn new(capacity: usize, life_ms: u64, seed: u64) -> Self {
        let capacity = capacity.clamp(1, NONE as usize / 2);
        let peer = SocketAddr::from(([0, 0, 0, 0], 0));
        let key = Key { peer, identifier: 0, authenticator: [0; 16] };
        let free = Slot { key, state: State::Free, at_ms: 0, next: NONE };
        Self {
            life_ms,
            seed,
            slots: vec![free; capacity].into(),
            next_slot: 0,
            buckets: vec![NONE; (capacity * 2).next_power_of_two()].into(),
            // Room for one longest reply at least, wherever the end lies.
            replies: vec![0; (capacity * REPLY_BYTES).max(2 * crate::LENGTH_MAX)].into(),
            kept: 0,
        }
    }

    /// Looks whether this request was here within its life, and takes it in if not.
    ///
    /// A request of the same sender and identifier with another authenticator is a new one and takes the old one's
    /// place.
    pub fn seen(&mut self, key: &Key, now_ms: u64) -> Seen<'_> {
        if let Some(at) = self.find(key) {
            match self.live(at, key, now_ms) {
                Some(State::InFlight) => return Seen::InFlight,
                Some(State::Answered { from, length }) if self.still_kept(from) => {
                    return Seen::Answered(self.reply(from, length));
                }
                Some(State::Answered { .. } | State::Free) | None => self.free(at),
            }
        }
        self.insert(key, now_ms);
        Seen::New
    }

    /// Keeps what the request was answered with. Nothing happens if it was pushed out or replaced meanwhile.
    pub fn answered(&mut self, key: &Key, reply: &[u8], now_ms: u64) {
        let Some(at) = self.find(key) else { return };
        if self.slots.get(at as usize).is_none_or(|slot| slot.key != *key) {
            return;
        }
        match (self.keep(reply), self.slot_mut(at)) {
            (Some(state), Some(slot)) => (slot.state, slot.at_ms) = (state, now_ms),
            (None, _) | (_, None) => self.free(at),
        }
    }

    /// Forgets a request that was not answered, so that its retransmission is tried again.
    pub fn forget(&mut self, key: &Key) {
        if let Some(at) = self.find(key)
            && self.slots.get(at as usize).is_some_and(|slot| slot.key == *key)
        {
            self.free(at);
        }
    }

    /// The slot of this sender and identifier, whatever its authenticator.
    fn find(&self, key: &Key) -> Option<u32> {
        let mut at = self.buckets.get(self.bucket(key)).copied()?;
        while let Some(slot) = self.slots.get(at as usize) {
            if slot.key.peer == key.peer && slot.key.identifier == key.identifier {
                return Some(at);
            }
            at = slot.next;
        }
        None
    }

    /// What is known of exactly this request, if it is not too old.
    fn live(&self, at: u32, key: &Key, now_ms: u64) -> Option<State> {
        let slot = self.slots.get(at as usize)?;
        let lives = now_ms.saturating_sub(slot.at_ms) < self.life_ms;
        (lives && slot.key.authenticator == key.authenticator).then_some(slot.state)
    }

    fn insert(&mut self, key: &Key, now_ms: u64) {
        let at = self.next_slot;
        self.next_slot = if at as usize + 1 < self.slots.len() { at + 1 } else { 0 };
        self.free(at);
        let bucket = self.bucket(key);
        let Some(head) = self.buckets.get_mut(bucket) else { return };
        let next = std::mem::replace(head, at);
        if let Some(slot) = self.slot_mut(at) {
            *slot = Slot { key: *key, state: State::InFlight, at_ms: now_ms, next };
        }
    }

    /// Takes the slot out of its bucket.
    fn free(&mut self, at: u32) {
        let Some(slot) = self.slot_mut(at) else { return };
        if matches!(slot.state, State::Free) {
            return;
        }
        slot.state = State::Free;
        let (key, next) = (slot.key, slot.next);
        let bucket = self.bucket(&key);
        let Some(head) = self.buckets.get_mut(bucket) else { return };
        if *head == at {
            *head = next;
            return;
        }
        let mut before = *head;
        while let Some(slot) = self.slot_mut(before) {
            if slot.next == at {
                slot.next = next;
                return;
            }
            before = slot.next;
        }
    }

    /// Copies a reply to the end of the ring. One that is longer than a packet may be is not kept.
    fn keep(&mut self, reply: &[u8]) -> Option<State> {
        let size = self.replies.len() as u64;
        let (length, at) = (reply.len(), self.kept % size);
        if at + length as u64 > size {
            // It would lie across the end: begin again at the front.
            self.kept += size - at;
        }
        let from = self.kept;
        let start = (from % size) as usize;
        self.replies.get_mut(start..start + length)?.copy_from_slice(reply);
        self.kept += length as u64;
        Some(State::Answered { from, length })
    }

    /// Whether a reply from there on has not been written over.
    fn still_kept(&self, from: u64) -> bool {
        self.kept - from <= self.replies.len() as u64
    }

    fn reply(&self, from: u64, length: usize) -> &[u8] {
        let start = (from % self.replies.len() as u64) as usize;
        self.replies.get(start..start + length).unwrap_or_default()
    }

    fn bucket(&self, key: &Key) -> usize {
        let mut hasher = DefaultHasher::new();
        (self.seed, key.peer, key.identifier).hash(&mut hasher);
        // Their number is a power of two.
        hasher.finish() as usize & (self.buckets.len() - 1)
    }

    fn slot_mut(&mut self, at: u32) -> Option<&mut Slot> {
        self.slots.get_mut(at as usize)
    }
}
