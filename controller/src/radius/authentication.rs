//! Access-Request: who may come in, and on which terms (RFC 2865, RFC 5997).

use std::sync::Arc;
use std::time::Instant;

use radius::core::rfc2865;
use radius_core::{Code, Key, LENGTH_MAX, PASSWORD_MAX, Packet, Reply, Request, station};
use session_core::{Mac, UnixMs};
use tokio::net::UdpSocket;
use tokio::sync::{Semaphore, mpsc};

use super::Radius;
use super::client::Client;
use super::complaints::Complaint;
use super::datagrams::Asked;
use super::directory::Entries;
use super::socket::{Arrived, MOST_AT_ONCE, Port, Socket};
use super::terms::{self, Terms};
use super::verifier::{Credential, Verdict};
use crate::clock;
use crate::listen::Lifetime;
use crate::policy::Today;

/// Slow proofs at a time: each takes 19 MiB and a core.
const MOST_PROOFS: usize = 2;
/// Requests that may wait for one; a further one is left to be sent again.
const MOST_WAITING: usize = 256;

/// What is decided.
enum Decision {
    Accept(Terms),
    Reject(&'static str),
    /// Something slow comes first.
    Later(Later),
}

enum Later {
    /// The password must be hashed.
    Prove(Arc<Credential>),
    /// The first use must be on disk.
    Use,
}

/// An answer that was made elsewhere; without bytes the request goes unanswered.
struct Made {
    key: Key,
    asked: Asked,
    reply: Option<Vec<u8>>,
    accepted: bool,
    at: Instant,
}

/// Serves the socket until the lifetime stops.
pub async fn serve(radius: Arc<Radius>, socket: UdpSocket, lifetime: Lifetime) {
    let mut socket = Socket::new(socket, Port::Auth);
    let (made_sender, mut made) = mpsc::channel(MOST_WAITING);
    let waiting = Arc::new(Semaphore::new(MOST_WAITING));
    let proofs = Arc::new(Semaphore::new(MOST_PROOFS));
    let mut today = radius.policy.today(clock::unix_ms());
    let mut reply = Box::new([0; LENGTH_MAX]);
    loop {
        tokio::select! {
            biased;
            () = lifetime.stop.cancelled() => return,
            Some(made) = made.recv() => finish(&radius, &mut socket, &made),
            () = socket.readable() => {}
        }
        let now_ms = clock::unix_ms();
        if now_ms >= today.ends.0 {
            today = radius.policy.today(now_ms);
        }
        let entries = radius.directory.entries();
        for _ in 0..MOST_AT_ONCE {
            let Some(taken) = socket.take(&radius, &entries) else { break };
            let Some(arrived) = taken else { continue };
            let Arrived { client, request, datagram, key, asked, at } = arrived;
            if request.code() == Code::StatusServer {
                let bytes = Reply::to(&request, Code::AccessAccept, &mut reply).finish(&client.secret);
                socket.answer(&key, asked, bytes);
                radius.metrics.radius.status.answered.inc();
                radius.metrics.radius.status.seconds.observe(at.elapsed().as_secs_f64());
                continue;
            }
            match decide(&radius, &entries, &client, &request, today, now_ms) {
                Decision::Later(later) => {
                    let Ok(place) = Arc::clone(&waiting).try_acquire_owned() else {
                        radius.metrics.radius.dropped.queue_full.inc();
                        radius.complaints.say(Complaint::QueueFull, &client.name, key.peer.ip());
                        socket.forget(&key);
                        continue;
                    };
                    let (radius, proofs) = (Arc::clone(&radius), Arc::clone(&proofs));
                    let (datagram, sender) = (datagram.to_vec(), made_sender.clone());
                    tokio::spawn(async move {
                        let decided = work(&radius, &proofs, later, &client, &datagram, today).await;
                        let (reply, accepted) = decided.map_or((None, false), |decision| {
                            let accepted = matches!(decision, Decision::Accept(_));
                            (again(&client, &datagram, &decision), accepted)
                        });
                        // Only a controller that stops takes no answers any more.
                        let _ = sender.send(Made { key, asked, reply, accepted, at }).await;
                        drop(place);
                    });
                }
                decision @ (Decision::Accept(_) | Decision::Reject(_)) => {
                    let bytes = write(&request, &client, &decision, &mut reply);
                    count(&radius, matches!(decision, Decision::Accept(_)), at);
                    socket.answer(&key, asked, bytes);
                }
            }
        }
    }
}

fn finish(radius: &Radius, socket: &mut Socket, made: &Made) {
    match &made.reply {
        Some(bytes) => {
            count(radius, made.accepted, made.at);
            socket.answer(&made.key, made.asked, bytes);
        }
        None => {
            radius.metrics.radius.dropped.store.inc();
            socket.forget(&made.key);
        }
    }
}

fn count(radius: &Radius, accepted: bool, at: Instant) {
    let metrics = &radius.metrics.radius.auth;
    if accepted {
        metrics.accept.inc()
    } else {
        metrics.reject.inc()
    };
    metrics.seconds.observe(at.elapsed().as_secs_f64());
}

/// What can be decided at once. Nothing is allocated on the way to an account whose password is known.
fn decide(
    radius: &Radius,
    entries: &Entries,
    client: &Client,
    request: &Request<'_>,
    today: Today,
    now_ms: u64,
) -> Decision {
    let Some(name) = request.user_name() else { return Decision::Reject("User-Name is missing.") };
    let mut room = [0; PASSWORD_MAX];
    let Ok(given) = request.password(&client.secret, &mut room) else {
        return Decision::Reject("Only a password sent as PAP is accepted here.");
    };
    let mac = station::parse(request.calling_station().unwrap_or_default()).mac.map(Mac);
    if mac.is_some_and(|mac| entries.blocked.contains(&mac)) {
        return Decision::Reject("This device is not admitted.");
    }
    let Some(credential) = entries.credentials.find(name) else {
        return Decision::Reject(WRONG);
    };
    let directory = &radius.directory;
    match credential.judge(given, &directory.memory_key, &directory.voucher_key) {
        Verdict::Wrong => Decision::Reject(WRONG),
        Verdict::Right => {
            radius.metrics.radius.verifier_cache.hit.inc();
            accept(radius, &credential, name, mac, today, None, now_ms)
        }
        Verdict::Voucher(Some(first)) => accept(radius, &credential, name, mac, today, Some(first), now_ms),
        Verdict::Voucher(None) => Decision::Later(Later::Use),
        Verdict::Unknown => {
            radius.metrics.radius.verifier_cache.miss.inc();
            Decision::Later(Later::Prove(credential))
        }
    }
}

/// One sentence for an unknown name and for a wrong password: which it was is nobody's business.
const WRONG: &str = "Name or password is wrong.";

/// The terms under the credential's plan; a voucher's time began with its first use.
fn accept(
    radius: &Radius,
    credential: &Credential,
    name: &[u8],
    mac: Option<Mac>,
    today: Today,
    first_used: Option<UnixMs>,
    now_ms: u64,
) -> Decision {
    let Some(plan) = radius.policy.plan(&credential.plan) else {
        return Decision::Reject("The plan of this name is not there any more.");
    };
    let visit = terms::visit(&radius.directory.visit_key, name, mac, today.day);
    let mut terms = Terms::of(&plan, radius.interim_secs, visit);
    if let Some(first) = first_used {
        let left =
            (u64::from(plan.session_secs) * 1000).saturating_sub(UnixMs(now_ms).ms_since(first)) / 1000;
        terms.session_secs = u32::try_from(left).unwrap_or(u32::MAX);
        if left == 0 {
            return Decision::Reject("The time of this voucher is over.");
        }
    }
    Decision::Accept(terms)
}

/// Does what is slow and decides then; `None` when the store does not take it.
async fn work(
    radius: &Arc<Radius>,
    proofs: &Semaphore,
    later: Later,
    client: &Client,
    datagram: &[u8],
    today: Today,
) -> Option<Decision> {
    let packet = Packet::parse(datagram).ok()?;
    let request = packet.verify(&client.secret, client.rule).ok()?;
    let name = request.user_name()?;
    let mac = station::parse(request.calling_station().unwrap_or_default()).mac.map(Mac);
    match later {
        Later::Prove(credential) => {
            let mut room = [0; PASSWORD_MAX];
            let given = request.password(&client.secret, &mut room).ok()?.to_vec();
            let place = proofs.acquire().await.ok()?;
            let (proving, of) = (Arc::clone(&credential), Arc::clone(radius));
            let right = tokio::task::spawn_blocking(move || proving.prove(&given, &of.directory.memory_key))
                .await
                .ok()?;
            drop(place);
            Some(if right {
                accept(radius, &credential, name, mac, today, None, clock::unix_ms())
            } else {
                Decision::Reject(WRONG)
            })
        }
        Later::Use => {
            let credential = radius.directory.entries().credentials.find(name)?;
            let text = std::str::from_utf8(name).ok()?;
            let now_ms = clock::unix_ms();
            let first = radius.store.use_voucher(text, UnixMs(now_ms)).await.ok()?;
            Some(accept(radius, &credential, name, mac, today, Some(first), now_ms))
        }
    }
}

/// The answer to a datagram that was kept.
fn again(client: &Client, datagram: &[u8], decision: &Decision) -> Option<Vec<u8>> {
    let request = Packet::parse(datagram).ok()?.verify(&client.secret, client.rule).ok()?;
    let mut room = [0; LENGTH_MAX];
    Some(write(&request, client, decision, &mut room).to_vec())
}

fn write<'b>(
    request: &Request<'_>,
    client: &Client,
    decision: &Decision,
    room: &'b mut [u8; LENGTH_MAX],
) -> &'b [u8] {
    // Without its terms an accept would allow more than the plan: proxies that leave no room for them get a reject.
    let terms = match decision {
        Decision::Accept(terms)
            if terms.write(&mut Reply::to(request, Code::AccessAccept, &mut *room)).is_ok() =>
        {
            Some(terms)
        }
        Decision::Accept(_) | Decision::Reject(_) | Decision::Later(_) => None,
    };
    let code = if terms.is_some() { Code::AccessAccept } else { Code::AccessReject };
    let mut reply = Reply::to(request, code, room);
    let written = match (terms, decision) {
        (Some(terms), _) => terms.write(&mut reply),
        (None, Decision::Reject(why)) => reply.add_text(rfc2865::REPLY_MESSAGE_TYPE, why),
        (None, Decision::Accept(_) | Decision::Later(_)) => Ok(()),
    };
    if written.is_err() {
        tracing::debug!("a reject had no room for its reason");
    }
    reply.finish(&client.secret)
}
