//! The agent stopped and started: with the controller away it goes on with what it had, and loses or doubles nothing.

use std::time::Duration;

use agent_protocol::v1::SessionEnd;

use crate::support::control::HOUR;
use crate::support::{Centre, Point, grant, phone};

#[tokio::test]
async fn without_a_controller_those_who_were_in_stay_in_and_nobody_else() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends_ms = control.now_ms() + u64::try_from(HOUR.as_millis()).unwrap();
    assert_eq!(control.entry(1, grant(1, phone(1), ends_ms)).await, "");
    assert!(point.pass(phone(1), 100, 1000).await);
    point.status_when("the session is open", |status| status.sessions == 1).await;
    drop(control);
    // The socket stays, and nobody answers on it.
    let _nobody = centre.stop();
    let point = point.restarted().await;
    let status = point.status_when("the gate is looked at", |status| status.config_version == 1).await;
    assert_eq!((status.connected, status.grants, status.clock.as_str()), (false, 1, "ledger"));
    point.join(phone(1)).await;
    assert!(point.pass(phone(1), 50, 500).await, "a running visitor was cut");
    assert!(!point.pass(phone(2), 1, 1).await, "a stranger got in");
    point
        .status_when("the session goes on", |status| status.sessions == 1 && status.journal_pending > 0)
        .await;
}

#[tokio::test]
async fn a_session_goes_on_over_restarts_with_every_byte_once() {
    let centre = Centre::start();
    let (mut point, mut control) = Point::served(&centre).await;
    let held = grant(1, phone(1), control.now_ms() + u64::try_from(HOUR.as_millis()).unwrap());
    assert_eq!(control.entry(1, held.clone()).await, "");
    point.join(phone(1)).await;
    let mut moved = 0;
    let mut ids = std::collections::BTreeSet::new();
    for _ in 0..4 {
        assert!(point.pass(phone(1), 100, 1000).await);
        moved += 100;
        let records = control
            .records_until("a report of everything", |record| {
                record.session.as_ref().is_some_and(|session| session.bytes_up == moved)
            })
            .await;
        ids.extend(records.iter().map(|record| record.session.clone().unwrap().session_id));
        let seen = records.iter().filter_map(|record| record.session.as_ref()).map(|s| s.bytes_up).max();
        assert_eq!(seen, Some(moved), "bytes were counted twice");
        point = point.restarted().await;
        // While nobody looks, the kernel counts on.
        assert!(point.pass(phone(1), 11, 110).await);
        moved += 11;
        point.join(phone(1)).await;
        control = centre.control().await;
        control.welcome().await;
    }
    assert_eq!(control.entry(2, crate::support::tombstone(&held)).await, "");
    let records = control
        .records_until("the end", |record| {
            record.session.as_ref().is_some_and(|session| session.end != SessionEnd::Open as i32)
        })
        .await;
    let end = records.last().unwrap().session.clone().unwrap();
    assert_eq!((end.bytes_up, end.bytes_down), (moved, moved * 10));
    ids.insert(end.session_id);
    assert_eq!(ids.len(), 1, "one session, whatever restarts");
}

#[tokio::test]
async fn a_grant_that_ran_out_while_the_agent_was_down_is_not_in_force_afterwards() {
    let centre = Centre::start();
    let (point, mut control) = Point::served(&centre).await;
    let ends = control.now_ms() + 300;
    assert_eq!(control.entry(1, grant(1, phone(1), ends)).await, "");
    assert!(point.pass(phone(1), 100, 1000).await);
    drop(control);
    let _nobody = centre.stop();
    let point = point.restarted().await;
    crate::support::wait_until("the end of the grant", || async {
        (!point.pass(phone(1), 1, 1).await).then_some(())
    })
    .await;
    point
        .status_when("it is forgotten and its session told", |status| {
            status.grants == 0 && status.sessions == 0
        })
        .await;
    assert!(point.status().await.journal_pending > 0, "the end waits in the journal");
    let point = point.restarted().await;
    point
        .status_when("nothing is left of it", |status| status.config_version == 1 && status.grants == 0)
        .await;
    let refused = tokio::time::timeout(Duration::from_millis(1), point.pass(phone(1), 1, 1)).await;
    assert!(refused.is_ok_and(|passed| !passed));
}
