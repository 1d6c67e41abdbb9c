//! What goes down: welcome or refusal, configuration, grants, and how far the journal has been taken over.

use prost::{Message, Oneof};

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
        /// Are you there? Answered by a [`crate::v1::Health`] with the same nonce.
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
    /// Comes back in [`crate::v1::Health::nonce`].
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
