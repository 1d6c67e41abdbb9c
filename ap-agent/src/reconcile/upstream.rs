//! Towards the controller: hello, the grant log, configuration, and the journal in bounded windows.

use std::collections::VecDeque;

use agent_protocol::VERSION;
use agent_protocol::v1::{
    Counter, GrantAck, Health, Hello, JournalBatch, LogEntry, SessionEnd, Snapshot, down, up,
};
use gate_core::{GateChange, Mac};

use super::{Core, Network};
use crate::gate::Gate;
use crate::grants::Taken;
use crate::link::LinkEvent;
use crate::machine;
use crate::sessions::Terms;

/// Acknowledgements that may wait; beyond it the log is asked for again.
const UNCONFIRMED_MAX: usize = 4096;
/// Acknowledgements sent in one go; the link's queue holds four times as many frames.
const CONFIRMED_AT_ONCE: usize = 64;
/// Records in one frame, and records on their way that are not confirmed as received.
const BATCH: usize = 200;
const WINDOW: u64 = 1000;

/// What has been sent of the journal on this connection.
#[derive(Debug, Default)]
pub(super) struct Upstream {
    boot_id: Option<[u8; 16]>,
    sent: u64,
    received: u64,
    /// Acknowledgements that wait until the kernel and the disk have what they speak of, oldest first.
    unconfirmed: VecDeque<GrantAck>,
}

