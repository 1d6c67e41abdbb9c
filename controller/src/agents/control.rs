//! One control link: a hello, then frames both ways until either side goes or falls silent.
//!
//! A reader and a writer run beside each other and share nothing but the queue, so that an access point that does not
//! read cannot keep its own acknowledgements from being heard.

use std::sync::Arc;
use std::time::Duration;

use crate::fleet::redirects;
use agent_protocol::VERSION;
use agent_protocol::frame::{MAX_FRAME_BYTES, encode};
use agent_protocol::v1::{Down, Hello, JournalBatch, JournalPosition, Ping, Refused, Up, down, up};
use bytes::BytesMut;
use store::StoreError;
use tokio::io::{AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::MissedTickBehavior;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::Door;
use super::frames::{FrameReader, ReadError};
use crate::clock;
use crate::fleet::{Outbox, Parcel, outrun};
use crate::sessions::{JournalPart, JournalPartError};

/// The hello must be there by then.
const HELLO_LIMIT: Duration = Duration::from_secs(10);
/// One parcel must be written by then; an access point that reads slower than that connects again.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// Batches of one link that may wait for their commit.
const MOST_BATCHES: usize = 8;
/// A link that is ended here is read for this long, so that what was sent meanwhile does not reset the connection
/// before the reason has been read.
const LINGER: Duration = Duration::from_secs(1);
/// The lowest version this controller still speaks.
const OLDEST_VERSION: u32 = 1;

/// Serves one connection; `ap` is the access point whose key proved itself, if its key is known.
pub async fn serve(door: &Door, stream: TlsStream<TcpStream>, ap: Option<String>) {
    let (read, mut write) = tokio::io::split(stream);
    let mut reader = FrameReader::new(read, MAX_FRAME_BYTES);
    let hello = tokio::time::timeout(HELLO_LIMIT, first_frame(&mut reader)).await;
    let refusal = match (hello, ap) {
        (Ok(Ok(hello)), Some(ap)) if hello.version >= OLDEST_VERSION => {
            match prepare(door, &ap, &hello).await {
                Ok(durable) => {
                    Link { door, ap, boot_id: hello.boot_id.clone() }
                        .run(&hello, durable, reader, write)
                        .await;
                    return;
                }
                Err(error) => {
                    tracing::error!(ap.id = %ap, %error, "an access point cannot be served");
                    Refusal(
                        "store",
                        "the controller cannot read its database; see its log and connect again".into(),
                        5,
                    )
                }
            }
        }
        (Ok(Ok(_)), None) => Refusal(
            "unknown_key",
            "this key is not enrolled here or was revoked; enrol this access point with a new token".into(),
            60,
        ),
        (Ok(Ok(hello)), Some(_)) => Refusal(
            "version",
            format!(
                "this agent speaks version {} of the protocol and the controller speaks {OLDEST_VERSION} to {VERSION}; install a newer agent",
                hello.version
            ),
            300,
        ),
        (Ok(Err(_)), _) => Refusal(
            "malformed",
            "the first frame of a control link must be a whole hello; install a sound agent".into(),
            60,
        ),
        (Err(_), _) => Refusal("no_hello", "no hello came in time; connect again".into(), 10),
    };
    let Refusal(label, reason, retry_secs) = refusal;
    door.metrics.agents.closed_links.with_label_values(&[label]).inc();
    let _ = write_parcel(&mut write, vec![down::Body::Refused(Refused { reason, retry_secs })]).await;
    let _ = tokio::time::timeout(WRITE_LIMIT, write.shutdown()).await;
    linger(&mut reader).await;
}

/// What has to be so before an access point is served: its journal is announced, and its configuration is not newer
/// than what it will be told. Returns how much of the journal is durable.
async fn prepare(door: &Door, ap: &str, hello: &Hello) -> Result<JournalPosition, StoreError> {
    if door.fleet.config_version(ap).is_some_and(|version| version < hello.config_version) {
        outrun(&door.store, ap, hello.config_version).await?;
        door.renewed().await;
    }
    let journal = hello.journal_id.as_slice().try_into().unwrap_or_default();
    let sequence = door.sessions.journal_announced(ap, journal, hello.durable, hello.epoch).await?;
    Ok(JournalPosition { journal_id: hello.journal_id.clone(), sequence })
}

struct Refusal(&'static str, String, u32);

async fn first_frame(reader: &mut FrameReader<ReadHalf<TlsStream<TcpStream>>>) -> Result<Hello, ReadError> {
    let malformed = || ReadError::Malformed(agent_protocol::frame::FrameError::Malformed);
    match reader.next::<Up>().await?.body {
        Some(up::Body::Hello(hello)) if hello.boot_id.len() == 16 && hello.journal_id.len() == 16 => {
            Ok(hello)
        }
        _ => Err(malformed()),
    }
}

struct Link<'a> {
    door: &'a Door,
    ap: String,
    boot_id: Vec<u8>,
}

/// What the link knows of the journal its hello named.
struct Journal {
    id: [u8; 16],
    places: Arc<Semaphore>,
    /// Cancelled when records do not continue the journal.
    broken: CancellationToken,
}

/// Why the reading side ended; the words label a counter.
enum Ended {
    /// The access point closed the connection, or it broke.
    Gone,
    /// What it sent is against the protocol.
    Malformed,
    /// Nothing was heard for too long.
    Silent,
    /// Records of the journal are missing between those that came; the access point sends them again.
    OutOfTurn,
    /// The controller stops, or the fleet ended the link.
    Here,
}

impl Link<'_> {
    async fn run(
        self,
        hello: &Hello,
        durable: JournalPosition,
        mut reader: FrameReader<ReadHalf<TlsStream<TcpStream>>>,
        write: WriteHalf<TlsStream<TcpStream>>,
    ) {
        let version = hello.version.min(VERSION);
        let attached = self.door.fleet.attach(&self.ap, hello, version, clock::unix_ms());
        if attached.ahead {
            self.door.sessions.log_is_older(hello.epoch, hello.sequence).await;
        }
        if let Some(off) = clock::apart(clock::unix_ms(), hello.unix_ms) {
            self.door.metrics.agents.wrong_clocks.inc();
            tracing::warn!(
                ap.id = %self.ap,
                off,
                "an access point's clock is wrong; set it there: timedatectl set-ntp true"
            );
        }
        let Outbox { link_id, queue, close, sender } = attached.outbox;
        let journal: [u8; 16] = durable.journal_id.as_slice().try_into().unwrap_or_default();
        if durable.sequence > 0 {
            // The queue is new and has room.
            let _ = sender.try_send(vec![down::Body::Durable(durable)]);
        }
        tracing::info!(ap.id = %self.ap, agent.version = %hello.agent_version, "an access point is connected");
        let mut ended_here = close.clone();
        let mut pings = tokio::time::interval(self.door.away() / 3);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut writer = tokio::spawn(write_loop(write, queue, close, pings));
        let ended = tokio::select! {
            ended = self.read_loop(&mut reader, &sender, link_id, journal) => ended,
            _ = &mut writer => Ended::Here,
            _ = ended_here.wait_for(Option::is_some) => Ended::Here,
            () = self.door.lifetime.stop.cancelled() => Ended::Here,
        };
        let label = match ended {
            Ended::Gone => "gone",
            Ended::Malformed => "malformed",
            Ended::Silent => "silent",
            Ended::OutOfTurn => "out_of_turn",
            Ended::Here => "here",
        };
        self.door.metrics.agents.closed_links.with_label_values(&[label]).inc();
        self.door.fleet.detach(&self.ap, link_id);
        tracing::info!(ap.id = %self.ap, reason = label, "an access point is disconnected");
        drop(sender);
        // A writer that has ended is not asked again: it may be what ended the link.
        let written = matches!(ended, Ended::Here)
            && (writer.is_finished() || tokio::time::timeout(WRITE_LIMIT, &mut writer).await.is_ok());
        if written {
            linger(&mut reader).await;
        } else {
            writer.abort();
        }
    }

    async fn read_loop(
        &self,
        reader: &mut FrameReader<ReadHalf<TlsStream<TcpStream>>>,
        sender: &mpsc::Sender<Parcel>,
        link_id: u64,
        journal: [u8; 16],
    ) -> Ended {
        let away = self.door.away();
        let journal = Journal {
            id: journal,
            places: Arc::new(Semaphore::new(MOST_BATCHES)),
            broken: CancellationToken::new(),
        };
        loop {
            let frame = tokio::select! {
                frame = tokio::time::timeout(away, reader.next::<Up>()) => frame,
                () = journal.broken.cancelled() => return Ended::OutOfTurn,
            };
            let Ok(frame) = frame else { return Ended::Silent };
            match frame {
                Ok(Up { body: Some(body) }) => {
                    if let Some(ended) = self.take(body, sender, link_id, &journal).await {
                        return ended;
                    }
                }
                // Something a newer agent says.
                Ok(Up { body: None }) => {}
                Err(ReadError::Malformed(error)) => {
                    tracing::warn!(ap.id = %self.ap, %error, "an access point sent what is no frame");
                    return Ended::Malformed;
                }
                Err(ReadError::Closed | ReadError::Broken(_)) => return Ended::Gone,
            }
        }
    }

    async fn take(
        &self,
        body: up::Body,
        sender: &mpsc::Sender<Parcel>,
        link_id: u64,
        journal: &Journal,
    ) -> Option<Ended> {
        match body {
            up::Body::GrantAck(ack) => self.door.fleet.acknowledge(&self.ap, link_id, &ack),
            up::Body::ConfigAck(ack) => self.door.fleet.configured(&self.ap, &ack),
            up::Body::Health(health) => {
                if let Some(redirects) = redirects(&health) {
                    self.door.tally.redirects(&self.ap, &self.boot_id, redirects);
                }
                self.door.fleet.alive(&self.ap, link_id, health);
            }
            up::Body::Journal(batch) => return self.take_journal(batch, sender, journal).await,
            up::Body::Hello(_) => return Some(Ended::Malformed),
        }
        None
    }

    /// Hands a batch on and says `received` at once; `durable` follows its commit. Waits while too many batches of
    /// this link wait already, which slows the access point down instead of filling the memory.
    async fn take_journal(
        &self,
        batch: JournalBatch,
        sender: &mpsc::Sender<Parcel>,
        journal: &Journal,
    ) -> Option<Ended> {
        let part = match JournalPart::new(&self.ap, journal.id, batch) {
            Ok(part) => part,
            Err(JournalPartError::Empty) => return None,
            Err(error) => {
                tracing::warn!(ap.id = %self.ap, %error, "an access point sent a journal that is none");
                return Some(Ended::Malformed);
            }
        };
        let position = JournalPosition { journal_id: journal.id.to_vec(), sequence: part.last() };
        let place = Arc::clone(&journal.places).acquire_owned().await.ok()?;
        if sender.send(vec![down::Body::Received(position.clone())]).await.is_err() {
            return Some(Ended::Here);
        }
        let Ok(durable) = self.door.sessions.record(part).await else { return Some(Ended::Here) };
        let sender = sender.clone();
        let broken = journal.broken.clone();
        tokio::spawn(async move {
            match durable.await {
                Ok(()) => {
                    let _ = sender.send(vec![down::Body::Durable(position)]).await;
                }
                Err(_) => broken.cancel(),
            }
            drop(place);
        });
        None
    }
}

