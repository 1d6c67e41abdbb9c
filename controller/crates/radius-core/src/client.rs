//! The access point's half: asks, and believes a reply only if it is genuine. For tests and the load generator.

use crate::authenticator::{ZERO, equal, md5, message_authenticator, with_authenticator};
use crate::password::{BadPassword, PASSWORD_MAX, hide};
use crate::verify::{check, place};
use crate::writer::Writer;
use crate::{Code, Full, LENGTH_MAX, Malformed, Packet, Unverified, kind};

/// A request being written into the caller's buffer.
#[derive(Debug)]
pub struct Query<'b> {
    writer: Writer<'b>,
    code: Code,
    authenticator: [u8; 16],
    /// Where the value of the Message-Authenticator begins.
    message_authenticator: Option<usize>,
}

/// What is remembered of a request that was sent, to check its reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// What was asked.
    pub code: Code,
    /// The byte that the reply must repeat.
    pub identifier: u8,
    /// The authenticator over which the reply must be signed.
    pub authenticator: [u8; 16],
}

/// Why a reply is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Forged {
    /// It is no packet.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// It answers another request, or is no answer to such a request.
    #[error("the reply answers another request")]
    Other,
    /// The response authenticator is wrong.
    #[error("the response authenticator is wrong")]
    Authenticator,
    /// The Message-Authenticator is wrong, or missing where it must be.
    #[error(transparent)]
    MessageAuthenticator(#[from] Unverified),
    /// The Message-Authenticator is not the first attribute.
    #[error("the Message-Authenticator is not the first attribute")]
    NotFirst,
}

impl<'b> Query<'b> {
    /// Begins an Access-Request, Message-Authenticator first. `authenticator` is random and never used again.
    #[must_use]
    pub fn access(identifier: u8, authenticator: [u8; 16], buffer: &'b mut [u8; LENGTH_MAX]) -> Self {
        Self::new(Code::AccessRequest, identifier, authenticator, buffer).signed()
    }

    /// Begins an Access-Request without Message-Authenticator, as old access points send it.
    #[must_use]
    pub fn unsigned_access(
        identifier: u8,
        authenticator: [u8; 16],
        buffer: &'b mut [u8; LENGTH_MAX],
    ) -> Self {
        Self::new(Code::AccessRequest, identifier, authenticator, buffer)
    }

    /// Begins an Accounting-Request, whose authenticator is made at the end.
    #[must_use]
    pub fn accounting(identifier: u8, buffer: &'b mut [u8; LENGTH_MAX]) -> Self {
        Self::new(Code::AccountingRequest, identifier, ZERO, buffer)
    }

    /// Begins a Status-Server. `authenticator` is random and never used again.
    #[must_use]
    pub fn status(identifier: u8, authenticator: [u8; 16], buffer: &'b mut [u8; LENGTH_MAX]) -> Self {
        Self::new(Code::StatusServer, identifier, authenticator, buffer).signed()
    }

    fn new(code: Code, identifier: u8, authenticator: [u8; 16], buffer: &'b mut [u8; LENGTH_MAX]) -> Self {
        let writer = Writer::new(buffer, code, identifier, &authenticator);
        Self { writer, code, authenticator, message_authenticator: None }
    }

    /// With a Message-Authenticator from here on; a second one is not added.
    #[must_use]
    pub fn signed(mut self) -> Self {
        let at = self.writer.next_value();
        if self.message_authenticator.is_none() && self.writer.add(kind::MESSAGE_AUTHENTICATOR, &ZERO).is_ok()
        {
            self.message_authenticator = Some(at);
        }
        self
    }

    /// Adds one attribute.
    ///
    /// # Errors
    /// [`Full`], if the value or the packet would be too long; the request is as before then.
    pub fn add(&mut self, kind: u8, value: &[u8]) -> Result<(), Full> {
        self.writer.add(kind, value)
    }

    /// Adds one attribute of four bytes.
    ///
    /// # Errors
    /// [`Full`], if the packet would be too long.
    pub fn add_u32(&mut self, kind: u8, value: u32) -> Result<(), Full> {
        self.writer.add(kind, &value.to_be_bytes())
    }

    /// Adds User-Password, hidden with `secret`.
    ///
    /// # Errors
    /// [`BadPassword::Length`], if it is longer than 128 bytes or the packet has no room.
    pub fn add_password(&mut self, clear: &[u8], secret: &[u8]) -> Result<(), BadPassword> {
        let mut room = [0; PASSWORD_MAX];
        let hidden = hide(clear, &self.authenticator, secret, &mut room)?;
        self.writer.add(kind::USER_PASSWORD, hidden).map_err(|_| BadPassword::Length)
    }

    /// Signs the request; hands out its bytes and what checks the reply.
    #[must_use]
    pub fn finish(mut self, secret: &[u8]) -> (&'b [u8], Sent) {
        self.writer.close();
        if let Some(at) = self.message_authenticator {
            let digest = message_authenticator(self.writer.bytes(), &self.authenticator, at, secret);
            self.writer.set(at, &digest.unwrap_or(ZERO));
        }
        if self.code == Code::AccountingRequest {
            self.authenticator = md5(&[self.writer.bytes(), secret]);
            self.writer.set(4, &self.authenticator);
        }
        let bytes = self.writer.into_bytes();
        let identifier = bytes.get(1).copied().unwrap_or_default();
        (bytes, Sent { code: self.code, identifier, authenticator: self.authenticator })
    }
}

impl Sent {
    /// Reads a datagram as the reply to this request and checks both its authenticators.
    ///
    /// The reply to an Access-Request or Status-Server must begin with a Message-Authenticator; Accounting-Response
    /// need not have one.
    ///
    /// # Errors
    /// [`Forged`]: such a datagram is to be ignored, the true reply may still come.
    pub fn check<'a>(&self, datagram: &'a [u8], secret: &[u8]) -> Result<Packet<'a>, Forged> {
        let reply = Packet::parse(datagram)?;
        if reply.identifier() != self.identifier || !self.answers(reply.code()) {
            return Err(Forged::Other);
        }
        let [head, authenticator, attributes] =
            with_authenticator(reply.bytes(), &self.authenticator).ok_or(Malformed::Short)?;
        if !equal(&md5(&[head, authenticator, attributes, secret]), reply.authenticator()) {
            return Err(Forged::Authenticator);
        }
        match place(&reply)? {
            Some(at) if at == 22 || reply.code() == Code::AccountingResponse => {
                check(&reply, &self.authenticator, at, secret)?;
            }
            Some(_) => return Err(Forged::NotFirst),
            None if reply.code() == Code::AccountingResponse => {}
            None => return Err(Unverified::Missing.into()),
        }
        Ok(reply)
    }

    fn answers(&self, reply: Code) -> bool {
        match reply {
            Code::AccessReject | Code::AccessChallenge => self.code == Code::AccessRequest,
            Code::AccessAccept => matches!(self.code, Code::AccessRequest | Code::StatusServer),
            Code::AccountingResponse => matches!(self.code, Code::AccountingRequest | Code::StatusServer),
            Code::AccessRequest | Code::AccountingRequest | Code::StatusServer | Code::Other(_) => false,
        }
    }
}
