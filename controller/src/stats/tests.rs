//! Figures against what happened: equal to it, equal to themselves made anew, and withheld where they must be.

mod city;
mod cost;

use std::path::Path;

use session_core::{
    ApId, CivilDay, DomainId, Grant, GrantEnd, GrantId, Mac, NetworkId, Output, Position, Session,
    SessionEnd, SessionId, SessionKey, Subject, UnixMs,
};
use store::{Batch, Import, Name, NewAccessPoint};

use super::*;
use crate::pseudonyms::Pseudonyms;

const HOUR: u64 = 3_600_000;
const DAY: u64 = 86_400_000;
/// 2026-11-23T00:00+07:00, a Monday.
const MONDAY: u64 = 1_795_366_800_000;

fn config() -> StatsConfig {
    StatsConfig {
        timezone: jiff::tz::TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        min_cell: 10,
        busy_share: 0.8,
        capacity_users: 5,
        ledger_days: 40,
    }
}

struct Place {
    stats: Stats,
    roll_up: RollUp,
    store: Store,
    pseudonyms: Pseudonyms,
    made: u64,
}

impl Place {
    async fn new(folder: &Path) -> Self {
        let url = format!("sqlite:{}", folder.join("hotspot.db").display());
        let store = Store::open(&url).await.unwrap();
        let (stats, roll_up) = Stats::open(store.clone(), &url, &config()).await.unwrap();
        let pseudonyms = Pseudonyms::new(folder, stats.days().clone());
        Self { stats, roll_up, store, pseudonyms, made: 0 }
    }

    /// Puts access points into zones.
    async fn zones(&self, places: impl IntoIterator<Item = (String, String)>) {
        let point = |(id, zone): (String, String)| NewAccessPoint {
            id: ApId(id.clone()),
            name: Name { vi: id.clone(), en: id },
            zone,
            lat: 21.0,
            lon: 105.85,
            domain: DomainId::from("hoankiem"),
        };
        let access_points = places.into_iter().map(point).collect();
        self.store.import(Import { zones: Vec::new(), access_points }).await.unwrap();
    }

    /// A session of a visit of its own.
    fn session(&mut self, ap: &str, mac: Mac, opened: u64, lasts: u64, bytes: u64) -> Session {
        self.made += 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&self.made.to_be_bytes());
        Session {
            key: SessionKey { ap: ApId::from(ap), id: SessionId(id) },
            grant: GrantId(id),
            mac,
            opened: UnixMs(opened),
            last_packet: UnixMs(opened + lasts),
            bytes_up: bytes,
            bytes_down: 10 * bytes,
            packets_up: 1,
            packets_down: 1,
            end: Some(SessionEnd::Idle),
            addresses: Default::default(),
        }
    }

    async fn write(&self, mut batch: Batch, now_ms: u64) {
        let days = self.pseudonyms.of(batch.devices(), now_ms);
        batch.visitors(days);
        self.store.commit(batch).await.unwrap();
    }

    /// All figures of a range.
    async fn all(&self, from_ms: u64, to_ms: u64) -> Vec<Slot> {
        let mut slots = Vec::new();
        for step in [Step::Hour, Step::Day] {
            for by in [By::All, By::Ap, By::Zone] {
                slots.extend(self.stats.series(Ask { from_ms, to_ms, by, step }).await.unwrap());
            }
        }
        slots
    }
}

fn batch() -> Batch {
    Batch::new(DomainId::from("hoankiem"))
}

fn phone(n: u64) -> Mac {
    let [.., a, b, c, d] = n.to_be_bytes();
    Mac([2, 0, a, b, c, d])
}

/// A grant that was used and is over.
fn grant(session: &Session) -> Grant {
    Grant {
        id: session.grant,
        revision: 1,
        number: 1,
        network: NetworkId::from("hoankiem"),
        mac: session.mac,
        subject: Subject::Device(session.mac),
        ap: session.key.ap.clone(),
        plan: "free".to_owned(),
        idle_secs: 900,
        quota_bytes: None,
        down_bps: 0,
        up_bps: 0,
        day: CivilDay(0),
        day_ends: UnixMs(0),
        starts: session.opened,
        ends: session.last_packet,
        ended: Some(GrantEnd { cause: session_core::EndCause::TimeUp, at: session.last_packet }),
        entry: Position { epoch: 1, sequence: 1 },
    }
}

