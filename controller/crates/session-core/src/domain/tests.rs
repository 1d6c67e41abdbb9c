//! The rules of the machine, one by one.

use std::collections::BTreeSet;

use super::{Connect, Connected, Domain, GrantChange, Limits, Refusal, Stored, UnknownGrant};
use crate::{
    ApId, CivilDay, EndCause, Grant, GrantId, Mac, NUMBER_MAX, NetworkId, Output, Plan, Position, Session,
    SessionEnd, SessionId, SessionReport, Subject, UnixMs,
};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
/// Nine in the morning of day 100.
const NINE: UnixMs = UnixMs(100 * DAY + 9 * HOUR);

fn free() -> Plan {
    Plan {
        name: "free".to_owned(),
        session_secs: 43_200,
        idle_secs: 900,
        quota_bytes: None,
        devices: 1,
        down_bps: 0,
        up_bps: 0,
    }
}

fn mac(n: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, n])
}

fn network() -> NetworkId {
    NetworkId::from("hoankiem")
}

/// A domain, its clock, and ids for what it makes.
struct Lake {
    domain: Domain,
    now: UnixMs,
    made: u8,
    entries: Vec<(Position, Grant)>,
    sessions: Vec<Session>,
}

impl Lake {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self { domain: Domain::new(1, limits), now: NINE, made: 0, entries: Vec::new(), sessions: Vec::new() }
    }

    fn ask(&self, device: u8, plan: &Plan) -> Connect {
        let day = self.now.0 / DAY;
        Connect {
            network: network(),
            mac: mac(device),
            ap: ApId::from("hk-01"),
            subject: Subject::Device(mac(device)),
            plan: plan.clone(),
            day: CivilDay(i32::try_from(day).unwrap()),
            day_ends: UnixMs((day + 1) * DAY),
        }
    }

    fn tap(&mut self, device: u8, plan: &Plan) -> Result<Connected, Refusal> {
        self.connect(self.ask(device, plan))
    }

    fn connect(&mut self, ask: Connect) -> Result<Connected, Refusal> {
        self.made += 1;
        let connected = self.domain.connect(ask, self.now, [self.made; 16]);
        self.drain();
        connected
    }

    fn on_line(&mut self, device: u8) -> Grant {
        self.tap(device, &free()).unwrap().grant
    }

    fn end(&mut self, id: GrantId, cause: EndCause) -> Grant {
        let grant = self.domain.end_grant(id, cause, self.now).unwrap();
        self.drain();
        grant
    }

    fn report(&mut self, ap: &str, report: &SessionReport) {
        self.domain.report(&ApId::from(ap), report, self.now);
        self.drain();
    }

    fn later(&mut self, ms: u64) {
        self.now = self.now.plus_ms(ms);
        self.domain.handle_timeout(self.now);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.domain.poll_output() {
            match output {
                Output::GrantChanged { grant, entry } => self.entries.extend(entry.map(|at| (at, grant))),
                Output::SessionChanged(session) => self.sessions.push(session),
                Output::BlockChanged { .. } => {}
            }
        }
    }
}

fn report(session: u8, grant: &Grant, bytes: u64) -> SessionReport {
    SessionReport {
        id: SessionId([session; 16]),
        grant: grant.id,
        mac: grant.mac,
        opened: NINE,
        last_packet: NINE.plus_ms(bytes),
        bytes_up: bytes / 4,
        bytes_down: bytes - bytes / 4,
        packets_up: bytes / 1000,
        packets_down: bytes / 1000,
        end: None,
        addresses: Vec::new(),
    }
}

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
