//! Version 1 of the messages. Frozen once shipped: new fields only, each with a meaning for "absent".
//!
//! Times are Unix milliseconds by the controller's clock (the agent keeps the offset), byte counts are what the
//! kernel's IP layer saw, ids are 16 random bytes, a MAC is 6 bytes.

mod from_agent;
mod from_controller;

use prost::Message;

pub use from_agent::{
    ConfigAck, Counter, GrantAck, Health, Hello, JournalBatch, JournalRecord, Machine, SessionEnd,
    SessionReport, Up, up,
};
pub use from_controller::{
    ConfigDocument, Down, Grant, JournalPosition, LogEntry, Network, Ping, Portal, Refused, Snapshot, Timers,
    Welcome, down,
};

/// First and only frame of a relayed connection.
#[derive(Clone, PartialEq, Message)]
pub struct RelayHeader {
    /// [`crate::VERSION`].
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// The network the phone is on.
    #[prost(string, tag = "2")]
    pub network: String,
    /// The phone's MAC.
    #[prost(bytes = "vec", tag = "3")]
    pub mac: Vec<u8>,
    /// The phone's address, 4 or 16 bytes.
    #[prost(bytes = "vec", tag = "4")]
    pub address: Vec<u8>,
}