fn visit(batch: &mut Batch, session: Session) {
    batch.push(Output::GrantChanged { grant: grant(&session), entry: None });
    batch.push(Output::SessionChanged(session));
}

#[tokio::test]
async fn a_visit_over_midnight_counts_on_both_days_and_begins_on_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    let mut written = batch();
    let said = place.session("hk-01", phone(1), MONDAY - 90_000, 180_000, 7);
    visit(&mut written, said);
    place.write(written, MONDAY + 90_000).await;
    place.roll_up.catch_up().await.unwrap();
    let ask = Ask { from_ms: MONDAY - DAY, to_ms: MONDAY + DAY, by: By::Ap, step: Step::Day };
    let days = place.stats.series(ask).await.unwrap();
    let [before, after] = days.as_slice() else { panic!("{days:?}") };
    assert_eq!((before.visits, before.sessions, before.bytes_up), (1, 1, 0));
    assert_eq!((after.visits, after.sessions, after.bytes_up, after.dwell[1]), (0, 0, 7, 1));
    for day in [before, after] {
        assert_eq!((day.visitors, day.randomised_share, day.peak_users), (1, Some(1.0), 1));
        assert!((day.mean_users - 90_000.0 / DAY as f64).abs() < 1e-9);
    }
    assert_eq!(before.end_ms, after.start_ms);
    let total = place.stats.totals(ask).await.unwrap();
    assert_eq!((total.len(), total[0].visitors, total[0].visits), (1, 2, 1));
    let hours = place.stats.series(Ask { step: Step::Hour, ..ask }).await.unwrap();
    assert_eq!(hours.iter().map(|hour| hour.start_ms).collect::<Vec<_>>(), [MONDAY - HOUR, MONDAY]);
    assert_eq!(place.stats.starts(ask).unwrap(), [MONDAY - DAY, MONDAY]);
    assert_eq!(place.stats.starts(Ask { step: Step::Hour, ..ask }).unwrap().len(), 48);
}

#[tokio::test]
async fn figures_made_in_pieces_equal_those_made_anew_and_follow_an_access_point_into_another_zone() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.zones([("a", "east"), ("b", "east"), ("c", "west")].map(|(a, z)| (a.into(), z.into()))).await;
    for n in 0..300 {
        let at = MONDAY + n * 7 * 60_000;
        let ap = ["a", "b", "c"][n as usize % 3];
        let session = place.session(ap, phone(n % 50), at, n * 1000, n);
        let mut written = batch();
        visit(&mut written, session.clone());
        place.write(written, at).await;
        if n % 10 == 0 {
            // Told again, longer.
            let mut later = batch();
            let longer = UnixMs(session.last_packet.0 + 40 * 60_000);
            later.push(Output::SessionChanged(Session { last_packet: longer, bytes_up: n + 5, ..session }));
            place.write(later, at).await;
            place.roll_up.catch_up().await.unwrap();
        }
    }
    place.roll_up.catch_up().await.unwrap();
    let pieces = place.all(MONDAY, MONDAY + 3 * DAY).await;
    assert!(pieces.len() > 100);
    for by in [By::All, By::Ap, By::Zone] {
        let ask = Ask { from_ms: MONDAY, to_ms: MONDAY + 3 * DAY, by, step: Step::Hour };
        let whole = place.stats.series(ask).await.unwrap();
        let mut pages: Vec<Slot> = Vec::new();
        loop {
            let after = pages.last().map(|slot| (slot.start_ms, slot.key.as_str()));
            let page = place.stats.page(ask, after, 7).await.unwrap();
            if page.is_empty() {
                break;
            }
            pages.extend(page);
        }
        assert_eq!(pages, whole);
    }
    let made = place.roll_up.rebuild().await.unwrap();
    assert!(made.hours > 30 && made.days == 2);
    assert_eq!(place.all(MONDAY, MONDAY + 3 * DAY).await, pieces);
    // Another process made them anew meanwhile; this one goes on.
    let session = place.session("a", phone(99), MONDAY, 1, 1);
    place
        .write(
            {
                let mut one = batch();
                visit(&mut one, session);
                one
            },
            MONDAY,
        )
        .await;
    place.roll_up.catch_up().await.unwrap();

    let zone = async |place: &Place, zone: &str| {
        let ask = Ask { from_ms: MONDAY, to_ms: MONDAY + 3 * DAY, by: By::Zone, step: Step::Day };
        let totals = place.stats.totals(ask).await.unwrap();
        totals.into_iter().find(|slot| slot.key == zone).map(|slot| slot.visits)
    };
    assert_eq!((zone(&place, "east").await, zone(&place, "west").await), (Some(201), Some(100)));
    place.zones([("b".to_owned(), "west".to_owned())]).await;
    place.roll_up.catch_up().await.unwrap();
    assert_eq!((zone(&place, "east").await, zone(&place, "west").await), (Some(101), Some(200)));
    let moved = place.all(MONDAY, MONDAY + 3 * DAY).await;
    place.roll_up.rebuild().await.unwrap();
    assert_eq!(place.all(MONDAY, MONDAY + 3 * DAY).await, moved);
}

