//! Who is on line, page by page, and one session by its name.

use session_core::{ApId, DomainId, SessionKey};
use store::{LiveSession, StoreError};

use crate::fleet::DOMAIN;
use crate::operators::api::sessions::{key, name};
use crate::operators::console::desk::Desk;
use crate::operators::console::view::{ApState, Kick, KickDone, KickPage, SessionRow, Sessions, Untrusted};
use crate::operators::kick::is_radius;
use crate::sessions::support_code::letters;

/// Sessions on one page.
const PAGE: u32 = 100;

/// The list, after the session `after`, at the access point `at` or everywhere.
///
/// # Errors
/// What the store says.
pub async fn sessions(
    desk: &Desk,
    at: Option<&str>,
    after: Option<&str>,
    done: Option<KickDone>,
) -> Result<Sessions, StoreError> {
    let domain = DomainId::from(DOMAIN);
    let (ap, after) = (at.map(ApId::from), after.and_then(key));
    let mut found = desk.store.live_sessions(&domain, ap.as_ref(), after.as_ref(), PAGE + 1).await?;
    let more = found.len() > PAGE as usize;
    found.truncate(PAGE as usize);
    let open = desk.store.open_sessions(&domain).await?;
    let total: u64 =
        open.iter().filter(|(id, _)| ap.as_ref().is_none_or(|ap| ap == id)).map(|(_, count)| count).sum();
    let next = if more { found.last().map(|live| name(&live.session.key)) } else { None };
    let in_service = |state| !matches!(state, ApState::New | ApState::Retired);
    Ok(Sessions {
        at: at.map(str::to_owned),
        choices: desk
            .sites
            .rows
            .iter()
            .filter(|row| in_service(row.state))
            .map(|row| row.ap.clone())
            .collect(),
        rows: found.into_iter().map(|live| session_row(desk, live)).collect(),
        total: usize::try_from(total).unwrap_or(usize::MAX),
        next,
        done,
    })
}

/// The session that `named` names, if it is open.
///
/// # Errors
/// What the store says.
pub async fn kick(desk: &Desk, named: &str, at: Option<&str>) -> Result<KickPage, StoreError> {
    let session = match key(named) {
        Some(key) => open_session(desk, &key).await?,
        None => None,
    };
    Ok(KickPage { session, at: at.map(str::to_owned) })
}

async fn open_session(desk: &Desk, key: &SessionKey) -> Result<Option<SessionRow>, StoreError> {
    let Some(session) = desk.store.session(key).await?.filter(|session| session.end.is_none()) else {
        return Ok(None);
    };
    Ok(Some(session_row(desk, LiveSession { session, terms: None, nas: None })))
}

/// A session as the pages show it.
#[must_use]
pub fn session_row(desk: &Desk, live: LiveSession) -> SessionRow {
    let LiveSession { session, terms, nas } = live;
    let may_see = desk.operator.sees_devices();
    SessionRow {
        id: name(&session.key),
        code: letters(&session.grant.0),
        ap: desk.sites.named(session.key.ap.as_str()),
        network: nas.as_ref().map(|nas| Untrusted(nas.ssid.clone())).filter(|ssid| !ssid.0.is_empty()),
        user: nas.map(|nas| Untrusted(nas.user_name)).filter(|user| may_see && !user.0.is_empty()),
        opened_ms: session.opened.0,
        active_ms: session.last_packet.0,
        ends_ms: terms.map(|terms| terms.ends.0),
        down_bytes: session.bytes_down,
        up_bytes: session.bytes_up,
        kick: match (is_radius(&session.key.ap), desk.operator.role.may_change()) {
            (true, _) => Kick::NotByRadius,
            (false, false) => Kick::NotAllowed,
            (false, true) => Kick::Possible,
        },
    }
}
