//! The grant log: in the gate before it is acknowledged, in order, and ended by the controller's clock.

use agent_protocol::v1::{LogEntry, SessionEnd, down};

use crate::support::control::{EPOCH, HOUR};
use crate::support::{Centre, Point, grant, phone, tombstone, wait_until};

fn hour(now_ms: u64) -> u64 {
    now_ms + u64::try_from(HOUR.as_millis()).unwrap()
}

#[tokio::test]
async fn the_gate_is_open_when_the_grant_is_acknowledged_and_closed_when_its_tombstone_is() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    assert!(!point.pass(phone(1), 1, 1).await, "a stranger passed");
    let held = grant(1, phone(1), hour(control.now_ms()));
    assert_eq!(control.entry(1, held.clone()).await, "");
    assert!(point.pass(phone(1), 100, 2000).await, "acknowledged, and not in the gate");
    assert!(!point.pass(phone(2), 1, 1).await, "the grant let another phone in");
    assert_eq!(control.entry(2, tombstone(&held)).await, "");
    assert!(!point.pass(phone(1), 1, 1).await, "acknowledged, and still in the gate");
    let records = control
        .records_until("the end of the session", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let end = records.last().unwrap().session.clone().unwrap();
    assert_eq!(end.end, SessionEnd::GrantRevoked as i32);
    assert_eq!((end.bytes_up, end.bytes_down, end.packets_up, end.packets_down), (100, 2000, 1, 1));
    assert_eq!((end.grant_id, end.mac), (held.grant_id, phone(1).0.to_vec()));
    assert_eq!(end.addresses, [vec![10, 50, 1, 1]]);
}

#[tokio::test]
async fn a_gap_asks_for_the_rest_from_the_last_position() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    let lost = LogEntry { epoch: EPOCH, sequence: 3, grant: Some(grant(3, phone(3), ends_ms)) };
    control.say(down::Body::Entry(lost)).await;
    control.ended().await;
    let mut again = centre.control().await;
    assert_eq!((again.hello.epoch, again.hello.sequence), (1, 1));
    again.welcome().await;
    for number in [2, 3] {
        assert_eq!(again.entry(u64::from(number), grant(number, phone(number), ends_ms)).await, "");
        assert!(point.pass(phone(number), 1, 1).await);
    }
    // A repeat is acknowledged and changes nothing.
    assert_eq!(again.entry(3, grant(3, phone(3), ends_ms)).await, "");
    assert_eq!(point.status().await.sequence, 3);
}

#[tokio::test]
async fn a_snapshot_replaces_everything_once_its_last_part_is_there() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    let part = |number: u8, last| {
        down::Body::Snapshot(agent_protocol::v1::Snapshot {
            epoch: 2,
            sequence: 40,
            grants: vec![grant(number, phone(number), ends_ms)],
            last,
        })
    };
    control.say(part(2, false)).await;
    control.say(down::Body::Ping(agent_protocol::v1::Ping { nonce: 1 })).await;
    control
        .until("the ping behind half a snapshot", |body| {
            matches!(body, agent_protocol::v1::up::Body::Health(health) if health.nonce == 1).then_some(())
        })
        .await;
    assert!(point.pass(phone(1), 1, 1).await && !point.pass(phone(2), 1, 1).await, "half a snapshot counted");
    control.say(part(3, true)).await;
    control
        .until("the acknowledgement of the snapshot", |body| match body {
            agent_protocol::v1::up::Body::GrantAck(ack) if (ack.epoch, ack.sequence) == (2, 40) => Some(()),
            _ => None,
        })
        .await;
    assert!(!point.pass(phone(1), 1, 1).await, "who is not in the snapshot is out");
    assert!(point.pass(phone(2), 1, 1).await && point.pass(phone(3), 1, 1).await);
}

#[tokio::test]
async fn senseless_entries_are_refused_one_by_one_and_the_log_goes_on() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    let mut sequence = 0;
    for spoil in [
        |grant: &mut agent_protocol::v1::Grant| grant.mac.truncate(5),
        |grant: &mut agent_protocol::v1::Grant| grant.mac = vec![0xff; 6],
        |grant: &mut agent_protocol::v1::Grant| grant.grant_id.clear(),
        |grant: &mut agent_protocol::v1::Grant| grant.number = 0,
        |grant: &mut agent_protocol::v1::Grant| grant.number = 1 << 30,
    ] {
        sequence += 1;
        let mut bad = grant(9, phone(9), ends_ms);
        spoil(&mut bad);
        let refusal = control.entry(sequence, bad).await;
        assert!(refusal.len() > 10, "entry {sequence} was refused without a reason: {refusal:?}");
    }
    assert_eq!(control.entry(sequence + 1, grant(1, phone(1), ends_ms)).await, "");
    assert!(point.pass(phone(1), 1, 1).await && !point.pass(phone(9), 1, 1).await);
    assert_eq!(point.status().await.counters["entries_refused"], 5);
}

/// A grant of `lasting_ms` on a controller whose clock is `ahead_ms` ahead of this machine's.
async fn ends_in_time(ahead_ms: i64) {
    const LASTING_MS: u64 = 700;
    let centre = Centre::start();
    let point = Point::start(&centre);
    let mut control = centre.control().await;
    control.ahead_ms = ahead_ms;
    control.serve().await;
    let begun = std::time::Instant::now();
    let ends_ms = control.now_ms() + LASTING_MS;
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    assert!(point.pass(phone(1), 100, 2000).await, "the gate is closed for a grant that has time left");
    wait_until("the gate closes by itself", || async { (!point.pass(phone(1), 1, 1).await).then_some(()) })
        .await;
    let lasted = begun.elapsed();
    assert!(lasted.as_millis() >= u128::from(LASTING_MS) - 100, "it ended after {lasted:?}");
    assert!(lasted.as_millis() <= u128::from(LASTING_MS) + 500, "it ended after {lasted:?}");
    let records = control
        .records_until("the end of the session", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let end = records.last().unwrap().session.clone().unwrap();
    assert_eq!(end.end, SessionEnd::GrantExpired as i32);
    assert!(
        end.opened_ms <= ends_ms && end.opened_ms + LASTING_MS + 200 >= ends_ms,
        "times are the controller's"
    );
    assert_eq!(point.status().await.grants, 0);
}

#[tokio::test]
async fn a_grant_ends_in_time_on_an_access_point_two_hours_behind() {
    ends_in_time(2 * 3_600_000).await;
}

#[tokio::test]
async fn a_grant_ends_in_time_on_an_access_point_two_hours_ahead() {
    ends_in_time(-2 * 3_600_000).await;
}

#[tokio::test]
async fn a_grant_ends_in_time_on_an_access_point_that_thinks_it_is_decades_earlier() {
    ends_in_time(40 * 365 * 86_400_000).await;
}

#[tokio::test]
async fn a_grant_that_meets_a_flushed_gate_is_confirmed_once_the_gate_is_made_anew() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = hour(control.now_ms());
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    for number in 2..=9 {
        point.gate.flush().await;
        assert_eq!(control.entry(u64::from(number), grant(number, phone(number), ends_ms)).await, "");
        assert!(point.pass(phone(number), 1, 1).await, "confirmed, and not in the gate");
        assert!(point.pass(phone(1), 1, 1).await, "the others were forgotten");
    }
}