#[tokio::test]
async fn days_whose_minutes_are_gone_keep_their_figures() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    for day in [0, 50] {
        let at = MONDAY + day * DAY;
        let mut written = batch();
        let session = place.session("hk-01", phone(day), at, 60_000, 9);
        visit(&mut written, session);
        place.write(written, at).await;
    }
    let now = MONDAY + 51 * DAY;
    place.roll_up.keep_up(now).await.unwrap();
    let before = place.all(MONDAY, now).await;
    assert_eq!(place.store.ledger_start().await.unwrap(), Some(UnixMs(MONDAY + 50 * DAY)));
    place.roll_up.rebuild().await.unwrap();
    assert_eq!(place.all(MONDAY, now).await, before);
    // A report that comes later than that is in its session and spoils no figure.
    let mut late = batch();
    let session = place.session("hk-01", phone(7), MONDAY, 60_000, 9);
    visit(&mut late, session);
    place.write(late, now).await;
    place.roll_up.keep_up(now).await.unwrap();
    assert_eq!(place.all(MONDAY, now).await, before);
}

#[tokio::test]
async fn a_database_of_an_older_day_and_a_damaged_file_of_figures_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let (file, backup) = (folder.path().join("hotspot.db"), folder.path().join("backup.db"));
    let mut place = Place::new(folder.path()).await;
    let write = async |place: &mut Place, n: u64| {
        let mut written = batch();
        let session = place.session("hk-01", phone(n), MONDAY, 1000, 1);
        visit(&mut written, session);
        place.write(written, MONDAY).await;
    };
    write(&mut place, 1).await;
    place.store.close().await;
    place.stats.close().await;
    std::fs::copy(&file, &backup).unwrap();
    let mut place = Place::new(folder.path()).await;
    place.made = 10;
    for n in 2..5 {
        write(&mut place, n).await;
        place.roll_up.catch_up().await.unwrap();
    }
    let visits = async |place: &Place| place.all(MONDAY, MONDAY + DAY).await[0].visits;
    assert_eq!(visits(&place).await, 4);
    place.store.close().await;
    place.stats.close().await;
    std::fs::copy(&backup, &file).unwrap();
    let mut place = Place::new(folder.path()).await;
    place.roll_up.catch_up().await.unwrap();
    assert_eq!(visits(&place).await, 1);
    place.store.close().await;
    place.stats.close().await;
    std::fs::write(folder.path().join("stats.db"), [7; 8192]).unwrap();
    let mut place = Place::new(folder.path()).await;
    place.roll_up.catch_up().await.unwrap();
    assert_eq!(visits(&place).await, 1);
    assert!(folder.path().join("stats.db.corrupt").exists());
}

