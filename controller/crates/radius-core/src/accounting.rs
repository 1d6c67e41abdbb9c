//! What an Accounting-Request says (RFC 2866, RFC 2869), typed, still pointing into the datagram.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{Code, Packet, Request, kind};

/// Acct-Status-Type: what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// 1: a session began.
    Start,
    /// 2: a session ended.
    Stop,
    /// 3: a session goes on.
    Interim,
    /// 7: the NAS came up; sessions that it had before are gone.
    On,
    /// 8: the NAS goes down; its sessions end.
    Off,
    /// Anything else, tunnels for example: to be answered and otherwise left alone.
    Other(u32),
}

impl From<u32> for Status {
    fn from(value: u32) -> Self {
        match value {
            1 => Self::Start,
            2 => Self::Stop,
            3 => Self::Interim,
            7 => Self::On,
            8 => Self::Off,
            other => Self::Other(other),
        }
    }
}

/// A byte counter as a NAS reports it: cumulative since the session began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Octets {
    /// Bytes modulo 2^32 (Acct-Input-Octets, Acct-Output-Octets).
    pub low: u32,
    /// How often `low` went past 2^32; `None` if the NAS does not say, so that a smaller `low` may be a wrap.
    pub gigawords: Option<u32>,
}

impl Octets {
    /// The bytes, taking a missing `gigawords` for 0.
    #[must_use]
    pub fn bytes(self) -> u64 {
        u64::from(self.gigawords.unwrap_or(0)) << 32 | u64::from(self.low)
    }
}

/// An IPv6 prefix of the session: an address is one of 128 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Prefix6 {
    /// Its first address.
    pub address: Ipv6Addr,
    /// Bits of the prefix, 0 to 128.
    pub bits: u8,
}

/// Why an Accounting-Request cannot be recorded. Such a request gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadAccounting {
    /// The request is no Accounting-Request.
    #[error("this is no Accounting-Request")]
    Code,
    /// There is no Acct-Status-Type.
    #[error("Acct-Status-Type is missing")]
    NoStatus,
    /// Acct-Session-Id is missing or empty where a session is meant.
    #[error("Acct-Session-Id is missing or empty")]
    NoSessionId,
    /// An attribute whose value is not as long as its type asks.
    #[error("the value of attribute {0} has the wrong length")]
    Length(u8),
}

/// An Accounting-Request. Texts are bytes as they came: nobody has promised that they are UTF-8.
#[derive(Debug, Clone, Copy)]
pub struct Accounting<'a> {
    /// What happened.
    pub status: Status,
    /// Acct-Session-Id. For [`Status::On`], [`Status::Off`] and [`Status::Other`] it may be empty.
    pub session_id: &'a [u8],
    /// Acct-Multi-Session-Id.
    pub multi_session_id: Option<&'a [u8]>,
    /// For how many seconds the NAS has been trying (Acct-Delay-Time, 0 if it does not say).
    pub delay_secs: u32,
    /// When it happened by the NAS's clock, in seconds since 1970, unsigned (Event-Timestamp).
    pub event_timestamp: Option<u32>,
    /// How long the session has lasted.
    pub session_secs: Option<u32>,
    /// Bytes from the user.
    pub input: Option<Octets>,
    /// Bytes to the user.
    pub output: Option<Octets>,
    /// Packets from the user.
    pub input_packets: Option<u32>,
    /// Packets to the user.
    pub output_packets: Option<u32>,
    /// Acct-Terminate-Cause (RFC 2866 section 5.10).
    pub terminate_cause: Option<u32>,
    /// Class, as the Access-Accept gave it.
    pub class: Option<&'a [u8]>,
    /// The session's IPv4 address.
    pub framed_ip: Option<Ipv4Addr>,
    packet: Packet<'a>,
}

