//! What goes up: who the agent is, what it has put in force, its journal, how it is.

use prost::{Enumeration, Message, Oneof};

/// One frame from the agent.
#[derive(Clone, PartialEq, Message)]
pub struct Up {
    /// What it says; absent means a newer agent says something this side does not know: ignore it.
    #[prost(oneof = "up::Body", tags = "1, 2, 3, 4, 5")]
    pub body: Option<up::Body>,
}

/// Contents of [`Up`].
pub mod up {
    use super::{ConfigAck, GrantAck, Health, Hello, JournalBatch, Oneof};

    /// What an agent can say.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum Body {
        /// First frame of every control link.
        #[prost(message, tag = "1")]
        Hello(Hello),
        /// Answer to one [`crate::v1::LogEntry`], or to the last part of a [`crate::v1::Snapshot`].
        #[prost(message, tag = "2")]
        GrantAck(GrantAck),
        /// Answer to a [`crate::v1::ConfigDocument`].
        #[prost(message, tag = "3")]
        ConfigAck(ConfigAck),
        /// Records of the journal, oldest first.
        #[prost(message, tag = "4")]
        Journal(JournalBatch),
        /// How the access point is; also the answer to a ping.
        #[prost(message, tag = "5")]
        Health(Health),
    }
}

/// Who the agent is and what it has.
#[derive(Clone, PartialEq, Message)]
pub struct Hello {
    /// [`crate::VERSION`].
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// Words for what this build can do; unknown words are ignored.
    #[prost(string, repeated, tag = "2")]
    pub capabilities: Vec<String>,
    /// Software version, for people.
    #[prost(string, tag = "3")]
    pub agent_version: String,
    /// Random at each start of the agent's process.
    #[prost(bytes = "vec", tag = "4")]
    pub boot_id: Vec<u8>,
    /// Random when the journal's files were made.
    #[prost(bytes = "vec", tag = "5")]
    pub journal_id: Vec<u8>,
    /// Version of the configuration in force, 0 for none.
    #[prost(uint64, tag = "6")]
    pub config_version: u64,
    /// Epoch of the grant log the agent holds, 0 for none.
    #[prost(uint64, tag = "7")]
    pub epoch: u64,
    /// Last sequence of that log which the agent applied or refused.
    #[prost(uint64, tag = "8")]
    pub sequence: u64,
    /// The agent's own clock when it wrote this, for the engineer to see.
    #[prost(uint64, tag = "9")]
    pub unix_ms: u64,
    /// Last sequence of the journal that the controller called durable; a database that holds less is an older one.
    #[prost(uint64, tag = "10")]
    pub durable: u64,
}

/// Whether one entry of the grant log is in force in this access point's kernel; without a grant: a whole snapshot.
#[derive(Clone, PartialEq, Message)]
pub struct GrantAck {
    /// Epoch of the entry.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Sequence of the entry.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// The grant it speaks of.
    #[prost(bytes = "vec", tag = "3")]
    pub grant_id: Vec<u8>,
    /// Empty when applied, else one sentence why not.
    #[prost(string, tag = "4")]
    pub refusal: String,
}

/// Whether a configuration is in force.
#[derive(Clone, PartialEq, Message)]
pub struct ConfigAck {
    /// Version of the document that was offered.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// Empty when in force, else one sentence why the last good one stays.
    #[prost(string, tag = "2")]
    pub refusal: String,
}

/// Records in the order of their sequence, without gaps.
#[derive(Clone, PartialEq, Message)]
pub struct JournalBatch {
    /// The journal they come from.
    #[prost(bytes = "vec", tag = "1")]
    pub journal_id: Vec<u8>,
    /// The records.
    #[prost(message, repeated, tag = "2")]
    pub records: Vec<JournalRecord>,
}

/// One record of the journal. Its key is (access point, journal id, sequence).
#[derive(Clone, PartialEq, Message)]
pub struct JournalRecord {
    /// Position in the journal, from 1, rising by one.
    #[prost(uint64, tag = "1")]
    pub sequence: u64,
    /// When it was written.
    #[prost(uint64, tag = "2")]
    pub unix_ms: u64,
    /// The session's state; absent for kinds this side does not know.
    #[prost(message, optional, tag = "3")]
    pub session: Option<SessionReport>,
}

