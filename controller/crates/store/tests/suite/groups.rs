//! One writer, many batches: what shares a commit and what fails alone.

use std::time::Duration;

use session_core::{Position, UnixMs};
use sqlx::Connection;
use store::{Options, Store, StoreError};
use tokio::task::JoinSet;

use crate::rows::{Place, grant, grants, hoankiem, session, sessions};

async fn count(place: &Place, sql: &'static str) -> i64 {
    let mut connection = place.beside().await;
    let count = sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

/// Hands batches in at once and waits for all answers, by the number each was given.
async fn commit_all(store: &Store, batches: Vec<store::Batch>) -> Vec<Result<(), StoreError>> {
    let mut tasks = JoinSet::new();
    for (n, batch) in batches.into_iter().enumerate() {
        let store = store.clone();
        tasks.spawn(async move { (n, store.commit(batch).await) });
    }
    let mut answers = tasks.join_all().await;
    answers.sort_by_key(|(n, _)| *n);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

#[tokio::test]
async fn batches_that_wait_share_a_commit() {
    let place = Place::new();
    let store = place.open().await;
    let answers = commit_all(&store, (0..300).map(|n| sessions([session("hk-01", n, n)])).collect()).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(count(&place, "SELECT count(*) FROM session").await, 300);
    assert!((1..=10).contains(&store.commits()), "{} commits for 300 batches", store.commits());
}

#[tokio::test]
async fn an_empty_batch_costs_no_commit() {
    let place = Place::new();
    let store = place.open().await;
    store.commit(store::Batch::new(hoankiem())).await.unwrap();
    assert_eq!(store.commits(), 0);
}

#[tokio::test]
async fn one_bad_batch_fails_alone() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let mut batches: Vec<_> = (0..40).map(|n| sessions([session("hk-01", n, n)])).collect();
    let mut bad = grants([grant(epoch, 1)]);
    let mut twin = grant(epoch, 2);
    twin.mac = grant(epoch, 1).mac;
    bad.push(session_core::Output::GrantChanged { entry: Some(twin.entry), grant: twin });
    batches[17] = bad;
    batches[18] = grants([grant(epoch, 9)]);
    batches[19] = grants([grant(epoch, 1)]);
    let answers = commit_all(&store, batches).await;
    for (n, answer) in answers.iter().enumerate() {
        match n {
            17 => assert!(matches!(answer, Err(StoreError::Refused { .. })), "{answer:?}"),
            18 => assert!(matches!(answer, Err(StoreError::Superseded { .. })), "{answer:?}"),
            _ => assert_eq!(*answer, Ok(())),
        }
    }
    assert_eq!(count(&place, "SELECT count(*) FROM session").await, 37);
    let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
    assert_eq!((stored.position, stored.grants.len()), (Position { epoch, sequence: 1 }, 1));
}

#[tokio::test]
async fn who_finds_the_queue_full_is_told_so_at_once() {
    let place = Place::new();
    let store = place.open_with(Options { queue: 3, ..Options::default() }).await;
    let mut other = place.beside().await;
    let lock = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let mut waiting = JoinSet::new();
    let mut refused = 0;
    // One is with the writer, three are in the queue; the writer may take up to all of them while this runs.
    for n in 0..20 {
        let store = store.clone();
        waiting.spawn(async move { store.commit(sessions([session("hk-01", n, n)])).await });
    }
    while refused == 0 {
        let answer = waiting.join_next().await.unwrap().unwrap();
        assert_eq!(answer, Err(StoreError::Overloaded));
        refused += 1;
    }
    lock.rollback().await.unwrap();
    let answers = waiting.join_all().await;
    let written = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!((3..=19).contains(&written));
    assert!(answers.iter().all(|answer| matches!(answer, Ok(()) | Err(StoreError::Overloaded))));
    assert_eq!(count(&place, "SELECT count(*) FROM session").await, i64::try_from(written).unwrap());
}

#[tokio::test]
async fn closing_writes_what_waits_and_refuses_what_comes_later() {
    let place = Place::new();
    let store = place.open().await;
    let mut waiting = JoinSet::new();
    for n in 0..50 {
        let store = store.clone();
        waiting.spawn(async move { store.commit(sessions([session("hk-01", n, n)])).await });
    }
    tokio::task::yield_now().await;
    store.close().await;
    assert!(waiting.join_all().await.into_iter().all(|answer| answer.is_ok()));
    assert_eq!(store.commit(sessions([session("hk-01", 99, 1)])).await, Err(StoreError::Closed));
    assert_eq!(store.plans().await, Err(StoreError::Closed));
    assert_eq!(count(&place, "SELECT count(*) FROM session").await, 50);
}

#[tokio::test]
async fn management_changes_ring_and_the_controllers_own_batches_do_not() {
    let place = Place::new();
    let store = place.open_with(Options { poll: Duration::from_millis(5), ..Options::default() }).await;
    let mut changes = store.changes();
    for n in 0..20 {
        store.commit(sessions([session("hk-01", n, n)])).await.unwrap();
    }
    let before = store.commits();
    store.set_setting("config_version", "1").await.unwrap();
    assert_eq!(store.commits(), before + 1);
    assert!(changes.has_changed().unwrap());
    assert_eq!(*changes.borrow_and_update(), 1, "one ring for one change");
}