impl<'a> Accounting<'a> {
    /// Reads an Accounting-Request.
    ///
    /// # Errors
    /// [`BadAccounting`], if it names no session or one of its figures is not a figure.
    pub fn of(request: &Request<'a>) -> Result<Self, BadAccounting> {
        if request.code() != Code::AccountingRequest {
            return Err(BadAccounting::Code);
        }
        let mut read = Self::empty(request.packet());
        let (mut status, mut delay, mut input, mut output) = (None, None, None, None);
        let (mut input_gigawords, mut output_gigawords) = (None, None);
        for attribute in request.attributes() {
            let (kind, value) = (attribute.kind, attribute.value);
            match kind {
                kind::ACCT_STATUS_TYPE => first(&mut status, u32_of(kind, value)?),
                kind::ACCT_SESSION_ID if read.session_id.is_empty() => read.session_id = value,
                kind::ACCT_MULTI_SESSION_ID => first(&mut read.multi_session_id, value),
                kind::ACCT_DELAY_TIME => first(&mut delay, u32_of(kind, value)?),
                kind::EVENT_TIMESTAMP => first(&mut read.event_timestamp, u32_of(kind, value)?),
                kind::ACCT_SESSION_TIME => first(&mut read.session_secs, u32_of(kind, value)?),
                kind::ACCT_INPUT_OCTETS => first(&mut input, u32_of(kind, value)?),
                kind::ACCT_OUTPUT_OCTETS => first(&mut output, u32_of(kind, value)?),
                kind::ACCT_INPUT_GIGAWORDS => first(&mut input_gigawords, u32_of(kind, value)?),
                kind::ACCT_OUTPUT_GIGAWORDS => first(&mut output_gigawords, u32_of(kind, value)?),
                kind::ACCT_INPUT_PACKETS => first(&mut read.input_packets, u32_of(kind, value)?),
                kind::ACCT_OUTPUT_PACKETS => first(&mut read.output_packets, u32_of(kind, value)?),
                kind::ACCT_TERMINATE_CAUSE => first(&mut read.terminate_cause, u32_of(kind, value)?),
                kind::CLASS => first(&mut read.class, value),
                kind::FRAMED_IP_ADDRESS => first(&mut read.framed_ip, u32_of(kind, value)?.into()),
                kind::FRAMED_IPV6_ADDRESS | kind::FRAMED_IPV6_PREFIX => {
                    prefix6(kind, value).ok_or(BadAccounting::Length(kind))?;
                }
                _ => {}
            }
        }
        read.delay_secs = delay.unwrap_or(0);
        read.input = octets(input, input_gigawords);
        read.output = octets(output, output_gigawords);
        read.status = status.map(Status::from).ok_or(BadAccounting::NoStatus)?;
        match read.status {
            Status::Start | Status::Interim | Status::Stop if read.session_id.is_empty() => {
                Err(BadAccounting::NoSessionId)
            }
            Status::Start | Status::Interim | Status::Stop => Ok(read),
            Status::On | Status::Off | Status::Other(_) => Ok(read),
        }
    }

    /// The session's IPv6 addresses (RFC 6911) and prefixes (RFC 3162), in their order.
    pub fn framed_ipv6(&self) -> impl Iterator<Item = Prefix6> + use<'a> {
        self.packet.attributes().filter_map(|attribute| prefix6(attribute.kind, attribute.value))
    }

    fn empty(packet: Packet<'a>) -> Self {
        Self {
            status: Status::Other(0),
            session_id: &[],
            multi_session_id: None,
            delay_secs: 0,
            event_timestamp: None,
            session_secs: None,
            input: None,
            output: None,
            input_packets: None,
            output_packets: None,
            terminate_cause: None,
            class: None,
            framed_ip: None,
            packet,
        }
    }
}

/// Of several attributes of one kind the first counts.
fn first<T>(slot: &mut Option<T>, value: T) {
    slot.get_or_insert(value);
}

fn u32_of(kind: u8, value: &[u8]) -> Result<u32, BadAccounting> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| BadAccounting::Length(kind))
}

fn octets(low: Option<u32>, gigawords: Option<u32>) -> Option<Octets> {
    match (low, gigawords) {
        (None, None) => None,
        (low, gigawords) => Some(Octets { low: low.unwrap_or(0), gigawords }),
    }
}

/// The prefix that such an attribute says: 16 bytes of address, or a reserved byte, the bits and up to 16 bytes.
fn prefix6(kind: u8, value: &[u8]) -> Option<Prefix6> {
    match kind {
        kind::FRAMED_IPV6_ADDRESS => {
            let address: [u8; 16] = value.try_into().ok()?;
            Some(Prefix6 { address: address.into(), bits: 128 })
        }
        kind::FRAMED_IPV6_PREFIX => {
            let (&[_, bits], prefix) = value.split_first_chunk::<2>()?;
            let mut address = [0; 16];
            address.get_mut(..prefix.len())?.copy_from_slice(prefix);
            let enough = usize::from(bits) <= prefix.len() * 8;
            (bits <= 128 && enough).then_some(Prefix6 { address: address.into(), bits })
        }
        _ => None,
    }
}
