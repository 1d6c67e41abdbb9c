//! Session reports on their way: only what changed, in bounded windows, again after a break, and forgotten when durable.

use std::collections::BTreeSet;

use agent_protocol::v1::{JournalPosition, SessionEnd, down, up};

use crate::support::control::HOUR;
use crate::support::{Centre, Control, Point, grant, phone};

fn hour(now_ms: u64) -> u64 {
    now_ms + u64::try_from(HOUR.as_millis()).unwrap()
}

/// Reads records until one says this many bytes up; returns its sequence.
async fn reported(control: &mut Control, bytes_up: u64) -> u64 {
    let records = control
        .records_until("a report of what moved", |record| {
            record.session.as_ref().is_some_and(|session| session.bytes_up == bytes_up)
        })
        .await;
    records.last().unwrap().sequence
}

#[tokio::test]
async fn what_is_not_durable_comes_again_and_what_is_durable_never() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.entry(1, grant(1, phone(1), hour(control.now_ms()))).await, "");
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 100, 1000).await);
    let first = reported(&mut control, 100).await;
    control.durable(first).await;
    assert!(point.pass(phone(1), 50, 500).await);
    let second = reported(&mut control, 150).await;
    // Received is not durable: only the second of these is a promise.
    let journal_id = control.hello.journal_id.clone();
    control.say(down::Body::Received(JournalPosition { journal_id, sequence: second })).await;
    point.status_when("the first promise is taken in", |status| status.journal_durable == first).await;
    drop(control);
    let mut again = centre.control().await;
    again.welcome().await;
    let records = again.records_until("the resent record", |record| record.sequence == second).await;
    assert_eq!(records[0].sequence, first + 1, "it begins right behind what is durable");
    let gaps = records.windows(2).filter(|pair| pair[1].sequence != pair[0].sequence + 1).count();
    assert_eq!(gaps, 0, "records are in order and without gaps");
    again.durable(second).await;
    point.status_when("everything is durable", |status| status.journal_pending == 0).await;
    drop(again);
    let mut third = centre.control().await;
    third.welcome().await;
    assert!(point.pass(phone(1), 1, 1).await);
    let records = third
        .records_until("a new record", |record| record.session.as_ref().is_some_and(|s| s.bytes_up == 151))
        .await;
    assert!(records.iter().all(|record| record.sequence > second), "a durable record came again");
}

#[tokio::test]
async fn a_promise_about_another_journal_or_the_future_forgets_nothing() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.entry(1, grant(1, phone(1), hour(control.now_ms()))).await, "");
    assert!(point.pass(phone(1), 100, 1000).await);
    let last = reported(&mut control, 100).await;
    control.say(down::Body::Durable(JournalPosition { journal_id: vec![9; 16], sequence: last })).await;
    control.durable(0).await;
    control.say(down::Body::Ping(agent_protocol::v1::Ping { nonce: 5 })).await;
    control
        .until("the ping behind the promises", |body| {
            matches!(body, up::Body::Health(health) if health.nonce == 5).then_some(())
        })
        .await;
    assert_eq!(point.status().await.journal_durable, 0);
}

#[tokio::test]
async fn a_controller_that_has_more_than_was_written_moves_the_numbers_on() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert_eq!(control.entry(1, grant(1, phone(1), hour(control.now_ms()))).await, "");
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 100, 1000).await);
    let last = reported(&mut control, 100).await;
    // As after a disk that lost its newest records: the controller has them and more.
    control.durable(last + 40).await;
    assert!(point.pass(phone(1), 1, 1).await);
    let next = reported(&mut control, 101).await;
    assert!(next > last + 40, "number {next} was given twice");
    point
        .status_when("only the new one is pending", |status| status.journal_pending == next - last - 40)
        .await;
}

