//! Accounting of other makes' access points: any order, any repetition, restarts, ids used again, counters that wrap.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Limits, NINE};
use crate::domain::{Domain, Stored};
use crate::{
    AccountingKind, AccountingRecord, ApId, Mac, Nas, NasRestart, NasSession, Octets, Output, Position,
    Session, SessionEnd, SessionId, SessionKey, StationNames, UnixMs,
};

/// The rows that a database would hold, by the rules of its upserts.
#[derive(Default, Clone)]
struct Rows {
    sessions: BTreeMap<SessionKey, Session>,
    nas: BTreeMap<SessionKey, NasSession>,
    written: usize,
}

struct Field {
    domain: Domain,
    rows: Rows,
    made: u32,
    now: UnixMs,
}

fn nas(name: &str) -> Nas {
    Nas { ap: ApId(format!("nas:{name}")), origin: name.as_bytes().to_vec() }
}

fn octets(bytes: u64) -> Octets {
    let [low, high] = [bytes & 0xffff_ffff, bytes >> 32].map(|half| u32::try_from(half).unwrap());
    Octets { low, gigawords: Some(high) }
}

impl Field {
    fn new() -> Self {
        Self { domain: Domain::new(1, Limits::default()), rows: Rows::default(), made: 0, now: NINE }
    }

    fn record(
        &mut self,
        of: &str,
        session: &str,
        kind: AccountingKind,
        begun: UnixMs,
        secs: u32,
    ) -> AccountingRecord {
        self.made += 1;
        let mut fresh = [0; 16];
        fresh[..4].copy_from_slice(&self.made.to_be_bytes());
        AccountingRecord {
            nas: nas(of),
            session: session.as_bytes().to_vec(),
            kind,
            event: begun.plus_ms(u64::from(secs) * 1000),
            dated: true,
            session_secs: (kind != AccountingKind::Start).then_some(secs),
            grant: None,
            mac: Some(Mac([2, 0, 0, 0, 0, 9])),
            up: octets(u64::from(secs) * 10),
            down: octets(u64::from(secs) * 100),
            packets_up: secs,
            packets_down: secs,
            addresses: Vec::new(),
            names: StationNames { user: b"mai".to_vec(), ..StationNames::default() },
            fresh: SessionId(fresh),
        }
    }

    fn start(&mut self, of: &str, session: &str, begun: UnixMs) {
        let record = self.record(of, session, AccountingKind::Start, begun, 0);
        self.take(&record);
    }

    fn take(&mut self, record: &AccountingRecord) {
        self.domain.account(record, self.now.max(record.event));
        self.write();
    }

    fn restart(&mut self, of: &str, at: UnixMs) {
        self.domain.nas_restarted(&NasRestart { nas: nas(of), at }, self.now.max(at));
        self.write();
    }

    fn write(&mut self) {
        while let Some(output) = self.domain.poll_output() {
            self.rows.written += 1;
            match output {
                Output::SessionChanged(session) => {
                    let kept =
                        self.rows.sessions.entry(session.key.clone()).or_insert_with(|| session.clone());
                    kept.opened = kept.opened.min(session.opened);
                    kept.last_packet = kept.last_packet.max(session.last_packet);
                    kept.bytes_up = kept.bytes_up.max(session.bytes_up);
                    kept.bytes_down = kept.bytes_down.max(session.bytes_down);
                    kept.packets_up = kept.packets_up.max(session.packets_up);
                    kept.packets_down = kept.packets_down.max(session.packets_down);
                    if matches!(kept.end, None | Some(SessionEnd::Lost)) {
                        kept.end = session.end.or(kept.end);
                    }
                }
                Output::NasSessionChanged(session) => {
                    self.rows.nas.insert(session.key.clone(), session);
                }
                Output::NasRestarted(_) => {}
                Output::GrantChanged { .. } | Output::BlockChanged { .. } => panic!("nobody asked for that"),
            }
        }
    }

