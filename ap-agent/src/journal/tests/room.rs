//! The journal at its bound and on a full disk.

use super::*;

#[test]
fn near_the_bound_only_superseded_counters_go() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    let mut ends = Vec::new();
    for round in 1..=400 {
        for session in 0..10 {
            counted(&mut journal, session, round);
        }
        if round % 10 == 0 {
            ended(&mut journal, 1_000 + round);
            ends.push(1_000 + round);
        }
        assert!(journal.bytes() <= SMALL.total_bytes, "round {round}: {}", journal.bytes());
    }
    let check = |journal: &mut Journal| {
        let records = all(journal);
        assert_eq!(records.len(), 4_040);
        let kept = sessions(&records);
        assert_eq!(kept.iter().copied().filter(|bytes| *bytes > 1_000).collect::<Vec<_>>(), ends);
        assert_eq!(kept.iter().filter(|bytes| **bytes == 400).count(), 10, "the newest of each session");
        let mut highest = 0;
        for record in records.iter().filter(|record| record.session.is_some()) {
            assert!(record.sequence > highest);
            highest = record.sequence;
        }
    };
    check(&mut journal);
    drop(journal);
    let mut journal = open(folder.path());
    assert_eq!(journal.damage(), Damage::default());
    check(&mut journal);
}

#[test]
fn a_journal_full_of_ends_refuses_and_goes_on_when_the_controller_has_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    let mut session = 0;
    while journal.append(report(session + 1, 0, SessionEnd::Idle), 0, Urgency::End).is_ok() {
        session += 1;
    }
    assert!(journal.bytes() <= SMALL.total_bytes);
    let refused = journal.append(report(0, 0, SessionEnd::Open), 0, Urgency::Counters);
    assert!(matches!(refused, Err(JournalError::Full)));
    assert_eq!(journal.last(), session, "no number is used");
    assert_eq!(sessions(&all(&mut journal)).len() as u64, session);
    journal.mark_durable(session - 1).expect("marked");
    assert_eq!(ended(&mut journal, 1), session + 1);
}

#[test]
fn a_stopped_compaction_leaves_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut journal = open(folder.path());
    for session in 1..=200 {
        ended(&mut journal, session);
    }
    for round in 1..=40 {
        counted(&mut journal, 5, round);
    }
    for round in 1..=100 {
        counted(&mut journal, 6, round);
    }
    journal.roll().expect("rolled");
    let copies: Vec<_> =
        segments(folder.path()).into_iter().map(|path| (fs::read(&path).expect("read"), path)).collect();
    journal.compact().expect("compacted");
    let after = segments(folder.path());
    assert!(after.len() < copies.len(), "some were merged");
    let expected = all(&mut journal);
    drop(journal);
    // As if killed between the renaming and the removals.
    for (bytes, path) in copies {
        if !after.contains(&path) {
            fs::write(path, bytes).expect("put back");
        }
    }
    let mut journal = open(folder.path());
    assert_eq!(all(&mut journal), expected);
    assert_eq!(segments(folder.path()).len(), after.len());
    assert_eq!(journal.damage(), Damage::default());
}

#[test]
fn a_full_disk_refuses_clearly_and_uses_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=256k", "ap-agent-test"])
        .arg(folder.path())
        .status()
        .expect("mount runs");
    assert!(mounted.success(), "mounting needs root");
    let _mounted = Mounted(folder.path().to_owned());
    let place = folder.path().join("journal");
    let mut journal = Journal::open(&place, Limits::default()).expect("opened");
    let filler = folder.path().join("filler");
    let mut file = File::create(&filler).expect("a filler");
    while file.write_all(&[0; 512]).is_ok() {}
    let mut session = 0;
    let error = loop {
        match journal.append(report(session + 1, session + 1, SessionEnd::Idle), 0, Urgency::End) {
            Ok(_) => session += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, JournalError::Write(_)), "{error}");
    assert_eq!(journal.last(), session);
    assert_eq!(sessions(&all(&mut journal)).len() as u64, session);
    drop(journal);
    let mut journal = Journal::open(&place, Limits::default()).expect("opened on a full disk");
    drop(file);
    fs::remove_file(filler).expect("room again");
    assert_eq!(ended(&mut journal, session + 1), session + 1);
    assert_eq!(sessions(&all(&mut journal)), (1..=session + 1).collect::<Vec<_>>());
}

struct Mounted(PathBuf);

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(Command::new("umount").arg("-l").arg(&self.0).status());
    }
}
