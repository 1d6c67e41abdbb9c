//! Stations that talk, fall silent, answer, lie, and leave.

use super::*;

const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);
const THIEF: Mac = Mac([2, 0, 0, 0, 0, 2]);
const PRESENCE: Presence = Presence { probe_ms: 20_000, misses: 3 };

fn v4(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 50, 1, last)
}

#[test]
fn a_silent_station_is_probed_and_an_answer_keeps_it() {
    let mut stations = Stations::default();
    stations.heard(PHONE, Some(v4(1).into()), 0);
    assert_eq!(stations.due(19_999, PRESENCE), Due::default());
    assert_eq!(stations.due(20_000, PRESENCE).probes, [(PHONE, IpAddr::V4(v4(1)))]);
    stations.heard(PHONE, Some(v4(1).into()), 20_010);
    assert_eq!(stations.due(40_000, PRESENCE), Due::default());
    assert_eq!(stations.station(PHONE).unwrap().unanswered, 0);
}

#[test]
fn three_probes_without_an_answer_mean_gone() {
    let mut stations = Stations::default();
    stations.heard(PHONE, Some(v4(1).into()), 0);
    for at in [20_000, 40_000, 60_000] {
        let due = stations.due(at, PRESENCE);
        assert_eq!((due.probes.len(), due.gone.len()), (1, 0), "at {at}");
    }
    assert_eq!(stations.due(80_000, PRESENCE).gone, [PHONE]);
    assert!(stations.is_empty());
    assert_eq!(stations.owner(v4(1).into()), None);
}

#[test]
fn both_families_are_probed_at_their_newest_address() {
    let mut stations = Stations::default();
    let six = |last: u16| IpAddr::from([0xfd50, 0, 0, 0, 0, 0, 0, last]);
    stations.heard(PHONE, Some(v4(1).into()), 0);
    stations.heard(PHONE, Some(six(1)), 1);
    stations.heard(PHONE, Some(six(2)), 2);
    assert_eq!(stations.due(30_000, PRESENCE).probes, [(PHONE, IpAddr::V4(v4(1))), (PHONE, six(2))]);
}

#[test]
fn a_leased_address_belongs_to_its_lease_whoever_claims_it() {
    let mut stations = Stations::default();
    let change = stations.set_leases(BTreeMap::from([(v4(1), PHONE)]), 0);
    assert_eq!(change.bind, [(PHONE, IpAddr::V4(v4(1)))]);
    stations.heard(THIEF, Some(v4(1).into()), 10);
    assert_eq!(stations.owner(v4(1).into()), Some(PHONE));
    let change = stations.set_leases(BTreeMap::from([(v4(1), THIEF)]), 20);
    assert_eq!(change.unbind, [(PHONE, IpAddr::V4(v4(1)))]);
    assert_eq!(change.bind, [(THIEF, IpAddr::V4(v4(1)))]);
    assert_eq!(stations.owner(v4(1).into()), Some(THIEF));
}

#[test]
fn the_same_leases_again_change_nothing() {
    let mut stations = Stations::default();
    stations.set_leases(BTreeMap::from([(v4(1), PHONE)]), 0);
    assert_eq!(stations.set_leases(BTreeMap::from([(v4(1), PHONE)]), 10), LeaseChange::default());
}

#[test]
fn one_mac_at_two_addresses_in_turn_is_a_conflict_counted_once_a_minute() {
    let mut stations = Stations::default();
    stations.heard(PHONE, Some(v4(1).into()), 0);
    stations.heard(PHONE, Some(v4(2).into()), 100);
    assert_eq!(stations.conflicts(), 0, "a new address alone is no conflict");
    for at in [200, 300, 400, 500] {
        stations.heard(PHONE, Some(v4(1 + u8::try_from(at / 100 % 2).unwrap()).into()), at);
    }
    assert_eq!(stations.conflicts(), 1);
}

#[test]
fn groups_and_nobody_are_no_stations() {
    let mut stations = Stations::default();
    stations.heard(Mac([1, 0, 0x5e, 0, 0, 1]), Some(v4(1).into()), 0);
    stations.heard(Mac([0; 6]), None, 0);
    stations.heard(PHONE, Some(Ipv4Addr::UNSPECIFIED.into()), 0);
    assert_eq!(stations.len(), 1);
    assert!(stations.owners().is_empty());
}

#[test]
fn the_table_is_bounded_in_stations_and_addresses() {
    let mut stations = Stations::default();
    for nth in 0..u32::try_from(STATIONS_MAX).unwrap() + 50 {
        let [a, b, c, d] = nth.to_be_bytes();
        stations.heard(Mac([2, 0, a, b, c, d]), None, u64::from(nth));
    }
    assert_eq!(stations.len(), STATIONS_MAX);
    for last in 0..100u16 {
        let address = IpAddr::from([0xfd50, 0, 0, 0, 0, 0, 0, last]);
        stations.heard(PHONE, Some(address), 100_000 + u64::from(last));
    }
    assert_eq!(stations.station(PHONE).unwrap().addresses.len(), ADDRESSES_MAX);
    assert_eq!(stations.owners().len(), ADDRESSES_MAX);
}
