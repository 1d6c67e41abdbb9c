//! Cuts, flipped bits and full disks against the ledger.

use std::process::Command;
use std::time::{Duration, Instant};

use agent_protocol::v1::{ConfigDocument, Grant, SessionReport};

use super::*;

fn grant(number: u32) -> Grant {
    Grant {
        grant_id: number.to_be_bytes().repeat(4),
        revision: 1,
        number,
        network: "hoankiem".to_owned(),
        mac: vec![2, 0, 0, 0, 0, 1],
        ends_ms: 1_790_000_000_000,
        idle_secs: 900,
        revoked: false,
        down_bps: 10_000_000,
        up_bps: 5_000_000,
    }
}

fn state(version: u64, grants: u32) -> State {
    State {
        config: Some(ConfigDocument { version, ..ConfigDocument::default() }),
        epoch: 1,
        sequence: version,
        grants: (1..=grants).map(grant).collect(),
        clock: Some(KnownTime {
            unix_ms: 1_790_000_000_000,
            boottime_ms: 5,
            boot_id: "b".to_owned(),
            unsure: false,
        }),
        ap_id: "HK-16".to_owned(),
        domain: "hoankiem".to_owned(),
        sessions: vec![OpenSession {
            session_id: vec![1; 16],
            base: Some(Traffic { bytes_up: 1, bytes_down: 2, packets_up: 3, packets_down: 4 }),
            addresses: vec![AddressCounters { address: vec![10, 50, 1, 1], kernel: None }],
            ..OpenSession::default()
        }],
        ends: vec![SessionReport { session_id: vec![2; 16], ..SessionReport::default() }],
    }
}

fn slot_of_newest(folder: &Path) -> PathBuf {
    let ledger = Ledger::open(folder).expect("opened");
    folder.join(SLOTS[ledger.newest])
}

#[test]
fn what_was_saved_last_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("opened");
    assert_eq!(ledger.load(), Loaded { state: State::default(), entries: vec![], problems: vec![] });
    for version in 1..=5 {
        ledger.save(&state(version, 3)).expect("saved");
        let loaded = Ledger::open(folder.path()).expect("opened again").load();
        assert_eq!(loaded, Loaded { state: state(version, 3), entries: vec![], problems: vec![] });
    }
}

#[test]
fn the_newest_cut_at_any_byte_leaves_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("opened");
    ledger.save(&state(1, 2)).expect("saved");
    ledger.save(&state(2, 2)).expect("saved");
    let newest = slot_of_newest(folder.path());
    let whole = fs::read(&newest).expect("read");
    for cut in 0..whole.len() {
        fs::write(&newest, &whole[..cut]).expect("cut");
        let loaded = Ledger::open(folder.path()).expect("opened").load();
        assert_eq!(loaded.state, state(1, 2), "cut at {cut}");
        assert_eq!(loaded.problems.len(), 1, "cut at {cut}");
    }
}

#[test]
fn any_flipped_byte_of_the_newest_leaves_the_one_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("opened");
    ledger.save(&state(1, 1)).expect("saved");
    ledger.save(&state(2, 1)).expect("saved");
    let newest = slot_of_newest(folder.path());
    let whole = fs::read(&newest).expect("read");
    for at in 0..whole.len() {
        let mut spoilt = whole.clone();
        spoilt[at] ^= 0x10;
        fs::write(&newest, &spoilt).expect("spoilt");
        let loaded = Ledger::open(folder.path()).expect("opened").load();
        assert_eq!(loaded.state, state(1, 1), "byte {at}");
        assert_eq!(loaded.problems.len(), 1, "byte {at}");
    }
}

#[test]
fn a_save_after_a_spoilt_newest_replaces_the_spoilt_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("opened");
    ledger.save(&state(1, 1)).expect("saved");
    ledger.save(&state(2, 1)).expect("saved");
    fs::write(slot_of_newest(folder.path()), b"garbage").expect("spoilt");
    Ledger::open(folder.path()).expect("opened").save(&state(3, 1)).expect("saved");
    let loaded = Ledger::open(folder.path()).expect("opened").load();
    assert_eq!(loaded, Loaded { state: state(3, 1), entries: vec![], problems: vec![] });
}

#[test]
fn two_spoilt_files_are_an_empty_ledger_and_two_problems() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in SLOTS {
        fs::write(folder.path().join(name), [7; 100]).expect("written");
    }
    let loaded = Ledger::open(folder.path()).expect("opened").load();
    assert_eq!(loaded.state, State::default());
    assert_eq!(loaded.problems.len(), 2);
}

#[test]
fn five_thousand_grants_are_saved_within_fifty_milliseconds() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut ledger = Ledger::open(folder.path()).expect("opened");
    let state = state(1, 5_000);
    let fastest = (0..10)
        .map(|_| {
            let start = Instant::now();
            ledger.save(&state).expect("saved");
            start.elapsed()
        })
        .min()
        .expect("ten runs");
    println!("5,000 grants saved in {fastest:?}");
    assert!(fastest <= Duration::from_millis(50), "{fastest:?}");
}

#[test]
fn a_full_disk_keeps_the_old_ledger_and_heals_with_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let small = SmallDisk::mount(folder.path(), "256k");
    let place = small.path.join("ledger");
    let mut ledger = Ledger::open(&place).expect("opened");
    ledger.save(&state(1, 10)).expect("saved");
    let filler = small.fill();
    let error = ledger.save(&state(2, 5_000)).expect_err("no room").to_string();
    assert!(error.contains("free space"), "{error}");
    assert_eq!(Ledger::open(&place).expect("opened").load().state, state(1, 10));
    fs::remove_file(filler).expect("room again");
    ledger.save(&state(2, 10)).expect("saved");
    assert_eq!(Ledger::open(&place).expect("opened").load().state, state(2, 10));
}

/// A tmpfs of its own, gone with the value.
struct SmallDisk {
    path: PathBuf,
}

impl SmallDisk {
    fn mount(path: &Path, size: &str) -> Self {
        let done = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "ap-agent-test"])
            .arg(path)
            .status()
            .expect("mount runs");
        assert!(done.success(), "mounting needs root");
        Self { path: path.to_owned() }
    }

    fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut file = File::create(&path).expect("a filler");
        while file.write_all(&[0; 4096]).is_ok() {}
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(Command::new("umount").arg(&self.path).status());
    }
}
