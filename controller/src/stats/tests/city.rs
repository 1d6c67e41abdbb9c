//! A month around the lake: 34 access points, 200,000 visits, phones with and without addresses of their own making.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::*;

const DAYS: u64 = 30;
const VISITS: u64 = 200_000;
const APS: u64 = 34;
const ZONES: u64 = 8;

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

/// An address as a device shows it: three in ten have the maker's, four one of their own for this network, three another
/// one each day.
fn address(device: u64, day: u64) -> Mac {
    let [.., a, b, c, d] = device.to_be_bytes();
    match device % 10 {
        0..3 => Mac([0, 0x1b, a, b, c, d]),
        3..7 => Mac([2, 0, a, b, c, d]),
        _ => Mac([0xda, u8::try_from(day % 256).unwrap(), a, b, c, d]),
    }
}

fn ap(n: u64) -> String {
    format!("hk-{:02}", n + 1)
}

fn zone(n: u64) -> String {
    format!("zone-{}", n % ZONES)
}

/// What happened, counted by the rule.
#[derive(Default)]
struct Expected {
    visitors: BTreeMap<(By, String), HashSet<(Mac, u64)>>,
    visits: BTreeMap<String, u64>,
    sessions: u64,
    bytes_down: u64,
}

impl Expected {
    fn count(&mut self, n: u64, session: &Session) {
        self.sessions += 1;
        self.bytes_down += session.bytes_down;
        for day in (session.opened.0 - MONDAY) / DAY..=(session.last_packet.0 - MONDAY) / DAY {
            for key in [(By::All, "all".to_owned()), (By::Ap, ap(n)), (By::Zone, zone(n))] {
                self.visitors.entry(key).or_default().insert((session.mac, day));
            }
        }
    }
}

#[tokio::test]
async fn visitors_of_a_month_are_within_two_in_a_hundred_of_the_rule_and_all_else_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let mut place = Place::new(folder.path()).await;
    place.zones((0..APS).map(|n| (ap(n), zone(n)))).await;
    let mut dice = Dice(20_261_124);
    // Evenings and week-ends are full; nights are not empty.
    let mut moments: Vec<u64> = (0..VISITS)
        .map(|_| {
            let day = dice.roll(DAYS);
            let hour = if dice.roll(3) == 0 { dice.roll(24) } else { 17 + dice.roll(7) };
            MONDAY + day * DAY + hour * HOUR + dice.roll(HOUR)
        })
        .collect();
    moments.sort_unstable();
    let mut expected = Expected::default();
    let mut written = batch();
    for (count, at) in moments.iter().copied().enumerate() {
        let day = (at - MONDAY) / DAY;
        let mac = address(dice.roll(60_000), day);
        let first = dice.roll(APS);
        let mut opened = at;
        let mut visited: Option<Session> = None;
        for step in 0..1 + u64::from(dice.roll(4) == 0) {
            let n = (first + step) % APS;
            let mut session =
                place.session(&ap(n), mac, opened, dice.roll(40 * 60_000), dice.roll(1_000_000));
            match &visited {
                None => {
                    *expected.visits.entry(ap(n)).or_default() += 1;
                    written.push(Output::GrantChanged { grant: grant(&session), entry: None });
                }
                Some(earlier) => session.grant = earlier.grant,
            }
            expected.count(n, &session);
            opened = session.last_packet.0;
            written.push(Output::SessionChanged(session.clone()));
            visited = Some(session);
        }
        if count % 500 == 499 {
            // When the last of its sessions is over.
            place.write(std::mem::replace(&mut written, batch()), at + 2 * HOUR).await;
        }
        if count % 20_000 == 19_999 {
            place.roll_up.catch_up().await.unwrap();
        }
    }
    let took = std::time::Instant::now();
    let (from_ms, to_ms) = (MONDAY, MONDAY + (DAYS + 1) * DAY);
    let pieces = place.all(from_ms, to_ms).await;
    let rebuilt = place.roll_up.rebuild().await.unwrap();
    println!("{rebuilt:?} made anew in {:?}", took.elapsed());
    assert_eq!(place.all(from_ms, to_ms).await, pieces);

    let mut worst = 0.0_f64;
    let mut randomised = 0.0;
    for by in [By::All, By::Ap, By::Zone] {
        let totals = place.stats.totals(Ask { from_ms, to_ms, by, step: Step::Day }).await.unwrap();
        let found: BTreeSet<&str> = totals.iter().map(|slot| slot.key.as_str()).collect();
        let keys = expected.visitors.keys().filter(|(of, _)| *of == by);
        assert_eq!(found, keys.map(|(_, key)| key.as_str()).collect());
        for slot in &totals {
            let rule = expected.visitors[&(by, slot.key.clone())].len() as f64;
            let off = (slot.visitors as f64 - rule).abs() / rule;
            worst = worst.max(off);
            assert!(off < 0.02, "{}: {} visitors, by the rule {rule}", slot.key, slot.visitors);
            if by == By::All {
                randomised = slot.randomised_share.unwrap();
                println!("{} visitors, by the rule {rule}: {:.2} % off", slot.visitors, off * 100.0);
                assert_eq!((slot.sessions, slot.bytes_down), (expected.sessions, expected.bytes_down));
                assert_eq!((slot.visits, slot.uncounted), (VISITS, 0));
            }
            if by == By::Ap {
                assert_eq!(slot.visits, expected.visits[&slot.key], "{}", slot.key);
            }
        }
    }
    let rule = &expected.visitors[&(By::All, "all".to_owned())];
    let made_up =
        rule.iter().filter(|(mac, _)| stats_core::is_randomised(mac.0)).count() as f64 / rule.len() as f64;
    assert!((randomised - made_up).abs() < 0.02, "{randomised} randomised, by the rule {made_up}");
    println!("worst of all, zones and access points: {:.2} % off", worst * 100.0);
}
