//! The journal against cuts, flipped bytes, its bound and a full disk.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::process::Command;

use agent_protocol::v1::{JournalRecord, SessionEnd};
use proptest::prelude::*;

use super::*;

mod room;

const SMALL: Limits = Limits { total_bytes: 64 << 10, segment_bytes: 8 << 10 };

fn report(session: u64, bytes_up: u64, end: SessionEnd) -> SessionReport {
    SessionReport {
        session_id: session.to_be_bytes().repeat(2),
        grant_id: vec![7; 16],
        mac: vec![2, 0, 0, 0, 0, 1],
        opened_ms: 1_790_000_000_000,
        last_packet_ms: 1_790_000_000_000 + bytes_up,
        bytes_up,
        end: end as i32,
        addresses: vec![vec![10, 50, 1, 1]],
        ..SessionReport::default()
    }
}

fn open(folder: &Path) -> Journal {
    Journal::open(folder, SMALL).expect("opened")
}

fn ended(journal: &mut Journal, session: u64) -> u64 {
    journal.append(report(session, session, SessionEnd::Idle), session, Urgency::End).expect("appended")
}

fn counted(journal: &mut Journal, session: u64, bytes_up: u64) -> u64 {
    journal
        .append(report(session, bytes_up, SessionEnd::Open), bytes_up, Urgency::Counters)
        .expect("appended")
}

/// Everything not durable, read in parts of seven, checked to be without gaps.
fn all(journal: &mut Journal) -> Vec<JournalRecord> {
    let mut records: Vec<JournalRecord> = Vec::new();
    loop {
        let next = records.last().map_or(journal.durable(), |record| record.sequence) + 1;
        let part = journal.read_from(next, 7).expect("read");
        if part.is_empty() {
            break;
        }
        records.extend(part);
    }
    let sequences: Vec<u64> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequences, (journal.durable() + 1..=journal.last()).collect::<Vec<_>>(), "no gap");
    records
}

fn sessions(records: &[JournalRecord]) -> Vec<u64> {
    records.iter().filter_map(|record| record.session.as_ref().map(|session| session.bytes_up)).collect()
}

fn newest_segment(folder: &Path) -> PathBuf {
    segments(folder).pop().expect("a segment")
}

fn segments(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a listing").map(|entry| entry.expect("an entry").path());
    let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ext| ext == "seg")).collect();
    paths.sort();
    paths
}

#[test]
fn records_come_back_in_order_and_sequences_go_on_over_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    let id = journal.id();
    for session in 1..=200 {
        assert_eq!(ended(&mut journal, session), session);
    }
    drop(journal);
    let mut journal = open(folder.path());
    assert_eq!(journal.id(), id);
    assert_eq!(journal.damage(), Damage::default());
    assert_eq!(sessions(&all(&mut journal)), (1..=200).collect::<Vec<_>>());
    assert_eq!(ended(&mut journal, 201), 201);
    assert_eq!(journal.pending(), 201);
}

#[test]
fn what_is_durable_is_forgotten_with_its_segments() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=300 {
        ended(&mut journal, session);
    }
    let before = segments(folder.path()).len();
    assert!(before > 3, "{before}");
    journal.mark_durable(290).expect("marked");
    assert!(segments(folder.path()).len() <= 2);
    drop(journal);
    let mut journal = open(folder.path());
    assert_eq!((journal.durable(), journal.pending(), journal.last()), (290, 10, 300));
    assert_eq!(sessions(&all(&mut journal)), (291..=300).collect::<Vec<_>>());
    journal.mark_durable(300).expect("marked");
    journal.mark_durable(5).expect("a repeat");
    assert_eq!(journal.read_from(1, 10).expect("read"), []);
    drop(journal);
    assert_eq!(ended(&mut open(folder.path()), 301), 301);
}

#[test]
fn a_lost_position_costs_repeats_and_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=300 {
        ended(&mut journal, session);
    }
    journal.mark_durable(300).expect("marked");
    let id = journal.id();
    drop(journal);
    fs::remove_file(folder.path().join("position")).expect("removed");
    let mut journal = open(folder.path());
    assert_eq!((journal.id(), journal.last()), (id, 300));
    assert!(journal.pending() < 100, "whole segments stay forgotten");
    assert_eq!(ended(&mut journal, 301), 301);
}

#[test]
fn a_cut_at_any_byte_loses_only_what_was_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    let mut ends = vec![0];
    for session in 1..=4 {
        ended(&mut journal, session);
        ends.push(journal.bytes());
    }
    drop(journal);
    let segment = newest_segment(folder.path());
    let whole = fs::read(&segment).expect("read");
    for cut in 0..whole.len() {
        fs::write(&segment, &whole[..cut]).expect("cut");
        let whole_ones = ends.iter().filter(|end| **end > 0 && **end <= cut as u64).count() as u64;
        let mut journal = open(folder.path());
        assert_eq!(sessions(&all(&mut journal)), (1..=whole_ones).collect::<Vec<_>>(), "cut at {cut}");
        let next = ended(&mut journal, 99);
        assert!(next > whole_ones, "cut at {cut}");
        drop(journal);
        let mut again = open(folder.path());
        assert_eq!(again.damage(), Damage::default(), "healed after a cut at {cut}");
        assert_eq!(all(&mut again).last().map(|record| record.sequence), Some(next));
    }
}

