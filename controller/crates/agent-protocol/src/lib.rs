//! What travels between the controller and its access points; pure values and bytes, frozen once shipped.
//!
//! One TLS listener, ALPN decides: [`ALPN_ENROLL`] for `POST /agent/v1/enroll` ([`enroll`]), [`ALPN_CONTROL`] for
//! length-delimited protobuf frames ([`frame`], messages in [`v1`]), [`ALPN_RELAY`] for one [`v1::RelayHeader`]
//! frame and then the phone's own bytes.

pub mod enroll;
pub mod frame;
pub mod v1;

/// ALPN of enrolment: ordinary HTTP/1.1.
pub const ALPN_ENROLL: &[u8] = b"http/1.1";
/// ALPN of the control link.
pub const ALPN_CONTROL: &[u8] = b"hotspot-control/1";
/// ALPN of one relayed connection of one phone.
pub const ALPN_RELAY: &[u8] = b"hotspot-relay/1";
/// The protocol version this crate speaks.
pub const VERSION: u32 = 1;
