//! What is kept and how it comes back.

use proptest::prelude::*;
use session_core::{
    ApId, EndCause, GrantEnd, Mac, Output, Plan, Position, SessionEnd, Stored, Subject, UnixMs, Visit,
};
use store::{Batch, Enrollment, Imported, JournalId, LogRest, Name, Options, StoreError, Zone};

use crate::rows::{NOW, Place, grant, grants, hoankiem, inventory, plan, session, sessions};

#[tokio::test]
async fn the_first_migration_makes_the_free_plan_and_the_domain() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(store.plans().await.unwrap(), [plan()]);
    let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
    assert!(stored.position.epoch > 1_700_000_000, "an epoch is newer than that of an older database");
    assert_eq!(stored.position.sequence, 0);
    let unknown = store.load_domain(&"nowhere".into(), UnixMs(0)).await.unwrap_err();
    assert_eq!(unknown.to_string(), "there is no domain \"nowhere\"; add it first or correct the name");
}

#[tokio::test]
async fn grants_sessions_and_blocks_come_back_as_they_went_in() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let mut made = vec![grant(epoch, 1), grant(epoch, 2), grant(epoch, 3), grant(epoch, 4)];
    made[0].subject = Subject::Device(made[0].mac);
    made[1].ended = Some(GrantEnd { cause: EndCause::Kicked { block: true }, at: NOW });
    made[2].ended = Some(GrantEnd { cause: EndCause::TimeUp, at: NOW.plus_ms(3000) });
    made[3].quota_bytes = None;
    let mut seen = vec![session("hk-01", 1, 10), session("hk-02", 1, u64::MAX), session("hk-02", 2, 3)];
    seen[0].grant = made[0].id;
    seen[1].end = None;
    seen[2].grant = made[1].id;
    seen[2].end = Some(SessionEnd::AgentRestart);
    seen[2].addresses.clear();
    let mut batch = grants(made.clone());
    seen.iter().cloned().for_each(|session| batch.push(Output::SessionChanged(session)));
    batch.push(Output::BlockChanged { mac: Mac([9; 6]), blocked: true, at: NOW });
    store.commit(batch).await.unwrap();
    store.close().await;

    let store = place.open().await;
    let most = i64::MAX as u64;
    seen[1].bytes_up = most;
    (seen[1].bytes_down, seen[1].packets_up, seen[1].packets_down) = (most, most, most);
    let all = Stored {
        position: Position { epoch, sequence: 4 },
        grants: made.clone(),
        sessions: seen.clone(),
        blocked: [Mac([9; 6])].into(),
        nas_sessions: Vec::new(),
        nas_restarts: Vec::new(),
    };
    assert_eq!(store.load_domain(&hoankiem(), NOW).await.unwrap(), all);
    let of_later = store.load_domain(&hoankiem(), NOW.plus_ms(2000)).await.unwrap();
    assert_eq!(of_later.grants, [made[0].clone(), made[2].clone(), made[3].clone()], "day and end are over");
    assert_eq!(of_later.sessions, seen[..2], "open, or of a grant that is remembered");
    assert_eq!(store.grant(made[1].id).await.unwrap(), Some(made[1].clone()));
    assert_eq!(store.sessions_of(made[1].id).await.unwrap(), [seen[2].clone()]);
    assert_eq!(Visit::of(&store.sessions_of(made[0].id).await.unwrap()).bytes_up, 10);
}

#[tokio::test]
async fn a_grant_that_has_ended_stays_ended_and_an_older_revision_changes_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let first = grant(epoch, 1);
    let mut ended = first.clone();
    ended.ended = Some(GrantEnd { cause: EndCause::TimeUp, at: NOW });
    store.commit(grants([first.clone()])).await.unwrap();
    for again in [ended.clone(), first] {
        let mut batch = Batch::new(hoankiem());
        batch.push(Output::GrantChanged { grant: again, entry: None });
        store.commit(batch).await.unwrap();
    }
    assert_eq!(store.grant(ended.id).await.unwrap(), Some(ended));
}

#[tokio::test]
async fn a_device_that_leaves_and_comes_back_in_one_batch_finds_its_place_free() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let first = grant(epoch, 1);
    store.commit(grants([first.clone()])).await.unwrap();
    let mut left = first.clone();
    left.revision = 2;
    left.ended = Some(GrantEnd { cause: EndCause::LoggedOut, at: NOW });
    left.entry.sequence = 2;
    let mut back = grant(epoch, 3);
    back.mac = first.mac;
    store.commit(grants([left, back.clone()])).await.unwrap();
    let mut twin = grant(epoch, 4);
    twin.mac = first.mac;
    assert!(matches!(store.commit(grants([twin])).await, Err(StoreError::Refused { .. })));
    let stored = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap();
    assert_eq!((stored.position.sequence, stored.grants.len()), (3, 2));
}

