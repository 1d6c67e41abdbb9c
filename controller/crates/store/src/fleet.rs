//! What the store keeps beside grants and sessions: access points, zones, journals, the rest of the log.

use session_core::{ApId, DomainId, Grant, Position, UnixMs};

/// A name for people in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

impl Name {
    /// The same name in both languages.
    #[must_use]
    pub fn same(name: &str) -> Self {
        Self { vi: name.to_owned(), en: name.to_owned() }
    }
}

/// An area for statistics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its id (`lake-east`).
    pub id: String,
    /// Its name for people.
    pub name: Name,
}

/// An access point as an engineer describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewAccessPoint {
    /// Its id (`hk-01`).
    pub id: ApId,
    /// Its name for people.
    pub name: Name,
    /// Id of its zone.
    pub zone: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// Its roaming domain.
    pub domain: DomainId,
}

/// An access point with what the system knows of its agent.
#[derive(Debug, Clone, PartialEq)]
pub struct AccessPoint {
    /// Its id (`hk-01`).
    pub id: ApId,
    /// Its name for people.
    pub name: Name,
    /// Id of its zone.
    pub zone: String,
    /// Latitude in degrees.
    pub lat: f64,
    /// Longitude in degrees.
    pub lon: f64,
    /// Its roaming domain.
    pub domain: DomainId,
    /// SHA-256 of its agent's public key (SubjectPublicKeyInfo); `None` until it is enrolled.
    pub agent_key: Option<[u8; 32]>,
    /// When its agent enrolled last.
    pub enrolled: Option<UnixMs>,
    /// When its agent was revoked; its key is refused then.
    pub revoked: Option<UnixMs>,
}

/// An inventory to take over: all of it or nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Import {
    /// Zones; a zone that an access point names and nobody describes is made with its id as name.
    pub zones: Vec<Zone>,
    /// Access points.
    pub access_points: Vec<NewAccessPoint>,
}

/// What an import did to access points. Keys and enrolments are never touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Were not there before.
    pub added: usize,
    /// Were described differently before.
    pub changed: usize,
    /// Were described just so.
    pub unchanged: usize,
}

/// What became of an enrolment.
#[derive(Debug, Clone, PartialEq)]
pub enum Enrollment {
    /// The key is pinned; also the answer when the same key asks again with the token it used.
    Enrolled(Box<AccessPoint>),
    /// No such token was made, or a newer one replaced it.
    UnknownToken,
    /// The token was used with another key.
    UsedToken,
    /// The token is too old.
    ExpiredToken,
    /// The key belongs to another access point.
    KeyInUse,
}

/// The id of an agent's journal: random when its files were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JournalId(pub [u8; 16]);

/// What an agent misses of its domain's grant log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogRest {
    /// The entries after its position, in order and without gaps; each with the grant as it is now, which may be
    /// newer than the entry: the revision decides.
    Entries(Vec<(Position, Grant)>),
    /// Its position is too old or of another epoch: all live grants instead.
    Snapshot {
        /// The place in the log they are as of.
        position: Position,
        /// All live grants.
        grants: Vec<Grant>,
    },
}