/// All that is known of one session at one moment; absolute, so that a repeat changes nothing.
#[derive(Clone, PartialEq, Message)]
pub struct SessionReport {
    /// The session's id, made by the agent.
    #[prost(bytes = "vec", tag = "1")]
    pub session_id: Vec<u8>,
    /// The grant it runs under.
    #[prost(bytes = "vec", tag = "2")]
    pub grant_id: Vec<u8>,
    /// The device's MAC.
    #[prost(bytes = "vec", tag = "3")]
    pub mac: Vec<u8>,
    /// First packet.
    #[prost(uint64, tag = "4")]
    pub opened_ms: u64,
    /// Last packet seen.
    #[prost(uint64, tag = "5")]
    pub last_packet_ms: u64,
    /// Bytes from the device since the session opened.
    #[prost(uint64, tag = "6")]
    pub bytes_up: u64,
    /// Bytes to the device since the session opened.
    #[prost(uint64, tag = "7")]
    pub bytes_down: u64,
    /// Packets from the device.
    #[prost(uint64, tag = "8")]
    pub packets_up: u64,
    /// Packets to the device.
    #[prost(uint64, tag = "9")]
    pub packets_down: u64,
    /// `OPEN` while it runs, else why it closed.
    #[prost(enumeration = "SessionEnd", tag = "10")]
    pub end: i32,
    /// The device's addresses seen in this session (4 or 16 bytes each), at most 16.
    #[prost(bytes = "vec", repeated, tag = "11")]
    pub addresses: Vec<Vec<u8>>,
}

/// Why a session closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Enumeration)]
#[repr(i32)]
pub enum SessionEnd {
    /// It has not.
    Open = 0,
    /// No traffic for the idle time; the grant goes on.
    Idle = 1,
    /// The station left this access point; the grant goes on.
    Departed = 2,
    /// The grant ended by its time.
    GrantExpired = 3,
    /// A tombstone ended the grant.
    GrantRevoked = 4,
    /// The access point restarted and the kernel's counters were gone.
    AgentRestart = 5,
}

/// How the access point is.
#[derive(Clone, PartialEq, Message)]
pub struct Health {
    /// Stations known to be present.
    #[prost(uint32, tag = "1")]
    pub stations: u32,
    /// Sessions open.
    #[prost(uint32, tag = "2")]
    pub sessions: u32,
    /// Records in the journal that are not durable yet.
    #[prost(uint64, tag = "3")]
    pub journal_pending: u64,
    /// Grants in the gate.
    #[prost(uint32, tag = "4")]
    pub grants: u32,
    /// Events counted since the agent's start, by name (`mac_conflict`, `foreign_source`, `relay_refused`, …).
    #[prost(message, repeated, tag = "5")]
    pub counters: Vec<Counter>,
    /// Sentences for the engineer about what is wrong; empty when nothing is.
    #[prost(string, repeated, tag = "6")]
    pub problems: Vec<String>,
    /// Echo of [`crate::v1::Ping::nonce`], 0 when sent unasked.
    #[prost(uint64, tag = "7")]
    pub nonce: u64,
    /// Bytes from devices in sessions, since the agent's start.
    #[prost(uint64, tag = "8")]
    pub bytes_up: u64,
    /// Bytes to devices in sessions, since the agent's start.
    #[prost(uint64, tag = "9")]
    pub bytes_down: u64,
    /// The machine the agent runs on; absent from agents that do not say.
    #[prost(message, optional, tag = "10")]
    pub machine: Option<Machine>,
}

/// How the machine of an access point is.
#[derive(Clone, PartialEq, Message)]
pub struct Machine {
    /// Since it started, in seconds.
    #[prost(uint64, tag = "1")]
    pub uptime_secs: u64,
    /// Load average of the last minute, in thousandths.
    #[prost(uint32, tag = "2")]
    pub load_milli: u32,
    /// Memory it has.
    #[prost(uint64, tag = "3")]
    pub memory_bytes: u64,
    /// Memory that programs can still get.
    #[prost(uint64, tag = "4")]
    pub memory_available_bytes: u64,
}

/// A named count.
#[derive(Clone, PartialEq, Message)]
pub struct Counter {
    /// Its name: lower case, underscores.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its value.
    #[prost(uint64, tag = "2")]
    pub value: u64,
}
