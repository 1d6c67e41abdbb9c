//! What a packet is, by its first byte.

/// A packet's code (RFC 2865 section 3, RFC 2866, RFC 5997): only those that this server receives or sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// 1: may this user come in?
    AccessRequest,
    /// 2: yes, and under these terms.
    AccessAccept,
    /// 3: no.
    AccessReject,
    /// 4: a session began, goes on or ended.
    AccountingRequest,
    /// 5: that is recorded.
    AccountingResponse,
    /// 11: not yet, answer this first.
    AccessChallenge,
    /// 12: are you there?
    StatusServer,
    /// Any other byte.
    Other(u8),
}

impl Code {
    /// The code as it stands in a packet.
    #[must_use]
    pub fn byte(self) -> u8 {
        match self {
            Self::AccessRequest => 1,
            Self::AccessAccept => 2,
            Self::AccessReject => 3,
            Self::AccountingRequest => 4,
            Self::AccountingResponse => 5,
            Self::AccessChallenge => 11,
            Self::StatusServer => 12,
            Self::Other(byte) => byte,
        }
    }
}

impl From<u8> for Code {
    fn from(byte: u8) -> Self {
        match byte {
            1 => Self::AccessRequest,
            2 => Self::AccessAccept,
            3 => Self::AccessReject,
            4 => Self::AccountingRequest,
            5 => Self::AccountingResponse,
            11 => Self::AccessChallenge,
            12 => Self::StatusServer,
            other => Self::Other(other),
        }
    }
}
