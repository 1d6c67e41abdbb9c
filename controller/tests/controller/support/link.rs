//! A control link as an agent holds it.

use std::time::Duration;

use agent_protocol::frame::{MAX_FRAME_BYTES, decode, encode};
use agent_protocol::v1::{
    Down, Grant, GrantAck, Health, Hello, JournalBatch, JournalRecord, LogEntry, SessionReport, Up, down, up,
};
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::LIMIT;

/// A control link.
pub struct Link {
    stream: TlsStream<TcpStream>,
    inbox: BytesMut,
    pub journal: [u8; 16],
    /// What of the log this agent has.
    pub have: (u64, u64),
    /// What of its journal was called durable.
    pub told: u64,
    /// How this agent says that it is, whenever it is asked.
    pub health: Health,
    /// What the snapshot, if one came, and later entries say.
    pub grants: Vec<Grant>,
}

impl Link {
    pub fn new(stream: TlsStream<TcpStream>) -> Self {
        Self {
            stream,
            inbox: BytesMut::new(),
            journal: [2; 16],
            have: (0, 0),
            told: 0,
            health: Health::default(),
            grants: Vec::new(),
        }
    }

    /// Sends bytes as they are.
    pub async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends one frame.
    pub async fn send(&mut self, body: up::Body) {
        let mut wire = BytesMut::new();
        encode(&Up { body: Some(body) }, &mut wire).unwrap();
        self.raw(&wire).await;
    }

    /// Sends a hello that says what this link has.
    pub async fn hello(&mut self) {
        let (epoch, sequence) = self.have;
        let hello = Hello {
            version: 1,
            boot_id: vec![1; 16],
            journal_id: self.journal.to_vec(),
            epoch,
            sequence,
            durable: self.told,
            agent_version: "test".to_owned(),
            ..Hello::default()
        };
        self.send(up::Body::Hello(hello)).await;
    }

    /// The next frame, or `None` when the controller has closed the link.
    pub async fn next(&mut self) -> Option<Down> {
        tokio::time::timeout(LIMIT, self.read()).await.expect("no frame came")
    }

    async fn read(&mut self) -> Option<Down> {
        loop {
            if let Some(frame) = decode::<Down>(&mut self.inbox, MAX_FRAME_BYTES).unwrap() {
                return Some(frame);
            }
            if self.stream.read_buf(&mut self.inbox).await.unwrap_or(0) == 0 {
                return None;
            }
        }
    }

    /// The next body that is no ping; pings are answered, as an agent does.
    pub async fn body(&mut self) -> Option<down::Body> {
        loop {
            match self.next().await?.body {
                Some(down::Body::Ping(ping)) => self.answer_ping(ping.nonce).await,
                Some(body) => return Some(body),
                None => panic!("the controller said something this version does not know"),
            }
        }
    }

    pub async fn answer_ping(&mut self, nonce: u64) {
        self.send(up::Body::Health(Health { nonce, ..self.health.clone() })).await;
    }

