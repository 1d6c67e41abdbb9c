//! The difference between the wanted gate and the observed one: nothing too much, nothing missing.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use gate_core::{
    ADDRESSES_PER_DEVICE, Accounted, Admission, GateChange, Mac, Observed, Wanted, changes_to, surplus,
};
use proptest::prelude::*;

const SLACK: Duration = Duration::from_secs(2);

fn admissions() -> impl Strategy<Value = BTreeMap<Mac, Admission>> {
    // Numbers are unique among live grants, so two devices never share one.
    let one = (0u8..12, 0u32..2, 1u64..100).prop_map(|(mac, which, secs)| {
        let number = 1 + u32::from(mac) * 2 + which;
        (Mac([2, 0, 0, 0, 0, mac]), Admission { number, remaining: Duration::from_secs(secs) })
    });
    proptest::collection::vec(one, 0..12).prop_map(|all| all.into_iter().collect())
}

/// Does what the kernel does: puts out first, then lets in.
fn apply(observed: &Observed, change: &GateChange) -> Observed {
    let mut after = observed.clone();
    for (mac, number) in &change.revoke {
        if after.admitted.get(mac).is_some_and(|held| held.number == *number) {
            after.admitted.remove(mac);
        }
        after.live.remove(number);
    }
    for (mac, admission) in &change.admit {
        after.admitted.insert(*mac, *admission);
        after.live.insert(admission.number);
    }
    after
}

proptest! {
    #[test]
    fn the_change_makes_the_gate_what_is_wanted(wanted in admissions(), held in admissions()) {
        let observed = Observed {
            table_present: true,
            live: held.values().map(|admission| admission.number).collect(),
            admitted: held,
            ..Observed::default()
        };
        let wanted = Wanted { admitted: wanted };
        let after = apply(&observed, &changes_to(&wanted, &observed, SLACK));
        prop_assert_eq!(after.admitted.keys().collect::<Vec<_>>(), wanted.admitted.keys().collect::<Vec<_>>());
        for (mac, admission) in &wanted.admitted {
            let now = after.admitted.get(mac).unwrap();
            prop_assert_eq!(now.number, admission.number);
            prop_assert!(now.remaining.abs_diff(admission.remaining) <= SLACK);
            prop_assert!(after.live.contains(&admission.number));
        }
        prop_assert!(changes_to(&wanted, &after, SLACK).is_empty());
    }
}

#[test]
fn a_clock_read_a_moment_later_changes_nothing() {
    let mac = Mac([2, 0, 0, 0, 0, 1]);
    let admission = |secs| Admission { number: 7, remaining: Duration::from_secs(secs) };
    let observed = Observed {
        table_present: true,
        admitted: BTreeMap::from([(mac, admission(99))]),
        live: [7].into(),
        ..Observed::default()
    };
    let wanted = Wanted { admitted: BTreeMap::from([(mac, admission(100))]) };
    assert!(changes_to(&wanted, &observed, SLACK).is_empty());
}

#[test]
fn a_mark_that_is_gone_on_one_side_is_brought_back() {
    let mac = Mac([2, 0, 0, 0, 0, 1]);
    let admission = Admission { number: 7, remaining: Duration::from_secs(100) };
    let observed =
        Observed { table_present: true, admitted: BTreeMap::from([(mac, admission)]), ..Observed::default() };
    let wanted = Wanted { admitted: BTreeMap::from([(mac, admission)]) };
    assert_eq!(changes_to(&wanted, &observed, SLACK).admit, vec![(mac, admission)]);
}

#[test]
fn a_device_with_too_many_addresses_gives_the_unused_ones_back() {
    let (greedy, modest) = (Mac([2, 0, 0, 0, 0, 1]), Mac([2, 0, 0, 0, 0, 2]));
    let address = |last| IpAddr::from([10, 50, 1, last]);
    let mut observed = Observed { table_present: true, ..Observed::default() };
    let most = u8::try_from(ADDRESSES_PER_DEVICE).unwrap();
    observed.bound.extend((0..most + 4).map(|last| (address(last), greedy)));
    observed.bound.extend((100..100 + most).map(|last| (address(last), modest)));
    // The lease carried nothing yet, the next four did.
    observed.up.extend((1..5).map(|last| ((greedy, address(last)), Accounted { packets: 1, bytes: 60 })));
    let back = surplus(&observed, |_, held| held == address(0));
    assert_eq!(back, (5..9).map(|last| (greedy, address(last))).collect::<Vec<_>>());
    assert!(surplus(&observed, |_, _| true).is_empty());
}