#[tokio::test]
async fn an_agent_gets_the_rest_of_the_log_or_a_snapshot() {
    let place = Place::new();
    let store = place.open_with(Options { log_entries: 3, ..Options::default() }).await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    for n in 1..=5 {
        store.commit(grants([grant(epoch, n)])).await.unwrap();
    }
    let rest = |epoch, sequence| {
        let store = store.clone();
        async move { store.log_rest(&hoankiem(), Position { epoch, sequence }).await.unwrap() }
    };
    assert_eq!(rest(epoch, 5).await, LogRest::Entries(Vec::new()));
    let entry = |n| (Position { epoch, sequence: n }, grant(epoch, n));
    assert_eq!(rest(epoch, 2).await, LogRest::Entries(vec![entry(3), entry(4), entry(5)]));
    let snapshot = LogRest::Snapshot {
        position: Position { epoch, sequence: 5 },
        grants: (1..=5).map(|n| grant(epoch, n)).collect(),
    };
    for (other, sequence) in [(epoch, 1), (epoch, 0), (0, 0), (epoch - 1, 4), (epoch, 6)] {
        assert_eq!(rest(other, sequence).await, snapshot, "pruned, never there, of another epoch, or ahead");
    }
    let raised = store.raise_epoch(&hoankiem()).await.unwrap();
    assert!(raised.epoch > epoch && raised.sequence > 5);
    assert!(matches!(rest(epoch, 5).await, LogRest::Snapshot { position, .. } if position == raised));
    assert_eq!(rest(raised.epoch, raised.sequence).await, LogRest::Entries(Vec::new()));
}

#[tokio::test]
async fn a_log_that_moved_on_takes_no_entry_of_the_past_and_none_with_a_hole() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    store.commit(grants([grant(epoch, 1)])).await.unwrap();
    let superseded = StoreError::Superseded { domain: "hoankiem".to_owned() };
    for wrong in [
        vec![grant(epoch, 1)],
        vec![grant(epoch, 3)],
        vec![grant(epoch + 1, 2)],
        vec![grant(epoch, 2), grant(epoch, 4)],
    ] {
        assert_eq!(store.commit(grants(wrong)).await, Err(superseded.clone()));
    }
    store.commit(grants([grant(epoch, 2), grant(epoch, 3)])).await.unwrap();
}

#[tokio::test]
async fn a_journal_moves_forward_only_and_few_are_kept_per_access_point() {
    let place = Place::new();
    let store = place.open().await;
    let (ap, journal) = (ApId::from("hk-01"), JournalId([1; 16]));
    for (sequence, now) in [(5, NOW), (3, NOW), (4, NOW.minus_ms(1))] {
        let mut batch = Batch::new(hoankiem());
        batch.journal(&ap, journal, sequence, now);
        store.commit(batch).await.unwrap();
        assert_eq!(store.journal_position(&ap, journal).await.unwrap(), 5);
    }
    for n in 2..30 {
        let mut batch = Batch::new(hoankiem());
        batch.journal(&ap, JournalId([n; 16]), 1, NOW.plus_ms(n.into()));
        batch.journal(&ApId::from("hk-02"), journal, u64::from(n), NOW);
        store.commit(batch).await.unwrap();
    }
    let mut kept = Vec::new();
    for n in 0..30 {
        if store.journal_position(&ap, JournalId([n; 16])).await.unwrap() > 0 {
            kept.push(n);
        }
    }
    assert_eq!(kept, (22..30).collect::<Vec<u8>>());
    assert_eq!(store.journal_position(&ApId::from("hk-02"), journal).await.unwrap(), 29);
}

#[tokio::test]
async fn an_import_twice_is_as_once_and_leaves_keys_alone() {
    let place = Place::new();
    let store = place.open().await;
    let mut import = inventory();
    assert_eq!(store.import(import.clone()).await.unwrap(), Imported { added: 2, changed: 0, unchanged: 0 });
    let ap = ApId::from("hk-01");
    store.add_token(&ap, [1; 32], NOW.plus_ms(1)).await.unwrap();
    store.enroll([1; 32], [2; 32], NOW).await.unwrap();
    assert_eq!(store.import(import.clone()).await.unwrap(), Imported { added: 0, changed: 0, unchanged: 2 });
    assert_eq!(
        store.zones().await.unwrap(),
        [Zone { id: "lake-east".to_owned(), name: Name::same("lake-east") }]
    );
    import.access_points[0].lat = 21.5;
    import.zones = vec![Zone { id: "lake-east".to_owned(), name: Name::same("East") }];
    assert_eq!(store.import(import).await.unwrap(), Imported { added: 0, changed: 1, unchanged: 1 });
    let known = store.access_point(&ap).await.unwrap().unwrap();
    assert_eq!((known.lat, known.agent_key), (21.5, Some([2; 32])));
    assert_eq!(store.zones().await.unwrap()[0].name, Name::same("East"));
}

