//! Who may be on line and until when: taps, plans, days, ends, bounds of accounts and of the domain.

use std::collections::BTreeSet;

use super::{DAY, HOUR, Lake, NINE, free, mac, network};
use crate::domain::{Connect, Domain, GrantChange, Limits, Refusal, Stored, UnknownGrant};
use crate::{CivilDay, EndCause, GrantId, NUMBER_MAX, NetworkId, Plan, Position, Subject};

#[test]
fn a_second_tap_returns_the_same_grant_and_writes_nothing() {
    let mut lake = Lake::new();
    let first = lake.tap(1, &free()).unwrap();
    assert_eq!(first.change, GrantChange::Made);
    lake.later(60_000);
    let second = lake.tap(1, &free()).unwrap();
    assert_eq!((second.change, &second.grant), (GrantChange::Unchanged, &first.grant));
    assert_eq!(lake.entries, [(Position { epoch: 1, sequence: 1 }, first.grant)]);
}

#[test]
fn a_bigger_plan_raises_the_grant_in_place() {
    let mut lake = Lake::new();
    let first = lake.on_line(1);
    lake.later(HOUR);
    let day = Plan { name: "day".to_owned(), session_secs: 86_400, ..free() };
    let raised = lake.tap(1, &day).unwrap();
    assert_eq!(raised.change, GrantChange::Raised);
    assert_eq!((raised.grant.id, raised.grant.number, raised.grant.revision), (first.id, first.number, 2));
    assert_eq!(raised.grant.ends, NINE.plus_ms(DAY), "the hour it had counts for the bigger plan too");
    assert_eq!(raised.grant.entry.sequence, 2);
}

#[test]
fn a_plan_that_gives_less_of_anything_changes_nothing() {
    let mut lake = Lake::new();
    let first = lake.on_line(1);
    let longer_with_quota = Plan { session_secs: 86_400, quota_bytes: Some(1), ..free() };
    let slower = Plan { session_secs: 86_400, down_bps: 1_000_000, ..free() };
    for plan in [longer_with_quota, slower, Plan { session_secs: 60, ..free() }] {
        let again = lake.tap(1, &plan).unwrap();
        assert_eq!((again.change, again.grant), (GrantChange::Unchanged, first.clone()));
    }
}

#[test]
fn a_visitor_who_logs_out_and_in_again_has_only_the_rest_of_the_day() {
    let mut lake = Lake::new();
    let first = lake.on_line(1);
    lake.later(5 * HOUR);
    lake.end(first.id, EndCause::LoggedOut);
    lake.later(HOUR);
    let second = lake.on_line(1);
    assert_ne!(second.id, first.id);
    assert_eq!(second.ends, lake.now.plus_ms(7 * HOUR));
}

#[test]
fn the_days_time_can_be_used_up_and_the_next_day_brings_new() {
    let mut lake = Lake::new();
    lake.on_line(1);
    lake.later(12 * HOUR);
    assert_eq!(lake.tap(1, &free()), Err(Refusal::TimeUsed));
    lake.later(3 * HOUR);
    assert_eq!(lake.on_line(1).ends, lake.now.plus_ms(12 * HOUR));
}

#[test]
fn a_grant_is_not_cut_at_midnight_and_counts_for_the_day_it_was_made_on() {
    let mut lake = Lake::new();
    lake.later(14 * HOUR);
    let evening = lake.on_line(1);
    lake.later(4 * HOUR);
    assert_eq!(lake.on_line(1).id, evening.id);
    let (yesterday, today) = (evening.day, CivilDay(evening.day.0 + 1));
    assert_eq!(lake.domain.day_usage(mac(1), yesterday, lake.now).time_ms, 4 * HOUR);
    assert_eq!(lake.domain.day_usage(mac(1), today, lake.now).time_ms, 0);
}

#[test]
fn a_grant_that_reaches_its_end_closes_at_that_end_and_without_an_entry() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    assert_eq!(lake.domain.poll_timeout(), Some(grant.ends));
    lake.later(13 * HOUR);
    let end = lake.domain.grant(grant.id).unwrap().ended.unwrap();
    assert_eq!((end.cause, end.at), (EndCause::TimeUp, grant.ends));
    assert_eq!(lake.entries.len(), 1);
}

#[test]
fn an_end_is_a_tombstone_and_ending_twice_is_as_once() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    let ended = lake.end(grant.id, EndCause::Kicked { block: false });
    assert_eq!((ended.revision, ended.entry.sequence), (2, 2));
    assert_eq!(lake.end(grant.id, EndCause::LoggedOut), ended);
    assert_eq!(lake.entries.len(), 2);
    assert_eq!(lake.domain.live_grant(&network(), mac(1), lake.now), None);
    let unknown = lake.domain.end_grant(GrantId([99; 16]), EndCause::LoggedOut, lake.now);
    assert_eq!(unknown, Err(UnknownGrant));
}

#[test]
fn a_kicked_device_may_tap_again_unless_it_is_blocked() {
    let mut lake = Lake::new();
    let first = lake.on_line(1);
    lake.end(first.id, EndCause::Kicked { block: false });
    let second = lake.on_line(1);
    let mut elsewhere = lake.ask(1, &free());
    elsewhere.network = NetworkId::from("staff");
    let elsewhere = lake.connect(elsewhere).unwrap().grant;
    lake.end(second.id, EndCause::Kicked { block: true });
    assert!(lake.domain.grant(elsewhere.id).unwrap().ended.is_some(), "blocked on every network");
    assert_eq!(lake.tap(1, &free()), Err(Refusal::Blocked));
    lake.domain.unblock(mac(1), lake.now);
    lake.on_line(1);
}

