//! From an Accounting-Request to what the sessions understand: moments, directions, causes, names.

use std::net::IpAddr;

use radius::core::{rfc2865, rfc2866, rfc3162};
use radius_core::{Accounting, Octets as Sent, Request, Status, station};
use session_core::{
    AccountingKind, AccountingRecord, Mac, Nas, NasRestart, Octets, SessionEnd, SessionId, StationNames,
    UnixMs,
};

use super::client::Client;
use super::terms;
use crate::sessions::Accounted;

/// A record that says it waited longer than this has a wrong clock or counter.
const OLDEST_MS: u64 = 7 * 24 * 3_600_000;
/// No session lasts longer; what says so is a wrong counter.
const LONGEST_SECS: u32 = 366 * 24 * 3_600;

/// What the request says happened; `None` for a status that is answered and means nothing here.
pub fn read(
    client: &Client,
    from: IpAddr,
    request: &Request<'_>,
    said: &Accounting<'_>,
    now: UnixMs,
    fresh: SessionId,
) -> Option<Accounted> {
    let (event, dated) = moment(said, now);
    let nas = Nas { ap: client.ap.clone(), origin: origin(request, from) };
    let kind = match said.status {
        Status::Start => AccountingKind::Start,
        Status::Interim => AccountingKind::Interim,
        Status::Stop => {
            let cause = said.terminate_cause.unwrap_or(0);
            AccountingKind::Stop { end: end_of(cause), cause }
        }
        Status::On | Status::Off => return Some(Accounted::Restart(NasRestart { nas, at: event })),
        Status::Other(_) => return None,
    };
    let calling = request.calling_station().unwrap_or_default();
    let called = request.called_station().unwrap_or_default();
    let octets = |sent: Option<Sent>| {
        sent.map_or(Octets::default(), |sent| Octets { low: sent.low, gigawords: sent.gigawords })
    };
    let addresses = said.framed_ip.map(IpAddr::V4).into_iter();
    let addresses = addresses.chain(
        said.framed_ipv6().filter(|prefix| prefix.bits == 128).map(|prefix| IpAddr::V6(prefix.address)),
    );
    Some(Accounted::Record(Box::new(AccountingRecord {
        nas,
        session: said.session_id.to_vec(),
        kind,
        event,
        dated,
        session_secs: said.session_secs.filter(|secs| *secs <= LONGEST_SECS),
        grant: said.class.and_then(terms::visit_of_class),
        mac: station::parse(calling).mac.map(Mac),
        // Input is what comes from the user (RFC 2866 5.3).
        up: octets(said.input),
        down: octets(said.output),
        packets_up: said.input_packets.unwrap_or(0),
        packets_down: said.output_packets.unwrap_or(0),
        addresses: addresses.collect(),
        names: StationNames {
            user: request.user_name().unwrap_or_default().to_vec(),
            calling: calling.to_vec(),
            called: called.to_vec(),
            ssid: station::parse(called).ssid.unwrap_or_default().to_vec(),
        },
        fresh,
    })))
}

/// When it happened, and whether the NAS said so. Arrival less Acct-Delay-Time needs no clock on the NAS and counts
/// where a delay is given. Event-Timestamp stays the same in every retransmission, and counts where there is none: many
/// access points always send a delay of 0.
fn moment(said: &Accounting<'_>, now: UnixMs) -> (UnixMs, bool) {
    let delay_ms = u64::from(said.delay_secs) * 1000;
    if delay_ms > 0 && delay_ms <= OLDEST_MS {
        return (now.minus_ms(delay_ms), true);
    }
    let stamped = said.event_timestamp.map(|secs| UnixMs(u64::from(secs) * 1000));
    match stamped.filter(|at| *at <= now && now.ms_since(*at) <= OLDEST_MS) {
        Some(at) => (at, true),
        None => (now, false),
    }
}

/// The access point as it names itself: one NAS entry may stand for a whole network of them.
fn origin(request: &Request<'_>, from: IpAddr) -> Vec<u8> {
    let named = request
        .nas_identifier()
        .or_else(|| request.text(rfc2865::NAS_IP_ADDRESS_TYPE))
        .or_else(|| request.text(rfc3162::NAS_IPV6_ADDRESS_TYPE));
    match (named, from.to_canonical()) {
        (Some(name), _) => name.to_vec(),
        (None, IpAddr::V4(address)) => address.octets().to_vec(),
        (None, IpAddr::V6(address)) => address.octets().to_vec(),
    }
}

/// Acct-Terminate-Cause (RFC 2866 5.10) in the words that all sessions share.
fn end_of(cause: u32) -> SessionEnd {
    match cause {
        rfc2866::ACCT_TERMINATE_CAUSE_IDLE_TIMEOUT => SessionEnd::Idle,
        rfc2866::ACCT_TERMINATE_CAUSE_SESSION_TIMEOUT => SessionEnd::GrantExpired,
        rfc2866::ACCT_TERMINATE_CAUSE_ADMIN_RESET => SessionEnd::GrantRevoked,
        rfc2866::ACCT_TERMINATE_CAUSE_ADMIN_REBOOT
        | rfc2866::ACCT_TERMINATE_CAUSE_NAS_REBOOT
        | rfc2866::ACCT_TERMINATE_CAUSE_NAS_ERROR => SessionEnd::AgentRestart,
        _ => SessionEnd::Departed,
    }
}
