//! The control link: one connection to the controller, kept for ever; frames in and out over bounded channels.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use agent_protocol::frame::{MAX_FRAME_BYTES, decode, encode};
use agent_protocol::v1::{Down, Hello, Up, Welcome, down, up};
use bytes::BytesMut;
use rustls::ClientConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::clock::boottime_ms;
use crate::dial::Dial;

mod backoff;

use backoff::Backoff;

/// Frames that wait to be sent; when it is full the connection is too slow and is made anew.
const OUTBOX: usize = 256;
/// A frame that cannot be written for this long ends the connection.
const WRITE_LIMIT: Duration = Duration::from_secs(10);
/// How long the answer to a hello may take.
const WELCOME_LIMIT: Duration = Duration::from_secs(10);
/// A connection that stood this long was a good one: the next try is soon again.
const GOOD_MS: u64 = 20_000;

/// What the link tells the core.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "nearly all of them are frames")]
pub enum LinkEvent {
    /// A connection is there and its hello is asked for.
    HelloWanted(oneshot::Sender<Hello>),
    /// The controller serves this link.
    Up(Welcome),
    /// A frame, with the controller's time and our boot time when it came.
    Frame {
        /// What it says.
        body: down::Body,
        /// The controller's clock, Unix milliseconds.
        unix_ms: u64,
        /// Our clock since boot, milliseconds.
        boottime_ms: u64,
    },
    /// The link is down; the sentence says why.
    Down(String),
}

/// How the link is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkState {
    /// Whether the controller serves us now.
    pub connected: bool,
    /// Why not, in a sentence.
    pub problem: String,
    /// When the link came up or went down, by our clock since boot in milliseconds; `None` before the first try ended.
    pub since_ms: Option<u64>,
}

/// Sends frames on the link while it stands.
#[derive(Debug, Clone)]
pub struct LinkHandle {
    outbox: mpsc::Sender<Up>,
    again: mpsc::Sender<()>,
    state: watch::Receiver<LinkState>,
}

impl LinkHandle {
    /// Queues a frame; false when the link is down or too slow, and then the frame is gone: what must not be lost stays
    /// in the journal and is sent again after the next hello.
    pub fn send(&self, body: up::Body) -> bool {
        if !self.state.borrow().connected {
            return false;
        }
        let queued = self.outbox.try_send(Up { body: Some(body) });
        if let Err(TrySendError::Full(_)) = &queued {
            // What is lost here is asked for again with the next hello.
            self.reconnect();
        }
        queued.is_ok()
    }

    /// Ends the connection; the next hello says what is missing.
    pub fn reconnect(&self) {
        let _ = self.again.try_send(());
    }

    /// How the link is.
    #[must_use]
    pub fn state(&self) -> LinkState {
        self.state.borrow().clone()
    }

    /// Follows how the link is.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<LinkState> {
        self.state.clone()
    }
}

