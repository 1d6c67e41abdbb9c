//! Accounting-Request: stored first, answered then (RFC 2866 2: no reply to what is not recorded).

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use radius_core::{Accounting, Code, Key, LENGTH_MAX, Reply};
use session_core::{SessionId, UnixMs};
use tokio::net::UdpSocket;

use super::Radius;
use super::complaints::Complaint;
use super::datagrams::Asked;
use super::record;
use super::socket::{Arrived, MOST_AT_ONCE, Port, Socket};
use crate::clock;
use crate::listen::Lifetime;
use crate::sessions::{Accounted, Unavailable};

/// Records that may wait for the commit that runs; a further one is left to be sent again.
const MOST_WAITING: usize = 8192;
/// Records handed over for one commit.
const MOST_AT_A_TIME: usize = 2048;

/// An answer that is ready and waits for its record to be on disk.
struct Ready {
    key: Key,
    asked: Asked,
    reply: Vec<u8>,
    at: Instant,
}

type Commit = Pin<Box<dyn Future<Output = Result<(), Unavailable>> + Send>>;

/// What waits, and the commit that runs.
#[derive(Default)]
struct Group {
    records: Vec<Accounted>,
    answers: Vec<Ready>,
    under_way: Option<Commit>,
    /// The answers that wait for it.
    promised: Vec<Ready>,
}

/// Serves the socket until the lifetime stops.
pub async fn serve(radius: Arc<Radius>, socket: UdpSocket, lifetime: Lifetime) {
    let mut socket = Socket::new(socket, Port::Acct);
    let mut group = Group::default();
    let mut room = Box::new([0; LENGTH_MAX]);
    let mut fresh = FreshIds::default();
    loop {
        tokio::select! {
            biased;
            () = lifetime.stop.cancelled() => return,
            stored = group.committed() => group.answer(&radius, &mut socket, stored.is_ok()),
            () = socket.readable() => {}
        }
        let entries = radius.directory.entries();
        for _ in 0..MOST_AT_ONCE {
            let Some(taken) = socket.take(&radius, &entries) else { break };
            let Some(arrived) = taken else { continue };
            let Arrived { client, request, key, asked, at, .. } = arrived;
            let reply = |room: &mut [u8; LENGTH_MAX]| {
                Reply::to(&request, Code::AccountingResponse, room).finish(&client.secret).to_vec()
            };
            if request.code() == Code::StatusServer {
                let bytes = reply(&mut room);
                socket.answer(&key, asked, &bytes);
                radius.metrics.radius.status.answered.inc();
                radius.metrics.radius.status.seconds.observe(at.elapsed().as_secs_f64());
                continue;
            }
            let Ok(said) = Accounting::of(&request) else {
                radius.metrics.radius.dropped.malformed.inc();
                radius.complaints.say(Complaint::Malformed, &client.name, key.peer.ip());
                socket.forget(&key);
                continue;
            };
            let now = UnixMs(clock::unix_ms());
            let Some(id) = fresh.next() else {
                socket.forget(&key);
                continue;
            };
            match record::read(&client, key.peer.ip(), &request, &said, now, id) {
                Some(_) if group.records.len() >= MOST_WAITING => {
                    radius.metrics.radius.dropped.queue_full.inc();
                    radius.complaints.say(Complaint::QueueFull, &client.name, key.peer.ip());
                    socket.forget(&key);
                }
                Some(accounted) => {
                    group.records.push(accounted);
                    group.answers.push(Ready { key, asked, reply: reply(&mut room), at });
                }
                None => {
                    let bytes = reply(&mut room);
                    socket.answer(&key, asked, &bytes);
                    radius.metrics.radius.acct.refused.inc();
                }
            }
        }
        group.begin(&radius);
    }
}

impl Group {
    /// Hands over what waits, when no commit runs.
    fn begin(&mut self, radius: &Arc<Radius>) {
        if self.under_way.is_some() || self.records.is_empty() {
            return;
        }
        let count = self.records.len().min(MOST_AT_A_TIME);
        let records: Vec<Accounted> = self.records.drain(..count).collect();
        self.promised = self.answers.drain(..count).collect();
        let sessions = radius.sessions.clone();
        self.under_way = Some(Box::pin(async move { sessions.account(records).await }));
    }

    /// Waits for the commit that runs, for ever when none does. May be cancelled.
    async fn committed(&mut self) -> Result<(), Unavailable> {
        let Some(commit) = &mut self.under_way else { return std::future::pending().await };
        let stored = commit.await;
        self.under_way = None;
        stored
    }

    fn answer(&mut self, radius: &Radius, socket: &mut Socket, stored: bool) {
        let metrics = &radius.metrics.radius;
        for Ready { key, asked, reply, at } in self.promised.drain(..) {
            if stored {
                metrics.acct.stored.inc();
                metrics.acct.seconds.observe(at.elapsed().as_secs_f64());
                socket.answer(&key, asked, &reply);
            } else {
                metrics.dropped.store.inc();
                radius.complaints.say(Complaint::Store, "", key.peer.ip());
                socket.forget(&key);
            }
        }
    }
}

/// Random ids, asked of the system for many at a time.
#[derive(Default)]
struct FreshIds {
    ids: Vec<SessionId>,
}

impl FreshIds {
    fn next(&mut self) -> Option<SessionId> {
        if self.ids.is_empty() {
            let mut bytes = [0; 16 * 256];
            getrandom::fill(&mut bytes).ok()?;
            self.ids = bytes.as_chunks::<16>().0.iter().copied().map(SessionId).collect();
        }
        self.ids.pop()
    }
}
