//! Version 1 of the messages. Frozen once shipped: new fields only, each with a meaning for "absent".
//!
//! Times are Unix milliseconds by the controller's clock (the agent keeps the offset), byte counts are what the
//! kernel's IP layer saw, ids are 16 random bytes, a MAC is 6 bytes.

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
        /// Answer to one [`super::LogEntry`], or to the last part of a [`super::Snapshot`].
        #[prost(message, tag = "2")]
        GrantAck(GrantAck),
        /// Answer to a [`super::ConfigDocument`].
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
    /// Echo of [`Ping::nonce`], 0 when sent unasked.
    #[prost(uint64, tag = "7")]
    pub nonce: u64,
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

/// One frame from the controller.
#[derive(Clone, PartialEq, Message)]
pub struct Down {
    /// The controller's clock when it wrote the frame; every frame has it.
    #[prost(uint64, tag = "1")]
    pub unix_ms: u64,
    /// What it says; absent means something this side does not know.
    #[prost(oneof = "down::Body", tags = "2, 3, 4, 5, 6, 7, 8, 9")]
    pub body: Option<down::Body>,
}

/// Contents of [`Down`].
pub mod down {
    use super::{ConfigDocument, JournalPosition, LogEntry, Oneof, Ping, Refused, Snapshot, Welcome};

    /// What the controller can say.
    #[derive(Clone, PartialEq, Oneof)]
    pub enum Body {
        /// Answer to a hello.
        #[prost(message, tag = "2")]
        Welcome(Welcome),
        /// Answer to a hello that cannot be served; the connection ends after it.
        #[prost(message, tag = "3")]
        Refused(Refused),
        /// The whole configuration.
        #[prost(message, tag = "4")]
        Config(ConfigDocument),
        /// A part of the whole set of live grants; replaces what the agent has when its last part is there.
        #[prost(message, tag = "5")]
        Snapshot(Snapshot),
        /// One entry of the grant log.
        #[prost(message, tag = "6")]
        Entry(LogEntry),
        /// Everything up to here has been read.
        #[prost(message, tag = "7")]
        Received(JournalPosition),
        /// Everything up to here is committed; the agent may forget it.
        #[prost(message, tag = "8")]
        Durable(JournalPosition),
        /// Are you there? Answered by a [`super::Health`] with the same nonce.
        #[prost(message, tag = "9")]
        Ping(Ping),
    }
}

/// The controller's answer to a hello it will serve.
#[derive(Clone, PartialEq, Message)]
pub struct Welcome {
    /// Version the link will speak: the lower of both.
    #[prost(uint32, tag = "1")]
    pub version: u32,
    /// Words for what this controller can do.
    #[prost(string, repeated, tag = "2")]
    pub capabilities: Vec<String>,
    /// The access point's id.
    #[prost(string, tag = "3")]
    pub ap_id: String,
    /// The roaming domain it belongs to.
    #[prost(string, tag = "4")]
    pub domain: String,
}

/// Why a link is not served.
#[derive(Clone, PartialEq, Message)]
pub struct Refused {
    /// One sentence that says what to do.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// How long to wait before the next try, in seconds.
    #[prost(uint32, tag = "2")]
    pub retry_secs: u32,
}

/// A place in a journal.
#[derive(Clone, PartialEq, Message)]
pub struct JournalPosition {
    /// The journal.
    #[prost(bytes = "vec", tag = "1")]
    pub journal_id: Vec<u8>,
    /// The last record meant.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
}

/// A question for a sign of life.
#[derive(Clone, PartialEq, Message)]
pub struct Ping {
    /// Comes back in [`Health::nonce`].
    #[prost(uint64, tag = "1")]
    pub nonce: u64,
}

/// One entry of a domain's grant log.
#[derive(Clone, PartialEq, Message)]
pub struct LogEntry {
    /// Rises when a database was restored.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Rises by one with every entry of the epoch.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// The grant as it is now.
    #[prost(message, optional, tag = "3")]
    pub grant: Option<Grant>,
}

/// A device may use one network until a time, under a plan; or may no longer.
#[derive(Clone, PartialEq, Message)]
pub struct Grant {
    /// Globally unique id.
    #[prost(bytes = "vec", tag = "1")]
    pub grant_id: Vec<u8>,
    /// Rises with every change of this grant; the higher one wins.
    #[prost(uint64, tag = "2")]
    pub revision: u64,
    /// 1 to 2^30 - 1, unique among the domain's live grants: the flow mark on access points.
    #[prost(uint32, tag = "3")]
    pub number: u32,
    /// The network (SSID id).
    #[prost(string, tag = "4")]
    pub network: String,
    /// The device's MAC.
    #[prost(bytes = "vec", tag = "5")]
    pub mac: Vec<u8>,
    /// When it ends by itself.
    #[prost(uint64, tag = "6")]
    pub ends_ms: u64,
    /// Sessions close after this long without traffic, in seconds.
    #[prost(uint32, tag = "7")]
    pub idle_secs: u32,
    /// True for a tombstone: the device is out, at once.
    #[prost(bool, tag = "8")]
    pub revoked: bool,
    /// Rate to the device in bits per second, 0 for none.
    #[prost(uint64, tag = "9")]
    pub down_bps: u64,
    /// Rate from the device in bits per second, 0 for none.
    #[prost(uint64, tag = "10")]
    pub up_bps: u64,
}

