//! Sessions under every order of looks, restarts and ends that an access point goes through.

use super::*;
use gate_core::Admission;
use std::time::Duration;

const PHONE: Mac = Mac([2, 0, 0, 0, 0, 1]);
const OTHER: Mac = Mac([2, 0, 0, 0, 0, 2]);

fn v4(last: u8) -> IpAddr {
    IpAddr::from([10, 50, 1, last])
}

fn terms(grant: u8) -> Terms {
    Terms { grant_id: [grant; 16], idle_secs: 900 }
}

fn ids() -> impl FnMut() -> [u8; 16] {
    let mut next = 0;
    move || {
        next += 1;
        [next; 16]
    }
}

/// What the kernel holds: (device, address, bytes up, bytes down), one packet per 100 bytes.
fn kernel(rows: &[(Mac, IpAddr, u64, u64)]) -> Observed {
    let count = |bytes: u64| Accounted { packets: bytes.div_ceil(100), bytes };
    let mut seen = Observed { table_present: true, ..Observed::default() };
    for (mac, address, up, down) in rows {
        seen.up.insert((*mac, *address), count(*up));
        seen.down.insert(*address, count(*down));
        let admission = Admission { number: 1, remaining: Duration::from_secs(60) };
        seen.admitted.insert(*mac, admission);
    }
    seen
}

fn granted(grant: u8) -> BTreeMap<Mac, Terms> {
    BTreeMap::from([(PHONE, terms(grant))])
}

fn end_of(report: &SessionReport) -> SessionEnd {
    SessionEnd::try_from(report.end).unwrap()
}

#[test]
fn a_session_opens_with_the_first_packet_and_adds_up_all_addresses() {
    let mut sessions = Sessions::default();
    let first = sessions.observe(1000, &kernel(&[(PHONE, v4(1), 100, 0)]), &granted(1), ids());
    assert_eq!(first.reports.len(), 1);
    assert_eq!(end_of(&first.reports[0]), SessionEnd::Open);
    let six: IpAddr = "fd50:686b:6965:6d::7".parse().unwrap();
    let seen = kernel(&[(PHONE, v4(1), 300, 1000), (PHONE, six, 50, 70)]);
    assert!(sessions.observe(2000, &seen, &granted(1), ids()).reports.is_empty());
    let due = sessions.due_reports();
    assert_eq!((due[0].bytes_up, due[0].bytes_down), (350, 1070));
    assert_eq!(due[0].addresses.len(), 2);
    assert!(sessions.due_reports().is_empty(), "what did not change was reported again");
}

#[test]
fn without_a_grant_no_session_opens() {
    let mut sessions = Sessions::default();
    let outcome = sessions.observe(1000, &kernel(&[(PHONE, v4(1), 100, 0)]), &BTreeMap::new(), ids());
    assert!(outcome.reports.is_empty());
    assert!(sessions.open().is_empty());
}

#[test]
fn silence_closes_the_session_and_traffic_opens_another() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 100, 0)]), &granted(1), &mut id);
    let still = kernel(&[(PHONE, v4(1), 100, 0)]);
    assert!(sessions.observe(899_999, &still, &granted(1), &mut id).reports.is_empty());
    let over = sessions.observe(900_000, &still, &granted(1), &mut id);
    assert_eq!(end_of(&over.reports[0]), SessionEnd::Idle);
    assert_eq!(over.reports[0].bytes_up, 100);
    let woken = sessions.observe(950_000, &kernel(&[(PHONE, v4(1), 160, 0)]), &granted(1), &mut id);
    assert_eq!(end_of(&woken.reports[0]), SessionEnd::Open);
    assert_ne!(woken.reports[0].session_id, over.reports[0].session_id);
    assert_eq!(sessions.due_reports()[0].bytes_up, 60);
}

#[test]
fn a_restart_from_any_older_state_neither_loses_nor_doubles_a_byte() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 100, 10)]), &granted(1), &mut id);
    let kept = sessions.clone();
    sessions.observe(1000, &kernel(&[(PHONE, v4(1), 500, 90)]), &granted(1), &mut id);
    let (mut restarted, ends) = Sessions::restore(kept.open().clone(), kept.readings().clone(), false);
    assert!(ends.is_empty());
    restarted.observe(2000, &kernel(&[(PHONE, v4(1), 700, 95)]), &granted(1), &mut id);
    let due = restarted.due_reports();
    assert_eq!((due[0].bytes_up, due[0].bytes_down), (700, 95));
    assert_eq!(due[0].session_id, vec![1; 16]);
}

