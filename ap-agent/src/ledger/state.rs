//! The ledger's contents.

use agent_protocol::v1::{ConfigDocument, Grant, SessionReport};
use prost::Message;

/// Everything the ledger holds.
#[derive(Clone, PartialEq, Message)]
pub struct State {
    /// The last configuration that was in force.
    #[prost(message, optional, tag = "1")]
    pub config: Option<ConfigDocument>,
    /// Epoch of the grant log, 0 for none.
    #[prost(uint64, tag = "2")]
    pub epoch: u64,
    /// Last sequence of that log applied or refused.
    #[prost(uint64, tag = "3")]
    pub sequence: u64,
    /// The live grants as of that position.
    #[prost(message, repeated, tag = "4")]
    pub grants: Vec<Grant>,
    /// The controller's time when this was written.
    #[prost(message, optional, tag = "5")]
    pub clock: Option<KnownTime>,
    /// The access point's id, empty before the first welcome.
    #[prost(string, tag = "6")]
    pub ap_id: String,
    /// Its roaming domain, empty before the first welcome.
    #[prost(string, tag = "7")]
    pub domain: String,
    /// Sessions that were open.
    #[prost(message, repeated, tag = "8")]
    pub sessions: Vec<OpenSession>,
    /// Ends of sessions that the journal had no room for yet.
    #[prost(message, repeated, tag = "9")]
    pub ends: Vec<SessionReport>,
}

/// The controller's time at one moment of the machine's boot-time clock.
#[derive(Clone, PartialEq, Message)]
pub struct KnownTime {
    /// Unix milliseconds by the controller's clock.
    #[prost(uint64, tag = "1")]
    pub unix_ms: u64,
    /// `CLOCK_BOOTTIME` in milliseconds at that moment.
    #[prost(uint64, tag = "2")]
    pub boottime_ms: u64,
    /// The kernel's name of that boot: its counters lived in the same one.
    #[prost(string, tag = "3")]
    pub boot_id: String,
    /// Whether the time was not the controller's, in that boot or before.
    #[prost(bool, tag = "4")]
    pub unsure: bool,
}

/// A session that was open, with enough to count on in the same kernel.
#[derive(Clone, PartialEq, Message)]
pub struct OpenSession {
    /// Its id.
    #[prost(bytes = "vec", tag = "1")]
    pub session_id: Vec<u8>,
    /// The grant it runs under.
    #[prost(bytes = "vec", tag = "2")]
    pub grant_id: Vec<u8>,
    /// The device's MAC.
    #[prost(bytes = "vec", tag = "3")]
    pub mac: Vec<u8>,
    /// First packet, Unix milliseconds by the controller's clock.
    #[prost(uint64, tag = "4")]
    pub opened_ms: u64,
    /// Last packet, same clock.
    #[prost(uint64, tag = "5")]
    pub last_packet_ms: u64,
    /// Counted in the session so far.
    #[prost(message, optional, tag = "6")]
    pub base: Option<Traffic>,
    /// Its addresses with the kernel's counters up to which `base` has counted.
    #[prost(message, repeated, tag = "7")]
    pub addresses: Vec<AddressCounters>,
}

/// Bytes and packets of both directions; up is from the device.
#[derive(Clone, Copy, PartialEq, Message)]
pub struct Traffic {
    /// Bytes from the device.
    #[prost(uint64, tag = "1")]
    pub bytes_up: u64,
    /// Bytes to the device.
    #[prost(uint64, tag = "2")]
    pub bytes_down: u64,
    /// Packets from the device.
    #[prost(uint64, tag = "3")]
    pub packets_up: u64,
    /// Packets to the device.
    #[prost(uint64, tag = "4")]
    pub packets_down: u64,
}

/// One address of a session and its counters in the kernel when they were last read.
#[derive(Clone, PartialEq, Message)]
pub struct AddressCounters {
    /// 4 or 16 bytes.
    #[prost(bytes = "vec", tag = "1")]
    pub address: Vec<u8>,
    /// The kernel's counters.
    #[prost(message, optional, tag = "2")]
    pub kernel: Option<Traffic>,
}