#[tokio::test]
async fn only_sessions_that_changed_are_reported() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    for number in [1, 2] {
        assert_eq!(control.entry(u64::from(number), grant(number, phone(number), ends_ms)).await, "");
    }
    assert!(point.pass(phone(1), 10, 10).await);
    let silent = reported(&mut control, 10).await;
    for step in 1..=5 {
        assert!(point.pass(phone(2), 7, 7).await);
        let records = control
            .records_until("a report of the busy phone", |record| {
                record.session.as_ref().is_some_and(|session| session.bytes_up == 7 * step)
            })
            .await;
        for record in records.iter().filter(|record| record.sequence > silent) {
            let session = record.session.as_ref().unwrap();
            assert_ne!(session.mac, phone(1).0.to_vec(), "a silent session was reported again");
        }
    }
}

#[tokio::test]
async fn a_silent_session_closes_and_the_gate_stays_open() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let mut held = grant(1, phone(1), hour(control.now_ms()));
    held.idle_secs = 1;
    assert_eq!(control.entry(1, held).await, "");
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 10, 20).await);
    let records = control
        .records_until("the idle end", |record| {
            record.session.as_ref().is_some_and(|session| session.end == SessionEnd::Idle as i32)
        })
        .await;
    let first = records.last().unwrap().session.clone().unwrap();
    assert_eq!((first.bytes_up, first.bytes_down), (10, 20));
    assert!(point.pass(phone(1), 30, 40).await, "a phone that slept wakes up on line");
    let records = control
        .records_until("the next session", |record| {
            record.session.as_ref().is_some_and(|session| session.bytes_up == 30)
        })
        .await;
    let second = records.last().unwrap().session.clone().unwrap();
    assert_ne!(second.session_id, first.session_id);
    assert_eq!((second.bytes_up, second.bytes_down), (30, 40), "only what it moved itself");
}

#[tokio::test]
async fn a_phone_that_answers_no_more_has_departed_and_one_that_is_only_silent_has_not() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    for number in [1, 2] {
        assert_eq!(control.entry(u64::from(number), grant(number, phone(number), ends_ms)).await, "");
        point.join(phone(number)).await;
        assert!(point.pass(phone(number), 10, 20).await);
    }
    point.status_when("both are on line", |status| status.sessions == 2 && status.stations == 2).await;
    point.agent.leave(phone(1));
    let records = control
        .records_until("an end", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let end = records.last().unwrap().session.clone().unwrap();
    assert_eq!((end.end, end.mac), (SessionEnd::Departed as i32, phone(1).0.to_vec()));
    let status = point.status().await;
    assert_eq!((status.sessions, status.stations, status.grants), (1, 1, 2), "the other one only sleeps");
}

#[tokio::test]
async fn a_controller_that_confirms_nothing_gets_a_bounded_window() {
    const PHONES: u8 = 100;
    // The agent's window and one frame.
    const MOST: usize = 1000 + 200;
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    for number in 1..=PHONES {
        assert_eq!(control.entry(u64::from(number), grant(number, phone(number), ends_ms)).await, "");
    }
    let mut sequences = BTreeSet::new();
    let mut pending = 0;
    // Every phone moves all the time; what is read keeps the link alive on the agent's side of it only.
    while pending < 2 * MOST as u64 {
        for number in 1..=PHONES {
            assert!(point.pass(phone(number), 1, 1).await);
        }
        control.say(down::Body::Ping(agent_protocol::v1::Ping { nonce: 1 })).await;
        pending = control
            .until("health", |body| match body {
                up::Body::Journal(batch) => {
                    sequences.extend(batch.records.iter().map(|record| record.sequence));
                    None
                }
                up::Body::Health(health) if health.nonce == 1 => Some(health.journal_pending),
                _ => None,
            })
            .await;
    }
    assert!(sequences.len() <= MOST, "{} records are on their way at once", sequences.len());
    let last = *sequences.last().unwrap();
    let journal_id = control.hello.journal_id.clone();
    control.say(down::Body::Received(JournalPosition { journal_id, sequence: last })).await;
    control.records_until("the next window", |record| record.sequence > last).await;
}
