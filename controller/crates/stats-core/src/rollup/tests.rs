//! Hours of minutes and days of hours: what adds up, what is a peak, who is counted once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail where it stands")]

use super::*;

fn zones() -> BTreeMap<String, String> {
    [("a", "east"), ("b", "east"), ("c", "west")].map(|(ap, zone)| (ap.to_owned(), zone.to_owned())).into()
}

fn device(ap: &str, n: u8, randomised: bool) -> (String, Pseudonym, bool) {
    (ap.to_owned(), Pseudonym([n; 8]), randomised)
}

fn example() -> BTreeMap<Key, Rollup> {
    let sum = |ap: &str, measure: Measure, n: i64| (ap.to_owned(), measure.code(), n);
    let rows = HourRows {
        sums: vec![
            sum("a", Measure::BytesUp, 5),
            sum("b", Measure::BytesUp, 6),
            sum("c", Measure::Visits, 2),
            sum("x", Measure::Language(u8::MAX), 1),
            sum("a", Measure::Dwell(3), 4),
            ("a".to_owned(), 999, 4),
        ],
        present: [("a", 0, 3), ("a", 1, 1), ("b", 0, 1), ("b", 1, 4)]
            .map(|(ap, minute, n)| (ap.to_owned(), minute, n))
            .into(),
        devices: vec![
            device("a", 1, true),
            device("a", 2, false),
            device("b", 1, true),
            device("c", 3, false),
        ],
    };
    hour(&rows, &zones())
}

#[test]
fn an_hour_is_rolled_up_by_access_point_zone_and_all() {
    let hour = example();
    let of = |key: Key| hour[&key].clone();
    let (east, all) = (of(Key::Zone("east".to_owned())), of(Key::All));
    assert_eq!((east.counts.bytes_up, all.counts.bytes_up, all.counts.visits), (11, 11, 2));
    assert_eq!(of(Key::Ap("x".to_owned())).counts.languages[LANGUAGES.len()], 1);
    assert_eq!(east.counts.dwell[3], 4);
    assert_eq!(hour.len(), 1 + 4 + 2, "an access point without a zone is in no zone");
    // The peak of a zone is that of its fullest minute, not the sum of its access points' peaks.
    assert_eq!((of(Key::Ap("a".to_owned())).peak_users, east.peak_users), (3, 5));
    assert_eq!((east.visitors.estimate(), all.visitors.estimate(), all.randomised.estimate()), (2, 3, 1));
}

#[test]
fn a_day_adds_up_its_hours_and_counts_nobody_twice() {
    let hour = example();
    let all = &hour[&Key::All];
    let day = day_of_hours([all, all]);
    assert_eq!(day.counts.bytes_up, 22);
    assert_eq!(day.counts.languages[LANGUAGES.len()], 2);
    assert_eq!((day.peak_users, day.visitors.estimate()), (all.peak_users, 3));
    assert_eq!(day_of_hours([]).counts, Counts::default());
}

#[test]
fn a_slot_tells_means_shares_and_languages() {
    let mut counts = Counts { person_ms: 5_400_000, ..Counts::default() };
    counts.languages[1] = 7;
    counts.languages[0] = 9;
    let span = Span { start_ms: 0, end_ms: 3_600_000 };
    let slot = Slot::new(span, &Key::All, counts, 4, 8, 2);
    assert!((slot.mean_users - 1.5).abs() < 1e-9);
    assert_eq!(slot.randomised_share, Some(0.25));
    assert_eq!(slot.languages[0], LanguageVisits { language: "vi".to_owned(), visits: 9 });
    assert_eq!((slot.languages.len(), slot.key.as_str()), (2, "all"));
    assert_eq!(Slot::new(span, &Key::All, Counts::default(), 0, 0, 0).randomised_share, None);
}