    fn open(&self) -> usize {
        self.rows.sessions.values().filter(|session| session.end.is_none()).count()
    }

    /// The only session, without the id that chance gave it.
    fn only(&self) -> (Session, NasSession) {
        assert_eq!(self.rows.sessions.len(), 1, "one session, not several");
        let (key, mut session) = self.rows.sessions.clone().pop_first().unwrap();
        let mut nas = self.rows.nas.get(&key).unwrap().clone();
        session.key.id = SessionId([0; 16]);
        session.grant.0 = [0; 16];
        nas.key.id = SessionId([0; 16]);
        (session, nas)
    }
}

const STOP: AccountingKind = AccountingKind::Stop { end: SessionEnd::Departed, cause: 1 };

/// P12.
fn life(field: &mut Field) -> Vec<AccountingRecord> {
    vec![
        field.record("cafe", "A1", AccountingKind::Start, NINE, 0),
        field.record("cafe", "A1", AccountingKind::Interim, NINE, 600),
        field.record("cafe", "A1", AccountingKind::Interim, NINE, 1200),
        field.record("cafe", "A1", AccountingKind::Interim, NINE, 1800),
        field.record("cafe", "A1", STOP, NINE, 2000),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn p12_any_order_with_any_repetition_ends_in_the_same_row(
        order in Just([0_usize, 1, 2, 3, 4].repeat(3)).prop_shuffle(),
        kept in prop::collection::vec(any::<bool>(), 15),
    ) {
        let mut straight = Field::new();
        for record in life(&mut straight) {
            straight.take(&record);
        }
        let mut shuffled = Field::new();
        shuffled.made = 100;
        let records = life(&mut shuffled);
        let mut seen = [0; 5];
        // Each record at least once: its third copy is never left out unless one came before.
        for (place, which) in order.iter().enumerate() {
            seen[*which] += 1;
            if kept[place] || seen[*which] == 3 {
                let mut copy = records[*which].clone();
                copy.fresh = SessionId([u8::try_from(place).unwrap() + 1; 16]);
                shuffled.take(&copy);
            }
        }
        prop_assert_eq!(straight.only(), shuffled.only());
        prop_assert_eq!(shuffled.only().0.end, Some(SessionEnd::Departed));
    }
}

#[test]
fn p11_a_start_sent_again_later_with_its_delay_is_one_session() {
    let mut field = Field::new();
    for delay in [0_u64, 2, 6, 14, 30] {
        let mut record = field.record("cafe", "A1", AccountingKind::Start, NINE, 0);
        // The delay is in whole seconds, so the moment it leads to moves a little.
        record.event = NINE.plus_ms(delay * 13);
        field.now = NINE.plus_ms(delay * 1000);
        field.take(&record);
    }
    assert_eq!(field.only().1.started, NINE);
}

#[test]
fn p13_a_counter_that_wraps_is_right_with_gigawords_and_marked_without() {
    let mut field = Field::new();
    field.start("cafe", "A1", NINE);
    let mut record = field.record("cafe", "A1", AccountingKind::Interim, NINE, 600);
    record.up = octets(u64::from(u32::MAX));
    field.take(&record);
    let mut record = field.record("cafe", "A1", AccountingKind::Interim, NINE, 1200);
    record.up = octets((1 << 32) + 5);
    field.take(&record);
    let (session, nas) = field.only();
    assert_eq!((session.bytes_up, nas.wrapped), ((1 << 32) + 5, false));

    let mut field = Field::new();
    field.start("cafe", "A1", NINE);
    for (secs, low) in [(600, u32::MAX), (1200, 5), (1200, 5), (1800, 700)] {
        let mut record = field.record("cafe", "A1", AccountingKind::Interim, NINE, secs);
        record.up = Octets { low, gigawords: None };
        field.take(&record);
    }
    let (session, nas) = field.only();
    assert_eq!((session.bytes_up, nas.wrapped), (u64::from(u32::MAX), true), "nothing is guessed");
}

#[test]
fn p13_a_late_record_with_smaller_counters_is_no_wrap() {
    let mut field = Field::new();
    field.start("cafe", "A1", NINE);
    for secs in [1200, 600] {
        let mut record = field.record("cafe", "A1", AccountingKind::Interim, NINE, secs);
        record.up = Octets { low: secs * 10, gigawords: None };
        field.take(&record);
    }
    assert!(!field.only().1.wrapped);
}

#[test]
fn p14_accounting_on_closes_what_began_before_on_that_access_point_alone_and_once() {
    let mut field = Field::new();
    for n in 0..5000_u64 {
        let begun = NINE.plus_ms(n);
        field.start("a", &format!("{n}"), begun);
        field.start("b", &format!("{n}"), begun);
    }
    // Ten began at or after the restart.
    let on = NINE.plus_ms(4990);
    field.restart("a", on);
    let open_of = |field: &Field, of: &str| {
        let of = nas(of).ap;
        field.rows.sessions.values().filter(|s| s.key.ap == of && s.end.is_none()).count()
    };
    assert_eq!((open_of(&field, "a"), open_of(&field, "b")), (10, 5000));
    assert!(field.rows.nas.values().filter(|s| s.closed == Some(on)).all(|s| s.cause == 11));
    let (rows, before) = (field.rows.clone(), field.open());
    field.restart("a", on);
    assert_eq!(field.open(), before);
    assert_eq!(field.rows.sessions, rows.sessions);
    assert_eq!(field.rows.nas, rows.nas);
}

#[test]
fn an_access_point_of_the_same_entry_that_names_itself_otherwise_restarts_alone() {
    let mut field = Field::new();
    field.start("a", "A1", NINE);
    let mut other = field.record("a", "A1", AccountingKind::Start, NINE, 0);
    other.nas.origin = b"second".to_vec();
    field.take(&other);
    field.restart("a", NINE.plus_ms(5));
    assert_eq!((field.open(), field.rows.sessions.len()), (1, 2));
}

#[test]
fn p15_an_id_used_again_after_a_restart_is_another_session_and_its_late_stop_still_counts() {
    let mut field = Field::new();
    field.start("a", "00000001", NINE);
    let late_stop = field.record("a", "00000001", STOP, NINE, 3);
    field.restart("a", NINE.plus_ms(4000));
    field.start("a", "00000001", NINE.plus_ms(4000));
    assert_eq!((field.rows.sessions.len(), field.open()), (2, 1));
    field.take(&late_stop);
    assert_eq!((field.rows.sessions.len(), field.open()), (2, 1), "the stop is the first one's");
    let ends: Vec<_> = field.rows.sessions.values().map(|session| session.end).collect();
    assert!(ends.contains(&Some(SessionEnd::Departed)));
}

#[test]
fn an_id_used_again_without_a_word_of_a_restart_closes_the_lost_session() {
    let mut field = Field::new();
    field.start("a", "A1", NINE);
    field.start("a", "A1", NINE.plus_ms(3_000_000));
    assert_eq!((field.rows.sessions.len(), field.open()), (2, 1));
}

#[test]
fn a_record_that_waited_without_saying_so_is_still_of_the_session_that_runs() {
    let mut field = Field::new();
    field.start("a", "A1", NINE);
    let mut interim = field.record("a", "A1", AccountingKind::Interim, NINE, 600);
    interim.event = interim.event.plus_ms(400_000);
    interim.dated = false;
    field.take(&interim);
    assert_eq!(field.rows.sessions.len(), 1);
}

#[test]
fn a_start_that_comes_after_the_restart_it_preceded_is_a_session_that_is_over() {
    let mut field = Field::new();
    field.restart("a", NINE.plus_ms(5000));
    field.start("a", "A1", NINE);
    assert_eq!(field.only().0.end, Some(SessionEnd::Lost));
}

#[test]
fn a_machine_made_anew_from_the_rows_knows_the_names_again() {
    let mut field = Field::new();
    field.restart("a", NINE.minus_ms(10));
    field.start("a", "A1", NINE);
    let stop = field.record("a", "A1", STOP, NINE, 60);
    field.take(&stop);
    let stored = Stored {
        position: Position { epoch: 1, sequence: 0 },
        grants: Vec::new(),
        sessions: field.rows.sessions.values().filter(|s| s.end.is_none()).cloned().collect(),
        blocked: std::collections::BTreeSet::new(),
        nas_sessions: field.rows.nas.values().cloned().collect(),
        nas_restarts: vec![NasRestart { nas: nas("a"), at: NINE.minus_ms(10) }],
    };
    field.domain = Domain::restore(stored, Limits::default(), NINE.plus_ms(3_600_000));
    let mut again = stop.clone();
    again.fresh = SessionId([77; 16]);
    field.take(&again);
    assert_eq!(field.rows.sessions.len(), 1, "the answer to the stop was lost, and it came again");
}

#[test]
fn thousands_that_are_over_do_not_stay_in_memory() {
    let mut field = Field::new();
    for n in 0..2000_u64 {
        let begun = NINE.plus_ms(n * 1000);
        field.now = begun;
        field.start("a", &format!("{n}"), begun);
        let stop = field.record("a", &format!("{n}"), STOP, begun, 1);
        field.take(&stop);
    }
    assert!(field.domain.sessions_remembered() < 100, "{}", field.domain.sessions_remembered());
    assert_eq!(field.open(), 0);
}

#[test]
fn a_day_old_backlog_with_its_delays_is_the_sessions_it_tells_of() {
    let mut field = Field::new();
    field.now = NINE.plus_ms(25 * 3_600_000);
    for _ in 0..2 {
        for mut record in life(&mut field) {
            record.up = octets(u64::from(record.session_secs.unwrap_or(0)) * 10);
            field.take(&record);
        }
    }
    let (session, nas) = field.only();
    assert_eq!((session.bytes_up, nas.cause), (20_000, 1));
}

#[test]
fn a_clock_that_is_set_on_the_access_point_makes_no_second_session() {
    let mut field = Field::new();
    let behind = 3 * 3_600_000;
    for (secs, off) in [(0, behind), (600, behind), (1200, 0), (1800, 0)] {
        let kind = if secs == 0 { AccountingKind::Start } else { AccountingKind::Interim };
        let mut record = field.record("cafe", "A1", kind, NINE, secs);
        record.event = record.event.minus_ms(off);
        field.now = NINE.plus_ms(u64::from(secs) * 1000);
        field.take(&record);
    }
    assert_eq!(field.rows.sessions.len(), 1);
}

#[test]
fn a_start_that_waited_without_saying_so_is_of_the_session_that_its_interims_tell_of() {
    let mut field = Field::new();
    let mut start = field.record("cafe", "A1", AccountingKind::Start, NINE, 0);
    start.event = NINE.plus_ms(600_000);
    start.dated = false;
    field.take(&start);
    let interim = field.record("cafe", "A1", AccountingKind::Interim, NINE, 900);
    field.take(&interim);
    assert_eq!(field.only().1.started, NINE);
}

#[test]
fn without_interims_a_session_is_on_line_for_a_day_of_silence_and_with_them_for_an_hour() {
    let mut field = Field::new();
    field.start("cafe", "quiet", NINE);
    field.start("cafe", "telling", NINE);
    let interim = field.record("cafe", "telling", AccountingKind::Interim, NINE, 600);
    field.take(&interim);
    field.domain.handle_timeout(NINE.plus_ms(2 * 3_600_000));
    field.write();
    assert_eq!(field.open(), 1);
    field.domain.handle_timeout(NINE.plus_ms(25 * 3_600_000));
    field.write();
    assert_eq!(field.open(), 0);
}
