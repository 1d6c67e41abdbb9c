//! Counts the steps of the funnel and the times between them, and writes them into the ledger once a second.
//!
//! Which page led to which tap, and which tap to which gate, is remembered in memory alone and not for long: a restart
//! loses the times of the visits under way and at most a second of pages, no visit and no byte.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::hash::Hash;
use std::time::Duration;

use session_core::{ApId, DomainId, GrantId, UnixMs};
use stats_core::{Increments, Measure, time_bucket};
use store::{Batch, Redirects, Store};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::tally::{Device, Event, Tally};
use crate::clock;

/// How often what was counted is written.
const EVERY: Duration = Duration::from_secs(1);
/// A page shown again within this time is the same page; a tap later than this has no time.
const PAGE_KEPT_MS: u64 = 30 * 60_000;
/// A gate or a first packet later than this has no time.
const VISIT_KEPT_MS: u64 = 15 * 60_000;
/// Pages and visits remembered; beyond it the oldest is forgotten.
const MOST_REMEMBERED: usize = 50_000;
/// Visits looked up for their first packet at a time.
const MOST_LOOKED_UP: usize = 2_000;

/// The task that counts, before it runs.
pub struct Counter {
    store: Store,
    domain: DomainId,
    events: mpsc::Receiver<Event>,
    steps: Steps,
}

/// What was counted and is remembered.
struct Steps {
    pages: Recent<Device, UnixMs>,
    visits: Recent<GrantId, Visit>,
    increments: Increments,
    redirects: BTreeMap<ApId, Redirects>,
    /// What each access point's agent said that is written.
    written: BTreeMap<ApId, (Vec<u8>, u64)>,
}

/// A visit on its way to the first packet.
#[derive(Clone)]
struct Visit {
    ap: ApId,
    accepted: UnixMs,
    gate: Option<UnixMs>,
}

impl Counter {
    /// The counter of a domain, and the way to it.
    #[must_use]
    pub fn new(store: Store, domain: &str) -> (Self, Tally) {
        let (tally, events) = Tally::new();
        (Self { store, domain: DomainId::from(domain), events, steps: Steps::new() }, tally)
    }

    /// Counts until `stop`, and writes what is left then.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                Some(event) = self.events.recv() => self.steps.take(event),
                _ = ticks.tick() => self.write().await,
                () = stop.cancelled() => break,
            }
        }
        while let Ok(event) = self.events.try_recv() {
            self.steps.take(event);
        }
        self.write().await;
    }

    async fn write(&mut self) {
        let now = UnixMs(clock::unix_ms());
        self.look_for_first_packets().await;
        self.steps.forget(now);
        let mut batch = Batch::new(self.domain.clone());
        batch.tally(&self.steps.increments);
        for (ap, said) in &self.steps.redirects {
            batch.redirects(ap, said.clone());
        }
        if batch.is_empty() {
            return;
        }
        match self.store.commit(batch).await {
            Ok(()) => {
                self.steps.increments = Increments::default();
                let said = std::mem::take(&mut self.steps.redirects).into_iter();
                self.steps.written.extend(said.map(|(ap, said)| (ap, (said.boot, said.n))));
            }
            Err(error) => tracing::warn!(%error, "steps of visits could not be counted yet; trying again"),
        }
    }

    async fn look_for_first_packets(&mut self) {
        let waiting = self.steps.visits.held.iter().filter(|(_, (_, visit))| visit.gate.is_some());
        let waiting: Vec<GrantId> = waiting.map(|(grant, _)| *grant).take(MOST_LOOKED_UP).collect();
        if waiting.is_empty() {
            return;
        }
        match self.store.first_packets(&waiting).await {
            Ok(found) => found.into_iter().for_each(|(grant, at)| self.steps.first_packet(grant, at)),
            Err(error) => tracing::debug!(%error, "the first packets of visits could not be looked up yet"),
        }
    }
}