#[test]
fn new_counters_of_the_kernel_count_from_nothing() {
    let mut sessions = Sessions::default();
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 1000, 1000)]), &granted(1), ids());
    sessions.observe(1000, &kernel(&[(PHONE, v4(1), 200, 300)]), &granted(1), ids());
    let due = sessions.due_reports();
    assert_eq!((due[0].bytes_up, due[0].bytes_down), (1200, 1300));
}

#[test]
fn after_a_restart_of_the_machine_the_sessions_close_with_what_they_had() {
    let mut sessions = Sessions::default();
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 1000, 2000)]), &granted(1), ids());
    let (restarted, ends) = Sessions::restore(sessions.open().clone(), sessions.readings().clone(), true);
    assert_eq!(end_of(&ends[0]), SessionEnd::AgentRestart);
    assert_eq!((ends[0].bytes_up, ends[0].bytes_down), (1000, 2000));
    assert!(restarted.open().is_empty());
}

#[test]
fn another_grant_of_the_same_device_is_another_session() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 100, 0)]), &granted(1), &mut id);
    let next = sessions.observe(1000, &kernel(&[(PHONE, v4(1), 150, 0)]), &granted(2), &mut id);
    assert_eq!(
        next.reports.iter().map(end_of).collect::<Vec<_>>(),
        [SessionEnd::GrantRevoked, SessionEnd::Open]
    );
    assert_eq!(next.reports[0].bytes_up, 100);
    assert_eq!(sessions.due_reports()[0].bytes_up, 50);
}

#[test]
fn an_address_that_changes_hands_counts_for_each_what_was_his() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    let both = BTreeMap::from([(PHONE, terms(1)), (OTHER, terms(2))]);
    sessions.observe(0, &kernel(&[(PHONE, v4(1), 100, 1000)]), &both, &mut id);
    let mut seen = kernel(&[(PHONE, v4(1), 100, 1000), (OTHER, v4(1), 40, 1500)]);
    seen.bound.insert(v4(1), OTHER);
    sessions.observe(1000, &seen, &both, &mut id);
    let totals: Vec<_> = sessions.open().values().map(|session| session.up.bytes).collect();
    assert_eq!(totals, [100, 40]);
    assert_eq!(sessions.open()[&PHONE].down.bytes, 1000);
}

#[test]
fn a_device_with_many_addresses_keeps_sixteen_and_loses_no_byte() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    let mut rows = Vec::new();
    let mut forgotten = BTreeSet::new();
    for nth in 0..40u8 {
        rows.push((PHONE, v4(nth), 100, 0));
        rows.retain(|(mac, address, ..)| !forgotten.contains(&(*mac, *address)));
        let outcome = sessions.observe(u64::from(nth) * 1000, &kernel(&rows), &granted(1), &mut id);
        sessions.forgotten(&outcome.forget);
        forgotten.extend(outcome.forget);
    }
    assert_eq!(sessions.readings().len(), ADDRESSES_PER_DEVICE);
    let due = sessions.due_reports();
    assert_eq!(due[0].bytes_up, 4000);
    assert_eq!(due[0].addresses.len(), ADDRESSES_PER_DEVICE);
}

#[test]
fn the_entries_of_a_device_without_a_grant_are_given_back() {
    let mut sessions = Sessions::default();
    let mut seen = kernel(&[(PHONE, v4(1), 100, 0)]);
    sessions.observe(0, &seen, &granted(1), ids());
    sessions.close(PHONE, SessionEnd::GrantRevoked).unwrap();
    seen.admitted.clear();
    let outcome = sessions.observe(1000, &seen, &BTreeMap::new(), ids());
    assert_eq!(outcome.forget, [(PHONE, v4(1))]);
    sessions.forgotten(&outcome.forget);
    assert!(sessions.readings().is_empty());
}

#[test]
fn an_address_that_changes_hands_charges_its_new_owner_only_with_what_is_new() {
    let mut sessions = Sessions::default();
    let mut id = ids();
    let both = BTreeMap::from([(PHONE, terms(1)), (OTHER, terms(2))]);
    sessions.observe(1000, &kernel(&[(PHONE, v4(1), 100, 50_000)]), &both, &mut id);
    // The lease went to the other device: the kernel counts downward per address, whoever has it.
    let mut seen = kernel(&[(PHONE, v4(1), 100, 0), (OTHER, v4(1), 200, 50_700)]);
    seen.bound.insert(v4(1), OTHER);
    sessions.observe(2000, &seen, &both, &mut id);
    let bytes = |mac| {
        let session = &sessions.open()[&mac];
        (session.up.bytes, session.down.bytes)
    };
    assert_eq!((bytes(PHONE), bytes(OTHER)), ((100, 50_000), (200, 700)));
}
