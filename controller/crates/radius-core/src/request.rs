//! A packet whose sender knows the secret, and what access requests say.

use crate::password::{self, BadPassword, PASSWORD_MAX};
use crate::{Attributes, Code, Packet, kind};

/// A verified packet: an Access-Request, an Accounting-Request or a Status-Server.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    packet: Packet<'a>,
}

impl<'a> Request<'a> {
    pub(crate) fn new(packet: Packet<'a>) -> Self {
        Self { packet }
    }

    /// The packet itself.
    #[must_use]
    pub fn packet(&self) -> Packet<'a> {
        self.packet
    }

    /// What kind of request it is: [`Code::AccessRequest`], [`Code::AccountingRequest`] or [`Code::StatusServer`].
    #[must_use]
    pub fn code(&self) -> Code {
        self.packet.code()
    }

    /// The byte that the reply repeats.
    #[must_use]
    pub fn identifier(&self) -> u8 {
        self.packet.identifier()
    }

    /// The 16 bytes over which the reply is signed.
    #[must_use]
    pub fn authenticator(&self) -> &'a [u8; 16] {
        self.packet.authenticator()
    }

    /// The attributes in the order in which they stand.
    #[must_use]
    pub fn attributes(&self) -> Attributes<'a> {
        self.packet.attributes()
    }

    /// The first attribute of this number.
    #[must_use]
    pub fn first(&self, kind: u8) -> Option<&'a [u8]> {
        self.packet.first(kind)
    }

    /// The first attribute of this number with something in it: an empty text is as good as none.
    #[must_use]
    pub fn text(&self, kind: u8) -> Option<&'a [u8]> {
        self.first(kind).filter(|value| !value.is_empty())
    }

    /// User-Name, as bytes: nobody has promised that it is UTF-8.
    #[must_use]
    pub fn user_name(&self) -> Option<&'a [u8]> {
        self.text(kind::USER_NAME)
    }

    /// NAS-Identifier, the name that the NAS gives itself.
    #[must_use]
    pub fn nas_identifier(&self) -> Option<&'a [u8]> {
        self.text(kind::NAS_IDENTIFIER)
    }

    /// Calling-Station-Id, the station; [`crate::station::parse`] reads it.
    #[must_use]
    pub fn calling_station(&self) -> Option<&'a [u8]> {
        self.text(kind::CALLING_STATION_ID)
    }

    /// Called-Station-Id, the BSS; [`crate::station::parse`] reads it.
    #[must_use]
    pub fn called_station(&self) -> Option<&'a [u8]> {
        self.text(kind::CALLED_STATION_ID)
    }

    /// The password of User-Password (RFC 2865 section 5.2) in clear, written to `out`.
    ///
    /// Padding is removed at the end and only there; a NUL inside the password stays.
    ///
    /// # Errors
    /// [`BadPassword`], if it is missing, there twice, empty, or of a length that no client makes.
    pub fn password<'o>(
        &self,
        secret: &[u8],
        out: &'o mut [u8; PASSWORD_MAX],
    ) -> Result<&'o [u8], BadPassword> {
        let mut all = self.attributes().filter(|attribute| attribute.kind == kind::USER_PASSWORD);
        let hidden = all.next().ok_or(BadPassword::Missing)?.value;
        if all.next().is_some() {
            return Err(BadPassword::Twice);
        }
        password::reveal(hidden, self.authenticator(), secret, out)
    }
}