#[tokio::test]
async fn an_import_with_one_broken_row_changes_nothing() {
    let place = Place::new();
    let store = place.open().await;
    let mut off_the_earth = inventory();
    off_the_earth.access_points[1].lat = 91.0;
    assert!(matches!(store.import(off_the_earth).await, Err(StoreError::Refused { .. })));
    let mut elsewhere = inventory();
    elsewhere.access_points[1].domain = "tay-ho".into();
    let unknown = StoreError::Unknown { kind: "domain", id: "tay-ho".to_owned() };
    assert_eq!(store.import(elsewhere).await, Err(unknown));
    assert_eq!(
        (store.access_points().await.unwrap(), store.zones().await.unwrap()),
        (Vec::new(), Vec::new())
    );
}

#[tokio::test]
async fn a_token_pins_one_key_once() {
    let place = Place::new();
    let store = place.open().await;
    store.import(inventory()).await.unwrap();
    let (first, second) = (ApId::from("hk-01"), ApId::from("hk-02"));
    let nobody = store.add_token(&"hk-99".into(), [1; 32], NOW).await;
    assert_eq!(nobody, Err(StoreError::Unknown { kind: "access point", id: "hk-99".to_owned() }));

    store.add_token(&first, [1; 32], NOW.plus_ms(1000)).await.unwrap();
    assert_eq!(store.enroll([9; 32], [10; 32], NOW).await.unwrap(), Enrollment::UnknownToken);
    assert_eq!(store.enroll([1; 32], [10; 32], NOW.plus_ms(1000)).await.unwrap(), Enrollment::ExpiredToken);
    let Enrollment::Enrolled(ap) = store.enroll([1; 32], [10; 32], NOW).await.unwrap() else {
        panic!("a good token")
    };
    assert_eq!(
        (ap.id, ap.agent_key, ap.enrolled, ap.revoked),
        (first.clone(), Some([10; 32]), Some(NOW), None)
    );

    assert_eq!(store.enroll([1; 32], [11; 32], NOW).await.unwrap(), Enrollment::UsedToken);
    let again = store.enroll([1; 32], [10; 32], NOW.plus_ms(5000)).await.unwrap();
    assert!(matches!(again, Enrollment::Enrolled(_)), "its answer may have been lost");

    store.add_token(&second, [2; 32], NOW.plus_ms(1000)).await.unwrap();
    assert_eq!(store.enroll([2; 32], [10; 32], NOW).await.unwrap(), Enrollment::KeyInUse);
    store.add_token(&second, [3; 32], NOW.plus_ms(1000)).await.unwrap();
    assert_eq!(
        store.enroll([2; 32], [12; 32], NOW).await.unwrap(),
        Enrollment::UnknownToken,
        "a newer one replaced it"
    );
    assert!(matches!(store.enroll([3; 32], [12; 32], NOW).await.unwrap(), Enrollment::Enrolled(_)));
}

#[tokio::test]
async fn of_two_agents_with_one_token_one_gets_in() {
    let place = Place::new();
    let store = place.open().await;
    store.import(inventory()).await.unwrap();
    store.add_token(&"hk-01".into(), [1; 32], NOW.plus_ms(1)).await.unwrap();
    let (a, b) = tokio::join!(store.enroll([1; 32], [10; 32], NOW), store.enroll([1; 32], [11; 32], NOW));
    assert!(matches!((a.unwrap(), b.unwrap()), (Enrollment::Enrolled(_), Enrollment::UsedToken)));
}

#[tokio::test]
async fn a_revoked_agent_stays_out_until_it_enrols_anew() {
    let place = Place::new();
    let store = place.open().await;
    store.import(inventory()).await.unwrap();
    let ap = ApId::from("hk-01");
    store.add_token(&ap, [1; 32], NOW.plus_ms(1)).await.unwrap();
    store.enroll([1; 32], [10; 32], NOW).await.unwrap();
    store.revoke(&ap, NOW).await.unwrap();
    store.revoke(&ap, NOW.plus_ms(9)).await.unwrap();
    assert_eq!(store.access_point(&ap).await.unwrap().unwrap().revoked, Some(NOW));
    assert_eq!(store.enroll([1; 32], [10; 32], NOW).await.unwrap(), Enrollment::UsedToken);
    store.add_token(&ap, [2; 32], NOW.plus_ms(1)).await.unwrap();
    store.enroll([2; 32], [10; 32], NOW).await.unwrap();
    assert_eq!(store.access_point(&ap).await.unwrap().unwrap().revoked, None);
    assert!(store.revoke(&"hk-99".into(), NOW).await.is_err());
}

