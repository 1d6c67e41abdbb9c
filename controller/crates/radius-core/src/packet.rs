//! A datagram as a packet: structure only, nothing verified, nothing copied.

use std::fmt;

use crate::{Code, kind};

/// Bytes of the shortest packet: a header alone.
pub const LENGTH_MIN: usize = 20;
/// Bytes of the longest packet (RFC 2865 section 3).
pub const LENGTH_MAX: usize = 4096;
/// So many attributes a packet may have; more is somebody's attempt to keep us busy.
pub const ATTRIBUTES_MAX: usize = 200;

/// Why a datagram is no packet. Such a datagram gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Malformed {
    /// Fewer bytes than a header has.
    #[error("the datagram is shorter than a RADIUS header")]
    Short,
    /// The Length field is below 20 or above 4096.
    #[error("the Length field is outside 20 to 4096")]
    Length,
    /// The Length field promises more than came.
    #[error("the datagram is shorter than its Length field says")]
    Truncated,
    /// An attribute's length is below 2 or reaches past the packet's end.
    #[error("an attribute's length does not fit")]
    AttributeLength,
    /// An attribute of number 0, which does not exist.
    #[error("an attribute has the number 0")]
    AttributeZero,
    /// More than [`ATTRIBUTES_MAX`] attributes.
    #[error("the packet has more than {ATTRIBUTES_MAX} attributes")]
    TooMany,
}

/// One attribute at the packet's first level.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Its number; see [`crate::kind`].
    pub kind: u8,
    /// Its value, 0 to 253 bytes.
    pub value: &'a [u8],
}

/// A received packet whose structure is right (RFC 2865 section 3). Nobody has looked yet whether it is genuine.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// Exactly Length bytes, padding cut off.
    bytes: &'a [u8],
    authenticator: &'a [u8; 16],
    code: Code,
    identifier: u8,
}

impl<'a> Packet<'a> {
    /// Reads a datagram. Bytes behind Length are padding and ignored.
    ///
    /// # Errors
    /// [`Malformed`], if the header or one attribute does not fit.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, Malformed> {
        let (&[code, identifier, high, low], rest) =
            datagram.split_first_chunk::<4>().ok_or(Malformed::Short)?;
        let (authenticator, _) = rest.split_first_chunk::<16>().ok_or(Malformed::Short)?;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&length) {
            return Err(Malformed::Length);
        }
        let bytes = datagram.get(..length).ok_or(Malformed::Truncated)?;
        check_attributes(bytes.get(LENGTH_MIN..).unwrap_or_default())?;
        Ok(Self { bytes, authenticator, code: Code::from(code), identifier })
    }

    /// What kind of packet it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The byte that a reply repeats.
    #[must_use]
    pub fn identifier(&self) -> u8 {
        self.identifier
    }

    /// The 16 bytes after Length.
    #[must_use]
    pub fn authenticator(&self) -> &'a [u8; 16] {
        self.authenticator
    }

    /// The packet's bytes without padding.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The attributes in the order in which they stand.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        Attributes { rest: self.bytes.get(LENGTH_MIN..).unwrap_or_default() }
    }

    /// The first attribute of this number.
    #[must_use]
    pub fn first(&self, kind: u8) -> Option<&'a [u8]> {
        self.attributes().find(|attribute| attribute.kind == kind).map(|attribute| attribute.value)
    }

    /// Whether an attribute of this number is there.
    #[must_use]
    pub fn has(&self, kind: u8) -> bool {
        self.first(kind).is_some()
    }

    /// The values of its Proxy-States in their order: a reply gives all of them back.
    pub(crate) fn proxy_states(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.attributes()
            .filter(|attribute| attribute.kind == kind::PROXY_STATE)
            .map(|attribute| attribute.value)
    }
}

// What a packet says is people's names and passwords: nothing of it gets into a log by `{:?}`.
impl fmt::Debug for Packet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} of {} bytes", self.code, self.identifier, self.bytes.len())
    }
}

impl fmt::Debug for Attribute<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attribute {} of {} bytes", self.kind, self.value.len())
    }
}

/// The attributes of a packet, in order.
#[derive(Clone)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        let (&[kind, length], rest) = self.rest.split_first_chunk::<2>()?;
        // `parse` has seen that every length fits.
        let (value, rest) = rest.split_at_checked(usize::from(length).checked_sub(2)?)?;
        self.rest = rest;
        Some(Attribute { kind, value })
    }
}

fn check_attributes(mut rest: &[u8]) -> Result<(), Malformed> {
    for _ in 0..ATTRIBUTES_MAX {
        let Some((&[kind, length], after)) = rest.split_first_chunk::<2>() else {
            return if rest.is_empty() { Ok(()) } else { Err(Malformed::AttributeLength) };
        };
        let value = usize::from(length).checked_sub(2).ok_or(Malformed::AttributeLength)?;
        rest = after.get(value..).ok_or(Malformed::AttributeLength)?;
        if kind == 0 {
            return Err(Malformed::AttributeZero);
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(Malformed::TooMany) }
}
