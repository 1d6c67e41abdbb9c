//! The ledger: whatever is written, refused, repeated or written again after a failure, it adds up to the sessions.

use std::collections::{BTreeMap, BTreeSet};

use session_core::{ApId, GrantId, Mac, Session, SessionEnd, UnixMs};
use sqlx::Row;
use stats_core::{Increments, Measure, Pseudonym, Span};
use store::{Batch, Redirects, Store, VisitorDay};

use crate::rows::{NOW, Place, grant, grants, hoankiem, session, sessions};

/// Sums of the ledger by access point and measure.
async fn ledger(place: &Place) -> BTreeMap<(String, u16), i64> {
    let mut beside = place.beside().await;
    let sql = "SELECT ap, measure, sum(n) AS n FROM ledger GROUP BY ap, measure HAVING sum(n) <> 0";
    let rows = sqlx::query(sql).fetch_all(&mut beside).await.unwrap();
    rows.iter().map(|row| ((row.get("ap"), row.get("measure")), row.get("n"))).collect()
}

/// The same, computed from the sessions as they stand.
async fn worth_of_sessions(place: &Place) -> BTreeMap<(String, u16), i64> {
    let mut beside = place.beside().await;
    let sql = "SELECT ap, opened_ms, last_packet_ms, bytes_up, bytes_down, ended_by IS NOT NULL AS ended FROM session";
    let mut worth = BTreeMap::new();
    for row in sqlx::query(sql).fetch_all(&mut beside).await.unwrap() {
        let (ap, opened, last): (String, i64, i64) =
            (row.get("ap"), row.get("opened_ms"), row.get("last_packet_ms"));
        let mut add = |measure: Measure, n: i64| *worth.entry((ap.clone(), measure.code())).or_insert(0) += n;
        add(Measure::BytesUp, row.get("bytes_up"));
        add(Measure::BytesDown, row.get("bytes_down"));
        add(Measure::Sessions, 1);
        add(Measure::PersonMs, last - opened);
        add(Measure::Present, last / 60_000 - opened / 60_000 + 1);
        if row.get("ended") {
            add(Measure::dwell((last - opened).unsigned_abs()), 1);
        }
    }
    worth.retain(|_, n| *n != 0);
    worth
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    /// A report of one of 40 sessions at one of 3 access points, as like as not older than the one before.
    fn report(&mut self) -> Session {
        let ap = format!("hk-{:02}", self.roll(3));
        let mut said = session(&ap, self.roll(40), 0);
        said.opened = NOW.plus_ms(self.roll(200_000));
        said.last_packet = said.opened.plus_ms(self.roll(600_000));
        (said.bytes_up, said.bytes_down) = (self.roll(10_000), self.roll(1_000_000));
        said.end = [None, None, Some(SessionEnd::Idle), Some(SessionEnd::Lost)][self.roll(4) as usize];
        said
    }
}

fn sessions_alone(sums: BTreeMap<(String, u16), i64>) -> BTreeMap<(String, u16), i64> {
    let others = [Measure::Uncounted, Measure::Visits, Measure::FirstByte].map(Measure::code);
    sums.into_iter().filter(|((_, code), _)| !others.contains(code)).collect()
}

#[tokio::test]
async fn the_ledger_adds_up_to_the_sessions_after_random_batches_with_failures_between() {
    let place = Place::new();
    let mut store = place.open().await;
    let mut dice = Dice(4711);
    let mut refused = 0;
    for round in 0..60 {
        let mut waiting = Vec::new();
        for _ in 0..dice.roll(6) + 1 {
            let size = dice.roll(12) + 1;
            let mut batch = sessions((0..size).map(|_| dice.report()).collect::<Vec<_>>());
            if dice.roll(5) == 0 {
                // A wish that breaks a rule: an entry that does not continue the log fails its batch alone.
                let mut stray = grant(1, 900 + dice.roll(50));
                stray.entry.epoch = 1;
                batch.push(session_core::Output::GrantChanged { entry: Some(stray.entry), grant: stray });
            }
            let store = store.clone();
            waiting.push(tokio::spawn(async move { store.commit(batch).await }));
        }
        for answer in waiting {
            refused += u32::from(answer.await.unwrap().is_err());
        }
        if round % 20 == 19 {
            store.close().await;
            store = place.open().await;
        }
    }
    assert!(refused > 10, "only {refused} batches were refused");
    let sums = sessions_alone(ledger(&place).await);
    assert!(sums.len() >= 15, "only {} sums", sums.len());
    assert_eq!(sums, worth_of_sessions(&place).await);
}