impl<G: Gate, N: Network> Core<G, N> {
    pub(super) async fn link_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::HelloWanted(reply) => {
                // Before anything can be sent on the new link.
                self.upstream.sent = self.journal.durable();
                self.upstream.received = self.journal.durable();
                let hello = self.hello();
                // What is not confirmed comes again.
                self.upstream.unconfirmed.clear();
                let _ = reply.send(hello);
            }
            LinkEvent::Up(welcome) => {
                self.kept.ap_id = welcome.ap_id;
                self.kept.domain = welcome.domain;
                self.situation();
                self.report();
            }
            LinkEvent::Down(_) => {
                self.grants.link_lost();
                self.situation();
            }
            LinkEvent::Frame { body, unix_ms, boottime_ms } => {
                self.clock.feed(unix_ms, boottime_ms);
                self.time.follow(&self.clock);
                self.frame(body).await;
            }
        }
    }

    async fn frame(&mut self, body: down::Body) {
        match body {
            down::Body::Entry(entry) => self.entry(&entry).await,
            down::Body::Snapshot(part) => self.snapshot(part).await,
            down::Body::Config(document) => {
                let ack = self.configure(document).await;
                self.save();
                self.link.send(up::Body::ConfigAck(ack));
                self.look().await;
            }
            down::Body::Received(position) => {
                if position.journal_id == self.journal.id() {
                    self.upstream.received = self.upstream.received.max(position.sequence);
                }
                self.pump();
            }
            down::Body::Durable(position) => {
                if position.journal_id == self.journal.id() {
                    // More than was ever written means that this side lost records the controller has.
                    let marked = self.journal.mark_durable(position.sequence);
                    self.note("journal_write", marked);
                    let durable = self.journal.durable();
                    self.upstream.received = self.upstream.received.max(durable);
                    self.upstream.sent = self.upstream.sent.max(durable);
                }
                self.pump();
            }
            down::Body::Ping(ping) => {
                let health = self.health(ping.nonce);
                self.link.send(up::Body::Health(health));
            }
            // The link itself acts on these two.
            down::Body::Welcome(_) | down::Body::Refused(_) => {}
        }
    }

    fn hello(&mut self) -> Hello {
        let (epoch, sequence) = self.confirmed;
        let boot_id = *self.upstream.boot_id.get_or_insert_with(|| {
            let mut id = [0; 16];
            // Only there to be seen: whether the process is still the same one.
            let _ = getrandom::fill(&mut id);
            id
        });
        Hello {
            version: VERSION,
            capabilities: Vec::new(),
            agent_version: env!("CARGO_PKG_VERSION").to_owned(),
            boot_id: boot_id.to_vec(),
            journal_id: self.journal.id().to_vec(),
            config_version: self.settings.as_ref().map_or(0, |settings| settings.document.version),
            epoch,
            sequence,
            unix_ms: crate::clock::wall_ms(),
            durable: self.journal.durable(),
        }
    }

    /// One entry: kept, then into the kernel, then what the device moved until now. Acknowledged when it is on disk.
    async fn entry(&mut self, entry: &LogEntry) {
        let network = self.settings.as_ref().map(|settings| settings.network.clone()).unwrap_or_default();
        let before = entry.grant.as_ref().and_then(|grant| self.grants.terms_of(&network, grant));
        let taken = self.grants.take(entry, &network, self.clock.now_ms());
        let mut ack = GrantAck {
            epoch: entry.epoch,
            sequence: entry.sequence,
            grant_id: entry.grant.as_ref().map(|grant| grant.grant_id.clone()).unwrap_or_default(),
            refusal: String::new(),
        };
        let mut out: Option<Mac> = None;
        match taken {
            Taken::Gap => return self.link.reconnect(),
            Taken::Known => {}
            Taken::Refused(reason) => {
                self.keep(entry);
                *self.counted.entry("entries_refused").or_default() += 1;
                ack.refusal = reason.to_owned();
            }
            Taken::Applied(step) => {
                // First: a restart must not let in again whom the kernel has just put out.
                self.keep(entry);
                let change = GateChange {
                    admit: step.admit.into_iter().collect(),
                    revoke: step.revoke.into_iter().collect(),
                    ..GateChange::default()
                };
                if self.settings.is_some()
                    && !change.is_empty()
                    && let Err(error) = self.gate.change(&change).await
                {
                    // The next look repairs it; the grant is no worse than others.
                    self.gate_failed(&error);
                    self.gate_behind = true;
                }
                out = step.revoke.map(|(mac, _)| mac);
            }
        }
        self.confirm_later(ack);
        if let Some(mac) = out {
            // Whoever waits for the word that a device is out has it before the count of what it moved.
            self.settle();
            self.put_out(mac, before).await;
        }
    }

    /// Closes the session of a device that was put out, with its last bytes: what it moved under its former terms
    /// until the cut is theirs, even if nobody had looked since its first packet.
    async fn put_out(&mut self, mac: Mac, before: Option<Terms>) {
        let Some(settings) = &self.settings else { return };
        let network = settings.network.clone();
        if let Some(seen) = self.observe().await {
            self.take_in(&seen, before.map(|terms| (mac, terms))).await;
        }
        let still = self.grants.of(&network, mac).map(|grant| grant.grant_id.clone());
        let open = self.sessions.open().get(&mac).map(|session| session.terms.grant_id.to_vec());
        if open.is_some() && open != still {
            let closed = self.sessions.close(mac, SessionEnd::GrantRevoked);
            self.record(&Vec::from_iter(closed));
        }
    }

    async fn snapshot(&mut self, part: Snapshot) {
        let (epoch, sequence) = (part.epoch, part.sequence);
        if part.last {
            // What was moved until now belongs to the grants that are about to be replaced.
            self.look().await;
        }
        match self.grants.take_snapshot(part) {
            Ok(true) => {}
            Ok(false) => return,
            Err(reason) => {
                tracing::warn!(reason, "a snapshot of the grants is not taken");
                self.problems.insert("snapshot", reason.to_owned());
                return self.link.reconnect();
            }
        }
        self.problems.remove("snapshot");
        // One word for all of it: everything up to this position is in force.
        self.upstream.unconfirmed.clear();
        self.confirm_later(GrantAck { epoch, sequence, ..GrantAck::default() });
        if !self.save() {
            self.ledger.leave_behind();
        }
        self.look().await;
        let Some(settings) = &self.settings else { return };
        let terms = self.grants.terms(&settings.network);
        let over: Vec<Mac> = self
            .sessions
            .open()
            .iter()
            .filter(|(mac, session)| {
                terms.get(mac).is_none_or(|terms| terms.grant_id != session.terms.grant_id)
            })
            .map(|(mac, _)| *mac)
            .collect();
        let closed: Vec<_> =
            over.into_iter().filter_map(|mac| self.sessions.close(mac, SessionEnd::GrantRevoked)).collect();
        self.record(&closed);
        self.save();
    }

    /// Whether something that is held may be missing in the kernel or on disk.
    fn is_behind(&self) -> bool {
        self.gate_behind || self.settings.is_none() || self.on_disk != self.grants.position()
    }

    /// Keeps an acknowledgement until the kernel and the disk have what it speaks of.
    fn confirm_later(&mut self, ack: GrantAck) {
        if self.upstream.unconfirmed.len() >= UNCONFIRMED_MAX {
            self.link.reconnect();
        } else {
            self.upstream.unconfirmed.push_back(ack);
        }
    }

    /// Sends the acknowledgements that waited, once the kernel and the disk have everything.
    pub(super) fn confirm(&mut self) {
        if self.is_behind() {
            return;
        }
        self.confirmed = self.grants.position();
        // No more at a time than the link has room for; the rest goes with the next frame or look.
        for _ in 0..CONFIRMED_AT_ONCE {
            let Some(ack) = self.upstream.unconfirmed.pop_front() else { break };
            self.link.send(up::Body::GrantAck(ack));
        }
    }

    /// Whether so many acknowledgements wait that those to come have to wait for them.
    pub(super) fn has_much_to_confirm(&self) -> bool {
        self.upstream.unconfirmed.len() >= CONFIRMED_AT_ONCE
    }

    /// Reports every session that changed, and how the access point is.
    pub(super) fn report(&mut self) {
        self.write_ends();
        self.write_counters();
        let health = self.health(0);
        self.link.send(up::Body::Health(health));
        self.pump();
    }

    /// Sends what is in the journal and not yet on its way.
    pub(super) fn pump(&mut self) {
        if !self.link.state().connected {
            return;
        }
        while self.upstream.sent < self.journal.last()
            && self.upstream.sent.saturating_sub(self.upstream.received) < WINDOW
        {
            let records = match self.journal.read_from(self.upstream.sent + 1, BATCH) {
                Ok(records) => records,
                Err(error) => return self.note("journal_read", Err(error)),
            };
            let Some(last) = records.last().map(|record| record.sequence) else { break };
            let batch = JournalBatch { journal_id: self.journal.id().to_vec(), records };
            if !self.link.send(up::Body::Journal(batch)) {
                break;
            }
            self.upstream.sent = last;
        }
    }

    pub(super) fn health(&self, nonce: u64) -> Health {
        let counters = self.all_counters().into_iter().map(|(name, value)| Counter { name, value }).collect();
        Health {
            stations: u32::try_from(self.stations.len()).unwrap_or(u32::MAX),
            sessions: u32::try_from(self.sessions.open().len()).unwrap_or(u32::MAX),
            journal_pending: self.journal.pending(),
            grants: u32::try_from(self.grants.all().count()).unwrap_or(u32::MAX),
            counters,
            problems: self.problems.values().cloned().collect(),
            nonce,
            bytes_up: self.sessions.moved().0,
            bytes_down: self.sessions.moved().1,
            machine: Some(machine::look()),
        }
    }
}
