//! How many rows a second the writer takes, printed; the floor asserted is far below what it does.

use std::time::{Duration, Instant};

use session_core::{EndCause, GrantEnd, Output, UnixMs};
use store::Batch;
use tokio::task::JoinSet;

use crate::rows::{NOW, Place, grant, grants, hoankiem, session, sessions};

const BATCHES: u64 = 100;
const ROWS: u64 = 1000;

#[tokio::test]
async fn a_hundred_thousand_session_rows_are_taken_in_seconds() {
    let place = Place::new();
    let store = place.open().await;
    for pass in ["new", "raised"] {
        let before = store.commits();
        let bytes = if pass == "new" { 1000 } else { 2000 };
        let batches: Vec<_> = (0..BATCHES)
            .map(|n| {
                let ap = format!("hk-{:02}", n % 34);
                sessions(
                    (0..ROWS)
                        .map(|row| session(&ap, (n * ROWS + row).wrapping_mul(0x9e37_79b9_7f4a_7c15), bytes)),
                )
            })
            .collect();
        let started = Instant::now();
        let mut tasks = JoinSet::new();
        for batch in batches {
            let store = store.clone();
            tasks.spawn(async move { store.commit(batch).await });
        }
        assert!(tasks.join_all().await.into_iter().all(|answer| answer.is_ok()));
        let taken = started.elapsed().as_secs_f64();
        let rate = (BATCHES * ROWS) as f64 / taken;
        println!("{pass}: {rate:.0} session rows a second, {} commits", store.commits() - before);
        assert!(rate > 20_000.0, "{pass}: {rate:.0} rows a second");
    }
}

#[tokio::test]
async fn all_grants_of_a_full_domain_may_change_in_one_batch() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let made: Vec<_> = (1..=60_000).map(|n| grant(epoch, n)).collect();
    let started = Instant::now();
    store.commit(grants(made.iter().cloned())).await.unwrap();
    let mut ends = Batch::new(hoankiem());
    for mut grant in made {
        ends.push(Output::GrantChanged { grant: grant.clone(), entry: None });
        grant.ended = Some(GrantEnd { cause: EndCause::TimeUp, at: NOW });
        ends.push(Output::GrantChanged { grant, entry: None });
    }
    store.commit(ends).await.unwrap();
    let taken = started.elapsed();
    println!("60000 grants made and ended in {taken:?}");
    assert!(taken < Duration::from_secs(30));
    let stored = store.load_domain(&hoankiem(), NOW.plus_ms(1001)).await.unwrap();
    assert_eq!((stored.position.sequence, stored.grants.len()), (60_000, 0));
}
