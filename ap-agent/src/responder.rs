//! The answer on port 80 for devices that are not on line yet: where the portal is, or that the centre is away.
//!
//! Whatever name or path was asked for, the answer is one of a few made ready beforehand; nothing of a request comes
//! back in it, and nothing has to be asked of anybody.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

mod answers;
mod bounds;
mod page;
mod request;

use answers::{Answer, Answers};
use bounds::{Bounds, Place};
use request::{Look, Method};

/// From the first byte to the last of a connection.
const WHOLE_TIME: Duration = Duration::from_secs(5);
/// How long what a client still sends is read away, so that a reset does not take the answer from it.
const LINGER_TIME: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 256 << 10;
/// Rest after the system refused a connection for want of descriptors.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// What the answers depend on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The portal's URL without a trailing slash; absent before the first configuration, which counts as away.
    pub portal_url: Option<String>,
    /// True while the controller or the portal cannot be reached.
    pub away: bool,
    /// The access point's name for people, perhaps empty.
    pub ap_name: String,
}

/// Connections since the start, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests that got a redirect, the local page or a 511.
    pub answered: u64,
    /// Those of them that were sent to the portal.
    pub redirected: u64,
    /// Requests that were none, or too long.
    pub refused: u64,
    /// Connections closed without an answer: over a bound, too slow, or broken.
    pub dropped: u64,
}

/// The responder; one serves the listeners of both address families.
#[derive(Debug)]
pub struct Responder {
    situation: RwLock<(Situation, Arc<Answers>)>,
    bounds: Arc<Bounds>,
    answered: AtomicU64,
    redirected: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

impl Responder {
    /// A responder for `situation`.
    #[must_use]
    pub fn new(situation: Situation) -> Self {
        let answers = Arc::new(Answers::new(&situation));
        Self {
            situation: RwLock::new((situation, answers)),
            bounds: Arc::default(),
            answered: AtomicU64::new(0),
            redirected: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }

    /// Answers by `situation` from the next request on.
    pub fn set(&self, situation: Situation) {
        let mut now = self.situation.write().unwrap_or_else(PoisonError::into_inner);
        if now.0 != situation {
            let answers = Arc::new(Answers::new(&situation));
            *now = (situation, answers);
        }
    }

    /// What became of the connections so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            answered: self.answered.load(Ordering::Relaxed),
            redirected: self.redirected.load(Ordering::Relaxed),
            refused: self.refused.load(Ordering::Relaxed),
            dropped: self.dropped.load(Ordering::Relaxed),
        }
    }

    /// Serves `listener` until `stop`; connections under way then have their usual time to end.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => match self.bounds.place(peer.ip()) {
                    Some(place) => self.start(stream, place),
                    None => count(&self.dropped),
                },
                Err(error) if is_of_one_peer(&error) => count(&self.dropped),
                Err(error) => {
                    tracing::warn!(%error, "the responder cannot take connections; the oldest one is closed");
                    self.bounds.end_oldest();
                    sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    fn start(self: &Arc<Self>, stream: TcpStream, place: Place) {
        if place.ended_another {
            count(&self.dropped);
        }
        let serial = place.serial();
        let responder = Arc::clone(self);
        let task = tokio::spawn(async move {
            let _place = place;
            if !timeout(WHOLE_TIME, responder.converse(stream)).await.is_ok_and(|done| done.is_ok()) {
                count(&responder.dropped);
            }
        });
        self.bounds.started(serial, task.abort_handle());
    }

    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut head = Vec::with_capacity(1024);
        let look = loop {
            let seen = head.len();
            if stream.read_buf(&mut head).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            match request::look(&head, seen) {
                Look::More => {}
                look @ (Look::Request { .. } | Look::Malformed | Look::TooLong) => break look,
            }
        };
        drop(head);
        let answers = Arc::clone(&self.situation.read().unwrap_or_else(PoisonError::into_inner).1);
        let (answer, with_body) = choose(&answers, look);
        stream.write_all(answer.bytes(with_body)).await?;
        match look {
            Look::Request { method, .. } => {
                count(&self.answered);
                if method != Method::Other && answers.redirects() {
                    count(&self.redirected);
                }
            }
            Look::More | Look::Malformed | Look::TooLong => count(&self.refused),
        }
        stream.shutdown().await?;
        // The answer is out; how the client takes its leave no longer matters.
        drop(timeout(LINGER_TIME, read_away(&mut stream)).await);
        Ok(())
    }
}

fn choose(answers: &Answers, look: Look) -> (&Answer, bool) {
    match look {
        Look::Request { method: Method::Get, still } => (answers.page(still), true),
        Look::Request { method: Method::Head, still } => (answers.page(still), false),
        Look::Request { method: Method::Other, .. } => (&answers.login_needed, true),
        Look::More | Look::Malformed => (&answers.malformed, true),
        Look::TooLong => (&answers.too_long, true),
    }
}

async fn read_away(stream: &mut TcpStream) -> io::Result<()> {
    let mut sink = [0; 1024];
    let mut bytes = 0;
    while bytes < LINGER_BYTES {
        match stream.read(&mut sink).await? {
            0 => break,
            read => bytes += read,
        }
    }
    Ok(())
}

/// Errors of `accept` that concern the connection, not the listener.
fn is_of_one_peer(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