/// The link's own side.
pub struct Link {
    dial: Dial,
    config: Arc<ClientConfig>,
    away: watch::Receiver<Duration>,
    events: mpsc::Sender<LinkEvent>,
    outbox: mpsc::Receiver<Up>,
    again: mpsc::Receiver<()>,
    state: watch::Sender<LinkState>,
}

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
enum Ended {
    #[error(
        "another key answers at the controller's address; if the controller was replaced, enrol this access point again"
    )]
    WrongKey,
    #[error("the controller cannot be reached ({0})")]
    Connect(#[source] io::Error),
    #[error("the controller does not serve this access point: {reason}")]
    Refused { reason: String, retry: Duration },
    #[error("the controller was silent for too long")]
    Silent,
    #[error("the controller sent something that is no frame of this protocol")]
    Nonsense,
    #[error("the controller closed the connection without a word")]
    Closed,
    #[error("the connection broke ({0})")]
    Broken(#[source] io::Error),
    #[error("the connection was too slow for what there is to say")]
    TooSlow,
    #[error("something was missed; the link is made anew to catch up")]
    Again,
    #[error("the agent is stopping")]
    Stopping,
}

impl Link {
    /// A link and the handle to it. `away` is how long the controller may be silent.
    #[must_use]
    pub fn new(
        dial: Dial,
        config: Arc<ClientConfig>,
        away: watch::Receiver<Duration>,
        events: mpsc::Sender<LinkEvent>,
    ) -> (Self, LinkHandle) {
        let (outbox_in, outbox) = mpsc::channel(OUTBOX);
        let (again_in, again) = mpsc::channel(1);
        let (state, watched) = watch::channel(LinkState::default());
        let handle = LinkHandle { outbox: outbox_in, again: again_in, state: watched };
        (Self { dial, config, away, events, outbox, again, state }, handle)
    }

    /// Connects, serves, and connects again, until it is told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        while !stop.is_cancelled() {
            let ended = tokio::select! {
                () = stop.cancelled() => Ended::Stopping,
                ended = self.connect() => ended,
            };
            if matches!(ended, Ended::Stopping) {
                break;
            }
            let problem = ended.to_string();
            let was = self.went_down(problem.clone());
            if was.connected || was.problem != problem {
                tracing::warn!(%problem, "the control link is down");
            }
            while self.outbox.try_recv().is_ok() {}
            if self.events.send(LinkEvent::Down(problem)).await.is_err() {
                break;
            }
            if was.connected
                && was.since_ms.is_some_and(|since| boottime_ms().saturating_sub(since) >= GOOD_MS)
            {
                backoff = Backoff::default();
            }
            let away = *self.away.borrow();
            let pause = match ended {
                // All access points are refused together; they come back one after the other.
                Ended::Refused { retry, .. } => retry.saturating_add(backoff.next_pause(away)),
                Ended::Again
                | Ended::WrongKey
                | Ended::Connect(_)
                | Ended::Silent
                | Ended::Nonsense
                | Ended::Closed
                | Ended::Broken(_)
                | Ended::TooSlow
                | Ended::Stopping => backoff.next_pause(away),
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Says that the link is down; what it was before.
    fn went_down(&self, problem: String) -> LinkState {
        let mut was = LinkState::default();
        self.state.send_modify(|state| {
            was = state.clone();
            if state.connected || state.since_ms.is_none() {
                state.since_ms = Some(boottime_ms());
            }
            state.connected = false;
            state.problem = problem;
        });
        was
    }

    async fn connect(&mut self) -> Ended {
        let stream = match self.dial.tls(Arc::clone(&self.config)).await {
            Ok(stream) => stream,
            Err(error) if crate::tls::is_wrong_key(&error) => return Ended::WrongKey,
            Err(error) => return Ended::Connect(error),
        };
        let (reply, hello) = oneshot::channel();
        if self.events.send(LinkEvent::HelloWanted(reply)).await.is_err() {
            return Ended::Stopping;
        }
        let Ok(hello) = hello.await else { return Ended::Stopping };
        let (mut read, mut write) = split(stream);
        if let Err(ended) = send(&mut write, &Up { body: Some(up::Body::Hello(hello)) }).await {
            return ended;
        }
        while self.again.try_recv().is_ok() {}
        let mut inbox = BytesMut::with_capacity(4096);
        match tokio::time::timeout(WELCOME_LIMIT, receive(&mut read, &mut inbox)).await {
            Ok(Ok(Down { body: Some(down::Body::Welcome(welcome)), unix_ms })) => {
                tracing::info!("the control link is up");
                let boottime_ms = boottime_ms();
                // A sender that saw the former link in its last moment.
                while self.outbox.try_recv().is_ok() {}
                let up = LinkState { connected: true, problem: String::new(), since_ms: Some(boottime_ms) };
                self.state.send_replace(up);
                let body = down::Body::Welcome(welcome.clone());
                let first = LinkEvent::Frame { body, unix_ms, boottime_ms };
                if self.events.send(first).await.is_err()
                    || self.events.send(LinkEvent::Up(welcome)).await.is_err()
                {
                    return Ended::Stopping;
                }
            }
            Ok(Ok(Down { body: Some(down::Body::Refused(refused)), .. })) => {
                let retry = Duration::from_secs(u64::from(refused.retry_secs.min(3600)));
                return Ended::Refused { reason: refused.reason, retry };
            }
            Ok(Ok(_)) => return Ended::Nonsense,
            Ok(Err(ended)) => return ended,
            Err(_) => return Ended::Silent,
        }
        self.serve(read, write, inbox).await
    }

    async fn serve(
        &mut self,
        mut read: impl AsyncRead + Unpin,
        mut write: impl AsyncWrite + Unpin,
        mut inbox: BytesMut,
    ) -> Ended {
        // Only what is heard counts: writing into a cut cable goes well for minutes.
        let mut heard = Instant::now();
        loop {
            let away = *self.away.borrow();
            tokio::select! {
                biased;
                Some(()) = self.again.recv() => return Ended::Again,
                Some(message) = self.outbox.recv() => {
                    if let Err(ended) = send(&mut write, &message).await {
                        return ended;
                    }
                }
                received = tokio::time::timeout_at(heard + away, receive(&mut read, &mut inbox)) => {
                    let frame = match received {
                        Ok(Ok(frame)) => frame,
                        Ok(Err(ended)) => return ended,
                        Err(_) => return Ended::Silent,
                    };
                    heard = Instant::now();
                    let reason = match frame.body {
                        Some(down::Body::Refused(refused)) => Some(refused),
                        Some(body) => {
                            let event = LinkEvent::Frame { body, unix_ms: frame.unix_ms, boottime_ms: boottime_ms() };
                            if self.events.send(event).await.is_err() {
                                return Ended::Stopping;
                            }
                            None
                        }
                        None => None,
                    };
                    if let Some(refused) = reason {
                        let retry = Duration::from_secs(u64::from(refused.retry_secs.min(3600)));
                        return Ended::Refused { reason: refused.reason, retry };
                    }
                }
            }
        }
    }
}

/// Reads one frame. Cancel-safe: bytes that came stay in `inbox`.
async fn receive(read: &mut (impl AsyncRead + Unpin), inbox: &mut BytesMut) -> Result<Down, Ended> {
    loop {
        if let Some(frame) = decode(inbox, MAX_FRAME_BYTES).map_err(|_| Ended::Nonsense)? {
            return Ok(frame);
        }
        match read.read_buf(inbox).await {
            Ok(0) => return Err(Ended::Closed),
            Ok(_) => {}
            // A peer that dies leaves the TLS stream without its end.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Err(Ended::Closed),
            Err(error) => return Err(Ended::Broken(error)),
        }
    }
}

async fn send(write: &mut (impl AsyncWrite + Unpin), message: &Up) -> Result<(), Ended> {
    let mut frame = BytesMut::new();
    encode(message, &mut frame).map_err(|_| Ended::Nonsense)?;
    let work = async {
        write.write_all(&frame).await?;
        write.flush().await
    };
    match tokio::time::timeout(WRITE_LIMIT, work).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Ended::Broken(error)),
        Err(_) => Err(Ended::TooSlow),
    }
}
