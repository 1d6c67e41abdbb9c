//! A small resolver client: asks one server over UDP from inside a namespace (RFC 1035, RFC 3596).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::netns::Netns;
use super::wait::wait_for;

const TRY: Duration = Duration::from_millis(500);
const TRIES: u32 = 6;
const TYPE_A: u16 = 1;
const TYPE_AAAA: u16 = 28;
const HEADER_BYTES: usize = 12;

/// Which kind of address to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// The addresses of `name` of one family, as `server` tells them.
///
/// # Errors
/// When the server does not answer, or answers with a failure.
pub fn resolve(netns: &Netns, server: IpAddr, name: &str, family: Family) -> Result<Vec<IpAddr>> {
    let kind = match family {
        Family::V4 => TYPE_A,
        Family::V6 => TYPE_AAAA,
    };
    let socket = open(netns, server)?;
    let (id, question) = question(name, kind)?;
    let mut buffer = [0; 1500];
    for _ in 0..TRIES {
        socket.send(&question).with_context(|| format!("cannot ask {server}"))?;
        let Ok(length) = socket.recv(&mut buffer) else { continue };
        let answer = buffer.get(..length).unwrap_or_default();
        if answer.get(..2) == Some(&id) {
            return read(answer, question.len())
                .with_context(|| format!("{server} has no answer for {name}"));
        }
    }
    bail!("{server} does not answer the question for {name}")
}

/// Whether a resolver listens on `server`, seen from inside `netns`.
#[must_use]
pub fn answers(netns: &Netns, server: IpAddr) -> bool {
    let (Ok(socket), Ok((_, question))) = (open(netns, server), question("hotspot.invalid", TYPE_A)) else {
        return false;
    };
    let asked = wait_for("an answer", TRY, || socket.send(&question).ok());
    asked.is_ok() && socket.recv(&mut [0; 1500]).is_ok()
}

fn open(netns: &Netns, server: IpAddr) -> Result<UdpSocket> {
    let any: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = netns.run(|| -> std::io::Result<UdpSocket> {
        let socket = UdpSocket::bind(SocketAddr::new(any, 0))?;
        socket.set_read_timeout(Some(TRY))?;
        socket.connect(SocketAddr::new(server, 53))?;
        Ok(socket)
    })?;
    socket.with_context(|| format!("cannot reach the resolver {server}"))
}

fn question(name: &str, kind: u16) -> Result<([u8; 2], Vec<u8>)> {
    let mut id = [0; 2];
    getrandom::fill(&mut id).map_err(|why| anyhow::anyhow!("no randomness: {why}"))?;
    let mut packet = id.to_vec();
    packet.extend_from_slice(&[1, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    for label in name.split('.') {
        packet.push(
            u8::try_from(label.len()).ok().filter(|length| *length < 64).context("a label is too long")?,
        );
        packet.extend_from_slice(label.as_bytes());
    }
    packet.push(0);
    packet.extend_from_slice(&kind.to_be_bytes());
    packet.extend_from_slice(&[0, 1]);
    Ok((id, packet))
}

fn read(answer: &[u8], question_bytes: usize) -> Option<Vec<IpAddr>> {
    let failure = answer.get(3)? & 0x0f;
    if failure != 0 {
        return None;
    }
    let count = u16::from_be_bytes([*answer.get(6)?, *answer.get(7)?]);
    let mut at = question_bytes.max(HEADER_BYTES);
    let mut found = Vec::new();
    for _ in 0..count {
        at = skip_name(answer, at)?;
        let kind = u16::from_be_bytes([*answer.get(at)?, *answer.get(at + 1)?]);
        let length = usize::from(u16::from_be_bytes([*answer.get(at + 8)?, *answer.get(at + 9)?]));
        let data = answer.get(at + 10..at + 10 + length)?;
        match kind {
            TYPE_A => found.push(IpAddr::from(<[u8; 4]>::try_from(data).ok()?)),
            TYPE_AAAA => found.push(IpAddr::from(<[u8; 16]>::try_from(data).ok()?)),
            _ => {}
        }
        at += 10 + length;
    }
    Some(found)
}

fn skip_name(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *answer.get(at)?;
        if length & 0xc0 == 0xc0 {
            return Some(at + 2);
        }
        at += 1 + usize::from(length);
        if length == 0 {
            return Some(at);
        }
    }
}
