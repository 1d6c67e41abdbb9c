//! Splitting into minutes: borders, late and repeated reports, impossible clocks; the order of reports does not matter.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::Days;

/// 2026-11-24T16:58:30Z, 90 s before midnight in Ha Noi.
const T: u64 = 1_795_539_510_000;
const AP: &str = "hk-01";

fn state(opened_ms: u64, last_ms: u64, bytes: u64, ended: bool) -> SessionState {
    SessionState { opened_ms, last_ms, bytes_up: bytes, bytes_down: 10 * bytes, ended }
}

fn ledger(states: &[SessionState]) -> Increments {
    let mut ledger = Increments::default();
    let mut before: Option<SessionState> = None;
    for said in states {
        let after = before.map_or(*said, |before| before.merged(*said));
        ledger.session(AP, before.as_ref(), &after);
        before = Some(after);
    }
    ledger
}

/// Minutes after T's with a measure, and its number there.
fn of(ledger: &Increments, measure: Measure) -> Vec<(i64, i64)> {
    let relative = |minute: u64| (minute as i64 - minute_of(T) as i64) / MINUTE_MS as i64;
    let rows = ledger.rows().filter(|(_, _, code, _)| *code == measure.code());
    rows.map(|(minute, _, _, n)| (relative(minute), n)).collect()
}

fn total(ledger: &Increments, measure: Measure) -> i64 {
    of(ledger, measure).iter().map(|(_, n)| n).sum()
}

#[test]
fn a_session_is_split_at_the_minutes_it_crosses() {
    let ledger = ledger(&[state(T, T + 100_000, 7, false)]);
    assert_eq!(of(&ledger, Measure::PersonMs), [(0, 30_000), (1, 60_000), (2, 10_000)]);
    assert_eq!(of(&ledger, Measure::Present), [(0, 1), (1, 1), (2, 1)]);
    assert_eq!(of(&ledger, Measure::Sessions), [(0, 1)]);
    assert_eq!(of(&ledger, Measure::BytesUp), [(2, 7)]);
    assert_eq!(of(&ledger, Measure::BytesDown), [(2, 70)]);
}

#[test]
fn a_session_of_one_packet_is_present_in_its_minute_for_no_time() {
    let ledger = ledger(&[state(T, T, 1, true)]);
    assert_eq!(of(&ledger, Measure::Present), [(0, 1)]);
    assert_eq!(of(&ledger, Measure::PersonMs), []);
    assert_eq!(of(&ledger, Measure::Dwell(0)), [(0, 1)]);
}

#[test]
fn new_bytes_belong_to_the_minute_of_the_last_packet() {
    let ledger = ledger(&[
        state(T, T, 5, false),
        state(T, T + 60_000, 9, false),
        state(T, T + 60_000, 9, false),
        state(T, T + 10_000, 6, false),
    ]);
    assert_eq!(of(&ledger, Measure::BytesUp), [(0, 5), (1, 4)]);
}

#[test]
fn an_opening_that_moves_back_moves_the_session_and_adds_presence_in_front() {
    let ledger = ledger(&[state(T + 60_000, T + 60_000, 1, false), state(T, T + 60_000, 1, false)]);
    assert_eq!(of(&ledger, Measure::Sessions), [(0, 1)]);
    assert_eq!(of(&ledger, Measure::Present), [(0, 1), (1, 1)]);
    assert_eq!(total(&ledger, Measure::PersonMs), 60_000);
}

#[test]
fn an_end_counts_once_and_moves_when_the_session_proves_longer() {
    let short = [state(T, T + 30_000, 1, true), state(T, T + 30_000, 1, true)];
    assert_eq!(of(&ledger(&short), Measure::Dwell(0)), [(1, 1)]);
    let longer = [short[0], state(T, T + 600_000, 2, true)];
    assert_eq!(of(&ledger(&longer), Measure::Dwell(0)), []);
    assert_eq!(of(&ledger(&longer), Measure::Dwell(2)), [(10, 1)]);
}

#[test]
fn a_repeated_report_writes_nothing() {
    let mut ledger = Increments::default();
    let said = state(T, T + 5_000, 3, true);
    ledger.session(AP, Some(&said), &said);
    assert!(ledger.is_empty());
}

#[test]
fn clocks_that_leap_fill_no_ledger_and_lose_no_byte() {
    for said in [
        state(0, T, 5, false),
        state(T, u64::MAX, 5, false),
        state(T, T - 1, 5, false),
        state(u64::MAX, u64::MAX, 5, true),
        state(0, 0, 5, true),
    ] {
        let ledger = ledger(&[said]);
        assert!(ledger.rows().count() <= 2 * 10_081 + 4, "{said:?}");
        assert_eq!(total(&ledger, Measure::BytesUp), 5);
        assert_eq!(total(&ledger, Measure::Sessions), 1);
    }
    let week = ledger(&[state(T, T + LONGEST_MS + 5, 5, false)]);
    assert_eq!(total(&week, Measure::PersonMs), i64::try_from(LONGEST_MS).unwrap());
    let absurd = ledger(&[state(T, T, u64::MAX, false)]);
    assert_eq!(total(&absurd, Measure::BytesUp), 1 << 42);
}