    /// Reads on until `pick` takes a body; the others are followed as an agent would, without acknowledging.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(&down::Body) -> Option<T>) -> T {
        let found = async {
            loop {
                let Some(body) = self.body().await else { panic!("the link ended before: {what}") };
                self.follow(&body);
                if let Some(found) = pick(&body) {
                    return found;
                }
            }
        };
        tokio::time::timeout(LIMIT, found)
            .await
            .unwrap_or_else(|_| panic!("after {LIMIT:?} still not: {what}"))
    }

    /// Takes the log in.
    fn follow(&mut self, body: &down::Body) {
        if let down::Body::Snapshot(part) = body {
            if self.have != (part.epoch, part.sequence) {
                self.grants.clear();
            }
            self.have = (part.epoch, part.sequence);
            self.grants.extend(part.grants.iter().cloned());
        }
        if let down::Body::Entry(entry) = body {
            self.have = (entry.epoch, entry.sequence);
            let grant = entry.grant.clone().unwrap();
            self.grants.retain(|other| other.grant_id != grant.grant_id);
            if !grant.revoked {
                self.grants.push(grant);
            }
        }
    }

    /// Waits for a whole snapshot and confirms it.
    pub async fn snapshot(&mut self) {
        self.until("a snapshot", |body| {
            matches!(body, down::Body::Snapshot(part) if part.last).then_some(())
        })
        .await;
        let (epoch, sequence) = self.have;
        self.send(up::Body::GrantAck(GrantAck { epoch, sequence, ..GrantAck::default() })).await;
    }

    /// The next entry of the log.
    pub async fn entry(&mut self) -> LogEntry {
        self.until("an entry", |body| match body {
            down::Body::Entry(entry) => Some(entry.clone()),
            _ => None,
        })
        .await
    }

    /// Says that an entry is in force, or why not.
    pub async fn acknowledge(&mut self, entry: &LogEntry, refusal: &str) {
        let ack = GrantAck {
            epoch: entry.epoch,
            sequence: entry.sequence,
            grant_id: entry.grant.as_ref().unwrap().grant_id.clone(),
            refusal: refusal.to_owned(),
        };
        self.send(up::Body::GrantAck(ack)).await;
    }

    /// The next entry, acknowledged.
    pub async fn apply(&mut self) -> LogEntry {
        let entry = self.entry().await;
        self.acknowledge(&entry, "").await;
        entry
    }

    /// Sends records of the journal, the first with this sequence.
    pub async fn journal(&mut self, first: u64, reports: Vec<SessionReport>) {
        let records = (first..)
            .zip(reports)
            .map(|(sequence, report)| JournalRecord { sequence, unix_ms: 0, session: Some(report) })
            .collect();
        self.send(up::Body::Journal(JournalBatch { journal_id: self.journal.to_vec(), records })).await;
    }

    /// Waits for `durable` of a record.
    pub async fn durable(&mut self, sequence: u64) {
        self.until("durable", |body| match body {
            down::Body::Durable(position) if position.sequence >= sequence => Some(()),
            _ => None,
        })
        .await;
    }

    /// Waits for `received` of a record; `durable` before it is an error.
    pub async fn received(&mut self, sequence: u64) {
        self.until("received", |body| match body {
            down::Body::Received(position) if position.sequence == sequence => Some(()),
            down::Body::Durable(position) if position.sequence >= sequence => {
                panic!("durable came before received")
            }
            _ => None,
        })
        .await;
    }

    /// Whether `durable` of a record comes within `limit`.
    pub async fn durable_within(&mut self, sequence: u64, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.durable(sequence)).await.is_ok()
    }

    /// Waits for the end of the link; returns the reason if one was given.
    pub async fn ended(&mut self) -> Option<String> {
        let mut reason = None;
        while let Some(frame) = self.next().await {
            if let Some(down::Body::Refused(refused)) = frame.body {
                assert!(refused.retry_secs > 0, "no time to wait was given");
                reason = Some(refused.reason);
            }
        }
        reason
    }

    /// Serves the link as an agent does until it ends: every entry is acknowledged at once.
    pub fn serve(mut self) -> tokio::task::JoinHandle<Self> {
        tokio::spawn(async move {
            loop {
                match self.read().await.map(|frame| frame.body) {
                    Some(Some(down::Body::Ping(ping))) => self.answer_ping(ping.nonce).await,
                    Some(Some(body)) => {
                        self.follow(&body);
                        if let down::Body::Entry(entry) = &body {
                            self.acknowledge(entry, "").await;
                        }
                        if matches!(&body, down::Body::Snapshot(part) if part.last) {
                            let (epoch, sequence) = self.have;
                            let ack = GrantAck { epoch, sequence, ..GrantAck::default() };
                            self.send(up::Body::GrantAck(ack)).await;
                        }
                    }
                    Some(None) | None => return self,
                }
            }
        })
    }
}

/// What an agent says of a session.
pub fn report(session: [u8; 16], grant: &Grant, bytes: u64) -> SessionReport {
    SessionReport {
        session_id: session.to_vec(),
        grant_id: grant.grant_id.clone(),
        mac: grant.mac.clone(),
        opened_ms: 1_000,
        last_packet_ms: 2_000 + bytes,
        bytes_up: bytes,
        bytes_down: 10 * bytes,
        packets_up: 1,
        packets_down: 1,
        end: 0,
        addresses: vec![vec![10, 50, 1, 1]],
    }
}
