//! Steps of visits: what counts once, which time lies between them, what is forgotten.

use stats_core::Span;

use super::*;

const T: UnixMs = UnixMs(1_795_539_600_000);
const GRANT: GrantId = GrantId([7; 16]);

fn device(n: u8) -> Device {
    (session_core::NetworkId::from("hoankiem"), session_core::Mac([2, 0, 0, 0, 0, n]))
}

fn page(n: u8, at: UnixMs) -> Event {
    Event::Page { ap: ApId::from("hk-01"), device: device(n), at }
}

fn accepted(n: u8, grant: GrantId, at: UnixMs) -> Event {
    let language = "vi".to_owned();
    Event::Accepted { ap: ApId::from("hk-01"), device: device(n), grant, language, at }
}

fn count(steps: &Steps, measure: Measure) -> i64 {
    let rows = steps.increments.rows().filter(|(_, ap, code, _)| *ap == "hk-01" && *code == measure.code());
    rows.map(|(_, _, _, n)| n).sum()
}

#[test]
fn a_visit_leaves_each_step_once_with_the_times_between() {
    let mut steps = Steps::new();
    for event in [
        page(1, T),
        page(1, T.plus_ms(500)),
        accepted(1, GRANT, T.plus_ms(7_000)),
        accepted(1, GRANT, T.plus_ms(7_100)),
        Event::GateOpen { grant: GRANT, at: T.plus_ms(7_150) },
        Event::GateOpen { grant: GRANT, at: T.plus_ms(9_000) },
    ] {
        steps.take(event);
    }
    steps.first_packet(GRANT, T.plus_ms(7_900));
    steps.first_packet(GRANT, T.plus_ms(7_900));
    let bucket = |ms| u8::try_from(time_bucket(ms)).unwrap();
    for (measure, n) in [
        (Measure::Page, 1),
        (Measure::Accept, 1),
        (Measure::Language(0), 1),
        (Measure::GateOpen, 1),
        (Measure::PageToAccept(bucket(7_000)), 1),
        (Measure::AcceptToGate(bucket(150)), 1),
        (Measure::GateToFirstByte(bucket(750)), 1),
    ] {
        assert_eq!(count(&steps, measure), n, "{measure:?}");
    }
}

#[test]
fn a_page_after_the_visit_or_after_a_while_is_another() {
    let mut steps = Steps::new();
    steps.take(page(1, T));
    steps.take(accepted(1, GRANT, T.plus_ms(1)));
    steps.take(page(1, T.plus_ms(2)));
    assert_eq!(count(&steps, Measure::Page), 2);
    steps.forget(T.plus_ms(PAGE_KEPT_MS + 3));
    steps.take(page(1, T.plus_ms(PAGE_KEPT_MS + 4)));
    assert_eq!(count(&steps, Measure::Page), 3);
}

#[test]
fn a_tap_without_a_page_counts_and_a_gate_of_an_unknown_visit_does_not() {
    let mut steps = Steps::new();
    steps.take(accepted(1, GRANT, T));
    steps.take(Event::GateOpen { grant: GrantId([8; 16]), at: T });
    assert_eq!((count(&steps, Measure::Accept), count(&steps, Measure::GateOpen)), (1, 0));
    let times = (0..11).map(|bucket| count(&steps, Measure::PageToAccept(bucket))).sum::<i64>();
    assert_eq!(times, 0);
}

#[test]
fn no_more_are_remembered_than_there_is_room_for() {
    let mut recent: Recent<usize, ()> = Recent::default();
    for n in 0..MOST_REMEMBERED + 10 {
        assert!(recent.put_new(n, (), T));
    }
    assert_eq!((recent.held.len(), recent.held.contains_key(&5)), (MOST_REMEMBERED, false));
    assert!(recent.take(&20).is_some() && recent.put_new(20, (), T.plus_ms(1)));
    recent.forget(T.plus_ms(1));
    assert_eq!(recent.held.len(), 1, "what came anew is not forgotten with what it was before");
}

#[tokio::test]
async fn what_was_said_stands_in_the_ledger_when_the_counter_has_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("hotspot.db").display());
    let store = Store::open(&url).await.unwrap();
    let (counter, tally) = Counter::new(store.clone(), "hoankiem");
    let before = clock::unix_ms();
    tally.page("hk-01", "hoankiem", [2, 0, 0, 0, 0, 1]);
    tally.accepted("hk-01", "hoankiem", [2, 0, 0, 0, 0, 1], GRANT, "en", UnixMs(before));
    tally.gate_open(GRANT);
    tally.redirects("hk-01", &[1; 16], 12);
    tally.redirects("hk-01", &[1; 16], 14);
    let stop = CancellationToken::new();
    stop.cancel();
    counter.run(stop).await;
    let span = Span { start_ms: before - 60_000, end_ms: before + 120_000 };
    let rows = store.ledger_minutes(Some("hk-01"), span).await.unwrap();
    let of = |measure: Measure| {
        rows.iter().filter(|row| row.measure == measure.code()).map(|row| row.n).sum::<i64>()
    };
    let steps = [Measure::Page, Measure::Accept, Measure::GateOpen, Measure::Redirect, Measure::Language(1)];
    assert_eq!(steps.map(of), [1, 1, 1, 14, 1]);
    assert_eq!(tally.lost(), 0);
}

#[tokio::test]
async fn what_cannot_wait_is_lost_and_that_is_counted() {
    let (tally, _heard) = Tally::new();
    for _ in 0..10_000 {
        tally.gate_open(GRANT);
    }
    assert_eq!(tally.lost(), 10_000 - 8192);
}