#[tokio::test]
async fn plans_settings_and_the_block_list_are_written_over() {
    let place = Place::new();
    let store = place.open().await;
    let day = Plan { name: "day".to_owned(), quota_bytes: Some(2_000_000_000), devices: 3, ..plan() };
    store.put_plan(day.clone()).await.unwrap();
    let longer = Plan { session_secs: u32::MAX, down_bps: 10_000_000, ..day };
    store.put_plan(longer.clone()).await.unwrap();
    assert_eq!(store.plan("day").await.unwrap(), Some(longer));
    assert_eq!(store.plan("night").await.unwrap(), None);

    store.set_setting("config_version", "1").await.unwrap();
    store.set_setting("config_version", "2").await.unwrap();
    assert_eq!(store.setting("config_version").await.unwrap().as_deref(), Some("2"));
    assert_eq!(store.settings().await.unwrap().len(), 1);

    store.set_blocked(Mac([1; 6]), true, NOW).await.unwrap();
    store.set_blocked(Mac([2; 6]), true, NOW).await.unwrap();
    let mut batch = Batch::new(hoankiem());
    batch.push(Output::BlockChanged { mac: Mac([2; 6]), blocked: false, at: NOW });
    batch.push(Output::BlockChanged { mac: Mac([1; 6]), blocked: true, at: NOW });
    store.commit(batch).await.unwrap();
    assert_eq!(store.blocked().await.unwrap(), [Mac([1; 6])].into());
    store.set_blocked(Mac([1; 6]), false, NOW).await.unwrap();
    assert!(store.blocked().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_wish_to_end_a_visit_waits_until_a_batch_fulfils_it() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    store.commit(grants([grant(epoch, 1), grant(epoch, 2)])).await.unwrap();
    let (first, second) = (grant(epoch, 1).id, grant(epoch, 2).id);
    for id in [second, first, second] {
        store.kick(id, NOW).await.unwrap();
    }
    assert_eq!(store.kicks(&hoankiem()).await.unwrap(), [first, second]);
    assert!(store.kick(grant(epoch, 3).id, NOW).await.is_err());
    let mut batch = Batch::new(hoankiem());
    batch.kicked(first);
    store.commit(batch).await.unwrap();
    assert_eq!(store.kicks(&hoankiem()).await.unwrap(), [second]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn counters_in_the_table_never_fall_whatever_batches_bring_them(
        batches in prop::collection::vec(prop::collection::vec((0..4u64, 0..1000u64, 0..3u8), 1..8), 1..12)
    ) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let place = Place::new();
            let store = place.open().await;
            let mut highest = [None::<(u64, Option<SessionEnd>)>; 4];
            for batch in batches {
                let mut rows = Vec::new();
                for (n, bytes, end) in batch {
                    let end = match end {
                        0 => None,
                        1 => Some(SessionEnd::Idle),
                        _ => Some(SessionEnd::Lost),
                    };
                    let slot = &mut highest[usize::try_from(n).unwrap()];
                    let (most, ended) = slot.unwrap_or((0, None));
                    let ended = if matches!(ended, None | Some(SessionEnd::Lost)) { end.or(ended) } else { ended };
                    *slot = Some((most.max(bytes), ended));
                    let mut row = session("hk-01", n, bytes);
                    row.end = end;
                    rows.push(row);
                }
                // One batch each, so that a session stands twice in one group.
                let commits = rows.into_iter().map(|row| store.commit(sessions([row])));
                for committed in futures(commits).await {
                    committed.unwrap();
                }
            }
            let found = store.sessions_of(session("", 0, 0).grant).await.unwrap();
            let wanted: Vec<_> = highest.into_iter().flatten().collect();
            let mut found: Vec<_> = found.into_iter().map(|row| (row.key.id, (row.bytes_up, row.end))).collect();
            found.sort();
            assert_eq!(found.into_iter().map(|(_, row)| row).collect::<Vec<_>>(), wanted);
        });
    }
}

/// Starts all of them in their order before any is awaited.
async fn futures<T: Send + 'static>(all: impl IntoIterator<Item = impl Future<Output = T>>) -> Vec<T> {
    let mut all: Vec<_> = all.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<T>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in all.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
            {
                *done = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}
