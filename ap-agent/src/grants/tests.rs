//! The log in order, out of order, repeated, broken off and senseless.

use super::*;

const NET: &str = "hoankiem";
const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);

fn grant(id: u8, revision: u64, number: u32, ends_ms: u64) -> Grant {
    Grant {
        grant_id: vec![id; 16],
        revision,
        number,
        network: NET.into(),
        mac: PHONE.0.to_vec(),
        ends_ms,
        idle_secs: 900,
        ..Grant::default()
    }
}

fn entry(sequence: u64, grant: Grant) -> LogEntry {
    LogEntry { epoch: 5, sequence, grant: Some(grant) }
}

fn tombstone(grant: Grant) -> Grant {
    Grant { revision: grant.revision + 1, revoked: true, ..grant }
}

fn fresh() -> Grants {
    Grants::restore(5, 0, Vec::new())
}

#[test]
fn an_entry_lets_in_and_its_tombstone_puts_out() {
    let mut grants = fresh();
    let Taken::Applied(step) = grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 4_000) else { panic!() };
    assert_eq!(step.admit, Some((PHONE, Admission { number: 7, remaining: Duration::from_secs(6) })));
    let Taken::Applied(step) = grants.take(&entry(2, tombstone(grant(1, 1, 7, 10_000))), NET, 5_000) else {
        panic!()
    };
    assert_eq!(step, Step { admit: None, revoke: Some((PHONE, 7)) });
    assert!(grants.wanted(NET, 5_000).admitted.is_empty());
}

#[test]
fn what_is_known_changes_nothing_and_a_gap_asks_for_the_rest() {
    let mut grants = fresh();
    grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 0);
    assert_eq!(grants.take(&entry(1, grant(1, 1, 7, 99_000)), NET, 0), Taken::Known);
    assert_eq!(grants.take(&entry(3, grant(2, 1, 8, 10_000)), NET, 0), Taken::Gap);
    assert_eq!(grants.position(), (5, 1));
    let other_epoch = LogEntry { epoch: 6, ..entry(2, grant(2, 1, 8, 10_000)) };
    assert_eq!(grants.take(&other_epoch, NET, 0), Taken::Gap);
}

#[test]
fn a_late_tombstone_of_a_former_grant_leaves_the_new_one_in() {
    let mut grants = fresh();
    grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 0);
    let Taken::Applied(step) = grants.take(&entry(2, grant(2, 1, 8, 10_000)), NET, 0) else { panic!() };
    assert_eq!(step.revoke, Some((PHONE, 7)));
    let Taken::Applied(step) = grants.take(&entry(3, tombstone(grant(1, 1, 7, 10_000))), NET, 0) else {
        panic!()
    };
    assert_eq!(step.revoke, Some((PHONE, 7)));
    assert_eq!(grants.of(NET, PHONE).unwrap().number, 8);
}

#[test]
fn grants_of_another_network_are_held_and_open_nothing_here() {
    let mut grants = fresh();
    let staff = Grant { network: "staff".into(), ..grant(1, 1, 7, 10_000) };
    assert_eq!(grants.take(&entry(1, staff), NET, 0), Taken::Applied(Step::default()));
    assert!(grants.wanted(NET, 0).admitted.is_empty());
    assert_eq!(grants.wanted("staff", 0).admitted.len(), 1);
}

#[test]
fn senseless_entries_are_refused_one_by_one_and_the_log_goes_on() {
    let mut grants = fresh();
    let bad = [
        Grant { mac: vec![1, 2, 3], ..grant(1, 1, 7, 10_000) },
        Grant { mac: vec![1, 0, 0x5e, 0, 0, 1], ..grant(1, 1, 7, 10_000) },
        Grant { number: 0, ..grant(1, 1, 7, 10_000) },
        Grant { number: GRANT_BIT, ..grant(1, 1, 7, 10_000) },
        Grant { grant_id: vec![1], ..grant(1, 1, 7, 10_000) },
    ];
    for (sequence, grant) in (1..).zip(bad) {
        assert!(matches!(grants.take(&entry(sequence, grant), NET, 0), Taken::Refused(_)));
    }
    assert!(matches!(
        grants.take(&LogEntry { epoch: 5, sequence: 6, grant: None }, NET, 0),
        Taken::Refused(_)
    ));
    assert!(matches!(grants.take(&entry(7, grant(1, 1, 7, 10_000)), NET, 0), Taken::Applied(_)));
}

#[test]
fn a_snapshot_counts_only_when_its_last_part_is_there() {
    let mut grants = fresh();
    grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 0);
    let part = |number, last| Snapshot {
        epoch: 6,
        sequence: 40,
        grants: vec![Grant {
            mac: vec![2, 0, 0, 0, 0, number],
            ..grant(number, 1, u32::from(number), 9_000)
        }],
        last,
    };
    assert_eq!(grants.take_snapshot(part(3, false)), Ok(false));
    assert_eq!(grants.position(), (5, 1));
    grants.link_lost();
    assert_eq!(grants.take_snapshot(part(4, false)), Ok(false));
    assert_eq!(grants.take_snapshot(part(5, true)), Ok(true));
    assert_eq!(grants.position(), (6, 40));
    let numbers: Vec<u32> = grants.all().map(|grant| grant.number).collect();
    assert_eq!(numbers, [4, 5]);
}

#[test]
fn time_ends_grants_without_an_entry() {
    let mut grants = fresh();
    grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 0);
    assert!(grants.expire(NET, 9_999).is_empty());
    assert_eq!(grants.expire(NET, 10_000), [PHONE]);
    assert!(grants.terms(NET).is_empty());
}

#[test]
fn a_snapshot_that_does_not_fit_changes_nothing_and_says_so() {
    let mut grants = fresh();
    grants.take(&entry(1, grant(1, 1, 7, 10_000)), NET, 0);
    let part = |from: u32, count: u32, last| Snapshot {
        epoch: 6,
        sequence: 40,
        grants: (from..from + count)
            .map(|nth| {
                let [.., a, b, c] = nth.to_be_bytes();
                Grant { mac: vec![2, 0, 0, a, b, c], ..grant(1, 1, nth, 9_000) }
            })
            .collect(),
        last,
    };
    assert_eq!(grants.take_snapshot(part(1, 40_000, false)), Ok(false));
    assert!(grants.take_snapshot(part(40_001, 40_000, false)).is_err());
    assert!(grants.take_snapshot(part(80_001, 10, true)).is_err(), "its end would have passed for the whole");
    assert_eq!((grants.position(), grants.all().count()), ((5, 1), 1));
    grants.link_lost();
    assert_eq!(grants.take_snapshot(part(1, 10, true)), Ok(true));
}