#[test]
fn a_spoilt_last_record_is_dropped_and_its_number_never_used_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=3 {
        ended(&mut journal, session);
    }
    let start = usize::try_from(journal.bytes()).expect("small");
    let last = ended(&mut journal, 4);
    drop(journal);
    let segment = newest_segment(folder.path());
    let whole = fs::read(&segment).expect("read");
    for at in start..whole.len() {
        for bit in [0x01, 0x80] {
            let mut spoilt = whole.clone();
            spoilt[at] ^= bit;
            fs::write(&segment, &spoilt).expect("spoilt");
            let mut journal = open(folder.path());
            assert_eq!(journal.damage().tail_bytes, (whole.len() - start) as u64, "byte {at}");
            assert!(journal.damage().problem().is_some());
            assert!(ended(&mut journal, 5) > last, "byte {at}: the number may have been delivered");
            assert_eq!(sessions(&all(&mut journal)), [1, 2, 3, 5], "byte {at}");
        }
    }
}

#[test]
fn a_spoilt_record_in_the_middle_costs_only_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=200 {
        ended(&mut journal, session);
    }
    drop(journal);
    let oldest = segments(folder.path()).remove(0);
    let mut bytes = fs::read(&oldest).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&oldest, &bytes).expect("spoilt");
    let mut journal = open(folder.path());
    assert_eq!(journal.damage().lost_records, 1);
    assert_eq!(sessions(&all(&mut journal)).len(), 199);
    assert_eq!(ended(&mut journal, 201), 201);
}

#[test]
fn a_whole_lost_segment_leaves_empty_records() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=300 {
        ended(&mut journal, session);
    }
    drop(journal);
    let second = segments(folder.path()).remove(1);
    fs::remove_file(second).expect("removed");
    let mut journal = open(folder.path());
    let lost = journal.damage().lost_records;
    assert!(lost > 10, "{lost}");
    assert_eq!(sessions(&all(&mut journal)).len() as u64, 300 - lost);
}

#[test]
fn a_spoilt_header_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=200 {
        ended(&mut journal, session);
    }
    let id = journal.id();
    drop(journal);
    for path in [newest_segment(folder.path()), segments(folder.path()).remove(0)] {
        let mut bytes = fs::read(&path).expect("read");
        bytes[12] ^= 1;
        fs::write(&path, bytes).expect("spoilt");
        let mut journal = open(folder.path());
        // The header's checksum fails, so its id is not taken for another journal's.
        assert_eq!((journal.id(), sessions(&all(&mut journal)).len()), (id, 200));
    }
}

#[test]
fn another_journals_segment_is_put_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    ended(&mut journal, 1);
    journal.mark_durable(1).expect("marked");
    drop(journal);
    ended(&mut open(other.path()), 9);
    fs::copy(newest_segment(other.path()), folder.path().join(format!("{:020}.seg", 5))).expect("copied");
    let mut journal = open(folder.path());
    assert_eq!(journal.damage().foreign_segments, 1);
    assert_eq!(ended(&mut journal, 2), 2);
    assert_eq!(sessions(&all(&mut journal)), [2]);
}

#[test]
fn the_controller_knowing_more_moves_the_numbers_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    ended(&mut journal, 1);
    journal.mark_durable(40).expect("marked");
    assert_eq!((journal.pending(), ended(&mut journal, 2)), (0, 41));
    assert!(matches!(journal.mark_durable(u64::MAX), Err(JournalError::Jump { .. })));
    drop(journal);
    assert_eq!(sessions(&all(&mut open(folder.path()))), [2]);
}

#[test]
fn one_journal_has_one_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = open(folder.path());
    assert!(matches!(Journal::open(folder.path(), SMALL), Err(JournalError::Locked { .. })));
    drop(journal);
    open(folder.path());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_spoilt_bytes_make_a_record_up_or_a_number_come_twice(
        spots in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut journal = open(folder.path());
        for session in 1..=150 {
        counted(&mut journal, session, session);
    }
        let records = all(&mut journal);
        let written: HashSet<_> = records.iter().map(|record| (record.sequence, record.unix_ms)).collect();
        drop(journal);
        for (spot, value) in spots {
            let paths = segments(folder.path());
            let path = &paths[spot.index(paths.len())];
            let mut bytes = fs::read(path).expect("read");
            let at = spot.index(bytes.len());
            bytes[at] ^= value;
            fs::write(path, bytes).expect("spoilt");
        }
        let mut journal = open(folder.path());
        for record in all(&mut journal) {
            prop_assert!(record.session.is_none() || written.contains(&(record.sequence, record.unix_ms)));
        }
        prop_assert!(ended(&mut journal, 999) > 150);
    }
}
