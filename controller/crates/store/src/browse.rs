//! Sessions and visits as lists that are read page by page.

use session_core::{ApId, DomainId, EndCause, GrantId, Mac, Session, SessionKey, UnixMs};

use crate::{Store, StoreError};

/// What only RADIUS knows of a session; names from the air are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NasWords {
    /// User-Name.
    pub user_name: Vec<u8>,
    /// Called-Station-Id.
    pub called_station: Vec<u8>,
    /// The SSID in it, if there is one.
    pub ssid: Vec<u8>,
    /// Acct-Session-Id.
    pub acct_session_id: Vec<u8>,
}

/// A session that is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// The session.
    pub session: Session,
    /// Plan, network and end of its grant, when the grant is known here.
    pub terms: Option<Terms>,
    /// What RADIUS says of it, when it came that way.
    pub nas: Option<NasWords>,
}

/// The terms of a grant as lists show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Name of the plan.
    pub plan: String,
    /// Id of the network.
    pub network: String,
    /// When it ends by itself.
    pub ends: UnixMs,
}

/// All sessions of one grant; of a RADIUS client, the sessions that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitRow {
    /// Id of the grant.
    pub id: GrantId,
    /// When it was made, or when its first session opened.
    pub starts: UnixMs,
    /// The grant's terms; `None` for a visit that only RADIUS knows.
    pub terms: Option<Terms>,
    /// Why and when the grant ended.
    pub ended: Option<(EndCause, UnixMs)>,
    /// The access point where it began.
    pub ap: ApId,
    /// The device.
    pub mac: Mac,
    /// Its sessions until now.
    pub sessions: u64,
    /// Those that are open.
    pub open: u64,
    /// Its last packet; `None` when there was none.
    pub last_packet: Option<UnixMs>,
    /// Bytes from the device.
    pub bytes_up: u64,
    /// Bytes to the device.
    pub bytes_down: u64,
}

/// Which visits a page shows: those that began from `from` until before `to`, after the visit `after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisitPage {
    /// First moment.
    pub from: UnixMs,
    /// First moment that is too late.
    pub to: UnixMs,
    /// The last visit of the page before.
    pub after: Option<(UnixMs, GrantId)>,
    /// Most visits.
    pub limit: u32,
}

impl Store {
    /// Open sessions by access point and id, after `after`, at most `limit`.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn live_sessions(
        &self,
        domain: &DomainId,
        ap: Option<&ApId>,
        after: Option<&SessionKey>,
        limit: u32,
    ) -> Result<Vec<LiveSession>, StoreError> {
        self.database().live_sessions(domain, ap, after, limit).await
    }

    /// How many sessions are open at each access point that has any.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn open_sessions(&self, domain: &DomainId) -> Result<Vec<(ApId, u64)>, StoreError> {
        self.database().open_sessions(domain).await
    }

    /// Four numbers about the open sessions, of which one changes when any of them does: how many there are, their
    /// bytes, the sum of their openings and their last packet.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn open_sessions_state(&self, domain: &DomainId) -> Result<[i64; 4], StoreError> {
        self.database().open_sessions_state(domain).await
    }

    /// A session by its key, open or not.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn session(&self, key: &SessionKey) -> Result<Option<Session>, StoreError> {
        self.database().session(key).await
    }

    /// A page of visits, the first begun first: a visit that begins meanwhile comes at the end and moves no other.
    ///
    /// # Errors
    /// Only the common ones.
    pub async fn visits(&self, page: VisitPage) -> Result<Vec<VisitRow>, StoreError> {
        self.database().visits(page).await
    }
}
