//! The controller's side of one control link, frame by frame.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agent_protocol::frame::{MAX_FRAME_BYTES, decode, encode};
use agent_protocol::v1::{
    ConfigDocument, Down, Grant, Hello, JournalPosition, JournalRecord, LogEntry, Ping, Snapshot, Up,
    Welcome, down, up,
};
use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::centre::Stream;
use super::{LIMIT, document};

/// Epoch of the tests' grant log.
pub const EPOCH: u64 = 1;

/// One link.
pub struct Control {
    stream: Stream,
    inbox: BytesMut,
    /// What the agent said first.
    pub hello: Hello,
    /// The controller's clock less the machine's.
    pub ahead_ms: i64,
    said: Instant,
}

/// While a test waits for something, the agent hears this often that the controller is there.
const SIGN_OF_LIFE: Duration = Duration::from_millis(100);

impl Control {
    pub async fn take(stream: Stream) -> Self {
        let mut control = Self {
            stream,
            inbox: BytesMut::new(),
            hello: Hello::default(),
            ahead_ms: 0,
            said: Instant::now(),
        };
        match control.next().await {
            Some(up::Body::Hello(hello)) => control.hello = hello,
            other => panic!("the first frame is no hello: {other:?}"),
        }
        control
    }

    /// The controller's clock.
    pub fn now_ms(&self) -> u64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        u64::try_from(i64::try_from(now).unwrap() + self.ahead_ms).unwrap()
    }

    /// The next frame, or `None` when the agent closed the link.
    pub async fn next(&mut self) -> Option<up::Body> {
        let read = async {
            loop {
                if let Some(frame) = decode::<Up>(&mut self.inbox, MAX_FRAME_BYTES).unwrap() {
                    return frame.body;
                }
                match self.stream.read_buf(&mut self.inbox).await {
                    Ok(0) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
        };
        tokio::time::timeout(LIMIT, read).await.expect("the agent said nothing in time")
    }

    /// Reads until a frame is what is looked for; others pass by.
    pub async fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(up::Body) -> Option<T>) -> T {
        let read = async {
            loop {
                if self.said.elapsed() >= SIGN_OF_LIFE {
                    self.say(down::Body::Ping(Ping::default())).await;
                }
                let Ok(body) = tokio::time::timeout(SIGN_OF_LIFE, self.next()).await else { continue };
                let body = body.unwrap_or_else(|| panic!("the link ended before {what}"));
                if let Some(found) = wanted(body) {
                    return found;
                }
            }
        };
        tokio::time::timeout(LIMIT, read)
            .await
            .unwrap_or_else(|_| panic!("{what} did not come within {LIMIT:?}"))
    }

    /// Reads until the agent ends the link, answering nothing; fails when it does not.
    pub async fn ended(mut self) {
        let read = async { while self.next().await.is_some() {} };
        tokio::time::timeout(LIMIT, read).await.expect("the agent keeps a link that it should have given up");
    }

    pub async fn say(&mut self, body: down::Body) {
        let mut frame = BytesMut::new();
        encode(&Down { unix_ms: self.now_ms(), body: Some(body) }, &mut frame).unwrap();
        self.raw(&frame).await;
    }

    /// Writes bytes that need not be a frame.
    pub async fn raw(&mut self, bytes: &[u8]) {
        self.said = Instant::now();
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    pub async fn welcome(&mut self) {
        let welcome = Welcome {
            version: 1,
            ap_id: "HK-11".to_owned(),
            domain: "hoankiem".to_owned(),
            ..Welcome::default()
        };
        self.say(down::Body::Welcome(welcome)).await;
    }

    /// Offers a configuration and returns why it is refused; empty when it is in force.
    pub async fn configure(&mut self, document: ConfigDocument) -> String {
        let version = document.version;
        self.say(down::Body::Config(document)).await;
        self.until("the answer to a configuration", |body| match body {
            up::Body::ConfigAck(ack) if ack.version == version => Some(ack.refusal),
            _ => None,
        })
        .await
    }

    /// Serves the link as after a first enrolment: welcome, configuration 1, an empty snapshot.
    pub async fn serve(&mut self) {
        self.welcome().await;
        assert_eq!(self.configure(document(1)).await, "");
        self.snapshot(0, Vec::new()).await;
    }

    pub async fn snapshot(&mut self, sequence: u64, grants: Vec<Grant>) {
        self.say(down::Body::Snapshot(Snapshot { epoch: EPOCH, sequence, grants, last: true })).await;
        self.acknowledged(sequence).await;
    }

    /// Sends an entry of the log and returns why it is refused; empty when it is in force.
    pub async fn entry(&mut self, sequence: u64, grant: Grant) -> String {
        self.say(down::Body::Entry(LogEntry { epoch: EPOCH, sequence, grant: Some(grant) })).await;
        self.acknowledged(sequence).await
    }

    pub async fn acknowledged(&mut self, wanted: u64) -> String {
        self.until("an acknowledgement", |body| match body {
            up::Body::GrantAck(ack) if ack.epoch == EPOCH && ack.sequence == wanted => Some(ack.refusal),
            _ => None,
        })
        .await
    }

    /// The journal's records from here on until one is what is looked for.
    pub async fn records_until(
        &mut self,
        what: &str,
        mut last: impl FnMut(&JournalRecord) -> bool,
    ) -> Vec<JournalRecord> {
        let mut records: Vec<JournalRecord> = Vec::new();
        self.until(what, |body| {
            let up::Body::Journal(batch) = body else { return None };
            for record in batch.records {
                records.push(record);
                if records.last().is_some_and(&mut last) {
                    return Some(());
                }
            }
            None
        })
        .await;
        records
    }

    pub async fn durable(&mut self, sequence: u64) {
        let journal_id = self.hello.journal_id.clone();
        self.say(down::Body::Durable(JournalPosition { journal_id, sequence })).await;
    }
}

/// In how long a grant of the tests ends unless it says otherwise.
pub const HOUR: Duration = Duration::from_secs(3600);
