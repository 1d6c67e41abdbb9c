//! How many rows a second the writer takes, printed; the floor asserted is far below what it does.

use std::time::Instant;

use tokio::task::JoinSet;

use crate::rows::{Place, session, sessions};

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
