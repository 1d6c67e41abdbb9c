//! RADIUS without sockets: packets as they lie in the datagram, authenticators, accounting, duplicates.
//!
//! The way of a request, none of whose steps allocates:
//!
//! 1. [`Packet::parse`] looks whether the datagram is a packet at all (RFC 2865 section 3).
//! 2. [`Packet::verify`] looks whether its sender knows the secret; only then it is a [`Request`].
//! 3. [`Duplicates::seen`] says whether it is a retransmission, and has the reply that was given (RFC 5080
//!    section 2.2.2). What is not verified never touches that table.
//! 4. [`Request::password`] or [`Accounting::of`] read what it says.
//! 5. [`Reply`] writes the answer into a buffer of the caller's.
//!
//! The other half, what an access point does, is in [`client`]: the tests and the load generator ask with it.

mod accounting;
mod authenticator;
pub mod client;
mod code;
mod duplicates;
pub mod kind;
mod packet;
mod password;
mod reply;
mod request;
pub mod station;
mod verify;
mod writer;

pub use accounting::{Accounting, BadAccounting, Octets, Prefix6, Status};
pub use code::Code;
pub use duplicates::{Duplicates, Key, Seen};
pub use packet::{ATTRIBUTES_MAX, Attribute, Attributes, LENGTH_MAX, LENGTH_MIN, Malformed, Packet};
pub use password::{BadPassword, PASSWORD_MAX};
pub use reply::Reply;
pub use request::Request;
pub use verify::{MessageAuthenticator, Unverified};
pub use writer::{Full, VALUE_MAX};