#[tokio::test]
async fn minutes_and_load_tell_of_the_last_hours_and_weeks() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.zones([("full".to_owned(), "east".to_owned()), ("empty".to_owned(), "east".to_owned())]).await;
    let now = clock::unix_ms();
    let last_week = place.stats.load_span(1).0;
    let mut written = batch();
    // Wednesday from 20:00 on, last week and the one before, five at a time where five are meant to be.
    for (weeks, users) in [(0, 5), (1, 6), (2, 4)] {
        let at = last_week - weeks * 7 * DAY + 2 * DAY + 20 * HOUR;
        for n in 0..users {
            let session = place.session("full", phone(weeks * 10 + n), at, 1000, 1);
            visit(&mut written, session);
        }
    }
    let current = place.session("full", phone(77), now - 60_000, 60_000, 3);
    visit(&mut written, current);
    place.write(written, now).await;
    place.roll_up.catch_up().await.unwrap();
    let load = place.stats.load(8).await.unwrap();
    assert_eq!(load.iter().map(|line| line.ap.as_str()).collect::<Vec<_>>(), ["empty", "full"]);
    let full = &load[1];
    assert_eq!((full.capacity_users, full.busy_users, full.peak_users), (5, 5, 6));
    assert_eq!(full.busy, [BusyHour { weekday: 2, hour: 20, weeks: 2, peak_users: 6 }]);
    assert!(load[0].busy.is_empty());
    assert_eq!(place.stats.load(1).await.unwrap()[1].busy[0].weeks, 1);

    let minutes = place.stats.minutes(Some("full"), 60).await.unwrap();
    assert_eq!(minutes.len(), 60);
    assert_eq!(minutes.iter().map(|minute| minute.users).sum::<u64>(), 2);
    assert_eq!(minutes.iter().map(|minute| (minute.visits, minute.bytes_down)).max(), Some((1, 0)));
    assert_eq!(minutes.iter().map(|minute| minute.bytes_down).sum::<u64>(), 30);
    assert!(place.stats.minutes(Some("empty"), 5).await.unwrap().iter().all(|minute| minute.users == 0));
    assert_eq!(place.stats.minutes(None, 100_000).await.unwrap().len(), 2_880);
}

#[tokio::test]
async fn impossible_ranges_are_refused_in_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let place = Place::new(folder.path()).await;
    let ask = |from_ms, to_ms| Ask { from_ms, to_ms, by: By::All, step: Step::Hour };
    for wrong in [ask(MONDAY, MONDAY), ask(0, MONDAY), ask(MONDAY - 401 * DAY, MONDAY), ask(MONDAY, u64::MAX)]
    {
        let error = place.stats.series(wrong).await.unwrap_err();
        assert!(matches!(error, StatsError::Range(_)));
        assert!(!error.to_string().contains('\n'));
        assert!(place.stats.series_public(wrong).await.is_err() && place.stats.starts(wrong).is_err());
    }
}

#[tokio::test]
async fn what_is_published_withholds_few_people_and_what_would_tell_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.zones([("a", "z"), ("b", "z"), ("c", "y")].map(|(a, z)| (a.into(), z.into()))).await;
    let mut written = batch();
    for (ap, hour, people) in
        [("a", 0, 3), ("b", 0, 30), ("c", 0, 40), ("a", 1, 50), ("b", 1, 60), ("c", 1, 70)]
    {
        for n in 0..people {
            let session = place.session(ap, phone(n), MONDAY + hour * HOUR, 1000, 1);
            visit(&mut written, session);
        }
    }
    place.write(written, MONDAY).await;
    place.roll_up.catch_up().await.unwrap();
    let public = async |from: u64, to: u64, by: By| {
        let ask = Ask { from_ms: MONDAY + from * HOUR, to_ms: MONDAY + to * HOUR, by, step: Step::Hour };
        let found = place.stats.series_public(ask).await.unwrap();
        let withheld = found.into_iter().filter_map(|slot| match slot {
            Published::Withheld { start_ms, key, .. } => Some((key, (start_ms - MONDAY) / HOUR)),
            Published::Shown(_) => None,
        });
        withheld.collect::<Vec<_>>()
    };
    let all = public(0, 2, By::Ap).await;
    let expected = [("a", 0), ("b", 0), ("a", 1), ("b", 1)].map(|(key, hour)| (key.to_owned(), hour));
    assert_eq!(all, expected);
    // Whoever asks for the second hour alone learns no more.
    assert_eq!(public(1, 2, By::Ap).await, expected[2..]);
    assert!(public(0, 2, By::All).await.is_empty());
}
