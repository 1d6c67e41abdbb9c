//! A load generator for RADIUS servers: many requests outstanding on one socket, every reply checked, losses counted.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::UdpSocket;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use radius_core::client::{Forged, Sent};
use radius_core::{Code, LENGTH_MAX, Unverified};

/// First pause before a request is sent again (RFC 5080 section 2.2.1 begins with 2 s); then it doubles.
const RETRY: Duration = Duration::from_secs(2);
/// So often a request is sent before it counts as lost.
const TRIES: u32 = 4;

/// What became of a load.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Requests that got a genuine reply.
    pub answered: u64,
    /// Of these, Access-Rejects.
    pub rejected: u64,
    /// Of these, without Message-Authenticator although it should have one.
    pub unsigned: u64,
    /// Datagrams that were no genuine reply to anything outstanding.
    pub stray: u64,
    /// Requests that were sent again.
    pub retransmitted: u64,
    /// Requests that got no reply at all.
    pub lost: u64,
    /// From the first sending to the reply, in no order.
    pub times: Vec<Duration>,
    /// How long all of it took.
    pub elapsed: Duration,
}

impl Outcome {
    /// Answers per second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.answered as f64 / self.elapsed.as_secs_f64()
    }

    /// The time within which this share of the answers came, from 0 to 1.
    #[must_use]
    pub fn quantile(&self, share: f64) -> Duration {
        let mut times = self.times.clone();
        times.sort_unstable();
        let at = (times.len().saturating_sub(1) as f64 * share).round() as usize;
        times.get(at).copied().unwrap_or_default()
    }
}

/// A request under way.
struct Slot {
    buffer: Box<[u8; LENGTH_MAX]>,
    length: usize,
    sent: Option<Sent>,
    first: Instant,
    again: Instant,
    tries: u32,
}

/// Sends `count` requests with at most `window` (up to 256) outstanding, and waits until all are answered or lost.
///
/// `make` writes request `number` with this identifier into the buffer; it gives its length and what checks the reply.
///
/// # Errors
/// When the socket cannot be used.
pub fn drive(
    socket: &UdpSocket,
    secret: &[u8],
    window: usize,
    count: u64,
    mut make: impl FnMut(u64, u8, &mut [u8; LENGTH_MAX]) -> Result<(usize, Sent)>,
) -> Result<Outcome> {
    let patience = socket.read_timeout()?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let begin = Instant::now();
    let slot = || Slot {
        buffer: Box::new([0; LENGTH_MAX]),
        length: 0,
        sent: None,
        first: begin,
        again: begin,
        tries: 0,
    };
    let mut slots: Vec<Slot> = (0..window.clamp(1, 256)).map(|_| slot()).collect();
    let mut free: VecDeque<u8> = (0..=255).take(slots.len()).collect();
    let mut outcome = Outcome { times: Vec::with_capacity(count as usize), ..Outcome::default() };
    let (mut number, mut look) = (0, begin + RETRY);
    let mut buffer = [0; LENGTH_MAX];
    while outcome.answered + outcome.lost < count {
        while number < count
            && let Some(identifier) = free.pop_front()
            && let Some(slot) = slots.get_mut(usize::from(identifier))
        {
            let (length, sent) = make(number, identifier, &mut slot.buffer)?;
            let now = Instant::now();
            (slot.length, slot.sent, slot.tries) = (length, Some(sent), 1);
            (slot.first, slot.again) = (now, now + RETRY);
            send(socket, slot)?;
            number += 1;
        }
        match socket.recv(&mut buffer) {
            Ok(length) => {
                let datagram = buffer.get(..length).unwrap_or_default();
                match take(datagram, secret, &mut slots, &mut outcome) {
                    Some(identifier) => free.push_back(identifier),
                    None => outcome.stray += 1,
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            // Nobody listens (yet, or any more): the request is sent again like a lost one.
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {}
            Err(error) => return Err(error).context("cannot receive"),
        }
        if Instant::now() >= look {
            look = Instant::now() + Duration::from_millis(100);
            send_again(socket, &mut slots, &mut free, &mut outcome)?;
        }
    }
    outcome.elapsed = begin.elapsed();
    socket.set_read_timeout(patience)?;
    Ok(outcome)
}

fn send(socket: &UdpSocket, slot: &Slot) -> Result<()> {
    let bytes = slot.buffer.get(..slot.length).unwrap_or_default();
    match socket.send(bytes) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(error).context("cannot send"),
    }
}

/// Finds the request that `datagram` answers, and its identifier, which is free again.
fn take(datagram: &[u8], secret: &[u8], slots: &mut [Slot], outcome: &mut Outcome) -> Option<u8> {
    let identifier = *datagram.get(1)?;
    let slot = slots.get_mut(usize::from(identifier))?;
    let sent = slot.sent?;
    let code = match sent.check(datagram, secret) {
        Ok(reply) => reply.code(),
        // Its authenticator is right: it is genuine as far as servers before 2024 go.
        Err(Forged::MessageAuthenticator(Unverified::Missing) | Forged::NotFirst) => {
            outcome.unsigned += 1;
            Code::from(*datagram.first()?)
        }
        Err(_) => return None,
    };
    slot.sent = None;
    outcome.times.push(slot.first.elapsed());
    outcome.answered += 1;
    outcome.rejected += u64::from(code == Code::AccessReject);
    Some(identifier)
}

fn send_again(
    socket: &UdpSocket,
    slots: &mut [Slot],
    free: &mut VecDeque<u8>,
    outcome: &mut Outcome,
) -> Result<()> {
    for (identifier, slot) in (0..=255_u8).zip(slots) {
        let now = Instant::now();
        if slot.sent.is_none() || now < slot.again {
            continue;
        }
        if slot.tries == TRIES {
            slot.sent = None;
            outcome.lost += 1;
            free.push_back(identifier);
            continue;
        }
        slot.again = now + RETRY * 2_u32.pow(slot.tries);
        slot.tries += 1;
        outcome.retransmitted += 1;
        send(socket, slot)?;
    }
    Ok(())
}