/// All live grants of the domain as of one position of its log, in parts.
#[derive(Clone, PartialEq, Message)]
pub struct Snapshot {
    /// Epoch of the position.
    #[prost(uint64, tag = "1")]
    pub epoch: u64,
    /// Sequence of the position.
    #[prost(uint64, tag = "2")]
    pub sequence: u64,
    /// Some of the grants.
    #[prost(message, repeated, tag = "3")]
    pub grants: Vec<Grant>,
    /// True in the part that completes it.
    #[prost(bool, tag = "4")]
    pub last: bool,
}

/// The whole configuration of an access point.
#[derive(Clone, PartialEq, Message)]
pub struct ConfigDocument {
    /// Rises with every change; an older one is refused.
    #[prost(uint64, tag = "1")]
    pub version: u64,
    /// The clients' network on this access point.
    #[prost(message, optional, tag = "2")]
    pub network: Option<Network>,
    /// Where the portal is.
    #[prost(message, optional, tag = "3")]
    pub portal: Option<Portal>,
    /// Addresses no client may reach beside the private ranges built into the gate, as CIDR.
    #[prost(string, repeated, tag = "4")]
    pub protected: Vec<String>,
    /// The agent's timers.
    #[prost(message, optional, tag = "5")]
    pub timers: Option<Timers>,
    /// The access point's name for people, as the local page shows it.
    #[prost(string, tag = "6")]
    pub ap_name: String,
}

/// A network as every access point of the domain serves it.
#[derive(Clone, PartialEq, Message)]
pub struct Network {
    /// Its id (the SSID's id), as in [`Grant::network`].
    #[prost(string, tag = "1")]
    pub id: String,
    /// Gateway address with the prefix length of the subnet: `10.50.0.1/16`.
    #[prost(string, tag = "2")]
    pub gateway4: String,
    /// First address handed out.
    #[prost(string, tag = "3")]
    pub range_first: String,
    /// Last address handed out.
    #[prost(string, tag = "4")]
    pub range_last: String,
    /// Lease time in seconds.
    #[prost(uint32, tag = "5")]
    pub lease_secs: u32,
    /// Most leases at a time.
    #[prost(uint32, tag = "6")]
    pub lease_max: u32,
    /// Gateway address of the unique-local prefix, always a /64: `fd50:686b::1/64`; empty for IPv4 only.
    #[prost(string, tag = "7")]
    pub gateway6: String,
    /// MAC of the gateway, the same on every access point (6 bytes).
    #[prost(bytes = "vec", tag = "8")]
    pub gateway_mac: Vec<u8>,
    /// Resolvers the access point's own DNS asks.
    #[prost(string, repeated, tag = "9")]
    pub resolvers: Vec<String>,
}

/// Where the portal is.
#[derive(Clone, PartialEq, Message)]
pub struct Portal {
    /// Public URL without a trailing slash: `https://wifi.example`.
    #[prost(string, tag = "1")]
    pub url: String,
    /// Addresses of its name; TCP 443 to them goes into the relay.
    #[prost(string, repeated, tag = "2")]
    pub addresses: Vec<String>,
}

/// Timers, all scaled together in tests.
#[derive(Clone, PartialEq, Message)]
pub struct Timers {
    /// Counters are reported this often, in milliseconds.
    #[prost(uint32, tag = "1")]
    pub report_ms: u32,
    /// The kernel's sets are read this often, in milliseconds.
    #[prost(uint32, tag = "2")]
    pub sample_ms: u32,
    /// A silent station is probed this often, in milliseconds.
    #[prost(uint32, tag = "3")]
    pub presence_ms: u32,
    /// Probes without an answer until a station counts as gone.
    #[prost(uint32, tag = "4")]
    pub presence_misses: u32,
    /// The portal is probed this often, in milliseconds.
    #[prost(uint32, tag = "5")]
    pub portal_probe_ms: u32,
    /// Without a word from the controller for this long it counts as away, in milliseconds.
    #[prost(uint32, tag = "6")]
    pub away_ms: u32,
}

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
