//! What access points report: bytes, quotas, ends, and the bounds of what is remembered.

use std::collections::BTreeSet;

use super::{HOUR, Lake, free, mac, report};
use crate::domain::{Limits, Refusal};
use crate::{ApId, EndCause, Grant, GrantId, Plan, SessionEnd, SessionReport, UnixMs};

#[test]
fn a_walk_there_and_back_is_one_visit_with_the_bytes_of_both_access_points() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 1000));
    lake.report("hk-02", &report(2, &grant, 500));
    lake.report("hk-01", &SessionReport { end: Some(SessionEnd::Departed), ..report(1, &grant, 1200) });
    lake.report("hk-01", &report(3, &grant, 40));
    let visit = lake.domain.visit(grant.id).unwrap();
    assert_eq!(visit.bytes_up + visit.bytes_down, 1740);
    assert_eq!((visit.sessions, visit.open), (3, 2));
    assert_eq!(visit.aps, BTreeSet::from([ApId::from("hk-01"), ApId::from("hk-02")]));
    assert_eq!(lake.domain.day_usage(mac(1), grant.day, lake.now).bytes, 1740);
}

#[test]
fn counters_never_run_backwards_and_a_repeat_says_nothing_new() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 1000));
    for bytes in [1000, 999, 0, 1000] {
        lake.report("hk-01", &report(1, &grant, bytes));
    }
    assert_eq!(lake.sessions.len(), 1);
    assert_eq!(lake.domain.visit(grant.id).unwrap().bytes_down, 750);
}

#[test]
fn the_tally_rises_by_what_is_new_and_knows_the_first_use_of_a_grant() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 1000));
    let before = lake.domain.tally();
    assert_eq!((before.bytes_up, before.bytes_down, before.first_uses), (250, 750, 1));
    for bytes in [1000, 400, 2000] {
        lake.report("hk-01", &report(1, &grant, bytes));
    }
    lake.report("hk-02", &SessionReport { end: Some(SessionEnd::Idle), ..report(2, &grant, 400) });
    let more = lake.domain.tally().since(before);
    assert_eq!((more.bytes_up, more.bytes_down, more.first_uses), (350, 1050, 0));
    assert_eq!(lake.domain.open_sessions().count(), 1);
}

#[test]
fn a_closed_session_stays_closed_and_a_late_higher_counter_still_counts() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &SessionReport { end: Some(SessionEnd::Idle), ..report(1, &grant, 100) });
    lake.report("hk-01", &report(1, &grant, 300));
    lake.report("hk-01", &SessionReport { end: Some(SessionEnd::Departed), ..report(1, &grant, 200) });
    let last = lake.sessions.last().unwrap();
    assert_eq!((last.end, last.bytes()), (Some(SessionEnd::Idle), 300));
}

#[test]
fn the_same_session_id_on_two_access_points_is_two_sessions() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 100));
    lake.report("hk-02", &report(1, &grant, 100));
    assert_eq!(lake.domain.visit(grant.id).unwrap().sessions, 2);
}

#[test]
fn a_session_of_an_unknown_grant_or_of_another_device_is_kept_and_counts_for_nobody() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    let unknown = Grant { id: GrantId([77; 16]), ..grant.clone() };
    let cloned = Grant { mac: mac(9), ..grant.clone() };
    lake.report("hk-01", &report(1, &unknown, 100));
    lake.report("hk-01", &report(2, &cloned, 100));
    assert_eq!(lake.sessions.len(), 2);
    assert_eq!(lake.domain.visit(grant.id).unwrap().sessions, 0);
    lake.later(2 * HOUR);
    assert_eq!(lake.domain.sessions_remembered(), 0);
    assert!(lake.sessions[2..].iter().all(|session| session.end == Some(SessionEnd::Lost)));
}

#[test]
fn the_quota_counts_over_access_points_and_grants_of_the_day_and_ends_the_grant() {
    let mut lake = Lake::new();
    let small = Plan { quota_bytes: Some(1000), ..free() };
    let first = lake.tap(1, &small).unwrap().grant;
    lake.report("hk-01", &report(1, &first, 400));
    lake.report("hk-02", &report(2, &first, 300));
    assert_eq!(lake.domain.remaining_bytes(first.id, lake.now), Some(300));
    lake.end(first.id, EndCause::LoggedOut);
    let second = lake.tap(1, &small).unwrap().grant;
    lake.report("hk-01", &report(1, &first, 500));
    assert!(lake.domain.grant(second.id).unwrap().ended.is_none());
    lake.report("hk-01", &report(3, &second, 200));
    let end = lake.domain.grant(second.id).unwrap().ended.unwrap();
    assert_eq!(end.cause, EndCause::QuotaUsed);
    let (position, tombstone) = lake.entries.last().unwrap();
    assert_eq!((position.sequence, tombstone.revision), (4, 2));
    assert_eq!(lake.tap(1, &small), Err(Refusal::QuotaUsed));
    lake.later(16 * HOUR);
    lake.tap(1, &small).unwrap();
}

