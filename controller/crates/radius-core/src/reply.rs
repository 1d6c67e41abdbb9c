//! A reply: Message-Authenticator first, every Proxy-State given back, both authenticators made at the end.

use crate::authenticator::{ZERO, md5, message_authenticator};
use crate::writer::Writer;
use crate::{Code, Full, LENGTH_MAX, Request, kind};

/// A reply being written into the caller's buffer.
///
/// It begins with the Message-Authenticator, as the defence against CVE-2024-3596 asks, and then has the request's
/// Proxy-States, in their order, byte for byte. Only the reply to an Accounting-Request has no Message-Authenticator:
/// RFC 2869 section 5.19 has none there, and clients do not agree over which authenticator it would be made.
#[derive(Debug)]
pub struct Reply<'b> {
    writer: Writer<'b>,
    request_authenticator: [u8; 16],
    /// Where the value of the Message-Authenticator begins.
    message_authenticator: Option<usize>,
}

impl<'b> Reply<'b> {
    /// Begins the reply to `request`. The Proxy-States always fit: the request, which they came in, was no smaller.
    #[must_use]
    pub fn to(request: &Request<'_>, code: Code, buffer: &'b mut [u8; LENGTH_MAX]) -> Self {
        let mut writer = Writer::new(buffer, code, request.identifier(), request.authenticator());
        let signed = request.code() != Code::AccountingRequest;
        let place = writer.next_value();
        // A request that is answered with one either had one, or it has no Proxy-State: there is room.
        let message_authenticator =
            (signed && writer.add(kind::MESSAGE_AUTHENTICATOR, &ZERO).is_ok()).then_some(place);
        for value in request.packet().proxy_states() {
            let added = writer.add(kind::PROXY_STATE, value);
            debug_assert!(added.is_ok(), "the request held it too");
        }
        Self { writer, request_authenticator: *request.authenticator(), message_authenticator }
    }

    /// Adds one attribute.
    ///
    /// # Errors
    /// [`Full`], if the value or the packet would be too long; the reply is as before then.
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

    /// Adds one attribute of text. An empty text is left out, as RFC 2865 section 5 asks.
    ///
    /// # Errors
    /// [`Full`], if the text or the packet would be too long.
    pub fn add_text(&mut self, kind: u8, value: &str) -> Result<(), Full> {
        if value.is_empty() { Ok(()) } else { self.writer.add(kind, value.as_bytes()) }
    }

    /// Signs the reply and hands out its bytes.
    #[must_use]
    pub fn finish(mut self, secret: &[u8]) -> &'b [u8] {
        self.writer.close();
        if let Some(at) = self.message_authenticator {
            let digest = message_authenticator(self.writer.bytes(), &self.request_authenticator, at, secret);
            self.writer.set(at, &digest.unwrap_or(ZERO));
        }
        // The request's authenticator stands in the header until here (RFC 2865 section 3).
        let authenticator = md5(&[self.writer.bytes(), secret]);
        self.writer.set(4, &authenticator);
        self.writer.into_bytes()
    }
}