#[test]
fn a_block_list_written_by_a_command_ends_what_is_live() {
    let mut lake = Lake::new();
    let (first, second) = (lake.on_line(1), lake.on_line(2));
    lake.domain.set_blocked(BTreeSet::from([mac(1)]), lake.now);
    lake.drain();
    assert!(lake.domain.grant(first.id).unwrap().ended.is_some());
    assert!(lake.domain.grant(second.id).unwrap().ended.is_none());
    lake.domain.set_blocked(BTreeSet::new(), lake.now);
    lake.on_line(1);
}

#[test]
fn an_account_has_as_many_devices_on_line_as_its_plan_allows() {
    let mut lake = Lake::new();
    let family = Plan { devices: 2, ..free() };
    let ask = |lake: &Lake, device| Connect {
        subject: Subject::Account("lan".to_owned()),
        ..lake.ask(device, &family)
    };
    let first = lake.connect(ask(&lake, 1)).unwrap().grant;
    lake.connect(ask(&lake, 2)).unwrap();
    assert_eq!(lake.connect(ask(&lake, 3)), Err(Refusal::TooManyDevices { limit: 2 }));
    assert_eq!(
        lake.connect(ask(&lake, 1)).unwrap().grant,
        first,
        "its own devices may tap as often as they like"
    );
    lake.end(first.id, EndCause::LoggedOut);
    lake.connect(ask(&lake, 3)).unwrap();
}

#[test]
fn an_account_with_a_bigger_plan_takes_over_the_grant_of_its_device() {
    let mut lake = Lake::new();
    let tapped = lake.on_line(1);
    let guest = Plan { name: "guest".to_owned(), session_secs: 86_400, ..free() };
    let ask = |lake: &Lake, device| Connect {
        subject: Subject::Account("lan".to_owned()),
        ..lake.ask(device, &guest)
    };
    let raised = lake.connect(ask(&lake, 1)).unwrap().grant;
    assert_eq!((raised.id, &raised.subject), (tapped.id, &Subject::Account("lan".to_owned())));
    lake.on_line(2);
    assert_eq!(lake.connect(ask(&lake, 2)), Err(Refusal::TooManyDevices { limit: 1 }));
    lake.end(raised.id, EndCause::LoggedOut);
    assert_eq!(lake.connect(ask(&lake, 2)).unwrap().change, GrantChange::Raised);
}

#[test]
fn a_full_domain_is_busy_until_somebody_leaves() {
    let mut lake = Lake::with(Limits { live_grants: 2, ..Limits::default() });
    let first = lake.on_line(1);
    lake.on_line(2);
    assert_eq!(lake.tap(3, &free()), Err(Refusal::Busy));
    lake.on_line(2);
    lake.end(first.id, EndCause::LoggedOut);
    lake.on_line(3);
}

#[test]
fn logging_in_and_out_all_day_is_refused_in_the_end() {
    let mut lake = Lake::with(Limits { grants_per_day: 3, ..Limits::default() });
    for _ in 0..3 {
        let grant = lake.on_line(1);
        lake.end(grant.id, EndCause::LoggedOut);
    }
    assert_eq!(lake.tap(1, &free()), Err(Refusal::TooOften));
    lake.on_line(2);
    lake.later(16 * HOUR);
    lake.on_line(1);
}

#[test]
fn numbers_rise_with_the_log_wrap_at_thirty_bits_and_pass_over_those_in_use() {
    let long_lived = {
        let mut lake = Lake::new();
        lake.on_line(1)
    };
    assert_eq!(long_lived.number, 2);
    let stored = Stored {
        position: Position { epoch: 1, sequence: u64::from(NUMBER_MAX) - 2 },
        grants: vec![long_lived],
        sessions: Vec::new(),
        blocked: BTreeSet::new(),
        nas_sessions: Vec::new(),
        nas_restarts: Vec::new(),
    };
    let mut lake = Lake::new();
    lake.made = 50;
    lake.domain = Domain::restore(stored, Limits::default(), NINE);
    let numbers: Vec<u32> = (2..7).map(|device| lake.on_line(device).number).collect();
    assert_eq!(numbers, [NUMBER_MAX, 1, 3, 4, 5]);
}

#[test]
fn an_id_that_is_taken_is_passed_over() {
    let mut lake = Lake::new();
    let first = lake.on_line(1);
    lake.made = 0;
    let second = lake.on_line(2);
    assert_eq!((first.id.0[15], second.id.0[15]), (1, 2));
}

#[test]
fn a_clock_set_back_neither_ends_nor_lengthens_a_grant_and_one_set_forward_ends_it_once() {
    let mut lake = Lake::new();
    let grant = lake.on_line(1);
    lake.now = NINE.minus_ms(2 * HOUR);
    assert_eq!(lake.on_line(1), grant);
    assert_eq!(lake.domain.day_usage(mac(1), grant.day, lake.now).time_ms, 0);
    lake.now = NINE.plus_ms(13 * HOUR);
    lake.domain.handle_timeout(lake.now);
    lake.now = NINE.plus_ms(HOUR);
    assert_eq!(lake.tap(1, &free()), Err(Refusal::TimeUsed), "an end is final");
}