/// Reads on until the other side closes, for a moment.
async fn linger(reader: &mut FrameReader<ReadHalf<TlsStream<TcpStream>>>) {
    let _ = tokio::time::timeout(LINGER, async { while reader.next::<Up>().await.is_ok() {} }).await;
}

async fn write_loop(
    mut write: WriteHalf<TlsStream<TcpStream>>,
    mut queue: mpsc::Receiver<Parcel>,
    mut close: watch::Receiver<Option<Refused>>,
    mut pings: tokio::time::Interval,
) {
    let mut nonce = 0;
    loop {
        tokio::select! {
            biased;
            refused = reason_to_close(&mut close) => {
                if let Some(refused) = refused {
                    let _ = write_parcel(&mut write, vec![down::Body::Refused(refused)]).await;
                }
                break;
            }
            parcel = queue.recv() => match parcel {
                Some(parcel) => {
                    if write_parcel(&mut write, parcel).await.is_err() {
                        break;
                    }
                }
                None => break,
            },
            _ = pings.tick() => {
                nonce += 1;
                if write_parcel(&mut write, vec![down::Body::Ping(Ping { nonce })]).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = tokio::time::timeout(WRITE_LIMIT, write.shutdown()).await;
}

/// Waits until the fleet ends the link; `None` when the fleet itself is gone.
async fn reason_to_close(close: &mut watch::Receiver<Option<Refused>>) -> Option<Refused> {
    close.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone())
}

/// Writes frames, each with the controller's time.
async fn write_parcel<W: AsyncWrite + Unpin>(write: &mut W, parcel: Parcel) -> std::io::Result<()> {
    let mut wire = BytesMut::new();
    for body in parcel {
        let frame = Down { unix_ms: clock::unix_ms(), body: Some(body) };
        encode(&frame, &mut wire).map_err(std::io::Error::other)?;
    }
    let written = async {
        write.write_all(&wire).await?;
        write.flush().await
    };
    tokio::time::timeout(WRITE_LIMIT, written).await.map_err(|_| std::io::ErrorKind::TimedOut)?
}
