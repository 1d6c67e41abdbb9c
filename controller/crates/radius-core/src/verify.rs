//! Whether a packet's sender knows the secret.

use crate::authenticator::{ZERO, equal, md5, message_authenticator, with_authenticator};
use crate::{Code, Packet, Request, kind};

/// What a client entry asks of Access-Requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageAuthenticator {
    /// No Message-Authenticator, no answer.
    Required,
    /// For clients that cannot send one. One that is there is checked all the same; a packet without one must carry
    /// neither Proxy-State (the way of CVE-2024-3596) nor EAP-Message (RFC 3579 section 3.2).
    Optional,
}

/// Why a packet is not believed. Such a packet gets no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unverified {
    /// A code that no client sends to this server.
    #[error("a server does not answer packets of code {0}")]
    Code(u8),
    /// There is no Message-Authenticator where one must be.
    #[error("the Message-Authenticator is missing")]
    Missing,
    /// The client entry may leave it out, but not beside Proxy-State or EAP-Message.
    #[error("the Message-Authenticator is missing beside Proxy-State or EAP-Message")]
    MissingBeside,
    /// More than one Message-Authenticator.
    #[error("there is more than one Message-Authenticator")]
    Twice,
    /// A Message-Authenticator whose value is not 16 bytes.
    #[error("the Message-Authenticator is not 16 bytes long")]
    Length,
    /// The Message-Authenticator was made with another secret or over other bytes.
    #[error("the Message-Authenticator is wrong: is the secret the same on both sides?")]
    Wrong,
    /// The authenticator of an Accounting-Request was made with another secret or over other bytes.
    #[error("the request authenticator is wrong: is the secret the same on both sides?")]
    Authenticator,
}

/// Where in `packet` the value of its Message-Authenticator begins.
pub(crate) fn place(packet: &Packet<'_>) -> Result<Option<usize>, Unverified> {
    let (mut at, mut found) = (20, None);
    for attribute in packet.attributes() {
        if attribute.kind == kind::MESSAGE_AUTHENTICATOR {
            if found.is_some() {
                return Err(Unverified::Twice);
            }
            if attribute.value.len() != 16 {
                return Err(Unverified::Length);
            }
            found = Some(at + 2);
        }
        at += 2 + attribute.value.len();
    }
    Ok(found)
}

/// Checks the Message-Authenticator whose value begins at `at`, over `authenticator` in the header.
pub(crate) fn check(
    packet: &Packet<'_>,
    authenticator: &[u8; 16],
    at: usize,
    secret: &[u8],
) -> Result<(), Unverified> {
    let there = packet.bytes().get(at..at + 16).ok_or(Unverified::Length)?;
    let right = message_authenticator(packet.bytes(), authenticator, at, secret).ok_or(Unverified::Length)?;
    if equal(&right, there) { Ok(()) } else { Err(Unverified::Wrong) }
}

impl<'a> Packet<'a> {
    /// Checks that the sender knows `secret`.
    ///
    /// Access-Request: the Message-Authenticator, as `rule` asks. Status-Server: the Message-Authenticator, always
    /// (RFC 5997 section 3). Accounting-Request: the request authenticator (RFC 2866 section 3), and a
    /// Message-Authenticator if there is one, made with a zero authenticator in the header.
    ///
    /// # Errors
    /// [`Unverified`]; nothing may be answered then.
    pub fn verify(self, secret: &[u8], rule: MessageAuthenticator) -> Result<Request<'a>, Unverified> {
        match self.code() {
            Code::AccessRequest => self.verify_access(secret, rule)?,
            Code::StatusServer => self.verify_access(secret, MessageAuthenticator::Required)?,
            Code::AccountingRequest => self.verify_accounting(secret)?,
            Code::AccessAccept
            | Code::AccessReject
            | Code::AccountingResponse
            | Code::AccessChallenge
            | Code::Other(_) => return Err(Unverified::Code(self.code().byte())),
        }
        Ok(Request::new(self))
    }

    fn verify_access(&self, secret: &[u8], rule: MessageAuthenticator) -> Result<(), Unverified> {
        match (place(self)?, rule) {
            (Some(at), _) => check(self, self.authenticator(), at, secret),
            (None, MessageAuthenticator::Required) => Err(Unverified::Missing),
            (None, MessageAuthenticator::Optional)
                if self.has(kind::PROXY_STATE) || self.has(kind::EAP_MESSAGE) =>
            {
                Err(Unverified::MissingBeside)
            }
            (None, MessageAuthenticator::Optional) => Ok(()),
        }
    }

    fn verify_accounting(&self, secret: &[u8]) -> Result<(), Unverified> {
        let [head, zero, attributes] =
            with_authenticator(self.bytes(), &ZERO).ok_or(Unverified::Authenticator)?;
        if !equal(&md5(&[head, zero, attributes, secret]), self.authenticator()) {
            return Err(Unverified::Authenticator);
        }
        match place(self)? {
            Some(at) => check(self, &ZERO, at, secret),
            None => Ok(()),
        }
    }
}