#[test]
fn a_session_over_midnight_is_present_in_hours_of_both_days() {
    let days = Days::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
    let (today, tomorrow) = (days.day_of(T), days.day_of(T + 90_000));
    assert_eq!(today.end_ms, tomorrow.start_ms);
    let (before, after) = (state(T, T + 80_000, 1, false), state(T, T + 3_700_000, 1, false));
    let hours = |before: Option<&SessionState>, day| presence_hours(before, &after, day).collect::<Vec<_>>();
    assert_eq!(hours(None, today), [today.end_ms - HOUR_MS]);
    assert_eq!(hours(None, tomorrow), [tomorrow.start_ms, tomorrow.start_ms + HOUR_MS]);
    assert_eq!(hours(Some(&before), today), [] as [u64; 0]);
    assert_eq!(hours(Some(&before), tomorrow).len(), 2);
    assert_eq!(hours(Some(&after), tomorrow), [] as [u64; 0]);
    let next = days.day_of(tomorrow.end_ms);
    assert_eq!(hours(None, next), [] as [u64; 0]);
}

#[test]
fn hours_of_days_without_a_key_are_told() {
    let days = Days::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
    let (today, tomorrow) = (days.day_of(T), days.day_of(T + 90_000));
    let said = state(T, T + 3_700_000, 1, false);
    let outside = |before, days: &[Span]| presence_outside(before, &said, days).collect::<Vec<_>>();
    assert_eq!(outside(None, &[today, tomorrow]), [] as [u64; 0]);
    assert_eq!(outside(None, &[tomorrow]), [T]);
    assert_eq!(outside(None, &[today]).len(), 2);
    assert_eq!(outside(Some(&said), &[]), [] as [u64; 0]);
}

#[test]
fn the_last_packet_on_the_stroke_of_midnight_is_the_next_day_already() {
    let days = Days::new(TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
    let (today, tomorrow) = (days.day_of(T), days.day_of(T + 90_000));
    let said = state(T, today.end_ms, 1, false);
    assert_eq!(presence_hours(None, &said, tomorrow).count(), 1);
    let said = state(T, today.end_ms - 1, 1, false);
    assert_eq!(presence_hours(None, &said, tomorrow).count(), 0);
}

fn reports() -> impl Strategy<Value = Vec<SessionState>> {
    let report = (0_u64..400_000, 0_u64..900_000, 0_u64..1000, proptest::bool::weighted(0.2))
        .prop_map(|(opened, length, bytes, ended)| state(T + opened, T + opened + length, bytes, ended));
    proptest::collection::vec(report, 1..12)
}

fn without_bytes(ledger: &Increments) -> BTreeMap<(u64, u16), i64> {
    let bytes = [Measure::BytesUp.code(), Measure::BytesDown.code()];
    let rows = ledger.rows().filter(|(_, _, code, _)| !bytes.contains(code));
    rows.map(|(minute, _, code, n)| ((minute, code), n)).collect()
}

proptest! {
    #[test]
    fn the_order_of_reports_does_not_matter(
        (first, second) in reports().prop_flat_map(|said| (Just(said.clone()), Just(said).prop_shuffle()))
    ) {
        let (one, other) = (ledger(&first), ledger(&second));
        prop_assert_eq!(without_bytes(&one), without_bytes(&other));
        for bytes in [Measure::BytesUp, Measure::BytesDown] {
            prop_assert_eq!(total(&one, bytes), total(&other, bytes));
        }
    }

    #[test]
    fn the_ledger_adds_up_to_the_row(said in reports()) {
        let ledger = ledger(&said);
        let row = said[1..].iter().fold(said[0], |row, said| row.merged(*said));
        prop_assert_eq!(total(&ledger, Measure::BytesUp) as u64, row.bytes_up);
        prop_assert_eq!(total(&ledger, Measure::PersonMs) as u64, row.last_ms - row.opened_ms);
        prop_assert_eq!(total(&ledger, Measure::Sessions), 1);
        let minutes = row.last_ms / MINUTE_MS - row.opened_ms / MINUTE_MS + 1;
        prop_assert_eq!(total(&ledger, Measure::Present) as u64, minutes);
        let ends: i64 = (0..8).map(|bucket| total(&ledger, Measure::Dwell(bucket))).sum();
        prop_assert_eq!(ends, i64::from(row.ended));
    }
}
