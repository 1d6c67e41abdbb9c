//! Records that come in any order, some of them several times, end as the same row.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use hotspot_tests::nas::{INTERIM, START, STOP};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use radius_core::kind;

use crate::scene::{A, Scene};

const SESSIONS: usize = 300;

/// What a session sends: status, seconds since its beginning, bytes so far.
const RECORDS: [(u32, u32, u32); 5] =
    [(START, 0, 0), (INTERIM, 60, 1_000), (INTERIM, 120, 4_000), (INTERIM, 180, 4_500), (STOP, 200, 5_000)];

/// Numbers of [`RECORDS`], each one to three times, in any order.
fn any_order() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1..=3_usize, RECORDS.len())
        .prop_map(|times| {
            times.iter().enumerate().flat_map(|(number, times)| std::iter::repeat_n(number, *times)).collect()
        })
        .prop_flat_map(|all: Vec<usize>| Just(all).prop_shuffle())
}

#[test]
fn p12_any_order_of_records_ends_as_the_right_one_does() -> Result<()> {
    let scene = Scene::new("radius-orders")?;
    let mut nas = scene.nas(A)?;
    let mut runner = TestRunner::deterministic();
    // A moment in the last minutes, so that every record's time is believed.
    let began = u32::try_from(crate::scene::now_ms()? / 1000)? - 600;
    let mut orders = BTreeMap::new();
    for number in 0..SESSIONS {
        let order = match number {
            0 => (0..RECORDS.len()).collect(),
            _ => any_order().new_tree(&mut runner).map_err(|why| anyhow::anyhow!("{why}"))?.current(),
        };
        let id = format!("order-{number:04}");
        for record in &order {
            let Some((status, secs, bytes)) = RECORDS.get(*record).copied() else { continue };
            let mut more: Vec<(u8, [u8; 4])> = vec![
                (kind::EVENT_TIMESTAMP, (began + secs).to_be_bytes()),
                (kind::ACCT_SESSION_TIME, secs.to_be_bytes()),
                (kind::ACCT_INPUT_OCTETS, bytes.to_be_bytes()),
                (kind::ACCT_OUTPUT_OCTETS, (bytes * 2).to_be_bytes()),
            ];
            if status == STOP {
                more.push((kind::ACCT_TERMINATE_CAUSE, 4_u32.to_be_bytes()));
            }
            let more: Vec<(u8, &[u8])> = more.iter().map(|(kind, value)| (*kind, value.as_slice())).collect();
            nas.record(status, id.as_bytes(), &more)?;
        }
        orders.insert(id, order);
    }
    let sessions = scene.sessions("nas-a")?;
    ensure!(sessions.len() == SESSIONS, "{} sessions instead of {SESSIONS}", sessions.len());
    let first = sessions.first().cloned();
    for (session, (id, order)) in sessions.iter().zip(&orders) {
        let mut same = session.clone();
        same.id = first.as_ref().map(|first| first.id.clone()).unwrap_or_default();
        ensure!(
            Some(&same) == first.as_ref(),
            "{id} in the order {order:?} ended as {session:?}, not as {first:?}"
        );
    }
    assert_eq!(
        first.map(|row| (row.bytes_up, row.bytes_down, row.terminate_cause)),
        Some((5_000, 10_000, 4))
    );
    Ok(())
}