#[tokio::test]
async fn every_write_moves_the_sequence_and_a_repetition_does_not() {
    let place = Place::new();
    let store = place.open().await;
    let first = store.ledger_state().await.unwrap();
    store.commit(sessions([session("hk-01", 1, 100)])).await.unwrap();
    let second = store.ledger_state().await.unwrap();
    assert_eq!((second.id, second.sequence), (first.id, first.sequence + 1));
    store.commit(sessions([session("hk-01", 1, 100)])).await.unwrap();
    assert_eq!(store.ledger_state().await.unwrap(), second);
    store.commit(sessions([session("hk-01", 1, 70_000)])).await.unwrap();
    assert_eq!(
        store.ledger_changes(second.sequence).await.unwrap(),
        [60_000, 120_000].map(|ms| NOW.0 + ms - 60_000)
    );
    assert_eq!(store.ledger_changes(0).await.unwrap().len(), 2);
    assert!(store.ledger_changes(second.sequence + 1).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_visit_is_a_new_grant_at_the_place_of_the_tap_and_its_first_session_the_first_byte() {
    let place = Place::new();
    let store = place.open().await;
    let epoch = store.load_domain(&hoankiem(), UnixMs(0)).await.unwrap().position.epoch;
    let made = grant(epoch, 1);
    store.commit(grants([made.clone()])).await.unwrap();
    let mut raised = made.clone();
    (raised.revision, raised.entry.sequence) = (2, 2);
    store.commit(grants([raised])).await.unwrap();
    let of = async |measure: Measure, ap: &str| {
        ledger(&place).await.get(&(ap.to_owned(), measure.code())).copied().unwrap_or(0)
    };
    assert_eq!(of(Measure::Visits, "hk-01").await, 1);
    // It walks: two sessions elsewhere, one of them twice in a group.
    let walked = |n: u64| Session { grant: made.id, ..session("hk-02", n, 5) };
    store.commit(sessions([walked(1), walked(2)])).await.unwrap();
    store.commit(sessions([walked(3)])).await.unwrap();
    assert_eq!((of(Measure::FirstByte, "hk-01").await, of(Measure::FirstByte, "hk-02").await), (1, 0));
    // A grant and its first session in one batch.
    let mut both = grants([grant(epoch, 3)]);
    both.push(session_core::Output::SessionChanged(Session {
        grant: grant(epoch, 3).id,
        ..session("hk-02", 9, 5)
    }));
    store.commit(both).await.unwrap();
    assert_eq!((of(Measure::Visits, "hk-01").await, of(Measure::FirstByte, "hk-01").await), (2, 2));
    // A session of a grant nobody knows is no visit with us, and one with a NAS.
    let unknown = |ap: &str, n: u64| Session { grant: GrantId([9; 16]), ..session(ap, n, 5) };
    store.commit(sessions([unknown("hk-03", 20)])).await.unwrap();
    assert_eq!(of(Measure::Visits, "hk-03").await, 0);
    let by_radius = |n: u64, visit: u8| Session { grant: GrantId([visit; 16]), ..session("nas:cafe", n, 5) };
    store.commit(sessions([by_radius(1, 50), by_radius(2, 50)])).await.unwrap();
    store.commit(sessions([by_radius(3, 50), by_radius(4, 51)])).await.unwrap();
    assert_eq!((of(Measure::Visits, "nas:cafe").await, of(Measure::FirstByte, "nas:cafe").await), (2, 0));
}

fn day(start_ms: u64, who: &[(Mac, u8)]) -> VisitorDay {
    let pseudonyms = who.iter().map(|(mac, n)| (*mac, Pseudonym([*n; 8]))).collect();
    VisitorDay { span: Span { start_ms, end_ms: start_ms + 86_400_000 }, pseudonyms }
}

#[tokio::test]
async fn devices_are_noted_by_the_hour_under_the_days_pseudonym_and_those_without_are_counted() {
    const HOUR: u64 = 3_600_000;
    let place = Place::new();
    let store = place.open().await;
    let (phone, maker, nobody) = (Mac([2, 0, 0, 0, 0, 1]), Mac([0, 1, 2, 3, 4, 5]), Mac([0; 6]));
    // Midnight of the day lies an hour after NOW's hour.
    let midnight = NOW.0 / HOUR * HOUR + HOUR;
    let before = day(midnight - 86_400_000, &[(phone, 1)]);
    let after = day(midnight, &[(phone, 2), (maker, 3), (nobody, 9)]);
    let said =
        |n: u64, mac: Mac, last: u64| Session { mac, last_packet: UnixMs(last), ..session("hk-01", n, 0) };
    for _ in 0..2 {
        let mut batch = sessions([
            said(1, phone, midnight + HOUR),
            said(2, maker, midnight + 5),
            said(3, nobody, midnight + HOUR),
        ]);
        batch.visitors(vec![before.clone(), after.clone()]);
        store.commit(batch).await.unwrap();
    }
    let mut beside = place.beside().await;
    let rows =
        sqlx::query("SELECT hour_ms, pseudonym, randomised FROM presence").fetch_all(&mut beside).await;
    let rows: BTreeSet<(i64, u8, bool)> = rows
        .unwrap()
        .iter()
        .map(|row| {
            let who: Vec<u8> = row.get("pseudonym");
            ((row.get::<i64, _>("hour_ms") - midnight as i64) / HOUR as i64, who[0], row.get("randomised"))
        })
        .collect();
    assert_eq!(rows, BTreeSet::from([(-1, 1, true), (0, 2, true), (1, 2, true), (0, 3, false)]));
    // The maker's device was there before midnight too, and that day has no pseudonym of it.
    let uncounted = ledger(&place).await[&("hk-01".to_owned(), Measure::Uncounted.code())];
    assert_eq!(uncounted, 1);
}

#[tokio::test]
async fn redirects_are_counted_as_far_as_they_are_new() {
    let place = Place::new();
    let mut store = place.open().await;
    let say = async |store: &Store, boot: u8, n: u64| {
        let mut batch = Batch::new(hoankiem());
        batch.redirects(&ApId::from("hk-01"), Redirects { boot: vec![boot; 16], n, at: NOW });
        store.commit(batch).await.unwrap();
    };
    for (boot, n) in [(1, 5), (1, 5), (1, 9)] {
        say(&store, boot, n).await;
    }
    store.close().await;
    store = place.open().await;
    for (boot, n) in [(1, 9), (1, 10), (2, 4), (2, 6)] {
        say(&store, boot, n).await;
    }
    assert_eq!(ledger(&place).await, BTreeMap::from([(("hk-01".to_owned(), Measure::Redirect.code()), 16)]));
}

#[tokio::test]
async fn a_sum_too_large_for_an_integer_stays_at_the_largest() {
    let place = Place::new();
    let store = place.open().await;
    let mut increments = Increments::default();
    increments.add("hk-01", NOW.0, Measure::Page, i64::MAX);
    for _ in 0..2 {
        let mut batch = Batch::new(hoankiem());
        batch.tally(&increments);
        store.commit(batch).await.unwrap();
    }
    assert_eq!(ledger(&place).await.values().copied().collect::<Vec<_>>(), [i64::MAX]);
}

#[tokio::test]
async fn what_is_pruned_is_gone_and_the_rest_stays() {
    let place = Place::new();
    let store = place.open().await;
    store.commit(sessions([session("hk-01", 1, 600_000)])).await.unwrap();
    let oldest = store.ledger_start().await.unwrap().unwrap();
    store.prune_ledger(oldest.plus_ms(120_000)).await.unwrap();
    assert_eq!(store.ledger_start().await.unwrap(), Some(oldest.plus_ms(120_000)));
    assert!(!ledger(&place).await.is_empty());
}
