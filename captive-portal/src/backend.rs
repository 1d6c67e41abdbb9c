//! The border to the controller: who asks, what is known of that visitor, and the two things a visitor can do.

use std::fmt;
use std::future::Future;
use std::net::IpAddr;

/// Who sent a request. The controller's accept loop puts it into the request's extensions; a request without one
/// is treated as [`Asker::Public`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asker {
    /// A device behind one of our access points: identity comes from the agent's relay header.
    Relay(Identity),
    /// A device behind another vendor's access point: identity comes from the vendor's redirect.
    Vendor(Identity),
    /// Anybody else, from anywhere: sees the public guide and cannot connect.
    Public,
}

impl Asker {
    /// The device that asks, when it stands at an access point.
    pub fn identity(&self) -> Option<&Identity> {
        match self {
            Self::Relay(identity) | Self::Vendor(identity) => Some(identity),
            Self::Public => None,
        }
    }
}

/// A device at an access point. Shown by `Debug` without MAC and address, so that no log line can name a visitor.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// Id of the access point, such as `hk-16`.
    pub ap_id: String,
    /// Id of the network (SSID) the device has joined.
    pub network: String,
    /// The device's MAC address on that network.
    pub mac: [u8; 6],
    /// The address the request came from, inside the clients' network.
    pub address: IpAddr,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity")
            .field("ap_id", &self.ap_id)
            .field("network", &self.network)
            .finish_non_exhaustive()
    }
}

/// A name in the languages operators write. Pages in further languages show the English one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// The spot where the visitor stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Id of the access point, such as `hk-16`.
    pub ap_id: String,
    /// Name of the spot, such as "Thang Long Water Puppet Theatre".
    pub name: Words,
    /// Name of the zone, such as "East shore"; none when the inventory has no words for it.
    pub zone: Option<Words>,
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
}

/// A point on the map.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
}

/// What the controller knows of the one who asks, at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Visitor {
    /// Not at an access point.
    Public,
    /// At an access point, without a live grant; may tap.
    New(Offer),
    /// Has a grant that this access point has not confirmed yet.
    Pending,
    /// Has a grant that this access point has confirmed.
    Online(Online),
    /// Without a live grant, and a tap would meet [`Connect::Busy`]. A controller that cannot know before the tap
    /// says [`Visitor::New`].
    Busy(Busy),
    /// Would be refused if it tapped now.
    Refused(Refusal),
    /// The controller cannot tell: its store does not answer, or it is shutting down.
    Away(Away),
}

/// What one tap gives under the visitor's plan. A limit that the plan does not set is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Time of one civil day under the plan, in seconds.
    pub daily_secs: Option<u64>,
    /// What is left of that time today, in seconds.
    pub remaining_secs: Option<u64>,
    /// Data of one civil day, both directions, in bytes.
    pub daily_bytes: Option<u64>,
    /// What is left of that data today, in bytes.
    pub remaining_bytes: Option<u64>,
}

/// A live grant, confirmed by the access point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Online {
    /// When the grant began, Unix milliseconds.
    pub began_ms: u64,
    /// When the grant ends, Unix milliseconds by the clock of [`crate::Settings`]; `None` without a limit.
    pub ends_ms: Option<u64>,
    /// Data left, both directions with IP headers, in bytes; `None` without a limit.
    pub remaining_bytes: Option<u64>,
    /// Data the plan gives in one civil day, in bytes; `None` without a limit.
    pub daily_bytes: Option<u64>,
    /// Whether opening the portal again really prolongs this grant (RFC 8908 section 5, `can-extend-session`).
    pub can_extend: bool,
    /// What the visitor reads to the help desk, such as `HK-16 · 4F2Q`: names the spot and the visit, not the device.
    pub support_code: String,
}

/// Why a visitor may not connect now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Today's time is used up; more from this moment on (Unix milliseconds).
    TimeUsedUp {
        /// When the next civil day of the plan begins, Unix milliseconds.
        again_ms: u64,
    },
    /// Today's data is used up; more from this moment on (Unix milliseconds).
    DataUsedUp {
        /// When the next civil day of the plan begins, Unix milliseconds.
        again_ms: u64,
    },
    /// An operator has blocked the device.
    Blocked,
}

/// What came of a tap on "Connect".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connect {
    /// Stored, and the gate of this access point is open (also when it was open before the tap).
    Connected,
    /// Stored; the access point has not confirmed within the time the controller waits (2 s by default).
    Pending,
    /// No room at present.
    Busy(Busy),
    /// Not allowed at present.
    Refused(Refusal),
    /// The controller cannot tell.
    Away(Away),
    /// The asker is not at an access point, so there is nothing to open.
    NotHere,
}

/// Why there is no room at present.
#[derive(Clone, Debug, PartialEq)]
pub enum Busy {
    /// This access point serves as many devices as it can.
    AccessPointFull {
        /// Devices it serves now.
        devices: u32,
        /// Other access points that take devices, nearest first; the page shows at most three.
        nearby: Vec<Place>,
        /// As in [`Online::support_code`].
        support_code: String,
    },
    /// The centre has more taps to answer than it can at this moment.
    CentreFull {
        /// As in [`Online::support_code`].
        support_code: String,
    },
}

// Positions are finite numbers from the inventory, so equality is total.
impl Eq for Busy {}

/// Since when the controller cannot answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Away {
    /// Unix milliseconds; `None` when not known.
    pub since_ms: Option<u64>,
    /// As in [`Online::support_code`]; `None` when none can be made.
    pub support_code: Option<String>,
}

/// What came of "Log out".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The grant is over; also when there was none.
    Ended,
    /// The controller cannot tell; the grant goes on.
    Away(Away),
}

/// What the portal asks of the controller. The one trait with a single implementor: it keeps the portal free of the
/// controller. An implementor may write plain `async fn`; each future must be `Send`.
///
/// No method may wait without a limit of its own; the portal cuts a request after [`crate::Settings::request_limit`].
pub trait Backend: Send + Sync + 'static {
    /// The spot where the asker stands; `None` for the public and for an access point that is not in the inventory.
    fn place(&self, asker: &Asker) -> impl Future<Output = Option<Place>> + Send;

    /// The asker's state now. Called for every page, so it must be cheap (memory, not the store).
    fn visitor(&self, asker: &Asker) -> impl Future<Output = Visitor> + Send;

    /// Every access point in service, for the guide's map. The map stands without them when there are none.
    fn access_points(&self) -> impl Future<Output = Vec<Position>> + Send {
        async { Vec::new() }
    }

    /// One tap on "Connect" on a page in `language` (a BCP 47 tag such as `vi`). Returns `Connected` only when the
    /// grant is stored and this access point's gate is open.
    fn connect(&self, asker: &Asker, language: &str) -> impl Future<Output = Connect> + Send;

    /// The page with the button was shown to the asker in `language`.
    fn offered(&self, _asker: &Asker, _language: &str) {}

    /// "Log out": ends the asker's grant on every access point.
    fn end_session(&self, asker: &Asker) -> impl Future<Output = End> + Send;
}