#[test]
fn a_silent_session_stays_open_until_a_margin_after_its_grant_and_the_access_points_word_replaces_the_guess()
{
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 100));
    lake.later(12 * HOUR + 59 * 60_000);
    assert_eq!(lake.domain.visit(grant.id).unwrap().open, 1);
    lake.later(2 * 60_000);
    assert_eq!(lake.sessions.last().unwrap().end, Some(SessionEnd::Lost));
    lake.report("hk-01", &report(2, &grant, 50));
    assert_eq!(lake.domain.visit(grant.id).unwrap().open, 0, "its time is over: what comes late is not open");
    lake.report("hk-01", &SessionReport { end: Some(SessionEnd::GrantExpired), ..report(1, &grant, 150) });
    let last = lake.sessions.last().unwrap();
    assert_eq!((last.end, last.bytes()), (Some(SessionEnd::GrantExpired), 150));
}

#[test]
fn a_journal_made_anew_closes_the_sessions_of_that_access_point_only() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 100));
    lake.report("hk-010", &report(2, &grant, 100));
    lake.domain.journal_lost(&ApId::from("hk-01"), lake.now);
    lake.drain();
    assert_eq!(lake.domain.visit(grant.id).unwrap().open, 1);
    assert_eq!(lake.sessions.last().unwrap().key.ap, ApId::from("hk-01"));
}

#[test]
fn after_its_day_and_the_margin_nothing_is_remembered() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.report("hk-01", &report(1, &grant, 100));
    lake.later(15 * HOUR + 59 * 60_000);
    assert_eq!((lake.domain.grants_remembered(), lake.domain.sessions_remembered()), (1, 1));
    lake.later(60_000);
    assert_eq!((lake.domain.grants_remembered(), lake.domain.sessions_remembered()), (0, 0));
    assert_eq!(lake.domain.poll_timeout(), None);
}

#[test]
fn what_a_stranger_can_grow_has_a_bound() {
    let limits = Limits {
        ended_grants: 10,
        foreign_sessions: 5,
        sessions_per_grant: 4,
        grants_per_day: 1000,
        ..Limits::default()
    };
    let mut lake = Lake::with(limits);
    let mut last = lake.on_line(1);
    for _ in 0..100 {
        lake.end(last.id, EndCause::LoggedOut);
        last = lake.on_line(1);
    }
    assert_eq!(lake.domain.grants_remembered(), 11);
    for session in 0..100 {
        lake.report("hk-01", &report(session, &last, 10));
    }
    assert_eq!(lake.domain.sessions_remembered(), 4 + 5);
    assert_eq!(lake.domain.visit(last.id).unwrap().sessions, 4);
    let written: BTreeSet<_> = lake.sessions.iter().map(|session| session.key.clone()).collect();
    assert_eq!(written.len(), 100, "every session was handed out to be written");
}

#[test]
fn a_lying_access_point_causes_no_overflow() {
    let mut lake = Lake::new();
    let grant = lake.tap(1, &Plan { quota_bytes: Some(u64::MAX), ..free() }).unwrap().grant;
    for session in 0..4 {
        let lie = SessionReport {
            opened: UnixMs(u64::MAX),
            last_packet: UnixMs(u64::MAX),
            bytes_up: u64::MAX,
            bytes_down: u64::MAX,
            packets_up: u64::MAX,
            packets_down: u64::MAX,
            ..report(session, &grant, 0)
        };
        lake.report("hk-01", &lie);
    }
    assert_eq!(lake.domain.day_usage(mac(1), grant.day, lake.now).bytes, u64::MAX);
    assert_eq!(lake.domain.grant(grant.id).unwrap().ended.unwrap().cause, EndCause::QuotaUsed);
}

#[test]
fn addresses_are_collected_up_to_a_bound() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    for last in 0..40 {
        let addresses = vec![[10, 50, 1, last].into(), [10, 50, 1, 0].into()];
        lake.report("hk-01", &SessionReport { addresses, ..report(1, &grant, 1) });
    }
    assert_eq!(lake.sessions.last().unwrap().addresses.len(), crate::ADDRESSES_MAX);
    assert_eq!(lake.sessions.len(), crate::ADDRESSES_MAX);
}