impl Steps {
    fn new() -> Self {
        Self {
            pages: Recent::default(),
            visits: Recent::default(),
            increments: Increments::default(),
            redirects: BTreeMap::new(),
            written: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Page { ap, device, at } => {
                if self.pages.put_new(device, at, at) {
                    self.increments.add(ap.as_str(), at.0, Measure::Page, 1);
                }
            }
            Event::Accepted { ap, device, grant, language, at } => {
                let shown = self.pages.take(&device);
                let visit = Visit { ap, accepted: at, gate: None };
                let ap = visit.ap.clone();
                if self.visits.put_new(grant, visit, at) {
                    self.increments.add(ap.as_str(), at.0, Measure::Accept, 1);
                    self.increments.add(ap.as_str(), at.0, Measure::language(&language), 1);
                    if let Some(shown) = shown {
                        self.time(&ap, at, shown, Measure::PageToAccept);
                    }
                }
            }
            Event::GateOpen { grant, at } => {
                let Some(visit) = self.visits.get_mut(&grant).filter(|visit| visit.gate.is_none()) else {
                    return;
                };
                visit.gate = Some(at);
                let (ap, accepted) = (visit.ap.clone(), visit.accepted);
                self.increments.add(ap.as_str(), at.0, Measure::GateOpen, 1);
                self.time(&ap, at, accepted, Measure::AcceptToGate);
            }
            Event::Redirects { ap, boot, n, at } => {
                if self.written.get(&ap).is_none_or(|(of, known)| *of != boot || *known != n) {
                    self.redirects.insert(ap, Redirects { boot, n, at });
                }
            }
        }
    }

    /// The first byte itself is counted with its session; here only the time until it.
    fn first_packet(&mut self, grant: GrantId, at: UnixMs) {
        if let Some(Visit { ap, gate: Some(gate), .. }) = self.visits.take(&grant) {
            self.time(&ap, at.max(gate), gate, Measure::GateToFirstByte);
        }
    }

    fn time(&mut self, ap: &ApId, at: UnixMs, since: UnixMs, measure: fn(u8) -> Measure) {
        let bucket = u8::try_from(time_bucket(at.ms_since(since))).unwrap_or(u8::MAX);
        self.increments.add(ap.as_str(), at.0, measure(bucket), 1);
    }

    fn forget(&mut self, now: UnixMs) {
        self.pages.forget(now.minus_ms(PAGE_KEPT_MS));
        self.visits.forget(now.minus_ms(VISIT_KEPT_MS));
    }
}

/// Things remembered for a while, bounded in number.
struct Recent<K, V> {
    held: HashMap<K, (UnixMs, V)>,
    /// Keys by when they came; also of what was taken out or came anew since.
    order: VecDeque<(UnixMs, K)>,
}

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Self { held: HashMap::new(), order: VecDeque::new() }
    }
}

impl<K: Eq + Hash + Clone, V> Recent<K, V> {
    /// Remembers what is new and says whether it was.
    fn put_new(&mut self, key: K, value: V, at: UnixMs) -> bool {
        if self.held.contains_key(&key) {
            return false;
        }
        self.held.insert(key.clone(), (at, value));
        self.order.push_back((at, key));
        while self.order.len() > MOST_REMEMBERED {
            self.forget_oldest();
        }
        true
    }

    fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.held.get_mut(key).map(|(_, value)| value)
    }

    fn take(&mut self, key: &K) -> Option<V> {
        self.held.remove(key).map(|(_, value)| value)
    }

    fn forget(&mut self, before: UnixMs) {
        while self.order.front().is_some_and(|(at, _)| *at < before) {
            self.forget_oldest();
        }
    }

    fn forget_oldest(&mut self) {
        if let Some((came, key)) = self.order.pop_front()
            && self.held.get(&key).is_some_and(|(at, _)| *at == came)
        {
            self.held.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests;
